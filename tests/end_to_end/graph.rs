//! Reads the files of a build and holds them to their contract.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::program::root;

/// The files of one build, parsed.
pub(crate) struct Built {
    pub(crate) graph: Value,
    pub(crate) features: Value,
    pub(crate) summary: Option<Value>,
    pub(crate) report: Value,
    pub(crate) page: String,
}

impl Built {
    /// Reads the folder `out` and checks everything that holds for every build.
    pub(crate) fn read(out: &Path) -> Self {
        let text = |name: &str| fs::read_to_string(out.join(name)).unwrap();
        let json = |name: &str| serde_json::from_str::<Value>(&text(name)).unwrap();
        let built = Self {
            graph: json("graph.json"),
            features: json("features.json"),
            summary: out.join("summary.json").exists().then(|| json("summary.json")),
            report: json("report.json"),
            page: text("graph.html"),
        };
        built.validate_schemas();
        built.check_graph();
        built.check_features();
        built.check_summary();
        built
    }

    /// The ids of the sources, in the order of nodes.
    pub(crate) fn orig_ids(&self) -> Vec<&str> {
        array(&self.graph["nodes"]).iter().map(|node| node["orig_id"].as_str().unwrap()).collect()
    }

    fn validate_schemas(&self) {
        validate("graph", &self.graph);
        validate("features", &self.features);
        self.summary.iter().for_each(|summary| validate("summary", summary));
    }

    /// What a schema cannot say: ids are positions, references exist, counts are right.
    fn check_graph(&self) {
        let nodes = array(&self.graph["nodes"]);
        let clusters = self.graph["metadata"]["clusters"].as_object().unwrap();
        let mut sizes = BTreeMap::<&str, u64>::new();
        for (position, node) in nodes.iter().enumerate() {
            assert_eq!(node["id"], position);
            let cluster = node["cluster_id"].as_str().unwrap();
            *sizes.entry(cluster).or_default() += 1;
            assert_eq!(node["cluster_name"], clusters[cluster]["name"]);
            assert_eq!(node["num_messages"], node["num_sections"]);
            assert_eq!((&node["x"], &node["y"]), (&node["metadata"]["x"], &node["metadata"]["y"]));
        }
        assert_eq!(self.orig_ids().iter().collect::<BTreeSet<_>>().len(), nodes.len(), "ids are unique");
        for (id, cluster) in clusters {
            assert_eq!(cluster["size"], sizes[id.as_str()]);
        }
        let names: BTreeSet<&str> =
            clusters.values().map(|cluster| cluster["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), clusters.len(), "no two clusters are called alike");
        for edge in array(&self.graph["edges"]) {
            let end = |end: &str| edge[end].as_u64().unwrap() as usize;
            assert!(end("source") < end("target") && end("target") < nodes.len());
            let same = nodes[end("source")]["cluster_id"] == nodes[end("target")]["cluster_id"];
            assert_eq!(edge["is_intra_cluster"], same);
        }
        let mut covered = BTreeSet::new();
        for subcluster in array(&self.graph["subclusters"]) {
            let members = array(&subcluster["node_ids"]);
            assert_eq!(subcluster["size"], members.len());
            assert!(members.contains(&subcluster["representative_node_id"]));
            for member in members {
                let member = member.as_u64().unwrap() as usize;
                assert_eq!(nodes[member]["cluster_id"], subcluster["cluster_id"], "subclusters nest");
                assert!(covered.insert(member), "a node is in one subcluster");
            }
        }
        assert_eq!(covered.len(), nodes.len());
    }

    fn check_features(&self) {
        let conversations = array(&self.features["conversations"]);
        let rows = array(&self.features["embeddings"]);
        let nodes = array(&self.graph["nodes"]);
        assert_eq!((conversations.len(), rows.len()), (nodes.len(), nodes.len()));
        for ((conversation, row), node) in conversations.iter().zip(rows).zip(nodes) {
            for field in ["id", "orig_id", "keywords", "cluster_id", "timestamp"] {
                assert_eq!(conversation[field], node[field], "{field}");
            }
            let squared: f64 = array(row).iter().map(|value| value.as_f64().unwrap().powi(2)).sum();
            assert!((squared.sqrt() - 1.0).abs() < 1e-3, "rows have unit length");
        }
    }

    /// Every id and name of the summary exists in the graph.
    fn check_summary(&self) {
        let Some(summary) = &self.summary else { return };
        let nodes = array(&self.graph["nodes"]).len();
        let clusters = &self.graph["metadata"]["clusters"];
        let names: BTreeSet<&str> =
            clusters.as_object().unwrap().values().map(|cluster| cluster["name"].as_str().unwrap()).collect();
        let known =
            |ids: &Value| array(ids).iter().all(|id| id.as_str().unwrap().parse::<usize>().unwrap() < nodes);
        for cluster in array(&summary["clusters"]) {
            assert_eq!(cluster["name"], clusters[cluster["cluster_id"].as_str().unwrap()]["name"]);
            assert!(known(&cluster["notable_conversations"]));
        }
        assert!(array(&summary["patterns"]).iter().all(|pattern| known(&pattern["evidence"])));
        assert!(array(&summary["recommendations"]).iter().all(|advice| known(&advice["related_nodes"])));
        for connection in array(&summary["connections"]) {
            for end in ["source_cluster", "target_cluster"] {
                assert!(names.contains(connection[end].as_str().unwrap()));
            }
        }
    }
}

/// The elements of a JSON array.
pub(crate) fn array(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn validate(name: &str, value: &Value) {
    let path = root().join(format!("docs/schemas/{name}.schema.json"));
    let schema: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(value)
        .take(5)
        .map(|error| format!("{} at {}", error, error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{name}.json: {errors:#?}");
}
