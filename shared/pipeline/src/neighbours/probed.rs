//! Most of the nearest for a small share of the pairs: an inverted file (Jégou, Douze and Schmid 2011, without
//! compression) whose number of probes is found on the data at hand.
//!
//! Every row lies in the cell of its nearest centre and is compared with the rows of the nearest `probes` cells. A pair
//! counts for both of its rows, so it is found when either side looks into the other's cell.

use std::sync::atomic::{AtomicU64, Ordering};

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Stage, Watch, checkpoint};
use rayon::prelude::*;

use super::best::Best;
use super::cells::{Cells, shuffled};
use super::{Found, Method, Neighbours, exact};
use crate::product::dot_products;

/// Share of the true neighbours that is to be found, two standard errors below what the sample shows.
const RECALL: f64 = 0.99;
const STANDARD_ERRORS: f64 = 2.0;
/// Rows whose true neighbours are computed to tell how many probes that takes.
const SAMPLED: usize = 512;
/// Share of all ordered pairs above which comparing all of them, each once, costs less.
const WORTHWHILE: f64 = 0.35;
/// Rows compared with a cell together, and rows of a cell compared together.
const BLOCK: usize = 512;

/// The `count` best of every row of `space`, with a recall of [`RECALL`] at least as far as a sample can tell; exactly, where
/// that would cost as much.
pub(super) fn nearest(space: &Matrix, count: usize, watch: &dyn Watch) -> Result<Found, Cancelled> {
    if space.rows() <= SAMPLED {
        return Ok(Found { lists: exact::nearest(space, count, watch)?, method: Method::Exact });
    }
    watch.progress(Stage::Neighbours, 0, space.rows() as u64);
    let shuffled = shuffled(space.rows());
    // Centres lie nearer to the rows they were learnt from, so those would tell of a recall that others do not have.
    let (sampled, learnt_from) = shuffled.split_at(SAMPLED);
    let cells = Cells::learn(space, learnt_from, 2 * space.rows().isqrt(), watch)?;
    let (probes, recall) = probes(space, &cells, sampled, count, watch)?;
    let probed = cells.nearest(space, probes, watch)?;
    let filed = Filed::new(&probed, probes, cells.count());
    drop(probed);
    if filed.pairs() > WORTHWHILE * (space.rows() as f64).powi(2) {
        let lists = exact::nearest(space, count, watch)?;
        return Ok(Found { lists, method: Method::Exact });
    }
    let lists = filed.search(space, count, watch)?;
    Ok(Found { lists, method: Method::Probed { cells: cells.count(), probes, recall } })
}

/// The fewest probes that find enough of the true neighbours of sampled `rows`, and the share they find.
///
/// A true neighbour that is compared at all is also found, so the search need not be run to know.
fn probes(
    space: &Matrix,
    cells: &Cells,
    rows: &[u32],
    count: usize,
    watch: &dyn Watch,
) -> Result<(usize, f64), Cancelled> {
    let truth = exact::nearest_of(space, rows, count, watch)?;
    let ranks = |rows: &[u32]| {
        let rows = space.gather(rows.iter().map(|&row| row as usize));
        cells.nearest(&rows, cells.count(), watch)
    };
    let order = ranks(rows)?;
    let needed: Result<Vec<Vec<usize>>, Cancelled> = truth
        .iter()
        .zip(order.chunks_exact(cells.count()))
        .map(|(list, own)| {
            let others: Vec<u32> = list.iter().map(|&(other, _)| other).collect();
            let theirs = ranks(&others)?;
            let place = |order: &[u32], cell: u32| {
                order.iter().position(|&other| other == cell).unwrap_or(cells.count()) + 1
            };
            let either = |theirs: &[u32]| place(own, theirs[0]).min(place(theirs, own[0]));
            Ok(theirs.chunks_exact(cells.count()).map(either).collect())
        })
        .collect();
    Ok(fewest(&needed?, cells.count()))
}

/// The smallest number of probes whose recall is high enough, and that recall; `needed` holds for each sampled row the
/// probes that each of its true neighbours takes.
fn fewest(needed: &[Vec<usize>], cells: usize) -> (usize, f64) {
    let recalls = |probes: usize| {
        needed
            .iter()
            .filter(|list| !list.is_empty())
            .map(move |list| list.iter().filter(|&&takes| takes <= probes).count() as f64 / list.len() as f64)
    };
    for probes in 1..cells {
        let rows = recalls(probes).count().max(1) as f64;
        let mean = recalls(probes).sum::<f64>() / rows;
        let variance = recalls(probes).map(|recall| (recall - mean).powi(2)).sum::<f64>() / rows;
        if mean - STANDARD_ERRORS * (variance / rows).sqrt() >= RECALL {
            return (probes, mean);
        }
    }
    (cells.max(1), 1.0)
}

