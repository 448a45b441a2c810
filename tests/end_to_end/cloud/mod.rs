//! The cloud on one machine: what `tests/servers` starts, and each test's own part of it.
//!
//! A test takes a [`Space`]: buckets, queues and a collection nobody else uses, so tests run beside each other. It
//! deploys functions there, which are processes that are told where they are by environment variables alone, then
//! sends what a backend would send and looks at what comes out, with clients of its own, not the product's.
//!
//! The servers are started once for this program and end with it, whatever becomes of it: they read a pipe of ours.

mod aws;
mod chroma;
mod deploy;
pub(crate) mod http;
mod space;

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

pub(crate) use aws::Queue;
pub(crate) use deploy::{Caller, Function, Mapping, Program};
pub(crate) use space::{Settings, Space, within};

use crate::program::root;
pub(crate) use http::Address;

/// Stands in conversations, titles, names of files, queries and tokens, and must be in no log: `tests/servers/canary.py` looks.
pub(crate) const CANARY: &str = "kanarienvogel";
/// Exit code of `python -m servers` when one of its packages is missing.
const NOT_INSTALLED: i32 = 3;

/// The running servers.
#[derive(Debug)]
pub(crate) struct Cloud {
    aws: Address,
    pub(crate) chroma: Address,
    control: Address,
    pub(crate) region: String,
    /// Where functions and tasks log, one file each.
    logs: PathBuf,
    /// Its standard input, which is open as long as we live, keeps the servers running; `None` where somebody else
    /// runs them.
    _servers: Option<Child>,
}

impl Cloud {
    /// The servers: those that `GRAPHNODE_SERVERS_AT` tells, else started by the first test that asks. `None`, loudly, where they are not installed; then
    /// `GRAPHNODE_SERVERS=required` makes it a failure.
    pub(crate) fn start() -> Option<&'static Self> {
        static CLOUD: OnceLock<Option<Cloud>> = OnceLock::new();
        CLOUD.get_or_init(Self::spawn).as_ref()
    }

    fn spawn() -> Option<Self> {
        if let Ok(announced) = std::env::var("GRAPHNODE_SERVERS_AT") {
            return Some(Self::at(&announced, None));
        }
        let python = python();
        let mut command = Command::new(&python);
        command.args(["-m", "servers"]).current_dir(root().join("tests"));
        if let Some(logs) = std::env::var_os("GRAPHNODE_SERVERS_LOGS") {
            command.arg(logs);
        }
        let Ok(mut servers) = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn() else {
            return skip(&format!("{} cannot be run", python.to_string_lossy()));
        };
        let mut line = String::new();
        BufReader::new(servers.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if line.is_empty() {
            let status = servers.wait().unwrap();
            assert_eq!(status.code(), Some(NOT_INSTALLED), "the servers did not start");
            return skip("packages of tests/servers/requirements.txt are not installed");
        }
        Some(Self::at(&line, Some(servers)))
    }

    /// The cloud at the addresses that `python -m servers` announces.
    fn at(line: &str, servers: Option<Child>) -> Self {
        let announced: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| announced[name].as_str().unwrap().to_owned();
        Self {
            aws: Address::new(&text("aws")),
            chroma: Address::new(&text("chroma")),
            control: Address::new(&text("control")),
            region: text("region"),
            logs: text("logs").into(),
            _servers: servers,
        }
    }
}

/// The Python that has the servers' packages: `GRAPHNODE_SERVERS_PYTHON`, else the one `make servers` prepares.
pub(crate) fn python() -> std::ffi::OsString {
    std::env::var_os("GRAPHNODE_SERVERS_PYTHON").unwrap_or_else(|| root().join(".venv/bin/python").into())
}

/// Says why the cloud's tests do nothing, past the test runner, which would keep a passing test's output to itself.
fn skip(reason: &str) -> Option<Cloud> {
    let required = std::env::var("GRAPHNODE_SERVERS").is_ok_and(|value| value == "required");
    assert!(!required, "the servers are required: {reason} (make servers)");
    let line = format!("SKIPPED: tests in the cloud: {reason} (make servers)\n");
    std::io::stderr().write_all(line.as_bytes()).unwrap();
    None
}
