//! Seeded random numbers that are the same in every version of every library.

use rayon::prelude::*;

/// What one step adds to the state.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64 (Steele, Lea and Flood 2014): small, quick and good enough for sampling.
#[derive(Debug, Clone)]
pub(crate) struct SplitMix64(u64);

impl SplitMix64 {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Sixty-four random bits.
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(STEP);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// A number below `bound`, which must not be 0; the bias is below 2⁻³².
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (((self.next() >> 32) * bound as u64) >> 32) as usize
    }

    /// A number in [0, 1).
    pub(crate) fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1_u64 << 24) as f32
    }

    /// A number of the standard normal distribution (Box and Muller 1958).
    pub(crate) fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.unit()).cos()
    }
}

/// The first `count` of [`SplitMix64::normal`] from a seed: the state is a counter, so every block can begin by itself.
pub(crate) fn normals(seed: u64, count: usize) -> Vec<f32> {
    const BLOCK: usize = 4_096;
    const STEPS_A_NORMAL: u64 = 2;
    let mut normals = vec![0.0; count];
    normals.par_chunks_mut(BLOCK).enumerate().for_each(|(block, values)| {
        let steps = STEPS_A_NORMAL * (block * BLOCK) as u64;
        let mut random = SplitMix64(seed.wrapping_add(steps.wrapping_mul(STEP)));
        values.iter_mut().for_each(|value| *value = random.normal());
    });
    normals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_is_the_published_one() {
        let mut random = SplitMix64::new(1_234_567);
        assert_eq!(random.next(), 6_457_827_717_110_365_317);
        assert_eq!(random.next(), 3_203_168_211_198_807_973);
    }

    #[test]
    fn blocks_of_normals_are_one_sequence() {
        let mut random = SplitMix64::new(3);
        assert!(normals(3, 10_000).into_iter().all(|normal| normal == random.normal()));
    }

    #[test]
    fn ranges_hold() {
        let mut random = SplitMix64::new(7);
        let numbers: Vec<usize> = (0..1_000).map(|_| random.below(10)).collect();
        assert!((0..10).all(|value| numbers.contains(&value)) && numbers.iter().all(|&value| value < 10));
        let mean = (0..10_000).map(|_| random.normal()).sum::<f32>() / 10_000.0;
        assert!(mean.abs() < 0.05, "{mean}");
    }
}
