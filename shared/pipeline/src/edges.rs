//! Which conversations are joined: mutual nearest neighbours with a cut that knows how dense each place is.
//!
//! A pair is joined when each is among the other's nearest and their similarity is not far below what they are used to
//! (locally adaptive, as in self-tuning spectral clustering, Zelnik-Manor and Perona 2004). Similarity is measured after
//! every conversation has moved a little towards its neighbours (one step of graph diffusion), which settles many a
//! doubtful pair. Everyone keeps the nearest neighbour, if that is related at all.

use graphnode_core::contract::{Edge, EdgeConfidence, EdgeStatistics, rounded};
use graphnode_core::matrix::{Matrix, dot, normalise};
use rayon::prelude::*;

use crate::keywords::Keywords;
use crate::manifold::graph::NEIGHBOURS;
use crate::neighbours::Neighbours;
use crate::sparse::SparseRows;

/// Neighbours considered on either side.
const CONSIDERED: usize = 8;
/// Nearest neighbours whose mean similarity is what a conversation is used to.
const USUAL: usize = 5;
/// Share of it that an edge must reach at one of its ends.
const LOCAL_CUT: f32 = 0.8;
/// Similarity below which two conversations have nothing to do with each other.
const UNRELATED: f32 = 0.05;
/// How far a conversation moves towards its neighbours.
const DIFFUSION: f32 = 0.5;
/// The strongest share of edges is of high confidence.
const HIGH_SHARE: f64 = 0.3;
/// Most keywords named as evidence.
const EVIDENCE: usize = 5;

/// A pair and its similarity.
pub(crate) type Pair = (u32, u32, f32);

/// The pairs to join, smaller number first, ascending: `space` has a row of unit length a conversation, `graph` joins
/// `neighbours` with weights. Their similarity is that of `space`.
pub(crate) fn pairs(space: &Matrix, graph: &SparseRows, neighbours: &[Neighbours]) -> Vec<Pair> {
    let moved = diffused(space, graph);
    let reranked: Vec<Neighbours> =
        (0..space.rows()).into_par_iter().map(|row| rerank(&moved, row, &neighbours[row])).collect();
    let mut found = mutual(&reranked);
    for (own, list) in reranked.iter().enumerate() {
        if let Some(&(other, _)) = list.first() {
            found.push((own.min(other as usize), own.max(other as usize)));
        }
    }
    found.sort_unstable();
    found.dedup();
    found
        .into_iter()
        .map(|(a, b)| (a as u32, b as u32, dot(space.row(a), space.row(b))))
        .filter(|&(.., similarity)| similarity >= UNRELATED)
        .collect()
}

/// Every row moved towards the weighted mean of its neighbours, unit length.
fn diffused(space: &Matrix, graph: &SparseRows) -> Matrix {
    let mut moved = space.clone();
    let columns = space.columns();
    moved.data_mut().par_chunks_mut(columns).enumerate().for_each(|(row, values)| {
        let total: f32 = graph.row(row).iter().map(|(_, weight)| weight).sum();
        for &(other, weight) in graph.row(row) {
            let share = DIFFUSION * weight / total;
            values.iter_mut().zip(space.row(other as usize)).for_each(|(value, x)| *value += share * x);
        }
        normalise(values);
    });
    moved
}

fn rerank(moved: &Matrix, row: usize, list: &Neighbours) -> Neighbours {
    let near = list.iter().take(NEIGHBOURS);
    let mut list: Neighbours =
        near.map(|&(other, _)| (other, dot(moved.row(row), moved.row(other as usize)))).collect();
    list.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    list
}

