//! Ranks the conversations of one build, asking the index for no more than the ranking needs.
//!
//! The index is asked for the nearest [`VectorQuery::MOST`]. Where it has no more, every cosine is known and the ranking
//! is the one of [`Query::rank`] on one machine. Otherwise words may lift conversations that are farther off:
//! [`Candidates`] names those that could still be among the best, and the index is asked for their cosines, the most
//! promising first.

use graphnode_core::ids::UserId;
use graphnode_core::ports::PortResult;
use graphnode_core::ports::vectors::{VectorIndex, VectorMatch, VectorQuery};
use graphnode_pipeline::search::{Candidates, Query};

use crate::builds::Build;
use crate::request::SearchRequest;

/// How often the index is asked for what words found. Once is nearly always enough (docs/PIPELINE.md, §12).
const MOST_ROUNDS: usize = 2;

/// What the index holds of a build, as far as a query met it.
#[derive(Debug)]
pub(crate) enum Met {
    /// Conversations by number with their scores, the best first.
    Ranked(Vec<(usize, f32)>),
    /// No record of the build.
    Nothing,
    /// Records of a newer build of the graph: the pointer was read too early.
    NewerBuild,
}

/// One query of one build.
pub(crate) struct Ranking<'a, V> {
    pub(crate) vectors: &'a V,
    pub(crate) user_id: &'a UserId,
    pub(crate) build: &'a Build,
    pub(crate) query: &'a Query,
    pub(crate) request: &'a SearchRequest,
}

impl<V: VectorIndex> Ranking<'_, V> {
    /// The best [`SearchRequest::with_limit`] conversations.
    pub(crate) async fn best(&self) -> PortResult<Met> {
        let nearest = self.ask(None).await?;
        if nearest.iter().any(|hit| hit.generation > self.build.generation) {
            return Ok(Met::NewerBuild);
        }
        let mut candidates = Candidates::new(self.query, &self.build.words);
        if self.add(&mut candidates, &nearest) == 0 {
            return Ok(Met::Nothing);
        }
        if nearest.len() >= VectorQuery::MOST {
            let farthest = nearest.iter().map(|hit| hit.score).fold(1.0, f32::min);
            self.look_for_words(&mut candidates, farthest).await?;
        }
        Ok(Met::Ranked(candidates.best(self.request.limit)))
    }

    /// Asks for the cosines of what words could lift among the best.
    async fn look_for_words(&self, candidates: &mut Candidates<'_>, farthest: f32) -> PortResult<()> {
        if let Some(cluster_id) = &self.request.cluster_id {
            self.build.nodes.outside(cluster_id).for_each(|other| candidates.leave_out(other));
        }
        for _ in 0..MOST_ROUNDS {
            let mut missing = candidates.missing(self.request.limit, farthest);
            missing.truncate(VectorQuery::MOST);
            if missing.is_empty() {
                return Ok(());
            }
            let orig_ids: Vec<String> = missing.iter().filter_map(|&number| self.orig_id(number)).collect();
            let found = self.ask(Some(&orig_ids)).await?;
            self.add(candidates, &found);
            // What the index does not hold of them is not asked for again.
            missing.into_iter().for_each(|number| candidates.leave_out(number));
        }
        Ok(())
    }

    async fn ask(&self, orig_ids: Option<&[String]>) -> PortResult<Vec<VectorMatch>> {
        let nearest = VectorQuery::nearest(&self.query.vector, VectorQuery::MOST);
        let query = VectorQuery {
            cluster_id: self.request.cluster_id.as_deref(),
            orig_ids,
            ..nearest.in_graph(&self.build.graph_id)
        };
        self.vectors.query(self.user_id, query).await
    }

    /// Adds the records of the build; yields how many those were.
    fn add(&self, candidates: &mut Candidates<'_>, hits: &[VectorMatch]) -> usize {
        let of_build = hits.iter().filter(|hit| hit.generation == self.build.generation);
        let known =
            of_build.filter_map(|hit| Some((self.build.nodes.number(&hit.metadata.orig_id)?, hit.score)));
        known.map(|(number, cosine)| candidates.add(number, cosine)).count()
    }

    fn orig_id(&self, number: usize) -> Option<String> {
        Some(self.build.nodes.get(number)?.orig_id.to_string())
    }
}
