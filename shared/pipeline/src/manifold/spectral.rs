//! The smoothest functions on a graph: eigenvectors of its normalised adjacency (Ng, Jordan and Weiss 2002).

use graphnode_core::matrix::Matrix;

use crate::linear::{eigen, inner, orthonormal, times};
use crate::random::normals;
use crate::sparse::SparseRows;

/// Rounds of filtering and their polynomial's degree: the clusters have settled long before the last digits would.
const ROUNDS: usize = 8;
const DEGREE: usize = 10;

/// Eigenvalues and eigenvectors, largest first.
#[derive(Debug, Clone)]
pub(crate) struct Spectrum {
    /// In -1 to 1; the first is 1.
    pub values: Vec<f64>,
    /// One row a node, one column an eigenvalue.
    pub vectors: Matrix,
}

/// The `count` largest eigenpairs of `D^-½ W D^-½` (fewer where the graph has fewer nodes), by Chebyshev-filtered
/// subspace iteration (Zhou, Saad, Tiago and Chelikowsky 2006) from a seeded start.
pub(crate) fn spectrum(graph: &SparseRows, count: usize, seed: u64) -> Spectrum {
    let nodes = graph.rows();
    let count = count.min(nodes);
    // Guard vectors keep the last wanted ones from mixing with what lies behind them.
    let block = (count + 8 + count / 4).min(nodes).max(1);
    let operator = normalised(graph);
    let start = Matrix::from_data(block, normals(seed, nodes * block));
    let mut basis = orthonormal(&start);
    let mut values = vec![0.0_f64; block];
    for round in 0..ROUNDS {
        let unwanted = if round == 0 { 0.0 } else { values[block - 1].clamp(-0.5, 0.999) };
        basis = orthonormal(&filtered(&operator, &basis, unwanted as f32));
        let (ritz, turn) = eigen(symmetric(inner(&basis, &apply(&operator, &basis))));
        basis = times(&basis, &turn);
        values = ritz;
    }
    values.truncate(count);
    let mut vectors = Matrix::zeros(nodes, count);
    for row in 0..nodes {
        vectors.row_mut(row).copy_from_slice(&basis.row(row)[..count]);
    }
    Spectrum { values, vectors }
}

fn normalised(graph: &SparseRows) -> SparseRows {
    let root = |row: usize| {
        let degree: f32 = graph.row(row).iter().map(|(_, weight)| weight).sum();
        if degree > 0.0 { degree.sqrt().recip() } else { 0.0 }
    };
    let roots: Vec<f32> = (0..graph.rows()).map(root).collect();
    let rows: Vec<Vec<(u32, f32)>> = (0..graph.rows())
        .map(|row| {
            graph
                .row(row)
                .iter()
                .map(|&(other, weight)| (other, weight * roots[row] * roots[other as usize]))
                .collect()
        })
        .collect();
    SparseRows::new(&rows)
}

fn apply(operator: &SparseRows, columns: &Matrix) -> Matrix {
    let mut product = Matrix::zeros(columns.rows(), columns.columns());
    operator.times(columns.data(), columns.columns(), product.data_mut());
    product
}

/// A polynomial that is small on eigenvalues from -1 to `unwanted` and large above: Chebyshev's of the first kind,
/// stretched to that interval.
fn filtered(operator: &SparseRows, columns: &Matrix, unwanted: f32) -> Matrix {
    let half_width = f32::midpoint(unwanted, 1.0);
    let centre = f32::midpoint(unwanted, -1.0);
    let stretched = |columns: &Matrix| {
        let mut product = apply(operator, columns);
        product
            .data_mut()
            .iter_mut()
            .zip(columns.data())
            .for_each(|(y, x)| *y = (*y - centre * x) / half_width);
        product
    };
    let mut before = columns.clone();
    let mut now = stretched(columns);
    for _ in 1..DEGREE {
        let mut next = stretched(&now);
        next.data_mut().iter_mut().zip(before.data()).for_each(|(y, x)| *y = 2.0 * *y - x);
        before = std::mem::replace(&mut now, next);
    }
    now
}

fn symmetric(matrix: nalgebra::DMatrix<f64>) -> nalgebra::DMatrix<f64> {
    (&matrix + matrix.transpose()) * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(nodes: usize, edges: &[(usize, usize, f32)]) -> SparseRows {
        let mut rows = vec![Vec::new(); nodes];
        for &(a, b, weight) in edges {
            rows[a].push((b as u32, weight));
            rows[b].push((a as u32, weight));
        }
        rows.iter_mut().for_each(|row| row.sort_by_key(|&(other, _)| other));
        SparseRows::new(&rows)
    }

    /// The eigenvalues of a ring of n nodes are cos(2πj/n).
    #[test]
    fn a_ring_has_the_textbook_spectrum() {
        let edges: Vec<(usize, usize, f32)> = (0..40).map(|node| (node, (node + 1) % 40, 1.0)).collect();
        let found = spectrum(&graph(40, &edges), 5, 1);
        for (place, turns) in [0.0, 1.0, 1.0, 2.0, 2.0].into_iter().enumerate() {
            let expected = (std::f64::consts::TAU * turns / 40.0).cos();
            assert!((found.values[place] - expected).abs() < 1e-4, "{place}: {}", found.values[place]);
        }
    }

    #[test]
    fn separate_parts_have_an_eigenvalue_of_one_each() {
        let found = spectrum(
            &graph(6, &[(0, 1, 1.0), (1, 2, 1.0), (0, 2, 1.0), (3, 4, 1.0), (4, 5, 1.0), (3, 5, 1.0)]),
            3,
            1,
        );
        assert!((found.values[1] - 1.0).abs() < 1e-5 && found.values[2] < 0.1);
    }

    #[test]
    fn a_graph_without_edges_or_nodes_is_no_trouble() {
        assert_eq!(spectrum(&graph(3, &[]), 2, 1).vectors.rows(), 3);
        assert_eq!(spectrum(&graph(0, &[]), 2, 1).vectors.rows(), 0);
    }
}
