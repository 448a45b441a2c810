//! Clusters: balanced, deterministic, everyone in one.
//!
//! Spectral clustering with Ward's tree: the smoothest functions on the neighbour graph
//! ([`crate::manifold::spectral`]; Ng, Jordan and Weiss 2002), as many as clusters are wanted, make a space in which
//! what hangs together in the graph is compact, and the hierarchy ([`ward`]) is built there. Clusters and subclusters
//! are two cuts of one tree. How many clusters inside the asked range is decided by modularity ([`choice`]).
//! Near-duplicates count as one, and large histories are coarsened first ([`coarsen`]).

mod choice;
mod coarsen;
pub(crate) mod ward;

use graphnode_core::matrix::{Matrix, dot, normalise};
use graphnode_core::options::ClusterRange;
use graphnode_core::watch::{Cancelled, Silent, Stage, Watch, checkpoint};
use rayon::prelude::*;

use crate::manifold::graph::{NEIGHBOURS, averaged_graph};
use crate::manifold::spectral::{Spectrum, spectrum};
use crate::neighbours::{Neighbours, nearest_among};
use crate::quality;
use crate::sparse::SparseRows;
use ward::Tree;

/// Conversations a subcluster has on average.
const SUBCLUSTER_SIZE: usize = 8;
/// Points up to which the tree is built over single conversations: it is quadratic.
const MOST_POINTS: usize = 1_500;
const SEED: u64 = 0x6772_6170_686e_6f64;

/// Who belongs where, on two levels of one hierarchy.
#[derive(Debug)]
pub(crate) struct Clusters {
    /// Cluster of every conversation: 0 is the largest, equal sizes by their first conversation.
    pub labels: Vec<usize>,
    /// Subcluster of every conversation, numbered over the whole graph; each lies within one cluster.
    pub sublabels: Vec<usize>,
    /// How clearly every conversation belongs to its cluster, 0 to 1.
    pub confidence: Vec<f64>,
    /// The space the clusters were made in, one row a conversation.
    pub points: Matrix,
    /// The weighted neighbour graph of all conversations.
    pub graph: SparseRows,
}

impl Clusters {
    /// Number of clusters.
    pub(crate) fn count(&self) -> usize {
        quality::count(&self.labels)
    }

    /// The conversations of every cluster, ascending.
    pub(crate) fn members(&self) -> Vec<Vec<usize>> {
        members(&self.labels)
    }
}

/// The places of every label, ascending.
pub(crate) fn members(labels: &[usize]) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); quality::count(labels)];
    labels.iter().enumerate().for_each(|(place, &label)| members[label].push(place));
    members
}

/// Clusters the rows of `space`, whose nearest `neighbours` are given.
///
/// # Errors
/// [`Cancelled`] when `watch` says so.
pub(crate) fn clusters(
    space: &Matrix,
    neighbours: &[Neighbours],
    range: ClusterRange,
    watch: &dyn Watch,
) -> Result<Clusters, Cancelled> {
    watch.progress(Stage::Clusters, 0, 2);
    let graph = averaged_graph(neighbours);
    let copies = coarsen::near_duplicates(neighbours);
    let distinct = quality::count(&copies);
    let hierarchy = if distinct == copies.len() {
        hierarchy(&graph, range, watch)?
    } else {
        let own = nearest_among(space, &first_of_each(&copies), neighbours, NEIGHBOURS, &Silent(watch))?;
        hierarchy(&averaged_graph(&own), range, watch)?.expanded(&copies)
    };
    watch.progress(Stage::Clusters, 1, 2);
    let labels = by_size(&hierarchy.labels);
    let sublabels = nested(&labels, &hierarchy.sublabels);
    let confidence = confidence(&graph, &labels);
    watch.progress(Stage::Clusters, 2, 2);
    Ok(Clusters { labels, sublabels, confidence, points: hierarchy.points, graph })
}

fn first_of_each(groups: &[usize]) -> Vec<usize> {
    members(groups).iter().map(|members| members[0]).collect()
}

/// Two cuts of one tree.
#[derive(Debug)]
struct Hierarchy {
    labels: Vec<usize>,
    sublabels: Vec<usize>,
    points: Matrix,
}