/// Pairs that are among each other's nearest and as near as one of them is used to.
fn mutual(neighbours: &[Neighbours]) -> Vec<(usize, usize)> {
    let usual = |list: &Neighbours| {
        let nearest = &list[..list.len().min(USUAL)];
        nearest.iter().map(|(_, similarity)| similarity).sum::<f32>() / nearest.len().max(1) as f32
    };
    let usual: Vec<f32> = neighbours.iter().map(usual).collect();
    let lists = |other: usize, own: usize| {
        neighbours[other].iter().take(CONSIDERED).any(|&(third, _)| third as usize == own)
    };
    let mut pairs = Vec::new();
    for (own, list) in neighbours.iter().enumerate() {
        for &(other, similarity) in list.iter().take(CONSIDERED) {
            let other = other as usize;
            if other > own && similarity >= LOCAL_CUT * usual[own].min(usual[other]) && lists(other, own) {
                pairs.push((own, other));
            }
        }
    }
    pairs
}

/// The edges of the contract.
pub(crate) fn edges(pairs: &[Pair], clusters: &[usize], keywords: &Keywords) -> Vec<Edge> {
    let mut weights: Vec<f32> = pairs.iter().map(|&(.., similarity)| similarity).collect();
    weights.sort_by(f32::total_cmp);
    let cut = weights.len() - ((weights.len() as f64 * HIGH_SHARE).round() as usize).min(weights.len());
    let high = weights.get(cut).copied().unwrap_or(f32::INFINITY);
    pairs
        .iter()
        .map(|&(source, target, similarity)| {
            let (source, target) = (source as usize, target as usize);
            Edge {
                source,
                target,
                weight: rounded(f64::from(similarity.clamp(0.0, 1.0))),
                kind: "semantic".to_owned(),
                is_intra_cluster: clusters[source] == clusters[target],
                confidence: if similarity >= high { EdgeConfidence::High } else { EdgeConfidence::Medium },
                evidence: evidence(keywords, source, target),
            }
        })
        .collect()
}

/// Phrases that are keywords of one and at least candidates of the other, best first.
fn evidence(keywords: &Keywords, source: usize, target: usize) -> Vec<String> {
    let shared = |a: usize, b: usize| {
        keywords.chosen[a].iter().filter_map(move |phrase| {
            let other = keywords.candidates[b].iter().find(|candidate| candidate.key == phrase.key)?;
            Some((phrase.score + other.score, phrase.key, phrase.term.as_str()))
        })
    };
    let mut found: Vec<(f64, u64, &str)> = shared(source, target).chain(shared(target, source)).collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.dedup_by_key(|&mut (_, key, _)| key);
    found.truncate(EVIDENCE);
    found.into_iter().map(|(.., term)| term.to_owned()).collect()
}

/// Counts of `edges`.
pub(crate) fn statistics(edges: &[Edge]) -> EdgeStatistics {
    let high = edges.iter().filter(|edge| edge.confidence == EdgeConfidence::High).count();
    let intra = edges.iter().filter(|edge| edge.is_intra_cluster).count();
    let weight: f64 = edges.iter().map(|edge| edge.weight).sum();
    EdgeStatistics {
        total: edges.len(),
        high_confidence: high,
        medium_confidence: edges.len() - high,
        intra_cluster: intra,
        inter_cluster: edges.len() - intra,
        average_weight: rounded(weight / edges.len().max(1) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifold::graph::averaged_graph;
    use crate::neighbours::nearest;
    use graphnode_core::watch::Unwatched;

    #[test]
    fn mutual_neighbours_are_joined_and_no_related_one_is_alone() {
        let angles = [0.0_f32, 0.1, 0.2, 1.2];
        let space = Matrix::from_data(
            3,
            angles.iter().flat_map(|a| [a.cos(), a.sin(), 0.0]).chain([0.0, 0.0, 1.0]).collect(),
        );
        let neighbours = nearest(&space, 25, &Unwatched).unwrap();
        let joined = pairs(&space, &averaged_graph(&neighbours), &neighbours);
        assert!(joined.iter().any(|&(a, b, _)| (a, b) == (0, 1)));
        assert!(joined.iter().any(|&(_, b, _)| b == 3), "the lonely one keeps its nearest");
        assert!(joined.iter().all(|&(_, b, _)| b != 4), "the unrelated one is not joined");
        assert!(joined.is_sorted_by_key(|&(a, b, _)| (a, b)));
    }
}
