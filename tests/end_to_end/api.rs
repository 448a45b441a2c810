//! The way of an app: HTTP alone, from an upload to nothing left.

use std::io::Write;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::{
    Address, CANARY, Caller, Function, Mapping, Program, Queue, Settings, Space, python, within,
};
use crate::graph::array;
use crate::program::root;
use crate::server::exported;

const PATIENCE: Duration = Duration::from_secs(120);
const CONVERSATIONS: usize = 300;

/// All four functions, with an HTTP API in front.
fn space() -> Option<(Space, Address)> {
    let space = Space::with(Settings { visibility_timeout: 60, max_receive_count: 3 })?;
    let function = |name: &'static str, memory| Function {
        timeout: 60,
        memory,
        ..Function::new(name, Program::of_package(&format!("graphnode-{name}")))
    };
    space.deploy(&function("worker", 1769), &[Mapping::of(Queue::Requests)]);
    space.deploy(&function("indexer", 512), &[Mapping::of(Queue::Features)]);
    space.deploy(&Function { concurrency: 8, ..function("api", 256) }, &[]);
    space.deploy(&function("search", 1024), &[]);
    let gateway = space.publish();
    Some((space, gateway))
}

/// Uploads as a client does: to the address it was told, with the headers it was told.
fn upload(caller: &Caller, export: &[u8]) -> String {
    let announced =
        caller.post("/uploads", &json!({"bytes": export.len(), "contentType": "application/json"}));
    let step = &announced["requests"][0];
    let url = step["url"].as_str().unwrap();
    let (host, path) = url.trim_start_matches("http://").split_once('/').unwrap();
    let headers: Vec<(&str, &str)> = step["headers"]
        .as_object()
        .unwrap()
        .iter()
        // This client writes the length by itself.
        .filter(|(name, _)| {
            !name.eq_ignore_ascii_case("content-length") && !name.eq_ignore_ascii_case("host")
        })
        .map(|(name, value)| (name.as_str(), value.as_str().unwrap()))
        .collect();
    let method = step["method"].as_str().unwrap();
    let sent = Address::new(&format!("http://{host}")).send(method, &format!("/{path}"), &headers, export);
    assert!(sent.succeeded(), "{}", sent.text());
    announced["uploadId"].as_str().unwrap().to_owned()
}

/// Follows a job until its vectors are in the index; what it says never goes back.
fn follow(caller: &Caller, task: &str) -> Value {
    let mut percent = 0;
    within(PATIENCE, &format!("{task} indexed"), || {
        let view = caller.get(&format!("/tasks/{task}"));
        let now = view["percent"].as_u64().unwrap();
        assert!(now >= percent && view["status"] != "failed", "{percent}: {view}");
        percent = now;
        (view["status"] == "indexed").then_some(view)
    })
}

fn status(caller: &Caller, path: &str) -> u16 {
    caller.send("GET", path, &[], b"").status
}

/// What was asked for over HTTP is found by the id of the request, in the API, the worker and the indexer.
fn found_in_every_log(space: &Space, task: &str, correlation_id: &str) {
    for (function, message) in
        [("api", "request answered"), ("worker", "message processed"), ("indexer", "build indexed")]
    {
        let log = space.log_of(function);
        let by_id: Vec<&Value> = log.iter().filter(|line| line["correlation_id"] == correlation_id).collect();
        assert!(by_id.iter().any(|line| line["message"] == message), "{function}: {by_id:?}");
        let of_task = log.iter().filter(|line| line["task_id"] == task && line.get("Heartbeat").is_none());
        let strays: Vec<&Value> = of_task.filter(|line| line["correlation_id"] != correlation_id).collect();
        assert!(strays.is_empty(), "{function}: {strays:?}");
    }
}

