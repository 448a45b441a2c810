//! Places that keep neighbours together: UMAP's stochastic gradient descent with negative sampling.

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Watch, checkpoint};

use crate::random::SplitMix64;
use crate::sparse::SparseRows;

/// How a picture is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Descent {
    /// Passes over the edges; an edge of weight `w` takes part in a share `w / w_max` of them.
    pub epochs: usize,
    /// Others pushed away for each neighbour pulled.
    pub negatives: usize,
    /// First step length; it falls to zero.
    pub step: f32,
    /// Seed of the samples.
    pub seed: u64,
}

/// UMAP's kernel for its `min_dist` of 0.1 and `spread` of 1: similarity of places is `1 / (1 + A·d²ᴮ)`.
const A: f32 = 1.577;
const B: f32 = 0.895;

/// `m.powf(B)` for `m` from 1 to 2 as a cubic, lowest power first (Chebyshev interpolation, off by at most 2.7e-5 of the value).
const MANTISSA_POWER: [f32; 4] = [0.05607967, 1.001426, -0.06513202, 0.007652867];

/// The kernel's power, computed millions of times a map: from the parts of the number, some ten times as fast as `powf`
/// and, unlike the platform's, the same everywhere.
struct Power {
    /// `2^(B·e)` for every exponent a float can have.
    of_exponent: [f32; 256],
}

impl Power {
    fn new() -> Self {
        Self { of_exponent: std::array::from_fn(|exponent| (B * (exponent as f32 - 127.0)).exp2()) }
    }

    /// `value.powf(B)` for a normal number above zero; next to nothing for smaller ones.
    #[inline]
    fn of(&self, value: f32) -> f32 {
        let bits = value.to_bits();
        let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f80_0000);
        let [a, b, c, d] = MANTISSA_POWER;
        self.of_exponent[(bits >> 23) as usize & 0xff] * (a + mantissa * (b + mantissa * (c + mantissa * d)))
    }
}

/// Moves `places` (one row of two values a node of `graph`) but for those that are `fixed`, which only act on others.
///
/// Edges are walked in a fixed order on one thread: the samples, and so the picture, are a function of the seed alone.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub(crate) fn descend(
    graph: &SparseRows,
    places: &mut Matrix,
    fixed: &[bool],
    settings: Descent,
    watch: &dyn Watch,
) -> Result<(), Cancelled> {
    let count = graph.rows();
    let mut edges = edges(graph, fixed, settings.epochs);
    let mut random = SplitMix64::new(settings.seed);
    let power = Power::new();
    let (points, _) = places.data_mut().as_chunks_mut::<2>();
    for epoch in 0..settings.epochs {
        checkpoint(watch)?;
        let step = settings.step * (1.0 - epoch as f32 / settings.epochs as f32);
        for edge in &mut edges {
            if edge.next > epoch as f32 {
                continue;
            }
            edge.next += edge.period;
            let (from, to) = (edge.from as usize, edge.to as usize);
            let mut own = points[from];
            pull(&mut own, &mut points[to], step, !fixed[to], &power);
            if fixed[from] {
                continue;
            }
            for _ in 0..settings.negatives {
                let other = random.below(count);
                if other != from {
                    push(&mut own, &points[other], step, &power);
                }
            }
            points[from] = own;
        }
    }
    Ok(())
}

struct Edge {
    from: u32,
    to: u32,
    period: f32,
    next: f32,
}

/// Both directions of every edge that takes part at all and has an end to move, in the order of nodes.
fn edges(graph: &SparseRows, fixed: &[bool], epochs: usize) -> Vec<Edge> {
    let all = || {
        (0..graph.rows()).flat_map(|from| graph.row(from).iter().map(move |&(to, weight)| (from, to, weight)))
    };
    let heaviest = all().map(|(.., weight)| weight).fold(0.0, f32::max);
    all()
        .filter(|(.., weight)| *weight > heaviest / epochs as f32)
        .filter(|&(from, to, _)| !(fixed[from] && fixed[to as usize]))
        .map(|(from, to, weight)| {
            let period = heaviest / weight;
            Edge { from: from as u32, to, period, next: period }
        })
        .collect()
}

const LONGEST_MOVE: f32 = 4.0;

#[inline]
fn pull(own: &mut [f32; 2], other: &mut [f32; 2], step: f32, moves: bool, power: &Power) {
    let difference = [own[0] - other[0], own[1] - other[1]];
    let squared = difference[0] * difference[0] + difference[1] * difference[1];
    if squared <= 0.0 {
        return;
    }
    let power = power.of(squared);
    let factor = -2.0 * A * B * power / squared / (1.0 + A * power);
    for axis in 0..2 {
        let movement = (factor * difference[axis]).clamp(-LONGEST_MOVE, LONGEST_MOVE) * step;
        own[axis] += movement;
        if moves {
            other[axis] -= movement;
        }
    }
}

#[inline]
fn push(own: &mut [f32; 2], other: &[f32; 2], step: f32, power: &Power) {
    let difference = [own[0] - other[0], own[1] - other[1]];
    let squared = difference[0] * difference[0] + difference[1] * difference[1];
    let factor = 2.0 * B / ((0.001 + squared) * (1.0 + A * power.of(squared)));
    for axis in 0..2 {
        own[axis] += (factor * difference[axis]).clamp(-LONGEST_MOVE, LONGEST_MOVE) * step;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use graphnode_core::watch::Unwatched;

    #[test]
    fn the_power_is_what_the_platform_says() {
        let power = Power::new();
        for value in (-60..60).map(|exponent| 1.37_f32.powi(exponent)) {
            let exact = value.powf(B);
            assert!(
                (power.of(value) - exact).abs() <= 3e-5 * exact,
                "{value}: {} not {exact}",
                power.of(value)
            );
        }
        assert!(power.of(0.0) < 1e-30);
    }

    fn two_groups() -> (SparseRows, Matrix) {
        let rows: Vec<Vec<(u32, f32)>> = (0..20_u32)
            .map(|node| {
                let group = node / 10 * 10;
                (group..group + 10).filter(|&other| other != node).map(|other| (other, 1.0)).collect()
            })
            .collect();
        let mut random = SplitMix64::new(3);
        let places = Matrix::from_data(2, (0..40).map(|_| random.normal()).collect());
        (SparseRows::new(&rows), places)
    }

    const SETTINGS: Descent = Descent { epochs: 200, negatives: 5, step: 1.0, seed: 9 };

    fn distance(places: &Matrix, a: usize, b: usize) -> f32 {
        places.row(a).iter().zip(places.row(b)).map(|(x, y)| (x - y).powi(2)).sum::<f32>().sqrt()
    }

    #[test]
    fn neighbours_end_up_nearer_than_others() {
        let (graph, mut places) = two_groups();
        descend(&graph, &mut places, &[false; 20], SETTINGS, &Unwatched).unwrap();
        let within = (1..10).map(|node| distance(&places, 0, node)).fold(0.0, f32::max);
        let between = (10..20).map(|node| distance(&places, 0, node)).fold(f32::INFINITY, f32::min);
        assert!(within < between, "{within} {between}");
    }

    #[test]
    fn fixed_places_stay() {
        let (graph, mut places) = two_groups();
        let before = places.clone();
        let fixed: Vec<bool> = (0..20).map(|node| node != 4).collect();
        descend(&graph, &mut places, &fixed, SETTINGS, &Unwatched).unwrap();
        for node in 0..20 {
            assert_eq!(places.row(node) == before.row(node), node != 4, "{node}");
        }
    }
}
