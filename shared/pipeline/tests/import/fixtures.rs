//! Exports made for the tests: the shapes of real ones, with words of our own.

use std::io::{Cursor, Write};
use std::sync::Mutex;

use graphnode_core::conversation::Conversation;
use graphnode_core::watch::{Stage, Watch};
use graphnode_pipeline::import::{ImportError, ImportReport, Limits, Source, SourceRole, import};
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;

/// What an import gave.
pub(crate) type Outcome = Result<(Vec<Conversation>, ImportReport), ImportError>;

/// Imports sources given as name, role and bytes.
pub(crate) fn import_all(
    sources: Vec<(&str, SourceRole, Vec<u8>)>,
    limits: &Limits,
    watch: &dyn Watch,
) -> Outcome {
    let mut conversations = Vec::new();
    let sources = sources
        .into_iter()
        .map(|(name, role, bytes)| Source {
            name: name.to_owned(),
            role,
            reader: Box::new(Cursor::new(bytes)),
        })
        .collect();
    let report = import(sources, limits, watch, &mut |conversation| conversations.push(conversation))?;
    Ok((conversations, report))
}

/// Imports one file of conversations.
pub(crate) fn import_file(bytes: impl Into<Vec<u8>>) -> Outcome {
    let source = ("export.json", SourceRole::Conversations, bytes.into());
    import_all(vec![source], &Limits::default(), &Progress::default())
}

/// Imports a list of one item and returns what became of it.
pub(crate) fn import_one(item: Value) -> Conversation {
    let (mut conversations, _) = import_file(json!([item]).to_string()).expect("imported");
    assert_eq!(conversations.len(), 1);
    conversations.remove(0)
}

/// The texts of a conversation's sections.
pub(crate) fn texts(conversation: &Conversation) -> Vec<&str> {
    conversation.sections.iter().map(|section| section.text.as_str()).collect()
}

/// A shown ChatGPT message.
pub(crate) fn message(role: &str, text: &str) -> Value {
    json!({
        "author": {"role": role, "name": null, "metadata": {}},
        "content": {"content_type": "text", "parts": [text]},
        "create_time": null, "recipient": "all", "status": "finished_successfully", "weight": 1.0,
        "metadata": {"model_slug": "some-model"},
    })
}

/// A message that differs from a shown one in some fields.
pub(crate) fn message_with(role: &str, text: &str, changes: Value) -> Value {
    let mut message = message(role, text);
    if let (Value::Object(message), Value::Object(changes)) = (&mut message, changes) {
        message.extend(changes);
    }
    message
}

/// A ChatGPT conversation in which `messages` follow one another below a hidden root.
pub(crate) fn chatgpt(id: &str, messages: &[Value]) -> Value {
    let mut mapping = serde_json::Map::new();
    mapping.insert("root".into(), json!({"id": "root", "message": null, "parent": null, "children": ["n0"]}));
    for (at, message) in messages.iter().enumerate() {
        let parent = if at == 0 { "root".to_owned() } else { format!("n{}", at - 1) };
        let node = json!({
            "id": format!("n{at}"), "message": message, "parent": parent, "children": [format!("n{}", at + 1)],
        });
        mapping.insert(format!("n{at}"), node);
    }
    json!({
        "title": format!("Title of {id}"), "create_time": 1_700_000_000.5, "update_time": 1_700_000_100,
        "mapping": mapping, "current_node": format!("n{}", messages.len().max(1) - 1), "id": id, "conversation_id": id,
    })
}

/// A conversation of one question and its answer.
pub(crate) fn talk(id: &str) -> Value {
    chatgpt(
        id,
        &[message("user", &format!("Question {id}?")), message("assistant", &format!("Answer {id}."))],
    )
}

/// A ZIP archive of these files.
pub(crate) fn zipped(files: &[(&str, &str)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        archive.start_file(*name, SimpleFileOptions::default()).expect("started");
        archive.write_all(content.as_bytes()).expect("written");
    }
    archive.finish().expect("finished").into_inner()
}

/// Remembers what was reported, and cancels after so many questions.
#[derive(Default)]
pub(crate) struct Progress {
    /// Units done and in all, call by call.
    pub(crate) calls: Mutex<Vec<(u64, u64)>>,
    /// How many questions whether to stop are answered with no; `None`: all.
    patience: Option<usize>,
    asked: Mutex<usize>,
}

impl Progress {
    /// Cancels after `patience` questions.
    pub(crate) fn with_patience(patience: usize) -> Self {
        Self { patience: Some(patience), ..Self::default() }
    }
}

impl Watch for Progress {
    fn progress(&self, stage: Stage, done: u64, total: u64) {
        assert_eq!(stage, Stage::Import);
        self.calls.lock().expect("no panic elsewhere").push((done, total));
    }

    fn cancelled(&self) -> bool {
        let mut asked = self.asked.lock().expect("no panic elsewhere");
        *asked += 1;
        self.patience.is_some_and(|patience| *asked > patience)
    }
}

/// The ids of everything imported from one file.
pub(crate) fn ids(bytes: impl Into<Vec<u8>>) -> Vec<String> {
    let (conversations, _) = import_file(bytes).expect("imported");
    conversations.into_iter().map(|conversation| conversation.orig_id).collect()
}
