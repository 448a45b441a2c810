//! The one place where requests come in and answers go out: what may be asked, who calls, the correlation id, the time
//! limit, panics, problems as JSON, the log.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, Request};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use futures_util::FutureExt;
use graphnode_core::error::with_sources;
use graphnode_core::ids::CorrelationId;

use crate::identity::{Caller, Identify};
use crate::problem::{Code, Problem};

/// Names a request from the client to the last log line, and in the answer.
pub const CORRELATION_ID: HeaderName = HeaderName::from_static("x-correlation-id");
/// Media type of a problem.
const PROBLEM_JSON: HeaderValue = HeaderValue::from_static("application/problem+json");
/// Longest a request may take: API Gateway gives up after 30 seconds.
const LONGEST: Duration = Duration::from_secs(25);

/// Judges a request by its method, address and headers, before anything is done for it.
pub type Admit = fn(&Parts) -> Result<(), Problem>;

/// What differs between the places where requests come in.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Finds the caller.
    pub identify: Identify,
    /// Refuses what may not be asked here, whoever asks.
    pub admit: Admit,
    /// Longest a request may take.
    pub longest: Duration,
}

impl Rules {
    /// The rules behind API Gateway, which has admitted what comes.
    #[must_use]
    pub fn of(identify: Identify) -> Self {
        Self { identify, admit: |_| Ok(()), longest: LONGEST }
    }
}

/// Puts the boundary around the routes of `router`.
pub fn around(router: Router, identify: Identify) -> Router {
    around_by(router, Rules::of(identify))
}

/// [`around`] with rules of one's own.
pub fn around_by(router: Router, rules: Rules) -> Router {
    router
        .fallback(async || Problem::not_found())
        .method_not_allowed_fallback(async |method: Method| {
            Problem::new(Code::MethodNotAllowed, format!("{method} is not possible here; see `Allow`."))
        })
        .layer(from_fn(move |request: Request, next: Next| pass(request, next, rules)))
}

async fn pass(request: Request, next: Next, rules: Rules) -> Response {
    let begun = Instant::now();
    let (mut parts, body) = request.into_parts();
    let correlation_id =
        correlation_id(&parts.headers).unwrap_or_else(|| CorrelationId::of(uuid::Uuid::now_v7().as_u128()));
    let caller = (rules.identify)(&parts).map(Caller);
    let (method, path) = (parts.method.clone(), parts.uri.path().to_owned());
    // The pattern: what a person put into a path does not belong into a log.
    let route = parts.extensions.get::<MatchedPath>().map_or("none", MatchedPath::as_str).to_owned();
    if let Some(caller) = caller.clone() {
        parts.extensions.insert(caller);
    }
    // For what the request causes: a job keeps it.
    parts.extensions.insert(correlation_id.clone());
    let correlation_id = correlation_id.as_str();
    let response = match (rules.admit)(&parts) {
        Ok(()) => answer(Request::from_parts(parts, body), next, rules.longest).await,
        Err(problem) => problem.into_response(),
    };
    let problem = response.extensions().get::<Problem>().cloned();
    let response = match &problem {
        Some(problem) => rendered(problem, &response, &path, correlation_id),
        None => response,
    };
    let entry = Entry {
        correlation_id,
        user_id: caller.as_ref().map(|caller| caller.0.as_str()),
        route: &route,
        method: method.as_str(),
        status: response.status().as_u16(),
        duration_ms: begun.elapsed().as_millis() as u64,
    };
    entry.log(problem.as_ref());
    with_headers(response, correlation_id)
}

/// What the routes answer within `longest`, a panic included.
async fn answer(request: Request, next: Next, longest: Duration) -> Response {
    let handled = tokio::time::timeout(longest, next.run(request));
    // A handler keeps nothing across requests but ports, which are made to be dropped in the middle of a call.
    match AssertUnwindSafe(handled).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => {
            Problem::new(Code::UpstreamTimeout, "It took too long; try again in a moment.").into_response()
        }
        Err(panic) => crashed(panic.as_ref()).into_response(),
    }
}

