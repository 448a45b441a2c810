//! ChatGPT: a conversation is a tree of messages of which the person last saw one path.

use std::borrow::Cow;
use std::collections::HashMap;

use graphnode_core::conversation::Section;

use super::item::{Item, Node, source_time};

/// The shown messages on the way from the root to the current node, in order.
pub(super) fn sections(item: &Item<'_>) -> Vec<Section> {
    let nodes = item.mapping.0.as_deref().unwrap_or_default();
    let places: HashMap<&str, usize> = nodes.iter().enumerate().map(|(at, (id, _))| (&**id, at)).collect();
    let parent = |at: usize| nodes[at].1.parent.get().and_then(|id| places.get(id).copied());
    let current = item.current_node.get().and_then(|id| places.get(id).copied());

    let mut path = Vec::new();
    let mut seen = vec![false; nodes.len()];
    let mut next = current.or_else(|| newest_leaf(nodes, parent));
    while let Some(at) = next.filter(|&at| !seen[at]) {
        seen[at] = true;
        path.push(at);
        next = parent(at);
    }
    path.iter().rev().filter_map(|&at| nodes[at].1.message.section()).collect()
}

/// The node that no other continues and whose message is the newest, the last in the file among equals.
/// Where every node has a successor (a cycle), the newest of all.
fn newest_leaf(nodes: &[(Cow<'_, str>, Node<'_>)], parent: impl Fn(usize) -> Option<usize>) -> Option<usize> {
    let mut continued = vec![false; nodes.len()];
    for at in (0..nodes.len()).filter_map(parent) {
        continued[at] = true;
    }
    // No time at all counts as the oldest, and no message as older still.
    let age = |&at: &usize| {
        let message = &nodes[at].1.message;
        (source_time(message.create_time).map(|time| time.instant()), !message.role().is_empty())
    };
    // `max_by_key` returns the last of equal elements.
    let leaves = (0..nodes.len()).filter(|&at| !continued[at]);
    leaves.max_by_key(age).or_else(|| (0..nodes.len()).max_by_key(age))
}
