//! A job as its person sees it.

use graphnode_core::clock::Clock;
use graphnode_core::ids::{GraphId, TaskId};
use graphnode_core::job::{JobRecord, JobState, Place};
use graphnode_core::keys::ResultFile;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::PREFIX;

/// A job.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TaskView {
    /// The job.
    #[schema(value_type = String)]
    pub(super) task_id: TaskId,
    /// The graph it builds.
    #[schema(value_type = String)]
    pub(super) graph_id: GraphId,
    /// `queued`, `running`, `completed` (the graph is there), `indexed` (it can be searched as well), `failed` or
    /// `cancelled`.
    pub(super) status: &'static str,
    /// Where a running job is; `null` before and after.
    pub(super) stage: Option<StageView>,
    /// 0 to 100 of the whole job; never falls.
    pub(super) percent: u8,
    /// Seconds a running job still takes, where its pace tells.
    pub(super) eta_seconds: Option<u64>,
    /// How often it was begun.
    pub(super) attempts: u32,
    /// Where it runs, or ran last: `lambda`, `fargate` or `local`.
    #[schema(value_type = Option<String>)]
    pub(super) runner: Option<Place>,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub(super) requested_at: Timestamp,
    /// When something of it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(super) updated_at: Timestamp,
    /// When it was over.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) finished_at: Option<Timestamp>,
    /// Why it failed.
    pub(super) error: Option<String>,
    /// What was read and what was skipped; of a completed job, not in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) report: Option<ReportView>,
    /// Where to look.
    pub(super) links: TaskLinks,
}

/// Where a running job is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StageView {
    /// `import`, `embed`, `keywords`, `neighbours`, `clusters`, `names`, `edges`, `layout`, `summary` or `write`.
    pub(super) name: &'static str,
    /// 0 to 100 of the stage.
    pub(super) percent: u8,
}

/// Paths of a job's parts; those of results only once they are there.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TaskLinks {
    /// The job itself.
    #[serde(rename = "self")]
    pub(super) itself: String,
    /// The graph.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) graph: Option<String>,
    /// The summary.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summary: Option<String>,
    /// Vectors and keywords.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) features: Option<String>,
    /// The map as a page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) view: Option<String>,
    /// What was read and what was skipped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) report: Option<String>,
}

/// What was read and what was skipped.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct ReportView {
    /// How many of what.
    pub(super) counts: CountsView,
    /// The first of what is not in the graph, with the reason.
    #[serde(default)]
    pub(super) skipped: Vec<SkippedView>,
    /// What the reader of the graph should know.
    #[serde(default)]
    pub(super) warnings: Vec<String>,
}

/// How many of what.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct CountsView {
    /// Conversations and notes read.
    pub(super) read: u64,
    /// Nodes of the graph.
    pub(super) nodes: u64,
    /// Items that are not in the graph.
    pub(super) skipped: u64,
    /// Items kept after a small repair.
    pub(super) repaired: u64,
}

/// An item that is not in the graph.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(super) struct SkippedView {
    /// Position in the file's list, from 0.
    pub(super) index: Option<u64>,
    /// The item's id, where it has one.
    pub(super) id: Option<String>,
    /// A stable code, such as `not-an-object`.
    pub(super) code: String,
    /// The reason in words.
    pub(super) reason: String,
}

impl TaskLinks {
    /// Of a job that has no results yet.
    pub(super) fn of_unfinished(task_id: &TaskId) -> Self {
        let itself = format!("{PREFIX}/tasks/{task_id}");
        Self { itself, graph: None, summary: None, features: None, view: None, report: None }
    }

    fn of(record: &JobRecord) -> Self {
        let bare = Self::of_unfinished(record.task_id());
        if !is_completed(record) {
            return bare;
        }
        let part = |name: &str| Some(format!("{}/{name}", bare.itself));
        Self {
            graph: part("graph"),
            summary: if record.request().options.include_summary { part("summary") } else { None },
            features: part("features"),
            view: part("view"),
            report: part("report"),
            ..bare
        }
    }
}

impl TaskView {
    /// The job of `record` at `clock`'s time, without its report.
    pub(super) fn of(record: &JobRecord, clock: &impl Clock) -> Self {
        let running = matches!(record.state(), JobState::Running { .. });
        let progress = record.progress();
        let stage = progress.filter(|_| running);
        let left = |end: Timestamp| end.duration_since(clock.now()).as_secs().max(0).unsigned_abs();
        let (finished_at, error) = match record.state() {
            JobState::Queued | JobState::Running { .. } => (None, None),
            JobState::Completed { at } | JobState::Cancelled { at } => (Some(*at), None),
            JobState::Indexed { completed_at, .. } => (Some(*completed_at), None),
            JobState::Failed { at, reason } => (Some(*at), Some(reason.to_string())),
        };
        Self {
            task_id: record.task_id().clone(),
            graph_id: record.graph_id().clone(),
            status: record.state().name(),
            stage: stage.map(|at| StageView { name: at.stage().code(), percent: at.percent() }),
            percent: match is_completed(record) {
                true => 100,
                false => progress.map_or(0, |progress| progress.overall_percent()),
            },
            eta_seconds: record.expected_end().map(left),
            attempts: record.attempt(),
            runner: record.last_place(),
            requested_at: record.requested_at(),
            updated_at: record.updated_at(),
            finished_at,
            error,
            report: None,
            links: TaskLinks::of(record),
        }
    }
}

/// Whether the results of a job are there.
pub(super) fn is_completed(record: &JobRecord) -> bool {
    matches!(record.state(), JobState::Completed { .. } | JobState::Indexed { .. })
}

/// Whether a job has what a path asks for.
pub(super) fn has(record: &JobRecord, file: ResultFile) -> bool {
    file != ResultFile::Summary || record.request().options.include_summary
}
