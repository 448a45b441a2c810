//! How a message goes back to its queue.
//!
//! A queue counts receives and nothing else: after the most of them a message is a dead letter, whoever's fault it
//! was. Waiting for capacity, or for another worker, is nobody's fault and may take hours. So a message that waits is
//! replaced by a fresh copy, which comes after the wait and which the queue has not counted: receives are left for what
//! goes wrong. The copy is sent before the old one is deleted: a crash between leaves two, and the job's record lets one
//! of them run. How often a job waited stands in its record, and the delays grow with that.
//!
//! What is not there for the moment (S3, SQS, ECS: an outage) is waited for in the same way, however long it takes.
//!
//! Any other error that may pass leaves the message as it is, with a delay: its receives are what tells poison.

use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::hash::hex_sha256;
use graphnode_core::job::JobRecord;
use graphnode_core::messages::asking::generation_request;
use graphnode_core::ports::queue::{Delivery, LONGEST_DELAY, Queue};
use graphnode_core::ports::{Objects, TaskLauncher};
use jiff::Timestamp;

use crate::failure::Trouble;
use crate::service::{Service, Verdict};

/// Where a job came from, and so what goes back.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Origin<'a> {
    /// A message that is still in the queue.
    Message(&'a Delivery),
    /// A started task: its message was deleted when it was started.
    Task,
}

impl Origin<'_> {
    /// When it was sent, where that is known.
    pub(crate) fn sent_at(self) -> Option<Timestamp> {
        match self {
            Self::Message(delivery) => delivery.sent_at,
            Self::Task => None,
        }
    }
}

/// The first delay.
const FIRST: Duration = Duration::from_secs(4);

/// The delay after error number `count` (from 0): an outage should have passed before a message has used up its receives.
pub(crate) fn after_error(count: u32, whose: &str) -> Duration {
    /// Doublings that an error is ahead of a wait: the first delay is half a minute.
    const AHEAD: u32 = 3;
    backoff(count.saturating_add(AHEAD), whose)
}

/// The delay after something outside was found missing, for the time number `count` (from 0): a minute at first, a
/// quarter of an hour in the end.
pub(crate) fn after_outage(count: u32, whose: &str) -> Duration {
    /// Doublings that an outage is ahead of a wait.
    const AHEAD: u32 = 4;
    backoff(count.saturating_add(AHEAD), whose)
}

/// The delay before try `step` (from 0): doubling, between half of it and all of it, so that those that failed
/// together do not come back together. The same id and step give the same delay.
pub(crate) fn backoff(step: u32, whose: &str) -> Duration {
    let whole = FIRST.saturating_mul(1 << step.min(16)).min(LONGEST_DELAY);
    let hash = hex_sha256([whose.as_bytes(), b"\0", &step.to_be_bytes()]);
    let fraction =
        u32::from_str_radix(&hash[..6], 16).map_or(0.0, |number| f64::from(number) / f64::from(1 << 24));
    whole.mul_f64(0.5 + fraction / 2.0)
}

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Puts the job back for `after`, without counting it.
    pub(crate) async fn defer(
        &self,
        origin: Origin<'_>,
        record: &JobRecord,
        after: Duration,
    ) -> Result<Verdict, Trouble> {
        match origin {
            Origin::Message(delivery) => self.wait_out(delivery, after).await,
            Origin::Task => {
                let (task_id, at) = (record.task_id(), record.requested_at());
                let body = generation_request(task_id, at, record.request());
                self.requests.send(body.as_str(), after.min(LONGEST_DELAY)).await?;
                Ok(Verdict::Done)
            }
        }
    }

    /// Puts a message back for `after`, without counting it: a copy that was never received takes its place.
    pub(crate) async fn wait_out(&self, delivery: &Delivery, after: Duration) -> Result<Verdict, Trouble> {
        self.requests.send(&delivery.body, after.min(LONGEST_DELAY)).await?;
        Ok(Verdict::Done)
    }

    /// Puts the job back for `after`, and counts it.
    pub(crate) async fn retry(
        &self,
        origin: Origin<'_>,
        record: &JobRecord,
        after: Duration,
    ) -> Result<Verdict, Trouble> {
        match origin {
            Origin::Message(delivery) => Ok(self.hide(delivery, after).await),
            Origin::Task => self.defer(origin, record, after).await,
        }
    }

    /// Makes the message come back after `after`.
    pub(crate) async fn hide(&self, delivery: &Delivery, after: Duration) -> Verdict {
        if let Err(error) = self.requests.change_visibility(&delivery.receipt, after).await {
            // Then it comes back when its first visibility ends.
            tracing::warn!(message_id = delivery.message_id, error = %error, "visibility not changed");
        }
        Verdict::Again
    }

    /// Lets the queue make a dead letter of the message, without waiting between receives.
    pub(crate) async fn bury(&self, delivery: &Delivery) -> Verdict {
        self.hide(delivery, Duration::ZERO).await;
        Verdict::Dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_to_a_ceiling_and_differ_between_tasks() {
        let (one, other) = ("t-1", "t-2");
        for step in 0..40 {
            let whole = FIRST.saturating_mul(1 << step.min(10)).min(LONGEST_DELAY);
            let delay = backoff(step, one);
            assert!(delay >= whole / 2 && delay <= whole, "{step}: {delay:?}");
        }
        assert_eq!(backoff(3, one), backoff(3, one));
        assert_ne!(backoff(3, one), backoff(3, other));
    }
}
