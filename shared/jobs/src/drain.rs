//! Takes messages off the request queue until it is empty for a while: what a scaled service does.

use std::convert::Infallible;
use std::time::Duration;

use graphnode_core::clock::Clock;
use graphnode_core::ports::queue::{Delivery, Queue};
use graphnode_core::ports::{Objects, PortResult, TaskLauncher};

use crate::service::{Service, Shift, Verdict};

/// How a queue is drained.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainSettings {
    /// How long the queue must stay empty before this ends.
    pub idle: Duration,
    /// How long one call waits for a message.
    pub wait: Duration,
    /// How long a message is invisible to others; extended while its job runs.
    pub visibility: Duration,
}

impl Default for DrainSettings {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(60),
            wait: Duration::from_secs(10),
            visibility: Duration::from_secs(120),
        }
    }
}

impl<O, Q, L, C> Service<O, Q, L, C>
where
    O: Objects,
    Q: Queue,
    L: TaskLauncher,
    C: Clock + Send + 'static,
{
    /// Handles messages, one at a time, until none came for [`DrainSettings::idle`] or the shift ends; yields how many
    /// it handled.
    ///
    /// # Errors
    /// What the queue gives when it cannot be received from.
    pub async fn drain(&self, settings: &DrainSettings, shift: &Shift) -> PortResult<u64> {
        let mut handled = 0;
        let mut idle_since = self.clock.elapsed();
        while !shift.stop.is_set() && !self.remaining(shift).is_zero() {
            let received = self.requests.receive(1, settings.wait, settings.visibility).await?;
            if received.is_empty() && self.clock.elapsed().saturating_sub(idle_since) >= settings.idle {
                break;
            }
            for delivery in received {
                self.handle_visibly(&delivery, settings, shift).await;
                handled += 1;
                idle_since = self.clock.elapsed();
            }
        }
        Ok(handled)
    }

    async fn handle_visibly(&self, delivery: &Delivery, settings: &DrainSettings, shift: &Shift) {
        let verdict = tokio::select! {
            biased;
            verdict = self.handle(delivery, shift) => verdict,
            never = self.keep_hidden(delivery, settings.visibility) => match never {},
        };
        if verdict == Verdict::Done
            && let Err(error) = self.requests.delete(&delivery.receipt).await
        {
            // It comes back, and finds its job done.
            tracing::warn!(message_id = delivery.message_id, error = %error, "message not deleted");
        }
    }

    /// Extends the invisibility of a message whose job runs.
    async fn keep_hidden(&self, delivery: &Delivery, visibility: Duration) -> Infallible {
        loop {
            tokio::time::sleep(visibility / 2).await;
            self.hide(delivery, visibility).await;
        }
    }
}
