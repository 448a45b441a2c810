//! `graphnode admin` over a real bucket and a real queue, beside the worker that keeps messages.

use std::process::{Command, Output};

use serde_json::{Value, json};

use crate::cloud::{Mapping, Queue, Space, within};
use crate::program::{binary, printed};
use crate::worker::{PATIENCE, TASK, function, request, space};

/// A word that only bodies hold.
const WORD: &str = "sourdough";

/// `graphnode admin` as whoever runs the stack has it, before its arguments.
fn admin(space: &Space) -> Command {
    let mut command = Command::new(binary());
    command.env_clear().envs(space.environment("worker")).env("AWS_REGION", &space.cloud().region);
    command.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test").arg("admin");
    command
}

fn run(space: &Space, arguments: &[&str]) -> Output {
    admin(space).args(arguments).output().unwrap()
}

/// What it says to machines, and whether it succeeded.
fn told(space: &Space, arguments: &[&str]) -> (Value, bool) {
    let output = run(space, &[arguments, &["--json"]].concat());
    (serde_json::from_slice(&output.stdout).unwrap(), output.status.success())
}

/// The kept messages, the newest first, as soon as there are so many.
fn kept(space: &Space, count: usize) -> Vec<Value> {
    within(PATIENCE, &format!("{count} kept messages"), || {
        let (listed, succeeded) = told(space, &["list"]);
        assert!(succeeded, "{listed}");
        let messages = listed["messages"].as_array().unwrap().clone();
        (messages.len() == count).then_some(messages)
    })
}

fn id(message: &Value) -> &str {
    message["id"].as_str().unwrap()
}

/// Deploys the worker behind requests and dead letters.
fn deploy(space: &Space) {
    space.deploy(&function(&[]), &[Queue::Requests, Queue::DeadLetters].map(Mapping::of));
}

