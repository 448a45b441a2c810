//! Fewer points for the hierarchy: conversations that certainly belong together count as one.

use crate::manifold::graph::NEIGHBOURS;
use crate::neighbours::Neighbours;
use crate::sparse::SparseRows;

/// Similarity from which two conversations are copies of each other.
const NEAR_DUPLICATE: f32 = 0.98;

/// For every conversation the number of its group of near-duplicates: it joins that of the first earlier one that is near
/// enough. Copies would otherwise fill each other's neighbourhoods and pull clusters to themselves.
pub(super) fn near_duplicates(neighbours: &[Neighbours]) -> Vec<usize> {
    let mut groups: Vec<usize> = Vec::with_capacity(neighbours.len());
    let mut count = 0;
    for (own, list) in neighbours.iter().enumerate() {
        let copies = list.iter().take(NEIGHBOURS).take_while(|(_, similarity)| *similarity >= NEAR_DUPLICATE);
        let first = copies.map(|(other, _)| *other as usize).filter(|&other| other < own).min();
        groups.push(first.map_or(count, |other| groups[other]));
        count += usize::from(first.is_none());
    }
    groups
}

/// Merges the nodes of `graph` to at most `most` groups by repeated heavy-edge matching (Karypis and Kumar 1998): in
/// each round every node is paired with the free neighbour it is most closely joined to.
pub(super) fn matched(graph: &SparseRows, most: usize) -> Vec<usize> {
    let mut groups: Vec<usize> = (0..graph.rows()).collect();
    let mut count = graph.rows();
    while count > most.max(1) {
        let mut sizes = vec![0_u32; count];
        groups.iter().for_each(|&group| sizes[group] += 1);
        let partners = partners(&links(graph, &groups, &sizes), count);
        let mut numbers = vec![usize::MAX; count];
        let mut next = 0;
        for group in 0..count {
            if numbers[group] == usize::MAX {
                numbers[group] = next;
                numbers[partners[group]] = next;
                next += 1;
            }
        }
        if next == count {
            break;
        }
        groups.iter_mut().for_each(|group| *group = numbers[*group]);
        count = next;
    }
    groups
}

/// Links between groups, the closest first: the sum of weights over the product of sizes.
fn links(graph: &SparseRows, groups: &[usize], sizes: &[u32]) -> Vec<(f32, usize, usize)> {
    let mut pairs: Vec<(usize, usize, f32)> = (0..graph.rows())
        .flat_map(|row| graph.row(row).iter().map(move |&(other, weight)| (row, other as usize, weight)))
        .map(|(row, other, weight)| (groups[row], groups[other], weight))
        .filter(|&(a, b, _)| a < b)
        .collect();
    pairs.sort_by_key(|&(a, b, _)| (a, b));
    let mut links: Vec<(f32, usize, usize)> = pairs
        .chunk_by(|x, y| (x.0, x.1) == (y.0, y.1))
        .map(|same| {
            let (a, b, _) = same[0];
            let weight: f32 = same.iter().map(|(.., weight)| weight).sum();
            (weight / (sizes[a] * sizes[b]) as f32, a, b)
        })
        .collect();
    links.sort_by(|x, y| y.0.total_cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    links
}

/// For every group its partner, or itself.
fn partners(links: &[(f32, usize, usize)], count: usize) -> Vec<usize> {
    let mut partners: Vec<usize> = (0..count).collect();
    for &(_, a, b) in links {
        if partners[a] == a && partners[b] == b {
            partners[a] = b;
            partners[b] = a;
        }
    }
    partners
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_join_the_first_of_them() {
        let lists =
            vec![vec![(2, 0.99), (1, 0.5)], vec![(0, 0.5)], vec![(0, 0.99), (3, 0.985)], vec![(2, 0.985)]];
        assert_eq!(near_duplicates(&lists), [0, 1, 0, 0]);
    }

    #[test]
    fn the_closest_are_matched_first() {
        let rows = vec![vec![(1, 0.9), (2, 0.5)], vec![(0, 0.9)], vec![(0, 0.5), (3, 0.4)], vec![(2, 0.4)]];
        assert_eq!(matched(&SparseRows::new(&rows), 2), [0, 0, 1, 1]);
        assert_eq!(matched(&SparseRows::new(&rows), 4), [0, 1, 2, 3]);
        assert_eq!(matched(&SparseRows::new(&[vec![], vec![]]), 1), [0, 1], "what is not joined stays apart");
    }
}
