//! Chroma as another program sees it: reading and counting, never writing.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::Space;
use crate::graph::array;

const COLLECTIONS: &str = "/api/v2/tenants/default_tenant/databases/default_database/collections";

/// A vector's record.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) metadata: Map<String, Value>,
}

impl Space {
    fn collection(&self) -> Option<String> {
        let path = format!("{COLLECTIONS}/{}", self.collection_name());
        let response = self.cloud().chroma.send("GET", &path, &[], b"");
        assert!(response.succeeded() || response.status == 404, "{}", response.text());
        response.succeeded().then(|| format!("{COLLECTIONS}/{}", response.json()["id"].as_str().unwrap()))
    }

    /// The vectors whose metadata match `filter` (Chroma's `where`), sorted by id; none without a collection.
    pub(crate) fn vectors(&self, filter: &Value) -> Vec<Record> {
        let Some(collection) = self.collection() else { return Vec::new() };
        let asked = json!({"where": filter, "include": ["metadatas"], "limit": 100_000});
        let found = self.cloud().chroma.json("POST", &format!("{collection}/get"), &asked);
        let mut records: Vec<Record> =
            array(&found["ids"]).iter().zip(array(&found["metadatas"])).map(record).collect();
        records.sort_by(|a, b| a.id.cmp(&b.id));
        records
    }

    /// The embeddings and metadata of all vectors whose metadata match `filter`, by id.
    pub(crate) fn embeddings(&self, filter: &Value) -> BTreeMap<String, (Value, Map<String, Value>)> {
        let Some(collection) = self.collection() else { return BTreeMap::new() };
        let asked = json!({"where": filter, "include": ["embeddings", "metadatas"], "limit": 100_000});
        let found = self.cloud().chroma.json("POST", &format!("{collection}/get"), &asked);
        let records = array(&found["ids"]).iter().zip(array(&found["metadatas"])).map(record);
        let embeddings = array(&found["embeddings"]).iter().cloned();
        records.zip(embeddings).map(|(record, embedding)| (record.id, (embedding, record.metadata))).collect()
    }

    /// The `limit` nearest to `vector` among those that match `filter`, nearest first.
    pub(crate) fn nearest(&self, vector: &[f32], filter: &Value, limit: usize) -> Vec<Record> {
        let Some(collection) = self.collection() else { return Vec::new() };
        let include = ["metadatas", "distances"];
        let asked =
            json!({"query_embeddings": [vector], "where": filter, "n_results": limit, "include": include});
        let found = self.cloud().chroma.json("POST", &format!("{collection}/query"), &asked);
        array(&found["ids"][0]).iter().zip(array(&found["metadatas"][0])).map(record).collect()
    }
}

fn record((id, metadata): (&Value, &Value)) -> Record {
    Record { id: id.as_str().unwrap().to_owned(), metadata: metadata.as_object().unwrap().clone() }
}
