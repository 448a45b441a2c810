//! Whether the model in this container computes what it should.

use std::path::Path;

use anyhow::{Context as _, ensure};
use graphnode_core::encoder::Encoder;
use graphnode_core::matrix::dot;
use graphnode_core::watch::Unwatched;
use graphnode_embedding::SentenceEncoder;

/// A sentence, another that says the same, and one that does not.
const SENTENCES: [&str; 3] = [
    "How do I bake bread without an oven?",
    "Is there a way to make bread if I have no oven?",
    "The parliament voted on the new tax law yesterday.",
];
/// How much nearer the second must be than the third; every model in use has more than twice that.
const MARGIN: f32 = 0.2;

/// Embeds known sentences and checks that their vectors mean what the sentences do.
pub(crate) fn check(model: &Path) -> anyhow::Result<()> {
    let encoder = SentenceEncoder::load(model).context("the model cannot be loaded")?;
    let rows = encoder.encode(&SENTENCES, &Unwatched).context("the model cannot be run")?;
    let [own, same, other] = [0, 1, 2].map(|row| dot(rows.row(0), rows.row(row)));
    ensure!((own - 1.0).abs() < 1e-3, "a vector has length {own} instead of 1");
    ensure!(same > other + MARGIN, "the vectors do not tell sentences apart: {same} and {other}");
    Ok(())
}
