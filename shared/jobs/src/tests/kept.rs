//! Vectors that outlive their job: counted is what the encoder is asked for.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use graphnode_core::encoder::Encoder;
use graphnode_core::ports::objects::{Objects, list_all};
use graphnode_testkit::encoder::HashingEncoder;
use serde_json::json;

use super::world::{TASK, TestEncoder, USER, World, exported, request, usual};
use crate::checkpoint::Keeper;
use crate::companion::{Reporter, StopReason};
use crate::service::{Settings, Verdict};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Keys of the vectors kept of a person, the newest first.
async fn kept(world: &World, user: &str) -> Vec<String> {
    let prefix = format!("checkpoints/{user}/").parse().unwrap();
    let listed = list_all(&world.objects, &prefix, 1_000).await.unwrap();
    listed.into_iter().map(|part| part.key.as_str().to_owned()).collect()
}

/// Runs a job of `user` as `settings` say; yields how many texts it embedded.
async fn embedded_with(
    world: &World,
    task: &str,
    user: &str,
    encoder: TestEncoder,
    settings: impl Fn(&mut Settings),
) -> usize {
    let mut body = request(task, "2026-06-01T08:00:00.000Z");
    body["payload"]["userId"] = json!(user);
    world.ask(&body).await;
    let texts = Arc::clone(&encoder.texts);
    let mut service = world.function(encoder);
    settings(&mut service.settings);
    assert_eq!(world.process(&service).await, Verdict::Done);
    assert_eq!(world.result().await["payload"]["status"], "COMPLETED");
    texts.load(Ordering::Relaxed)
}

/// Runs a job of `user`; yields how many texts it embedded.
async fn embedded(world: &World, task: &str, user: &str) -> usize {
    embedded_with(world, task, user, TestEncoder::default(), |_| ()).await
}

#[tokio::test]
async fn after_a_kill_in_the_middle_only_the_rest_is_embedded() {
    let undisturbed = World::with_export(200).await;
    let all = embedded(&undisturbed, TASK, USER).await;

    let world = World::with_export(200).await;
    world.ask(&usual()).await;
    let encoder = TestEncoder::interrupted(3, || ());
    let before = Arc::clone(&encoder.texts);
    let mut service = world.function(encoder);
    service.settings.save = Duration::ZERO;
    let delivery = world.receive().await.unwrap();
    let shift = world.shift();
    let saved = async {
        // Two portions are embedded, and the third never comes: what is saved grows no more.
        let mut sizes = (0, 0);
        while before.load(Ordering::Relaxed) < 256 || sizes.0 == 0 || sizes.0 != sizes.1 {
            tokio::time::sleep(Duration::from_millis(200)).await;
            sizes = (bytes_kept(&world).await, sizes.0);
        }
    };
    tokio::select! {
        verdict = service.handle(&delivery, &shift) => panic!("not killed: {verdict:?}"),
        () = saved => {}
    }
    drop(service);
    assert_eq!(before.load(Ordering::Relaxed), 256);

    // Its lease runs out, the message comes again, and as the job has killed a function it goes to a task.
    world.clock.advance(Duration::from_secs(91));
    world.ask(&usual()).await;
    assert_eq!(world.process(&world.function(TestEncoder::default())).await, Verdict::Done);
    assert_eq!(world.run_as_started().await, all - 256);
    assert_eq!(world.result().await["payload"]["status"], "COMPLETED");
    for file in ["graph.json", "features.json"] {
        let path = format!("results/{TASK}/{file}");
        assert!(undisturbed.bytes(&path).await == world.bytes(&path).await, "{file} differs");
    }
}

async fn bytes_kept(world: &World) -> u64 {
    let prefix = format!("checkpoints/{USER}/").parse().unwrap();
    list_all(&world.objects, &prefix, 1_000).await.unwrap().iter().map(|part| part.size).sum()
}

#[tokio::test]
async fn the_same_export_embeds_nothing_and_a_longer_one_what_is_new() {
    let world = World::with_export(200).await;
    let first = embedded(&world, "t-1", USER).await;
    assert!(first > 200, "{first}");
    assert_eq!(embedded(&world, "t-2", USER).await, 0);
    for file in ["graph.html", "words.bin"] {
        let of = |task: &str| format!("results/{task}/{file}");
        assert!(world.bytes(&of("t-1")).await == world.bytes(&of("t-2")).await, "{file} differs");
    }
    world.put("uploads/export.json", exported(210)).await;
    let more = embedded(&world, "t-3", USER).await;

    let whole = World::with_export(210).await;
    let anew = embedded(&whole, "t-1", USER).await;
    assert!(more >= anew - first && more < 50, "{more} after {first}, of {anew}");
    // What another job kept changes no byte: these name no task.
    let (features, other) = ("results/t-3/words.bin", "results/t-1/words.bin");
    assert!(world.bytes(features).await == whole.bytes(other).await);
}

