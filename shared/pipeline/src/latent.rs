//! Latent semantic analysis: sparse word counts as short dense vectors, in which words that keep the same company are
//! alike (Deerwester et al. 1990).

use graphnode_core::matrix::Matrix;

use crate::linear::{eigen, inner, orthonormal, times};
use crate::random::SplitMix64;
use crate::sparse::SparseRows;

/// Length of the vectors; fewer where there are fewer texts.
const DIMENSIONS: usize = 128;
/// Directions carried beside the wanted ones, and rounds, of the randomised SVD (Halko, Martinsson and Tropp 2011).
const OVERSAMPLING: usize = 10;
const ROUNDS: usize = 3;
const SEED: u64 = 0x6c61_7465_6e74;

/// The first left singular vectors of `rows`, each scaled by its singular value; rows of unit length, or of zeros where
/// a text shares nothing with another.
pub(crate) fn latent(rows: &SparseRows, features: usize) -> Matrix {
    let wanted = DIMENSIONS.min(rows.rows()).min(features).max(1);
    let block = (wanted + OVERSAMPLING).min(rows.rows()).max(1);
    if features == 0 || rows.rows() == 0 {
        return Matrix::zeros(rows.rows(), wanted);
    }
    let by_feature = rows.transposed(features);
    let mut random = SplitMix64::new(SEED);
    let mut right = Matrix::from_data(block, (0..features * block).map(|_| random.normal()).collect());
    let mut left = Matrix::zeros(0, block);
    for _ in 0..=ROUNDS {
        left = orthonormal(&product(rows, &right));
        right = product(&by_feature, &left);
    }
    // rightᵀ right = leftᵀ A Aᵀ left: its eigenvectors turn `left` into singular vectors.
    let (values, vectors) = eigen(inner(&right, &right));
    let mut turned = vectors.columns(0, wanted).into_owned();
    for (mut column, value) in turned.column_iter_mut().zip(&values) {
        column.scale_mut(value.max(0.0).sqrt());
    }
    let mut vectors = times(&left, &turned);
    vectors.normalise_rows();
    vectors
}

fn product(sparse: &SparseRows, right: &Matrix) -> Matrix {
    let mut product = Matrix::zeros(sparse.rows(), right.columns());
    sparse.times(right.data(), right.columns(), product.data_mut());
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use graphnode_core::matrix::dot;

    /// Texts of two topics; the first two share no word but keep the same company.
    #[test]
    fn words_with_the_same_company_are_alike() {
        let rows: Vec<Vec<(u32, f32)>> = vec![
            vec![(0, 1.0), (1, 1.0)],
            vec![(1, 1.0), (2, 1.0)],
            vec![(2, 1.0), (3, 1.0)],
            vec![(5, 1.0), (6, 1.0)],
            vec![(6, 1.0), (7, 1.0)],
            vec![],
        ];
        let vectors = latent(&SparseRows::new(&rows), 8);
        assert_eq!(vectors.rows(), 6);
        assert!(dot(vectors.row(0), vectors.row(1)) > 0.4);
        assert!(dot(vectors.row(0), vectors.row(3)).abs() < 1e-3);
        assert!(vectors.row(5).iter().all(|&value| value.abs() < 1e-6));
    }

    #[test]
    fn nothing_shared_is_no_trouble() {
        assert_eq!(latent(&SparseRows::new(&[vec![], vec![]]), 0).rows(), 2);
        assert_eq!(latent(&SparseRows::new(&[]), 0).rows(), 0);
    }
}
