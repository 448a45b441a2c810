//! Answers that are JSON.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
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
