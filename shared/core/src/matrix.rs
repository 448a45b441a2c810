//! Rows of equal length in one block of memory.

/// A dense row-major matrix of `f32`.
///
/// Invariant: `data.len() == rows * columns`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    columns: usize,
    data: Vec<f32>,
}

impl Matrix {
    /// A matrix of zeros.
    #[must_use]
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Self { columns, data: vec![0.0; rows * columns] }
    }

    /// Takes over `data` as rows of `columns` values.
    ///
    /// # Panics
    /// When `data` is not a whole number of rows.
    #[must_use]
    pub fn from_data(columns: usize, data: Vec<f32>) -> Self {
        assert!(columns > 0 && data.len().is_multiple_of(columns), "data must be whole rows");
        Self { columns, data }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.data.len().checked_div(self.columns).unwrap_or(0)
    }

    /// Number of values in a row.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Row `index`.
    #[must_use]
    pub fn row(&self, index: usize) -> &[f32] {
        &self.data[index * self.columns..(index + 1) * self.columns]
    }

    /// Row `index`, to be changed.
    pub fn row_mut(&mut self, index: usize) -> &mut [f32] {
        &mut self.data[index * self.columns..(index + 1) * self.columns]
    }

    /// The named rows, copied, in the order they are named.
    #[must_use]
    pub fn gather(&self, rows: impl ExactSizeIterator<Item = usize>) -> Self {
        let mut data = Vec::with_capacity(rows.len() * self.columns);
        rows.for_each(|row| data.extend_from_slice(self.row(row)));
        Self { columns: self.columns, data }
    }

    /// All rows in order.
    pub fn iter_rows(&self) -> impl ExactSizeIterator<Item = &[f32]> + Clone {
        self.data.chunks_exact(self.columns.max(1))
    }

    /// All values, row after row.
    #[must_use]
    pub fn data(&self) -> &[f32] {
        &self.data
    }

    /// All values, row after row, to be changed.
    pub fn data_mut(&mut self) -> &mut [f32] {
        &mut self.data
    }

    /// Scales every row to unit Euclidean length; a row of zeros stays as it is.
    pub fn normalise_rows(&mut self) {
        for row in self.data.chunks_exact_mut(self.columns.max(1)) {
            normalise(row);
        }
    }
}

/// Scales `vector` to unit Euclidean length; zeros stay zeros.
pub fn normalise(vector: &mut [f32]) {
    let length = dot(vector, vector).sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|value| *value /= length);
    }
}

/// Inner product of two slices of equal length.
///
/// Sixteen running sums, added in a fixed order: the compiler vectorises it, and the result depends on
/// nothing but the values.
#[must_use]
pub fn dot(a: &[f32], b: &[f32]) -> f32 {
    debug_assert_eq!(a.len(), b.len());
    let (a_blocks, a_rest) = a.as_chunks::<16>();
    let (b_blocks, b_rest) = b.as_chunks::<16>();
    let mut sums = [0.0_f32; 16];
    for (x, y) in a_blocks.iter().zip(b_blocks) {
        for lane in 0..16 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_slices_of_the_block() {
        let mut matrix = Matrix::from_data(3, vec![1.0, 2.0, 2.0, 0.0, 0.0, 0.0]);
        assert_eq!((matrix.rows(), matrix.columns()), (2, 3));
        matrix.normalise_rows();
        assert_eq!(matrix.row(0), [1.0 / 3.0, 2.0 / 3.0, 2.0 / 3.0]);
        assert_eq!(matrix.row(1), [0.0; 3]);
        assert_eq!(Matrix::default().rows(), 0);
    }

    #[test]
    fn rows_are_gathered_in_the_order_they_are_named() {
        let matrix = Matrix::from_data(2, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        let gathered = matrix.gather([2, 0, 2].into_iter());
        assert_eq!(gathered, Matrix::from_data(2, vec![5.0, 6.0, 1.0, 2.0, 5.0, 6.0]));
        assert_eq!(matrix.gather(0..0).rows(), 0);
    }

    #[test]
    fn dot_counts_the_rest_behind_whole_blocks() {
        let a: Vec<f32> = (0..37).map(|i| i as f32).collect();
        let expected: f32 = (0..37).map(|i| (i * i) as f32).sum();
        assert_eq!(dot(&a, &a), expected);
    }
}