#[tokio::test]
async fn nothing_is_shared_between_people_or_models() {
    let world = World::with_export(60).await;
    let first = embedded(&world, "t-1", USER).await;
    assert_eq!(embedded(&world, "t-2", "someone-else").await, first);
    let other = embedded_with(&world, "t-3", USER, TestEncoder::of_dimension(32), |_| ()).await;
    assert_eq!(other, first);
    assert_eq!(embedded(&world, "t-4", USER).await, 0);
}

#[tokio::test]
async fn what_is_damaged_or_gone_is_embedded_again() {
    let world = World::with_export(60).await;
    let first = embedded(&world, "t-1", USER).await;
    let key = kept(&world, USER).await.pop().unwrap();
    let whole = world.bytes(&key).await.unwrap();
    let mut flipped = whole.clone();
    flipped[100] ^= 1;
    for (task, damaged) in
        [("t-2", flipped), ("t-3", whole[..whole.len() - 300].to_vec()), ("t-4", Vec::new())]
    {
        for key in kept(&world, USER).await {
            world.put(&key, damaged.clone()).await;
        }
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(embedded(&world, task, USER).await, first, "{task}");
    }
    assert_eq!(embedded(&world, "t-5", USER).await, 0);
    for key in kept(&world, USER).await {
        world.objects.delete(&[key.parse().unwrap()]).await.unwrap();
    }
    assert_eq!(embedded(&world, "t-6", USER).await, first);
}

#[tokio::test]
async fn the_oldest_parts_make_room_and_what_memory_cannot_hold_is_embedded_again() {
    let world = World::with_export(60).await;
    let first = embedded(&world, "t-1", USER).await;
    let oldest = kept(&world, USER).await;
    let size = bytes_kept(&world).await;
    let no_memory = |settings: &mut Settings| settings.most_recalled = 1;
    assert_eq!(embedded_with(&world, "t-2", USER, TestEncoder::default(), no_memory).await, first);

    world.clock.advance(Duration::from_secs(1));
    let little = |settings: &mut Settings| (settings.most_recalled, settings.most_kept) = (1, size);
    assert_eq!(embedded_with(&world, "t-3", USER, TestEncoder::default(), little).await, first);
    let left = kept(&world, USER).await;
    assert!(left.len() == 1 && !oldest.contains(&left[0]), "{left:?}");
    assert_eq!(embedded(&world, "t-4", USER).await, 0);
}

#[tokio::test]
async fn many_small_parts_become_one_and_what_is_used_grows_young_again() {
    let world = World::new();
    for count in 1..=18 {
        world.put("uploads/export.json", exported(12 + count)).await;
        world.clock.advance(Duration::from_secs(1));
        embedded(&world, &format!("t-{count}"), USER).await;
    }
    let merged = kept(&world, USER).await;
    assert!(merged.len() <= 17, "{}", merged.len());
    assert_eq!(embedded(&world, "again", USER).await, 0);

    world.clock.advance(8 * DAY);
    assert_eq!(embedded(&world, "later", USER).await, 0);
    let renewed = kept(&world, USER).await;
    assert!(!merged.contains(&renewed[0]), "{renewed:?}");
    let younger: Vec<_> = renewed.iter().filter(|key| merged.contains(key)).collect();
    // What is left of before was hardly used, so it may go.
    for key in younger {
        world.objects.delete(&[key.parse().unwrap()]).await.unwrap();
    }
    assert_eq!(embedded(&world, "latest", USER).await, 0);
}

#[tokio::test]
async fn what_is_saved_after_the_job_is_gone_is_taken_back() {
    let world = World::with_export(12).await;
    world.ask(&request("t-1", "2026-06-01T08:00:00.000Z")).await;
    let service = world.small_function();
    world.process(&service).await;
    let (record, reporter) = (world.record("t-1").await, Reporter::default());
    let encoder = HashingEncoder::default();
    let (clock, settings) = (&*world.clock, &service.settings);
    let mut keeper = Keeper::open(&world.objects, clock, &record, settings, &reporter, encoder.model()).await;
    keeper.recall.keep([1; 32], &[0.5; 64]);
    keeper.save().await;
    assert_eq!((kept(&world, USER).await.len(), reporter.stopped()), (1, None));

    // The person erases everything: the record goes, then what is kept.
    world.objects.delete(&["jobs/t-1.json".parse().unwrap()]).await.unwrap();
    for key in kept(&world, USER).await {
        world.objects.delete(&[key.parse().unwrap()]).await.unwrap();
    }
    keeper.recall.keep([2; 32], &[0.25; 64]);
    keeper.save().await;
    assert!(kept(&world, USER).await.is_empty());
    assert_eq!(reporter.stopped(), Some(StopReason::Cancelled));
}
