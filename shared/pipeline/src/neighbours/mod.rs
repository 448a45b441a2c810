//! The most similar conversations of each.
//!
//! Up to [`MOST_EXACT`] rows all pairs are compared, by blocked matrix products in tiles (`exact`). Beyond, an index of
//! cells names the pairs worth comparing (`probed`); how many it takes for a recall of 0.99 is measured on each
//! history anew, and where it would take too many, all pairs are compared after all. Both are deterministic: they
//! depend neither on the number of threads nor on who comes first. Memory beside the rows is a tile of one megabyte a
//! thread, the lists, and for the index four bytes a probe.

mod best;
mod cells;
mod exact;
mod probed;

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Watch};
use rayon::prelude::*;

/// Rows up to which all pairs are compared.
pub const MOST_EXACT: usize = 60_000;

/// The neighbours of one row: number and inner product (-1 to 1 between rows of unit length), most similar first, equal
/// ones by number; itself is not among them.
pub type Neighbours = Vec<(u32, f32)>;

/// How neighbours were found.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Method {
    /// All pairs were compared.
    Exact,
    /// Rows were compared with those of the nearest cells.
    Probed {
        /// Cells the rows are divided into.
        cells: usize,
        /// Cells each row was compared with.
        probes: usize,
        /// Share of the true neighbours of 512 sampled rows that are found, 0 to 1.
        recall: f64,
    },
}

/// Neighbours, and how they were found.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// One list a row.
    pub lists: Vec<Neighbours>,
    /// Exact or not.
    pub method: Method,
}

/// The `count` most similar others of every row of `space` by inner product (all others where there are fewer), exactly up
/// to [`MOST_EXACT`] rows, else as [`nearest_probed`] finds them.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub fn nearest(space: &Matrix, count: usize, watch: &dyn Watch) -> Result<Vec<Neighbours>, Cancelled> {
    if space.rows() <= MOST_EXACT {
        nearest_exactly(space, count, watch)
    } else {
        Ok(nearest_probed(space, count, watch)?.lists)
    }
}

/// [`nearest`] by comparing all pairs, whatever their number: `rows² · columns` multiplications.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub fn nearest_exactly(
    space: &Matrix,
    count: usize,
    watch: &dyn Watch,
) -> Result<Vec<Neighbours>, Cancelled> {
    exact::nearest(space, count, watch)
}

/// [`nearest`] by an index of `2·√rows` cells (Jégou, Douze and Schmid 2011). The number of cells a row is compared with is the
/// smallest that finds 0.99 of the true neighbours of 512 sampled rows, less two standard errors; where that comes to
/// more than a third of all pairs, all are compared.
///
/// `space` needs rows of unit length: cells are told apart by direction alone.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub fn nearest_probed(space: &Matrix, count: usize, watch: &dyn Watch) -> Result<Found, Cancelled> {
    probed::nearest(space, count, watch)
}

/// The lists that `chosen` rows of `space`, ascending, have among themselves, numbered by their place in `chosen`. `lists` are
/// those over all rows: what is left of one without the others is as good as new while it is long enough.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub(crate) fn nearest_among(
    space: &Matrix,
    chosen: &[usize],
    lists: &[Neighbours],
    count: usize,
    watch: &dyn Watch,
) -> Result<Vec<Neighbours>, Cancelled> {
    let mut numbers = vec![None; space.rows()];
    chosen.iter().enumerate().for_each(|(number, &row)| numbers[row] = Some(number as u32));
    let among = |&(other, similarity): &(u32, f32)| Some((numbers[other as usize]?, similarity));
    let mut found: Vec<Neighbours> =
        chosen.par_iter().map(|&row| lists[row].iter().filter_map(among).take(count).collect()).collect();
    let enough = count.min(chosen.len().saturating_sub(1));
    let short: Vec<u32> =
        (0..chosen.len() as u32).filter(|&row| found[row as usize].len() < enough).collect();
    if !short.is_empty() {
        let own = space.gather(chosen.iter().copied());
        for (row, list) in short.iter().zip(exact::nearest_of(&own, &short, count, watch)?) {
            found[*row as usize] = list;
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;
    use graphnode_core::matrix::dot;
    use graphnode_core::watch::{Stage, Unwatched};

    fn space(count: usize) -> Matrix {
        let mut random = SplitMix64::new(5);
        let mut space = Matrix::from_data(8, (0..count * 8).map(|_| random.normal()).collect());
        space.normalise_rows();
        space
    }

    fn shared(exact: &[Neighbours], found: &[Neighbours]) -> f64 {
        let lists = exact.iter().zip(found);
        let hits = lists.map(|(exact, found)| exact.iter().filter(|pair| found.contains(pair)).count());
        hits.sum::<usize>() as f64 / exact.iter().map(Vec::len).sum::<usize>() as f64
    }

    #[test]
    fn lists_among_some_are_those_of_some_alone() {
        let space = space(300);
        let chosen: Vec<usize> = (0..300).filter(|row| row % 3 > 0 || *row > 200).collect();
        let alone = nearest(&space.gather(chosen.iter().copied()), 5, &Unwatched).unwrap();
        for known in [5, 8, 40] {
            let lists = nearest(&space, known, &Unwatched).unwrap();
            assert_eq!(nearest_among(&space, &chosen, &lists, 5, &Unwatched).unwrap(), alone);
        }
        assert_eq!(nearest_among(&space, &[4], &vec![vec![]; 300], 5, &Unwatched).unwrap(), [vec![]]);
    }

    #[test]
    fn probes_find_what_they_promise_for_any_number_of_threads() {
        let space = space(3_000);
        let found = nearest_probed(&space, 15, &Unwatched).unwrap();
        let Method::Probed { cells, probes, recall } = found.method else { panic!("{:?}", found.method) };
        let shared = shared(&nearest_exactly(&space, 15, &Unwatched).unwrap(), &found.lists);
        assert!(recall >= 0.99 && shared >= 0.99, "{recall} {shared}");
        assert!(probes < cells / 3, "{probes} of {cells}");
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        assert_eq!(pool.install(|| nearest_probed(&space, 15, &Unwatched)).unwrap(), found);
    }

    #[test]
    fn a_space_without_cells_is_compared_exactly() {
        let same = Matrix::from_data(2, [1.0, 0.0].repeat(700));
        let found = nearest_probed(&same, 3, &Unwatched).unwrap();
        assert_eq!(found.method, Method::Exact);
        assert_eq!(found.lists[5], [(0, 1.0), (1, 1.0), (2, 1.0)]);
        for count in 0..4 {
            assert_eq!(nearest_probed(&space(count), 3, &Unwatched).unwrap().lists.len(), count);
        }
    }

    #[test]
    fn blocks_find_what_sorting_everything_finds() {
        let space = space(700);
        for (row, found) in nearest(&space, 5, &Unwatched).unwrap().into_iter().enumerate() {
            let mut all: Vec<(f32, usize)> = (0..700)
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
