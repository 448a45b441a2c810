//! What lives between invocations.

use anyhow::Context as _;
use graphnode_adapters::aws;
use graphnode_adapters::ecs::{EcsLauncher, EcsSettings};
use graphnode_adapters::s3::S3Objects;
use graphnode_adapters::sqs::SqsQueue;
use graphnode_core::clock::SystemClock;
use graphnode_core::config::{Environment, variables};
use graphnode_core::job::Place;
use graphnode_core::metrics::Meter;
use graphnode_embedding::SentenceEncoder;
use graphnode_jobs::{Names, Outside, Service, Settings};

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
    pub fn from_environment(environment: &Environment<'_>) -> anyhow::Result<Self> {
        let names = Names::from_environment(environment)?;
        let mut settings = Settings::from_environment(Place::Lambda, environment)?;
        // Processes that come one after the other in one place have the same name for it, those beside it another.
        if let Some(stream) = environment.optional::<String>(variables::LOG_STREAM)? {
            settings.take_scratch(&stream).context("scratch folder")?;
        }
        let tasks = EcsSettings::from_environment(environment)?;
        let meter = Meter::from_environment(environment, std::io::stdout())?;
        let config = aws::of_function(environment).context("AWS configuration")?;
        let outside = Outside {
            bucket: |name| S3Objects::new(&config, name),
            queue: |url| SqsQueue::new(&config, url),
            launcher: Some(EcsLauncher::new(&config, tasks)),
            encoder: SentenceEncoder::lazy,
        };
        let service = names.service(settings, meter, SystemClock::default(), outside);
        Ok(Self { service })
    }
}

#[cfg(test)]
mod tests {
    use graphnode_testkit::variables::assert_reads;

    use super::*;

    #[test]
    fn the_template_sets_what_is_read() {
        assert_reads("worker", |environment| Context::from_environment(environment).unwrap());
    }
}
