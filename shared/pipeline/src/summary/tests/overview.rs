//! The overview, and histories with little or nothing in them.

use graphnode_core::contract::Recency;
use graphnode_core::conversation::{Conversation, Section, SourceType, Speaker};

use super::*;
use crate::summary::QuestionKind;

#[test]
fn an_empty_history_is_said_to_be_empty() {
    for language in LANGUAGES {
        let summary = summary_of(&GraphBuilder::new().build(), language, DetailLevel::Detailed, None);
        assert_eq!(summary.overview.time_span, "N/A");
        assert_eq!(summary.overview.most_active_period, "N/A");
        assert!(summary.overview.conversation_style.is_empty());
        assert!(!summary.overview.summary_text.is_empty());
        assert!(
            summary.clusters.is_empty() && summary.patterns.is_empty() && summary.recommendations.is_empty()
        );
    }
}

#[test]
fn one_node_is_named() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("Only");
    graph.node(cluster, "Sourdough", Some("2024-05-06"));
    let summary = detailed(&graph.build());
    assert_eq!(
        summary.overview.summary_text,
        "The history holds one conversation of 2024-05-06: “Sourdough”."
    );
    assert_eq!(summary.overview.time_span, "2024-05-06 ~ 2024-05-06");
    assert_eq!(summary.overview.primary_interests, ["Only"]);
    assert_eq!(summary.clusters[0].recency, Recency::Active);
    assert_eq!(summary.clusters[0].insight_text, "1 conversation on 2024-05-06.");
    assert_eq!(summary.clusters[0].notable_conversations, ["0"]);
    assert!(summary.patterns.is_empty() && summary.connections.is_empty());
}

#[test]
fn without_times_nothing_is_said_of_time() {
    let mut graph = GraphBuilder::new();
    let (one, other) = (graph.cluster("Soup"), graph.cluster("Rust"));
    for index in 0..30 {
        graph.node(if index % 3 == 0 { one } else { other }, &format!("Title {index}"), None);
    }
    let summary = detailed(&graph.build());
    assert_eq!(summary.overview.time_span, "N/A");
    assert_eq!(summary.overview.summary_text, "30 conversations: Rust (67%) and Soup (33%).");
    assert!(summary.clusters.iter().all(|cluster| cluster.recency == Recency::Unknown));
    assert!(summary.patterns.is_empty() && summary.recommendations.is_empty());
}

#[test]
fn one_cluster_has_no_share_and_no_connection() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("Soup");
    for month in 1..=12 {
        graph.node(cluster, &format!("Broth {month}"), Some(&format!("2024-{month:02}-01")));
    }
    graph.edge(0, 1, 0.5, false, &["broth"]);
    let summary = detailed(&graph.build());
    assert!(summary.connections.is_empty());
    assert_eq!(summary.clusters[0].centrality, 0.0);
    assert_eq!(summary.clusters[0].density, 0.5);
    assert!(!summary.clusters[0].insight_text.contains('%'), "{}", summary.clusters[0].insight_text);
}

#[test]
fn sources_and_extensions_are_counted() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("All");
    for (title, kind) in [
        ("chat", SourceType::Chat),
        ("note", SourceType::Markdown),
        ("page", SourceType::Notion),
        ("report.PDF", SourceType::File),
        ("second.pdf", SourceType::File),
        ("version 1.5", SourceType::File),
    ] {
        let node = graph.node(cluster, title, None);
        graph.source(node, kind);
    }
    let overview = detailed(&graph.build()).overview;
    let totals =
        [overview.total_conversations, overview.total_notes, overview.total_notions, overview.total_files];
    assert_eq!((overview.total_source_nodes, totals), (6, [1, 1, 1, 3]));
    assert_eq!(overview.file_counts_by_extension.into_iter().collect::<Vec<_>>(), [("pdf".to_owned(), 2)]);
    assert!(overview.summary_text.starts_with("6 entries: All (100%)"));
}

