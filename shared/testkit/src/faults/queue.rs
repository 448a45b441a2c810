//! A queue whose calls go wrong.

use std::time::Duration;

use graphnode_core::ports::queue::{Delivery, ReceiptHandle};
use graphnode_core::ports::{PortResult, Queue};

use super::Faulty;
use super::plan::Bend;

impl<Q: Queue> Queue for Faulty<Q> {
    async fn send(&self, body: &str, delay: Duration) -> PortResult<()> {
        self.faults.call(self.named("send"), || self.inner.send(body, delay), |_, ()| ()).await
    }

    /// Truncated, some of the messages that were taken are not told: they come back when their time is over.
    async fn receive(&self, most: usize, wait: Duration, visibility: Duration) -> PortResult<Vec<Delivery>> {
        let effect = || self.inner.receive(most, wait, visibility);
        self.faults.call(self.named("receive"), effect, Bend::list).await
    }

    async fn delete(&self, receipt: &ReceiptHandle) -> PortResult<()> {
        self.faults.call(self.named("delete"), || self.inner.delete(receipt), |_, ()| ()).await
    }

    async fn change_visibility(&self, receipt: &ReceiptHandle, visibility: Duration) -> PortResult<()> {
        let effect = || self.inner.change_visibility(receipt, visibility);
        self.faults.call(self.named("change_visibility"), effect, |_, ()| ()).await
    }
}
