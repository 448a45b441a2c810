//! What a test deploys into its space: functions, what feeds them, the task's program.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::http::{Address, Response};
use super::{CANARY, Queue, Space, python};
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
    /// Beside those of the template, which they overrule.
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
            "environment": self.told(&function.variables),
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
        self.make("task", &json!({"command": program.0, "environment": self.told(variables)}));
    }

    /// Invokes a function of this space and waits for its end.
    pub(crate) fn invoke(&self, function: &str, event: &Value) -> Invoked {
        let path = format!("/2015-03-31/functions/{}-{function}/invocations", self.name());
        let response = self.cloud().control.send("POST", &path, &[], event.to_string().as_bytes());
        assert_eq!(response.status, 200, "{}", response.text());
        Invoked { payload: response.json(), failed: response.header("X-Amz-Function-Error").is_some() }
    }
}

/// The HTTP API of a space, as one person calls it.
#[derive(Debug)]
pub(crate) struct Caller {
    gateway: Address,
    token: String,
}

impl Space {
    /// The template's HTTP API in front of `api` and `search`, which must be deployed.
    pub(crate) fn publish(&self) -> Address {
        Address::new(self.make("gateway", &json!({}))["url"].as_str().unwrap())
    }
}

impl Caller {
    /// The person whose token has `claims`.
    pub(crate) fn of_claims(gateway: &Address, claims: &Value) -> Self {
        let part = |value: &Value| base64_url(value.to_string().as_bytes());
        let token =
            format!("{}.{}.{}", part(&json!({"alg": "RS256"})), part(claims), base64_url(CANARY.as_bytes()));
        Self { gateway: gateway.clone(), token }
    }

    /// The person of this `sub`.
    pub(crate) fn new(gateway: &Address, subject: &str) -> Self {
        Self::of_claims(gateway, &json!({"sub": subject, "iss": "https://login.example.org/"}))
    }

    /// What the authorizer is sent.
    pub(crate) fn authorization(&self) -> String {
        format!("Bearer {}", self.token)
    }

    /// Sends a request under `/v1/graph-ai`, with headers beside the token.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let authorization = self.authorization();
        let all = [&[("Authorization", authorization.as_str())], headers].concat();
        self.gateway.send(method, &format!("/v1/graph-ai{path}"), &all, body)
    }

    /// Gets JSON.
    pub(crate) fn get(&self, path: &str) -> Value {
        let response = self.send("GET", path, &[], b"");
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.json()
    }

    /// Sends JSON and expects success.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Value {
        let headers = [("Content-Type", "application/json")];
        let response = self.send("POST", path, &headers, body.to_string().as_bytes());
        assert!(response.succeeded(), "{path}: {}", response.text());
        response.json()
    }

    /// Deletes and expects an account of it.
    pub(crate) fn delete(&self, path: &str) -> Value {
        let response = self.send("DELETE", path, &[], b"");
        assert_eq!(response.status, 200, "{path}: {}", response.text());
        response.json()
    }
}

/// Base64 for URLs, without padding.
fn base64_url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = bytes.chunks(3).flat_map(|three| {
        let whole =
            three.iter().fold(0_u32, |whole, byte| whole << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        (0..=three.len()).map(move |place| DIGITS[(whole >> (18 - 6 * place) & 63) as usize])
    });
    digits.map(char::from).collect()
}
