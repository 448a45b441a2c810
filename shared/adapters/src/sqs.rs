//! A queue of SQS.

use std::time::Duration;

use aws_config::SdkConfig;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use graphnode_core::ports::queue::{
    Delivery, LONGEST_VISIBILITY, MOST_RECEIVED, Queue, ReceiptHandle, check_message, sent_at,
};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};

use crate::aws::{ServiceFailure, port_error};

/// Longest wait for a message, as SQS has it.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// One queue. Clones, and queues made from one configuration, share their connections.
#[derive(Debug, Clone)]
pub struct SqsQueue {
    client: Client,
    url: String,
}

impl SqsQueue {
    /// The queue with that URL.
    #[must_use]
    pub fn new(config: &SdkConfig, url: impl Into<String>) -> Self {
        Self { client: Client::new(config), url: url.into() }
    }
}

impl Queue for SqsQueue {
    async fn send(&self, body: &str, delay: Duration) -> PortResult<()> {
        check_message(body, delay)?;
        let request = self.client.send_message().queue_url(&self.url).message_body(body);
        let sent = request.delay_seconds(seconds(delay)).send().await;
        sent.map(drop).map_err(|error| port_error("send a message", &error))
    }

    async fn receive(&self, most: usize, wait: Duration, visibility: Duration) -> PortResult<Vec<Delivery>> {
        let output = self
            .client
            .receive_message()
            .queue_url(&self.url)
            .max_number_of_messages(most.clamp(1, MOST_RECEIVED) as i32)
            .wait_time_seconds(seconds(wait.min(LONGEST_WAIT)))
            .visibility_timeout(seconds(visibility.min(LONGEST_VISIBILITY)))
            .message_system_attribute_names(MessageSystemAttributeName::ApproximateReceiveCount)
            .message_system_attribute_names(MessageSystemAttributeName::SentTimestamp)
            .send()
            .await
            .map_err(|error| port_error("receive messages", &error))?;
        Ok(output.messages.unwrap_or_default().into_iter().filter_map(delivery).collect())
    }

    async fn delete(&self, receipt: &ReceiptHandle) -> PortResult<()> {
        let request = self.client.delete_message().queue_url(&self.url).receipt_handle(&receipt.0);
        match request.send().await {
            Ok(_) => Ok(()),
            // Deleted before, or moved away: this delivery is over either way.
            Err(error) if ServiceFailure::of(&error).code.as_deref() == Some("ReceiptHandleIsInvalid") => {
                Ok(())
            }
            Err(error) => Err(port_error("delete a message", &error)),
        }
    }

    async fn change_visibility(&self, receipt: &ReceiptHandle, visibility: Duration) -> PortResult<()> {
        const ATTEMPTED: &str = "change the visibility of a message";
        if visibility > LONGEST_VISIBILITY {
            return Err(PortError::new(PortErrorKind::Invalid, ATTEMPTED).with_source("the time is too long"));
        }
        let request = self.client.change_message_visibility().queue_url(&self.url).receipt_handle(&receipt.0);
        match request.visibility_timeout(seconds(visibility)).send().await {
            Ok(_) => Ok(()),
            Err(error) => {
                let failure = ServiceFailure::of(&error);
                let over = failure.code.as_deref().is_some_and(|code| {
                    code.contains("ReceiptHandleIsInvalid") || code.contains("MessageNotInflight")
                });
                let kind = if over { PortErrorKind::NotFound } else { failure.kind() };
                Err(PortError::new(kind, ATTEMPTED).with_source(failure))
            }
        }
    }
}

/// Whole seconds, rounded up: a message must not come back before it was asked to.
fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_millis().div_ceil(1000)).unwrap_or(i32::MAX)
}

/// SQS sends all of these; a message without them could be neither processed nor deleted.
fn delivery(message: Message) -> Option<Delivery> {
    let attributes = message.attributes.unwrap_or_default();
    let count = attributes.get(&MessageSystemAttributeName::ApproximateReceiveCount);
    let sent = attributes.get(&MessageSystemAttributeName::SentTimestamp);
    Some(Delivery {
        message_id: message.message_id?,
        receipt: ReceiptHandle(message.receipt_handle?),
        body: message.body?,
        receive_count: count.and_then(|count| count.parse().ok()).unwrap_or(1),
        sent_at: sent.and_then(|sent| sent_at(sent)),
    })
}
