//! Where keys are, and what is none.

use super::*;

#[test]
fn keys_are_where_other_programs_look() {
    let (task, user): (TaskId, UserId) = ("t-1".parse().unwrap(), "auth0|7".parse().unwrap());
    assert_eq!(job(&task).as_str(), "jobs/t-1.json");
    assert_eq!(graph_pointer(&user, &GraphId::default()).as_str(), "users/auth0|7/graphs/default.json");
    assert_eq!(result(&task, ResultFile::Features).as_str(), "results/t-1/features.json");
    assert_eq!(dead_letter("19dd-1").as_str(), "dead-letters/19dd-1.json");
    assert_eq!(parse_handed_over(&handed_over(&task)), Some(task.clone()));
    assert_eq!(parse_dead_letter(&dead_letter("19dd-1")), Some("19dd-1"));
    let hashed = dead_letter("../x");
    assert_eq!(parse_dead_letter(&hashed).map(dead_letter), Some(hashed.clone()));
    assert_eq!(parse_dead_letter(&job(&task)), None);
    assert!(all_handed_over().holds(&handed_over(&task)) && dead_letters().holds(&dead_letter("x")));
    for key in [job(&task), result(&task, ResultFile::Page), dead_letter("../x"), handed_over(&task)] {
        assert_eq!(key.as_str().parse(), Ok(key));
    }
    for file in ResultFile::ALL {
        assert_eq!(parse_result(result(&task, file).as_str()), Some((task.clone(), file)));
    }
    for other in [
        "results/t-1/other.json",
        "results/features.json",
        "x/results/t/graph.json",
        "results/a/b/graph.json",
    ] {
        assert_eq!(parse_result(other), None, "{other}");
    }
}

#[test]
fn the_newest_job_of_a_person_comes_first() {
    let user: UserId = "u".parse().unwrap();
    let marker = |second, task: &str| {
        task_marker(&user, Timestamp::from_second(second).unwrap(), &task.parse().unwrap())
    };
    let (older, newer) = (marker(1_700_000_000, "a"), marker(1_700_000_001, "b-c"));
    assert_eq!(older.as_str(), "users/u/tasks/8299999999999-a");
    assert!(newer < older);
    assert_eq!(parse_task_marker(&newer), Some("b-c".parse().unwrap()));
    assert!(task_markers(&user).holds(&newer) && person(&user).holds(&newer));
}

#[test]
fn what_a_client_says_is_hashed_before_it_is_a_key() {
    let user: UserId = "u".parse().unwrap();
    let key = idempotent_request(&user, "../../jobs/x");
    assert_eq!(key.as_str().len(), "idempotency/u/".len() + 64 + ".json".len());
    assert_eq!(key.as_str().parse::<InputLocation>(), Err(InvalidKey::Reserved));
    assert!(idempotent_requests(&user).holds(&key));
    let upload = upload(&user, &"up-1".parse().unwrap());
    assert!(matches!(upload.as_str().parse(), Ok(InputLocation::Object(key)) if key == upload));
}

#[test]
fn an_upload_tells_whose_it_is() {
    let (user, id): (UserId, UploadId) = ("auth0|7".parse().unwrap(), "up-1".parse().unwrap());
    assert_eq!(parse_upload(&upload(&user, &id)), Some((user.clone(), id.clone())));
    for other in ["uploads/u/export", "uploads/u/a/b/export", "uploads/u/a/exported", "x/u/a/export"] {
        assert_eq!(parse_upload(&other.parse().unwrap()), None, "{other}");
    }
    assert_eq!(parse_upload(&upload_ticket(&user, &id)), None);
}

#[test]
fn inputs_are_objects_or_bundles_and_never_our_own_files() {
    let location = |text: &str| text.parse::<InputLocation>();
    assert!(matches!(location("uploads/내 대화 (1).json"), Ok(InputLocation::Object(_))));
    assert!(matches!(location("graph-generation/t-1/"), Ok(InputLocation::Bundle(_))));
    for text in ["results/t/graph.json", "jobs/", "users/x/graphs/default.json", "checkpoints/a/"] {
        assert_eq!(location(text), Err(InvalidKey::Reserved), "{text}");
    }
    for text in ["", "/", "/a", "a//b", "../a", "a/../b", "a/./b", "a\\b", "a\nb", "//"] {
        assert!(location(text).is_err(), "{text:?}");
    }
    assert_eq!(location(&"x".repeat(1025)), Err(InvalidKey::Length));
}

#[test]
fn logs_do_not_say_what_a_person_called_a_file() {
    let key: ObjectKey = "graph-generation/t-1/files/7_letter to mum.pdf".parse().unwrap();
    assert_eq!(key.for_log(), "graph-generation/t-1/files/");
    assert_eq!("secret.json".parse::<ObjectKey>().unwrap().for_log(), "an object");
}
