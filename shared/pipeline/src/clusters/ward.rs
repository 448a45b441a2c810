//! Ward's hierarchical clustering (Ward 1963) by the nearest-neighbour chain (Murtagh 1983): exact, quadratic in
//! time, linear in memory.

use graphnode_core::matrix::Matrix;

/// Two clusters become one. Points are clusters `0..n`; the merge at place `m` of the tree makes cluster `n + m`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Merge {
    /// The one with the smaller number.
    pub left: usize,
    /// The other.
    pub right: usize,
    /// Increase of the within-cluster sum of squares; never falls along the tree.
    pub height: f64,
}

/// The whole hierarchy over `points`.
#[derive(Debug, Clone)]
pub(crate) struct Tree {
    points: usize,
    merges: Vec<Merge>,
}

impl Tree {
    /// Builds the tree over rows of `points` that count `weights` times each. Equal distances are decided by
    /// number, so the tree is a function of the input.
    pub(crate) fn ward(points: &Matrix, weights: &[f64]) -> Self {
        let count = points.rows();
        let mut clusters = Clusters::new(points, weights);
        let mut found = Vec::with_capacity(count.saturating_sub(1));
        let mut chain: Vec<usize> = Vec::new();
        while found.len() + 1 < count {
            let end = match chain.last() {
                Some(&end) => end,
                None => {
                    chain.push(clusters.first());
                    continue;
                }
            };
            let before = chain.len().checked_sub(2).map(|place| chain[place]);
            let (nearest, distance) = clusters.nearest(end, before);
            if Some(nearest) == before {
                chain.truncate(chain.len() - 2);
                found.push((end, nearest, distance));
                clusters.merge(end, nearest);
            } else {
                chain.push(nearest);
            }
        }
        Self { points: count, merges: in_order(count, found) }
    }

    /// The partition into `count` clusters (fewer where there are fewer points): one label a point, numbered by
    /// first occurrence.
    pub(crate) fn cut(&self, count: usize) -> Vec<usize> {
        let kept = self.points.saturating_sub(count.max(1));
        self.labels(&self.merges[..kept.min(self.merges.len())])
    }

    fn labels(&self, merges: &[Merge]) -> Vec<usize> {
        let mut parents: Vec<usize> = (0..self.points + merges.len()).collect();
        for (place, merge) in merges.iter().enumerate() {
            parents[merge.left] = self.points + place;
            parents[merge.right] = self.points + place;
        }
        for cluster in (0..parents.len()).rev() {
            parents[cluster] = parents[parents[cluster]];
        }
        let mut numbers = vec![usize::MAX; parents.len()];
        let mut next = 0;
        (0..self.points)
            .map(|point| {
                let number = &mut numbers[parents[point]];
                if *number == usize::MAX {
                    *number = next;
                    next += 1;
                }
                *number
            })
            .collect()
    }
}

/// Sorts merges of representatives by height and renames them by the tree's numbers.
fn in_order(points: usize, mut found: Vec<(usize, usize, f64)>) -> Vec<Merge> {
    // The chain finds every merge after those below it, so a stable sort keeps children before parents.
    found.sort_by(|a, b| a.2.total_cmp(&b.2));
    let mut parents: Vec<usize> = (0..2 * points).collect();
    let mut merges = Vec::with_capacity(found.len());
    for (place, (a, b, height)) in found.into_iter().enumerate() {
        let (a, b) = (root(&mut parents, a), root(&mut parents, b));
        parents[a] = points + place;
        parents[b] = points + place;
        merges.push(Merge { left: a.min(b), right: a.max(b), height });
    }
    merges
}

fn root(parents: &mut [usize], mut cluster: usize) -> usize {
    while parents[cluster] != cluster {
        parents[cluster] = parents[parents[cluster]];
        cluster = parents[cluster];
    }
    cluster
}

/// The clusters alive, as centroids and weights; a merged cluster lives on in the smaller number's place.
struct Clusters {
    columns: usize,
    centroids: Vec<f64>,
    weights: Vec<f64>,
    alive: Vec<usize>,
}

impl Clusters {
    fn new(points: &Matrix, weights: &[f64]) -> Self {
        assert_eq!(points.rows(), weights.len(), "one weight a point");
        Self {
            columns: points.columns(),
            centroids: points.data().iter().map(|&value| f64::from(value)).collect(),
            weights: weights.to_vec(),
            alive: (0..points.rows()).collect(),
        }
    }

