//! Chroma's `where`: always of one person.

use graphnode_core::ids::{GraphId, UserId};
use serde_json::{Value, json};

/// Which records of a person a call is about.
///
/// Invariant: whatever it is made from, [`Self::json`] is met by records of that one person alone. It is public so that
/// a fuzzer can hold it to that.
#[derive(Debug, Clone, Copy)]
pub struct Filter<'a> {
    user_id: &'a UserId,
    graph_id: Option<&'a GraphId>,
    cluster_id: Option<&'a str>,
    below: Option<u64>,
}

impl<'a> Filter<'a> {
    /// Everything of a person: no filter exists without one.
    #[must_use]
    pub fn of(user_id: &'a UserId) -> Self {
        Self { user_id, graph_id: None, cluster_id: None, below: None }
    }

    /// Of one graph.
    #[must_use]
    pub fn graph(self, graph_id: Option<&'a GraphId>) -> Self {
        Self { graph_id, ..self }
    }

    /// Of one cluster.
    #[must_use]
    pub fn cluster(self, cluster_id: Option<&'a str>) -> Self {
        Self { cluster_id, ..self }
    }

    /// Of older generations.
    #[must_use]
    pub fn below(self, generation: Option<u64>) -> Self {
        Self { below: generation, ..self }
    }

    /// Chroma's `where`. Several conditions need `$and`.
    #[must_use]
    pub fn json(self) -> Value {
        let mut conditions = vec![json!({"userId": self.user_id})];
        conditions.extend(self.graph_id.map(|graph_id| json!({"graphId": graph_id})));
        conditions.extend(self.cluster_id.map(|cluster_id| json!({"clusterId": cluster_id})));
        conditions.extend(self.below.map(|generation| json!({"generation": {"$lt": generation}})));
        match conditions.len() {
            1 => conditions.remove(0),
            _ => json!({ "$and": conditions }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_condition_stands_alone_and_several_are_joined() {
        let (user, graph): (UserId, GraphId) = ("u".parse().unwrap(), "g".parse().unwrap());
        assert_eq!(Filter::of(&user).json(), json!({"userId": "u"}));
        assert_eq!(
            Filter::of(&user).graph(Some(&graph)).below(Some(5)).json(),
            json!({"$and": [{"userId": "u"}, {"graphId": "g"}, {"generation": {"$lt": 5}}]})
        );
    }

    #[test]
    fn a_cluster_called_like_an_operator_is_a_text_like_any_other() {
        let user: UserId = "u".parse().unwrap();
        for name in ["$ne", r#"{"$ne": ""}"#, r#""}, {"userId": {"$ne": "u"}"#, "", "\0"] {
            assert_eq!(
                Filter::of(&user).cluster(Some(name)).json(),
                json!({"$and": [{"userId": "u"}, {"clusterId": name}]})
            );
        }
    }
}
