//! The most similar conversations of each: exact k-nearest neighbours by blocked products.
//!
//! All pairs are computed, a block of rows against everything, so that memory is one block a thread whatever the number
//! of conversations; the result depends neither on blocks nor on threads.

use std::sync::atomic::{AtomicU64, Ordering};

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Stage, Watch, checkpoint};
use rayon::prelude::*;

use crate::product::dot_products;

/// Rows computed together: enough for the product to run at speed, few enough to keep memory small.
const BLOCK_ROWS: usize = 64;

/// The neighbours of one conversation, most similar first, equal ones by number; itself is not among them.
pub(crate) type Neighbours = Vec<(u32, f32)>;

/// The `count` most similar others of every row of `space` by inner product (all others where there are fewer).
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub(crate) fn nearest(space: &Matrix, count: usize, watch: &dyn Watch) -> Result<Vec<Neighbours>, Cancelled> {
    let (total, columns) = (space.rows(), space.columns());
    let done = AtomicU64::new(0);
    watch.progress(Stage::Neighbours, 0, total as u64);
    let blocks: Result<Vec<Vec<Neighbours>>, Cancelled> = (0..total.div_ceil(BLOCK_ROWS))
        .into_par_iter()
        .map_init(Vec::new, |buffer, block| {
            checkpoint(watch)?;
            let rows = block * BLOCK_ROWS..((block + 1) * BLOCK_ROWS).min(total);
            buffer.resize(rows.len() * total, 0.0);
            dot_products(
                &space.data()[rows.start * columns..rows.end * columns],
                space.data(),
                columns,
                buffer,
            );
            let lines = buffer.chunks_exact(total);
            let found = rows.clone().zip(lines).map(|(row, line)| best(line, row, count)).collect();
            let finished = done.fetch_add(rows.len() as u64, Ordering::Relaxed) + rows.len() as u64;
            watch.progress(Stage::Neighbours, finished, total as u64);
            Ok(found)
        })
        .collect();
    Ok(blocks?.into_iter().flatten().collect())
}

/// The `count` largest values of `line` but for place `own`.
fn best(line: &[f32], own: usize, count: usize) -> Neighbours {
    let mut kept: Neighbours = Vec::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (other, &similarity) in line.iter().enumerate() {
        if (kept.len() == count && similarity <= least) || other == own || count == 0 {
            continue;
        }
        let place = kept.partition_point(|&(_, known)| known >= similarity);
        kept.insert(place, (other as u32, similarity));
        kept.truncate(count);
        least = kept[kept.len() - 1].1;
    }
    kept
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
    fn blocks_find_what_sorting_everything_finds() {
        let space = space(150);
        for (row, found) in nearest(&space, 5, &Unwatched).unwrap().into_iter().enumerate() {
            let mut all: Vec<(f32, usize)> = (0..150)
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
