//! A vector index that compares with everything a person has: exact, and quick for any one person.

mod file;

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::{fs, io};

use graphnode_core::ids::{GraphId, UserId};
use graphnode_core::matrix::{dot, normalise};
use graphnode_core::ports::vectors::{
    GraphBuild, RecordId, RecordMetadata, Removal, VectorIndex, VectorMatch, VectorQuery, VectorRecord,
};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use serde::{Deserialize, Serialize};

use super::{names, off_the_runtime};

/// An exact index, in memory or in a folder with one file a person.
///
/// A folder belongs to one process at a time. Every change writes the person's file anew, whole or not at all.
#[derive(Debug, Clone, Default)]
pub struct ExactVectors(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    folder: Option<PathBuf>,
    persons: Mutex<HashMap<UserId, Person>>,
}

/// The records of one person: metadata and vectors in one order.
#[derive(Debug, Clone, Default, PartialEq)]
struct Person {
    entries: Vec<Entry>,
    vectors: Vec<Vec<f32>>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    id: String,
    graph_id: GraphId,
    generation: u64,
    metadata: RecordMetadata,
}

/// What a query is about, kept for the thread that answers it.
#[derive(Debug)]
struct Wanted {
    graph_id: Option<GraphId>,
    cluster_id: Option<String>,
    orig_ids: Option<HashSet<String>>,
}

impl Wanted {
    fn of(query: &VectorQuery<'_>) -> Self {
        Self {
            graph_id: query.graph_id.cloned(),
            cluster_id: query.cluster_id.map(str::to_owned),
            orig_ids: query.orig_ids.map(|orig_ids| orig_ids.iter().cloned().collect()),
        }
    }

    fn admits(&self, entry: &Entry) -> bool {
        self.graph_id.as_ref().is_none_or(|graph_id| entry.graph_id == *graph_id)
            && self.cluster_id.as_ref().is_none_or(|cluster_id| entry.metadata.cluster_id == *cluster_id)
            && self.orig_ids.as_ref().is_none_or(|orig_ids| orig_ids.contains(&entry.metadata.orig_id))
    }
}

impl ExactVectors {
    /// An index in the folder `root`, made where it is not there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        Ok(Self(Arc::new(Shared { folder: Some(root.to_owned()), persons: Mutex::default() })))
    }

    async fn with_person<T: Send + 'static>(
        &self,
        attempted: &'static str,
        user_id: &UserId,
        work: impl FnOnce(&Person) -> PortResult<(Option<Person>, T)> + Send + 'static,
    ) -> PortResult<T> {
        let (shared, user_id) = (Arc::clone(&self.0), user_id.clone());
        off_the_runtime(move || {
            shared.with_person(&user_id, work).map_err(|failure| match failure {
                Failure::Port(error) => error,
                Failure::File(error) => {
                    PortError::new(PortErrorKind::Unavailable, attempted).with_source(error)
                }
            })
        })
        .await
    }
}

enum Failure {
    Port(PortError),
    File(io::Error),
}

impl Shared {
    /// Reads the person's records where they are not in memory yet, and writes those that `work` puts in their place.
    fn with_person<T>(
        &self,
        user_id: &UserId,
        work: impl FnOnce(&Person) -> PortResult<(Option<Person>, T)>,
    ) -> Result<T, Failure> {
        let mut persons = self.persons.lock().unwrap_or_else(PoisonError::into_inner);
        let path = self.folder.as_ref().map(|folder| {
            let name = names::encode(user_id.as_str()).unwrap_or_default();
            folder.join(format!("{name}.vectors"))
        });
        if !persons.contains_key(user_id) {
            let person = path.as_deref().map(file::read).transpose().map_err(Failure::File)?;
            persons.insert(user_id.clone(), person.unwrap_or_default());
        }
        let person = persons.entry(user_id.clone()).or_default();
        let (changed, outcome) = work(person).map_err(Failure::Port)?;
        if let Some(changed) = changed {
            if let Some(path) = &path {
                file::write(path, &changed).map_err(Failure::File)?;
            }
            *person = changed;
        }
        Ok(outcome)
    }
}

impl Person {
    fn check(&self, vector: &[f32], attempted: &'static str) -> PortResult<()> {
        let length = self.vectors.first().map_or(vector.len(), Vec::len);
        if !vector.is_empty() && vector.len() == length && vector.iter().all(|value| value.is_finite()) {
            Ok(())
        } else {
            let source = format!("a vector of {} finite values was expected", length.max(1));
            Err(PortError::new(PortErrorKind::Invalid, attempted).with_source(source))
        }
    }

