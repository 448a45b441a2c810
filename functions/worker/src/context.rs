//! What lives between invocations.

use std::sync::Arc;

use anyhow::Context as _;
use graphnode_adapters::aws;
use graphnode_adapters::ecs::{EcsLauncher, EcsSettings};
use graphnode_adapters::s3::S3Objects;
use graphnode_adapters::sqs::SqsQueue;
use graphnode_core::clock::SystemClock;
use graphnode_core::config::{Environment, variables};
use graphnode_core::job::Place;
use graphnode_core::ports::Buckets;
use graphnode_embedding::SentenceEncoder;
use graphnode_jobs::{LazyEncoder, Names, Service, Settings};

/// Clients and settings of this function.
#[derive(Debug)]
pub struct Context {
    /// What processes messages.
    pub service: Service<S3Objects, SqsQueue, EcsLauncher, SystemClock>,
}

impl Context {
    /// Reads the environment and makes the clients; connects to nothing and loads no model.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub async fn from_environment(environment: &Environment<'_>) -> anyhow::Result<Self> {
        let names = Names::from_environment(environment)?;
        let mut settings = Settings::from_environment(Place::Lambda, environment)?;
        // Processes that come one after the other in one place have the same name for it, those beside it another.
        if let Some(stream) = environment.optional::<String>(variables::LOG_STREAM)? {
            settings.take_scratch(&stream).context("scratch folder")?;
        }
        let tasks = EcsSettings::from_environment(environment)?;
        let config = aws::load().await.context("AWS configuration")?;
        let own = S3Objects::new(&config, names.bucket.clone());
        let others = names.input_buckets.into_iter().map(|name| (name.clone(), own.in_bucket(name)));
        let model = names.model;
        let service = Service {
            buckets: Buckets::new(names.bucket, own.clone(), others),
            requests: SqsQueue::new(&config, names.request_queue_url),
            results: SqsQueue::new(&config, names.result_queue_url),
            launcher: Some(EcsLauncher::new(&config, tasks)),
            encoder: Arc::new(LazyEncoder::new(move || SentenceEncoder::load(&model).map_err(Into::into))),
            clock: Arc::new(SystemClock::default()),
            settings,
        };
        Ok(Self { service })
    }
}
