//! The log of functions and tasks: one line of flat JSON an event, on the standard output.
//!
//! A line holds the fields of its event and those of our own spans around it. So a job's `task_id` and `correlation_id`,
//! said once where work on it begins, stand in every line about it, where a query of the log finds them by name. (The
//! usual JSON of `tracing-subscriber` keeps a span's fields in an object of their own.)

mod fields;

use std::fmt;
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

use graphnode_core::config::Environment;
use jiff::Timestamp;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::{LookupSpan, Registry};
use tracing_subscriber::util::SubscriberInitExt;

use fields::Fields;

/// Lambda's own variable for the least level of a log.
const LOG_LEVEL: &str = "AWS_LAMBDA_LOG_LEVEL";
/// What the names of our crates begin with: fields of other crates' spans are nobody's business.
const OURS: &str = "graphnode";

/// Logs go to the standard output as JSON, one line an event; `INFO` and above unless `AWS_LAMBDA_LOG_LEVEL` says otherwise.
pub fn start_logging(environment: &Environment<'_>) {
    let level = environment.optional::<LevelFilter>(LOG_LEVEL).ok().flatten().unwrap_or(LevelFilter::INFO);
    // A second one in the same process, as tests may start, changes nothing.
    let _ = Registry::default().with(level).with(JsonLines::new(io::stdout())).try_init();
}

/// Writes each event as one line.
pub struct JsonLines<W>(Mutex<W>);

impl<W> fmt::Debug for JsonLines<W> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JsonLines")
    }
}

impl<W: Write> JsonLines<W> {
    /// Lines go to `output`, each in one piece.
    pub fn new(output: W) -> Self {
        Self(Mutex::new(output))
    }

    fn write(&self, metadata: &Metadata<'_>, fields: Fields) {
        let mut line = Fields::default();
        line.set("timestamp", format!("{:.6}", Timestamp::now()));
        line.set("level", metadata.level().as_str());
        line.extend(fields);
        line.set("target", metadata.target());
        let line = line.into_line();
        let mut output = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A line that cannot be written is lost: there is no other place to say so.
        let _ = output.write_all(line.as_bytes()).and_then(|()| output.flush());
    }
}

impl<S, W> Layer<S> for JsonLines<W>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: Write + 'static,
{
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id).filter(|span| span.metadata().target().starts_with(OURS)) {
            let mut fields = Fields::default();
            attributes.record(&mut fields);
            span.extensions_mut().insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(span) = context.span(id)
            && let Some(fields) = span.extensions_mut().get_mut::<Fields>()
        {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        // It comes first, as a reader wants it.
        fields.set("message", "");
        let scope = context.event_scope(event);
        for span in scope.into_iter().flat_map(|scope| scope.from_root()) {
            if let Some(outer) = span.extensions().get::<Fields>() {
                fields.extend(outer.clone());
            }
        }
        // What the event says itself counts.
        event.record(&mut fields);
        self.write(event.metadata(), fields);
    }
}

#[cfg(test)]
mod tests;