#[test]
fn what_nobody_understands_is_listed_shown_and_sent_again() {
    let Some(space) = space(12) else { return };
    deploy(&space);
    assert_eq!(printed(&run(&space, &["list"]).stdout), "no messages are kept\n");
    let unknown =
        json!({"taskId": "t-bread", "taskType": "BAKE_BREAD", "payload": {"what": WORD}}).to_string();
    space.send(Queue::Requests, &unknown);
    let first = kept(&space, 1)[0].clone();
    assert_eq!((&first["taskId"], &first["reason"]), (&json!("t-bread"), &json!("unknown taskType")));

    // A request that is wrong is answered, so it is over for its sender.
    let wrong =
        json!({"taskId": "t-wrong", "taskType": "GRAPH_GENERATION_REQUEST", "payload": {"userId": "u"}});
    space.request(&wrong);
    let answered = kept(&space, 2)[0].clone();
    assert_eq!((&answered["taskId"], &answered["answered"]), (&json!("t-wrong"), &json!(true)));
    let listed = printed(&run(&space, &["list"]).stdout);
    assert!(listed.contains(id(&first)) && !listed.contains(WORD), "{listed}");

    assert_eq!(told(&space, &["show", id(&first)]).0["body"], unknown);
    assert!(printed(&run(&space, &["show", id(&first)]).stdout).ends_with(&format!("\n\n{unknown}\n")));
    let output = run(&space, &["show", "m-nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(printed(&output.stderr).contains("m-nowhere: there is no kept message of that id"));

    let (dry, succeeded) = told(&space, &["redrive", "--all", "--dry-run"]);
    let fates = json!([
        {"id": first["id"], "fate": "would-be-sent"}, {"id": answered["id"], "fate": "left"},
    ]);
    assert!(succeeded && dry["messages"] == fates && dry["sent"] == 0, "{dry}");
    assert_eq!(kept(&space, 2), [answered.clone(), first.clone()]);

    // What is not there, and what is answered, costs the other nothing.
    let output = run(&space, &["redrive", "m-nowhere", id(&answered), id(&first)]);
    let (said, failure) = (printed(&output.stdout), printed(&output.stderr));
    assert_eq!(output.status.code(), Some(1), "{said}{failure}");
    assert!(said.contains(&format!("{}  sent\n", id(&first))) && !said.contains(WORD), "{said}");
    assert!(failure.contains("1 of 3 messages sent; m-nowhere (there is no kept message"), "{failure}");
    assert!(failure.contains(id(&answered)) && !failure.contains(id(&first)), "{failure}");

    // Nobody has learnt to bake since: it comes back, as another message.
    let again = within(PATIENCE, "the message once more", || {
        let newest = kept(&space, 2)[0].clone();
        (newest["taskId"] == "t-bread").then_some(newest)
    });
    assert_ne!(again["id"], first["id"]);
    assert_eq!(told(&space, &["show", id(&again)]).0["body"], unknown);
    assert_eq!(space.results().len(), 1);
}

#[test]
fn a_request_whose_cause_was_mended_is_done() {
    let Some(space) = space(12) else { return };
    deploy(&space);
    space.request(&request(&space));
    space.wait_for_result(TASK, PATIENCE);
    let mut foreign = request(&space);
    foreign["payload"]["userId"] = json!("somebody-else");
    space.request(&foreign);
    assert_eq!(kept(&space, 1)[0]["reason"], "foreign-task-id");
    // The person whose job has that name is erased.
    space.remove(&format!("jobs/{TASK}.json"));
    let output = run(&space, &["redrive", "--all"]);
    assert!(output.status.success(), "{}", printed(&output.stderr));
    assert!(printed(&output.stdout).ends_with("1 of 1 message sent\n"));
    kept(&space, 0);
    let second = within(PATIENCE, "a second result", || space.said_so_far(TASK).results.get(1).cloned());
    assert_eq!(second["payload"]["userId"], "somebody-else");
    assert_eq!(second["payload"]["status"], "COMPLETED");
}

#[test]
fn what_is_in_the_way_is_named() {
    let Some(space) = Space::new() else { return };
    let sound = json!({
        "schema": 1, "message_id": "m-1", "task_id": null, "reason": "unknown taskType", "sent_at": null,
        "kept_at": "2026-06-01T09:00:00Z", "body": WORD,
    });
    space.put("dead-letters/m-1.json", sound.to_string().as_bytes());
    space.put("dead-letters/m-2.json", format!("{{\"schema\": \"{WORD}\"}}").as_bytes());
    let (listed, succeeded) = told(&space, &["list"]);
    assert!(!succeeded && listed["messages"][0]["id"] == "m-1", "{listed}");
    let message = listed["error"]["message"].as_str().unwrap();
    assert!(message.contains("m-2 (its object is no kept message") && !message.contains(WORD), "{message}");

    let fails = |command: &mut Command, code: i32, why: &str| {
        let output = command.output().unwrap();
        let said = printed(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(why), "{said}");
    };
    fails(admin(&space).arg("list").env_remove("GRAPHNODE_BUCKET"), 2, "GRAPHNODE_BUCKET is not set");
    fails(admin(&space).arg("list").env_remove("AWS_REGION"), 2, "AWS_REGION is not set");
    fails(
        admin(&space).args(["show", "m-1"]).env("GRAPHNODE_BUCKET", "nowhere-here"),
        1,
        "no bucket nowhere-here",
    );
    let unnamed = "GRAPHNODE_REQUEST_QUEUE_URL is not set";
    fails(admin(&space).args(["redrive", "m-1"]).env_remove("GRAPHNODE_REQUEST_QUEUE_URL"), 2, unnamed);
    let mut nobody = admin(&space);
    nobody.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    fails(nobody.env("AWS_EC2_METADATA_DISABLED", "true").arg("list"), 1, "there are no credentials for AWS");
    fails(admin(&space).arg("redrive"), 2, "--all");

    let nowhere = format!("{}-gone", space.queue_url(Queue::Requests));
    let mut lost = admin(&space);
    lost.args(["redrive", "m-1"]).env("GRAPHNODE_REQUEST_QUEUE_URL", &nowhere);
    fails(&mut lost, 1, "m-1 (the request queue does not take it: send a message: not found");
    assert!(space.object("dead-letters/m-1.json").is_some());
    let output = run(&space, &["redrive", "--all"]);
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(space.take(Queue::Requests, PATIENCE)[0].body, WORD);
    assert_eq!(space.keys("dead-letters/"), ["dead-letters/m-2.json"]);
}
