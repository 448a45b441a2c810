//! `graphnode admin show`: one kept message, whole.

use graphnode_core::error::with_sources;
use graphnode_core::messages::KeptMessage;
use graphnode_jobs::kept_messages::{KeptError, Known, find};

use super::{Bucket, described};
use crate::failure::Failure;
use crate::output;

/// Prints a message with its body: who asks wants to see it.
pub(super) async fn run(bucket: &Bucket, id: &str, json: bool) -> Result<(), Failure> {
    let message = find(&bucket.objects, id).await.map_err(|error| match &error {
        KeptError::Read(port) => bucket.failure(port),
        other => Failure::KeptMessage { id: id.to_owned(), problem: with_sources(other) },
    })?;
    let known = Known::of(id, &message);
    let mut machine = described(&known);
    machine["body"] = message.body.as_str().into();
    output::show(json, &machine, || whole(&known, &message));
    Ok(())
}

fn whole(known: &Known, message: &KeptMessage) -> String {
    let task = known.task_id.as_ref().map_or("unknown", |task_id| task_id.as_str());
    let sent = known.sent_at.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
    let answered = if known.answered { "FAILED" } else { "no" };
    format!(
        "id        {}\nkept      {}\nsent      {sent}\ntask      {task}\nreason    {}\nanswered  {answered}\nbytes     {}\n\n{}",
        known.id,
        known.kept_at,
        known.reason,
        known.bytes,
        harmless(&message.body)
    )
}

/// The text as a terminal may have it: anybody can send a message, and control characters would be obeyed.
fn harmless(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() && !matches!(c, '\n' | '\t') {
            true => shown.extend(c.escape_unicode()),
            false => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_gives_the_terminal_no_orders() {
        assert_eq!(harmless("{\n\t\"é\": \"\u{1b}[2J\u{9b}\"}"), "{\n\t\"é\": \"\\u{1b}[2J\\u{9b}\"}");
    }
}
