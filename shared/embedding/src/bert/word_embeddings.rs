//! The word embeddings, read from the mapped file row by row.

use crate::tensors::TensorBytes;

/// A row a token id.
#[derive(Debug)]
pub(crate) enum WordEmbeddings {
    /// Rows of floats.
    Float(TensorBytes),
    /// Rows of floats that are rounded to int8 as they are read, so that a model quantised on loading gives
    /// the very vectors of a prepared one.
    Rounded(TensorBytes),
    /// Rows of int8, and the scale of each row.
    Int8 {
        /// One byte a value.
        codes: TensorBytes,
        /// One f32 a row.
        scales: TensorBytes,
    },
}

impl WordEmbeddings {
    /// Copies row `id` to `row`.
    pub(super) fn copy_row(&self, id: usize, row: &mut [f32]) {
        match self {
            Self::Float(tensor) => tensor.copy_floats(id * row.len(), row),
            Self::Rounded(tensor) => {
                tensor.copy_floats(id * row.len(), row);
                let scale = crate::quantise::symmetric_scale(row);
                for value in row {
                    *value = f32::from(crate::quantise::symmetric_code(*value, scale)) * scale;
                }
            }
            Self::Int8 { codes, scales } => {
                let mut scale = [0.0];
                scales.copy_floats(id, &mut scale);
                let codes = &codes.bytes()[id * row.len()..][..row.len()];
                for (value, code) in row.iter_mut().zip(codes) {
                    *value = f32::from(code.cast_signed()) * scale[0];
                }
            }
        }
    }
}
