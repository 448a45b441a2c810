//! Small graphs whose summaries can be told by hand, and random ones for what must hold of all.

mod builder;
mod languages;
mod overview;
mod properties;
mod rules;

use graphnode_core::contract::{Graph, Summary};
use graphnode_core::options::{DetailLevel, Language};
use jiff::Timestamp;

use super::{NodeSignals, summarise};
use builder::GraphBuilder;

const LANGUAGES: [Language; 3] = [Language::En, Language::Ko, Language::Zh];
const DETAILS: [DetailLevel; 3] = [DetailLevel::Brief, DetailLevel::Standard, DetailLevel::Detailed];

fn summary_of(
    graph: &Graph,
    language: Language,
    detail: DetailLevel,
    signals: Option<&[NodeSignals]>,
) -> Summary {
    summarise(graph, language, detail, Timestamp::UNIX_EPOCH, signals)
}

/// All that was found, in English.
fn detailed(graph: &Graph) -> Summary {
    summary_of(graph, Language::En, DetailLevel::Detailed, None)
}

/// Every text that is written for people.
fn texts(summary: &Summary) -> Vec<&str> {
    let mut texts =
        vec![summary.overview.summary_text.as_str(), summary.overview.conversation_style.as_str()];
    texts.extend(summary.clusters.iter().map(|cluster| cluster.insight_text.as_str()));
    texts.extend(summary.clusters.iter().flat_map(|it| &it.common_question_types).map(String::as_str));
    texts.extend(summary.patterns.iter().map(|pattern| pattern.description.as_str()));
    texts.extend(summary.connections.iter().map(|connection| connection.description.as_str()));
    for recommendation in &summary.recommendations {
        texts.extend([recommendation.title.as_str(), recommendation.description.as_str()]);
    }
    texts
}

/// A history in which all there is to find is there: cooking gives way to code, travel stops early, one
/// recipe comes up again and again, one node reaches from code into cooking. `names` are those of the
/// clusters and of what is in them, so that a test may choose its script.
fn story(names: &StoryNames) -> Graph {
    let mut graph = GraphBuilder::new();
    let [cooking, code, travel, health] = names.clusters.map(|name| graph.cluster(name));
    for index in 0..24 {
        let month = 1 + index / 2;
        let (day, title) = (format!("2023-{month:02}-{:02}", 3 + index % 2), names.titles[0]);
        let node = graph.node(cooking, &format!("{title} {index}"), Some(&day));
        graph.messages(node, 4 + index % 3).keywords(node, &[names.keywords[0]]);
    }
    for index in 0..30 {
        let month = 1 + index / 3;
        let day = format!("2024-{month:02}-{:02}", 5 + index % 3);
        let node = graph.node(code, &format!("{} {index}", names.titles[1]), Some(&day));
        graph.messages(node, if index == 7 { 90 } else { 10 }).keywords(node, &[names.keywords[1]]);
    }
    for index in 0..8 {
        let node = graph.node(
            travel,
            &format!("{} {index}", names.titles[2]),
            Some(&format!("2023-02-{:02}", 10 + index)),
        );
        graph.messages(node, 6).keywords(node, &[names.keywords[2]]);
    }
    for index in 0..5 {
        let node = graph.node(
            health,
            &format!("{} {index}", names.titles[3]),
            Some(&format!("2024-09-{:02}", 10 + index)),
        );
        graph.messages(node, 6).keywords(node, &[names.keywords[3]]);
    }
    // Cooking is 0..24, code 24..54, travel 54..62, health 62..67.
    let recipe = names.titles[4];
    for node in [2, 8, 14, 20] {
        graph.retitle(node, recipe).keywords(node, &[names.keywords[0], names.keywords[4]]);
    }
    for (from, to) in [(2, 8), (2, 14), (2, 20)] {
        graph.edge(from, to, 0.95, true, &[names.keywords[4]]);
    }
    for node in 25..50 {
        graph.edge(24, node, 0.7, false, &[names.keywords[1]]);
    }
    for (from, to) in [(10, 30), (10, 31), (10, 32), (11, 30)] {
        graph.edge(from, to, 0.6, false, &[names.keywords[1]]);
    }
    for (from, to) in [(54, 30), (55, 31)] {
        graph.edge(from, to, 0.4, false, &[names.keywords[2]]);
    }
    graph.part(code, &(24..40).collect::<Vec<_>>(), &[names.keywords[1], names.keywords[3]]);
    graph.part(code, &(40..54).collect::<Vec<_>>(), &[names.keywords[4]]);
    graph.build()
}

/// What the clusters, titles and keywords of the story are called.
struct StoryNames {
    clusters: [&'static str; 4],
    titles: [&'static str; 5],
    keywords: [&'static str; 5],
}

const ENGLISH_STORY: StoryNames = StoryNames {
    clusters: ["Cooking", "Rust", "Travel", "Health"],
    titles: ["Why soup boils", "How to fix an error", "Plan for Busan", "Sleep", "Sourdough starter care"],
    keywords: ["soup", "borrow checker", "train", "sleep", "sourdough"],
};
const KOREAN_STORY: StoryNames = StoryNames {
    clusters: ["요리", "러스트", "여행", "건강"],
    titles: ["국이 왜 끓나요", "오류 고치는 방법", "부산 계획", "수면", "발효종 관리"],
    keywords: ["국", "빌림 검사기", "기차", "수면", "발효종"],
};
const CHINESE_STORY: StoryNames = StoryNames {
    clusters: ["烹饪", "编程", "旅行", "健康"],
    titles: ["汤为什么会沸", "怎么修复错误", "釜山计划", "睡眠", "酵种养护"],
    keywords: ["汤", "借用检查", "火车", "睡眠", "酵种"],
};
