//! Layer normalisation, GELU and quantisation of rows of activations.

use super::cpu::for_each_instruction_set;
use super::lanes::{LANES, ROUND, exp, extreme, gelu, larger, multiply_add, smaller, total};

/// Weights of a layer normalisation: a scale and a shift for every column.
#[derive(Debug, Clone)]
pub(crate) struct LayerNorm {
    pub(crate) weight: Vec<f32>,
    pub(crate) bias: Vec<f32>,
    /// Added to the variance.
    pub(crate) epsilon: f32,
}

for_each_instruction_set! {
    /// `rows = layer_norm(rows + update)`, row by row.
    pub(crate) fn add_and_normalise(rows: &mut [f32], update: &[f32], norm: &LayerNorm) = add_and_normalise_body
}

#[inline(always)]
fn add_and_normalise_body(rows: &mut [f32], update: &[f32], norm: &LayerNorm) {
    let width = norm.weight.len();
    for (row, update) in rows.chunks_exact_mut(width).zip(update.chunks_exact(width)) {
        for (value, update) in row.iter_mut().zip(update) {
            *value += update;
        }
        normalise_row(row, norm);
    }
}

for_each_instruction_set! {
    /// `rows = layer_norm(rows)`, row by row.
    pub(crate) fn normalise(rows: &mut [f32], norm: &LayerNorm) = normalise_body
}

#[inline(always)]
fn normalise_body(rows: &mut [f32], norm: &LayerNorm) {
    for row in rows.chunks_exact_mut(norm.weight.len()) {
        normalise_row(row, norm);
    }
}

/// Two passes (mean, then squared deviations), as accurate as the reference.
#[inline(always)]
fn normalise_row(row: &mut [f32], norm: &LayerNorm) {
    let count = row.len() as f32;
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut sums = [0.0_f32; LANES];
    for block in blocks {
        for lane in 0..LANES {
            sums[lane] += block[lane];
        }
    }
    let mean = (total(&sums) + rest.iter().sum::<f32>()) / count;
    let mut squares = [0.0_f32; LANES];
    for block in blocks {
        let deviations = block.map(|value| value - mean);
        squares = multiply_add(&deviations, &deviations, &squares);
    }
    let rest: f32 = rest.iter().map(|value| (value - mean) * (value - mean)).sum();
    let variance = (total(&squares) + rest) / count;
    let inverse = 1.0 / (variance + norm.epsilon).sqrt();
    for ((value, weight), bias) in row.iter_mut().zip(&norm.weight).zip(&norm.bias) {
        *value = ((*value - mean) * inverse).mul_add(*weight, *bias);
    }
}

for_each_instruction_set! {
    /// Gaussian error linear unit of every value.
    pub(crate) fn gelu_all(values: &mut [f32]) = gelu_all_body
}

#[inline(always)]
fn gelu_all_body(values: &mut [f32]) {
    for value in values {
        *value = gelu(*value);
    }
}

/// How a quantised row of activations maps back: `value = scale * (code - zero_point)`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct RowScale {
    pub(crate) scale: f32,
    pub(crate) zero_point: i32,
}

for_each_instruction_set! {
    /// Quantises each row of `width` values to eight bits of its own, so that a row never depends on what
    /// else is in the batch. A row of codes is `stride >= width` bytes; those behind the values become 0.
    pub(crate) fn quantise_rows(
        rows: &[f32], width: usize, codes: &mut [u8], stride: usize, scales: &mut [RowScale],
    ) = quantise_rows_body
}

#[inline(always)]
fn quantise_rows_body(rows: &[f32], width: usize, codes: &mut [u8], stride: usize, scales: &mut [RowScale]) {
    for ((row, codes), scale) in
        rows.chunks_exact(width).zip(codes.chunks_exact_mut(stride)).zip(scales.iter_mut())
    {
        *scale = quantise_row(row, &mut codes[..width]);
        codes[width..].fill(0);
    }
}

/// Asymmetric quantisation of one row to 0..=255; zero is always exact.
#[inline(always)]
fn quantise_row(row: &[f32], codes: &mut [u8]) -> RowScale {
    let (low, high) = (extreme(row, 0.0, smaller), extreme(row, 0.0, larger));
    let scale = (high - low) / 255.0;
    let inverse = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    // A whole number, with which the sum below stays exact.
    let shift = (-low) * inverse + ROUND;
    let zero_point = shift - ROUND;
    for (value, code) in row.iter().zip(codes) {
        // Rounded in the low bits of the sum; the clamp is for the last half step at either end.
        let rounded = value.mul_add(inverse, shift) - ROUND;
        *code = (smaller(larger(rounded, 0.0), 255.0) + ROUND).to_bits() as u8;
    }
    RowScale { scale, zero_point: zero_point as i32 }
}

for_each_instruction_set! {
    /// Replaces the first `tokens` scores of each row of `stride` (whole vectors) by the softmax of
    /// `score / sqrt(dimension)`. What is behind them is overwritten.
    pub(crate) fn softmax_rows(scores: &mut [f32], stride: usize, tokens: usize, dimension: usize) = softmax_body
}

#[inline(always)]
fn softmax_body(scores: &mut [f32], stride: usize, tokens: usize, dimension: usize) {
    let scale = 1.0 / (dimension as f32).sqrt();
    for row in scores.chunks_exact_mut(stride) {
        // Whole vectors: the padding comes to about 1e-38 and is not read.
        row[tokens..].fill(f32::NEG_INFINITY);
        let largest = extreme(row, f32::NEG_INFINITY, larger);
        for score in row.iter_mut() {
            *score = exp((*score - largest) * scale);
        }
        let mut sums = [0.0_f32; LANES];
        for block in row.as_chunks::<LANES>().0 {
            for lane in 0..LANES {
                sums[lane] += block[lane];
            }
        }
        let inverse = 1.0 / total(&sums);
        for score in row {
            *score *= inverse;
        }
    }
}
