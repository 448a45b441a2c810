//! The product in AVX-512 and AVX2 instructions.
#![expect(
    unsafe_code,
    reason = "the compiler does not keep tiles in registers by itself; every block is proven"
)]

use super::{Extent, Strided, StridedMut, TILE_ROWS};
use crate::kernel::cpu::{Cpu, InstructionSet};
use std::arch::x86_64::{
    _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps, _mm512_fmadd_ps,
    _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
};

/// Runs the tile of `$rows` rows and the widest of `$widths` that `$rest` vectors of columns leave room for;
/// comes to that width.
macro_rules! run_tile {
    ($tile:ident, [$($width:literal),*], $rows:ident, $rest:ident, $arguments:ident) => {{
        let (depth, left, right, bias, target) = $arguments;
        let vectors = [$($width),*].into_iter().find(|&width| width <= $rest).unwrap_or(1);
        match ($rows, vectors) {
            $(
                (1, $width) => $tile::<1, $width>(depth, left, right, bias, target),
                (2, $width) => $tile::<2, $width>(depth, left, right, bias, target),
                (3, $width) => $tile::<3, $width>(depth, left, right, bias, target),
                (4, $width) => $tile::<4, $width>(depth, left, right, bias, target),
                (5, $width) => $tile::<5, $width>(depth, left, right, bias, target),
                (_, $width) => $tile::<TILE_ROWS, $width>(depth, left, right, bias, target),
            )*
            _ => unreachable!("the width is one of the list"),
        }
        vectors
    }};
}

/// Defines `$product`, which covers an extent with tiles of up to [`TILE_ROWS`] rows and the given numbers of
/// vectors, and `$tile`, which computes one in registers.
macro_rules! define_product {
    (
        $product:ident, $cover:ident, $tile:ident, $set:expr, $features:literal, $lanes:literal, $widths:tt,
        $zero:ident, $broadcast:ident, $load:ident, $store:ident, $multiply_add:ident
    ) => {
        /// See [`product`](super::product), which has checked that the extent lies within the matrices.
        pub(super) fn $product(
            cpu: Cpu,
            extent: Extent,
            left: Strided<'_>,
            right: Strided<'_>,
            bias: Option<&[f32]>,
            target: &mut StridedMut<'_>,
        ) {
            assert!(cpu.instruction_set() == $set);
            // SAFETY: a `Cpu` of this set exists only where its features were detected.
            unsafe { $cover(extent, left, right, bias, target) };
        }

        #[target_feature(enable = $features)]
        fn $cover(
            extent: Extent,
            left: Strided<'_>,
            right: Strided<'_>,
            bias: Option<&[f32]>,
            target: &mut StridedMut<'_>,
        ) {
            let mut row = 0;
            while row < extent.rows {
                let left = Strided { values: &left.values[row * left.stride..], ..left };
                let rows = (extent.rows - row).min(TILE_ROWS);
                let mut column = 0;
                while column < extent.columns {
                    let right = Strided { values: &right.values[column..], ..right };
                    let bias = bias.map(|bias| &bias[column..]);
                    let values = &mut target.values[row * target.stride + column..];
                    let target = &mut StridedMut { values, stride: target.stride };
                    let rest = (extent.columns - column) / $lanes;
                    let arguments = (extent.depth, left, right, bias, target);
                    column += $lanes * run_tile!($tile, $widths, rows, rest, arguments);
                }
                row += rows;
            }
        }

        /// `ROWS` rows times `VECTORS` vectors of columns.
        #[target_feature(enable = $features)]
        fn $tile<const ROWS: usize, const VECTORS: usize>(
            depth: usize,
            left: Strided<'_>,
            right: Strided<'_>,
            bias: Option<&[f32]>,
            target: &mut StridedMut<'_>,
        ) {
            let left: [&[f32]; ROWS] = std::array::from_fn(|row| &left.values[row * left.stride..][..depth]);
            let mut sums = [[$zero(); VECTORS]; ROWS];
            if let Some(bias) = bias {
                for vector in 0..VECTORS {
                    let bias = &bias[vector * $lanes..][..$lanes];
                    // SAFETY: the slice has the length of a register; the load asks for no alignment.
                    let bias = unsafe { $load(bias.as_ptr()) };
                    for row in &mut sums {
                        row[vector] = bias;
                    }
                }
            }
            for k in 0..depth {
                let values = &right.values[k * right.stride..][..VECTORS * $lanes];
                let values: [_; VECTORS] = std::array::from_fn(|vector| {
                    // SAFETY: `values` has the length of all its registers; the load asks for no alignment.
                    unsafe { $load(values.as_ptr().add(vector * $lanes)) }
                });
                for row in 0..ROWS {
                    let factor = $broadcast(left[row][k]);
                    for vector in 0..VECTORS {
                        sums[row][vector] = $multiply_add(factor, values[vector], sums[row][vector]);
                    }
                }
            }
            for (row, sums) in sums.iter().enumerate() {
                let values = &mut target.values[row * target.stride..][..VECTORS * $lanes];
                for (values, sums) in values.chunks_exact_mut($lanes).zip(sums) {
                    // SAFETY: the slice has the length of a register; the store asks for no alignment.
                    unsafe { $store(values.as_mut_ptr(), *sums) };
                }
            }
        }
    };
}

define_product!(
    avx512,
    cover_avx512,
    tile_avx512,
    InstructionSet::Avx512,
    "avx512f",
    16,
    [4, 2, 1],
    _mm512_setzero_ps,
    _mm512_set1_ps,
    _mm512_loadu_ps,
    _mm512_storeu_ps,
    _mm512_fmadd_ps
);
define_product!(
    avx2,
    cover_avx2,
    tile_avx2,
    InstructionSet::Avx2,
    "avx2,fma",
    8,
    [2, 1],
    _mm256_setzero_ps,
    _mm256_set1_ps,
    _mm256_loadu_ps,
    _mm256_storeu_ps,
    _mm256_fmadd_ps
);