impl Hierarchy {
    /// The same for members of `groups`, each of which was one point.
    fn expanded(self, groups: &[usize]) -> Self {
        let of_group = |labels: &[usize]| groups.iter().map(|&group| labels[group]).collect();
        Self {
            labels: of_group(&self.labels),
            sublabels: of_group(&self.sublabels),
            points: self.points.gather(groups.iter().copied()),
        }
    }
}

/// The hierarchy whose number of clusters is the best inside `range`.
fn hierarchy(graph: &SparseRows, range: ClusterRange, watch: &dyn Watch) -> Result<Hierarchy, Cancelled> {
    let nodes = graph.rows();
    let most = range.max().min(nodes.max(1));
    let least = range.min().min(most);
    let spectrum = spectrum(graph, most, SEED);
    checkpoint(watch)?;
    let groups = coarsen::matched(graph, MOST_POINTS.max(2 * most));
    let tried: Result<Vec<Hierarchy>, Cancelled> = (least..=most)
        .into_par_iter()
        .map(|count| {
            checkpoint(watch)?;
            Ok(cut(&spectrum, &groups, count))
        })
        .collect();
    let chosen = choice::best(tried?, graph, range);
    Ok(chosen.unwrap_or(Hierarchy { labels: vec![], sublabels: vec![], points: Matrix::zeros(0, 1) }))
}

/// Ward's tree in the space of the first `count` eigenvectors, cut into `count` clusters and into subclusters.
fn cut(spectrum: &Spectrum, groups: &[usize], count: usize) -> Hierarchy {
    let points = spectral_points(spectrum, count);
    let sizes: Vec<f64> = members(groups).iter().map(|members| members.len() as f64).collect();
    let tree = Tree::ward(&quality::centroids(&points, groups), &sizes);
    let finer = (groups.len() / SUBCLUSTER_SIZE).clamp(count, 6 * count);
    let of_group = |labels: Vec<usize>| groups.iter().map(|&group| labels[group]).collect();
    Hierarchy { labels: of_group(tree.cut(count)), sublabels: of_group(tree.cut(finer)), points }
}

/// The first `count` eigenvectors, each as long as its eigenvalue says, as rows of unit length.
fn spectral_points(spectrum: &Spectrum, count: usize) -> Matrix {
    let nodes = spectrum.vectors.rows();
    let mut points = Matrix::zeros(nodes, count.max(1));
    for node in 0..nodes {
        let row = points.row_mut(node);
        for (place, value) in row.iter_mut().enumerate().take(spectrum.values.len()) {
            *value = spectrum.vectors.row(node)[place] * spectrum.values[place].max(0.0) as f32;
        }
        normalise(row);
    }
    points
}

/// Renumbers labels by size, the largest first, equal sizes by first occurrence.
fn by_size(labels: &[usize]) -> Vec<usize> {
    let mut order: Vec<(std::cmp::Reverse<usize>, usize)> = members(labels)
        .iter()
        .enumerate()
        .map(|(label, places)| (std::cmp::Reverse(places.len()), label))
        .collect();
    order.sort_unstable();
    let mut rank = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, &(_, label))| rank[label] = place);
    labels.iter().map(|&label| rank[label]).collect()
}

/// Renumbers finer labels so that those of the first cluster come first, the largest of each first.
fn nested(labels: &[usize], finer: &[usize]) -> Vec<usize> {
    let places = members(finer);
    let mut order: Vec<(usize, std::cmp::Reverse<usize>, usize)> = places
        .iter()
        .enumerate()
        .map(|(label, places)| (labels[places[0]], std::cmp::Reverse(places.len()), label))
        .collect();
    order.sort_unstable();
    let mut rank = vec![0; order.len()];
    order.iter().enumerate().for_each(|(place, &(.., label))| rank[label] = place);
    finer.iter().map(|&label| rank[label]).collect()
}

/// The share of a conversation's neighbourhood that is of its own cluster.
fn confidence(graph: &SparseRows, labels: &[usize]) -> Vec<f64> {
    (0..graph.rows())
        .map(|row| {
            let all: f32 = graph.row(row).iter().map(|(_, weight)| weight).sum();
            let own = graph.row(row).iter().filter(|(other, _)| labels[*other as usize] == labels[row]);
            let own: f32 = own.map(|(_, weight)| weight).sum();
            if all > 0.0 { f64::from(own / all) } else { 0.0 }
        })
        .collect()
}

