//! Clusters, patterns, connections and recommendations: one test a rule.

use graphnode_core::contract::{Level, Pattern, PatternType, Recency, RecommendationType};

use super::*;

fn of_type(summary: &Summary, kind: PatternType) -> Vec<&Pattern> {
    summary.patterns.iter().filter(|pattern| pattern.pattern_type == kind).collect()
}

#[test]
fn recency_follows_the_span_of_the_history() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let recency: Vec<(&str, Recency)> =
        summary.clusters.iter().map(|it| (it.name.as_str(), it.recency)).collect();
    assert_eq!(
        recency,
        [
            ("Rust", Recency::Active),
            ("Cooking", Recency::Dormant),
            ("Travel", Recency::Dormant),
            ("Health", Recency::New)
        ]
    );
}

#[test]
fn centrality_is_the_share_of_weight_between_clusters() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let centrality: Vec<f64> = summary.clusters.iter().map(|it| it.centrality).collect();
    assert_eq!(centrality, [1.0, 0.75, 0.25, 0.0]);
}

#[test]
fn density_is_the_mean_weight_within() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let density: Vec<f64> = summary.clusters.iter().map(|it| it.density).collect();
    assert_eq!(density, [0.7, 0.95, 0.0, 0.0]);
}

#[test]
fn keywords_that_are_everywhere_rank_low() {
    let mut graph = GraphBuilder::new();
    let (one, other) = (graph.cluster("One"), graph.cluster("Other"));
    for index in 0..6 {
        let node = graph.node(if index < 3 { one } else { other }, &format!("T{index}"), None);
        graph.keywords(node, &["common", if index < 3 { "Soup" } else { "rust" }]);
    }
    let summary = detailed(&graph.build());
    assert_eq!(summary.clusters[0].top_keywords, ["Soup", "common"]);
}

#[test]
fn insight_is_concrete() {
    let summary = detailed(&story(&ENGLISH_STORY));
    assert_eq!(
        summary.clusters[0].insight_text,
        "30 conversations (45% of all) from 2024-01-05 to 2024-10-07. \
         Its share rose from 3% before 2024-01-06 to 85% since. \
         Sub-topics: borrow checker / sleep (16); sourdough (14). \
         The longest conversation is “How to fix an error 7” with 90 messages. \
         Closest to Cooking: 4 links over borrow checker. \
         The most frequent kind of question is debugging, in 30 of 30 conversations."
    );
}

#[test]
fn a_peak_stands_out_from_the_other_months() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("C");
    for day in ["2024-01-01", "2024-02-01", "2024-02-02", "2024-02-03", "2024-02-04", "2024-03-01"] {
        graph.node(cluster, "T", Some(day));
    }
    let summary = detailed(&graph.build());
    assert_eq!(
        summary.clusters[0].insight_text,
        "6 conversations from 2024-01-01 to 2024-03-01; busiest month 2024-02 with 4."
    );
    assert_eq!(summary.overview.most_active_period, "2024-02");
}

#[test]
fn notable_nodes_are_the_central_the_longest_and_the_newest() {
    let graph = story(&ENGLISH_STORY);
    let summary = summary_of(&graph, Language::En, DetailLevel::Standard, None);
    assert_eq!(summary.clusters[0].notable_conversations, ["24", "31", "53"]);
}

#[test]
fn the_same_months_apart_is_a_repetition() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let found = of_type(&summary, PatternType::Repetition);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].evidence, ["2", "8", "14", "20"]);
    assert_eq!(found[0].significance, Level::High);
    assert_eq!(
        found[0].description,
        "4 conversations from 2023-02-03 to 2023-11-03 cover nearly the same: “Sourdough starter care” \
         (shared: soup and sourdough)."
    );
}

#[test]
fn the_same_within_a_week_is_no_repetition() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("C");
    for day in 1..=4 {
        let node = graph.node(cluster, "Sourdough starter", Some(&format!("2024-01-0{day}")));
        graph.keywords(node, &["sourdough"]);
    }
    graph.edge(0, 1, 0.99, true, &["sourdough"]);
    assert!(of_type(&detailed(&graph.build()), PatternType::Repetition).is_empty());
}

