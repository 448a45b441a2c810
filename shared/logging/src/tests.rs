use std::sync::Arc;

use serde_json::{Value, json};
use tracing::{error_span, field, info, info_span, warn};

use super::*;

#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The lines that `work` logs from `level` on, without their times.
fn logged(level: LevelFilter, work: impl FnOnce()) -> Vec<Value> {
    let buffer = Buffer::default();
    let subscriber = Registry::default().with(level).with(JsonLines::new(buffer.clone()));
    tracing::subscriber::with_default(subscriber, work);
    let bytes = buffer.0.lock().unwrap().clone();
    let lines = String::from_utf8(bytes).unwrap();
    let parse = |line: &str| {
        let mut line: Value = serde_json::from_str(line).unwrap();
        let time = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        time.as_str().unwrap().parse::<Timestamp>().unwrap();
        line
    };
    lines.lines().map(parse).collect()
}

#[test]
fn a_line_holds_the_fields_of_its_spans_beside_its_own() {
    let lines = logged(LevelFilter::INFO, || {
        let span = error_span!("job", task_id = "t-1", correlation_id = field::Empty);
        span.in_scope(|| info!(bytes = 7_u64, "before \"it\"\nis known"));
        span.record("correlation_id", "r-1");
        span.in_scope(|| {
            info_span!("part", task_id = "t-2").in_scope(|| warn!(ratio = 0.5, done = true, "later"))
        });
        info!(reason = %"outside", "apart");
    });
    let target = "graphnode_logging::tests";
    let expected = [
        json!({"level": "INFO", "message": "before \"it\"\nis known", "task_id": "t-1", "bytes": 7, "target": target}),
        json!({"level": "WARN", "message": "later", "task_id": "t-2", "correlation_id": "r-1", "ratio": 0.5, "done": true, "target": target}),
        json!({"level": "INFO", "message": "apart", "reason": "outside", "target": target}),
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_quieter_log_keeps_the_ids() {
    let lines = logged(LevelFilter::ERROR, || {
        error_span!("job", task_id = "t-1").in_scope(|| {
            info!("unheard");
            tracing::error!("heard");
        });
    });
    assert_eq!(lines.len(), 1);
    assert_eq!((&lines[0]["message"], &lines[0]["task_id"]), (&json!("heard"), &json!("t-1")));
}

#[test]
fn spans_of_others_say_nothing() {
    let lines = logged(LevelFilter::INFO, || {
        error_span!(target: "aws_smithy_runtime", "call", rpc_method = "GetObject")
            .in_scope(|| warn!("slow"));
    });
    assert!(lines[0].get("rpc_method").is_none(), "{}", lines[0]);
}