#[test]
fn interests_are_few_and_the_largest_first() {
    let mut graph = GraphBuilder::new();
    for (index, size) in [40, 30, 20, 6, 5, 4, 1].into_iter().enumerate() {
        let cluster = graph.cluster(&format!("C{index}"));
        for node in 0..size {
            graph.node(cluster, &format!("T{node}"), Some("2024-01-01"));
        }
    }
    assert_eq!(detailed(&graph.build()).overview.primary_interests, ["C0", "C1", "C2", "C3", "C4"]);
}

#[test]
fn a_small_but_current_cluster_is_an_interest() {
    let mut graph = GraphBuilder::new();
    for index in 0..5 {
        let cluster = graph.cluster(&format!("Old{index}"));
        for node in 0..20 {
            graph.node(cluster, &format!("T{node}"), Some(&format!("2020-0{}-01", index + 1)));
        }
    }
    let current = graph.cluster("Now");
    for node in 0..15 {
        graph.node(current, &format!("T{node}"), Some("2024-01-01"));
    }
    let interests = detailed(&graph.build()).overview.primary_interests;
    assert!(interests.contains(&"Now".to_owned()), "{interests:?}");
}

#[test]
fn style_is_counted() {
    let style = detailed(&story(&ENGLISH_STORY)).overview.conversation_style;
    assert_eq!(
        style,
        "At least half of the conversations have at most 6 messages. \
         Asked most, by the titles: debugging (45%), explanation (30%) and planning (12%). \
         100% begin between 10:00 and 16:00 UTC. \
         The longest, “How to fix an error 7”, has 90 messages."
    );
}

#[test]
fn lengths_tell_short_from_long() {
    for (messages, opening) in [(2, "Short exchanges"), (30, "Long dialogues"), (8, "At least half")] {
        let mut graph = GraphBuilder::new();
        let cluster = graph.cluster("C");
        for index in 0..5 {
            let node = graph.node(cluster, &format!("T{index}"), None);
            graph.messages(node, messages);
        }
        let style = detailed(&graph.build()).overview.conversation_style;
        assert!(style.starts_with(opening), "{style}");
    }
}

#[test]
fn signals_replace_titles() {
    let mut graph = GraphBuilder::new();
    let cluster = graph.cluster("C");
    for index in 0..4 {
        graph.node(cluster, &format!("How to {index}"), None);
    }
    let graph = graph.build();
    let by_titles = detailed(&graph);
    assert_eq!(by_titles.clusters[0].common_question_types, ["how-to"]);
    let signals = [NodeSignals::of(&conversation(SourceType::Chat, "Translate this, please")); 4];
    let by_text = summary_of(&graph, Language::Ko, DetailLevel::Standard, Some(&signals));
    assert_eq!(by_text.clusters[0].common_question_types, ["번역"]);
    assert!(
        by_text.overview.conversation_style.contains("평균 3단어"),
        "{}",
        by_text.overview.conversation_style
    );
}

#[test]
fn signals_shorter_than_the_graph_are_no_error() {
    let graph = story(&ENGLISH_STORY);
    let signals = [NodeSignals::of(&conversation(SourceType::Chat, "why?"))];
    let summary = summary_of(&graph, Language::En, DetailLevel::Detailed, Some(&signals));
    assert_eq!(summary.clusters.len(), 4);
}

#[test]
fn a_note_asks_nobody() {
    let signals = NodeSignals::of(&conversation(SourceType::Markdown, "Why is this so? How to do it?"));
    assert_eq!((signals.questions.total(), signals.person_turns), (0, 0));
}

#[test]
fn a_turn_asks_once_however_long_it_is() {
    let signals = NodeSignals::of(&conversation(SourceType::Chat, &"an error here. ".repeat(50)));
    assert_eq!(signals.questions.of(QuestionKind::Debugging), 1);
    assert!((signals.person_share - 0.98).abs() < 0.05);
}

fn conversation(source_type: SourceType, text: &str) -> Conversation {
    Conversation {
        orig_id: "a".to_owned(),
        title: None,
        source_type,
        create_time: None,
        update_time: None,
        sections: vec![
            Section { speaker: Speaker::Person, text: text.to_owned() },
            Section { speaker: Speaker::Assistant, text: "Sure.".to_owned() },
        ],
    }
}