/// Rows by cell: who lies there and who looks there.
struct Filed {
    /// All rows, those of the first cell first, ascending within a cell.
    order: Vec<u32>,
    /// Where each cell starts in `order`; one more at the end.
    starts: Vec<usize>,
    /// The cell of every place in `order`.
    cell: Vec<u32>,
    /// For each cell the places in `order` of the rows that look there, ascending.
    lookers: Vec<Vec<u32>>,
}

impl Filed {
    fn new(probed: &[u32], probes: usize, cells: usize) -> Self {
        let probes = probes.clamp(1, cells);
        let own = |row: u32| probed[row as usize * probes];
        let mut order: Vec<u32> = (0..(probed.len() / probes) as u32).collect();
        order.sort_by_key(|&row| own(row));
        let cell: Vec<u32> = order.iter().map(|&row| own(row)).collect();
        let starts = (0..=cells).map(|number| cell.partition_point(|&c| (c as usize) < number)).collect();
        let mut lookers = vec![Vec::new(); cells];
        for (place, &row) in order.iter().enumerate() {
            for &looked in &probed[row as usize * probes..][..probes] {
                lookers[looked as usize].push(place as u32);
            }
        }
        Self { order, starts, cell, lookers }
    }

    /// Ordered pairs that are compared.
    fn pairs(&self) -> f64 {
        let sizes = self.starts.windows(2).map(|bounds| bounds[1] - bounds[0]);
        sizes.zip(&self.lookers).map(|(size, lookers)| size as f64 * lookers.len() as f64).sum()
    }

    fn search(&self, space: &Matrix, count: usize, watch: &dyn Watch) -> Result<Vec<Neighbours>, Cancelled> {
        let best = Best::new(self.starts.windows(2).map(|bounds| bounds[1] - bounds[0]), count);
        let tasks: Vec<(usize, &[u32])> = self
            .lookers
            .iter()
            .enumerate()
            .flat_map(|(cell, lookers)| lookers.chunks(BLOCK).map(move |some| (cell, some)))
            .collect();
        let done = AtomicU64::new(0);
        let total = space.rows() as u64;
        tasks.par_iter().try_for_each_init(Buffers::default, |buffers, &(cell, lookers)| {
            checkpoint(watch)?;
            for first in (self.starts[cell]..self.starts[cell + 1]).step_by(BLOCK) {
                self.compare(space, &best, cell, first, lookers, buffers);
            }
            let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
            watch.progress(Stage::Neighbours, finished * total / tasks.len() as u64, total);
            Ok(())
        })?;
        let mut lists = vec![Vec::new(); space.rows()];
        for (&row, list) in self.order.iter().zip(best.into_lists()) {
            lists[row as usize] = list;
        }
        Ok(lists)
    }

    /// Compares `lookers` with at most [`BLOCK`] rows of `cell`, those from place `first`.
    fn compare(
        &self,
        space: &Matrix,
        best: &Best,
        cell: usize,
        first: usize,
        lookers: &[u32],
        buffers: &mut Buffers,
    ) {
        let members = &self.order[first..self.starts[cell + 1].min(first + BLOCK)];
        let row = |place: &u32| self.order[*place as usize];
        gather(space, lookers.iter().map(row), &mut buffers.left);
        gather(space, members.iter().copied(), &mut buffers.right);
        buffers.products.resize(lookers.len() * members.len(), 0.0);
        dot_products(&buffers.left, &buffers.right, space.columns(), &mut buffers.products);
        let mut lines = buffers.products.chunks_exact(members.len());
        for group in lookers.chunk_by(|a, b| self.cell[*a as usize] == self.cell[*b as usize]) {
            let own = self.cell[group[0] as usize] as usize;
            let mut lists = best.block(own);
            for (place, line) in group.iter().zip(&mut lines) {
                lists.offer_line(*place as usize - self.starts[own], row(place), line, members);
            }
        }
        let mut lists = best.block(cell);
        let lines = buffers.products.chunks_exact(members.len());
        for (place, line) in lookers.iter().zip(lines) {
            // Within the cell each looks at each anyway.
            if self.cell[*place as usize] as usize != cell {
                lists.offer_all(row(place), line, first - self.starts[cell]);
            }
        }
    }
}

#[derive(Default)]
struct Buffers {
    left: Vec<f32>,
    right: Vec<f32>,
    products: Vec<f32>,
}

fn gather(space: &Matrix, rows: impl Iterator<Item = u32>, buffer: &mut Vec<f32>) {
    buffer.clear();
    rows.for_each(|row| buffer.extend_from_slice(space.row(row as usize)));
}
