//! Clients and settings of this process.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context as _;
use graphnode_adapters::aws;
use graphnode_adapters::s3::S3Objects;
use graphnode_adapters::sqs::SqsQueue;
use graphnode_core::clock::{Clock, SystemClock};
use graphnode_core::config::{Environment, variables};
use graphnode_core::job::Place;
use graphnode_core::metrics::Meter;
use graphnode_core::ports::NoLauncher;
use graphnode_embedding::SentenceEncoder;
use graphnode_jobs::{Names, Outside, Service, Settings, Shift, StopSignal};

/// How long a task may work, unless configured: a job of this length is broken.
const USUAL_SECONDS: u64 = 6 * 60 * 60;

/// Clients and settings of this process.
pub(crate) struct Context {
    pub(crate) service: Service<S3Objects, SqsQueue, NoLauncher, SystemClock>,
}

impl Context {
    /// Reads the environment and makes the clients; connects to nothing and loads no model.
    pub(crate) async fn from_environment(environment: &Environment<'_>) -> anyhow::Result<Self> {
        let names = Names::from_environment(environment)?;
        let settings = Settings::from_environment(Place::Fargate, environment)?;
        let meter = Meter::from_environment(environment, std::io::stdout())?;
        let config = aws::load().await.context("AWS configuration")?;
        let outside = Outside {
            bucket: |name| S3Objects::new(&config, name),
            queue: |url| SqsQueue::new(&config, url),
            launcher: None,
            encoder: SentenceEncoder::lazy,
        };
        let service = names.service(settings, meter, SystemClock::default(), outside);
        Ok(Self { service })
    }

    /// The time this process has, ended earlier by `stop`.
    pub(crate) fn shift(&self, environment: &Environment<'_>, stop: StopSignal) -> anyhow::Result<Shift> {
        let seconds = environment.optional(variables::TASK_SECONDS)?.unwrap_or(USUAL_SECONDS);
        let ends_at = Some(self.service.clock.elapsed() + Duration::from_secs(seconds));
        // In containers every process has the same number; the time it started at makes it one of a kind.
        let started = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let host = environment.optional::<String>("HOSTNAME")?.unwrap_or_default();
        Ok(Shift { runner: format!("task/{host}/{}/{started}", std::process::id()), ends_at, stop })
    }
}
