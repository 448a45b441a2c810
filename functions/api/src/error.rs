//! What keeps the function from answering at all; everything else is a problem of one request.

/// The clients could not be made.
#[derive(Debug, thiserror::Error)]
#[error("clients not made: {0}")]
pub struct Unconnected(pub String);