#[test]
fn an_app_walks_from_an_upload_to_nothing_left() {
    let Some((space, gateway)) = space() else { return };
    let (anna, ben) = (Caller::new(&gateway, "auth0|anna"), Caller::new(&gateway, "auth0|ben"));
    let upload_id = upload(&anna, &exported(CONVERSATIONS));
    let wanted = json!({"uploadId": upload_id, "maxClusters": 6, "detailLevel": "brief"});
    let headers = [("Content-Type", "application/json"), ("X-Correlation-Id", "walk-of-anna:1")];
    let queued = anna.send("POST", "", &headers, wanted.to_string().as_bytes()).json();
    assert_eq!(queued["status"], "queued");
    let task = queued["taskId"].as_str().unwrap();
    let view = follow(&anna, task);
    assert_eq!((&view["percent"], &view["runner"]), (&100.into(), &"lambda".into()));
    assert_eq!(view["report"]["counts"]["nodes"], CONVERSATIONS);

    found_in_every_log(&space, task, "walk-of-anna:1");

    let graph = anna.get("/graph");
    assert_eq!(array(&graph["nodes"]).len(), CONVERSATIONS);
    let kept = anna.send("GET", "/graph", &[], b"");
    let again = anna.send("GET", "/graph", &[("If-None-Match", kept.header("etag").unwrap())], b"");
    assert_eq!((again.status, again.body.len()), (304, 0));
    let page = anna.send("GET", &format!("/tasks/{task}/view"), &[], b"");
    assert!(page.header("content-type").unwrap().starts_with("text/html") && page.text().contains("<html"));
    assert_eq!(anna.get("/tasks")["tasks"][0]["taskId"], task);

    found_by_her_alone(&anna, &ben, &graph);
    summarised_again(&anna);

    for caller in [&ben, &Caller::of_claims(&gateway, &json!({"email": "x@example.org"}))] {
        assert!([401, 404].contains(&status(caller, &format!("/tasks/{task}"))));
        assert!([401, 404].contains(&status(caller, "/graph")));
    }
    let removed = anna.delete(&format!("/tasks/{task}"));
    assert_eq!(
        (&removed["status"], &removed["removed"]["vectors"]),
        (&"deleted".into(), &CONVERSATIONS.into())
    );
    assert_eq!(status(&anna, &format!("/tasks/{task}")), 404);

    let second = anna.post("/generate", &json!({"conversations": conversations(12)}));
    follow(&anna, second["taskId"].as_str().unwrap());
    assert_eq!(space.vectors(&json!({"userId": "auth0|anna"})).len(), 12);
    assert_eq!(anna.delete("")["complete"], true);
    assert_eq!((space.keys(""), space.vectors(&json!({"userId": "auth0|anna"})).len()), (Vec::new(), 0));
    let nothing = anna.delete("");
    for part in ["uploads", "results", "records", "vectors", "stopping", "remaining"] {
        assert_eq!(nothing[part], 0, "{nothing}");
    }
}

fn conversations(count: usize) -> Value {
    serde_json::from_slice(&exported(count)).unwrap()
}

/// Words find her conversations, by either method; his find nothing, whatever graph he names.
fn found_by_her_alone(anna: &Caller, ben: &Caller, graph: &Value) {
    let query = json!({"query": format!("how far to run before a marathon, {CANARY}"), "limit": 5});
    let found = anna.post("/search", &query);
    let results = array(&found["results"]);
    assert_eq!((results.len(), &found["leftOut"]), (5, &json!([])));
    for result in results {
        assert!(result["title"].as_str().unwrap().starts_with("Marathon training"), "{result}");
        assert!((0.0..=1.0).contains(&result["score"].as_f64().unwrap()));
        let node = &graph["nodes"][result["nodeId"].as_u64().unwrap() as usize];
        assert_eq!((&node["orig_id"], &node["cluster_id"]), (&result["origId"], &result["clusterId"]));
    }
    let by_parameters =
        anna.get(&format!("/search?q=how%20far%20to%20run%20before%20a%20marathon%2C%20{CANARY}&limit=5"));
    assert_eq!(by_parameters["results"], found["results"]);
    let elsewhere = json!({"query": "marathon", "clusterId": "cluster_99"});
    assert_eq!(anna.post("/search", &elsewhere)["results"], json!([]));

    assert_eq!(ben.post("/search", &query)["results"], json!([]));
    assert_eq!(status(ben, "/search?q=marathon&graphId=default"), 404);
    for (path, field) in
        [("/search?q=%20", "q"), ("/search?q=x&limit=101", "limit"), ("/search?limit=3", "q")]
    {
        let refused = anna.send("GET", path, &[], b"");
        assert_eq!((refused.status, &refused.json()["errors"][0]["field"]), (400, &field.into()), "{path}");
    }
}

