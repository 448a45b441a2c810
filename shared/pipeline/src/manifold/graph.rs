//! Neighbour lists as a symmetric graph with weights that mean the same everywhere.

use rayon::prelude::*;

use crate::neighbours::Neighbours;
use crate::sparse::SparseRows;

/// Neighbourhood sizes whose graphs are averaged: one alone is a matter of luck, on small corpora above all.
const SIZES: [usize; 3] = [10, 15, 25];

/// Neighbours that [`averaged_graph`] makes use of.
pub(crate) const NEIGHBOURS: usize = SIZES[2];
/// Neighbours found beside those, so that without the near-duplicates among them enough are left.
pub(crate) const SPARE: usize = 15;

/// The mean of the fuzzy graphs over neighbourhoods of several sizes.
pub(crate) fn averaged_graph(neighbours: &[Neighbours]) -> SparseRows {
    mean(&SIZES.map(|size| fuzzy_graph(neighbours, size)))
}

/// The mean of `graphs` over the same nodes, an edge that one lacks weighing nothing there.
pub(crate) fn mean(graphs: &[SparseRows]) -> SparseRows {
    let share = 1.0 / graphs.len().max(1) as f32;
    let rows: Vec<Vec<(u32, f32)>> = (0..graphs.first().map_or(0, SparseRows::rows))
        .into_par_iter()
        .map(|row| {
            let mut all: Vec<(u32, f32)> = graphs.iter().flat_map(|graph| graph.row(row)).copied().collect();
            all.sort_by_key(|&(other, _)| other);
            all.chunk_by(|a, b| a.0 == b.0)
                .map(|same| (same[0].0, same.iter().map(|(_, weight)| weight).sum::<f32>() * share))
                .collect()
        })
        .collect();
    SparseRows::new(&rows)
}

/// The fuzzy simplicial set of UMAP (section 3.1) over the `size` nearest: each conversation measures distance from its nearest
/// neighbour and in its own unit, so that all have as many close ones; two opinions of a pair are joined by
/// the probabilistic sum. Symmetric, weights in (0, 1], no self-loops.
pub(crate) fn fuzzy_graph(neighbours: &[Neighbours], size: usize) -> SparseRows {
    let directed: Vec<Vec<(u32, f32)>> =
        neighbours.par_iter().map(|list| memberships(&list[..list.len().min(size)])).collect();
    let by_target = SparseRows::new(&directed.iter().map(|row| sorted(row.clone())).collect::<Vec<_>>());
    let reverse = by_target.transposed(neighbours.len());
    let rows: Vec<Vec<(u32, f32)>> = (0..neighbours.len())
        .into_par_iter()
        .map(|row| union(by_target.row(row), reverse.row(row)))
        .collect();
    SparseRows::new(&rows)
}

fn sorted(mut row: Vec<(u32, f32)>) -> Vec<(u32, f32)> {
    row.sort_unstable_by_key(|&(other, _)| other);
    row
}

/// `exp(-(d - ρ) / σ)` for every neighbour, `d = 1 - similarity`, ρ the smallest `d` above zero and σ such that
/// the memberships add up to `log2(k)`.
fn memberships(list: &[(u32, f32)]) -> Vec<(u32, f32)> {
    const ROUNDS: usize = 48;
    let distances: Vec<f32> = list.iter().map(|&(_, similarity)| (1.0 - similarity).max(0.0)).collect();
    let nearest = distances.iter().copied().find(|&distance| distance > 0.0).unwrap_or(0.0);
    let target = (list.len().max(2) as f32).log2();
    let total = |sigma: f32| distances.iter().map(|d| (-(d - nearest).max(0.0) / sigma).exp()).sum::<f32>();
    let (mut low, mut high) = (0.0_f32, 1.0_f32);
    while total(high) < target && high < 1e3 {
        high *= 2.0;
    }
    for _ in 0..ROUNDS {
        let middle = (low + high) / 2.0;
        if total(middle) > target { high = middle } else { low = middle }
    }
    let mean = distances.iter().sum::<f32>() / distances.len().max(1) as f32;
    let sigma = high.max(1e-3 * mean).max(1e-6);
    list.iter()
        .zip(&distances)
        .map(|(&(other, _), distance)| (other, (-(distance - nearest).max(0.0) / sigma).exp()))
        .filter(|&(_, weight)| weight > 1e-6)
        .collect()
}

/// `a + b - a·b` for every entry of either row.
fn union(a: &[(u32, f32)], b: &[(u32, f32)]) -> Vec<(u32, f32)> {
    let mut joined = Vec::with_capacity(a.len() + b.len());
    let (mut a, mut b) = (a.iter().peekable(), b.iter().peekable());
    loop {
        let next = match (a.peek(), b.peek()) {
            (Some(&&(i, x)), Some(&&(j, y))) if i == j => {
                a.next();
                b.next();
                (i, x + y - x * y)
            }
            (Some(&&(i, x)), Some(&&(j, _))) if i < j => {
                a.next();
                (i, x)
            }
            (Some(&&left), None) => {
                a.next();
                left
            }
            (_, Some(&&right)) => {
                b.next();
                right
            }
            (None, None) => return joined,
        };
        joined.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_graph_is_symmetric_and_the_nearest_count_fully() {
        let neighbours = vec![vec![(1, 0.9), (2, 0.5)], vec![(0, 0.9), (2, 0.6)], vec![(1, 0.6), (0, 0.5)]];
        let graph = fuzzy_graph(&neighbours, 15);
        for row in 0..3 {
            for &(other, weight) in graph.row(row) {
                assert!(weight > 0.0 && weight <= 1.0);
                assert!(graph.row(other as usize).contains(&(row as u32, weight)));
            }
        }
        assert!((graph.row(0)[0].1 - 1.0).abs() < 1e-6);
    }

    #[test]
    fn equal_texts_and_lone_ones_are_no_trouble() {
        let graph = fuzzy_graph(&[vec![(1, 1.0)], vec![(0, 1.0)], vec![]], 15);
        assert_eq!(graph.row(0), [(1, 1.0)]);
        assert!(graph.row(2).is_empty());
    }
}
