//! The best so far of every row, fed from many threads.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Neighbours;

/// Values compared before one of them is looked at: most are far from any list.
const LANES: usize = 16;

/// The `count` best of every row seen so far, in blocks of rows behind one lock each.
///
/// What is kept is the head of a total order (similarity descending, then number ascending), so it depends on
/// what was offered and not on when, by whom or how often.
pub(super) struct Best {
    blocks: Vec<Mutex<Block>>,
}

/// The lists of the rows of one block.
pub(super) struct Block {
    count: usize,
    lists: Vec<Neighbours>,
    /// What a similarity must reach to enter each list: its last one once it is full.
    least: Vec<f32>,
}

impl Best {
    /// Empty lists of at most `count`, in blocks of these `sizes`.
    pub(super) fn new(sizes: impl Iterator<Item = usize>, count: usize) -> Self {
        let least = if count == 0 { f32::INFINITY } else { f32::NEG_INFINITY };
        let block = |size| Block { count, lists: vec![Vec::new(); size], least: vec![least; size] };
        Self { blocks: sizes.map(|size| Mutex::new(block(size))).collect() }
    }

    /// One block, for this thread alone until it lets go.
    pub(super) fn block(&self, block: usize) -> MutexGuard<'_, Block> {
        // A thread that panicked takes the whole search with it, so a half-fed list is never seen.
        self.blocks[block].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All lists, block after block.
    pub(super) fn into_lists(self) -> Vec<Neighbours> {
        let blocks = self.blocks.into_iter();
        blocks.flat_map(|block| block.into_inner().unwrap_or_else(PoisonError::into_inner).lists).collect()
    }
}

impl Block {
    /// Offers the rows `others` to row `row` of the block, which is row `own` of all; `line` holds their similarities.
    pub(super) fn offer_line(&mut self, row: usize, own: u32, line: &[f32], others: &[u32]) {
        for (values, others) in line.chunks(LANES).zip(others.chunks(LANES)) {
            let least = self.least[row];
            if !values.iter().fold(false, |any, &value| any | (value >= least)) {
                continue;
            }
            for (&value, &other) in values.iter().zip(others) {
                if other != own && value >= self.least[row] {
                    self.insert(row, other, value);
                }
            }
        }
    }

    /// Offers row `other` of all to the rows of the block from `first`; `line` holds its similarity to each.
    pub(super) fn offer_all(&mut self, other: u32, line: &[f32], first: usize) {
        for (chunk, values) in line.chunks(LANES).enumerate() {
            let start = first + chunk * LANES;
            let pairs = values.iter().zip(&self.least[start..]);
            if !pairs.fold(false, |any, (value, least)| any | (value >= least)) {
                continue;
            }
            for (place, &value) in values.iter().enumerate() {
                if value >= self.least[start + place] {
                    self.insert(start + place, other, value);
                }
            }
        }
    }

    fn insert(&mut self, row: usize, other: u32, similarity: f32) {
        let list = &mut self.lists[row];
        let place = list
            .partition_point(|&(known, value)| value > similarity || (value == similarity && known < other));
        // A pair that comes twice has the same bits both times, so it meets itself here.
        if place == self.count || list.get(place).is_some_and(|&(known, _)| known == other) {
            return;
        }
        if list.len() == self.count {
            list.pop();
        }
        list.insert(place, (other, similarity));
        if list.len() == self.count {
            self.least[row] = list[self.count - 1].1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_order_nor_repetition_of_offers_matters() {
        let values = [0.5_f32, 0.9, 0.5, 0.1, 0.9, 0.5];
        let forth = Best::new([1].into_iter(), 4);
        forth.block(0).offer_line(0, 6, &values, &[0, 1, 2, 3, 4, 5]);
        let back = Best::new([1].into_iter(), 4);
        for (other, value) in values.iter().enumerate().rev() {
            back.block(0).offer_all(other as u32, &[*value], 0);
            back.block(0).offer_line(0, 6, &[*value], &[other as u32]);
        }
        let expected = vec![vec![(1, 0.9), (4, 0.9), (0, 0.5), (2, 0.5)]];
        assert_eq!(forth.into_lists(), expected);
        assert_eq!(back.into_lists(), expected);
    }

    #[test]
    fn nothing_is_kept_where_nothing_is_wanted() {
        let best = Best::new([1].into_iter(), 0);
        best.block(0).offer_line(0, 9, &[1.0; 40], &[0; 40]);
        assert_eq!(best.into_lists(), [vec![]]);
    }
}