/// What the client sent, if it is harmless in a log.
fn correlation_id(headers: &axum::http::HeaderMap) -> Option<CorrelationId> {
    headers.get(&CORRELATION_ID)?.to_str().ok()?.parse().ok()
}

fn crashed(panic: &(dyn Any + Send)) -> Problem {
    #[derive(Debug, thiserror::Error)]
    #[error("a handler panicked ({kind})")]
    struct Panicked {
        kind: &'static str,
    }
    // What it says may hold anything, so it stays out of the log; the panic hook has told the place.
    let kind = if panic.is::<&'static str>() { "with a fixed message" } else { "with a message" };
    Problem::new(Code::InternalError, "This is not your fault; it was logged.").with_source(Panicked { kind })
}

fn rendered(problem: &Problem, bare: &Response, path: &str, correlation_id: &str) -> Response {
    let body = serde_json::to_vec(&problem.body(path, correlation_id)).unwrap_or_default();
    let mut response = (problem.code().status(), Body::from(body)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, PROBLEM_JSON);
    if let Some(seconds) = problem.retry_after_seconds() {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    if let Some(allow) = bare.headers().get(header::ALLOW) {
        headers.insert(header::ALLOW, allow.clone());
    }
    if problem.code() == Code::AuthRequired {
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

fn with_headers(mut response: Response, correlation_id: &str) -> Response {
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(correlation_id) {
        headers.insert(CORRELATION_ID, value);
    }
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // Everything here is one person's.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("private, no-store"));
    response
}

/// One line of the log for each request.
struct Entry<'a> {
    correlation_id: &'a str,
    user_id: Option<&'a str>,
    route: &'a str,
    method: &'a str,
    status: u16,
    duration_ms: u64,
}

impl Entry<'_> {
    fn log(&self, problem: Option<&Problem>) {
        let Self { correlation_id, user_id, route, method, status, duration_ms } = *self;
        let source = problem.and_then(Problem::source).map(with_sources);
        if status >= 500 {
            tracing::error!(
                correlation_id,
                user_id,
                route,
                method,
                status,
                duration_ms,
                error = source,
                "request failed"
            );
        } else {
            tracing::info!(
                correlation_id,
                user_id,
                route,
                method,
                status,
                duration_ms,
                error = source,
                "request answered"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use http_body_util::BodyExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::identity;

    async fn asked(path: &str, rules: Rules) -> (u16, serde_json::Value) {
        let router = Router::new()
            .route("/quick", get(async || "{}"))
            .route("/slow", get(std::future::pending::<()>))
            .route("/broken", get(async || -> () { panic!("a secret") }));
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let response = around_by(router, rules).oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    #[tokio::test]
    async fn what_may_not_be_asked_reaches_no_handler_and_is_told_as_a_problem() {
        let refuse = Rules {
            admit: |_| Err(Problem::new(Code::Forbidden, "Not from there.")),
            ..Rules::of(identity::local)
        };
        for path in ["/quick", "/slow", "/nowhere"] {
            let (status, body) = asked(path, refuse).await;
            assert_eq!((status, body["status"].as_u64()), (403, Some(403)), "{path}");
            assert_eq!(
                (body["detail"].as_str(), body["instance"].as_str()),
                (Some("Not from there."), Some(path))
            );
        }
        assert_eq!(asked("/quick", Rules::of(identity::local)).await.0, 200);
    }

    #[tokio::test]
    async fn a_handler_that_hangs_or_panics_costs_its_own_request() {
        let rules = Rules { longest: Duration::from_millis(20), ..Rules::of(identity::local) };
        assert_eq!(asked("/slow", rules).await.0, 504);
        let (status, body) = asked("/broken", rules).await;
        assert_eq!(status, 500);
        assert!(!body.to_string().contains("secret"), "{body}");
    }
}
