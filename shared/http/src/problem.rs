//! What goes wrong, as a client hears it: `application/problem+json` (RFC 9457) with the wire contract's fields.
//!
//! A [`Problem`] says what the client may know. What lies behind it ([`Problem::with_source`]) goes to the log, once, where
//! the answer is written ([`boundary`](crate::boundary)); there the path and the correlation id are added as well.

use std::borrow::Cow;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use graphnode_core::job::StoreError;
use graphnode_core::ports::{PortError, PortErrorKind};
use serde::Serialize;
use utoipa::ToSchema;

/// The kinds of problems; a client decides by these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Code {
    /// A field of the request is wrong; `errors` names it.
    ValidationFailed,
    /// Nobody is signed in.
    AuthRequired,
    /// Asked from where nobody may ask, or too late: signing in mends nothing.
    Forbidden,
    /// There is no such thing, or it is another person's.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The state of things does not allow it.
    Conflict,
    /// More bytes than are taken.
    PayloadTooLarge,
    /// Not JSON.
    UnsupportedMediaType,
    /// Too much at a time.
    RateLimited,
    /// Something behind the API failed.
    UpstreamError,
    /// Something behind the API took too long.
    UpstreamTimeout,
    /// A mistake of ours.
    InternalError,
}

impl Code {
    /// Status, the last part of `type`, `title`, and whether the same request may succeed later.
    fn meaning(self) -> (StatusCode, &'static str, &'static str, bool) {
        match self {
            Self::ValidationFailed => {
                (StatusCode::BAD_REQUEST, "validation-failed", "The request is not valid", false)
            }
            Self::AuthRequired => (StatusCode::UNAUTHORIZED, "auth-required", "Sign in first", false),
            Self::Forbidden => (StatusCode::FORBIDDEN, "forbidden", "Not allowed", false),
            Self::NotFound => (StatusCode::NOT_FOUND, "not-found", "Not found", false),
            Self::MethodNotAllowed => {
                (StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", false)
            }
            Self::Conflict => (StatusCode::CONFLICT, "conflict", "Not possible in this state", false),
            Self::PayloadTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "payload-too-large", "Too large", false),
            Self::UnsupportedMediaType => {
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Send JSON", false)
            }
            Self::RateLimited => (StatusCode::TOO_MANY_REQUESTS, "rate-limited", "Too many requests", true),
            Self::UpstreamError => {
                (StatusCode::BAD_GATEWAY, "upstream-error", "A service behind this one failed", true)
            }
            Self::UpstreamTimeout => (
                StatusCode::GATEWAY_TIMEOUT,
                "upstream-timeout",
                "A service behind this one took too long",
                true,
            ),
            Self::InternalError => {
                (StatusCode::INTERNAL_SERVER_ERROR, "internal-error", "Something went wrong", false)
            }
        }
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        self.meaning().0
    }
}

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field, as a path into the body, or the name of a parameter or header.
    pub field: String,
    /// What is wrong with it, and what is accepted.
    pub message: String,
}

/// Why a request was not done.
#[derive(Debug, Clone)]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    errors: Vec<FieldProblem>,
    retry_after: Option<Duration>,
    retryable: bool,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// The body of an answer that tells of a problem.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProblemBody<'a> {
    /// `https://graphnode.dev/problems/` and the code.
    pub r#type: String,
    /// The code in a few words.
    pub title: &'a str,
    /// The HTTP status.
    pub status: u16,
    /// What happened, and what to do.
    pub detail: &'a str,
    /// The path that was asked for.
    pub instance: &'a str,
    /// Names this request in the logs.
    pub correlation_id: &'a str,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Fields that are wrong.
    pub errors: &'a [FieldProblem],
}

impl Problem {
    /// A problem; `detail` is for the client.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        let retryable = code.meaning().3;
        Self { code, detail: detail.into(), errors: Vec::new(), retry_after: None, retryable, source: None }
    }

    /// A field is wrong.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        let error = FieldProblem { field: field.into(), message: message.into() };
        let detail = format!("{}: {}", error.field, error.message);
        Self { errors: vec![error], ..Self::new(Code::ValidationFailed, detail) }
    }

    /// There is no such thing, or it is another person's: the same answer to the byte.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "There is no such thing.")
    }

    /// A mistake of ours, which the client cannot mend.
    pub fn ours(source: impl Error + Send + Sync + 'static) -> Self {
        Self::new(Code::InternalError, "This is not your fault; it was logged.").with_source(source)
    }

    /// With the fields that are wrong.
    #[must_use]
    pub fn with_errors(self, errors: Vec<FieldProblem>) -> Self {
        Self { errors, ..self }
    }

    /// The same request may succeed after that time.
    #[must_use]
    pub fn retry_after(self, after: Duration) -> Self {
        Self { retry_after: Some(after), retryable: true, ..self }
    }

    /// What lies behind it, for the log.
    #[must_use]
    pub fn with_source(self, source: impl Error + Send + Sync + 'static) -> Self {
        Self { source: Some(Arc::new(source)), ..self }
    }

    /// What kind it is.
    #[must_use]
    pub fn code(&self) -> Code {
        self.code
    }

    /// What lies behind it.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }

    /// Seconds for the header `Retry-After`, at least 1.
    #[must_use]
    pub fn retry_after_seconds(&self) -> Option<u64> {
        self.retry_after.map(|after| after.as_secs_f64().ceil().max(1.0) as u64)
    }

    /// The body of the answer.
    #[must_use]
    pub fn body<'a>(&'a self, instance: &'a str, correlation_id: &'a str) -> ProblemBody<'a> {
        let (status, kebab, title, _) = self.code.meaning();
        ProblemBody {
            r#type: format!("https://graphnode.dev/problems/{kebab}"),
            title,
            status: status.as_u16(),
            detail: &self.detail,
            instance,
            correlation_id,
            retryable: self.retryable,
            errors: &self.errors,
        }
    }
}