    fn upsert(&mut self, build: &GraphBuild, records: Vec<VectorRecord>) -> PortResult<()> {
        let mut places: HashMap<String, usize> =
            self.entries.iter().enumerate().map(|(place, entry)| (entry.id.clone(), place)).collect();
        for record in records {
            self.check(&record.embedding, "upsert vectors")?;
            let id = RecordId::of(&build.user_id, &record.metadata.orig_id).as_str().to_owned();
            let entry = Entry {
                id: id.clone(),
                graph_id: build.graph_id.clone(),
                generation: build.generation,
                metadata: record.metadata,
            };
            let mut vector = record.embedding;
            normalise(&mut vector);
            match places.get(&id) {
                Some(&place) => {
                    self.entries[place] = entry;
                    self.vectors[place] = vector;
                }
                None => {
                    places.insert(id, self.entries.len());
                    self.entries.push(entry);
                    self.vectors.push(vector);
                }
            }
        }
        Ok(())
    }

    fn query(&self, embedding: &[f32], limit: usize, wanted: &Wanted) -> PortResult<Vec<VectorMatch>> {
        self.check(embedding, "query vectors")?;
        let mut query = embedding.to_vec();
        normalise(&mut query);
        let mut hits: Vec<(f32, &Entry)> = self
            .entries
            .iter()
            .zip(&self.vectors)
            .filter(|(entry, _)| wanted.admits(entry))
            .map(|(entry, vector)| (dot(&query, vector).clamp(0.0, 1.0), entry))
            .collect();
        hits.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
        hits.truncate(limit);
        let found = |(score, entry): (f32, &Entry)| VectorMatch {
            score,
            graph_id: entry.graph_id.clone(),
            generation: entry.generation,
            metadata: entry.metadata.clone(),
        };
        Ok(hits.into_iter().map(found).collect())
    }

    fn remove(&mut self, removal: &Removal) -> u64 {
        let before = self.entries.len();
        let goes = |entry: &Entry| match removal {
            Removal::Everything => true,
            Removal::Graph(graph_id) => entry.graph_id == *graph_id,
            Removal::OlderThan { graph_id, generation } => {
                entry.graph_id == *graph_id && entry.generation < *generation
            }
        };
        let all = std::mem::take(self);
        let (entries, vectors) =
            all.entries.into_iter().zip(all.vectors).filter(|(entry, _)| !goes(entry)).unzip();
        *self = Self { entries, vectors };
        (before - self.entries.len()) as u64
    }
}

impl VectorIndex for ExactVectors {
    async fn upsert(&self, build: &GraphBuild, records: &[VectorRecord]) -> PortResult<()> {
        let (build, records) = (build.clone(), records.to_vec());
        let user_id = build.user_id.clone();
        self.with_person("upsert vectors", &user_id, move |person| {
            let mut changed = person.clone();
            changed.upsert(&build, records)?;
            Ok((Some(changed), ()))
        })
        .await
    }

    async fn query(&self, user_id: &UserId, query: VectorQuery<'_>) -> PortResult<Vec<VectorMatch>> {
        let (embedding, wanted) = (query.embedding.to_vec(), Wanted::of(&query));
        let limit = query.limit.clamp(1, VectorQuery::MOST);
        let work = move |person: &Person| Ok((None, person.query(&embedding, limit, &wanted)?));
        self.with_person("query vectors", user_id, work).await
    }

    async fn remove(&self, user_id: &UserId, removal: &Removal) -> PortResult<u64> {
        let removal = removal.clone();
        self.with_person("remove vectors", user_id, move |person| {
            let mut changed = person.clone();
            let removed = changed.remove(&removal);
            Ok(((removed > 0).then_some(changed), removed))
        })
        .await
    }

    async fn count(&self, user_id: &UserId, graph_id: Option<&GraphId>) -> PortResult<u64> {
        let graph_id = graph_id.cloned();
        let counted =
            move |entry: &&Entry| graph_id.as_ref().is_none_or(|graph_id| entry.graph_id == *graph_id);
        let work = move |person: &Person| Ok((None, person.entries.iter().filter(counted).count() as u64));
        self.with_person("count vectors", user_id, work).await
    }
}
