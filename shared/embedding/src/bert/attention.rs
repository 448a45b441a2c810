//! Multi-head self-attention within one text.

use crate::kernel::cpu::Cpu;
use crate::kernel::elementwise::softmax_rows;
use crate::kernel::gemm_f32::{Extent, Strided, StridedMut, TILE_ROWS, product};
use crate::kernel::lanes::LANES;

/// Buffers of [`attend`], reused from text to text.
#[derive(Debug, Default)]
pub(super) struct AttentionScratch {
    /// Keys of a head, transposed: one row a dimension, tokens padded to whole vectors.
    keys: Vec<f32>,
    /// Values of a head, one row a token, dimensions padded to whole vectors.
    values: Vec<f32>,
    /// Scores of a tile of queries, then their softmax.
    scores: Vec<f32>,
    /// Weighted sums of the values, of a tile of queries.
    sums: Vec<f32>,
}

/// How many heads there are, and how long a head's vectors are.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    pub(super) count: usize,
    pub(super) dimension: usize,
}

/// Attention of the tokens of one text to each other.
///
/// `projected` holds a row a token: queries, keys and values of all heads, `3 * hidden` values; `output` gets a
/// row of `hidden` values a token. A tile of queries goes all the way while its scores are in the L1 cache.
pub(super) fn attend(
    cpu: Cpu,
    projected: &[f32],
    heads: Heads,
    scratch: &mut AttentionScratch,
    output: &mut [f32],
) {
    let Heads { count, dimension } = heads;
    let hidden = count * dimension;
    let tokens = output.len() / hidden;
    let key_stride = tokens.next_multiple_of(LANES);
    let value_stride = dimension.next_multiple_of(LANES);
    let AttentionScratch { keys, values, scores, sums } = scratch;
    keys.resize(dimension * key_stride, 0.0);
    values.resize(tokens * value_stride, 0.0);
    scores.resize(TILE_ROWS * key_stride, 0.0);
    sums.resize(TILE_ROWS * value_stride, 0.0);
    for head in 0..count {
        let offset = head * dimension;
        transpose_keys(&projected[hidden + offset..], 3 * hidden, tokens, keys, key_stride);
        copy_values(&projected[2 * hidden + offset..], 3 * hidden, dimension, values, value_stride);
        for first in (0..tokens).step_by(TILE_ROWS) {
            let rows = (tokens - first).min(TILE_ROWS);
            let queries = Strided { values: &projected[first * 3 * hidden + offset..], stride: 3 * hidden };
            let extent = Extent { rows, depth: dimension, columns: key_stride };
            let right = Strided { values: keys, stride: key_stride };
            let mut target = StridedMut { values: scores, stride: key_stride };
            product(cpu, extent, queries, right, None, &mut target);

            softmax_rows(cpu, &mut scores[..rows * key_stride], key_stride, tokens, dimension);

            let extent = Extent { rows, depth: tokens, columns: value_stride };
            let left = Strided { values: scores, stride: key_stride };
            let right = Strided { values, stride: value_stride };
            let mut target = StridedMut { values: sums, stride: value_stride };
            product(cpu, extent, left, right, None, &mut target);
            for (row, sums) in sums.chunks_exact(value_stride).enumerate().take(rows) {
                let target = &mut output[(first + row) * hidden + offset..][..dimension];
                target.copy_from_slice(&sums[..dimension]);
            }
        }
    }
}

/// Writes `keys[dimension][token]`, where the products read it in order; zeros behind the last token. Sixteen
/// tokens at a time, because rows this far apart share few sets of the L1 cache.
fn transpose_keys(source: &[f32], stride: usize, tokens: usize, keys: &mut [f32], key_stride: usize) {
    for first in (0..tokens).step_by(LANES) {
        let count = (tokens - first).min(LANES);
        for (dimension, keys) in keys.chunks_exact_mut(key_stride).enumerate() {
            let keys = &mut keys[first..first + LANES];
            for (token, key) in keys[..count].iter_mut().enumerate() {
                *key = source[(first + token) * stride + dimension];
            }
            keys[count..].fill(0.0);
        }
    }
}

/// Brings a head's values together: in place, their rows would fall into few sets of the L1 cache.
fn copy_values(source: &[f32], stride: usize, dimension: usize, values: &mut [f32], value_stride: usize) {
    for (token, row) in values.chunks_exact_mut(value_stride).enumerate() {
        row[..dimension].copy_from_slice(&source[token * stride..][..dimension]);
        row[dimension..].fill(0.0);
    }
}
