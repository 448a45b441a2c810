//! What tests of several crates share. Only ever a dev-dependency.
//!
//! - [`encoder`]: an encoder without a model, so that tests of everything behind it need no weights;
//! - [`contracts`]: one suite a port, for the embedded adapters and the real services alike;
//! - [`export`]: writes ChatGPT exports message by message;
//! - [`faults`]: ports whose calls are numbered and go wrong as planned;
//! - [`lines`]: keeps what is measured and logged;
//! - [`memory`]: a bucket in memory;
//! - [`variables`]: which variables a program reads.

pub mod contracts;
pub mod encoder;
pub mod export;
pub mod faults;
pub mod lines;
pub mod memory;
pub mod variables;
