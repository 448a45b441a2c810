//! What holds of every graph.

use std::collections::BTreeSet;

use graphnode_core::conversation::SourceType;

use super::*;

/// A small linear congruential generator (Knuth's MMIX constants): tests need no better one.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }
}

const WORDS: [&str; 12] = [
    "Rust",
    "lifetimes",
    "여행",
    "계획",
    "翻译",
    "error",
    "soup",
    "recipe",
    "<b>tag</b>",
    "train",
    "budget",
    "sleep",
];

fn random_graph(seed: u64) -> Graph {
    let mut random = Random(seed);
    let mut graph = GraphBuilder::new();
    let clusters = 1 + random.below(7);
    for index in 0..clusters {
        graph.cluster(&format!("{} {index}", WORDS[random.below(12)]));
    }
    let nodes = random.below(120);
    for _ in 0..nodes {
        let day =
            format!("20{}-{:02}-{:02}", 20 + random.below(4), 1 + random.below(12), 1 + random.below(28));
        let title = format!("{} {}", WORDS[random.below(12)], WORDS[random.below(12)]);
        let has_day = random.below(10) > 0;
        let cluster = random.below(clusters);
        let node = graph.node(cluster, &title, has_day.then_some(day.as_str()));
        let keywords = [WORDS[random.below(12)], WORDS[random.below(12)]];
        graph.messages(node, random.below(40)).keywords(node, &keywords);
        if seed.is_multiple_of(3) && random.below(4) == 0 {
            graph.source(node, SourceType::Markdown);
        }
    }
    for _ in 0..nodes * 3 {
        // Some ends are no nodes.
        let (one, other) = (random.below(nodes + 2), random.below(nodes + 2));
        let weight = random.below(1000) as f64 / 1000.0;
        graph.edge(one, other, weight, random.below(3) == 0, &[WORDS[random.below(12)]]);
    }
    if nodes > 20 {
        graph.part(0, &(0..10).collect::<Vec<_>>(), &["soup"]);
        graph.part(0, &(10..20).collect::<Vec<_>>(), &["train"]);
    }
    graph.build()
}

fn all_summaries(graph: &Graph) -> Vec<Summary> {
    let each = |language| DETAILS.map(|detail| summary_of(graph, language, detail, None));
    LANGUAGES.into_iter().flat_map(each).collect()
}

#[test]
fn every_id_and_name_exists_in_the_graph() {
    for seed in 0..60 {
        let graph = random_graph(seed);
        let ids: BTreeSet<String> = graph.nodes.iter().map(|node| node.id.to_string()).collect();
        let names: BTreeSet<&str> =
            graph.metadata.clusters.values().map(|cluster| cluster.name.as_str()).collect();
        let terms: BTreeSet<&str> = WORDS.into_iter().collect();
        for summary in all_summaries(&graph) {
            let mut used: Vec<&String> =
                summary.clusters.iter().flat_map(|it| &it.notable_conversations).collect();
            used.extend(summary.patterns.iter().flat_map(|it| &it.evidence));
            used.extend(summary.recommendations.iter().flat_map(|it| &it.related_nodes));
            assert!(used.into_iter().all(|id| ids.contains(id)));
            let mut named: Vec<&String> = summary.overview.primary_interests.iter().collect();
            named.extend(summary.clusters.iter().map(|it| &it.name));
            named.extend(summary.connections.iter().flat_map(|it| [&it.source_cluster, &it.target_cluster]));
            assert!(named.into_iter().all(|name| names.contains(name.as_str())));
            let mut keywords: Vec<&String> =
                summary.clusters.iter().flat_map(|it| &it.top_keywords).collect();
            keywords.extend(summary.connections.iter().flat_map(|it| &it.bridge_keywords));
            assert!(keywords.into_iter().all(|term| terms.contains(term.as_str())));
        }
    }
}

#[test]
fn every_title_quoted_and_every_day_exists_in_the_graph() {
    for seed in 0..60 {
        let graph = random_graph(seed);
        let known: BTreeSet<String> = graph
            .nodes
            .iter()
            .map(|node| node.title.as_str())
            .chain(graph.metadata.clusters.values().map(|cluster| cluster.name.as_str()))
            .chain(["soup", "train"])
            .map(crate::summary::text::inert)
            .collect();
        let days: BTreeSet<String> = graph
            .nodes
            .iter()
            .filter_map(|node| Some(node.timestamp?.to_string()[..10].to_owned()))
            .collect();
        for summary in all_summaries(&graph) {
            for text in texts(&summary) {
                for (open, close) in [('“', '”'), ('《', '》')] {
                    for quoted in text.split(open).skip(1).filter_map(|rest| rest.split(close).next()) {
                        assert!(known.contains(quoted), "{quoted} in {text}");
                    }
                }
                for day in days_in(text) {
                    assert!(days.contains(day), "{day} in {text}");
                }
            }
        }
    }
}

/// All `YYYY-MM-DD` of the text.
fn days_in(text: &str) -> Vec<&str> {
    let is_day = |window: &[u8]| {
        window
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
    };
    let bytes = text.as_bytes();
    (0..bytes.len().saturating_sub(9))
        .filter(|at| is_day(&bytes[*at..at + 10]))
        .map(|at| &text[at..at + 10])
        .collect()
}

#[test]
fn texts_are_inert_and_figures_within_bounds() {
    for seed in 0..60 {
        let graph = random_graph(seed);
        for summary in all_summaries(&graph) {
            for text in texts(&summary) {
                assert!(!text.contains(['<', '>', '`', '\n']) && !text.contains("  "), "{text}");
            }
            for cluster in &summary.clusters {
                assert!((0.0..=1.0).contains(&cluster.density) && (0.0..=1.0).contains(&cluster.centrality));
            }
            let strengths: Vec<f64> = summary.connections.iter().map(|it| it.connection_strength).collect();
            assert!(
                strengths.is_sorted_by(|a, b| a >= b) && strengths.iter().all(|it| (0.0..=1.0).contains(it))
            );
            assert!(strengths.first().is_none_or(|it| (it - 1.0).abs() < 1e-9));
        }
    }
}

#[test]
fn equal_graphs_give_equal_summaries() {
    for seed in 0..20 {
        let tell = || format!("{:?}", all_summaries(&random_graph(seed)));
        assert_eq!(tell(), tell());
    }
}

#[test]
fn a_brief_summary_is_brief() {
    for seed in 0..60 {
        let summary = summary_of(&random_graph(seed), Language::En, DetailLevel::Brief, None);
        assert!(summary.patterns.len() <= 3 && summary.recommendations.len() <= 3);
        assert!(
            summary.overview.summary_text.matches(". ").count() <= 2,
            "{}",
            summary.overview.summary_text
        );
    }
}

#[test]
fn large_graphs_take_no_time_to_speak_of() {
    let mut graph = GraphBuilder::new();
    for index in 0..8 {
        graph.cluster(&format!("Cluster {index}"));
    }
    for index in 0..20_000 {
        let day = format!("20{}-{:02}-{:02}", 20 + index % 4, 1 + index % 12, 1 + index % 28);
        let node = graph.node(index % 8, "One title for all", Some(&day));
        graph.keywords(node, &["soup", "train", "sleep"]);
    }
    for index in 0..100_000 {
        graph.edge(index % 20_000, (index * 7 + 1) % 20_000, 0.9, true, &["soup"]);
    }
    let graph = graph.build();
    let begun = std::time::Instant::now();
    assert!(!detailed(&graph).patterns.is_empty());
    assert!(begun.elapsed().as_secs() < 10, "{:?}", begun.elapsed());
}
