//! A queue in the process, with what SQS has: visibility timeout, receive count, dead-letter queue.

use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use graphnode_core::ports::queue::{
    Delivery, LONGEST_VISIBILITY, MOST_RECEIVED, Queue, ReceiptHandle, check_message,
};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use tokio::sync::Notify;
use tokio::time::Instant;

/// A queue in the process; clones are the same queue. What it holds is lost with the process: on one machine a job
/// that was not finished is found again by its record.
#[derive(Debug, Clone, Default)]
pub struct LocalQueue(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Notify,
    dead_letters: Option<(u32, LocalQueue)>,
}

#[derive(Debug, Default)]
struct State {
    messages: VecDeque<Message>,
    last_number: u64,
}

#[derive(Debug)]
struct Message {
    id: String,
    body: String,
    visible_at: Instant,
    receive_count: u32,
    receipt: Option<ReceiptHandle>,
}

impl LocalQueue {
    /// A queue and its dead-letter queue: a message that was received `most_receives` times goes there instead of
    /// being received once more.
    #[must_use]
    pub fn with_dead_letters(most_receives: u32) -> (Self, Self) {
        let dead_letters = Self::default();
        let shared =
            Shared { dead_letters: Some((most_receives, dead_letters.clone())), ..Shared::default() };
        (Self(Arc::new(shared)), dead_letters)
    }

    /// How many messages it holds, visible or not.
    #[must_use]
    pub fn len(&self) -> usize {
        self.state().messages.len()
    }

    /// Whether it holds none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, body: String, visible_at: Instant) {
        let mut state = self.state();
        state.last_number += 1;
        let id = format!("local-{}", state.last_number);
        state.messages.push_back(Message { id, body, visible_at, receive_count: 0, receipt: None });
        drop(state);
        self.0.changed.notify_waiters();
    }

    /// What can be received now, and when to look again otherwise.
    fn take(&self, most: usize, visibility: Duration) -> (Vec<Delivery>, Option<Instant>) {
        let now = Instant::now();
        let mut state = self.state();
        self.bury(&mut state, now);
        let mut number = state.last_number;
        let mut taken = Vec::new();
        for message in state.messages.iter_mut().filter(|message| message.visible_at <= now).take(most) {
            number += 1;
            let receipt = ReceiptHandle(format!("{}/{number}", message.id));
            message.receive_count += 1;
            message.visible_at = now + visibility;
            message.receipt = Some(receipt.clone());
            taken.push(Delivery {
                message_id: message.id.clone(),
                receipt,
                body: message.body.clone(),
                receive_count: message.receive_count,
                // Only what is measured wants to know, and on one machine nothing is.
                sent_at: None,
            });
        }
        state.last_number = number;
        let next = state.messages.iter().map(|message| message.visible_at).min();
        (taken, next)
    }

    fn bury(&self, state: &mut State, now: Instant) {
        let Some((most_receives, dead_letters)) = &self.0.dead_letters else { return };
        let dead = |message: &Message| message.visible_at <= now && message.receive_count >= *most_receives;
        let (buried, kept) = std::mem::take(&mut state.messages).into_iter().partition(dead);
        state.messages = kept;
        let buried: VecDeque<Message> = buried;
        buried.into_iter().for_each(|message| dead_letters.push(message.body, now));
    }
}

impl Queue for LocalQueue {
    async fn send(&self, body: &str, delay: Duration) -> PortResult<()> {
        check_message(body, delay)?;
        self.push(body.to_owned(), Instant::now() + delay);
        Ok(())
    }

    async fn receive(&self, most: usize, wait: Duration, visibility: Duration) -> PortResult<Vec<Delivery>> {
        let until = Instant::now() + wait;
        loop {
            let mut changed = pin!(self.0.changed.notified());
            // From here on no message is missed that comes before the wait begins.
            changed.as_mut().enable();
            let (taken, next) = self.take(most.min(MOST_RECEIVED), visibility);
            if !taken.is_empty() || Instant::now() >= until {
                return Ok(taken);
            }
            let look_again = next.map_or(until, |next| next.min(until));
            // Either way it looks again.
            let _ = tokio::time::timeout_at(look_again, changed).await;
        }
    }

    async fn delete(&self, receipt: &ReceiptHandle) -> PortResult<()> {
        self.state().messages.retain(|message| message.receipt.as_ref() != Some(receipt));
        Ok(())
    }

    async fn change_visibility(&self, receipt: &ReceiptHandle, visibility: Duration) -> PortResult<()> {
        let error = |kind| Err(PortError::new(kind, "change the visibility of a message"));
        if visibility > LONGEST_VISIBILITY {
            return error(PortErrorKind::Invalid);
        }
        let mut state = self.state();
        let found = state.messages.iter_mut().find(|message| message.receipt.as_ref() == Some(receipt));
        let Some(message) = found else { return error(PortErrorKind::NotFound) };
        message.visible_at = Instant::now() + visibility;
        drop(state);
        self.0.changed.notify_waiters();
        Ok(())
    }
}
