//! What is inside a cluster, in a sentence or two: counts, themes, time span.

use graphnode_core::conversation::SourceType;
use graphnode_core::options::Language;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::digest::Document;

/// Themes a description names.
const THEMES: usize = 5;
/// Longest description the contract allows, in characters.
const LONGEST: usize = 2_000;

/// Describes a cluster of `documents` whose most telling phrases are `themes`.
pub(crate) fn cluster<'a>(
    documents: impl Iterator<Item = &'a Document>,
    themes: &[String],
    language: Language,
) -> String {
    let mut conversations = 0;
    let mut notes = 0;
    let mut messages = 0;
    let mut times: Vec<Timestamp> = Vec::new();
    for document in documents {
        if document.source_type == SourceType::Chat {
            conversations += 1
        } else {
            notes += 1
        }
        messages += document.num_messages;
        times.extend(document.timestamp());
    }
    let span = times.iter().min().zip(times.iter().max()).map(|(first, last)| (month(*first), month(*last)));
    let themes: Vec<&str> = themes.iter().take(THEMES).map(String::as_str).collect();
    let text = match language {
        Language::En => english(conversations, notes, messages, &themes, span),
        Language::Ko => korean(conversations, notes, messages, &themes, span),
        Language::Zh => chinese(conversations, notes, messages, &themes, span),
    };
    text.chars().take(LONGEST).collect()
}

fn month(time: Timestamp) -> String {
    let date = time.to_zoned(TimeZone::UTC).date();
    format!("{:04}-{:02}", date.year(), date.month())
}

type Span = Option<(String, String)>;

fn english(conversations: usize, notes: usize, messages: usize, themes: &[&str], span: Span) -> String {
    let counted = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let mut kinds = Vec::new();
    if conversations > 0 {
        kinds.push(counted(conversations, "conversation"));
    }
    if notes > 0 {
        kinds.push(counted(notes, "note"));
    }
    let mut text = kinds.join(" and ");
    if !themes.is_empty() {
        text += &format!(" about {}", themes.join(", "));
    }
    text += &format!(" ({})", counted(messages, "message"));
    match span {
        Some((first, last)) if first == last => text += &format!(", in {first}"),
        Some((first, last)) => text += &format!(", from {first} to {last}"),
        None => {}
    }
    text + "."
}

fn korean(conversations: usize, notes: usize, messages: usize, themes: &[&str], span: Span) -> String {
    let mut kinds = Vec::new();
    if conversations > 0 {
        kinds.push(format!("대화 {conversations}개"));
    }
    if notes > 0 {
        kinds.push(format!("노트 {notes}개"));
    }
    let mut text = format!("{}(메시지 {messages}개)", kinds.join("와 "));
    if !themes.is_empty() {
        text += &format!(", 주요 주제: {}", themes.join(", "));
    }
    match span {
        Some((first, last)) if first == last => text += &format!(", 시기: {first}"),
        Some((first, last)) => text += &format!(", 기간: {first} ~ {last}"),
        None => {}
    }
    text + "."
}

fn chinese(conversations: usize, notes: usize, messages: usize, themes: &[&str], span: Span) -> String {
    let mut kinds = Vec::new();
    if conversations > 0 {
        kinds.push(format!("{conversations} 个对话"));
    }
    if notes > 0 {
        kinds.push(format!("{notes} 篇笔记"));
    }
    let mut text = format!("{}（{messages} 条消息）", kinds.join("和 "));
    if !themes.is_empty() {
        text += &format!("，主题：{}", themes.join("、"));
    }
    match span {
        Some((first, last)) if first == last => text += &format!("，时间：{first}"),
        Some((first, last)) => text += &format!("，时间：{first} 至 {last}"),
        None => {}
    }
    text + "。"
}
