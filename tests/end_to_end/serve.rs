//! `graphnode serve`: the whole system in one process, as its clients see it.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use crate::cloud::http::Address;
use crate::cloud::{Function, Mapping, Program, Queue, Settings, Space};
use crate::graph::array;
use crate::program::{graphnode, printed};
use crate::server::{API, Server, exported};

/// How long the program may take to end.
const SECONDS: Duration = Duration::from_secs(15);

/// All files below `folder`.
fn files(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .flat_map(|entry| match entry.file_type().unwrap().is_dir() {
            true => files(&entry.path()),
            false => vec![entry.path().to_string_lossy().into_owned()],
        })
        .collect()
}

fn indexed(job: &Value) -> bool {
    job["status"] == "indexed"
}

#[test]
fn from_an_upload_to_a_map_and_to_nothing_left() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::on(place.path());
    let health = server.json(&format!("{API}/health"));
    assert_eq!((&health["status"], &health["model"]), (&json!("ok"), &json!("all-MiniLM-L6-v2")));

    let content = exported(60);
    let (upload_id, url) = server.announce(content.len());
    assert_eq!(url, format!("{API}/uploads/{upload_id}/content"));
    let sent = server.put(&url, &content);
    assert_eq!(sent.status, 200, "{}", sent.text());
    let task = server.enqueue(&json!({"uploadId": upload_id}));
    let job = server.follow(&task, &mut 0, indexed);
    assert_eq!(
        (&job["percent"], &job["runner"], &job["attempts"]),
        (&json!(100), &json!("local"), &json!(1))
    );
    assert_eq!(job["report"]["counts"]["nodes"], 60);

    let part = |name: &str| server.get(job["links"][name].as_str().unwrap());
    let graph = part("graph");
    assert_eq!(array(&graph.json()["nodes"]).len(), 60);
    let tag = graph.header("ETag").unwrap();
    assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
    let again =
        server.address.send("GET", job["links"]["graph"].as_str().unwrap(), &[("If-None-Match", tag)], &[]);
    assert_eq!((again.status, again.body.len(), again.header("ETag")), (304, 0, Some(tag)));
    assert_eq!(server.get(&format!("{API}/graph")).body, graph.body);
    assert!(part("summary").json()["overview"].is_object());
    let found = server.json(&format!("{API}/search?q=bread%20and%20yeast&limit=3"));
    let titles = array(&found["results"]).iter().map(|result| result["title"].as_str().unwrap());
    assert!(titles.clone().count() == 3 && titles.clone().all(|title| title.contains("bread")), "{found}");
    assert_eq!(array(&part("features").json()["conversations"]).len(), 60);
    assert_eq!(part("report").json()["counts"]["read"], 60);
    let view = part("view");
    assert!(view.header("Content-Type").unwrap().starts_with("text/html"));
    assert!(view.text().starts_with("<!doctype html>"));

    let conversations: Value = serde_json::from_slice(&exported(12)).unwrap();
    let other = server.enqueue(&json!({"conversations": conversations, "graphId": "other"}));
    server.follow(&other, &mut 0, indexed);
    let listed = server.json(&format!("{API}/tasks"));
    let ids: Vec<&str> = array(&listed["tasks"]).iter().map(|job| job["taskId"].as_str().unwrap()).collect();
    assert_eq!(ids, [&other, &task]);
    let path = format!("{API}/tasks/{other}");
    assert_eq!(server.address.json("DELETE", &path, &Value::Null)["status"], "deleted");
    assert_eq!(server.get(&path).status, 404);

    server.erase();
    let all = files(place.path());
    let left: Vec<&String> = all.iter().filter(|path| !path.ends_with("lock")).collect();
    assert!(left.is_empty(), "{left:?}");
    let (status, took) = server.end();
    assert!(status.success() && took < SECONDS, "{status} after {took:?}");
}

#[test]
fn a_summary_is_written_again_in_another_language() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::on(place.path());
    let task = server.build(&exported(12));
    server.follow(&task, &mut 0, indexed);
    let path = format!("{API}/tasks/{task}/summary");
    let before = server.get(&path);
    server.address.json("POST", &format!("{API}/summary"), &json!({"language": "ko"}));
    let changed = || server.get(&path).header("ETag") != before.header("ETag");
    assert!((0..200).any(|_| changed() || {
        std::thread::sleep(Duration::from_millis(50));
        false
    }));
}

