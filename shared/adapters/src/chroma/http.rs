//! One call of the API: a time limit, repeats where a moment may mend it, errors by meaning.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use graphnode_core::error::with_sources;
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Method, StatusCode, redirect};
use serde::Deserialize;
use serde_json::Value;

use super::ChromaSettings;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A write of 300 records took 0.6 s, at worst 1 s, in a collection of 100,000.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// Below what load balancers close at, so that a thawed function does not write into a closed connection.
const IDLE_TIMEOUT: Duration = Duration::from_secs(20);
const TRIES: u32 = 5;
/// From the first try, how long a call is tried again: a server that lets every try run into its time must not use up a
/// function's, which has 120 s. With the last try it is less than a minute.
const RETRY_BUDGET: Duration = Duration::from_secs(20);
const FIRST_BACKOFF: Duration = Duration::from_millis(200);
const LONGEST_BACKOFF: Duration = Duration::from_secs(5);

/// The API of one database.
#[derive(Debug)]
pub(super) struct Http {
    client: Client,
    root: String,
    collections: String,
}

/// What went wrong in one try.
#[derive(Debug)]
struct Failure {
    kind: PortErrorKind,
    said: String,
    retry_after: Option<Duration>,
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.said)
    }
}

impl std::error::Error for Failure {}