fn summarised_again(anna: &Caller) {
    let before = anna.send("GET", "/summary", &[], b"");
    anna.post("/summary", &json!({"language": "ko", "detailLevel": "detailed"}));
    let tag = before.header("etag").unwrap();
    let after = within(PATIENCE, "another summary", || {
        let now = anna.send("GET", "/summary", &[("If-None-Match", tag)], b"");
        (now.status == 200).then(|| now.json())
    });
    assert_eq!(
        (&before.json()["detail_level"], &after["detail_level"]),
        (&"brief".into(), &"detailed".into())
    );
}

#[test]
fn a_queued_job_is_cancelled_over_http() {
    let Some(space) = Space::new() else { return };
    // Nobody takes the message off the queue.
    space.deploy(&Function::new("api", Program::of_package("graphnode-api")), &[]);
    let gateway = space.publish();
    let anna = Caller::new(&gateway, "anna");
    let queued = anna.post("", &json!({"conversations": conversations(3)}));
    let path = format!("/tasks/{}", queued["taskId"].as_str().unwrap());
    assert_eq!(anna.delete(&path)["status"], "cancelled");
    assert_eq!(anna.get(&path)["status"], "cancelled");
    // Whoever takes it now finds that it was withdrawn.
    let worker =
        Function { memory: 1769, ..Function::new("worker", Program::of_package("graphnode-worker")) };
    space.deploy(&worker, &[Mapping::of(Queue::Requests)]);
    space.wait_until_empty(Queue::Requests, PATIENCE);
    assert_eq!(anna.get(&path)["status"], "cancelled");
    assert!(space.keys("results/").is_empty());
}

#[test]
fn paths_of_any_kind_are_problems_and_no_crashes() {
    let Some(space) = Space::new() else { return };
    space.deploy(&Function::new("api", Program::of_package("graphnode-api")), &[]);
    let gateway = space.publish();
    let anna = Caller::new(&gateway, "anna");
    for path in ["/%EA%B9%80%20x", "/tasks/a%2Fb", "/tasks/%00", "/tasks/..%2F..%2Fjobs", "/nothing?x=%FF"] {
        let response = anna.send("GET", path, &[], b"");
        assert_eq!(response.status, 404, "{path}: {}", response.text());
        assert_eq!(response.header("content-type"), Some("application/problem+json"), "{path}");
    }
    for claims in [json!({}), json!({"sub": ""}), json!({"sub": "../anna"}), json!({"sub": "a b"})] {
        let nobody = Caller::of_claims(&gateway, &claims);
        let refused = nobody.send("GET", "/tasks", &[], b"");
        assert_eq!((refused.status, &refused.json()["status"]), (401, &401.into()), "{claims}");
    }
}

/// Every operation as its own document describes it, with requests right and wrong, made up by Schemathesis.
#[test]
fn the_document_holds_against_requests_that_are_made_up() {
    let Some((_space, gateway)) = space() else { return };
    let anna = Caller::new(&gateway, "anna");
    let first = anna.post("", &json!({"conversations": conversations(12)}));
    follow(&anna, first["taskId"].as_str().unwrap());
    let examples = std::env::var("GRAPHNODE_SCHEMATHESIS_EXAMPLES").unwrap_or_else(|_| "10".to_owned());
    let program = std::path::PathBuf::from(python()).with_file_name("schemathesis");
    if !program.exists() {
        let required = std::env::var("GRAPHNODE_SERVERS").is_ok_and(|value| value == "required");
        assert!(!required, "schemathesis is required: make servers");
        std::io::stderr().write_all(b"SKIPPED: schemathesis is not installed (make servers)\n").unwrap();
        return;
    }
    let output = Command::new(program)
        .arg("--config-file")
        .arg(root().join("tests/schemathesis.toml"))
        .args(["run", &format!("{}/v1/graph-ai/openapi.json", gateway.url), "--url", &gateway.url])
        .args(["--header", &format!("Authorization: {}", anna.authorization())])
        .args(["--max-examples", &examples, "--no-color", "--generation-database", "none"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
