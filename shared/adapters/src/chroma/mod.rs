//! A collection of Chroma, over its HTTP API (version 2).
//!
//! Written against Chroma 1.5: the official client needs `protoc` to build, sends numbers as text, has no time limits
//! and repeats nothing but 429. Six routes are all that is needed.
//!
//! - `filter`: whose records a call is about;
//! - `http`: one call with its time limit, repeats and errors;
//! - `records`: what is written beside a vector, and how it comes back;
//! - `settings`: where the collection is.

mod filter;
mod http;
mod records;
mod settings;

use std::collections::HashSet;
use std::sync::Arc;

use graphnode_core::ids::{GraphId, UserId};
use graphnode_core::ports::vectors::{
    GraphBuild, RecordId, Removal, VectorIndex, VectorMatch, VectorQuery, VectorRecord,
};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::{OwnedSemaphorePermit, RwLock, Semaphore};
use tokio::task::JoinSet;

pub use filter::Filter;
use http::Http;
pub use settings::{ChromaSettings, ChromaUrl, InvalidChromaUrl, InvalidPathName, PathName};

/// Most records of a write or a page, whatever the server says: the quota of Chroma Cloud, which announces more.
const MOST_RECORDS: usize = 300;

/// The index in one collection of Chroma. Clones are the same index and share its connections and write limit.
#[derive(Debug, Clone)]
pub struct ChromaIndex(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    http: Http,
    collection_name: String,
    collection: RwLock<Option<Arc<Collection>>>,
    writes: Arc<Semaphore>,
}

/// The collection as the server has it: data calls want its id, which is another one once it was made anew.
#[derive(Debug)]
struct Collection {
    id: String,
    most_records: usize,
    takes_base64: bool,
}

#[derive(Deserialize)]
struct CollectionAnswer {
    id: String,
    #[serde(default)]
    configuration_json: Value,
}

#[derive(Deserialize)]
struct PreFlight {
    max_batch_size: usize,
    #[serde(default)]
    supports_base64_encoding: bool,
}

impl ChromaIndex {
    /// The index that `settings` describe. Nothing is asked of the server yet; the collection is made at first use.
    ///
    /// # Errors
    /// [`Unavailable`](PortErrorKind::Unavailable) when the system's certificates cannot be loaded.
    pub fn new(settings: ChromaSettings) -> PortResult<Self> {
        let shared = Shared {
            http: Http::new(&settings)?,
            collection_name: settings.collection,
            collection: RwLock::default(),
            writes: Arc::new(Semaphore::new(
                settings.parallel_writes.clamp(1, ChromaSettings::MOST_PARALLEL_WRITES),
            )),
        };
        Ok(Self(Arc::new(shared)))
    }
}

impl Shared {
    /// Makes the collection where it is not there, and makes sure that it compares by cosine: asked for another
    /// configuration, the server silently yields the one it has.
    async fn open(&self) -> PortResult<Arc<Collection>> {
        if let Some(collection) = self.collection.read().await.as_ref() {
            return Ok(Arc::clone(collection));
        }
        let mut place = self.collection.write().await;
        if let Some(collection) = place.as_ref() {
            return Ok(Arc::clone(collection));
        }
        const ATTEMPTED: &str = "open the collection";
        let pre_flight: PreFlight = self.http.get(ATTEMPTED, "pre-flight-checks").await?;
        let wanted = json!({
            "name": self.collection_name,
            "get_or_create": true,
            "configuration": {"hnsw": {"space": "cosine"}},
        });
        let answer: CollectionAnswer = self.http.post(ATTEMPTED, "", &wanted).await?;
        let spaces = ["hnsw", "spann"].map(|kind| answer.configuration_json[kind]["space"].as_str());
        if !spaces.contains(&Some("cosine")) {
            return Err(PortError::new(PortErrorKind::Invalid, ATTEMPTED)
                .with_source("the collection does not compare by cosine: name another one"));
        }
        let collection = Arc::new(Collection {
            id: answer.id,
            most_records: pre_flight.max_batch_size.clamp(1, MOST_RECORDS),
            takes_base64: pre_flight.supports_base64_encoding,
        });
        *place = Some(Arc::clone(&collection));
        Ok(collection)
    }

    /// Calls `action` on the collection. Where its id is unknown by now, because it was deleted and made anew, the id
    /// is looked up again, once.
    async fn call<T: for<'de> Deserialize<'de>>(
        &self,
        attempted: &'static str,
        action: &str,
        body: &Value,
    ) -> PortResult<T> {
        let collection = self.open().await?;
        match self.http.post(attempted, &format!("/{}/{action}", collection.id), body).await {
            Err(error) if error.kind() == PortErrorKind::NotFound => {
                self.forget(&collection).await;
                let collection = self.open().await?;
                self.http.post(attempted, &format!("/{}/{action}", collection.id), body).await
            }
            answer => answer,
        }
    }

    async fn forget(&self, collection: &Collection) {
        let mut place = self.collection.write().await;
        if place.as_ref().is_some_and(|known| known.id == collection.id) {
            *place = None;
        }
    }

