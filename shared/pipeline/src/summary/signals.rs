//! What only the text of the conversations can tell: the graph holds no messages.

use graphnode_core::conversation::{Conversation, SourceType, Speaker};
use serde::{Deserialize, Serialize};

use super::history::History;
use super::questions::{QuestionCounts, QuestionKind, count_questions, count_words};

/// What the text of one node's conversation tells. Holds no words of anybody.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct NodeSignals {
    /// How many of the person's turns asked a question of each kind.
    pub questions: QuestionCounts,
    /// The person's share of all characters, 0 to 1.
    pub person_share: f32,
    /// Number of the person's turns; 0 for notes.
    pub person_turns: u32,
    /// Mean words of such a turn; 0 for notes.
    pub words_a_turn: f32,
}

impl NodeSignals {
    /// Counts over one conversation. A note has an author but asks nobody: it has no questions and no turns.
    #[must_use]
    pub fn of(conversation: &Conversation) -> Self {
        let (mut turns, mut words, mut own, mut all) = (0u32, 0usize, 0usize, 0usize);
        let mut questions = QuestionCounts::default();
        for section in &conversation.sections {
            all += section.text.len();
            if section.speaker != Speaker::Person {
                continue;
            }
            own += section.text.len();
            if conversation.source_type == SourceType::Chat {
                turns += 1;
                words += count_words(&section.text);
                let asked = count_questions(&section.text);
                for kind in QuestionKind::ALL {
                    // A pasted text may hold a word a hundred times; a turn asks once.
                    questions.add(kind, asked.of(kind).min(1));
                }
            }
        }
        Self {
            questions,
            person_share: if all == 0 { 0.0 } else { own as f32 / all as f32 },
            person_turns: turns,
            words_a_turn: if turns == 0 { 0.0 } else { words as f32 / turns as f32 },
        }
    }
}

/// The kinds of question of each node: from the text, else from the title of a chat.
pub(super) fn questions_of(history: &History, signals: Option<&[NodeSignals]>) -> Vec<QuestionCounts> {
    let counted = signals.unwrap_or_default();
    let from_title = |node: usize| {
        let node = &history.nodes[node];
        let is_chat = node.source_type == SourceType::Chat;
        if is_chat { count_questions(&node.title) } else { QuestionCounts::default() }
    };
    (0..history.nodes.len())
        .map(|node| counted.get(node).map_or_else(|| from_title(node), |signals| signals.questions))
        .collect()
}

/// In how many of the nodes each kind was asked, the most frequent first; kinds in fewer than a tenth of them
/// (or, among more than three nodes, in one alone) say nothing and are left out.
pub(super) fn frequent_kinds(questions: &[QuestionCounts], nodes: &[usize]) -> Vec<(QuestionKind, usize)> {
    let least = nodes.len().div_ceil(10).max(if nodes.len() > 3 { 2 } else { 1 });
    let mut kinds: Vec<(QuestionKind, usize, u64)> = QuestionKind::ALL
        .into_iter()
        .map(|kind| {
            let asked = nodes.iter().map(|node| questions[*node].of(kind)).filter(|count| *count > 0);
            let (nodes, times) =
                asked.fold((0, 0), |(nodes, times), count| (nodes + 1, times + u64::from(count)));
            (kind, nodes, times)
        })
        .filter(|(_, nodes, _)| *nodes >= least)
        .collect();
    kinds.sort_by_key(|(kind, nodes, times)| (std::cmp::Reverse((*nodes, *times)), *kind));
    kinds.into_iter().map(|(kind, nodes, _)| (kind, nodes)).collect()
}
