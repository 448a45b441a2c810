//! From token states to one vector a text.

use crate::kernel::cpu::{Cpu, for_each_instruction_set};
use graphnode_core::matrix::normalise;

/// Mean of each text's rows of `states`, scaled to unit length.
pub(super) fn mean(cpu: Cpu, texts: &[&[u32]], states: &[f32], hidden: usize, output: &mut [f32]) {
    let mut first = 0;
    for (ids, vector) in texts.iter().zip(output.chunks_exact_mut(hidden)) {
        let end = first + ids.len();
        sum(cpu, &states[first * hidden..end * hidden], vector);
        // Dividing the sum by the number of tokens would change the length only, which becomes 1.
        normalise(vector);
        first = end;
    }
}

for_each_instruction_set! {
    /// Column sums of `rows`, rows of `vector.len()` values.
    fn sum(rows: &[f32], vector: &mut [f32]) = sum_body
}

#[inline(always)]
fn sum_body(rows: &[f32], vector: &mut [f32]) {
    vector.fill(0.0);
    for row in rows.chunks_exact(vector.len()) {
        for (sum, value) in vector.iter_mut().zip(row) {
            *sum += value;
        }
    }
}
