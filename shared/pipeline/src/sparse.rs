//! Sparse vectors of many texts.

use rayon::prelude::*;

/// Rows of (feature, value) pairs, features ascending, in one block of memory (CSR).
#[derive(Debug, Clone, Default)]
pub(crate) struct SparseRows {
    starts: Vec<usize>,
    entries: Vec<(u32, f32)>,
}

impl SparseRows {
    /// Takes over rows whose features ascend.
    pub(crate) fn new(rows: &[Vec<(u32, f32)>]) -> Self {
        let mut starts = Vec::with_capacity(rows.len() + 1);
        starts.push(0);
        let mut entries = Vec::with_capacity(rows.iter().map(Vec::len).sum());
        for row in rows {
            debug_assert!(row.is_sorted_by(|a, b| a.0 < b.0));
            entries.extend_from_slice(row);
            starts.push(entries.len());
        }
        Self { starts, entries }
    }

    /// Number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    /// The entries of row `index`.
    pub(crate) fn row(&self, index: usize) -> &[(u32, f32)] {
        &self.entries[self.starts[index]..self.starts[index + 1]]
    }

    /// The same values by feature: row `f` of the result holds (row, value) pairs, rows ascending.
    pub(crate) fn transposed(&self, features: usize) -> Self {
        let mut starts = vec![0_usize; features + 1];
        for (feature, _) in &self.entries {
            starts[*feature as usize + 1] += 1;
        }
        for feature in 0..features {
            starts[feature + 1] += starts[feature];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0.0); self.entries.len()];
        for row in 0..self.rows() {
            for &(feature, value) in self.row(row) {
                entries[next[feature as usize]] = (row as u32, value);
                next[feature as usize] += 1;
            }
        }
        Self { starts, entries }
    }

    /// Adds `self · right` to `out`, `right` being row-major with `columns` values a row.
    pub(crate) fn times(&self, right: &[f32], columns: usize, out: &mut [f32]) {
        out.par_chunks_mut(columns).enumerate().for_each(|(index, sums)| {
            for &(feature, value) in self.row(index) {
                let row = &right[feature as usize * columns..][..columns];
                sums.iter_mut().zip(row).for_each(|(sum, x)| *sum += value * x);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> SparseRows {
        SparseRows::new(&[vec![(0, 3.0), (2, 4.0)], vec![], vec![(2, 2.0)]])
    }

    #[test]
    fn rows_are_transposed() {
        let by_feature = rows().transposed(3);
        assert_eq!(by_feature.rows(), 3);
        assert_eq!(by_feature.row(2), [(0, 4.0), (2, 2.0)]);
        assert!(by_feature.row(1).is_empty());
    }

    #[test]
    fn products_are_the_dense_ones() {
        let mut out = [0.0; 6];
        rows().times(&[1.0, 2.0, 0.0, 0.0, 10.0, 20.0], 2, &mut out);
        assert_eq!(out, [43.0, 86.0, 0.0, 0.0, 20.0, 40.0]);
    }
}
