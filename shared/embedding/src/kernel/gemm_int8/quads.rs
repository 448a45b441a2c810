//! Sums of four products at once: AVX-512 VNNI.
#![expect(unsafe_code, reason = "VNNI has no portable form; every block states why it is sound")]

use std::arch::x86_64::{
    __m512i, _mm512_dpbusd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_setzero_si512,
    _mm512_storeu_si512,
};

use super::{PANEL, TILE_ROWS, Tile};
use crate::kernel::cpu::{Cpu, InstructionSet};

/// Four depths of the 64 columns of a panel, in four registers of sixteen columns.
pub(super) type Step = [[i8; 64]; VECTORS];

/// Registers to a row of a tile.
const VECTORS: usize = PANEL / 16;

/// Packs rows of `inputs` weights, one row a column.
pub(super) fn pack(weight: &[i8], inputs: usize) -> Vec<Step> {
    let depth = inputs.div_ceil(4);
    let columns = weight.len() / inputs;
    let mut steps = vec![[[0; 64]; VECTORS]; columns.div_ceil(PANEL) * depth];
    for (column, row) in weight.chunks_exact(inputs).enumerate() {
        let panel = &mut steps[column / PANEL * depth..][..depth];
        let (vector, lane) = (column % PANEL / 16, column % 16);
        for (step, quad) in panel.iter_mut().zip(row.chunks(4)) {
            step[vector][lane * 4..lane * 4 + quad.len()].copy_from_slice(quad);
        }
    }
    steps
}

/// Sums of `count` rows (of `steps.len()` groups of four codes) with a panel.
pub(super) fn tile(cpu: Cpu, count: usize, rows: &[[u8; 4]], steps: &[Step], tile: &mut Tile) {
    assert!(cpu.instruction_set() == InstructionSet::Avx512);
    // SAFETY: a `Cpu` of this set exists only where AVX-512 F and VNNI were detected.
    unsafe {
        match count {
            1 => tile_of::<1>(rows, steps, tile),
            2 => tile_of::<2>(rows, steps, tile),
            3 => tile_of::<3>(rows, steps, tile),
            4 => tile_of::<4>(rows, steps, tile),
            5 => tile_of::<5>(rows, steps, tile),
            _ => tile_of::<TILE_ROWS>(rows, steps, tile),
        }
    }
}

#[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")]
fn tile_of<const ROWS: usize>(rows: &[[u8; 4]], steps: &[Step], tile: &mut Tile) {
    let depth = steps.len();
    let rows: [&[[u8; 4]]; ROWS] = std::array::from_fn(|row| &rows[row * depth..][..depth]);
    let mut sums = [[_mm512_setzero_si512(); VECTORS]; ROWS];
    for k in 0..depth {
        let step = &steps[k];
        let weights: [__m512i; VECTORS] = std::array::from_fn(|vector| {
            // SAFETY: the pointer is to 64 readable bytes; the load asks for no alignment.
            unsafe { _mm512_loadu_si512(step[vector].as_ptr().cast()) }
        });
        for row in 0..ROWS {
            let codes = _mm512_set1_epi32(i32::from_le_bytes(rows[row][k]));
            for vector in 0..VECTORS {
                sums[row][vector] = _mm512_dpbusd_epi32(sums[row][vector], codes, weights[vector]);
            }
        }
    }
    for (target, sums) in tile.iter_mut().zip(sums) {
        for (target, sums) in target.as_chunks_mut::<16>().0.iter_mut().zip(sums) {
            // SAFETY: the pointer is to 64 writable bytes; the store asks for no alignment.
            unsafe { _mm512_storeu_si512(target.as_mut_ptr().cast(), sums) };
        }
    }
}
