use std::collections::BTreeMap;

use graphnode_core::contract::{
    Cluster, Connection, Edge, EdgeConfidence, EdgeStatistics, Graph, GraphMetadata, Keyword, Level, Node,
    NodeMetadata, Overview, Pattern, PatternType, PipelineMetadata, Quality, Summary,
};
use graphnode_core::conversation::SourceType;
use graphnode_core::options::{DetailLevel, Language};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{SCRIPT, SERVED_SCRIPT, STYLE, Setup, TEMPLATE, hash, inert, page, served_page};

const HOSTILE: [&str; 6] = [
    "</script><img src=x onerror=alert(1)>",
    "<!--<script>",
    "a\u{2028}b\u{2029}c",
    "]]>&lt;&amp;\"\\",
    "{{script}} {{data}}",
    "한국어 中文 🙂\u{0}\u{7f}",
];

fn node(id: usize, title: &str) -> Node {
    let keyword = Keyword { term: title.to_owned(), score: 0.5 };
    Node {
        id,
        orig_id: format!("secret-id-{id}"),
        title: title.to_owned(),
        cluster_id: "cluster_0".to_owned(),
        cluster_name: title.to_owned(),
        cluster_confidence: 0.9,
        keywords: vec![keyword],
        top_keywords: vec![title.to_owned()],
        timestamp: Some(Timestamp::from_second(86_400 * 19_000 + 7).unwrap()),
        create_time: None,
        update_time: None,
        num_messages: 3,
        num_sections: 3,
        source_type: SourceType::Chat,
        x: 0.1,
        y: -0.25,
        metadata: NodeMetadata { x: 0.1, y: -0.25, title: title.to_owned(), keywords: Vec::new() },
    }
}

fn edge(source: usize, target: usize) -> Edge {
    Edge {
        source,
        target,
        weight: 0.731,
        kind: "semantic".to_owned(),
        is_intra_cluster: true,
        confidence: EdgeConfidence::High,
        evidence: vec![HOSTILE[0].to_owned()],
    }
}

fn graph(titles: &[&str]) -> Graph {
    let nodes: Vec<Node> = titles.iter().enumerate().map(|(id, title)| node(id, title)).collect();
    let cluster = |title: &&str| Cluster {
        name: (*title).to_owned(),
        description: (*title).to_owned(),
        size: nodes.len(),
        key_themes: vec![(*title).to_owned()],
    };
    let clusters: BTreeMap<String, Cluster> =
        titles.first().map(|title| ("cluster_0".to_owned(), cluster(title))).into_iter().collect();
    let zero = EdgeStatistics {
        total: 0,
        high_confidence: 0,
        medium_confidence: 0,
        intra_cluster: 0,
        inter_cluster: 0,
        average_weight: 0.0,
    };
    let quality = Quality {
        silhouette: 0.0,
        modularity: 0.0,
        largest_cluster_share: 0.0,
        isolated_share: 0.0,
        edges_per_node: 0.0,
    };
    Graph {
        edges: (1..nodes.len()).map(|target| edge(0, target)).collect(),
        subclusters: Vec::new(),
        metadata: GraphMetadata {
            generated_at: Timestamp::UNIX_EPOCH,
            total_nodes: nodes.len(),
            total_edges: 0,
            total_clusters: clusters.len(),
            clusters,
            language: Language::Ko,
            edge_statistics: zero,
            quality,
            pipeline: PipelineMetadata {
                version: "0".to_owned(),
                model: "model".to_owned(),
                embedding_dimension: 1,
                options: Value::Null,
                timings_ms: BTreeMap::new(),
                counts: BTreeMap::new(),
                degraded: Vec::new(),
            },
        },
        nodes,
    }
}

fn summary(cluster: &str) -> Summary {
    let connection = |target: &str| Connection {
        source_cluster: cluster.to_owned(),
        target_cluster: target.to_owned(),
        connection_strength: 1.0,
        bridge_keywords: Vec::new(),
        description: HOSTILE[1].to_owned(),
    };
    Summary {
        overview: Overview {
            total_source_nodes: 0,
            total_conversations: 0,
            total_notes: 0,
            total_notions: 0,
            total_files: 0,
            file_counts_by_extension: BTreeMap::new(),
            time_span: "N/A".to_owned(),
            primary_interests: vec![cluster.to_owned()],
            conversation_style: String::new(),
            most_active_period: "N/A".to_owned(),
            summary_text: HOSTILE[0].to_owned(),
        },
        clusters: Vec::new(),
        patterns: vec![Pattern {
            pattern_type: PatternType::Bridge,
            description: HOSTILE[0].to_owned(),
            evidence: vec!["1".to_owned(), "99".to_owned(), "x".to_owned()],
            significance: Level::High,
        }],
        connections: vec![connection(cluster), connection("nobody")],
        recommendations: Vec::new(),
        generated_at: Timestamp::UNIX_EPOCH,
        detail_level: DetailLevel::Standard,
    }
}

fn between<'a>(html: &'a str, open: &str, close: &str) -> &'a str {
    html.split_once(open).unwrap().1.split_once(close).unwrap().0
}

