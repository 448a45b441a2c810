//! All pairs, in tiles.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Cancelled, Stage, Watch, checkpoint};
use rayon::prelude::*;

use super::Neighbours;
use super::best::Best;
use crate::product::dot_products;

/// Rows and columns of a tile: the product runs at speed, and the tile stays in the second-level cache.
const TILE: usize = 512;

/// The `count` best of every row of `space` among all others.
///
/// Only tiles on and above the diagonal are computed; one above it feeds the lists of its rows and of its columns, as
/// `a · b` and `b · a` have the same bits.
pub(super) fn nearest(space: &Matrix, count: usize, watch: &dyn Watch) -> Result<Vec<Neighbours>, Cancelled> {
    let total = space.rows();
    let blocks = total.div_ceil(TILE);
    let range = |block: usize| block * TILE..((block + 1) * TILE).min(total);
    let tiles: Vec<(usize, usize)> =
        (0..blocks).flat_map(|upper| (upper..blocks).map(move |lower| (upper, lower))).collect();
    let numbers: Vec<u32> = (0..total as u32).collect();
    let best = Best::new((0..blocks).map(|block| range(block).len()), count);
    let done = AtomicU64::new(0);
    watch.progress(Stage::Neighbours, 0, total as u64);
    tiles.par_iter().try_for_each_init(Vec::new, |buffer, &(upper, lower)| {
        checkpoint(watch)?;
        let (rows, columns) = (range(upper), range(lower));
        products(space, &rows, &columns, buffer);
        let lines = || rows.clone().zip(buffer.chunks_exact(columns.len()));
        let mut own = best.block(upper);
        for (row, line) in lines() {
            own.offer_line(row - rows.start, row as u32, line, &numbers[columns.clone()]);
        }
        // Never two locks at once: another thread may want them the other way round.
        drop(own);
        if upper != lower {
            let mut others = best.block(lower);
            lines().for_each(|(row, line)| others.offer_all(row as u32, line, 0));
        }
        let finished = done.fetch_add(1, Ordering::Relaxed) + 1;
        watch.progress(Stage::Neighbours, finished * total as u64 / tiles.len() as u64, total as u64);
        Ok(())
    })?;
    Ok(best.into_lists())
}

/// The `count` best of each of some `rows` of `space` among all others, in the order of `rows`.
pub(super) fn nearest_of(
    space: &Matrix,
    rows: &[u32],
    count: usize,
    watch: &dyn Watch,
) -> Result<Vec<Neighbours>, Cancelled> {
    let numbers: Vec<u32> = (0..space.rows() as u32).collect();
    let asked = space.gather(rows.iter().map(|&row| row as usize));
    let best = Best::new([rows.len()].into_iter(), count);
    (0..space.rows().div_ceil(TILE)).into_par_iter().try_for_each_init(Vec::new, |buffer, block| {
        checkpoint(watch)?;
        let columns = block * TILE..((block + 1) * TILE).min(space.rows());
        buffer.resize(rows.len() * columns.len(), 0.0);
        dot_products(asked.data(), values(space, &columns), space.columns(), buffer);
        let mut lists = best.block(0);
        for (place, line) in buffer.chunks_exact(columns.len()).enumerate() {
            lists.offer_line(place, rows[place], line, &numbers[columns.clone()]);
        }
        Ok(())
    })?;
    Ok(best.into_lists())
}

fn products(space: &Matrix, rows: &Range<usize>, columns: &Range<usize>, buffer: &mut Vec<f32>) {
    buffer.resize(rows.len() * columns.len(), 0.0);
    dot_products(values(space, rows), values(space, columns), space.columns(), buffer);
}

fn values<'a>(space: &'a Matrix, rows: &Range<usize>) -> &'a [f32] {
    &space.data()[rows.start * space.columns()..rows.end * space.columns()]
}
