//! Places on the map: neighbours close, clusters apart.

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Stage, Watch};

use crate::clusters::Clusters;
use crate::manifold::descent::{Descent, descend};
use crate::quality;

const SEED: u64 = 0x6d61_7073;

/// One place a conversation, both axes within -1 to 1, centred, one unit the same length on both.
///
/// The draft is the clusters' space seen from where it is widest (its two principal components), so that what is a
/// cluster there lies together here; UMAP's descent in two dimensions then settles the neighbours.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub(crate) fn layout(clusters: &Clusters, watch: &dyn Watch) -> Result<Matrix, Cancelled> {
    watch.progress(Stage::Layout, 0, 2);
    let mut places = principal_plane(&clusters.points);
    scale(&mut places, 10.0);
    watch.progress(Stage::Layout, 1, 2);
    let settings =
        Descent { epochs: epochs(places.rows()), negatives: 5, repulsion: 1.0, step: 1.0, seed: SEED };
    descend(&clusters.graph, &mut places, 0, settings, watch)?;
    scale(&mut places, 1.0);
    watch.progress(Stage::Layout, 2, 2);
    Ok(places)
}

/// Passes over the edges; small graphs need more to settle.
fn epochs(nodes: usize) -> usize {
    if nodes <= 3_000 { 500 } else { 200 }
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
