//! Places on the map: neighbours close, clusters apart.

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Silent, Stage, Watch};

use crate::manifold::descent::{Descent, descend};
use crate::manifold::graph::{fuzzy_graph, mean};
use crate::neighbours::{Neighbours, nearest};
use crate::quality;
use crate::sparse::SparseRows;

/// Neighbours that a place answers to: fewer than make the clusters, as a map is read from near.
pub(crate) const NEIGHBOURS: usize = 15;
/// Half the width of a map while it is made; the kernel has a scale of its own.
const EXTENT: f32 = 10.0;
/// Others pushed away for each neighbour pulled.
const NEGATIVES: usize = 5;
const SEED: u64 = 0x6d61_7073;

/// One place a conversation, both axes within -1 to 1, centred, one unit the same length on both.
///
/// The draft is the clusters' space (`points`) seen from where it is widest (its two principal components), so that what
/// is a cluster there lies together here; UMAP's descent in two dimensions then settles neighbours. `views` are the
/// neighbours by one or several measures, which count the same.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub(crate) fn layout(
    points: &Matrix,
    views: &[&[Neighbours]],
    watch: &dyn Watch,
) -> Result<Matrix, Cancelled> {
    watch.progress(Stage::Layout, 0, 2);
    let mut places = principal_plane(points);
    scale(&mut places, EXTENT);
    let graphs: Vec<SparseRows> = views.iter().map(|view| fuzzy_graph(view, NEIGHBOURS)).collect();
    let graph = mean(&graphs);
    watch.progress(Stage::Layout, 1, 2);
    let settings = Descent { epochs: epochs(places.rows()), negatives: NEGATIVES, step: 1.0, seed: SEED };
    descend(&graph, &mut places, &vec![false; graph.rows()], settings, watch)?;
    scale(&mut places, 1.0);
    watch.progress(Stage::Layout, 2, 2);
    Ok(places)
}

/// Places for conversations that are new to a map, the others staying where they are to the bit.
///
/// `space` has one row of unit length a conversation, old and new; `known` the place of each old one and `None` for a new
/// one. A new one starts at the weighted mean of its neighbours that have a place (those among the new follow, nearest
/// to the old first; in the middle of the map where there are none) and is moved by the same descent as [the whole
/// map](self), everyone else held. New places are kept within -1 to 1.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
///
/// # Panics
/// When `known` has not one entry a row.
pub fn place_new(
    space: &Matrix,
    known: &[Option<[f32; 2]>],
    watch: &dyn Watch,
) -> Result<Vec<[f32; 2]>, Cancelled> {
    assert_eq!(space.rows(), known.len(), "one entry a row");
    watch.progress(Stage::Layout, 0, 2);
    let graph = fuzzy_graph(&nearest(space, NEIGHBOURS, &Silent(watch))?, NEIGHBOURS);
    watch.progress(Stage::Layout, 1, 2);
    let started = started(&graph, known);
    let mut places = Matrix::from_data(2, started.iter().flatten().map(|value| value * EXTENT).collect());
    let fixed: Vec<bool> = known.iter().map(Option::is_some).collect();
    // They start where they belong: a long first step would only throw them out again.
    let settings = Descent { epochs: 100, negatives: NEGATIVES, step: 0.25, seed: SEED };
    descend(&graph, &mut places, &fixed, settings, watch)?;
    watch.progress(Stage::Layout, 2, 2);
    let (moved, _) = places.data().as_chunks::<2>();
    let place = |(known, moved): (&Option<[f32; 2]>, &[f32; 2])| {
        // What is scaled there and back need not be what it was.
        known.unwrap_or_else(|| moved.map(|value| (value / EXTENT).clamp(-1.0, 1.0)))
    };
    Ok(known.iter().zip(moved).map(place).collect())
}

/// Where new ones start: rounds of means over the neighbours placed in earlier rounds.
fn started(graph: &SparseRows, known: &[Option<[f32; 2]>]) -> Vec<[f32; 2]> {
    let mut placed = known.to_vec();
    loop {
        let found: Vec<(usize, [f32; 2])> = (0..placed.len())
            .filter(|&node| placed[node].is_none())
            .filter_map(|node| Some((node, mean_of_neighbours(graph.row(node), &placed)?)))
            .collect();
        if found.is_empty() {
            return placed.into_iter().map(Option::unwrap_or_default).collect();
        }
        found.into_iter().for_each(|(node, place)| placed[node] = Some(place));
    }
}

fn mean_of_neighbours(row: &[(u32, f32)], placed: &[Option<[f32; 2]>]) -> Option<[f32; 2]> {
    let mut sum = [0.0; 2];
    let mut total = 0.0;
    for &(other, weight) in row {
        if let Some(place) = placed[other as usize] {
            (0..2).for_each(|axis| sum[axis] += weight * place[axis]);
            total += weight;
        }
    }
    (total > 0.0).then(|| sum.map(|value| value / total))
}

/// Passes over the edges; small graphs need more to settle.
fn epochs(nodes: usize) -> usize {
    if nodes <= 3_000 { 500 } else { 150 }
}