#[test]
fn a_job_that_was_interrupted_and_killed_is_finished_after_the_next_start() {
    let place = tempfile::tempdir().unwrap();
    let embedding =
        |job: &Value| job["stage"]["name"] == "embed" && job["stage"]["percent"].as_u64() > Some(5);
    let mut percent = 0;

    let server = Server::on(place.path());
    let task = server.build(&exported(3_000));
    server.follow(&task, &mut percent, embedding);
    let (status, took) = server.end();
    assert!(status.success() && took < SECONDS, "{status} after {took:?}");
    let kept = |name: &str| files(&place.path().join("objects")).iter().any(|path| path.contains(name));
    assert!(kept("checkpoints"), "nothing was saved");

    let server = Server::on(place.path());
    server.follow(&task, &mut percent, |job| job["status"] == "running" && embedding(job));
    server.kill();

    let server = Server::on(place.path());
    let job = server.follow(&task, &mut percent, indexed);
    assert_eq!(job["attempts"], 3);
    assert_eq!(array(&server.json(&format!("{API}/graph"))["nodes"]).len(), 3_000);
    // The person's next job needs them: of the same export it embeds nothing.
    assert!(kept("checkpoints"), "nothing was kept");
    let again = server.build(&exported(3_000));
    server.follow(&again, &mut 0, indexed);
    let [resumed, again] = encoded(&server.kill())[..] else { panic!("not two jobs") };
    assert_eq!((again.embedded, again.recalled), (0, resumed.embedded + resumed.recalled));
    assert!(resumed.recalled > 0, "{resumed:?}");
}

/// How many texts a job embedded, and of how many it had the vectors.
#[derive(Debug, Clone, Copy)]
struct Encoded {
    embedded: usize,
    recalled: usize,
}

/// What the jobs of a server say they encoded.
fn encoded(log: &str) -> Vec<Encoded> {
    let number = |line: &str, name: &str| {
        let word = line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        word.unwrap().parse::<usize>().unwrap()
    };
    let lines = log.lines().filter(|line| line.contains("texts encoded"));
    lines
        .map(|line| Encoded { embedded: number(line, "embedded"), recalled: number(line, "recalled") })
        .collect()
}

#[test]
fn a_build_that_was_completed_and_not_indexed_is_indexed_after_the_next_start() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::on(place.path());
    let task = server.build(&exported(12));
    server.follow(&task, &mut 0, indexed);
    server.kill();
    // As if it had been killed between the two.
    let vectors = files(&place.path().join("vectors"));
    assert_eq!(vectors.len(), 1);
    fs::remove_file(&vectors[0]).unwrap();
    let path = place.path().join(format!("objects/jobs/{task}.json"));
    let mut record: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    record["state"] = json!({"status": "completed", "at": record["state"]["completed_at"]});
    fs::write(&path, record.to_string()).unwrap();

    let server = Server::on(place.path());
    server.follow(&task, &mut 0, indexed);
    assert_eq!(files(&place.path().join("vectors")).len(), 1);
}

#[test]
fn an_upload_has_exactly_the_announced_length() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::on(place.path());
    let content = exported(12);
    let (upload_id, url) = server.announce(content.len());
    let longer = [content.as_slice(), b" "].concat();
    for (wrong, status) in [(&content[1..], 400), (&longer, 413), (&[], 400)] {
        let refused = server.put(&url, wrong);
        assert_eq!(
            (refused.status, refused.header("Content-Type")),
            (status, Some("application/problem+json"))
        );
    }
    // Whoever does not tell the length is counted.
    for (wrong, status) in [(&content[1..], "400"), (&longer, "413")] {
        assert_eq!(put_in_one_chunk(&server, &url, wrong), status);
    }
    let enqueued = |upload: &str| {
        let body = json!({"uploadId": upload}).to_string();
        server.address.send("POST", API, &[("Content-Type", "application/json")], body.as_bytes()).status
    };
    assert_eq!(enqueued(&upload_id), 409);
    assert!(files(&place.path().join("scratch")).is_empty());
    assert_eq!(server.put(&format!("{API}/uploads/nobodys/content"), &content).status, 404);
    assert_eq!(put_in_one_chunk(&server, &url, &content), "200");
    assert_eq!(enqueued(&upload_id), 202);
}

/// Sends a body without its length; yields the status.
fn put_in_one_chunk(server: &Server, url: &str, body: &[u8]) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    let head = format!(
        "PUT {url} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n",
        body.len()
    );
    stream.write_all(&[head.as_bytes(), body, b"\r\n0\r\n\r\n"].concat()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split(' ').nth(1).unwrap().to_owned()
}

