//! What the explorer runs: requests in an order, and where they are worked on.

use graphnode_testkit::export::{ConversationBuilder, export};
use serde_json::{Value, json};

pub(crate) const USER: &str = "auth0|7";

/// What happens in a world in which nothing goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scenario {
    /// A job runs in a function.
    Function,
    /// A function hands a job over to a task.
    Task,
    /// The same, and nobody tells of tasks that stop: they are found by their leases.
    SilentTask,
    /// A function is stopped in the middle of a job; another one goes on.
    Interrupted,
    /// A job whose input is not there fails.
    NoInput,
    /// Two requests for one graph, the older one first.
    OlderFirst,
    /// Two requests for one graph, the newer one first.
    NewerFirst,
}

/// A request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) task: &'static str,
    pub(crate) at: &'static str,
    pub(crate) input: &'static str,
}

const ONLY: Asked = Asked { task: "task-1", at: "2026-06-01T08:00:00.000Z", input: "uploads/some.json" };
const NEWER: Asked = Asked { task: "task-2", at: "2026-06-01T08:30:00.000Z", input: "uploads/more.json" };
const NOTHING: Asked = Asked { input: "uploads/nothing.json", ..ONLY };

impl Scenario {
    pub(crate) const ALL: [Self; 7] = [
        Self::Function,
        Self::Task,
        Self::SilentTask,
        Self::Interrupted,
        Self::NoInput,
        Self::OlderFirst,
        Self::NewerFirst,
    ];

    /// What is asked for, in the order the queue delivers it.
    pub(crate) fn asked(self) -> Vec<Asked> {
        match self {
            Self::Function | Self::Task | Self::SilentTask | Self::Interrupted => vec![ONLY],
            Self::NoInput => vec![NOTHING],
            Self::OlderFirst => vec![ONLY, NEWER],
            Self::NewerFirst => vec![NEWER, ONLY],
        }
    }

    /// States a job may end in. An older build need not reach the index, as the newer one goes there in its place.
    pub(crate) fn ends(self, task: &str) -> &'static [&'static str] {
        match self {
            Self::NoInput => &["failed"],
            Self::OlderFirst | Self::NewerFirst if task == ONLY.task => &["completed", "indexed"],
            _ => &["indexed"],
        }
    }

    /// The build that counts in the end.
    pub(crate) fn counts(self) -> Option<&'static str> {
        match self {
            Self::NoInput => None,
            Self::OlderFirst | Self::NewerFirst => Some(NEWER.task),
            _ => Some(ONLY.task),
        }
    }

    /// Bytes up to which a function does a job itself.
    pub(crate) fn most_inline_bytes(self) -> u64 {
        if matches!(self, Self::Task | Self::SilentTask) { 1 } else { 1 << 30 }
    }

    /// Whether nobody tells of a task that has stopped.
    pub(crate) fn loses_notices(self) -> bool {
        self == Self::SilentTask
    }

    /// The call of the encoder in which the process is asked to end.
    pub(crate) fn interrupted_in(self) -> Option<usize> {
        (self == Self::Interrupted).then_some(2)
    }
}

impl Asked {
    /// The message.
    pub(crate) fn body(&self) -> String {
        let payload: Value = json!({"userId": USER, "s3Key": self.input});
        json!({
            "taskId": self.task, "taskType": "GRAPH_GENERATION_REQUEST", "timestamp": self.at, "payload": payload,
        })
        .to_string()
    }
}

/// The inputs: keys and bytes.
pub(crate) fn inputs() -> [(&'static str, Vec<u8>); 2] {
    [(ONLY.input, exported(6)), (NEWER.input, exported(8))]
}

/// An export of `count` conversations about two subjects.
fn exported(count: usize) -> Vec<u8> {
    let subjects = [
        ("Baking bread", "flour yeast oven dough kneading crust sourdough starter"),
        ("Rust programs", "borrow checker lifetimes traits cargo compiler ownership generics"),
    ];
    export((0..count).map(|number| {
        let (title, words) = subjects[number % 2];
        ConversationBuilder::new(&format!("c-{number}"), &format!("{title} {number}"), 1.7e9 + number as f64)
            .person(&format!("Question {number} about {words}: what should come first?"))
            .assistant(&format!("First of all, {words}; then number {number} of everything else."))
    }))
}
