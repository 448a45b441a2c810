//! The builds that count: found by the pointers of a person, loaded once, kept while there is room.

use std::sync::Arc;

use graphnode_core::encoder::ModelIdentity;
use graphnode_core::ids::{GraphId, TaskId, UserId};
use graphnode_core::job::JobState;
use graphnode_core::job::pointer::Current;
use graphnode_core::job::store::{load_job, load_pointer};
use graphnode_core::keys::{self, ResultFile};
use graphnode_core::ports::objects::{Objects, list_all, read_whole};
use graphnode_core::ports::{Buckets, PortErrorKind};
use graphnode_pipeline::search::WordIndex;
use serde::Deserialize;

use crate::cache::Cache;
use crate::error::{InvalidBuild, SearchError};
use crate::nodes::{Entry, Nodes};

/// Most bytes of a file that is read whole: a function's memory, and more than anybody's history was seen to take.
const MOST_FILE_BYTES: u64 = 512 * 1024 * 1024;
/// Most graphs of a person.
const MOST_GRAPHS: usize = 1_000;

/// What a search needs of a build.
#[derive(Debug)]
pub(crate) struct Build {
    pub(crate) graph_id: GraphId,
    pub(crate) task_id: TaskId,
    pub(crate) generation: u64,
    pub(crate) nodes: Nodes,
    pub(crate) words: WordIndex,
    model: String,
    dimension: usize,
}

/// Names a build and whose it is: what was loaded for one person is never found by another.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct BuildKey {
    user_id: UserId,
    task_id: TaskId,
}

/// The builds of everybody.
#[derive(Debug)]
pub(crate) struct Builds<O> {
    buckets: Buckets<O>,
    cache: Cache<BuildKey, Build>,
}

impl<O: Objects> Builds<O> {
    /// Builds that are kept within `cache_bytes`.
    pub(crate) fn new(buckets: Buckets<O>, cache_bytes: usize) -> Self {
        Self { buckets, cache: Cache::new(cache_bytes) }
    }

    /// The person's graphs, those without a build included.
    pub(crate) async fn graphs(&self, user_id: &UserId) -> Result<Vec<GraphId>, SearchError> {
        let pointers = keys::graph_pointers(user_id);
        let listed = list_all(self.buckets.own(), &pointers, MOST_GRAPHS).await?;
        let names =
            listed.iter().filter_map(|object| pointers.name_within(&object.key)?.strip_suffix(".json"));
        Ok(names.filter_map(|name| name.parse().ok()).collect())
    }

    /// Which build of the person's graph counts; `None` where there is none.
    pub(crate) async fn current(
        &self,
        user_id: &UserId,
        graph_id: &GraphId,
    ) -> Result<Option<Current>, SearchError> {
        let pointer = load_pointer(self.buckets.own(), user_id, graph_id).await?;
        Ok(pointer.and_then(|pointer| pointer.value.current().cloned()))
    }

    /// The build that `current`, read from the person's pointer, names.
    pub(crate) async fn build(
        &self,
        user_id: &UserId,
        graph_id: &GraphId,
        current: &Current,
    ) -> Result<Arc<Build>, SearchError> {
        let key = BuildKey { user_id: user_id.clone(), task_id: current.task_id.clone() };
        self.cache.get(key, self.load(user_id, graph_id, current)).await
    }

    /// Whether all vectors of the build were written. Nobody can say so of a job without a record.
    pub(crate) async fn is_indexed(&self, task_id: &TaskId) -> Result<bool, SearchError> {
        let record = load_job(self.buckets.own(), task_id).await?;
        Ok(record.is_some_and(|record| matches!(record.value.state(), JobState::Indexed { .. })))
    }

    async fn load(
        &self,
        user_id: &UserId,
        graph_id: &GraphId,
        current: &Current,
    ) -> Result<(Build, usize), SearchError> {
        let of_build = |problem| SearchError::Build { task_id: current.task_id.clone(), problem };
        let bucket = self.bucket(user_id, graph_id, current).await?;
        let read = async |file| {
            read_whole(bucket, &keys::result(&current.task_id, file), MOST_FILE_BYTES).await.map_err(
                |error| match error.kind() {
                    PortErrorKind::NotFound => of_build(InvalidBuild::Missing(file)),
                    _ => error.into(),
                },
            )
        };
        let (graph, words) = tokio::try_join!(read(ResultFile::Graph), read(ResultFile::Words))?;
        let (graph_id, current) = (graph_id.clone(), current.clone());
        let parsed =
            tokio::task::spawn_blocking(move || Build::parse(graph_id, current, graph.bytes, words.bytes));
        let build = parsed.await?.map_err(of_build)?;
        let bytes = build.bytes();
        Ok((build, bytes))
    }

