//! What tests of several crates share. Only ever a dev-dependency.
//!
//! - [`encoder`]: an encoder without a model, so that tests of everything behind it need no weights;
//! - [`export`]: writes ChatGPT exports message by message.

pub mod encoder;
pub mod export;
