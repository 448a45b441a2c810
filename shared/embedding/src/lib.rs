//! The sentence encoder: the only crate with model dependencies.
//!
//! [`SentenceEncoder`] turns texts into unit vectors with a BERT-architecture sentence-transformers model, on
//! the CPU, in `f32` or int8, and implements [`graphnode_core::encoder::Encoder`]. [`prepare()`] turns a
//! downloaded model folder into one that starts quickly; nothing here downloads anything.
//!
//! From the outside in: `encoder` (batches and threads), `tokenizer`, `bert` (the forward pass), `kernel` (the
//! arithmetic); and for the files `folder` (settings), `tensors` (weights), `load`, `prepare`.
//!
//! The texts of a batch are packed without padding, weights are rounded by output channel and activations by
//! token. So nothing that is computed for a text depends on its neighbours, and a vector has the same bits in
//! any batch, on any number of threads and on any CPU.

mod bert;
mod encoder;
mod error;
mod folder;
mod kernel;
mod load;
mod prepare;
mod quantise;
mod tensors;
#[cfg(test)]
mod tests;
mod tokenizer;

pub use encoder::{LoadOptions, Precision, SentenceEncoder};
pub use error::ModelError;
pub use prepare::{PrepareOptions, PreparedModel, prepare, verify};