    fn first(&self) -> usize {
        self.alive[0]
    }

    fn centroid(&self, cluster: usize) -> &[f64] {
        &self.centroids[cluster * self.columns..][..self.columns]
    }

    /// The nearest other cluster and its distance; `preferred`, then the smaller number, wins a tie.
    fn nearest(&self, cluster: usize, preferred: Option<usize>) -> (usize, f64) {
        let own = self.centroid(cluster);
        let weight = self.weights[cluster];
        let distance = |other: usize| {
            let squared: f64 = own.iter().zip(self.centroid(other)).map(|(x, y)| (x - y) * (x - y)).sum();
            let size = self.weights[other];
            weight * size / (weight + size) * squared
        };
        let mut best = preferred.map_or((usize::MAX, f64::INFINITY), |other| (other, distance(other)));
        for &other in self.alive.iter().filter(|&&other| other != cluster) {
            let candidate = distance(other);
            if candidate < best.1 {
                best = (other, candidate);
            }
        }
        best
    }

    fn merge(&mut self, a: usize, b: usize) {
        let (kept, gone) = (a.min(b), a.max(b));
        let (kept_weight, gone_weight) = (self.weights[kept], self.weights[gone]);
        let total = kept_weight + gone_weight;
        for axis in 0..self.columns {
            let merged = (self.centroids[kept * self.columns + axis] * kept_weight
                + self.centroids[gone * self.columns + axis] * gone_weight)
                / total;
            self.centroids[kept * self.columns + axis] = merged;
        }
        self.weights[kept] = total;
        if let Ok(place) = self.alive.binary_search(&gone) {
            self.alive.remove(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SplitMix64;

    fn blobs(sizes: &[usize]) -> (Matrix, Vec<usize>) {
        let mut random = SplitMix64::new(11);
        let mut data = Vec::new();
        let mut truth = Vec::new();
        for (blob, &size) in sizes.iter().enumerate() {
            for _ in 0..size {
                data.extend([blob as f32 * 10.0 + random.normal(), random.normal()]);
                truth.push(blob);
            }
        }
        (Matrix::from_data(2, data), truth)
    }

    #[test]
    fn separate_groups_are_found() {
        let (points, truth) = blobs(&[30, 5, 12]);
        let tree = Tree::ward(&points, &vec![1.0; 47]);
        assert_eq!(tree.cut(3), truth);
        assert_eq!(tree.cut(1), vec![0; 47]);
        assert_eq!(tree.cut(47), (0..47).collect::<Vec<_>>());
        assert!(tree.merges.is_sorted_by_key(|merge| merge.height));
    }

    /// The greedy definition: always merge the pair whose union costs least.
    #[test]
    fn the_chain_finds_the_greedy_tree() {
        let (points, _) = blobs(&[7, 6, 5]);
        let tree = Tree::ward(&points, &[1.0; 18]);
        let mut groups: Vec<Vec<usize>> = (0..18).map(|point| vec![point]).collect();
        let cost = |group: &[usize]| {
            let mean = |axis: usize| {
                group.iter().map(|&p| f64::from(points.row(p)[axis])).sum::<f64>() / group.len() as f64
            };
            let (x, y) = (mean(0), mean(1));
            group
                .iter()
                .map(|&p| {
                    (f64::from(points.row(p)[0]) - x).powi(2) + (f64::from(points.row(p)[1]) - y).powi(2)
                })
                .sum::<f64>()
        };
        while groups.len() > 4 {
            let pairs = (0..groups.len()).flat_map(|a| (a + 1..groups.len()).map(move |b| (a, b)));
            let (a, b) = pairs
                .min_by(|&(a, b), &(c, d)| {
                    let rise = |a: usize, b: usize| {
                        cost(&[groups[a].clone(), groups[b].clone()].concat())
                            - cost(&groups[a])
                            - cost(&groups[b])
                    };
                    rise(a, b).total_cmp(&rise(c, d))
                })
                .unwrap();
            let gone = groups.remove(b);
            groups[a].extend(gone);
        }
        let labels = tree.cut(4);
        for group in &groups {
            assert!(group.iter().all(|&point| labels[point] == labels[group[0]]));
        }
    }

    #[test]
    fn equal_points_merge_first() {
        let points = Matrix::from_data(1, vec![0.0, 5.0, 0.0, 9.0, 5.0]);
        assert_eq!(Tree::ward(&points, &[1.0; 5]).cut(3), [0, 1, 0, 2, 1]);
    }
}
