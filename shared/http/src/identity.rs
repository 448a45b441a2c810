//! Who calls. Nothing in a path, a query or a body chooses a person: the caller comes from whoever authenticated it.
//!
//! Behind API Gateway that is the JWT authorizer's claim `sub` ([`lambda`](crate::lambda)); on one machine without login
//! it is the one person of the machine. A `sub` must be a [`UserId`] as it is (1 to 128 of letters, digits and
//! `-_.:|@`, no `..`), since it becomes part of keys: none is changed to fit, because two could become one. Whoever has
//! no such `sub` is answered 401.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use graphnode_core::ids::UserId;

use crate::problem::{Code, Problem};

/// Finds the caller of a request; `None` where nobody is authenticated.
pub type Identify = fn(&Parts) -> Option<UserId>;

/// The one person of a machine without login.
#[must_use]
pub fn local(_: &Parts) -> Option<UserId> {
    Some(UserId::local())
}

/// The authenticated caller. A handler that asks for none has no access to anybody's data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller(pub UserId);

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let nobody = || Problem::new(Code::AuthRequired, "Send a valid token as `Authorization: Bearer …`.");
        parts.extensions.get::<Self>().cloned().ok_or_else(nobody)
    }
}