    /// Where the build's files are. The pointer is the person's own, so its job must be as well: otherwise nothing is read.
    async fn bucket(
        &self,
        user_id: &UserId,
        graph_id: &GraphId,
        current: &Current,
    ) -> Result<&O, SearchError> {
        let of_build = |problem| SearchError::Build { task_id: current.task_id.clone(), problem };
        // Without a record the files were put there by hand.
        let Some(record) = load_job(self.buckets.own(), &current.task_id).await? else {
            return Ok(self.buckets.own());
        };
        let record = record.value;
        if record.user_id() != user_id
            || record.graph_id() != graph_id
            || record.generation() != current.generation
        {
            return Err(of_build(InvalidBuild::NotOfTheGraph));
        }
        let bucket = self.buckets.get(record.request().bucket.as_ref());
        bucket.ok_or_else(|| of_build(InvalidBuild::ForeignBucket))
    }
}

/// The part of `graph.json` that is needed; everything else is passed over.
#[derive(Deserialize)]
struct GraphFile {
    nodes: Vec<Entry>,
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    pipeline: Pipeline,
}

#[derive(Deserialize)]
struct Pipeline {
    model: String,
    embedding_dimension: usize,
}

impl Build {
    /// The build of these files; blocks. Each is let go as soon as it is read.
    fn parse(
        graph_id: GraphId,
        current: Current,
        graph: Vec<u8>,
        words: Vec<u8>,
    ) -> Result<Self, InvalidBuild> {
        let word_index = WordIndex::read(&words).map_err(|_| InvalidBuild::Words)?;
        drop(words);
        let file: GraphFile = serde_json::from_slice(&graph)
            .map_err(|error| InvalidBuild::Graph { line: error.line(), column: error.column() })?;
        drop(graph);
        let nodes = Nodes::of(file.nodes)?;
        let conversations = word_index.conversations();
        if nodes.len() != conversations {
            return Err(InvalidBuild::Counts { nodes: nodes.len(), conversations });
        }
        let Pipeline { model, embedding_dimension: dimension } = file.metadata.pipeline;
        let Current { task_id, generation, .. } = current;
        Ok(Self { graph_id, task_id, generation, nodes, words: word_index, model, dimension })
    }

    /// What it takes in memory, in bytes.
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.nodes.bytes() + self.words.bytes()
    }

    /// Vectors of two models must never be compared.
    pub(crate) fn check_model(&self, present: &ModelIdentity) -> Result<(), SearchError> {
        if self.model == present.to_string() && self.dimension == present.dimension {
            return Ok(());
        }
        Err(SearchError::OtherModel {
            graph_id: self.graph_id.clone(),
            built_with: format!("{}, {} values", self.model, self.dimension),
            searched_with: format!("{present}, {} values", present.dimension),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(graph: &str) -> Result<Build, InvalidBuild> {
        let current = Current {
            task_id: "t".parse().unwrap(),
            generation: 1,
            completed_at: "2026-06-01T08:00:00Z".parse().unwrap(),
        };
        let mut words = Vec::new();
        WordIndex::read(b"GNWORDS\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")
            .unwrap()
            .write_to(&mut words)
            .unwrap();
        Build::parse(GraphId::default(), current, graph.as_bytes().to_vec(), words)
    }

    fn graph(nodes: &str) -> String {
        format!(
            r#"{{"nodes":[{nodes}],"metadata":{{"pipeline":{{"model":"m (f32)","embedding_dimension":3}}}}}}"#
        )
    }

    #[test]
    fn an_empty_build_is_one() {
        let build = parse(&graph("")).unwrap();
        assert_eq!((build.nodes.len(), build.dimension), (0, 3));
    }

    #[test]
    fn what_is_wrong_is_said_without_a_word_of_a_title() {
        let node = |id: usize, count: &str| {
            format!(
                r#"{{"id":{id},"orig_id":"a","title":"t","cluster_id":"cluster_1","cluster_name":"c",
                    "top_keywords":[],"create_time":null,"num_messages":{count},"source_type":"chat"}}"#
            )
        };
        let problem = parse(&graph(&node(0, "\"my diagnosis\""))).unwrap_err();
        assert!(matches!(problem, InvalidBuild::Graph { line: 2, .. }), "{problem:?}");
        assert!(!format!("{problem} {problem:?}").contains("diagnosis"));
        assert_eq!(parse(&graph(&node(1, "2"))).unwrap_err(), InvalidBuild::Order);
        let counts = InvalidBuild::Counts { nodes: 1, conversations: 0 };
        assert_eq!(parse(&graph(&node(0, "2"))).unwrap_err(), counts);
    }
}
