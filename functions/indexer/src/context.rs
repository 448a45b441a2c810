//! What lives from one invocation to the next.

use std::sync::Arc;

use graphnode_adapters::aws;
use graphnode_adapters::chroma::ChromaIndex;
use graphnode_adapters::s3::S3Objects;
use graphnode_adapters::secrets::ChromaAccess;
use graphnode_core::clock::{Clock, SystemClock};
use graphnode_core::config::{ConfigError, Environment, variables};
use graphnode_core::ids::BucketName;
use graphnode_core::metrics::{EnvironmentName, Meter};
use graphnode_core::ports::{Buckets, Objects, VectorIndex};
use graphnode_indexing::Indexer;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Config {
    /// Bucket of results and job records: [`variables::BUCKET`].
    pub bucket: BucketName,
    /// Further buckets that results may lie in: [`variables::INPUT_BUCKETS`].
    pub input_buckets: Vec<BucketName>,
    /// Where the vectors go, and where the key to them is kept: the variables `CHROMA_*`.
    pub chroma: ChromaAccess,
    /// Names this deployment in metrics: [`variables::ENVIRONMENT`].
    pub environment: EnvironmentName,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_env(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            bucket: environment.required(variables::BUCKET)?,
            input_buckets: environment.list(variables::INPUT_BUCKETS)?,
            chroma: ChromaAccess::from_environment(environment)?,
            environment: environment.optional(variables::ENVIRONMENT)?.unwrap_or_default(),
        })
    }
}

/// What an invocation works with.
#[derive(Debug)]
pub struct Context<O, V, C> {
    /// Puts builds into the index.
    pub indexer: Indexer<O, V, C>,
    /// Times what is logged.
    pub clock: C,
    /// Measures.
    pub meter: Meter,
}

impl Context<S3Objects, ChromaIndex, SystemClock> {
    /// The clients of S3 and Chroma. Neither is asked anything yet; Secrets Manager is, where a secret is named.
    ///
    /// # Errors
    /// Without a region, without the system's certificates, or without the secret.
    pub async fn connect(config: Config) -> anyhow::Result<Self> {
        let aws = aws::of_function(&Environment::process())?;
        let own = S3Objects::new(&aws, config.bucket.clone());
        let others =
            config.input_buckets.into_iter().map(|name| (name.clone(), Arc::new(own.in_bucket(name))));
        let buckets = Buckets::new(config.bucket, Arc::new(own.clone()), others);
        let vectors = config.chroma.connect(&aws).await?;
        let meter = Meter::emf(config.environment, std::io::stdout());
        Ok(Self::of(buckets, vectors, SystemClock::default(), meter))
    }
}

impl<O: Objects + 'static, V: VectorIndex, C: Clock + Clone> Context<O, V, C> {
    /// A context of any ports.
    pub fn of(buckets: Buckets<Arc<O>>, vectors: V, clock: C, meter: Meter) -> Self {
        Self { indexer: Indexer::new(buckets, vectors, clock.clone()), clock, meter }
    }
}

#[cfg(test)]
mod tests {
    use graphnode_testkit::variables::assert_reads;

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

    #[test]
    fn the_template_sets_what_is_read() {
        assert_reads("indexer", |environment| Config::from_env(environment).unwrap());
    }
}
