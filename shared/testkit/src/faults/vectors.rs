//! A vector index whose calls go wrong.

use graphnode_core::ids::{GraphId, UserId};
use graphnode_core::ports::vectors::{GraphBuild, Removal, VectorMatch, VectorQuery, VectorRecord};
use graphnode_core::ports::{PortResult, VectorIndex};

use super::Faulty;
use super::plan::Bend;

impl<V: VectorIndex> VectorIndex for Faulty<V> {
    async fn upsert(&self, build: &GraphBuild, records: &[VectorRecord]) -> PortResult<()> {
        self.faults.call(self.named("upsert"), || self.inner.upsert(build, records), |_, ()| ()).await
    }

    async fn query(&self, user_id: &UserId, query: VectorQuery<'_>) -> PortResult<Vec<VectorMatch>> {
        self.faults.call(self.named("query"), || self.inner.query(user_id, query), Bend::list).await
    }

    async fn remove(&self, user_id: &UserId, removal: &Removal) -> PortResult<u64> {
        let effect = || self.inner.remove(user_id, removal);
        self.faults.call(self.named("remove"), effect, |_, removed| removed).await
    }

    async fn count(&self, user_id: &UserId, graph_id: Option<&GraphId>) -> PortResult<u64> {
        let effect = || self.inner.count(user_id, graph_id);
        self.faults.call(self.named("count"), effect, |_, count| count).await
    }
}
