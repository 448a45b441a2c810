//! Records as Chroma has them: an id, a vector, a flat map of scalars.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use graphnode_core::ids::GraphId;
use graphnode_core::ports::vectors::{GraphBuild, RecordId, RecordMetadata, VectorMatch, VectorRecord};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Most bytes of a value beside a vector, as Chroma Cloud has it.
const MOST_VALUE_BYTES: usize = 4096;

/// The body of an upsert.
pub(super) fn batch(build: &GraphBuild, records: &[(RecordId, &VectorRecord)], as_base64: bool) -> Value {
    let vector = |embedding: &[f32]| if as_base64 { json!(base64_of(embedding)) } else { json!(embedding) };
    json!({
        "ids": records.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(),
        "embeddings": records.iter().map(|(_, record)| vector(&record.embedding)).collect::<Vec<_>>(),
        "metadatas": records.iter().map(|(_, record)| metadata(build, &record.metadata)).collect::<Vec<_>>(),
    })
}

/// Little-endian `f32`: half the bytes of decimal digits, and nothing is rounded.
fn base64_of(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|value| value.to_le_bytes()).collect();
    STANDARD.encode(bytes)
}

/// The names of the plan and those of the backend. What is not known is `null`: an upsert merges metadata, so a key
/// left out would keep its older value.
fn metadata(build: &GraphBuild, metadata: &RecordMetadata) -> Value {
    json!({
        "userId": build.user_id,
        "graphId": build.graph_id,
        "clusterId": metadata.cluster_id,
        "user_id": build.user_id,
        "orig_id": metadata.orig_id,
        "conversation_id": metadata.orig_id,
        "node_id": metadata.node_id,
        "cluster_id": metadata.cluster_id,
        "cluster_name": metadata.cluster_name,
        "keywords": whole_keywords(&metadata.keywords),
        "create_time": metadata.create_time,
        "num_messages": metadata.num_messages,
        "source_type": metadata.source_type,
        "model": metadata.model,
        "generation": build.generation,
    })
}

/// As many keywords as a value may hold.
fn whole_keywords(keywords: &str) -> &str {
    if keywords.len() <= MOST_VALUE_BYTES {
        return keywords;
    }
    let cut = &keywords[..keywords.floor_char_boundary(MOST_VALUE_BYTES)];
    cut.rfind(',').map_or(cut, |end| &cut[..end])
}

/// The answer to one query.
#[derive(Deserialize)]
pub(super) struct QueryAnswer {
    distances: Vec<Vec<f32>>,
    metadatas: Vec<Vec<Option<Map<String, Value>>>>,
}

/// The hits of the one query of `answer`, nearest first.
pub(super) fn matches(answer: QueryAnswer) -> PortResult<Vec<VectorMatch>> {
    let distances = answer.distances.into_iter().next().unwrap_or_default();
    let metadatas = answer.metadatas.into_iter().next().unwrap_or_default();
    distances
        .into_iter()
        .zip(metadatas)
        .map(|(distance, metadata)| hit(distance, metadata.unwrap_or_default()))
        .collect()
}

fn hit(distance: f32, metadata: Map<String, Value>) -> PortResult<VectorMatch> {
    let unreadable = || {
        PortError::new(PortErrorKind::Invalid, "query vectors")
            .with_source("a record was written by another program")
    };
    let graph_id = match metadata.get("graphId").and_then(Value::as_str) {
        Some(graph_id) => graph_id.parse().map_err(|_| unreadable())?,
        None => GraphId::default(),
    };
    Ok(VectorMatch {
        score: (1.0 - distance).clamp(0.0, 1.0),
        graph_id,
        generation: metadata.get("generation").and_then(Value::as_u64).unwrap_or(0),
        metadata: serde_json::from_value(Value::Object(metadata)).map_err(|_| unreadable())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_the_union_of_names_within_the_quotas() {
        let build = GraphBuild {
            user_id: "u".parse().unwrap(),
            graph_id: GraphId::default(),
            generation: 1_772_000_000_000,
        };
        let written =
            metadata(&build, &RecordMetadata { keywords: "word,".repeat(2000), ..RecordMetadata::default() });
        let map = written.as_object().unwrap();
        assert!(map.len() <= 32 && map.keys().all(|key| key.len() <= 36));
        assert!(map["keywords"].as_str().unwrap().len() <= MOST_VALUE_BYTES);
        assert!(map["keywords"].as_str().unwrap().ends_with("word"));
        for absent in ["cluster_name", "create_time"] {
            assert_eq!(map[absent], Value::Null, "written, so that an older value goes");
        }
    }

    #[test]
    fn vectors_are_little_endian() {
        assert_eq!(base64_of(&[1.0, -2.0]), "AACAPwAAAMA=");
    }
}
