//! `graphnode admin redrive`: kept messages go back to the request queue.

use graphnode_core::error::with_sources;
use graphnode_core::ports::Queue;
use graphnode_jobs::kept_messages::{Kept, KeptError, list, pick, redrive};
use serde_json::{Value, json};

use super::{Bucket, NOTHING_KEPT};
use crate::cli::Redrive;
use crate::failure::Failure;
use crate::output::{self, counted};

/// What became of a message.
enum Fate {
    Sent,
    WouldBeSent,
    /// Its sender was told that it failed, and it was not asked for by its id.
    Left,
    /// What kept another one would have kept this one too.
    NotTried,
    NotSent(KeptError),
}

impl Fate {
    /// Its name for machines.
    fn name(&self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::WouldBeSent => "would-be-sent",
            Self::Left => "left",
            Self::NotTried => "not-tried",
            // The queue has it.
            Self::NotSent(KeptError::Remove(_)) => "sent-and-kept",
            Self::NotSent(_) => "not-sent",
        }
    }

    /// What a person is told.
    fn words(&self) -> String {
        match self {
            Self::Sent => "sent".to_owned(),
            Self::WouldBeSent => "would be sent".to_owned(),
            Self::Left => "left: its sender was told that it failed".to_owned(),
            Self::NotTried => "not tried".to_owned(),
            Self::NotSent(error) => with_sources(error),
        }
    }

    fn is_good(&self) -> bool {
        matches!(self, Self::Sent | Self::WouldBeSent)
    }
}

/// Sends them, the oldest first, and says of each what became of it.
pub(super) async fn run(
    bucket: &Bucket,
    requests: &impl Queue,
    arguments: &Redrive,
    json: bool,
) -> Result<(), Failure> {
    let kept =
        if arguments.all { list(&bucket.objects).await } else { pick(&bucket.objects, &arguments.ids).await };
    let kept = kept.map_err(|error| bucket.failure(&error))?;
    let fates = send(bucket, requests, kept, arguments, json).await;
    conclude(&fates, arguments.dry_run, json)
}

async fn send(
    bucket: &Bucket,
    requests: &impl Queue,
    kept: Kept,
    arguments: &Redrive,
    json: bool,
) -> Vec<(String, Fate)> {
    let mut fates = Vec::new();
    let mut note = |id: String, fate: Fate| {
        output::tell(json, format_args!("{id}  {}", fate.words()));
        fates.push((id, fate));
    };
    for (id, error) in kept.unreadable {
        note(id, Fate::NotSent(error));
    }
    let mut hopeless = false;
    for known in kept.known.into_iter().rev() {
        let fate = match (known.answered, arguments) {
            (true, Redrive { all: true, .. }) => Fate::Left,
            (true, _) => Fate::NotSent(KeptError::Answered),
            _ if hopeless => Fate::NotTried,
            (false, Redrive { dry_run: true, .. }) => Fate::WouldBeSent,
            (false, _) => match redrive(&bucket.objects, requests, &known.id).await {
                Ok(()) => Fate::Sent,
                Err(error) => {
                    hopeless = error.concerns_all();
                    Fate::NotSent(error)
                }
            },
        };
        note(known.id, fate);
    }
    fates
}

fn conclude(fates: &[(String, Fate)], dry_run: bool, json: bool) -> Result<(), Failure> {
    let good = fates.iter().filter(|(_, fate)| fate.is_good()).count();
    let machine = json!({
        "messages": fates.iter().map(described).collect::<Vec<Value>>(),
        "sent": if dry_run { 0 } else { good },
        "dryRun": dry_run,
    });
    let verb = if dry_run { "would be sent" } else { "sent" };
    let summary = match fates.len() {
        0 => NOTHING_KEPT.to_owned(),
        all => format!("{good} of {} {verb}", counted(all as u64, "message")),
    };
    let failed: Vec<String> = fates
        .iter()
        .filter(|(_, fate)| matches!(fate, Fate::NotSent(_)))
        .map(|(id, fate)| format!("{id} ({})", fate.words()))
        .collect();
    if failed.is_empty() {
        output::show(json, &machine, || summary);
        return Ok(());
    }
    Err(Failure::KeptMessages { summary: format!("{summary}; {}", failed.join("; ")), told: machine })
}

fn described((id, fate): &(String, Fate)) -> Value {
    match fate {
        Fate::NotSent(error) => json!({"id": id, "fate": fate.name(), "problem": with_sources(error)}),
        _ => json!({"id": id, "fate": fate.name()}),
    }
}
