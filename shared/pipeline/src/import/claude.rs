//! Claude: a conversation is a list of messages, in newer exports with the branches of edited prompts in it.

use std::collections::HashMap;

use graphnode_core::conversation::Section;

use super::item::{ClaudeMessage, Content, Item, source_time, speaker};
use super::text;

/// The shown messages in order.
pub(super) fn sections(item: &Item<'_>, attachment_chars: usize) -> Vec<Section> {
    let messages = item.chat_messages.items();
    shown_path(messages, item.current_leaf.get())
        .into_iter()
        .filter_map(|at| section(&messages[at], attachment_chars))
        .collect()
}

/// Every message in the order listed; where messages branch, those on the way to the current leaf or, where
/// none is named, the newest.
fn shown_path(messages: &[ClaudeMessage<'_>], current: Option<&str>) -> Vec<usize> {
    let places: HashMap<&str, usize> =
        messages.iter().enumerate().filter_map(|(at, message)| Some((message.uuid.get()?, at))).collect();
    // The first message names a parent that is no message.
    let parents: Vec<Option<usize>> =
        messages.iter().map(|message| places.get(message.parent.get()?).copied()).collect();
    let mut continuations = vec![0_u32; messages.len()];
    let mut roots = 0;
    for (message, parent) in messages.iter().zip(&parents) {
        match parent {
            Some(at) => continuations[*at] += 1,
            None if message.parent.get().is_some() => roots += 1,
            None => {}
        }
    }
    let branches = roots > 1 || continuations.iter().any(|&count| count > 1);
    if !branches {
        return (0..messages.len()).collect();
    }
    let leaves = (0..messages.len()).filter(|&at| continuations[at] == 0);
    let newest = leaves.max_by_key(|&at| source_time(messages[at].created_at).map(|time| time.instant()));
    let mut next = current.and_then(|id| places.get(id).copied()).or(newest);
    let mut seen = vec![false; messages.len()];
    let mut path = Vec::new();
    while let Some(at) = next.filter(|&at| !seen[at]) {
        seen[at] = true;
        path.push(at);
        next = parents[at];
    }
    path.reverse();
    path
}

fn section(message: &ClaudeMessage<'_>, attachment_chars: usize) -> Option<Section> {
    let speaker = speaker(message.sender.get()?)?;
    let mut words = said(message).unwrap_or_default();
    let mut room = attachment_chars;
    for attachment in message.attachments.items() {
        let Some(extract) = attachment.extracted_content.get().filter(|_| room > 0) else { continue };
        let end = extract.char_indices().nth(room).map_or(extract.len(), |(end, _)| end);
        let Some(extract) = text::shown(&extract[..end]) else { continue };
        room = room.saturating_sub(extract.chars().count());
        if !words.is_empty() {
            words.push('\n');
        }
        words.push_str(&extract);
    }
    (!words.is_empty()).then_some(Section { speaker, text: words })
}

/// The text blocks of `content`. The older `text` also holds placeholders for tools, so it counts only where
/// there are no blocks to tell them apart.
fn said(message: &ClaudeMessage<'_>) -> Option<String> {
    let blocks = match &message.content {
        Content::Parts(blocks) => blocks.as_slice(),
        _ => &[],
    };
    let only_text = blocks.iter().all(|block| match block {
        Content::Block(block) => block.kind.get() == Some("text"),
        _ => true,
    });
    let from_text = || text::shown(message.text.get()?);
    message.content.words().or_else(|| if only_text { from_text() } else { None })
}
