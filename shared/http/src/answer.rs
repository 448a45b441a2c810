//! Answers that are JSON, and the tag of a content.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use graphnode_core::ports::objects::ETag;
use serde::Serialize;

use crate::problem::Problem;

/// 200 with `body` as JSON.
pub fn json(body: &impl Serialize) -> Response {
    json_with(StatusCode::OK, body)
}

/// `status` with `body` as JSON.
pub fn json_with(status: StatusCode, body: &impl Serialize) -> Response {
    const JSON: HeaderValue = HeaderValue::from_static("application/json");
    match serde_json::to_vec(body) {
        Ok(bytes) => (status, [(header::CONTENT_TYPE, JSON)], bytes).into_response(),
        Err(error) => Problem::ours(error).into_response(),
    }
}

/// The value of an `ETag` header: in quotes, as HTTP has it. S3 gives its tags with them, a folder without.
///
/// # Errors
/// A problem of ours, when the tag is none that a header can hold.
pub fn entity_tag(etag: &ETag) -> Result<HeaderValue, Problem> {
    let text = etag.as_str();
    let quoted = if text.ends_with('"') { text.to_owned() } else { format!("\"{text}\"") };
    HeaderValue::try_from(quoted).map_err(Problem::ours)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_quoted_once() {
        for (tag, value) in [("a1", "\"a1\""), ("\"a1\"", "\"a1\""), ("W/\"a1\"", "W/\"a1\"")] {
            assert_eq!(entity_tag(&ETag::new(tag)).unwrap(), value);
        }
        assert!(entity_tag(&ETag::new("a\n")).is_err());
    }
}
