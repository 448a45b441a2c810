//! The way from a person's words to hits.
//!
//! # What happens
//! 1. The person's graph pointers say which builds count. Every key is made of the person's id, so nothing of
//!    another person can be named.
//! 2. The files of those builds are loaded, unless they are here still; meanwhile the model understands the words.
//! 3. A build whose vectors another model made is refused.
//! 4. The index yields cosines, the words of the build their share, and `ranking` both together.
//! 5. The hits of all graphs are merged by score. A conversation in two graphs has one record in the index and is
//!    found once.
//!
//! # A build that is not in the index yet
//! Between the end of a job and its indexing lies a moment in which the index holds older vectors or none. Those are
//! not the build's, so nothing is found, which is told from "nothing fits" ([`SearchError::NotIndexedYet`]). While vectors
//! are being written, those already there are searched.

use std::collections::HashSet;
use std::sync::Arc;

use graphnode_core::contract::rounded;
use graphnode_core::encoder::{LazyEncoder, ModelIdentity};
use graphnode_core::ids::{GraphId, UserId};
use graphnode_core::ports::{Buckets, Objects, VectorIndex};
use graphnode_pipeline::search::Query;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;

use crate::answer::{Answer, Hit, LeftOut};
use crate::builds::{Build, Builds};
use crate::error::SearchError;
use crate::ranking::{Met, Ranking};
use crate::request::{SearchRequest, Words};

/// Bytes of builds that are kept, unless told otherwise: two histories of ten thousand conversations, of 5 to 7 KB each.
pub const CACHE_BYTES: usize = 128 * 1024 * 1024;
/// Graphs of one search that are loaded and asked at a time: each may be large.
const GRAPHS_AT_ONCE: usize = 4;
/// How often a newer build may come while one is searched.
const MOST_BUILDS: usize = 3;

/// Searches builds. Clones are one searcher and share what is loaded.
#[derive(Debug)]
pub struct Searcher<O, V>(Arc<Inner<O, V>>);

impl<O, V> Clone for Searcher<O, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[derive(Debug)]
struct Inner<O, V> {
    builds: Builds<O>,
    vectors: V,
    encoder: Arc<LazyEncoder>,
}

/// A hit with the score it is ordered by, which has all its decimals.
type Scored = (f32, Hit);

/// One search.
#[derive(Debug)]
struct Asked {
    user_id: UserId,
    request: SearchRequest,
    understood: OnceCell<Understood>,
}

/// What the model made of the words.
#[derive(Debug)]
struct Understood {
    query: Query,
    model: ModelIdentity,
}

impl<O: Objects + 'static, V: VectorIndex + 'static> Searcher<O, V> {
    /// A searcher of the builds in `buckets` and their vectors in `vectors`, that keeps [`CACHE_BYTES`] of builds.
    pub fn new(buckets: Buckets<O>, vectors: V, encoder: Arc<LazyEncoder>) -> Self {
        Self::with_cache(buckets, vectors, encoder, CACHE_BYTES)
    }

    /// The same, that keeps `cache_bytes`. A build that is larger is loaded for every search of it.
    pub fn with_cache(
        buckets: Buckets<O>,
        vectors: V,
        encoder: Arc<LazyEncoder>,
        cache_bytes: usize,
    ) -> Self {
        Self(Arc::new(Inner { builds: Builds::new(buckets, cache_bytes), vectors, encoder }))
    }

    /// What fits the words best of all the person has.
    ///
    /// # Errors
    /// [`SearchError`]. An error that [concerns one graph](SearchError::concerns_one_graph) only when no other graph could
    /// be searched; otherwise it stands in [`Answer::left_out`].
    pub async fn search(&self, user_id: &UserId, request: &SearchRequest) -> Result<Answer, SearchError> {
        let asked = Arc::new(Asked {
            user_id: user_id.clone(),
            request: request.clone(),
            understood: OnceCell::new(),
        });
        // The model works while files are fetched.
        let ((), outcomes) = tokio::try_join!(
            async { self.0.understood(&asked).await.map(drop) },
            self.of_all_graphs(&asked),
        )?;
        merged(outcomes, request)
    }

    /// What is found in each graph, in the order of their ids.
    async fn of_all_graphs(&self, asked: &Arc<Asked>) -> Result<Vec<(GraphId, Outcome)>, SearchError> {
        let mut waiting = match &asked.request.graph_id {
            Some(graph_id) => vec![graph_id.clone()],
            None => self.0.builds.graphs(&asked.user_id).await?,
        }
        .into_iter();
        // Dropping the set on the way out stops what is under way.
        let mut running = JoinSet::new();
        let mut outcomes = Vec::new();
        loop {
            while running.len() < GRAPHS_AT_ONCE
                && let Some(graph_id) = waiting.next()
            {
                let (inner, asked) = (Arc::clone(&self.0), Arc::clone(asked));
                running.spawn(async move {
                    let outcome = inner.of_graph(&asked, &graph_id).await;
                    (graph_id, outcome)
                });
            }
            match running.join_next().await {
                Some(outcome) => outcomes.push(outcome?),
                None => break,
            }
        }
        outcomes.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(outcomes)
    }
}

