//! What the environment says, the clients and the model.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use graphnode_adapters::aws;
use graphnode_adapters::chroma::ChromaIndex;
use graphnode_adapters::s3::S3Objects;
use graphnode_adapters::secrets::ChromaAccess;
use graphnode_core::config::{ConfigError, Environment, variables};
use graphnode_core::encoder::LazyEncoder;
use graphnode_core::ids::BucketName;
use graphnode_core::ports::Buckets;
use graphnode_embedding::SentenceEncoder;
use graphnode_searching::Searcher;

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Config {
    /// Bucket of records and results: [`variables::BUCKET`].
    pub bucket: BucketName,
    /// Further buckets that results may lie in: [`variables::INPUT_BUCKETS`].
    pub input_buckets: Vec<BucketName>,
    /// Where vectors are, and where the key to them is kept.
    pub chroma: ChromaAccess,
    /// Folder of the model: [`variables::MODEL`].
    pub model: PathBuf,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_environment(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        Ok(Self {
            bucket: environment.required(variables::BUCKET)?,
            input_buckets: environment.list(variables::INPUT_BUCKETS)?,
            chroma: ChromaAccess::from_environment(environment)?,
            model: environment.required(variables::MODEL)?,
        })
    }
}

/// The model, not loaded yet.
#[must_use]
pub fn encoder(config: &Config) -> Arc<LazyEncoder> {
    Arc::new(SentenceEncoder::lazy(config.model.clone()))
}

/// The clients. None is asked anything yet but Secrets Manager, where a secret is named.
///
/// # Errors
/// Without a region, without the system's certificates, or without the secret.
pub async fn connect(
    config: &Config,
    encoder: Arc<LazyEncoder>,
) -> anyhow::Result<Searcher<S3Objects, ChromaIndex>> {
    let aws = aws::of_function(&Environment::process()).context("AWS configuration")?;
    let own = S3Objects::new(&aws, config.bucket.clone());
    let others = config.input_buckets.iter().map(|name| (name.clone(), own.in_bucket(name.clone())));
    let buckets = Buckets::new(config.bucket.clone(), own.clone(), others);
    let vectors = config.chroma.connect(&aws).await?;
    Ok(Searcher::new(buckets, vectors, encoder))
}

#[cfg(test)]
mod tests {
    use graphnode_testkit::variables::assert_reads;

    use super::*;

    #[test]
    fn the_template_sets_what_is_read() {
        assert_reads("search", |environment| Config::from_environment(environment).unwrap());
    }
}
