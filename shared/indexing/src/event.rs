//! What S3, SQS and EventBridge say of a new object.
//!
//! Read leniently and by hand: `aws_lambda_events::S3Event` refuses events without `userIdentity` and S3's own test
//! event, and one element it cannot read costs the whole batch.
//!
//! | form | told by |
//! |---|---|
//! | records of S3, one or several | `Records[].eventSource` `aws:s3` |
//! | any of the others in the bodies of messages | `Records[].eventSource` `aws:sqs` |
//! | EventBridge's "Object Created" | `source` `aws.s3`; its key is not encoded |
//! | what S3 sends when a notification is set up | `Event` `s3:TestEvent` |

use serde::Deserialize;
use serde_json::Value;

/// What a function was invoked with.
#[derive(Debug)]
pub enum Invocation {
    /// Messages of a queue: each is answered for by itself.
    Messages(Vec<Message>),
    /// An event by itself: it succeeds or fails as a whole.
    Event(Vec<Result<Notice, InvalidEvent>>),
}

/// A message of a queue.
#[derive(Debug)]
pub struct Message {
    /// What a failure is reported by.
    pub id: String,
    /// What its body says.
    pub notices: Result<Vec<Result<Notice, InvalidEvent>>, InvalidEvent>,
}

/// What one record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// There is a new object.
    Created {
        /// Its bucket.
        bucket: String,
        /// Its key, decoded.
        key: String,
    },
    /// Something else happened, which is none of ours.
    Other(&'static str),
}

/// What is no such event. A person has to look at it, so it is never dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEvent {
    /// The body of a message is no JSON.
    #[error("the message is no JSON")]
    NotJson,
    /// JSON of no form above.
    #[error("the event has none of the known forms")]
    UnknownForm,
    /// A record of a later generation of S3's events.
    #[error("the event is of another major version than 2")]
    Version,
    /// A key that is no UTF-8 once decoded.
    #[error("the key is not percent-encoded UTF-8")]
    Key,
}

impl Invocation {
    /// Reads an event; what cannot be read in a part of it costs that part.
    ///
    /// # Errors
    /// [`InvalidEvent`] when it has none of the forms.
    pub fn read(event: &Value) -> Result<Self, InvalidEvent> {
        let records = event["Records"].as_array().map(Vec::as_slice).unwrap_or_default();
        if records.is_empty() || records.iter().any(|record| record["eventSource"] != "aws:sqs") {
            return notices(event).map(Self::Event);
        }
        let message = |record: &Value| Message {
            id: record["messageId"].as_str().unwrap_or_default().to_owned(),
            notices: body(record).and_then(|body| notices(&body)),
        };
        Ok(Self::Messages(records.iter().map(message).collect()))
    }
}

fn body(record: &Value) -> Result<Value, InvalidEvent> {
    let text = record["body"].as_str().ok_or(InvalidEvent::UnknownForm)?;
    serde_json::from_str(text).map_err(|_| InvalidEvent::NotJson)
}