/// Mean direction of the vectors of every label, unit length.
pub(crate) fn centroids(vectors: &Matrix, labels: &[usize]) -> Matrix {
    let mut centroids = quality::centroids(vectors, labels);
    centroids.normalise_rows();
    centroids
}

/// Of `members`, the one nearest to `centroid`, and the mean similarity of all to it.
pub(crate) fn nearest_and_density(vectors: &Matrix, members: &[usize], centroid: &[f32]) -> (usize, f64) {
    let similarity = |&member: &usize| dot(vectors.row(member), centroid);
    let nearest = members
        .iter()
        .copied()
        .max_by(|a, b| similarity(a).total_cmp(&similarity(b)).then(b.cmp(a)))
        .unwrap_or_default();
    let total: f32 = members.iter().map(similarity).sum();
    (nearest, f64::from(total / members.len().max(1) as f32).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neighbours::nearest;
    use crate::random::SplitMix64;
    use graphnode_core::watch::Unwatched;

    /// Groups of rows that are near each other.
    fn grouped(sizes: &[usize]) -> (Matrix, Vec<Neighbours>, Vec<usize>) {
        let truth: Vec<usize> =
            sizes.iter().enumerate().flat_map(|(group, &size)| vec![group; size]).collect();
        let mut random = SplitMix64::new(1);
        let mut space = Matrix::zeros(truth.len(), 16);
        for (row, &group) in truth.iter().enumerate() {
            space.row_mut(row).iter_mut().for_each(|value| *value = 0.15 * random.normal());
            space.row_mut(row)[group] += 1.0;
        }
        space.normalise_rows();
        let neighbours = nearest(&space, NEIGHBOURS, &Unwatched).unwrap();
        (space, neighbours, truth)
    }

    #[test]
    fn groups_become_clusters_largest_first() {
        let (space, neighbours, truth) = grouped(&[30, 28, 20, 14]);
        let found = clusters(&space, &neighbours, ClusterRange::default(), &Unwatched).unwrap();
        assert_eq!(found.labels, truth);
        assert!(found.confidence.iter().all(|&confidence| confidence > 0.9));
    }

    #[test]
    fn the_asked_number_is_honoured_and_subclusters_nest() {
        let (space, neighbours, _) = grouped(&[40, 30, 20]);
        for count in [1, 2, 5, 12] {
            let range = ClusterRange::new(count, count).unwrap();
            let found = clusters(&space, &neighbours, range, &Unwatched).unwrap();
            assert_eq!(found.count(), count);
            for places in members(&found.sublabels) {
                assert!(places.iter().all(|&place| found.labels[place] == found.labels[places[0]]));
            }
        }
    }

    #[test]
    fn a_handful_of_conversations_is_enough() {
        for size in 0..6 {
            let (space, neighbours, _) = grouped(&[size]);
            let found = clusters(&space, &neighbours, ClusterRange::default(), &Unwatched).unwrap();
            assert_eq!(found.labels.len(), size);
            assert!((size.min(3)..=size.min(8)).contains(&found.count()));
        }
    }

    #[test]
    fn copies_do_not_make_clusters_of_their_own() {
        let (space, _, truth) = grouped(&[40, 30, 20]);
        let copied: Vec<f32> = std::iter::repeat_n(space.row(0), 60).flatten().copied().collect();
        let space = Matrix::from_data(16, [space.data(), &copied].concat());
        let neighbours = nearest(&space, NEIGHBOURS, &Unwatched).unwrap();
        let range = ClusterRange::new(3, 3).unwrap();
        let found = clusters(&space, &neighbours, range, &Unwatched).unwrap();
        assert!((90..150).all(|copy| found.labels[copy] == found.labels[0]));
        let pairs = |a: usize, b: usize| (truth[a] == truth[b]) == (found.labels[a] == found.labels[b]);
        assert!((0..90).all(|a| (0..90).all(|b| pairs(a, b))), "the others are told apart as before");
    }
}
