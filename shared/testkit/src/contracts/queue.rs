//! What a queue must do.

use std::time::{Duration, Instant};

use graphnode_core::ports::PortErrorKind::Invalid;
use graphnode_core::ports::queue::{Delivery, LONGEST_DELAY, LONGEST_VISIBILITY, MOST_BODY_BYTES, Queue};

use super::{fails_with, succeeds};

const NOW: Duration = Duration::ZERO;
const SHORT: Duration = Duration::from_secs(1);
const LONG: Duration = Duration::from_secs(30);

/// Holds a queue to the duties of [`Queue`]. Both queues must be empty, be used by nobody else, and `dead_letters`
/// must get what was received twice.
pub async fn queue_contract<Q: Queue + Clone + 'static>(queue: &Q, dead_letters: &Q) {
    a_message_is_invisible_until_it_is_deleted(queue).await;
    what_is_not_deleted_comes_again(queue).await;
    delays_and_waits(queue).await;
    what_cannot_be_sent_is_refused(queue).await;
    after_its_last_receive_it_is_a_dead_letter(queue, dead_letters).await;
}

async fn receive(queue: &impl Queue, wait: Duration, visibility: Duration) -> Vec<Delivery> {
    succeeds(queue.receive(10, wait, visibility).await)
}

async fn one(queue: &impl Queue, wait: Duration, visibility: Duration) -> Delivery {
    let mut all = receive(queue, wait, visibility).await;
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

async fn a_message_is_invisible_until_it_is_deleted(queue: &impl Queue) {
    assert_eq!(receive(queue, NOW, LONG).await, [], "the queue must be empty");
    succeeds(queue.send("{\"대화\": 1}\n", NOW).await);
    let delivery = one(queue, LONG, LONG).await;
    assert_eq!((delivery.body.as_str(), delivery.receive_count), ("{\"대화\": 1}\n", 1));
    assert_eq!(receive(queue, NOW, LONG).await, []);
    succeeds(queue.delete(&delivery.receipt).await);
    succeeds(queue.delete(&delivery.receipt).await);
    assert_eq!(receive(queue, SHORT, LONG).await, []);
}

async fn what_is_not_deleted_comes_again(queue: &impl Queue) {
    succeeds(queue.send("again", NOW).await);
    let first = one(queue, SHORT, LONG).await;
    succeeds(queue.change_visibility(&first.receipt, NOW).await);
    let second = one(queue, SHORT, LONG).await;
    assert_eq!((second.receive_count, &second.message_id), (2, &first.message_id));
    succeeds(queue.delete(&second.receipt).await);

    succeeds(queue.send("expires", NOW).await);
    let first = one(queue, SHORT, SHORT).await;
    let second = one(queue, Duration::from_secs(5), LONG).await;
    assert_eq!((second.body.as_str(), second.receive_count), ("expires", 2));
    assert_ne!(first.receipt, second.receipt);
    fails_with(Invalid, queue.change_visibility(&second.receipt, LONGEST_VISIBILITY + SHORT).await);
    succeeds(queue.delete(&second.receipt).await);
}

async fn delays_and_waits<Q: Queue + Clone + 'static>(queue: &Q) {
    succeeds(queue.send("later", Duration::from_millis(900)).await);
    assert_eq!(receive(queue, NOW, LONG).await, []);
    let delivery = one(queue, Duration::from_secs(5), LONG).await;
    succeeds(queue.delete(&delivery.receipt).await);

    let (sender, start) = (queue.clone(), Instant::now());
    let sending = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(300)).await;
        succeeds(sender.send("wakes", NOW).await);
    });
    let delivery = one(queue, Duration::from_secs(10), LONG).await;
    assert!(start.elapsed() < Duration::from_secs(5), "a wait ends when a message comes");
    succeeds(queue.delete(&delivery.receipt).await);
    sending.await.expect("sent");
}

async fn what_cannot_be_sent_is_refused(queue: &impl Queue) {
    for body in ["", "nul \u{0}", &"x".repeat(MOST_BODY_BYTES + 1)] {
        fails_with(Invalid, queue.send(body, NOW).await);
    }
    fails_with(Invalid, queue.send("x", LONGEST_DELAY + SHORT).await);
    succeeds(queue.send(&"x".repeat(200_000), NOW).await);
    let delivery = one(queue, SHORT, LONG).await;
    succeeds(queue.delete(&delivery.receipt).await);
}

async fn after_its_last_receive_it_is_a_dead_letter(queue: &impl Queue, dead_letters: &impl Queue) {
    succeeds(queue.send("poison", NOW).await);
    for count in [1, 2] {
        let delivery = one(queue, SHORT, LONG).await;
        assert_eq!(delivery.receive_count, count);
        succeeds(queue.change_visibility(&delivery.receipt, NOW).await);
    }
    assert_eq!(receive(queue, SHORT, LONG).await, []);
    let dead = one(dead_letters, SHORT, LONG).await;
    assert_eq!(dead.body, "poison");
    succeeds(dead_letters.delete(&dead.receipt).await);
}
