//! Which keys several texts hold, and how many texts each.

use rayon::prelude::*;

/// Parts of the range of keys that are counted apart: what is gathered at a time is a sixteenth of everything.
pub(crate) const PARTS: u64 = 16;

/// The range in `keys`, ascending, of those of part `part`. Keys are hashes, so parts are about equally large.
pub(crate) fn part_of(keys: &[u64], part: u64) -> std::ops::Range<usize> {
    let start = |part: u64| keys.partition_point(|&key| key / (u64::MAX / PARTS + 1) < part);
    start(part)..start(part + 1)
}

/// The keys that at least two of `lists` hold, ascending, and how many do. Every list ascends and names a key once.
pub(crate) fn shared_keys(lists: &[Vec<u64>]) -> Vec<(u64, u32)> {
    let parts: Vec<Vec<(u64, u32)>> = (0..PARTS)
        .into_par_iter()
        .map(|part| {
            let mut keys: Vec<u64> =
                lists.iter().flat_map(|list| &list[part_of(list, part)]).copied().collect();
            keys.sort_unstable();
            let runs = keys.chunk_by(|a, b| a == b).filter(|run| run.len() >= 2);
            runs.map(|run| (run[0], run.len() as u32)).collect()
        })
        .collect();
    parts.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_two_lists_are_counted_in_order() {
        let top = u64::MAX;
        let lists = [vec![3, 9, top], vec![1, 9, top / 2, top], vec![9, top / 2], vec![]];
        assert_eq!(shared_keys(&lists), [(9, 3), (top / 2, 2), (top, 2)]);
        assert_eq!(shared_keys(&[]), []);
    }

    #[test]
    fn parts_are_the_whole() {
        let keys: Vec<u64> = (0..100).map(|place| place * (u64::MAX / 99)).collect();
        let parts: Vec<usize> = (0..PARTS).flat_map(|part| part_of(&keys, part)).collect();
        assert_eq!(parts, (0..100).collect::<Vec<_>>());
    }
}