    /// Leave to write: waits while as many writes as allowed are in flight.
    async fn leave_to_write(&self, attempted: &'static str) -> PortResult<OwnedSemaphorePermit> {
        let permit = Arc::clone(&self.writes).acquire_owned().await;
        permit.map_err(|error| PortError::new(PortErrorKind::Unavailable, attempted).with_source(error))
    }
}

impl VectorIndex for ChromaIndex {
    async fn upsert(&self, build: &GraphBuild, records: &[VectorRecord]) -> PortResult<()> {
        const ATTEMPTED: &str = "upsert vectors";
        if records.iter().any(|record| !record.embedding.iter().all(|value| value.is_finite())) {
            return Err(
                PortError::new(PortErrorKind::Invalid, ATTEMPTED).with_source("a vector is not finite")
            );
        }
        let collection = self.0.open().await?;
        let mut writes: JoinSet<PortResult<Value>> = JoinSet::new();
        // Dropping the set on the way out stops the writes that are under way.
        for batch in last_of_each(build, records).chunks(collection.most_records) {
            // Before the body is made, so that few bodies are in memory.
            let permit = self.0.leave_to_write(ATTEMPTED).await?;
            while let Some(write) = writes.try_join_next() {
                finished(Some(write))?;
            }
            let body = records::batch(build, batch, collection.takes_base64);
            let shared = Arc::clone(&self.0);
            writes.spawn(async move {
                let _permit = permit;
                shared.call(ATTEMPTED, "upsert", &body).await
            });
        }
        while !writes.is_empty() {
            finished(writes.join_next().await)?;
        }
        Ok(())
    }

    async fn query(&self, user_id: &UserId, query: VectorQuery<'_>) -> PortResult<Vec<VectorMatch>> {
        if query.orig_ids.is_some_and(<[String]>::is_empty) {
            return Ok(Vec::new());
        }
        let filter = Filter::of(user_id).graph(query.graph_id).cluster(query.cluster_id);
        let mut body = json!({
            "query_embeddings": [query.embedding],
            "n_results": query.limit.clamp(1, VectorQuery::MOST),
            "where": filter.json(),
            "include": ["metadatas", "distances"],
        });
        if let Some(orig_ids) = query.orig_ids {
            let ids = orig_ids.iter().map(|orig_id| RecordId::of(user_id, orig_id).as_str().to_owned());
            body["ids"] = ids.collect();
        }
        let answer = self.0.call("query vectors", "query", &body).await?;
        records::matches(answer)
    }

    async fn remove(&self, user_id: &UserId, removal: &Removal) -> PortResult<u64> {
        #[derive(Deserialize)]
        struct Answer {
            deleted: Option<u64>,
        }
        let (graph_id, below) = match removal {
            Removal::Everything => (None, None),
            Removal::Graph(graph_id) => (Some(graph_id), None),
            Removal::OlderThan { graph_id, generation } => (Some(graph_id), Some(*generation)),
        };
        const ATTEMPTED: &str = "remove vectors";
        let most = self.0.open().await?.most_records;
        let body = json!({"where": Filter::of(user_id).graph(graph_id).below(below).json(), "limit": most});
        let mut removed = 0;
        loop {
            let _permit = self.0.leave_to_write(ATTEMPTED).await?;
            let answer: Answer = self.0.call(ATTEMPTED, "delete", &body).await?;
            removed += answer.deleted.unwrap_or(0);
            // Servers that know no limit remove all at once and do not count.
            if answer.deleted.is_none_or(|deleted| deleted == 0) {
                return Ok(removed);
            }
        }
    }

    async fn count(&self, user_id: &UserId, graph_id: Option<&GraphId>) -> PortResult<u64> {
        #[derive(Deserialize)]
        struct Answer {
            ids: Vec<String>,
        }
        let filter = Filter::of(user_id).graph(graph_id).json();
        let mut counted = 0;
        loop {
            // The route that counts knows no filter.
            let body = json!({"where": filter, "include": [], "limit": MOST_RECORDS, "offset": counted});
            let answer: Answer = self.0.call("count vectors", "get", &body).await?;
            counted += answer.ids.len();
            if answer.ids.len() < MOST_RECORDS {
                return Ok(counted as u64);
            }
        }
    }
}

/// The records with their ids, of each id the last: writes run side by side, so their order would be chance.
fn last_of_each<'a>(build: &GraphBuild, records: &'a [VectorRecord]) -> Vec<(RecordId, &'a VectorRecord)> {
    let mut seen = HashSet::new();
    let with_id = |record: &'a VectorRecord| (RecordId::of(&build.user_id, &record.metadata.orig_id), record);
    let mut kept: Vec<_> =
        records.iter().rev().map(with_id).filter(|(id, _)| seen.insert(id.clone())).collect();
    kept.reverse();
    kept
}

fn finished(write: Option<Result<PortResult<Value>, tokio::task::JoinError>>) -> PortResult<()> {
    match write {
        Some(Ok(outcome)) => outcome.map(drop),
        Some(Err(error)) => {
            Err(PortError::new(PortErrorKind::Unavailable, "upsert vectors").with_source(error))
        }
        None => Ok(()),
    }
}