/// Projects rows onto their two principal components, found by power iteration on the covariance.
fn principal_plane(points: &Matrix) -> Matrix {
    let columns = points.columns();
    let mean = quality::centroids(points, &vec![0; points.rows()]);
    let centred: Vec<Vec<f64>> = points
        .iter_rows()
        .map(|row| {
            row.iter().enumerate().map(|(axis, &value)| f64::from(value - mean.row(0)[axis])).collect()
        })
        .collect();
    let mut axes: Vec<Vec<f64>> = Vec::new();
    for place in 0..2 {
        let mut axis: Vec<f64> = (0..columns).map(|column| if column == place { 1.0 } else { 0.1 }).collect();
        for _ in 0..100 {
            let mut next = vec![0.0; columns];
            for row in &centred {
                let share: f64 = row.iter().zip(&axis).map(|(x, y)| x * y).sum();
                next.iter_mut().zip(row).for_each(|(sum, value)| *sum += share * value);
            }
            for other in &axes {
                let share: f64 = next.iter().zip(other).map(|(x, y)| x * y).sum();
                next.iter_mut().zip(other).for_each(|(value, x)| *value -= share * x);
            }
            let length = next.iter().map(|value| value * value).sum::<f64>().sqrt();
            if length <= 0.0 {
                break;
            }
            axis = next.into_iter().map(|value| value / length).collect();
        }
        axes.push(axis);
    }
    let place = |row: &Vec<f64>| {
        axes.iter()
            .map(|axis| row.iter().zip(axis).map(|(x, y)| x * y).sum::<f64>() as f32)
            .collect::<Vec<_>>()
    };
    let mut plane = Matrix::zeros(points.rows(), 2);
    centred.iter().enumerate().for_each(|(index, row)| plane.row_mut(index).copy_from_slice(&place(row)));
    plane
}

/// Moves the middle of the bounding box to the origin and the farther edges to `extent`.
fn scale(places: &mut Matrix, extent: f32) {
    let bounds = |axis: usize| {
        places.iter_rows().fold((f32::INFINITY, f32::NEG_INFINITY), |(low, high), row| {
            (low.min(row[axis]), high.max(row[axis]))
        })
    };
    let (horizontal, vertical) = (bounds(0), bounds(1));
    let widest = (horizontal.1 - horizontal.0).max(vertical.1 - vertical.0);
    let factor = if widest > 0.0 { 2.0 * extent / widest } else { 0.0 };
    let middle = [f32::midpoint(horizontal.0, horizontal.1), f32::midpoint(vertical.0, vertical.1)];
    for row in 0..places.rows() {
        let place = places.row_mut(row);
        for axis in 0..2 {
            place[axis] = (place[axis] - middle[axis]) * factor;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;
    use graphnode_core::watch::Unwatched;

    /// Three groups of rows, each around an axis of its own.
    fn grouped(rows: usize) -> Matrix {
        let mut random = SplitMix64::new(4);
        let mut space = Matrix::zeros(rows, 8);
        for row in 0..rows {
            space.row_mut(row).iter_mut().for_each(|value| *value = 0.2 * random.normal());
            space.row_mut(row)[row % 3] += 1.0;
        }
        space.normalise_rows();
        space
    }

    fn distance(a: [f32; 2], b: [f32; 2]) -> f32 {
        (a[0] - b[0]).hypot(a[1] - b[1])
    }

    #[test]
    fn new_ones_join_their_neighbours_and_old_ones_stay_to_the_bit() {
        let space = grouped(93);
        let neighbours = nearest(&space, NEIGHBOURS, &Unwatched).unwrap();
        let whole = layout(&space, &[&neighbours], &Unwatched).unwrap();
        let is_new = |row: usize| matches!(row, 7 | 50 | 90..);
        let old = |row: usize| [whole.row(row)[0], whole.row(row)[1]];
        let known: Vec<Option<[f32; 2]>> = (0..93).map(|row| (!is_new(row)).then(|| old(row))).collect();
        let places = place_new(&space, &known, &Unwatched).unwrap();
        for (row, &place) in places.iter().enumerate() {
            if !is_new(row) {
                assert_eq!(place.map(f32::to_bits), old(row).map(f32::to_bits));
                continue;
            }
            let mean = |group: usize| {
                let members = (0..93).filter(|&other| other % 3 == group && !is_new(other));
                let distances: Vec<f32> = members.map(|other| distance(place, old(other))).collect();
                distances.iter().sum::<f32>() / distances.len() as f32
            };
            let own = mean(row % 3);
            assert!((1..3).all(|step| own < 0.5 * mean((row + step) % 3)), "{row} lies elsewhere");
        }
    }

    #[test]
    fn a_map_may_be_all_new_or_not_new_at_all() {
        let space = grouped(5);
        let known = [Some([0.1, -0.3]); 5];
        assert_eq!(place_new(&space, &known, &Unwatched).unwrap(), [[0.1, -0.3]; 5]);
        let places = place_new(&space, &[None; 5], &Unwatched).unwrap();
        assert!(places.iter().flatten().all(|value| value.abs() <= 1.0));
        assert!(place_new(&Matrix::zeros(0, 8), &[], &Unwatched).unwrap().is_empty());
    }

    #[test]
    fn places_fill_the_stated_range() {
        let mut places = Matrix::from_data(2, vec![5.0, 5.0, 9.0, 6.0, 7.0, 5.0]);
        scale(&mut places, 1.0);
        assert_eq!(places.data(), [-1.0, -0.25, 1.0, 0.25, 0.0, -0.25]);
        let mut one = Matrix::from_data(2, vec![3.0, 4.0]);
        scale(&mut one, 1.0);
        assert_eq!(one.data(), [0.0, 0.0]);
    }

    #[test]
    fn the_plane_keeps_the_widest_directions() {
        let points = Matrix::from_data(3, vec![0.0, 0.0, 0.0, 0.1, 9.0, 0.0, 0.0, 0.0, 5.0, 0.1, 9.0, 5.0]);
        let plane = principal_plane(&points);
        let spread = |axis: usize| {
            let values: Vec<f32> = plane.iter_rows().map(|row| row[axis]).collect();
            values.iter().fold(f32::NEG_INFINITY, |a, &b| a.max(b))
                - values.iter().fold(f32::INFINITY, |a, &b| a.min(b))
        };
        assert!((spread(0) - 9.0).abs() < 0.1 && (spread(1) - 5.0).abs() < 0.1);
    }
}