/// What is found in one graph.
type Outcome = Result<Vec<Scored>, SearchError>;

impl<O: Objects, V: VectorIndex> Inner<O, V> {
    /// The query; whoever comes first makes it, the others wait.
    async fn understood<'a>(&self, asked: &'a Asked) -> Result<&'a Understood, SearchError> {
        asked.understood.get_or_try_init(|| self.understand(&asked.request.words)).await
    }

    async fn understand(&self, words: &Words) -> Result<Understood, SearchError> {
        let (encoder, words) = (Arc::clone(&self.encoder), words.clone());
        let understanding = tokio::task::spawn_blocking(move || {
            let encoder = encoder.get().map_err(SearchError::Model)?;
            let query = Query::new(words.as_str(), encoder.as_ref())?;
            Ok(Understood { query, model: encoder.model().clone() })
        });
        understanding.await?
    }

    async fn of_graph(&self, asked: &Asked, graph_id: &GraphId) -> Outcome {
        for _ in 0..MOST_BUILDS {
            let Some(current) = self.builds.current(&asked.user_id, graph_id).await? else {
                return Err(SearchError::NoSuchGraph(graph_id.clone()));
            };
            let build = self.builds.build(&asked.user_id, graph_id, &current).await?;
            let understood = self.understood(asked).await?;
            build.check_model(&understood.model)?;
            if !has_what_is_asked_for(&build, &asked.request) {
                return Ok(Vec::new());
            }
            let ranking = Ranking {
                vectors: &self.vectors,
                user_id: &asked.user_id,
                build: &build,
                query: &understood.query,
                request: &asked.request,
            };
            match ranking.best().await? {
                Met::Ranked(ranked) => return Ok(hits(&build, &ranked, asked.request.min_score)),
                // Every conversation of it may since have been indexed with another graph.
                Met::Nothing if self.builds.is_indexed(&build.task_id).await? => return Ok(Vec::new()),
                Met::Nothing => break,
                Met::NewerBuild => {}
            }
        }
        Err(SearchError::NotIndexedYet(graph_id.clone()))
    }
}

fn has_what_is_asked_for(build: &Build, request: &SearchRequest) -> bool {
    build.nodes.len() > 0 && request.cluster_id.as_ref().is_none_or(|id| build.nodes.has_cluster(id))
}

fn hits(build: &Build, ranked: &[(usize, f32)], min_score: f64) -> Vec<Scored> {
    let hit = |&(number, score): &(usize, f32)| Some((score, hit(build, number, score)?));
    ranked.iter().filter_map(hit).filter(|(_, hit)| hit.score >= min_score).collect()
}

fn hit(build: &Build, number: usize, score: f32) -> Option<Hit> {
    let node = build.nodes.get(number)?;
    let cluster = build.nodes.cluster(node);
    Some(Hit {
        node_id: number,
        orig_id: node.orig_id.to_string(),
        title: node.title.to_string(),
        score: rounded(f64::from(score)),
        graph_id: build.graph_id.clone(),
        task_id: build.task_id.clone(),
        cluster_id: cluster.id.to_string(),
        cluster_name: cluster.name.to_string(),
        keywords: node.keywords.iter().map(ToString::to_string).collect(),
        create_time: node.create_time,
        num_messages: node.num_messages,
        source_type: node.source_type,
    })
}

/// The best of all graphs, in which a conversation stands once.
fn merged(outcomes: Vec<(GraphId, Outcome)>, request: &SearchRequest) -> Result<Answer, SearchError> {
    let (mut all, mut left_out, mut searched) = (Vec::new(), Vec::new(), 0);
    for (graph_id, outcome) in outcomes {
        match outcome {
            Ok(hits) => {
                all.extend(hits);
                searched += 1;
            }
            Err(reason) if reason.concerns_one_graph() => left_out.push(LeftOut { graph_id, reason }),
            // A graph that was announced and never built.
            Err(SearchError::NoSuchGraph(_)) if request.graph_id.is_none() => {}
            Err(error) => return Err(error),
        }
    }
    if searched == 0 && !left_out.is_empty() {
        return Err(left_out.swap_remove(0).reason);
    }
    all.sort_by(|(a, first), (b, second)| {
        let place = |hit: &Hit| (hit.graph_id.clone(), hit.node_id);
        b.total_cmp(a).then_with(|| place(first).cmp(&place(second)))
    });
    let mut seen = HashSet::new();
    let once = all.into_iter().map(|(_, hit)| hit).filter(|hit: &Hit| seen.insert(hit.orig_id.clone()));
    Ok(Answer { hits: once.take(request.limit).collect(), left_out })
}
