//! Whether the service is there.

use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ports, Shared};
use crate::answer::json;

/// That the service is there.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    status: &'static str,
    /// Version of GraphNode.
    version: &'static str,
    /// Name of the model that makes the vectors.
    model: Option<String>,
}

/// Tells that the service is there. Asks nothing behind it, and needs no login.
#[utoipa::path(get, path = "/v1/graph-ai/health", tag = "service", security(()),
    responses((status = 200, description = "It is there", body = Health)))]
pub(super) async fn health<P: Ports>(State(api): Shared<P>) -> Response {
    json(&Health { status: "ok", version: env!("CARGO_PKG_VERSION"), model: api.model.clone() })
}