/// The problem travels beside an empty answer; [`boundary`](crate::boundary) writes its body.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<PortError> for Problem {
    fn from(error: PortError) -> Self {
        let problem = match error.kind() {
            PortErrorKind::RateLimited => Self::new(Code::RateLimited, "Try again in a moment."),
            PortErrorKind::Unavailable => Self::new(Code::UpstreamError, "Try again in a moment."),
            // Each of these is an answer where it is expected, and is handled there.
            _ => return Self::ours(error),
        };
        let problem = match error.retry_after() {
            Some(after) => problem.retry_after(after),
            None => problem,
        };
        problem.with_source(error)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Port(error) if error.kind() == PortErrorKind::Conflict => {
                Self::new(Code::Conflict, "Somebody else changed it at the same time; try again.")
                    .retry_after(Duration::from_secs(1))
                    .with_source(error)
            }
            StoreError::Port(error) => error.into(),
            StoreError::NoSuchJob(_) | StoreError::ForeignJob(_) => Self::not_found(),
            error @ StoreError::Damaged { .. } => Self::ours(error),
        }
    }
}

/// The problems of routes, for the OpenAPI document. Several are said in one name.
pub mod documented {
    use std::collections::BTreeMap;

    use utoipa::IntoResponses;
    use utoipa::openapi::{Content, Ref, RefOr, Response};

    use super::ProblemBody;

    macro_rules! problems {
        ($($(#[$documentation:meta])* $name:ident { $($variant:ident: $status:literal, $description:literal;)* })*) => {$(
            $(#[$documentation])*
            #[derive(utoipa::IntoResponses)]
            #[expect(dead_code, reason = "only the document is made from it")]
            pub(crate) enum $name {
                $(#[response(status = $status, description = $description, content_type = "application/problem+json")]
                $variant(ProblemBody<'static>),)*
            }
        )*};
    }

    /// What API Gateway says where its authorizer refuses a token, in its own form.
    #[derive(utoipa::ToSchema)]
    #[expect(dead_code, reason = "only the document is made from it")]
    pub(crate) struct GatewayMessage {
        message: String,
    }

    /// Nobody is signed in: said by us, or by API Gateway.
    pub(crate) enum Nobody {}

    impl IntoResponses for Nobody {
        fn responses() -> BTreeMap<String, RefOr<Response>> {
            let of = |name: &str| Content::new(Some(Ref::from_schema_name(name)));
            let response = Response::builder()
                .description("Nobody is signed in")
                .content("application/problem+json", of("ProblemBody"))
                .content("application/json", of("GatewayMessage"))
                .build();
            BTreeMap::from([("401".to_owned(), RefOr::T(response))])
        }
    }

    problems! {
        /// What every route of a person may answer.
        Usual {
            Invalid: 400, "A field is wrong; `errors` names it";
            TooMuch: 429, "Too much at a time; see `Retry-After`";
            Ours: 500, "A mistake of ours";
            Behind: 502, "Something behind the API failed";
            Slow: 504, "Something behind the API took too long";
        }
        /// What is asked for is not there.
        Missing {
            Missing: 404, "There is no such thing, or it is another person's";
        }
        /// The state does not allow it.
        Conflicting {
            Conflict: 409, "Not possible in this state";
        }
        /// The request has a body.
        OfBody {
            TooLarge: 413, "Too large";
            OtherType: 415, "Not JSON";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_body_has_every_field_of_the_contract_and_nothing_of_the_inside() {
        let error =
            PortError::new(PortErrorKind::Unavailable, "read jobs/t.json").with_source("10.0.0.7 refused");
        let problem = Problem::from(error);
        let body = serde_json::to_value(problem.body("/v1/graph-ai/tasks/t", "c-1")).unwrap();
        assert_eq!(
            body,
            serde_json::json!({
                "type": "https://graphnode.dev/problems/upstream-error",
                "title": "A service behind this one failed", "status": 502, "detail": "Try again in a moment.",
                "instance": "/v1/graph-ai/tasks/t", "correlationId": "c-1", "retryable": true, "errors": [],
            })
        );
        assert!(problem.source().is_some());
    }

    #[test]
    fn another_persons_job_is_as_one_that_is_not_there() {
        let foreign = Problem::from(StoreError::ForeignJob("t".parse().unwrap()));
        let body = |problem: &Problem| serde_json::to_string(&problem.body("/x", "c")).unwrap();
        assert_eq!(body(&foreign), body(&Problem::not_found()));
    }
}
