//! Sums of two products at once on operands widened to i16: AVX2 (`vpmaddwd`) and every other CPU.
#![cfg_attr(
    target_arch = "x86_64",
    expect(unsafe_code, reason = "`vpmaddwd` has no portable form; every block states why it is sound")
)]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64::{
    __m256i, _mm256_add_epi32, _mm256_loadu_si256, _mm256_madd_epi16, _mm256_set1_epi32,
    _mm256_setzero_si256, _mm256_storeu_si256,
};

#[cfg(target_arch = "x86_64")]
use super::TILE_ROWS;
use super::{PANEL, Tile};
use crate::kernel::cpu::{Cpu, InstructionSet};

/// Two depths of the 64 columns of a panel, in parts of eight columns.
pub(super) type Step = [[i16; 16]; PANEL / 8];

/// Packs rows of `inputs` weights, one row a column. The depth is padded as quantised rows are.
pub(super) fn pack(weight: &[i8], inputs: usize) -> Vec<Step> {
    let depth = inputs.next_multiple_of(super::DEPTH_STEP) / 2;
    let columns = weight.len() / inputs;
    let mut steps = vec![[[0; 16]; PANEL / 8]; columns.div_ceil(PANEL) * depth];
    for (column, row) in weight.chunks_exact(inputs).enumerate() {
        let panel = &mut steps[column / PANEL * depth..][..depth];
        let (part, lane) = (column % PANEL / 8, column % 8);
        for (step, pair) in panel.iter_mut().zip(row.chunks(2)) {
            for (offset, value) in pair.iter().enumerate() {
                step[part][lane * 2 + offset] = i16::from(*value);
            }
        }
    }
    steps
}

/// Codes as pairs of i16, the first one in the low half: as one value, a pair is read in one instruction.
pub(super) fn widen(codes: &[u8]) -> Vec<i32> {
    codes.as_chunks::<2>().0.iter().map(|pair| i32::from(pair[0]) | i32::from(pair[1]) << 16).collect()
}

/// Sums of `count` rows (of `steps.len()` pairs of codes) with a panel.
pub(super) fn tile(cpu: Cpu, count: usize, rows: &[i32], steps: &[Step], tile: &mut Tile) {
    #[cfg(target_arch = "x86_64")]
    if cpu.instruction_set() != InstructionSet::Portable {
        // SAFETY: every set but the portable one includes AVX2, and a `Cpu` exists only where it was detected.
        unsafe {
            match count {
                1 => avx2::<1>(rows, steps, tile),
                2 => avx2::<2>(rows, steps, tile),
                3 => avx2::<3>(rows, steps, tile),
                4 => avx2::<4>(rows, steps, tile),
                5 => avx2::<5>(rows, steps, tile),
                _ => avx2::<TILE_ROWS>(rows, steps, tile),
            }
        }
        return;
    }
    debug_assert!(cpu.instruction_set() == InstructionSet::Portable);
    portable(count, rows, steps, tile);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<const ROWS: usize>(rows: &[i32], steps: &[Step], tile: &mut Tile) {
    let depth = steps.len();
    let rows: [&[i32]; ROWS] = std::array::from_fn(|row| &rows[row * depth..][..depth]);
    // Two registers of eight columns at a time: with six rows, twelve sums fit into the sixteen registers.
    for half in 0..PANEL / 16 {
        let mut sums = [[_mm256_setzero_si256(); 2]; ROWS];
        for k in 0..depth {
            let step = &steps[k];
            let weights: [__m256i; 2] = std::array::from_fn(|part| {
                // SAFETY: the pointer is to 32 readable bytes; the load asks for no alignment.
                unsafe { _mm256_loadu_si256(step[half * 2 + part].as_ptr().cast()) }
            });
            for row in 0..ROWS {
                let codes = _mm256_set1_epi32(rows[row][k]);
                for part in 0..2 {
                    let products = _mm256_madd_epi16(codes, weights[part]);
                    sums[row][part] = _mm256_add_epi32(sums[row][part], products);
                }
            }
        }
        for (target, sums) in tile.iter_mut().zip(sums) {
            let (parts, _) = target[half * 16..].as_chunks_mut::<8>();
            for (target, sums) in parts.iter_mut().zip(sums) {
                // SAFETY: the pointer is to 32 writable bytes; the store asks for no alignment.
                unsafe { _mm256_storeu_si256(target.as_mut_ptr().cast(), sums) };
            }
        }
    }
}

fn portable(count: usize, rows: &[i32], steps: &[Step], tile: &mut Tile) {
    let depth = steps.len();
    for (row, sums) in rows.chunks_exact(depth).zip(tile.iter_mut()).take(count) {
        sums.fill(0);
        for (codes, step) in row.iter().zip(steps) {
            let codes = [codes & 0xffff, codes >> 16];
            for (sum, weights) in sums.iter_mut().zip(step.as_flattened().as_chunks::<2>().0) {
                *sum += codes[0] * i32::from(weights[0]) + codes[1] * i32::from(weights[1]);
            }
        }
    }
}