#[test]
fn default_titles_are_no_repetition() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("C");
    for (index, term) in ["soup", "rust", "train", "sleep"].into_iter().enumerate() {
        let node = graph.node(cluster, "New chat", Some(&format!("2024-0{}-01", index + 1)));
        graph.keywords(node, &[term]);
    }
    assert!(of_type(&detailed(&graph.build()), PatternType::Repetition).is_empty());
}

#[test]
fn similar_but_different_titles_are_no_repetition() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("C");
    for (title, day, term) in
        [("Tokyo hotel", "2023-01-01", "hotel"), ("Soup for winter", "2024-01-01", "soup")]
    {
        let node = graph.node(cluster, title, Some(day));
        graph.keywords(node, &[term]);
    }
    graph.edge(0, 1, 0.9, true, &[]);
    assert!(of_type(&detailed(&graph.build()), PatternType::Repetition).is_empty());
}

#[test]
fn growth_is_a_progression_with_dates_and_counts() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let found = of_type(&summary, PatternType::Progression);
    assert_eq!(
        found[0].description,
        "Rust grew from 3% of conversations before 2024-01-06 to 85% since (1 → 29)."
    );
    assert_eq!(found[0].evidence[0], "53");
}

#[test]
fn a_growing_part_of_a_steady_cluster_is_a_progression() {
    let mut graph = GraphBuilder::new();
    let (one, other) = (graph.cluster("One"), graph.cluster("Other"));
    for index in 0..80 {
        let day = format!("2024-{:02}-{:02}", 1 + index / 8, 1 + index % 8);
        graph.node(if index % 2 == 0 { one } else { other }, &format!("T{index}"), Some(&day));
    }
    let even = |range: std::ops::Range<usize>| range.filter(|index| index % 2 == 0).collect::<Vec<_>>();
    graph.part(one, &even(0..40), &["early"]);
    graph.part(one, &even(40..80), &["late", "words"]);
    let summary = detailed(&graph.build());
    let found = of_type(&summary, PatternType::Progression);
    assert_eq!(found.len(), 1);
    assert!(
        found[0].description.starts_with("late / words within One grew from 0% of"),
        "{}",
        found[0].description
    );
}

#[test]
fn chance_is_no_progression() {
    let mut graph = GraphBuilder::new();
    let (one, other) = (graph.cluster("One"), graph.cluster("Other"));
    for index in 0..12 {
        let day = format!("2024-{:02}-01", 1 + index);
        graph.node(
            if [0, 2, 4, 6, 7, 9, 11].contains(&index) { one } else { other },
            &format!("T{index}"),
            Some(&day),
        );
    }
    assert!(of_type(&detailed(&graph.build()), PatternType::Progression).is_empty());
}

#[test]
fn a_cluster_gone_quiet_is_a_gap() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let found = of_type(&summary, PatternType::Gap);
    assert_eq!(
        found[0].description,
        "Cooking: 24 conversations up to 2023-12-04, then none in the remaining 10 months of the history."
    );
    assert_eq!(found[0].significance, Level::High);
    assert!(found[1].description.starts_with("Travel: 8 conversations up to 2023-02-17"));
}

#[test]
fn a_long_silence_is_a_gap() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("C");
    for day in 1..=9 {
        graph.node(cluster, &format!("T{day}"), Some(&format!("2024-01-0{day}")));
    }
    graph.node(cluster, "Back", Some("2024-06-01"));
    let summary = detailed(&graph.build());
    let found = of_type(&summary, PatternType::Gap);
    assert_eq!(found[0].description, "No conversations between 2024-01-09 and 2024-06-01: 5 months.");
    assert_eq!(found[0].evidence, ["8", "9"]);
}

