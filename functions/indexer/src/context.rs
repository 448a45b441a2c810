//! What lives from one invocation to the next.

use std::sync::Arc;

use graphnode_adapters::aws;
use graphnode_adapters::chroma::ChromaIndex;
use graphnode_adapters::s3::S3Objects;
use graphnode_adapters::secrets::ChromaAccess;
use graphnode_core::clock::{Clock, SystemClock};
use graphnode_core::config::{ConfigError, Environment, variables};
use graphnode_core::ids::BucketName;
use graphnode_core::ports::{Objects, VectorIndex};
use graphnode_indexing::Indexer;
use tracing::level_filters::LevelFilter;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Config {
    /// Bucket of results and job records: [`variables::BUCKET`].
    pub bucket: BucketName,
    /// Where the vectors go, and where the key to them is kept: the variables `CHROMA_*`.
    pub chroma: ChromaAccess,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            bucket: environment.required(variables::BUCKET)?,
            chroma: ChromaAccess::from_environment(environment)?,
        })
    }
}

/// What an invocation works with.
#[derive(Debug)]
pub struct Context<O, V, C> {
    /// The bucket whose events are ours.
    pub bucket: BucketName,
    /// Puts builds into the index.
    pub indexer: Indexer<O, V, C>,
    /// Times what is logged.
    pub clock: C,
}

impl Context<S3Objects, ChromaIndex, SystemClock> {
    /// The clients of S3 and Chroma. Neither is asked anything yet; Secrets Manager is, where a secret is named.
    ///
    /// # Errors
    /// Without a region, without the system's certificates, or without the secret.
    pub async fn connect(config: Config) -> anyhow::Result<Self> {
        let aws = aws::load().await?;
        let objects = Arc::new(S3Objects::new(&aws, config.bucket.clone()));
        let vectors = config.chroma.connect(&aws).await?;
        Ok(Self::of(config.bucket, objects, vectors, SystemClock::default()))
    }
}

impl<O: Objects + 'static, V: VectorIndex, C: Clock + Clone> Context<O, V, C> {
    /// A context of any ports.
    pub fn of(bucket: BucketName, objects: Arc<O>, vectors: V, clock: C) -> Self {
        Self { bucket, indexer: Indexer::new(objects, vectors, clock.clone()), clock }
    }
}

/// Lambda's own variable for the least level of a log.
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";

/// Logs go to the standard output as JSON, one line an event; `INFO` and above unless `AWS_LAMBDA_LOG_LEVEL` says otherwise.
pub fn start_logging(environment: &Environment<'_>) {
    let level = environment.optional::<LevelFilter>(LOG_LEVEL).ok().flatten().unwrap_or(LevelFilter::INFO);
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_ansi(false)
        .with_max_level(level);
    // A second one in the same process, as tests may start, changes nothing.
    let _ = subscriber.try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_stops_the_start_with_its_name() {
        let all = [("GRAPHNODE_BUCKET", "payloads"), ("CHROMA_URL", "http://chroma:8000")];
        let config = Config::from_env(&Environment::of(&all)).unwrap();
        assert_eq!(
            (config.bucket.as_str(), config.chroma.settings.collection.as_str()),
            ("payloads", "graph_nodes_v1")
        );
        for (missing, name) in [(1, "CHROMA_URL"), (0, "GRAPHNODE_BUCKET")] {
            let error = Config::from_env(&Environment::of(&all[..missing])).unwrap_err();
            assert_eq!(error, ConfigError::Missing(name));
        }
    }
}