/// The records of one event.
fn notices(event: &Value) -> Result<Vec<Result<Notice, InvalidEvent>>, InvalidEvent> {
    if event["Event"] == "s3:TestEvent" {
        Ok(vec![Ok(Notice::Other("a test event of S3"))])
    } else if event["source"] == "aws.s3" {
        Ok(vec![of_event_bridge(event)])
    } else {
        let records = event["Records"].as_array().ok_or(InvalidEvent::UnknownForm)?;
        Ok(records.iter().map(of_s3).collect())
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3Record {
    event_version: String,
    event_name: String,
    s3: Entities,
}

#[derive(Deserialize)]
struct Entities {
    bucket: Bucket,
    object: Object,
}

#[derive(Deserialize)]
struct Bucket {
    name: String,
}

#[derive(Deserialize)]
struct Object {
    key: String,
}

fn of_s3(record: &Value) -> Result<Notice, InvalidEvent> {
    let record = S3Record::deserialize(record).map_err(|_| InvalidEvent::UnknownForm)?;
    // Minor versions only add fields; there have been six.
    if record.event_version.split('.').next() != Some("2") {
        return Err(InvalidEvent::Version);
    }
    let name = record.event_name.strip_prefix("s3:").unwrap_or(&record.event_name);
    if !name.starts_with("ObjectCreated:") {
        return Ok(Notice::Other("an event other than ObjectCreated"));
    }
    let key = decoded(&record.s3.object.key).ok_or(InvalidEvent::Key)?;
    Ok(Notice::Created { bucket: record.s3.bucket.name, key })
}

fn of_event_bridge(event: &Value) -> Result<Notice, InvalidEvent> {
    if event["detail-type"] != "Object Created" {
        return Ok(Notice::Other("an event other than Object Created"));
    }
    let detail = Entities::deserialize(&event["detail"]).map_err(|_| InvalidEvent::UnknownForm)?;
    Ok(Notice::Created { bucket: detail.bucket.name, key: detail.object.key })
}

/// S3 encodes keys as forms are: a blank is `+`, and whatever else needs it is `%XX`; `/` may be either.
fn decoded(key: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => digit(rest.next()?)? << 4 | digit(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn digit(character: u8) -> Option<u8> {
    char::from(character).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_come_back_whatever_was_escaped() {
        for (encoded, key) in [
            ("results/t-1/features.json", "results/t-1/features.json"),
            ("results%2Ft-1%2Ffeatures.json", "results/t-1/features.json"),
            ("results/a+b%2Bc/features.json", "results/a b+c/features.json"),
            ("results/%EB%82%B4+%eb%8c%80%ed%99%94/x", "results/내 대화/x"),
            ("results/100%25/x", "results/100%/x"),
        ] {
            assert_eq!(decoded(encoded).as_deref(), Some(key), "{encoded}");
        }
        for broken in ["%", "a%2", "%zz", "%EB%82", "%+1"] {
            assert_eq!(decoded(broken), None, "{broken}");
        }
    }

    fn record(version: &str, name: &str) -> Value {
        let entities = json!({"bucket": {"name": "b"}, "object": {"key": "a+b"}});
        json!({"eventVersion": version, "eventSource": "aws:s3", "eventName": name, "s3": entities})
    }

    fn created(key: &str) -> Notice {
        Notice::Created { bucket: "b".to_owned(), key: key.to_owned() }
    }

    #[test]
    fn one_record_that_cannot_be_read_costs_no_other() {
        let records = [
            record("2.6", "ObjectCreated:CompleteMultipartUpload"),
            record("3.0", "ObjectCreated:Put"),
            json!({"eventSource": "aws:s3"}),
            record("2.1", "ObjectRemoved:Delete"),
        ];
        let Ok(Invocation::Event(notices)) = Invocation::read(&json!({"Records": records})) else { panic!() };
        assert_eq!(notices[0], Ok(created("a b")));
        assert_eq!(notices[1], Err(InvalidEvent::Version));
        assert_eq!(notices[2], Err(InvalidEvent::UnknownForm));
        assert!(matches!(notices[3], Ok(Notice::Other(_))));
    }

    #[test]
    fn the_key_of_event_bridge_is_taken_as_it_is() {
        let detail = json!({"bucket": {"name": "b"}, "object": {"key": "a+b%20"}});
        let event = json!({"source": "aws.s3", "detail-type": "Object Created", "detail": detail});
        let Ok(Invocation::Event(notices)) = Invocation::read(&event) else { panic!() };
        assert_eq!(notices, [Ok(created("a+b%20"))]);
    }

    #[test]
    fn messages_are_read_one_by_one() {
        let message = |body: &str| json!({"messageId": body, "eventSource": "aws:sqs", "body": body});
        let test = r#"{"Service": "Amazon S3", "Event": "s3:TestEvent"}"#;
        let records = [message("no JSON"), message(test), message("{}")];
        let Ok(Invocation::Messages(messages)) = Invocation::read(&json!({"Records": records})) else {
            panic!()
        };
        assert_eq!(messages[0].notices, Err(InvalidEvent::NotJson));
        assert!(matches!(messages[1].notices.as_deref(), Ok([Ok(Notice::Other(_))])));
        assert_eq!(
            (messages[2].notices.clone(), messages[2].id.as_str()),
            (Err(InvalidEvent::UnknownForm), "{}")
        );
        assert!(Invocation::read(&json!({"hello": 1})).is_err());
    }
}
