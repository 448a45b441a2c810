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

/// The directions in which the texts of a corpus differ most.
#[derive(Debug)]
pub(crate) struct Latent {
    /// The first right singular vectors: one row a feature, one column a direction.
    directions: Matrix,
}

impl Latent {
    /// Finds the directions of `rows`, by a randomised SVD from a seeded start.
    pub(crate) fn of(rows: &SparseRows, features: usize) -> Self {
        let wanted = DIMENSIONS.min(rows.rows()).min(features).max(1);
        let block = (wanted + OVERSAMPLING).min(rows.rows()).max(1);
        let by_feature = rows.transposed(features);
        let mut random = SplitMix64::new(SEED);
        let mut right = Matrix::from_data(block, (0..features * block).map(|_| random.normal()).collect());
        for _ in 0..=ROUNDS {
            let left = orthonormal(&product(rows, &right));
            right = product(&by_feature, &left);
        }
        // right = Aᵀ·left: the eigenvectors of its Gram matrix turn it into singular vectors, its eigenvalues are the
        // squares of their lengths.
        let (values, vectors) = eigen(inner(&right, &right));
        let cut = 1e-10 * values.first().copied().unwrap_or(0.0);
        let mut turned = vectors.columns(0, wanted.min(vectors.ncols())).into_owned();
        for (mut column, &value) in turned.column_iter_mut().zip(&values) {
            column.scale_mut(if value > cut { value.sqrt().recip() } else { 0.0 });
        }
        Self { directions: times(&right, &turned) }
    }

    /// Number of directions.
    pub(crate) fn dimensions(&self) -> usize {
        self.directions.columns()
    }

    /// Adds the place of a text in these directions to `place`, whether or not they were found from it: a text that
    /// was is where the decomposition itself has it, any other is folded in.
    pub(crate) fn place(&self, row: &[(u32, f32)], place: &mut [f32]) {
        for &(feature, value) in row {
            let direction = self.directions.row(feature as usize);
            place.iter_mut().zip(direction).for_each(|(sum, x)| *sum += value * x);
        }
    }
}

fn product(sparse: &SparseRows, right: &Matrix) -> Matrix {
    let mut product = Matrix::zeros(sparse.rows(), right.columns());
    sparse.times(right.data(), right.columns(), product.data_mut());
    product
}

#[cfg(test)]
mod tests {
    use super::*;
    use graphnode_core::matrix::{dot, normalise};

    fn placed(latent: &Latent, row: &[(u32, f32)]) -> Vec<f32> {
        let mut place = vec![0.0; latent.dimensions()];
        latent.place(row, &mut place);
        normalise(&mut place);
        place
    }

    /// Texts of two topics; the first two share no word with the third but keep the same company.
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
        let latent = Latent::of(&SparseRows::new(&rows), 8);
        let vectors: Vec<Vec<f32>> = rows.iter().map(|row| placed(&latent, row)).collect();
        assert!(dot(&vectors[0], &vectors[1]) > 0.4);
        assert!(dot(&vectors[0], &vectors[3]).abs() < 1e-3);
        assert!(vectors[5].iter().all(|&value| value.abs() < 1e-6));
        let folded_in = placed(&latent, &[(0, 1.0), (2, 1.0)]);
        assert!(dot(&folded_in, &vectors[0]) > 0.4 && dot(&folded_in, &vectors[3]).abs() < 1e-3);
    }

    #[test]
    fn lengths_along_the_directions_are_the_singular_values() {
        let rows = SparseRows::new(&[vec![(0, 3.0)], vec![(1, 2.0)], vec![(1, 2.0)]]);
        let latent = Latent::of(&rows, 2);
        let mut place = vec![0.0; latent.dimensions()];
        latent.place(rows.row(0), &mut place);
        assert!((dot(&place, &place).sqrt() - 3.0).abs() < 1e-4);
    }

    #[test]
    fn nothing_shared_is_no_trouble() {
        assert!(Latent::of(&SparseRows::new(&[vec![], vec![]]), 0).dimensions() > 0);
        assert!(Latent::of(&SparseRows::new(&[]), 0).dimensions() > 0);
    }
}
