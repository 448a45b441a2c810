//! The HTTP API's ports in the cloud, for whoever serves the API on them: the function behind API Gateway, and the
//! program of one machine when it is told to work there.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use aws_config::SdkConfig;
use axum::Router;
use graphnode_adapters::aws;
use graphnode_adapters::chroma::ChromaIndex;
use graphnode_adapters::ecs::{EcsLauncher, EcsSettings};
use graphnode_adapters::s3::S3Objects;
use graphnode_adapters::secrets::ChromaAccess;
use graphnode_adapters::sqs::SqsQueue;
use graphnode_core::clock::SystemClock;
use graphnode_core::config::{ConfigError, Environment, variables};
use graphnode_core::ids::BucketName;
use graphnode_core::ports::Buckets;
use graphnode_http::api::{self, Api, Limits, Ports};
use graphnode_http::boundary;
use graphnode_http::identity::Identify;

/// The adapters of the cloud; it is never made, only named.
#[derive(Debug)]
pub enum Cloud {}

impl Ports for Cloud {
    type Objects = S3Objects;
    type Queue = SqsQueue;
    type Launcher = EcsLauncher;
    type Vectors = ChromaIndex;
    type Clock = SystemClock;
}

/// What the environment says.
#[derive(Debug, Clone)]
pub struct Config {
    /// Bucket of records, uploads and results: [`variables::BUCKET`].
    pub bucket: BucketName,
    /// Further buckets that inputs and results may lie in: [`variables::INPUT_BUCKETS`].
    pub input_buckets: Vec<BucketName>,
    /// The request queue: [`variables::REQUEST_QUEUE_URL`].
    pub request_queue_url: String,
    /// Where tasks run, to stop those of cancelled jobs.
    pub tasks: EcsSettings,
    /// Where vectors are, and where the key to them is kept.
    pub chroma: ChromaAccess,
    /// What a request may ask for.
    pub limits: Limits,
    /// Name of the model: the last part of [`variables::MODEL`].
    pub model: Option<String>,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// [`ConfigError`] that names the variable.
    pub fn from_environment(environment: &Environment<'_>) -> Result<Self, ConfigError> {
        let model: Option<PathBuf> = environment.optional(variables::MODEL)?;
        Ok(Self {
            bucket: environment.required(variables::BUCKET)?,
            input_buckets: environment.list(variables::INPUT_BUCKETS)?,
            request_queue_url: environment.required(variables::REQUEST_QUEUE_URL)?,
            tasks: EcsSettings::from_environment(environment)?,
            chroma: ChromaAccess::from_environment(environment)?,
            limits: Limits::from_environment(environment)?,
            model: model.and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned())),
        })
    }
}

/// The clients, with region and credentials from wherever AWS's tools take them. None is asked anything yet but Secrets
/// Manager, where a secret is named.
///
/// # Errors
/// Without a region, without the system's certificates, or without the secret.
pub async fn connect(config: &Config) -> anyhow::Result<Api<Cloud>> {
    connect_by(config, &aws::load().await.context("AWS configuration")?).await
}

/// The API as a function serves it. It is made here, not there, so that all of it is built for size like this crate: of a
/// generic function the compiler makes code where its types become known.
///
/// # Errors
/// As [`connect`].
pub async fn router(config: &Config, identify: Identify) -> anyhow::Result<Router> {
    let aws = aws::of_function(&Environment::process()).context("AWS configuration")?;
    Ok(boundary::around(api::router(Arc::new(connect_by(config, &aws).await?)), identify))
}

async fn connect_by(config: &Config, aws: &SdkConfig) -> anyhow::Result<Api<Cloud>> {
    let own = S3Objects::new(aws, config.bucket.clone());
    let others = config.input_buckets.iter().map(|name| (name.clone(), own.in_bucket(name.clone())));
    Ok(Api {
        buckets: Buckets::new(config.bucket.clone(), own.clone(), others),
        requests: SqsQueue::new(aws, config.request_queue_url.clone()),
        launcher: Some(EcsLauncher::new(aws, config.tasks.clone())),
        vectors: config.chroma.connect(aws).await?,
        clock: SystemClock::default(),
        limits: config.limits.clone(),
        model: config.model.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_variable_stops_the_start_with_its_name() {
        let all = [
            (variables::BUCKET, "graphnode-own"),
            (variables::REQUEST_QUEUE_URL, "https://queue/requests"),
            (variables::ECS_CLUSTER, "graphnode"),
            (variables::ECS_TASK_DEFINITION, "task"),
            (variables::ECS_CONTAINER, "task"),
            (variables::ECS_SUBNETS, "subnet-1"),
            (variables::ECS_SECURITY_GROUPS, "sg-1"),
            (variables::CHROMA_URL, "http://chroma:8000"),
            (variables::MODEL, "/opt/models/all-MiniLM-L6-v2"),
        ];
        let config = Config::from_environment(&Environment::of(&all)).unwrap();
        assert_eq!(config.model.as_deref(), Some("all-MiniLM-L6-v2"));
        for missing in 0..all.len() - 1 {
            let some: Vec<_> = all.iter().copied().filter(|pair| *pair != all[missing]).collect();
            let error = Config::from_environment(&Environment::of(&some)).unwrap_err();
            assert_eq!(error, ConfigError::Missing(all[missing].0));
        }
    }
}
