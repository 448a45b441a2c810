//! `graphnode admin list`: what is kept, and why.

use graphnode_core::error::with_sources;
use graphnode_jobs::kept_messages::{Kept, KeptError, Known, list};
use serde_json::{Value, json};

use super::{Bucket, NOTHING_KEPT, described};
use crate::failure::Failure;
use crate::output::{self, counted};

/// Prints the kept messages, without their bodies. What cannot be read is named behind the others.
pub(super) async fn run(bucket: &Bucket, json: bool) -> Result<(), Failure> {
    let kept = list(&bucket.objects).await.map_err(|error| bucket.failure(&error))?;
    let machine = json!({
        "messages": kept.known.iter().map(described).collect::<Vec<Value>>(),
        "unreadable": kept.unreadable.iter().map(troubled).collect::<Vec<Value>>(),
    });
    if kept.unreadable.is_empty() {
        output::show(json, &machine, || table(&kept.known));
        return Ok(());
    }
    for known in &kept.known {
        output::tell(json, line(known));
    }
    Err(Failure::KeptMessages { summary: unreadable(&kept), told: machine })
}

fn troubled((id, error): &(String, KeptError)) -> Value {
    json!({"id": id, "problem": with_sources(error)})
}

fn table(known: &[Known]) -> String {
    if known.is_empty() {
        return NOTHING_KEPT.to_owned();
    }
    known.iter().map(line).collect::<Vec<String>>().join("\n")
}

fn line(known: &Known) -> String {
    let task = known.task_id.as_ref().map_or("-", |task_id| task_id.as_str());
    let answered = if known.answered { " (answered FAILED)" } else { "" };
    let kept_at = known.kept_at.strftime("%F %H:%M:%S UTC");
    format!("{kept_at}  {}  {task}  {}{answered}", known.id, known.reason)
}

fn unreadable(kept: &Kept) -> String {
    let count = counted(kept.unreadable.len() as u64, "message");
    let named: Vec<String> =
        kept.unreadable.iter().map(|(id, error)| format!("{id} ({})", with_sources(error))).collect();
    format!("{count} cannot be told: {}", named.join("; "))
}

#[cfg(test)]
mod tests {
    use graphnode_core::messages::FailureReason;

    use super::*;

    #[test]
    fn a_line_holds_what_is_known_and_says_who_was_told() {
        let mut known = Known {
            id: "m-1".to_owned(),
            task_id: None,
            reason: FailureReason::new("unknown taskType"),
            answered: false,
            sent_at: None,
            kept_at: "2026-06-01T09:00:00Z".parse().unwrap(),
            bytes: 7,
        };
        assert_eq!(line(&known), "2026-06-01 09:00:00 UTC  m-1  -  unknown taskType");
        known.task_id = "t-1".parse().ok();
        known.answered = true;
        assert_eq!(line(&known), "2026-06-01 09:00:00 UTC  m-1  t-1  unknown taskType (answered FAILED)");
        assert_eq!(table(&[]), NOTHING_KEPT);
    }
}
