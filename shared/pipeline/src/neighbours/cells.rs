//! Rows gathered into cells of like ones: spherical k-means (Dhillon and Modha 2001).

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Watch, checkpoint};
use rayon::prelude::*;

use crate::product::dot_products;
use crate::random::SplitMix64;

/// Rows a centre is learnt from, on average, and rounds: centres need to be even, not optimal.
const ROWS_A_CELL: usize = 32;
const ROUNDS: usize = 6;
const SEED: u64 = 0x6365_6c6c;
/// Rows compared with all centres together.
const BLOCK: usize = 128;

/// Centres of cells, and the order in which a row would look through them.
pub(super) struct Cells {
    centres: Matrix,
}

impl Cells {
    /// Learns at most `count` centres from the first of `rows`, which name rows of `space`.
    pub(super) fn learn(
        space: &Matrix,
        rows: &[u32],
        count: usize,
        watch: &dyn Watch,
    ) -> Result<Self, Cancelled> {
        let sampled = rows.iter().take(ROWS_A_CELL * count);
        let sample = space.gather(sampled.map(|&row| row as usize));
        let mut cells = Self { centres: sample.gather(0..count.min(sample.rows())) };
        for _ in 0..ROUNDS {
            let nearest = cells.nearest(&sample, 1, watch)?;
            cells.move_to_means(&sample, &nearest);
        }
        Ok(cells)
    }

    /// Number of cells.
    pub(super) fn count(&self) -> usize {
        self.centres.rows()
    }

    /// The `count` nearest centres of every row of `rows`, nearest first, in one block of memory.
    pub(super) fn nearest(
        &self,
        rows: &Matrix,
        count: usize,
        watch: &dyn Watch,
    ) -> Result<Vec<u32>, Cancelled> {
        let count = count.clamp(1, self.count());
        let mut nearest = vec![0; rows.rows() * count];
        let blocks =
            nearest.par_chunks_mut(BLOCK * count).zip(rows.data().par_chunks(BLOCK * rows.columns()));
        blocks.try_for_each_init(Vec::new, |buffer, (found, block)| {
            checkpoint(watch)?;
            buffer.resize(found.len() / count * self.count(), 0.0);
            dot_products(block, self.centres.data(), rows.columns(), buffer);
            let lines = buffer.chunks_exact(self.count());
            found.chunks_exact_mut(count).zip(lines).for_each(|(found, line)| first(line, found));
            Ok(())
        })?;
        Ok(nearest)
    }

    /// Moves every centre to the mean direction of the rows it is nearest to; one without rows stays.
    fn move_to_means(&mut self, rows: &Matrix, nearest: &[u32]) {
        let mut sums = Matrix::zeros(self.count(), rows.columns());
        // On one thread in the order of rows: the sums have the same bits every time.
        for (row, &cell) in rows.iter_rows().zip(nearest) {
            sums.row_mut(cell as usize).iter_mut().zip(row).for_each(|(sum, value)| *sum += value);
        }
        sums.normalise_rows();
        for cell in 0..self.count() {
            if sums.row(cell).iter().any(|&value| value != 0.0) {
                self.centres.row_mut(cell).copy_from_slice(sums.row(cell));
            }
        }
    }
}

/// Fills `found` with the places of the largest values of `line`, largest first, equal ones by place.
fn first(line: &[f32], found: &mut [u32]) {
    let order = |&a: &u32, &b: &u32| line[b as usize].total_cmp(&line[a as usize]).then(a.cmp(&b));
    if let [only] = found {
        *only = (0..line.len() as u32).min_by(order).unwrap_or(0);
        return;
    }
    let mut places: Vec<u32> = (0..line.len() as u32).collect();
    if found.len() < places.len() {
        places.select_nth_unstable_by(found.len() - 1, order);
        places.truncate(found.len());
    }
    places.sort_unstable_by(order);
    found.copy_from_slice(&places);
}

/// The numbers below `total` in an order of chance that is always the same.
pub(super) fn shuffled(total: usize) -> Vec<u32> {
    let mut random = SplitMix64::new(SEED);
    let mut numbers: Vec<u32> = (0..total as u32).collect();
    for place in 0..total {
        numbers.swap(place, place + random.below(total - place));
    }
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use graphnode_core::watch::Unwatched;

    #[test]
    fn rows_of_a_kind_share_a_cell() {
        let mut space = Matrix::zeros(90, 3);
        for row in 0..90 {
            space.row_mut(row)[row % 3] = 1.0;
            space.row_mut(row)[(row + 1) % 3] = 0.01 * row as f32 / 90.0;
        }
        space.normalise_rows();
        let cells = Cells::learn(&space, &shuffled(90), 8, &Unwatched).unwrap();
        let nearest = cells.nearest(&space, 1, &Unwatched).unwrap();
        assert!((0..90).all(|a| (0..90).all(|b| a % 3 == b % 3 || nearest[a] != nearest[b])));
    }

    #[test]
    fn the_largest_come_first_and_equal_ones_by_place() {
        let mut found = [0; 3];
        first(&[0.5, 0.9, 0.5, 0.9, 0.1], &mut found);
        assert_eq!(found, [1, 3, 0]);
        let mut all = [0; 5];
        first(&[0.5, 0.9, 0.5, 0.9, 0.1], &mut all);
        assert_eq!(all, [1, 3, 0, 2, 4]);
    }

    #[test]
    fn shuffling_loses_nobody() {
        let mut numbers = shuffled(100);
        assert!(!numbers.is_sorted());
        numbers.sort_unstable();
        assert_eq!(numbers, (0..100).collect::<Vec<_>>());
    }
}
