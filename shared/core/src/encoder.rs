//! The port to a sentence encoder.

use std::fmt;

use crate::matrix::Matrix;
use crate::watch::{Cancelled, Watch};

pub use lazy::{LazyEncoder, ModelFailure};

mod lazy;

/// Which model made a vector. Vectors of different identities must never be compared.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ModelIdentity {
    /// Name of the model, such as `all-MiniLM-L6-v2`.
    pub name: String,
    /// Length of its vectors.
    pub dimension: usize,
    /// How its weights are stored and multiplied: `f32` or `int8`.
    pub precision: &'static str,
    /// Longest input in tokens, special ones included; what is longer is cut.
    pub max_tokens: usize,
}

impl fmt::Display for ModelIdentity {
    /// Name and precision, as the files of a build say them.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.name, self.precision)
    }
}

/// Turns texts into vectors.
///
/// Duties of an implementation:
/// - row `i` belongs to `texts[i]`, has `model().dimension` values and unit length;
/// - a row depends on its text alone: not on the other texts, their order, or the number of threads;
/// - it works in the caller's `rayon` pool and asks `watch` between batches.
pub trait Encoder: Send + Sync {
    /// The model in use.
    fn model(&self) -> &ModelIdentity;

    /// One unit vector a text; progress counts texts of [`Stage::Embed`](crate::watch::Stage::Embed), and `watch` hears how
    /// many tokens the model reads.
    ///
    /// # Errors
    /// [`EncodeError::Cancelled`] when `watch` says so; [`EncodeError::Failed`] when the model cannot
    /// process a text, which no retry mends.
    fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError>;

    /// How well the model's vocabulary knows a text: 1 when each word is one or two tokens, towards 0 when
    /// words fall apart into characters or unknown tokens, as Korean does for an English model.
    fn vocabulary_fit(&self, text: &str) -> f32;
}

/// Why texts could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The caller withdrew the work.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// The model could not process a text.
    #[error("the text could not be encoded: {0}")]
    Failed(String),
}