impl Http {
    pub(super) fn new(settings: &ChromaSettings) -> PortResult<Self> {
        const ATTEMPTED: &str = "make the client of Chroma";
        // The provider is one of the process; whoever came first installed the same.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut headers = HeaderMap::new();
        if let Some(token) = &settings.token {
            let mut value = HeaderValue::from_str(token.expose())
                .map_err(|error| PortError::new(PortErrorKind::Invalid, ATTEMPTED).with_source(error))?;
            value.set_sensitive(true);
            headers.insert("x-chroma-token", value);
        }
        let client = Client::builder()
            .default_headers(headers)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(CALL_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // The token must not follow a redirect to elsewhere.
            .redirect(redirect::Policy::none())
            .build()
            .map_err(|error| {
                PortError::new(PortErrorKind::Unavailable, ATTEMPTED).with_source(error.without_url())
            })?;
        let root = format!("{}/api/v2", settings.url.as_str());
        let (tenant, database) = (settings.tenant.as_str(), settings.database.as_str());
        let collections = format!("{root}/tenants/{tenant}/databases/{database}/collections");
        Ok(Self { client, root, collections })
    }

    /// GET of `path` below the API's root.
    pub(super) async fn get<T: for<'de> Deserialize<'de>>(
        &self,
        attempted: &'static str,
        path: &str,
    ) -> PortResult<T> {
        self.call(attempted, Method::GET, format!("{}/{path}", self.root), Vec::new()).await
    }

    /// POST of `body` to `path` below the database's collections. Every route used is idempotent, so it is repeated.
    pub(super) async fn post<T: for<'de> Deserialize<'de>>(
        &self,
        attempted: &'static str,
        path: &str,
        body: &Value,
    ) -> PortResult<T> {
        let body = serde_json::to_vec(body)
            .map_err(|error| PortError::new(PortErrorKind::Invalid, attempted).with_source(error))?;
        self.call(attempted, Method::POST, format!("{}{path}", self.collections), body).await
    }

    async fn call<T: for<'de> Deserialize<'de>>(
        &self,
        attempted: &'static str,
        method: Method,
        url: String,
        body: Vec<u8>,
    ) -> PortResult<T> {
        let (mut tries, begun) = (1, Instant::now());
        let failure = loop {
            match self.once(method.clone(), &url, body.clone()).await {
                Ok(answer) => match serde_json::from_slice(&answer) {
                    Ok(answer) => return Ok(answer),
                    Err(error) => break unreadable(&error),
                },
                Err(failure) => {
                    let passing =
                        matches!(failure.kind, PortErrorKind::Unavailable | PortErrorKind::RateLimited);
                    let wait = backoff(tries, failure.retry_after);
                    if !passing || tries == TRIES || begun.elapsed() + wait > RETRY_BUDGET {
                        break failure;
                    }
                    tokio::time::sleep(wait).await;
                    tries += 1;
                }
            }
        };
        let retry_after = failure.retry_after;
        Err(PortError::new(failure.kind, attempted).with_retry_after(retry_after).with_source(failure))
    }

    async fn once(&self, method: Method, url: &str, body: Vec<u8>) -> Result<Vec<u8>, Failure> {
        let request = self.client.request(method, url).header(CONTENT_TYPE, "application/json").body(body);
        let response = request.send().await.map_err(no_answer)?;
        let status = response.status();
        let retry_after =
            response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let answer = response.bytes().await.map_err(no_answer)?;
        if status.is_success() {
            return Ok(answer.into());
        }
        Err(Failure {
            kind: kind(status),
            said: said(status, &answer),
            retry_after: retry_after.map(Duration::from_secs),
        })
    }
}

/// No connection, a broken one, or no answer in time.
fn no_answer(error: reqwest::Error) -> Failure {
    Failure { kind: PortErrorKind::Unavailable, said: with_sources(&error), retry_after: None }
}

fn unreadable(error: &serde_json::Error) -> Failure {
    // Only the place: the error's own text may quote what was stored.
    let said = format!("the answer cannot be read at line {} column {}", error.line(), error.column());
    Failure { kind: PortErrorKind::Unavailable, said, retry_after: None }
}

fn kind(status: StatusCode) -> PortErrorKind {
    match status.as_u16() {
        401 | 403 => PortErrorKind::Denied,
        404 => PortErrorKind::NotFound,
        409 => PortErrorKind::Conflict,
        429 => PortErrorKind::RateLimited,
        408 | 500.. => PortErrorKind::Unavailable,
        _ => PortErrorKind::Invalid,
    }
}

/// What the server said: the name of its error, and the sentence where it cannot quote a record.
fn said(status: StatusCode, answer: &[u8]) -> String {
    #[derive(Deserialize, Default)]
    struct Answer {
        #[serde(default)]
        error: String,
        #[serde(default)]
        message: String,
    }
    let answer: Answer = serde_json::from_slice(answer).unwrap_or_default();
    let about_the_request = matches!(status.as_u16(), 400 | 413 | 422);
    let harmless = ["dimension", "quota", "Quota", "limit"].iter().any(|word| answer.message.contains(word));
    let message: String = if !about_the_request || harmless {
        answer.message.chars().take(200).collect()
    } else {
        String::new()
    };
    let name: String = answer.error.chars().take(60).collect();
    format!("{} {name} {message}", status.as_u16()).trim_end().to_owned()
}

/// Grows twofold, of it a random part: callers that failed together do not come back together.
fn backoff(tries: u32, retry_after: Option<Duration>) -> Duration {
    let longest = (FIRST_BACKOFF * 2_u32.pow(tries - 1)).min(LONGEST_BACKOFF);
    let random = RandomState::new().hash_one(tries) as f64 / u64::MAX as f64;
    let asked = retry_after.unwrap_or_default().min(LONGEST_BACKOFF);
    asked + longest.mul_f64(0.5 + 0.5 * random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_says_no_word_of_a_record() {
        let answer = br#"{"error":"InvalidArgumentError","message":"metadata keywords: secret words"}"#;
        assert_eq!(said(StatusCode::BAD_REQUEST, answer), "400 InvalidArgumentError");
        let answer =
            br#"{"error":"InvalidArgumentError","message":"expecting embedding with dimension of 4, got 5"}"#;
        assert!(said(StatusCode::BAD_REQUEST, answer).ends_with("got 5"));
        assert_eq!(said(StatusCode::BAD_GATEWAY, b"<html>"), "502");
    }

    #[test]
    fn waits_grow_and_are_bounded() {
        for tries in 1..20 {
            let wait = backoff(tries, None);
            assert!(wait >= FIRST_BACKOFF / 2 && wait <= LONGEST_BACKOFF, "{wait:?}");
        }
        assert!(backoff(1, Some(Duration::from_secs(2))) > Duration::from_secs(2));
    }
}
