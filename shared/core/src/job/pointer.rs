//! The graph pointer: which build of a graph counts.
//!
//! # Generations
//! A job gets its generation once, when its record is made, from the pointer of its graph, by a conditional write:
//! - the newest request so far gets `max(last + 1, its time in ms)`: generations of a graph grow in the order
//!   requests were made, and no two that came in order are equal, even within a millisecond;
//! - a request that is older than one already known (the queue turned their order round) gets its own time in ms,
//!   which is less than the newer one's generation: it may run, but what it makes does not count.
//!
//! A request's time is what its message says, and never later than now: a wrong clock cannot block a graph. Numbers
//! are skipped when a job is registered twice at the same time; nothing counts them. Milliseconds since 1970 fit the
//! whole numbers of JSON in every language.
//!
//! Two late requests of the same millisecond share a generation; the greater task id is the newer one then.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{GraphId, TaskId, UserId};

/// The version of the pointer's JSON that this program writes.
pub const SCHEMA: u32 = 1;

/// The newest request that got a generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// Its generation.
    pub generation: u64,
    /// When it was made.
    pub requested_at: Timestamp,
}

/// The build that counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// The job that made it; its results lie under `results/{task_id}/`.
    pub task_id: TaskId,
    /// Its generation.
    pub generation: u64,
    /// When it was done.
    pub completed_at: Timestamp,
}

/// The pointer of one graph of one person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GraphPointer {
    schema: u32,
    revision: u64,
    user_id: UserId,
    graph_id: GraphId,
    #[serde(default)]
    issued: Option<Issued>,
    /// Flat, so that the file reads `task_id`, `generation`, `completed_at`.
    #[serde(flatten)]
    current: Option<Current>,
}

/// What became of an [`advance`](GraphPointer::advance).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Advance {
    /// The build counts now.
    Advanced,
    /// It did already.
    AlreadyCurrent,
    /// A newer one counts: this one changes nothing.
    Superseded(Current),
}

impl GraphPointer {
    /// The pointer of a graph without builds.
    #[must_use]
    pub fn new(user_id: UserId, graph_id: GraphId) -> Self {
        Self { schema: SCHEMA, revision: 0, user_id, graph_id, issued: None, current: None }
    }

    /// A generation for a request made at `requested_at`, and the pointer that knows of it.
    #[must_use]
    pub fn issue(&self, requested_at: Timestamp, now: Timestamp) -> (Self, u64) {
        let requested_at = requested_at.min(now);
        let by_time = u64::try_from(requested_at.as_millisecond()).unwrap_or(0);
        match self.issued {
            Some(newest) if requested_at < newest.requested_at => (self.clone(), by_time),
            newest => {
                let generation = newest.map_or(1, |newest| newest.generation + 1).max(by_time);
                let issued = Some(Issued { generation, requested_at });
                (Self { revision: self.revision + 1, issued, ..self.clone() }, generation)
            }
        }
    }

    /// Makes a build the one that counts, unless a newer one does.
    #[must_use]
    pub fn advance(&self, build: Current) -> (Self, Advance) {
        match &self.current {
            Some(current) if current.task_id == build.task_id => (self.clone(), Advance::AlreadyCurrent),
            Some(current) if order(current) > order(&build) => {
                (self.clone(), Advance::Superseded(current.clone()))
            }
            _ => {
                let next = Self { revision: self.revision + 1, current: Some(build), ..self.clone() };
                (next, Advance::Advanced)
            }
        }
    }

    /// No build counts any more, if this one did: it was deleted.
    #[must_use]
    pub fn withdraw(&self, task_id: &TaskId) -> (Self, Option<Current>) {
        match &self.current {
            Some(current) if current.task_id == *task_id => {
                let next = Self { revision: self.revision + 1, current: None, ..self.clone() };
                (next, Some(current.clone()))
            }
            _ => (self.clone(), None),
        }
    }

    /// Whether a build counts, or may once it is done: no newer one does.
    #[must_use]
    pub fn admits(&self, task_id: &TaskId, generation: u64) -> bool {
        self.current.as_ref().is_none_or(|current| order(current) <= (generation, task_id))
    }

    /// Version of the JSON.
    #[must_use]
    pub fn schema(&self) -> u32 {
        self.schema
    }

    /// The person.
    #[must_use]
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The graph.
    #[must_use]
    pub fn graph_id(&self) -> &GraphId {
        &self.graph_id
    }

    /// The build that counts; `None` before the first.
    #[must_use]
    pub fn current(&self) -> Option<&Current> {
        self.current.as_ref()
    }
}

fn order(build: &Current) -> (u64, &TaskId) {
    (build.generation, &build.task_id)
}