#[test]
fn a_node_with_links_across_is_a_bridge() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let found = of_type(&summary, PatternType::Bridge);
    assert_eq!(
        found[0].description,
        "“Why soup boils 10” in Cooking is linked to 3 conversations in Rust (shared: borrow checker)."
    );
    assert_eq!(found[0].evidence, ["10", "30", "31", "32"]);
}

#[test]
fn connections_are_normalised_and_name_what_joins_them() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let pairs: Vec<(&str, &str)> = summary
        .connections
        .iter()
        .map(|it| (it.source_cluster.as_str(), it.target_cluster.as_str()))
        .collect();
    assert_eq!(pairs, [("Rust", "Cooking"), ("Rust", "Travel")]);
    assert_eq!(summary.connections[0].connection_strength, 1.0);
    assert_eq!(summary.connections[0].bridge_keywords, ["borrow checker"]);
    assert_eq!(
        summary.connections[0].description,
        "4 links join Rust and Cooking over borrow checker; the strongest is between “How to fix an error 6” \
         and “Why soup boils 10”."
    );
}

#[test]
fn large_clusters_are_not_close_by_size_alone() {
    let mut graph = GraphBuilder::new();
    let [big, vast, small, tiny] = ["Big", "Vast", "Small", "Tiny"].map(|name| graph.cluster(name));
    for (cluster, size) in [(big, 60), (vast, 60), (small, 5), (tiny, 5)] {
        for index in 0..size {
            graph.node(cluster, &format!("T{index}"), None);
        }
    }
    for index in 0..59 {
        graph.edge(index, index + 1, 0.5, false, &[]);
        graph.edge(60 + index, 61 + index, 0.5, false, &[]);
    }
    for index in 0..4 {
        graph.edge(index, 60 + index, 0.5, false, &[]);
        graph.edge(120 + index, 125 + index, 0.5, false, &[]);
    }
    let connections = detailed(&graph.build()).connections;
    assert_eq!(
        (connections[0].source_cluster.as_str(), connections[0].target_cluster.as_str()),
        ("Small", "Tiny")
    );
}

#[test]
fn recommendations_rest_on_findings() {
    let summary = detailed(&story(&ENGLISH_STORY));
    let find = |kind| summary.recommendations.iter().find(|it| it.kind == kind).unwrap();
    let consolidate = find(RecommendationType::Consolidate);
    assert_eq!(consolidate.title, "Bring together 4 conversations on “Sourdough starter care”");
    assert_eq!((consolidate.related_nodes.len(), consolidate.priority), (4, Level::High));
    let explore = find(RecommendationType::Explore);
    assert_eq!(explore.title, "Go deeper into Rust");
    assert!(explore.description.starts_with("Its share grew from 3% to 85% since 2024-01-06; most recent: "));
    let review = find(RecommendationType::Review);
    assert_eq!(review.title, "Look again at Cooking");
    assert!(review.description.starts_with("24 conversations, the last on 2023-12-04. Start with "));
    assert!(
        review.description.ends_with("It is linked to Rust, which is still active, over borrow checker.")
    );
    let connect = find(RecommendationType::Connect);
    assert_eq!(connect.title, "Connect Rust and Cooking");
    assert_eq!(connect.related_nodes[..2], ["30".to_owned(), "10".to_owned()]);
}

#[test]
fn levels_of_detail_nest() {
    let graph = story(&ENGLISH_STORY);
    let [brief, standard, detailed] = DETAILS.map(|detail| summary_of(&graph, Language::En, detail, None));
    assert_eq!((brief.patterns.len(), brief.recommendations.len()), (3, 3));
    assert!(
        brief.patterns.len() < standard.patterns.len() || standard.patterns.len() == detailed.patterns.len()
    );
    let length = |summary: &Summary| summary.overview.summary_text.len();
    assert!(length(&brief) < length(&standard) && length(&standard) <= length(&detailed));
    let kinds: Vec<PatternType> = brief.patterns.iter().map(|it| it.pattern_type).collect();
    assert_eq!(kinds, [PatternType::Repetition, PatternType::Progression, PatternType::Gap]);
}
