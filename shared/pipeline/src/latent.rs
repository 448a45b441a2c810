//! Latent semantic analysis: sparse word counts as short dense vectors, in which words that keep the same company are
//! alike (Deerwester et al. 1990).

use graphnode_core::matrix::{Matrix, normalise};
use nalgebra::DMatrix;

use crate::linear::{eigen, inner, orthonormal, times};
use crate::random::normals;
use crate::sparse::SparseRows;

/// Length of the vectors; fewer where there are fewer texts.
const DIMENSIONS: usize = 128;
/// Directions carried beside the wanted ones, and rounds, of the randomised SVD (Halko, Martinsson and Tropp 2011).
const OVERSAMPLING: usize = 10;
const ROUNDS: usize = 3;
const SEED: u64 = 0x6c61_7465_6e74;

/// The decomposition of some texts into the directions in which they differ most.
#[derive(Debug)]
pub(crate) struct Latent {
    /// Bases of texts and of features; `turn` makes singular vectors of them.
    left: Matrix,
    right: Matrix,
    turn: DMatrix<f64>,
    /// Singular values, largest first.
    lengths: Vec<f64>,
}

impl Latent {
    /// Decomposes `rows` by a randomised SVD from a seeded start.
    pub(crate) fn of(rows: &SparseRows, features: usize) -> Self {
        let wanted = DIMENSIONS.min(rows.rows()).min(features).max(1);
        let block = (wanted + OVERSAMPLING).min(rows.rows()).max(1);
        let by_feature = rows.transposed(features);
        let mut right = Matrix::from_data(block, normals(SEED, features * block));
        let mut left = Matrix::zeros(0, block);
        for _ in 0..=ROUNDS {
            left = orthonormal(&product(rows, &right));
            right = product(&by_feature, &left);
        }
        // rightᵀ right = leftᵀ A Aᵀ left: its eigenvectors turn both bases into singular vectors.
        let (values, vectors) = eigen(inner(&right, &right));
        let lengths = values.iter().take(wanted).map(|value| value.max(0.0).sqrt()).collect();
        Self { left, right, turn: vectors.columns(0, wanted).into_owned(), lengths }
    }

    /// Where the texts that were decomposed are: rows of unit length, or of zeros where one shares nothing with another.
    pub(crate) fn places(&self) -> Matrix {
        let mut places = times(&self.left, &self.turned(|length| length));
        places.normalise_rows();
        places
    }

    /// The directions themselves, in which any text has its place.
    pub(crate) fn directions(&self) -> Directions {
        let cut = 1e-5 * self.lengths.first().copied().unwrap_or(0.0);
        let scale = |length: f64| if length > cut { length.recip() } else { 0.0 };
        Directions(times(&self.right, &self.turned(scale)))
    }

    /// The turn, each column scaled by a function of its singular value.
    fn turned(&self, scale: impl Fn(f64) -> f64) -> DMatrix<f64> {
        let mut turned = self.turn.clone();
        turned.column_iter_mut().zip(&self.lengths).for_each(|(mut column, &length)| {
            column.scale_mut(scale(length));
        });
        turned
    }
}

/// One row a feature, one column a direction: the right singular vectors.
#[derive(Debug)]
pub(crate) struct Directions(Matrix);

impl Directions {
    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.columns()
    }

    /// Folds a text in: puts its place, of unit length or zeros, where zeros were.
    pub(crate) fn place(&self, row: &[(u32, f32)], place: &mut [f32]) {
        for &(feature, value) in row {
            let direction = self.0.row(feature as usize);
            place.iter_mut().zip(direction).for_each(|(sum, x)| *sum += value * x);
        }
        normalise(place);
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
    use graphnode_core::matrix::dot;

    fn texts() -> Vec<Vec<(u32, f32)>> {
        vec![
            vec![(0, 1.0), (1, 1.0)],
            vec![(1, 1.0), (2, 1.0)],
            vec![(2, 1.0), (3, 1.0)],
            vec![(5, 1.0), (6, 1.0)],
            vec![(6, 1.0), (7, 1.0)],
            vec![],
        ]
    }

    /// Texts of two topics; the first and the third share no word but keep the same company.
    #[test]
    fn words_with_the_same_company_are_alike() {
        let places = Latent::of(&SparseRows::new(&texts()), 8).places();
        assert_eq!(places.rows(), 6);
        assert!(dot(places.row(0), places.row(1)) > 0.4);
        assert!(dot(places.row(0), places.row(3)).abs() < 1e-3);
        assert!(places.row(5).iter().all(|&value| value.abs() < 1e-6));
    }

    #[test]
    fn a_text_folded_in_stands_where_it_would_have_been() {
        let latent = Latent::of(&SparseRows::new(&texts()), 8);
        let (places, directions) = (latent.places(), latent.directions());
        for (row, text) in texts().iter().enumerate() {
            let mut place = vec![0.0; directions.count()];
            directions.place(text, &mut place);
            let far = place.iter().zip(places.row(row)).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max);
            assert!(far < 1e-3, "text {row} is {far} off");
        }
    }

    #[test]
    fn nothing_shared_is_no_trouble() {
        assert_eq!(Latent::of(&SparseRows::new(&[vec![], vec![]]), 0).places().rows(), 2);
        assert_eq!(Latent::of(&SparseRows::new(&[]), 0).places().rows(), 0);
        assert!(Latent::of(&SparseRows::new(&[vec![], vec![]]), 0).directions().count() > 0);
    }
}