fn data_of(html: &str) -> Value {
    let block = between(html, "<script type=\"application/json\" id=\"graph-data\">", "</script>");
    assert!(!block.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "not inert");
    serde_json::from_str(block).unwrap()
}

#[test]
fn hostile_titles_stay_inert_and_come_back_whole() {
    let html = page(&graph(&HOSTILE), Some(&summary(HOSTILE[0])));
    assert_eq!(html.matches("<script").count(), page(&graph(&[]), None).matches("<script").count());
    assert!(!html.contains("<img"));
    let data = data_of(&html);
    for (position, title) in HOSTILE.iter().enumerate() {
        assert_eq!(data["nodes"][position][1], *title);
    }
    assert_eq!(data["clusters"][0][1], HOSTILE[0]);
    assert_eq!(data["summary"]["text"], HOSTILE[0]);
}

#[test]
fn the_policy_allows_exactly_the_two_blocks() {
    let html = page(&graph(&HOSTILE), None);
    let policy = between(&html, "http-equiv=\"Content-Security-Policy\" content=\"", "\"");
    let style = between(&html, "<style>", "</style>");
    let script = between(&html, "<script type=\"module\">", "</script>");
    assert!(policy.starts_with("default-src 'none'; "));
    assert!(policy.contains(&format!("script-src 'sha256-{}';", hash(script))));
    assert!(policy.contains(&format!("style-src 'sha256-{}';", hash(style))));
    assert!(!policy.contains("unsafe") && !policy.contains("http"));
    let markup = page(&graph(&[]), None).replace(script, "");
    assert!(["style=\"", "onclick=", "onload=", "onerror="].iter().all(|inline| !markup.contains(inline)));
}

#[test]
fn references_the_graph_does_not_hold_are_left_out() {
    let mut graph = graph(&["one", "two"]);
    graph.edges.push(edge(0, 7));
    let data = data_of(&page(&graph, Some(&summary("one"))));
    assert_eq!(data["edges"], json!([[0, 1, 73, 1, 2]]));
    assert_eq!(data["terms"][2], HOSTILE[0]);
    assert_eq!(data["summary"]["patterns"][0][2], json!([1]));
    assert_eq!(data["summary"]["connections"].as_array().unwrap().len(), 1);
    assert_eq!(data["nodes"][1], json!([1, "two", 0, 0.1, -0.25, 3, "chat", 19_000, [1]]));
}

#[test]
fn an_empty_graph_has_a_page() {
    let data = data_of(&page(&graph(&[]), None));
    assert_eq!(data["nodes"], json!([]));
    assert_eq!(data["summary"], Value::Null);
    assert_eq!(data["language"], "ko");
}

#[test]
fn the_page_is_small_and_asks_nobody() {
    let size = STYLE.len() + SCRIPT.len();
    assert!(size <= 100 << 10, "{size} bytes");
    // Names of formats that look like addresses, and a reference within a picture.
    let names =
        ["http://www.w3.org/2000/svg", "http://graphml.graphdrawing.org/xmlns", "url(#soft)", "url(#"];
    let asking = ["http:", "https:", "fetch(", "XMLHttpRequest", "WebSocket", "Beacon", "import(", "url("];
    let writing_markup = ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("];
    let page_code = names.iter().fold(format!("{STYLE}{SCRIPT}"), |code, name| code.replace(name, ""));
    for word in asking.iter().chain(&writing_markup) {
        assert!(!page_code.contains(word), "{word}");
    }
    assert!(writing_markup.iter().all(|word| !SERVED_SCRIPT.contains(word)));
    let long = "a conversation about one thing and another".to_owned();
    let titles: Vec<String> = (0..300).map(|number| format!("{long} {number}")).collect();
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    assert!(page(&graph(&titles), None).len() <= 300 << 10);
}

#[test]
fn the_served_page_may_ask_its_own_server_only() {
    let served = served_page(Setup { api: "/v1/</script>", takes_uploads: true });
    let data = between(&served.html, "id=\"graph-data\">", "</script>");
    let data: Value = serde_json::from_str(data).unwrap();
    assert_eq!(data, json!({"api": "/v1/</script>", "takesUploads": true}));
    let script = between(&served.html, "<script type=\"module\">", "</script>");
    for part in [
        "default-src 'none'; ",
        "connect-src 'self'; ",
        "frame-ancestors 'none'",
        "form-action 'none'",
        &hash(script),
    ] {
        assert!(served.policy.contains(part), "{part}");
    }
    assert!(!served.policy.contains("unsafe") && !served.policy.contains("http"));
}

#[test]
fn no_identifier_of_the_source_leaves_with_the_page() {
    assert!(!page(&graph(&["one"]), None).contains("secret-id"));
}

#[test]
fn the_template_has_every_slot_once() {
    for slot in ["language", "policy", "style", "data", "script"] {
        assert_eq!(TEMPLATE.matches(&format!("{{{{{slot}}}}}")).count(), 1, "{slot}");
    }
    assert_eq!(TEMPLATE.matches("{{").count(), 5);
}

#[test]
fn what_could_end_a_block_is_escaped() {
    assert_eq!(inert("\"a<b>&\u{2028}\""), "\"a\\u003cb\\u003e\\u0026\\u2028\"");
}
