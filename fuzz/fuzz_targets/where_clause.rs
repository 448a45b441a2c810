//! Any person, graph and cluster as Chroma's `where`: whatever they are called, it is met by the person's records alone.
#![no_main]

use graphnode_adapters::chroma::Filter;
use graphnode_core::ids::{GraphId, UserId};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

/// Every condition that must hold, as key and value.
fn conditions(clause: &Value) -> Vec<(&str, &Value)> {
    let clause = clause.as_object().expect("an object");
    assert_eq!(clause.len(), 1, "several keys side by side would be joined as the server likes");
    let (key, value) = clause.iter().next().expect("one key");
    match key.as_str() {
        "$and" => {
            let parts = value.as_array().expect("a list");
            assert!(parts.len() > 1, "Chroma refuses an $and of one");
            parts.iter().flat_map(conditions).collect()
        }
        _ => vec![(key, value)],
    }
}

fuzz_target!(|input: &[u8]| {
    // As the search route has them: all but the person is what a body says.
    let Ok(body) = serde_json::from_slice::<Value>(input) else { return };
    let text = |name: &str| body[name].as_str();
    let Some(user_id) = text("userId").and_then(|text| text.parse::<UserId>().ok()) else { return };
    let graph_id = text("graphId").and_then(|text| text.parse::<GraphId>().ok());
    let (cluster_id, below) = (text("clusterId"), body["generation"].as_u64());
    let clause = Filter::of(&user_id).graph(graph_id.as_ref()).cluster(cluster_id).below(below).json();
    // What the server gets is text.
    let sent: Value = serde_json::from_str(&clause.to_string()).expect("JSON");
    assert_eq!(sent, clause);

    let person = json!(user_id);
    let mut expected = vec![("userId", &person)];
    let (graph, cluster, generation) = (json!(graph_id), json!(cluster_id), json!({"$lt": below}));
    expected.extend(graph_id.as_ref().map(|_| ("graphId", &graph)));
    expected.extend(cluster_id.map(|_| ("clusterId", &cluster)));
    expected.extend(below.map(|_| ("generation", &generation)));
    assert_eq!(conditions(&sent), expected);
    assert!(person.is_string() && (cluster.is_string() || cluster.is_null()), "never an operator");
});
