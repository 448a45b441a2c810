//! Tall matrices with few columns: what subspace iterations are made of.
//!
//! Sums over rows are taken in blocks of fixed size and added in order, so that the number of threads changes no bit.

use graphnode_core::matrix::Matrix;
use nalgebra::DMatrix;
use rayon::prelude::*;

use crate::product::dot_products;

/// Rows summed as one block.
const BLOCK: usize = 1_024;

/// `aᵀ b`, `a` and `b` having one row each a node.
pub(crate) fn inner(a: &Matrix, b: &Matrix) -> DMatrix<f64> {
    assert_eq!(a.rows(), b.rows());
    let (left, right) = (a.columns(), b.columns());
    let parts: Vec<DMatrix<f64>> = a
        .data()
        .par_chunks(BLOCK * left)
        .zip(b.data().par_chunks(BLOCK * right))
        .map(|(a, b)| wide(left, a) * wide(right, b).transpose())
        .collect();
    parts.into_iter().fold(DMatrix::zeros(left, right), |total, part| total + part)
}

/// Rows of `columns` values as columns, in twice the digits: sums of squares need them.
fn wide(columns: usize, rows: &[f32]) -> DMatrix<f64> {
    DMatrix::from_iterator(columns, rows.len() / columns, rows.iter().map(|&value| f64::from(value)))
}

/// `a · b` for a small `b`.
pub(crate) fn times(a: &Matrix, b: &DMatrix<f64>) -> Matrix {
    assert_eq!(a.columns(), b.nrows());
    let columns = b.ncols();
    // A column-major matrix read as rows is its transpose: one row a column of `b`.
    let small: Vec<f32> = b.iter().map(|&value| value as f32).collect();
    let mut product = Matrix::zeros(a.rows(), columns);
    product
        .data_mut()
        .par_chunks_mut(BLOCK * columns)
        .zip(a.data().par_chunks(BLOCK * a.columns()))
        .for_each(|(sums, rows)| dot_products(rows, &small, a.columns(), sums));
    product
}

/// Eigenvalues of a symmetric matrix, largest first, and their eigenvectors as columns, the largest entry of each
/// positive.
pub(crate) fn eigen(symmetric: DMatrix<f64>) -> (Vec<f64>, DMatrix<f64>) {
    let size = symmetric.nrows();
    let decomposed = symmetric.symmetric_eigen();
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|&a, &b| decomposed.eigenvalues[b].total_cmp(&decomposed.eigenvalues[a]).then(a.cmp(&b)));
    let values = order.iter().map(|&place| decomposed.eigenvalues[place]).collect();
    let mut vectors = DMatrix::zeros(size, size);
    for (place, &from) in order.iter().enumerate() {
        let column = decomposed.eigenvectors.column(from);
        let largest = column.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(1.0);
        vectors.set_column(place, &(column * largest.signum()));
    }
    (values, vectors)
}

/// Columns of `a` made orthonormal (Löwdin's canonical way: `a V Λ^-½` of the Gram matrix); directions that are not
/// there become zeros.
pub(crate) fn orthonormal(a: &Matrix) -> Matrix {
    let once = |a: &Matrix| {
        let (values, mut vectors) = eigen(inner(a, a));
        let cut = 1e-10 * values.first().copied().unwrap_or(0.0);
        for (place, &value) in values.iter().enumerate() {
            let factor = if value > cut { value.sqrt().recip() } else { 0.0 };
            vectors.column_mut(place).scale_mut(factor);
        }
        times(a, &vectors)
    };
    // Once loses half the digits where columns are nearly parallel; twice is enough (Giraud and Langou 2005).
    once(&once(a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    fn random(rows: usize, columns: usize) -> Matrix {
        let mut random = SplitMix64::new(rows as u64);
        Matrix::from_data(columns, (0..rows * columns).map(|_| random.normal()).collect())
    }

    #[test]
    fn products_are_the_naive_ones() {
        let (a, b) = (random(700, 3), random(700, 2));
        let product = inner(&a, &b);
        let naive: f64 = (0..700).map(|row| f64::from(a.row(row)[2]) * f64::from(b.row(row)[1])).sum();
        assert!((product[(2, 1)] - naive).abs() < 1e-3);
        let small = DMatrix::from_row_slice(3, 2, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let expected = a.row(5)[0] * 2.0 + a.row(5)[1] * 4.0 + a.row(5)[2] * 6.0;
        assert!((times(&a, &small).row(5)[1] - expected).abs() < 1e-5);
    }

    #[test]
    fn orthonormal_columns_are_and_missing_directions_vanish() {
        let mut a = random(500, 4);
        for row in 0..500 {
            a.row_mut(row)[3] = a.row(row)[0] + a.row(row)[1];
        }
        let gram = inner(&orthonormal(&a), &orthonormal(&a));
        for place in 0..3 {
            assert!((gram[(place, place)] - 1.0).abs() < 1e-5);
        }
        assert!(gram[(3, 3)].abs() < 1e-5 && gram[(0, 1)].abs() < 1e-5);
    }
}
