//! The crate on a tiny model with random weights, made by the tests themselves.

mod failures;
mod forward;
mod invariance;
mod preparing;
pub(crate) mod synthetic;
mod tokens;
