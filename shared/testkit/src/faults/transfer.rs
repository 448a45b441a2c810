//! Direct transfers that go wrong.

use std::time::Duration;

use graphnode_core::keys::ObjectKey;
use graphnode_core::ports::objects::ETag;
use graphnode_core::ports::transfer::{Announced, Invitation, MultipartId, PresignedRequest};
use graphnode_core::ports::{DirectTransfer, PortResult};

use super::Faulty;

impl<T: DirectTransfer> DirectTransfer for Faulty<T> {
    async fn invite(
        &self,
        key: &ObjectKey,
        announced: Announced<'_>,
        valid: Duration,
    ) -> PortResult<Invitation> {
        let effect = || self.inner.invite(key, announced, valid);
        self.faults.call(self.named("invite"), effect, |_, invitation| invitation).await
    }

    async fn complete(&self, key: &ObjectKey, id: &MultipartId, parts: &[ETag]) -> PortResult<()> {
        let effect = || self.inner.complete(key, id, parts);
        self.faults.call(self.named("complete"), effect, |_, ()| ()).await
    }

    async fn share(&self, key: &ObjectKey, valid: Duration) -> PortResult<Option<PresignedRequest>> {
        let effect = || self.inner.share(key, valid);
        self.faults.call(self.named("share"), effect, |_, request| request).await
    }
}
