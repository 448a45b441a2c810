//! Writes ChatGPT exports the way ChatGPT does: a tree of messages, a hidden system message, a current node.

use serde_json::{Map, Value, json};

/// One conversation, built message by message.
#[derive(Debug, Clone)]
pub struct ConversationBuilder {
    id: String,
    title: Option<String>,
    created: f64,
    mapping: Map<String, Value>,
    current: String,
}

impl ConversationBuilder {
    /// A conversation that began at `created` (epoch seconds).
    #[must_use]
    pub fn new(id: &str, title: &str, created: f64) -> Self {
        let root = format!("{id}-root");
        let mut mapping = Map::new();
        mapping.insert(root.clone(), json!({"id": root, "message": null, "parent": null, "children": []}));
        Self { id: id.to_owned(), title: Some(title.to_owned()), created, mapping, current: root }
    }

    /// Takes the title away.
    #[must_use]
    pub fn untitled(mut self) -> Self {
        self.title = None;
        self
    }

    /// The person says `text`.
    #[must_use]
    pub fn person(self, text: &str) -> Self {
        self.message("user", text)
    }

    /// The assistant says `text`.
    #[must_use]
    pub fn assistant(self, text: &str) -> Self {
        self.message("assistant", text)
    }

    /// The conversation as the export holds it.
    #[must_use]
    pub fn build(self) -> Value {
        json!({
            "id": self.id,
            "conversation_id": self.id,
            "title": self.title,
            "create_time": self.created,
            "update_time": self.created + 60.0 * self.mapping.len() as f64,
            "mapping": self.mapping,
            "current_node": self.current,
        })
    }

    fn message(mut self, role: &str, text: &str) -> Self {
        let id = format!("{}-{}", self.id, self.mapping.len());
        let message = json!({
            "id": id,
            "author": {"role": role, "name": null, "metadata": {}},
            "create_time": self.created + 60.0 * self.mapping.len() as f64,
            "content": {"content_type": "text", "parts": [text]},
            "status": "finished_successfully",
            "weight": 1.0,
            "metadata": {},
            "recipient": "all",
        });
        if let Some(children) = self.mapping[&self.current]["children"].as_array_mut() {
            children.push(json!(id));
        }
        self.mapping.insert(
            id.clone(),
            json!({"id": id, "message": message, "parent": self.current, "children": []}),
        );
        self.current = id;
        self
    }
}

/// An export of `conversations`, as `conversations.json` holds it.
#[must_use]
pub fn export(conversations: impl IntoIterator<Item = ConversationBuilder>) -> Vec<u8> {
    let all: Vec<Value> = conversations.into_iter().map(ConversationBuilder::build).collect();
    Value::from(all).to_string().into_bytes()
}
