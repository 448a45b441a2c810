//! Figures that tell how good a graph is when nobody has labelled it.

use graphnode_core::contract::{Quality, rounded};
use graphnode_core::matrix::Matrix;

use crate::edges::Pair;

/// All figures of one graph; `points` is the space the clusters were made in.
pub(crate) fn quality(points: &Matrix, labels: &[usize], pairs: &[Pair]) -> Quality {
    let nodes = labels.len().max(1) as f64;
    let mut sizes = vec![0_usize; count(labels)];
    labels.iter().for_each(|&label| sizes[label] += 1);
    let mut joined = vec![false; labels.len()];
    for &(a, b, _) in pairs {
        joined[a as usize] = true;
        joined[b as usize] = true;
    }
    let isolated = joined.iter().filter(|joined| !**joined).count();
    Quality {
        silhouette: rounded(mean(&silhouettes(points, labels))),
        modularity: rounded(modularity(labels, pairs)),
        largest_cluster_share: rounded(sizes.iter().copied().max().unwrap_or(0) as f64 / nodes),
        isolated_share: rounded(isolated as f64 / nodes),
        edges_per_node: rounded(pairs.len() as f64 / nodes),
    }
}

/// Number of labels `0..count`.
pub(crate) fn count(labels: &[usize]) -> usize {
    labels.iter().max().map_or(0, |label| label + 1)
}

/// The simplified silhouette of every point (Hruschka 2004): `(b - a) / max(a, b)`, `a` the distance to the own
/// centroid, `b` to the nearest other one; 0 where there is only one cluster.
pub(crate) fn silhouettes(points: &Matrix, labels: &[usize]) -> Vec<f64> {
    let centroids = centroids(points, labels);
    let distance = |point: usize, cluster: usize| {
        points
            .row(point)
            .iter()
            .zip(centroids.row(cluster))
            .map(|(x, y)| f64::from((x - y).powi(2)))
            .sum::<f64>()
            .sqrt()
    };
    (0..points.rows())
        .map(|point| {
            let own = distance(point, labels[point]);
            let others = (0..centroids.rows()).filter(|&cluster| cluster != labels[point]);
            let nearest = others.map(|cluster| distance(point, cluster)).fold(f64::INFINITY, f64::min);
            let larger = own.max(nearest);
            if nearest.is_finite() && larger > 0.0 { (nearest - own) / larger } else { 0.0 }
        })
        .collect()
}

/// Mean of the points of every cluster, one row a cluster.
pub(crate) fn centroids(points: &Matrix, labels: &[usize]) -> Matrix {
    let mut centroids = Matrix::zeros(count(labels), points.columns());
    let mut sizes = vec![0.0_f32; count(labels)];
    for (row, &label) in points.iter_rows().zip(labels) {
        centroids.row_mut(label).iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        sizes[label] += 1.0;
    }
    for (cluster, size) in sizes.iter().enumerate() {
        centroids.row_mut(cluster).iter_mut().for_each(|value| *value /= size.max(1.0));
    }
    centroids
}

/// Newman and Girvan's modularity (2004) of the labels on weighted edges; 0 without edges.
pub(crate) fn modularity(labels: &[usize], pairs: &[Pair]) -> f64 {
    let total: f64 = pairs.iter().map(|&(.., weight)| f64::from(weight)).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let mut inside = vec![0.0; count(labels)];
    let mut degrees = vec![0.0; count(labels)];
    for &(a, b, weight) in pairs {
        let (a, b, weight) = (labels[a as usize], labels[b as usize], f64::from(weight));
        degrees[a] += weight;
        degrees[b] += weight;
        if a == b {
            inside[a] += weight;
        }
    }
    inside
        .iter()
        .zip(&degrees)
        .map(|(inside, degree)| inside / total - (degree / (2.0 * total)).powi(2))
        .sum()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modularity_of_two_joined_triangles_is_the_textbook_value() {
        let pairs =
            [(0, 1, 1.0), (0, 2, 1.0), (1, 2, 1.0), (3, 4, 1.0), (3, 5, 1.0), (4, 5, 1.0), (2, 3, 1.0)];
        let labels = [0, 0, 0, 1, 1, 1];
        assert!((modularity(&labels, &pairs) - (6.0 / 7.0 - 0.5)).abs() < 1e-9);
    }

    #[test]
    fn silhouettes_are_high_for_far_groups_and_zero_for_one() {
        let points = Matrix::from_data(1, vec![0.0, 0.1, 9.9, 10.0]);
        assert!(mean(&silhouettes(&points, &[0, 0, 1, 1])) > 0.9);
        assert_eq!(silhouettes(&points, &[0; 4]), [0.0; 4]);
    }

    #[test]
    fn figures_of_an_empty_graph_are_finite() {
        let quality = quality(&Matrix::zeros(0, 2), &[], &[]);
        assert_eq!((quality.silhouette, quality.edges_per_node), (0.0, 0.0));
    }
}
