//! How many clusters: as few as tell the graph apart almost as well as any number does.

use graphnode_core::options::ClusterRange;

use super::Hierarchy;
use crate::edges::Pair;
use crate::quality::modularity;
use crate::sparse::SparseRows;

/// No cluster should hold a larger share than this while the range allows more clusters.
const LARGEST_SHARE: f64 = 0.35;
/// Share of the best modularity that is good enough: its maximum is flat, and fewer clusters are easier to read.
const GOOD_ENOUGH: f64 = 0.995;

/// The smallest number inside `range` whose partition reaches [`GOOD_ENOUGH`] of the best modularity on `graph` (Newman
/// and Girvan 2004) and has no dominating cluster; where every one has, the one whose largest is smallest.
pub(super) fn best(
    hierarchies: Vec<Hierarchy>,
    graph: &SparseRows,
    range: ClusterRange,
) -> Option<Hierarchy> {
    if range.min() == range.max() {
        return hierarchies.into_iter().next();
    }
    let pairs: Vec<Pair> = (0..graph.rows())
        .flat_map(|row| graph.row(row).iter().map(move |&(other, weight)| (row as u32, other, weight)))
        .filter(|&(row, other, _)| row < other)
        .collect();
    let judged: Vec<(f64, f64)> = hierarchies
        .iter()
        .map(|tried| (modularity(&tried.labels, &pairs), largest_share(&tried.labels)))
        .collect();
    let most = judged.iter().map(|(modularity, _)| *modularity).fold(f64::NEG_INFINITY, f64::max);
    let good = |&(modularity, share): &(f64, f64)| {
        share <= LARGEST_SHARE && modularity >= most - (1.0 - GOOD_ENOUGH) * most.abs()
    };
    let balanced = |&(_, share): &(f64, f64)| share <= LARGEST_SHARE;
    let chosen =
        judged.iter().position(good).or_else(|| judged.iter().position(balanced)).or_else(|| {
            (0..judged.len()).min_by(|&a, &b| judged[a].1.total_cmp(&judged[b].1).then(a.cmp(&b)))
        });
    hierarchies.into_iter().nth(chosen?)
}

fn largest_share(labels: &[usize]) -> f64 {
    let largest = super::members(labels).iter().map(Vec::len).max().unwrap_or(0);
    largest as f64 / labels.len().max(1) as f64
}
