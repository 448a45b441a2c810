//! Runs `graphnode serve` and asks it.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use graphnode_testkit::export::{ConversationBuilder, export};
use serde_json::{Value, json};

use crate::cloud::http::{Address, Response};
use crate::cloud::{CANARY, Space};
use crate::program::{binary, model, root};

/// What every path begins with.
pub(crate) const API: &str = "/v1/graph-ai";
/// How long a job may take here, with other tests beside it.
const PATIENCE: Duration = Duration::from_secs(300);

/// A running `graphnode serve`; killed when it is dropped. Its log, which tells all there is, must say nothing of a chat.
pub(crate) struct Server {
    child: Child,
    log: Option<JoinHandle<String>>,
    pub(crate) address: Address,
    pub(crate) port: u16,
}

impl Server {
    /// Serves the folder `data` on a free port.
    pub(crate) fn on(data: &Path) -> Self {
        let mut command = Command::new(binary());
        command.args(["serve", "--port", "0", "--data"]).arg(data);
        Self::start(command)
    }

    /// Serves what lies in `space`; only whoever asks is this machine's.
    pub(crate) fn in_the_cloud(space: &Space) -> Self {
        let mut command = Command::new(binary());
        command.args(["serve", "--cloud", "--port", "0"]).envs(space.environment("api"));
        // What the servers of the tests give every function.
        command.env("AWS_REGION", &space.cloud().region);
        command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        Self::start(command)
    }

    /// Runs `command`, which must be `graphnode serve --port 0`, until it says where it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        command.args(["--json", "--verbose"]).env("GRAPHNODE_MODEL", model()).env("NO_COLOR", "1");
        command.current_dir(root());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = thread::spawn(move || {
            let mut log = Vec::new();
            // What was read until a pipe breaks is the log.
            let _ = stderr.read_to_end(&mut log);
            String::from_utf8_lossy(&log).into_owned()
        });
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let announced: Value = serde_json::from_str(&line).unwrap();
        let port = announced["port"].as_u64().unwrap() as u16;
        Self { child, log: Some(log), address: Address::new(announced["address"].as_str().unwrap()), port }
    }

    /// Asks it to end, and waits.
    pub(crate) fn end(mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        let told = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
        (self.child.wait().unwrap(), begun.elapsed())
    }

    /// Kills it, as a power cut would; gives its log.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.said()
    }

    /// The log of a server that has ended, once.
    fn said(&mut self) -> String {
        let log = self.log.take().and_then(|log| log.join().ok()).unwrap_or_default();
        if thread::panicking() {
            let _ = std::io::stderr().write_all(log.as_bytes());
        } else {
            assert!(!log.to_lowercase().contains(CANARY), "a person's words are in the log:\n{log}");
        }
        log
    }

    pub(crate) fn get(&self, path: &str) -> Response {
        self.address.send("GET", path, &[], &[])
    }

    /// What `path` answers, which must be JSON and success.
    pub(crate) fn json(&self, path: &str) -> Value {
        let response = self.get(path);
        assert!(response.succeeded(), "{path}: {}", response.text());
        response.json()
    }

    /// Announces an upload; yields its id and where to send it.
    pub(crate) fn announce(&self, bytes: usize) -> (String, String) {
        let body = json!({"bytes": bytes, "contentType": "application/json"});
        let upload = self.address.json("POST", &format!("{API}/uploads"), &body);
        let requests = upload["requests"].as_array().unwrap();
        assert_eq!((requests.len(), &requests[0]["method"]), (1, &json!("PUT")), "{upload}");
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&upload["uploadId"]), text(&requests[0]["url"]))
    }

    pub(crate) fn put(&self, url: &str, content: &[u8]) -> Response {
        self.address.send("PUT", url, &[("Content-Type", "application/json")], content)
    }

    /// Asks for a build; yields the job.
    pub(crate) fn enqueue(&self, body: &Value) -> String {
        self.address.json("POST", API, body)["taskId"].as_str().unwrap().to_owned()
    }

    /// Uploads `content` and asks for a build of it.
    pub(crate) fn build(&self, content: &[u8]) -> String {
        let (upload_id, url) = self.announce(content.len());
        let sent = self.put(&url, content);
        assert!(sent.succeeded(), "{}", sent.text());
        self.enqueue(&json!({"uploadId": upload_id}))
    }

    /// Follows a job until `until` holds of it. No percent is less than the one before, `percent` included.
    pub(crate) fn follow(&self, task: &str, percent: &mut u64, until: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let job = self.json(&format!("{API}/tasks/{task}"));
            let now = job["percent"].as_u64().unwrap();
            assert!(now >= *percent, "{now} after {percent}: {job}");
            *percent = now;
            if until(&job) {
                return job;
            }
            let over = ["failed", "cancelled"].iter().any(|status| job["status"] == *status);
            assert!(!over && begun.elapsed() < PATIENCE, "{job}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Erases everything of the person, as often as it takes.
    pub(crate) fn erase(&self) {
        for _ in 0..20 {
            if self.address.json("DELETE", API, &Value::Null)["complete"] == true {
                return;
            }
        }
        panic!("never complete");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.said();
    }
}

/// An export of `count` conversations.
pub(crate) fn exported(count: usize) -> Vec<u8> {
    let subjects = [
        ("Baking bread", "How long should a sourdough with rye flour rise in a cold kitchen?"),
        ("Borrow checker", "Why does the Rust borrow checker refuse two mutable references?"),
        ("Tomato plants", "When should tomato seedlings be moved from the window to the garden?"),
        ("Marathon training", "How many kilometres a week prepare a runner for a first marathon?"),
    ];
    export((0..count).map(|number| {
        let (title, question) = subjects[number % subjects.len()];
        let id = format!("c{number}");
        ConversationBuilder::new(&id, &format!("{title} {number}"), 1.7e9 + 86_400.0 * number as f64)
            .person(&format!("{question} This is attempt {number}."))
            .assistant(&format!("That depends on case {number}: {title}. Ask the {CANARY}."))
    }))
}
