//! What grew, what shrank, what stopped.
//!
//! Growth compares a cluster's share of the nodes before and since one day that halves the history by number
//! of nodes. A change counts when a two-proportion z-test finds it at the 5 % level and it is at least five
//! points: the first keeps small numbers from looking like a story, the second large ones.

use graphnode_core::contract::Recency;
use jiff::Timestamp;

use super::calendar::{self, SECONDS_A_DAY};
use super::history::History;

const LEAST_Z: f64 = 1.96;
const LEAST_POINTS: f64 = 0.05;
/// Fewest nodes on either side of the day that halves the history.
const LEAST_HALF: usize = 5;
/// Fewest nodes a cluster needs to be missed when it goes quiet.
const LEAST_TO_GO_QUIET: usize = 3;
/// Shortest silence worth telling, in days.
const LEAST_SILENCE_DAYS: i64 = 30;

/// All that time tells.
#[derive(Default)]
pub(super) struct Trends {
    /// Two halves to compare; `None` where the history is too short for that.
    pub(super) halves: Option<Halves>,
    /// Clusters that grew, the most marked first.
    pub(super) grown: Vec<Change>,
    /// Clusters that shrank, the most marked first.
    pub(super) shrunk: Vec<Change>,
    /// Subclusters that grew, of clusters that did not: cluster, place among its subclusters.
    pub(super) grown_parts: Vec<(usize, usize, Change)>,
    /// Clusters that stopped, the largest first.
    pub(super) quiet: Vec<usize>,
    /// Clusters begun lately, the largest first.
    pub(super) new: Vec<usize>,
    /// The longest time without any node: the nodes before and after.
    pub(super) silence: Option<(usize, usize)>,
}

/// The two halves of a history.
#[derive(Debug, Clone, Copy)]
pub(super) struct Halves {
    /// Midnight before the first node of the later half.
    pub(super) pivot: Timestamp,
    early: usize,
    late: usize,
}

/// How the share of a set of nodes changed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Change {
    /// Which cluster.
    pub(super) cluster: usize,
    /// Nodes before the pivot and since.
    pub(super) counts: (usize, usize),
    /// Share of all nodes before the pivot and since.
    pub(super) shares: (f64, f64),
    /// Two-proportion z; positive for growth.
    pub(super) z: f64,
}

impl Change {
    fn is_growth(&self) -> bool {
        self.z >= LEAST_Z && self.shares.1 - self.shares.0 >= LEAST_POINTS
    }

    fn is_decline(&self) -> bool {
        self.z <= -LEAST_Z && self.shares.0 - self.shares.1 >= LEAST_POINTS
    }
}

impl Trends {
    /// Finds all of them.
    pub(super) fn find(history: &History) -> Self {
        let mut trends = Self { halves: halves_of(history), silence: silence_of(history), ..Self::default() };
        for cluster in 0..history.clusters.len() {
            match history.recency(cluster) {
                Recency::New => trends.new.push(cluster),
                Recency::Dormant if is_missed(history, cluster) => trends.quiet.push(cluster),
                _ => {}
            }
        }
        let Some(halves) = trends.halves else { return trends };
        for (place, cluster) in history.clusters.iter().enumerate() {
            let change = change_of(history, halves, place, &cluster.nodes);
            if change.is_growth() {
                trends.grown.push(change);
                continue;
            }
            if change.is_decline() {
                trends.shrunk.push(change);
            }
            for (part, subcluster) in cluster.subclusters.iter().enumerate() {
                let change = change_of(history, halves, place, &subcluster.nodes);
                if change.is_growth() {
                    trends.grown_parts.push((place, part, change));
                }
            }
        }
        trends.grown.sort_by(|a, b| b.z.total_cmp(&a.z).then(a.cluster.cmp(&b.cluster)));
        trends.shrunk.sort_by(|a, b| a.z.total_cmp(&b.z).then(a.cluster.cmp(&b.cluster)));
        trends.grown_parts.sort_by(|a, b| b.2.z.total_cmp(&a.2.z).then((a.0, a.1).cmp(&(b.0, b.1))));
        trends
    }

    /// How the cluster's share changed, where that is marked.
    pub(super) fn change_of(&self, cluster: usize) -> Option<&Change> {
        self.grown.iter().chain(&self.shrunk).find(|change| change.cluster == cluster)
    }
}

fn halves_of(history: &History) -> Option<Halves> {
    let instants = history.instants();
    let middle = instants.get(instants.len() / 2)?.as_second();
    let midnight = middle - middle.rem_euclid(SECONDS_A_DAY);
    // A day is never torn apart, or "before" and "since" it would not be true: of its two ends, the later one
    // serves where the day begins the history.
    [midnight, midnight + SECONDS_A_DAY].into_iter().find_map(|pivot| {
        let early = instants.partition_point(|instant| instant.as_second() < pivot);
        let late = instants.len() - early;
        let first = instants.get(early)?.as_second();
        let pivot = Timestamp::from_second(first - first.rem_euclid(SECONDS_A_DAY)).ok()?;
        (early.min(late) >= LEAST_HALF).then_some(Halves { pivot, early, late })
    })
}

fn change_of(history: &History, halves: Halves, cluster: usize, nodes: &[usize]) -> Change {
    let times = nodes.iter().filter_map(|node| history.times[*node]);
    let counts = times.fold(
        (0, 0),
        |(early, late), time| {
            if time < halves.pivot { (early + 1, late) } else { (early, late + 1) }
        },
    );
    let (early, late) = (halves.early as f64, halves.late as f64);
    let shares = (counts.0 as f64 / early, counts.1 as f64 / late);
    let pooled = (counts.0 + counts.1) as f64 / (early + late);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / early + 1.0 / late)).sqrt();
    let z = if deviation > 0.0 { (shares.1 - shares.0) / deviation } else { 0.0 };
    Change { cluster, counts, shares, z }
}

fn is_missed(history: &History, cluster: usize) -> bool {
    let members = &history.clusters[cluster];
    let (Some((_, end)), Some((_, touched))) = (history.span(), members.span) else { return false };
    let quiet_days = (end.as_second() - touched.as_second()) / SECONDS_A_DAY;
    members.nodes.len() >= LEAST_TO_GO_QUIET && quiet_days >= LEAST_SILENCE_DAYS
}

/// The longest silence, where it is ten times the typical (median) pause and at least a month.
fn silence_of(history: &History) -> Option<(usize, usize)> {
    let mut pauses: Vec<(i64, usize)> = Vec::new();
    for (place, pair) in history.oldest_first.windows(2).enumerate() {
        if let (Some(before), Some(after)) = (history.times[pair[0]], history.times[pair[1]]) {
            pauses.push((after.as_second() - before.as_second(), place));
        }
    }
    let (longest, place) =
        pauses.iter().copied().max_by_key(|(pause, place)| (*pause, std::cmp::Reverse(*place)))?;
    let middle = pauses.len() / 2;
    let (_, (typical, _), _) = pauses.select_nth_unstable(middle);
    let marked = longest >= LEAST_SILENCE_DAYS * SECONDS_A_DAY && longest >= typical.saturating_mul(10);
    // One pause is its own median, so it is never marked: two nodes have no rhythm to break.
    marked.then(|| (history.oldest_first[place], history.oldest_first[place + 1]))
}

/// How long the cluster had been quiet when the history ended, and since when.
pub(super) fn quiet_since(history: &History, cluster: usize) -> Option<(Timestamp, calendar::Length)> {
    let ((_, end), (_, touched)) = (history.span()?, history.clusters[cluster].span?);
    Some((touched, calendar::Length::between(touched, end)))
}