#[test]
fn pages_of_others_are_refused() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::on(place.path());
    let ask =
        |method: &str, path: &str, headers: &[(&str, &str)]| server.address.send(method, path, headers, &[]);
    let refused = ask("GET", &format!("{API}/tasks"), &[("Host", "rebound.example")]);
    assert_eq!((refused.status, refused.header("Content-Type")), (403, Some("application/problem+json")));
    assert_eq!(refused.json()["type"], "https://graphnode.dev/problems/forbidden");
    for path in ["/", "/about", "/nowhere"] {
        assert_eq!(ask("GET", path, &[("Host", "rebound.example")]).status, 403, "{path}");
    }
    assert_eq!(ask("DELETE", API, &[("Origin", "https://evil.example")]).status, 403);
    let own = format!("http://localhost:{}", server.port);
    let host = format!("localhost:{}", server.port);
    assert_eq!(ask("DELETE", API, &[("Origin", &own), ("Host", &host)]).status, 200);
    for header in ["Access-Control-Allow-Origin", "Access-Control-Allow-Private-Network"] {
        let read = ask("GET", &format!("{API}/tasks"), &[("Origin", "https://evil.example")]);
        assert_eq!((read.status, read.header(header)), (200, None));
    }
}

#[test]
fn the_pages_ask_this_server_or_nobody() {
    let place = tempfile::tempdir().unwrap();
    let server = Server::on(place.path());
    let root = server.get("/");
    let policy = root.header("Content-Security-Policy").unwrap();
    assert!(root.status == 200 && policy.starts_with("default-src 'none'; ") && !policy.contains("unsafe"));
    assert!(policy.contains("connect-src 'self'; ") && policy.contains("frame-ancestors 'none'"));
    assert!(root.text().contains("{\"api\":\"/v1/graph-ai\",\"takesUploads\":true}"));
    let page = server.get("/about");
    assert!(page.header("Content-Security-Policy").unwrap().contains("default-src 'none'"));
    let data = place.path().canonicalize().unwrap();
    assert!(page.text().contains(data.to_str().unwrap()) && page.text().contains("/v1/graph-ai/health"));
}

#[test]
fn what_is_taken_is_told_with_the_way_out() {
    let (place, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Server::on(place.path());
    let start =
        |port: &str, data: &Path| graphnode(["serve", "--port", port, "--data", data.to_str().unwrap()]);
    let port = start(&server.port.to_string(), elsewhere.path());
    assert_eq!((port.status.code(), port.stdout.len()), (Some(1), 0));
    assert!(printed(&port.stderr).contains("pass --port N"), "{}", printed(&port.stderr));
    let data = start("0", place.path());
    assert_eq!(data.status.code(), Some(1));
    assert!(printed(&data.stderr).contains("pass --data DIR"), "{}", printed(&data.stderr));
}

#[test]
fn the_same_routes_work_in_the_cloud() {
    let Some(space) = Space::with(Settings { visibility_timeout: 60, max_receive_count: 3 }) else { return };
    let worker = Program::of_package("graphnode-worker");
    let worker = Function { timeout: 60, memory: 1769, ..Function::new("worker", worker) };
    space.deploy(&worker, &[Mapping::of(Queue::Requests)]);
    let indexer = Function::new("indexer", Program::of_package("graphnode-indexer"));
    space.deploy(&indexer, &[Mapping::of(Queue::Features)]);
    let server = Server::in_the_cloud(&space);

    let content = exported(60);
    let (upload_id, url) = server.announce(content.len());
    let (bucket, path) = Address::of(&url);
    let sent = bucket.send("PUT", &path, &[("Content-Type", "application/json")], &content);
    assert!(sent.succeeded(), "{}", sent.text());
    let task = server.enqueue(&json!({"uploadId": upload_id}));
    let job = server.follow(&task, &mut 0, indexed);
    assert_eq!(job["runner"], "lambda");
    assert_eq!(array(&server.json(&format!("{API}/graph"))["nodes"]).len(), 60);
    assert_eq!(space.vectors(&json!({"user_id": "local"})).len(), 60);
    assert_eq!(server.get("/about").text().matches(space.bucket()).count(), 1);
    assert!(server.get("/").text().contains("\"takesUploads\":false"));
    server.erase();
    assert!(space.keys("").is_empty(), "{:?}", space.keys(""));
    assert!(space.vectors(&json!({"user_id": "local"})).is_empty());
    let (status, took) = server.end();
    assert!(status.success() && took < SECONDS, "{status} after {took:?}");
}
