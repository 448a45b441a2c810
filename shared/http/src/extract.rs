//! Bodies, queries and paths, read into types, with the field that is wrong named in the answer.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use serde::de::DeserializeOwned;

use crate::problem::{Code, Problem};

/// A JSON body: 415 for another media type, 413 above the limit, 400 with the field's name for anything else.
#[derive(Debug, Clone)]
pub struct JsonBody<T> {
    /// What it says.
    pub value: T,
    /// The bytes it was read from.
    pub bytes: Bytes,
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        if !is_json(request.headers()) {
            let detail = "The body must be JSON, sent with `Content-Type: application/json`.";
            return Err(Problem::new(Code::UnsupportedMediaType, detail));
        }
        let bytes = Bytes::from_request(request, state).await.map_err(unreadable)?;
        let value = parse(&mut serde_json::Deserializer::from_slice(&bytes))?;
        Ok(Self { value, bytes })
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    media_type.is_some_and(|text| {
        let essence = text.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/json")
    })
}

fn unreadable(rejection: BytesRejection) -> Problem {
    match rejection.status() {
        axum::http::StatusCode::PAYLOAD_TOO_LARGE => {
            let detail =
                "The body is too large; announce an upload with `POST /v1/graph-ai/uploads` instead.";
            Problem::new(Code::PayloadTooLarge, detail)
        }
        _ => Problem::new(Code::ValidationFailed, "The body could not be read to its end."),
    }
}

fn parse<'de, T: serde::Deserialize<'de>>(
    deserializer: &mut serde_json::Deserializer<serde_json::de::SliceRead<'de>>,
) -> Result<T, Problem> {
    let value = serde_path_to_error::deserialize(&mut *deserializer).map_err(|error| {
        let (path, message) = (error.path().to_string(), error.inner().to_string());
        wrong(&path, &message)
    })?;
    deserializer.end().map_err(|error| wrong(".", &error.to_string()))?;
    Ok(value)
}

/// Of what serde says, the field's name goes to `field`: it stands in back quotes where the field is missing or unknown.
fn wrong(path: &str, message: &str) -> Problem {
    let quoted = || message.split('`').nth(1).unwrap_or_default();
    let named = message.starts_with("missing field") || message.starts_with("unknown field");
    let field = match (path, named) {
        (".", true) => quoted().to_owned(),
        (".", false) => "body".to_owned(),
        (path, true) if !path.ends_with(quoted()) => format!("{path}.{}", quoted()),
        (path, _) => path.to_owned(),
    };
    Problem::field(field, message)
}

/// The parameters behind `?`: 400 with the parameter's name for one that is wrong or unknown.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        match read {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => {
                let text = rejection.body_text();
                // `Failed to deserialize query string: limit: invalid digit found in string`
                let mut said = text.splitn(3, ": ").skip(1);
                match (said.next(), said.next()) {
                    (Some(field), Some(message)) => Err(Problem::field(field, message)),
                    (Some(message), None) => Err(wrong(".", message)),
                    _ => Err(Problem::field("query", "cannot be read")),
                }
            }
        }
    }
}

/// An id in the path. What is no id names nothing, so it is a 404 like an id that nobody has.
#[derive(Debug, Clone)]
pub struct Id<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Id<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(id)) => Ok(Self(id)),
            Err(_) => Err(Problem::not_found()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read")]
        count: u32,
    }

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read")]
        inner: Inner,
        kept: Option<Box<serde_json::value::RawValue>>,
    }

    fn field(json: &str) -> String {
        let problem = parse::<Outer>(&mut serde_json::Deserializer::from_slice(json.as_bytes())).unwrap_err();
        let body = serde_json::to_value(problem.body("/", "c")).unwrap();
        body["errors"][0]["field"].as_str().unwrap().to_owned()
    }

    #[test]
    fn the_field_that_is_wrong_is_named() {
        assert_eq!(field("{}"), "inner");
        assert_eq!(field(r#"{"inner":{"count":1},"other":2}"#), "other");
        assert_eq!(field(r#"{"inner":{"count":"x"}}"#), "inner.count");
        assert_eq!(field(r#"{"inner":{}}"#), "inner.count");
        assert_eq!(field(r#"{"inner":{"count":1,"more":2}}"#), "inner.more");
        for json in ["", "[", "7", r#"{"inner":{"count":1}} x"#] {
            assert_eq!(field(json), "body", "{json}");
        }
    }

    #[test]
    fn raw_json_is_kept_to_the_byte() {
        let json = br#"{"inner":{"count":1},"kept":[1.0, "a" ]}"#;
        let read: Outer = parse(&mut serde_json::Deserializer::from_slice(json)).unwrap();
        assert_eq!(read.kept.unwrap().get(), r#"[1.0, "a" ]"#);
    }
}
