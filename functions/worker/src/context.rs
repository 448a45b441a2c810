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

/// A queue that the function is behind, and its name.
#[derive(Debug)]
pub struct Feed<Q> {
    name: String,
    /// The queue.
    pub queue: Q,
}

impl<Q> Feed<Q> {
    /// The queue behind `url`, whose last segment is its name.
    pub fn of_url(url: &str, queue: Q) -> Self {
        Self { name: url.rsplit('/').next().unwrap_or(url).to_owned(), queue }
    }

    /// Whether `arn` is this queue's.
    #[must_use]
    pub fn is_called(&self, arn: &str) -> bool {
        arn.rsplit(':').next() == Some(&self.name)
    }
}

/// What answers the messages of three queues: requests, dead letters and notices of tasks.
#[derive(Debug)]
pub struct Worker<O, Q, L, C> {
    /// What processes messages; those of any queue but the two below are requests.
    pub service: Service<O, Q, L, C>,
    /// Requests that failed for good.
    pub dead_letters: Feed<Q>,
    /// Tasks that have stopped, and when to look for those that said nothing.
    pub task_events: Feed<Q>,
}

/// Clients and settings of this function.
pub type Context = Worker<S3Objects, SqsQueue, EcsLauncher, SystemClock>;

impl Context {
    /// Reads the environment and makes the clients; connects to nothing and loads no model.
    ///
    /// # Errors
    /// Names the variable that is missing or wrong.
    pub fn from_environment(environment: &Environment<'_>) -> anyhow::Result<Self> {
        let names = Names::from_environment(environment)?;
        let dead_letters: String = environment.required(variables::DEAD_LETTER_QUEUE_URL)?;
        let task_events: String = environment.required(variables::TASK_EVENTS_QUEUE_URL)?;
        let mut settings = Settings::from_environment(Place::Lambda, environment)?;
        // Processes that come one after the other in one place have the same name for it, those beside it another.
        if let Some(stream) = environment.optional::<String>(variables::LOG_STREAM)? {
            settings.take_scratch(&stream).context("scratch folder")?;
        }
        let tasks = EcsSettings::from_environment(environment)?;
        let meter = Meter::from_environment(environment, std::io::stdout())?;
        let config = aws::of_function(environment).context("AWS configuration")?;
        let queue = |url: String| SqsQueue::new(&config, url);
        let feed = |url: String| Feed::of_url(&url, queue(url.clone()));
        let outside = Outside {
            bucket: |name| S3Objects::new(&config, name),
            queue,
            launcher: Some(EcsLauncher::new(&config, tasks)),
            encoder: SentenceEncoder::lazy,
        };
        let service = names.service(settings, meter, SystemClock::default(), outside);
        Ok(Self { service, dead_letters: feed(dead_letters), task_events: feed(task_events) })
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
