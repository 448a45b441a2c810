//! What a test deploys into its space: functions, what feeds them, the task's program.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::{Queue, Space, python};
use crate::program::root;

/// A program that a function or a task runs.
#[derive(Debug, Clone)]
pub(crate) struct Program(Vec<String>);

impl Program {
    /// A binary of this workspace, by the name of its package: in `GRAPHNODE_BINARIES`, else beside this test's own.
    pub(crate) fn of_package(name: &str) -> Self {
        let beside = || std::env::current_exe().unwrap().ancestors().nth(2).unwrap().to_owned();
        let folder = std::env::var_os("GRAPHNODE_BINARIES").map_or_else(beside, PathBuf::from);
        let binary = folder.join(name);
        assert!(binary.exists(), "{} is missing: run `cargo build --package {name}`", binary.display());
        Self(vec![binary.to_str().unwrap().to_owned()])
    }

    /// The program that the checks of the servers use, see `tests/servers/checks/function.py`.
    pub(crate) fn for_checks(arguments: &[&str]) -> Self {
        let script = root().join("tests/servers/checks/function.py").canonicalize().unwrap();
        let python = python();
        let words = [python.to_str().unwrap(), script.to_str().unwrap()];
        Self(words.iter().chain(arguments).map(ToString::to_string).collect())
    }
}

/// What a template says of a function.
#[derive(Debug, Clone)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    pub(crate) program: Program,
    /// Seconds.
    pub(crate) timeout: u32,
    /// MB; the program is only told.
    pub(crate) memory: u32,
    /// Most processes at a time.
    pub(crate) concurrency: u32,
    /// Beside those of the space, which they overrule.
    pub(crate) variables: Vec<(&'static str, String)>,
}

impl Function {
    pub(crate) fn new(name: &'static str, program: Program) -> Self {
        Self { name, program, timeout: 30, memory: 1024, concurrency: 2, variables: Vec::new() }
    }
}

/// What a template says of the way from a queue to a function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mapping {
    pub(crate) queue: Queue,
    pub(crate) batch_size: u32,
    pub(crate) concurrency: u32,
}

impl Mapping {
    /// One message at a time, two at once.
    pub(crate) fn of(queue: Queue) -> Self {
        Self { queue, batch_size: 1, concurrency: 2 }
    }
}

/// How an invocation ended.
#[derive(Debug)]
pub(crate) struct Invoked {
    pub(crate) payload: Value,
    pub(crate) failed: bool,
}

impl Space {
    /// Deploys a function; `mappings` feed it from now on.
    pub(crate) fn deploy(&self, function: &Function, mappings: &[Mapping]) {
        let body = json!({
            "name": function.name,
            "command": function.program.0,
            "environment": self.environment(&function.variables),
            "timeout": function.timeout,
            "memory": function.memory,
            "concurrency": function.concurrency,
        });
        let deployed = self.make("functions", &body);
        for mapping in mappings {
            let body = json!({
                "queue_url": self.queue_url(mapping.queue),
                "function": deployed["function"],
                "batch_size": mapping.batch_size,
                "concurrency": mapping.concurrency,
            });
            self.make("mappings", &body);
        }
    }

    /// Defines the task: RunTask starts `program`, with the variables of the space and these.
    pub(crate) fn define_task(&self, program: &Program, variables: &[(&'static str, String)]) {
        self.make("task", &json!({"command": program.0, "environment": self.environment(variables)}));
    }

    /// Invokes a function of this space and waits for its end.
    pub(crate) fn invoke(&self, function: &str, event: &Value) -> Invoked {
        let path = format!("/2015-03-31/functions/{}-{function}/invocations", self.name());
        let response = self.cloud().control.send("POST", &path, &[], event.to_string().as_bytes());
        assert_eq!(response.status, 200, "{}", response.text());
        Invoked { payload: response.json(), failed: response.header("X-Amz-Function-Error").is_some() }
    }
}
