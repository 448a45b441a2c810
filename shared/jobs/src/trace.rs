//! What every line of log about a job is found by.

use graphnode_core::ids::TaskId;
use tracing::{Span, error_span, field};

/// What all lines about a job stand in. Of the highest level, so that a log that is set to say little still says of whom.
pub(crate) fn job_span(task_id: &TaskId) -> Span {
    error_span!("job", task_id = %task_id, correlation_id = field::Empty)
}

/// Says what the job is found by, once that is known; in the [`job_span`] of the caller.
pub(crate) fn correlate(correlation_id: &str) {
    Span::current().record("correlation_id", correlation_id);
}
