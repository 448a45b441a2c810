//! The three languages say the same, each in its own words.

use super::*;

fn in_own_script(language: Language) -> Summary {
    let names = match language {
        Language::En => &ENGLISH_STORY,
        Language::Ko => &KOREAN_STORY,
        Language::Zh => &CHINESE_STORY,
    };
    summary_of(&story(names), language, DetailLevel::Detailed, Some(&signals()))
}

/// Signals that make every sentence on style come true.
fn signals() -> Vec<NodeSignals> {
    let turns = ["how do I", "why", "vs", "translate"];
    (0..67)
        .map(|index| NodeSignals {
            questions: crate::summary::count_questions(turns[index % 4]),
            person_share: 0.6,
            person_turns: 3,
            words_a_turn: 12.0,
        })
        .collect()
}

#[test]
fn every_language_has_its_own_texts() {
    let graph = story(&ENGLISH_STORY);
    let summaries = LANGUAGES.map(|language| summary_of(&graph, language, DetailLevel::Detailed, None));
    let all = summaries.each_ref().map(texts);
    assert_eq!(all[0].len(), all[1].len());
    assert_eq!(all[0].len(), all[2].len());
    for ((en, ko), zh) in all[0].iter().zip(&all[1]).zip(&all[2]) {
        assert!(!en.is_empty() && !ko.is_empty() && !zh.is_empty());
        assert!(en != ko && ko != zh && en != zh, "{en} / {ko} / {zh}");
    }
}

#[test]
fn no_latin_words_in_korean_and_chinese() {
    for language in [Language::Ko, Language::Zh] {
        let summary = in_own_script(language);
        for text in texts(&summary) {
            let rest = text.replace("UTC", "");
            assert!(!rest.contains(|character: char| character.is_ascii_alphabetic()), "{text}");
        }
    }
}

#[test]
fn no_foreign_script_in_any_language() {
    let hangul = |character: char| ('가'..='힣').contains(&character);
    let han = |character: char| ('\u{4e00}'..='\u{9fff}').contains(&character);
    for text in texts(&in_own_script(Language::En)) {
        assert!(!text.contains(hangul) && !text.contains(han), "{text}");
    }
    for text in texts(&in_own_script(Language::Ko)) {
        assert!(!text.contains(han), "{text}");
    }
    for text in texts(&in_own_script(Language::Zh)) {
        assert!(!text.contains(hangul), "{text}");
    }
}

#[test]
fn english_plurals_follow_the_count() {
    let mut graph = GraphBuilder::new();
    let (big, small) = (graph.cluster("Big"), graph.cluster("Small"));
    graph.node(big, "One", Some("2024-01-01"));
    graph.node(big, "Two", Some("2024-02-01"));
    graph.node(small, "Three", Some("2024-03-01"));
    let summary = detailed(&graph.build());
    assert!(summary.clusters[0].insight_text.starts_with("2 conversations (67% of all)"));
    assert!(summary.clusters[1].insight_text.starts_with("1 conversation (33% of all) on 2024-03-01."));
}

#[test]
fn the_overview_reads_well_in_every_language() {
    let first = |language: Language| in_own_script(language).overview.summary_text;
    assert!(
        first(Language::En).starts_with(
            "67 conversations from 2023-01-03 to 2024-10-07: Rust (45%), Cooking (36%), Travel (12%) \
             and Health (7%). \
             Since 2024-01-06, Rust rose from 3% to 85% and Cooking fell from 73% to 0%."
        ),
        "{}",
        first(Language::En)
    );
    assert!(
        first(Language::Ko).starts_with(
            "2023-01-03부터 2024-10-07까지의 대화 67개는 러스트(45%), 요리(36%), 여행(12%), 건강(7%)에 관한 것입니다. \
             2024-01-06 이후 러스트의 비중은 3%에서 85%로 늘고 요리의 비중은 73%에서 0%로 줄었습니다."
        ),
        "{}",
        first(Language::Ko)
    );
    assert!(
        first(Language::Zh).starts_with(
            "2023-01-03 至 2024-10-07 的 67 个对话涉及“编程”（45%）、“烹饪”（36%）、“旅行”（12%）和“健康”（7%）。\
             2024-01-06 以来，“编程”的占比从 3% 升至 85%，“烹饪”的占比从 73% 降至 0%。"
        ),
        "{}",
        first(Language::Zh)
    );
}
