//! Sums and extremes over sixteen lanes in a fixed order, and the scalar functions kernels are made of.
//!
//! Everything here is `#[inline(always)]`: it must become part of a function compiled for an instruction
//! set, see [`for_each_instruction_set!`](super::cpu::for_each_instruction_set).

/// Number of running sums; one AVX-512 register.
pub(crate) const LANES: usize = 16;

/// Sixteen values that are worked on together.
pub(crate) type Lanes = [f32; LANES];

/// `left * right + addend` in every lane, rounded once.
#[inline(always)]
pub(crate) fn multiply_add(left: &Lanes, right: &Lanes, addend: &Lanes) -> Lanes {
    let mut result = *addend;
    for lane in 0..LANES {
        result[lane] = left[lane].mul_add(right[lane], addend[lane]);
    }
    result
}

/// Combines the lanes pairwise, always in the same order.
#[inline(always)]
fn fold(lanes: &Lanes, combine: impl Fn(f32, f32) -> f32) -> f32 {
    let eight: [f32; 8] = std::array::from_fn(|lane| combine(lanes[lane], lanes[lane + 8]));
    let four: [f32; 4] = std::array::from_fn(|lane| combine(eight[lane], eight[lane + 4]));
    let two: [f32; 2] = std::array::from_fn(|lane| combine(four[lane], four[lane + 2]));
    combine(two[0], two[1])
}

/// Sum of the lanes.
#[inline(always)]
pub(crate) fn total(lanes: &Lanes) -> f32 {
    fold(lanes, |left, right| left + right)
}

/// The larger value; the second where one is not a number. `f32::max` would need more instructions.
#[inline(always)]
pub(crate) fn larger(left: f32, right: f32) -> f32 {
    if left > right { left } else { right }
}

/// The smaller value; the second where one is not a number.
#[inline(always)]
pub(crate) fn smaller(left: f32, right: f32) -> f32 {
    if left < right { left } else { right }
}

/// The value that `select` prefers of all in a row: of [`larger`] the largest.
#[inline(always)]
pub(crate) fn extreme(row: &[f32], start: f32, select: impl Fn(f32, f32) -> f32) -> f32 {
    let (blocks, rest) = row.as_chunks::<LANES>();
    let mut best = [start; LANES];
    for block in blocks {
        for lane in 0..LANES {
            best[lane] = select(block[lane], best[lane]);
        }
    }
    rest.iter().fold(fold(&best, &select), |best, &value| select(value, best))
}

/// 1.5 · 2²³: adding it to a value below 2²² leaves the value, rounded half to even, in the low bits.
/// `f32::round_ties_even` is a call to the C library where the target guarantees no instruction for it.
pub(crate) const ROUND: f32 = 12_582_912.0;

/// `e^x` for `x <= 0` within 2 units in the last place; below -87 it stays at `e^-87`, about 1.6e-38.
///
/// Argument reduction and polynomial of Cephes `expf` (S. Moshier).
#[inline(always)]
#[expect(clippy::excessive_precision, reason = "the coefficients as published")]
pub(crate) fn exp(x: f32) -> f32 {
    let x = larger(x, -87.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = n.mul_add(2.121_944_40e-4, n.mul_add(-0.693_359_375, x));
    let mut p = 1.987_569_15e-4_f32;
    p = p.mul_add(r, 1.398_199_95e-3);
    p = p.mul_add(r, 8.333_451_9e-3);
    p = p.mul_add(r, 4.166_579_6e-2);
    p = p.mul_add(r, 1.666_666_55e-1);
    p = p.mul_add(r, 5.000_000_1e-1);
    let y = p.mul_add(r * r, r + 1.0);
    // The low bits of `shifted` are n; they move into the exponent, the rest is shifted out.
    f32::from_bits(y.to_bits().wrapping_add(shifted.to_bits() << 23))
}

/// `x · Φ(x)`, the Gaussian error linear unit with the error function, within 1e-6.
///
/// The error function is the rational approximation of XLA and Eigen (`erf` for f32, |error| < 3e-7).
#[inline(always)]
#[expect(clippy::excessive_precision, reason = "the coefficients as published")]
pub(crate) fn gelu(x: f32) -> f32 {
    let z = smaller(larger(x * std::f32::consts::FRAC_1_SQRT_2, -4.0), 4.0);
    let s = z * z;
    let mut p = -2.726_142_258_013_06e-10_f32;
    p = p.mul_add(s, 2.770_681_424_959_02e-8);
    p = p.mul_add(s, -2.101_024_020_825_08e-6);
    p = p.mul_add(s, -5.692_506_394_623_46e-5);
    p = p.mul_add(s, -7.349_906_303_268_55e-4);
    p = p.mul_add(s, -2.954_599_808_540_25e-3);
    p = p.mul_add(s, -1.609_603_332_624_15e-2);
    let mut q = -1.456_607_184_649_96e-5_f32;
    q = q.mul_add(s, -2.133_740_552_789_05e-4);
    q = q.mul_add(s, -1.682_826_974_382_03e-3);
    q = q.mul_add(s, -7.373_329_167_204_68e-3);
    q = q.mul_add(s, -1.426_473_905_141_89e-2);
    let half = 0.5 * x;
    half.mul_add(z * p / q, half)
}
