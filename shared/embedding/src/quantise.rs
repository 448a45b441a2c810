//! Weights to eight bits: symmetric, one scale a row.

use crate::kernel::lanes::ROUND;

/// What code 1 of a row stands for: its largest magnitude comes to 127. 0 for a row of zeros.
pub(crate) fn symmetric_scale(row: &[f32]) -> f32 {
    row.iter().fold(0.0_f32, |largest, value| largest.max(value.abs())) / 127.0
}

/// The code of `value`, -127..=127.
pub(crate) fn symmetric_code(value: f32, scale: f32) -> i8 {
    // The quotient is at most 127 and a rounding error, so the low byte of the sum is the rounded code.
    if scale > 0.0 { (value / scale + ROUND).to_bits() as i8 } else { 0 }
}

/// Codes of all rows of `width` values, and the scale of each.
pub(crate) fn symmetric_rows(values: &[f32], width: usize) -> (Vec<i8>, Vec<f32>) {
    let scales: Vec<f32> = values.chunks_exact(width).map(symmetric_scale).collect();
    let codes = values
        .chunks_exact(width)
        .zip(&scales)
        .flat_map(|(row, &scale)| row.iter().map(move |&value| symmetric_code(value, scale)))
        .collect();
    (codes, scales)
}
