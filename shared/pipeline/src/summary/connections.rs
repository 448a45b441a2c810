//! Pairs of clusters that touch.

use graphnode_core::contract::{Connection, rounded};

use super::Reading;

/// Tells of them, the strongest first.
pub(super) fn tell(reading: &Reading) -> Vec<Connection> {
    let name = |cluster: usize| reading.history.clusters[cluster].name.to_owned();
    let pairs = reading.links.pairs.iter().take(reading.room(3, 10, 100));
    pairs
        .map(|pair| Connection {
            source_cluster: name(pair.one),
            target_cluster: name(pair.other),
            connection_strength: rounded(pair.strength),
            bridge_keywords: pair.keywords.clone(),
            description: reading.phrases.connection(&reading.bond(pair, pair.one)),
        })
        .collect()
}
