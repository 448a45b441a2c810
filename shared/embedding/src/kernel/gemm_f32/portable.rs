//! The product in plain Rust, for CPUs without a form of their own.

use super::{Extent, Strided, StridedMut};
use crate::kernel::lanes::LANES;

/// See [`product`](super::product).
pub(super) fn product(
    extent: Extent,
    left: Strided<'_>,
    right: Strided<'_>,
    bias: Option<&[f32]>,
    target: &mut StridedMut<'_>,
) {
    for row in 0..extent.rows {
        let factors = &left.values[row * left.stride..][..extent.depth];
        for column in (0..extent.columns).step_by(LANES) {
            let mut sums = [0.0_f32; LANES];
            if let Some(bias) = bias {
                sums.copy_from_slice(&bias[column..column + LANES]);
            }
            for (depth, factor) in factors.iter().enumerate() {
                let values = &right.values[depth * right.stride + column..][..LANES];
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = factor.mul_add(*value, *sum);
                }
            }
            target.values[row * target.stride + column..][..LANES].copy_from_slice(&sums);
        }
    }
}
