//! The most similar conversations of each: exact k-nearest neighbours by blocked products.
//!
//! All pairs are computed, one panel of rows against another, each pair of panels once: a similarity counts for both
//! its rows. Memory is one such tile a thread whatever the number of conversations. A list is the best under a total
//! order, so it depends on neither panels nor threads.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Stage, Watch, checkpoint};
use rayon::prelude::*;

use crate::product::dot_products;

/// Rows of a panel: enough for the product to run at speed, few enough that a tile stays near the processor.
const PANEL: usize = 512;

/// The neighbours of one conversation, most similar first, equal ones by number; itself is not among them.
pub(crate) type Neighbours = Vec<(u32, f32)>;

/// The `count` most similar others of every row of `space` by inner product (all others where there are fewer).
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub(crate) fn nearest(space: &Matrix, count: usize, watch: &dyn Watch) -> Result<Vec<Neighbours>, Cancelled> {
    let total = space.rows();
    let panels: Vec<Mutex<Panel>> =
        (0..total.div_ceil(PANEL)).map(|panel| Mutex::new(Panel::new(range(panel, total), count))).collect();
    let tiles: Vec<(usize, usize)> =
        (0..panels.len()).flat_map(|row| (row..panels.len()).map(move |column| (row, column))).collect();
    let done = AtomicU64::new(0);
    watch.progress(Stage::Neighbours, 0, total as u64);
    tiles.par_iter().try_for_each_init(Vec::new, |tile, &(row, column)| {
        checkpoint(watch)?;
        products(space, row, column, tile);
        let width = range(column, total).len();
        lock(&panels[row]).offer_rows(tile, range(column, total).start);
        if row != column {
            lock(&panels[column]).offer_columns(tile, width, range(row, total).start);
        }
        let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
        watch.progress(Stage::Neighbours, finished * total as u64 / tiles.len() as u64, total as u64);
        Ok(())
    })?;
    let lists = |panel: Mutex<Panel>| panel.into_inner().unwrap_or_else(PoisonError::into_inner).lists;
    Ok(panels.into_iter().flat_map(lists).collect())
}

/// The rows of panel `panel` of `total`.
fn range(panel: usize, total: usize) -> Range<usize> {
    panel * PANEL..((panel + 1) * PANEL).min(total)
}

/// All products of the rows of one panel with those of another, one line a row of the first.
fn products(space: &Matrix, row: usize, column: usize, tile: &mut Vec<f32>) {
    let columns = space.columns();
    let rows = range(row, space.rows());
    let others = range(column, space.rows());
    tile.resize(rows.len() * others.len(), 0.0);
    let values = |rows: Range<usize>| &space.data()[rows.start * columns..rows.end * columns];
    dot_products(values(rows), values(others), columns, tile);
}

fn lock(panel: &Mutex<Panel>) -> MutexGuard<'_, Panel> {
    panel.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The best of some rows so far.
struct Panel {
    start: usize,
    count: usize,
    lists: Vec<Neighbours>,
    /// The least similarity that still counts, of every row.
    least: Vec<f32>,
}

impl Panel {
    fn new(rows: Range<usize>, count: usize) -> Self {
        // What none reaches, where no neighbour is wanted.
        let least = if count == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        Self {
            start: rows.start,
            count,
            lists: rows.clone().map(|_| Vec::with_capacity(count + 1)).collect(),
            least: vec![least; rows.len()],
        }
    }

    /// Takes note of similarities to others, numbered from `first`: line by line those of each row.
    fn offer_rows(&mut self, tile: &[f32], first: usize) {
        let width = tile.len() / self.lists.len().max(1);
        for (row, line) in tile.chunks_exact(width.max(1)).enumerate() {
            for (place, &similarity) in line.iter().enumerate() {
                if similarity >= self.least[row] && first + place != self.start + row {
                    self.offer(row, (first + place) as u32, similarity);
                }
            }
        }
    }

    /// The same, line by line those to one other.
    fn offer_columns(&mut self, tile: &[f32], width: usize, first: usize) {
        for (other, line) in tile.chunks_exact(width).enumerate() {
            for (row, &similarity) in line.iter().enumerate() {
                if similarity >= self.least[row] {
                    self.offer(row, (first + other) as u32, similarity);
                }
            }
        }
    }

    fn offer(&mut self, row: usize, other: u32, similarity: f32) {
        let list = &mut self.lists[row];
        let before = |&(known, closeness): &(u32, f32)| {
            closeness > similarity || (closeness == similarity && known < other)
        };
        list.insert(list.partition_point(before), (other, similarity));
        list.truncate(self.count);
        if list.len() == self.count {
            self.least[row] = list[self.count - 1].1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;
    use graphnode_core::matrix::dot;
    use graphnode_core::watch::Unwatched;

    fn space(count: usize) -> Matrix {
        let mut random = SplitMix64::new(5);
        let mut space = Matrix::from_data(8, (0..count * 8).map(|_| random.normal()).collect());
        space.normalise_rows();
        space
    }

    #[test]
    fn panels_find_what_sorting_everything_finds() {
        let total = 2 * PANEL + 77;
        let space = space(total);
        for (row, found) in nearest(&space, 5, &Unwatched).unwrap().into_iter().enumerate().step_by(5) {
            let mut all: Vec<(f32, usize)> = (0..total)
                .filter(|&other| other != row)
                .map(|other| (dot(space.row(row), space.row(other)), other))
                .collect();
            all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            assert_eq!(
                found.iter().map(|&(other, _)| other as usize).collect::<Vec<_>>(),
                all[..5].iter().map(|&(_, other)| other).collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn equal_ones_come_by_number_whatever_panel_they_are_in() {
        let space = Matrix::from_data(1, vec![1.0; 2 * PANEL + 2]);
        let found = nearest(&space, 3, &Unwatched).unwrap();
        assert_eq!(found[0], [(1, 1.0), (2, 1.0), (3, 1.0)]);
        assert_eq!(found[2 * PANEL + 1], [(0, 1.0), (1, 1.0), (2, 1.0)]);
    }

    #[test]
    fn few_conversations_have_few_neighbours() {
        assert_eq!(nearest(&space(1), 5, &Unwatched).unwrap(), [vec![]]);
        assert_eq!(nearest(&space(3), 5, &Unwatched).unwrap()[0].len(), 2);
    }

    #[test]
    fn a_cancelled_search_stops() {
        struct Cancels;
        impl Watch for Cancels {
            fn progress(&self, _: Stage, _: u64, _: u64) {}
            fn cancelled(&self) -> bool {
                true
            }
        }
        assert_eq!(nearest(&space(3), 5, &Cancels), Err(Cancelled));
    }
}
