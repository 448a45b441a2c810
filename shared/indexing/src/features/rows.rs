//! The second reading: records in batches.

use std::sync::Arc;

use graphnode_core::ports::objects::{ObjectMeta, Objects};
use graphnode_core::ports::vectors::VectorRecord;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::entry::{Entry, Metadata};
use super::parse::{Enough, ParseError, Section, Taker, parse};

/// Records of a batch: as many as the usual writes in flight take, 300 each. The next batch is read meanwhile.
const BATCH: usize = 1200;

/// The records of a surveyed file, batch after batch.
pub(crate) struct Rows<'a> {
    metadata: &'a Metadata,
    entries: List<Entry>,
    rows: List<Vec<f32>>,
}

/// A reader in one of the file's lists.
struct List<E> {
    batches: mpsc::Receiver<Vec<E>>,
    reader: JoinHandle<Result<(), ParseError>>,
}

impl<'a> Rows<'a> {
    /// Starts two readers of `object`.
    pub(crate) fn of<O: Objects + 'static>(
        objects: &Arc<O>,
        object: &ObjectMeta,
        metadata: &'a Metadata,
    ) -> Self {
        Self {
            metadata,
            entries: List::start(objects, object, |sender| Entries(Batches::into(sender))),
            rows: List::start(objects, object, |sender| Embeddings(Batches::into(sender))),
        }
    }

    /// The next batch; `None` after the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<VectorRecord>>, ParseError> {
        let (entries, rows) = (self.entries.next().await?, self.rows.next().await?);
        // Both lists are of one length: the survey counted them in the same content.
        let (Some(entries), Some(rows)) = (entries, rows) else { return Ok(None) };
        let record = |(entry, embedding): (Entry, Vec<f32>)| VectorRecord {
            embedding,
            metadata: entry.into_record(self.metadata),
        };
        Ok(Some(entries.into_iter().zip(rows).map(record).collect()))
    }
}

impl<E: Send + 'static> List<E> {
    fn start<O: Objects + 'static, T: Taker>(
        objects: &Arc<O>,
        object: &ObjectMeta,
        taker: impl FnOnce(mpsc::Sender<Vec<E>>) -> T,
    ) -> Self {
        let (sender, batches) = mpsc::channel(1);
        let (objects, object, taker) = (Arc::clone(objects), object.clone(), taker(sender));
        let reader = tokio::spawn(async move { parse(&objects, &object, taker).await.map(drop) });
        Self { batches, reader }
    }

    async fn next(&mut self) -> Result<Option<Vec<E>>, ParseError> {
        if let Some(batch) = self.batches.recv().await {
            return Ok(Some(batch));
        }
        // The channel closes when the reader ends; only now is it known why.
        (&mut self.reader).await.map_err(ParseError::Thread)??;
        Ok(None)
    }
}

/// Collects elements and sends them on by the batch.
struct Batches<E> {
    batch: Vec<E>,
    sender: mpsc::Sender<Vec<E>>,
}

impl<E> Batches<E> {
    fn into(sender: mpsc::Sender<Vec<E>>) -> Self {
        Self { batch: Vec::new(), sender }
    }

    fn push(&mut self, element: E) -> Result<(), Enough> {
        self.batch.push(element);
        if self.batch.len() < BATCH { Ok(()) } else { self.send() }
    }

    /// Nobody takes it: the writing failed, and the reason is told there.
    fn send(&mut self) -> Result<(), Enough> {
        let batch = std::mem::take(&mut self.batch);
        self.sender.blocking_send(batch).map_err(|_| Enough)
    }

    /// The rest; behind its list the file holds nothing for this reader.
    fn finish(&mut self) -> Result<(), Enough> {
        if !self.batch.is_empty() {
            self.send()?;
        }
        Err(Enough)
    }
}

struct Entries(Batches<Entry>);

impl Taker for Entries {
    fn wants(&self, section: Section) -> bool {
        section == Section::Conversations
    }

    fn conversation(&mut self, entry: Entry) -> Result<(), Enough> {
        self.0.push(entry)
    }

    fn embedding(&mut self, _row: &[f32]) -> Result<(), Enough> {
        Ok(())
    }

    fn metadata(&mut self, _metadata: Metadata) {}

    fn end_of(&mut self, _section: Section) -> Result<(), Enough> {
        self.0.finish()
    }
}

struct Embeddings(Batches<Vec<f32>>);

impl Taker for Embeddings {
    fn wants(&self, section: Section) -> bool {
        section == Section::Embeddings
    }

    fn conversation(&mut self, _entry: Entry) -> Result<(), Enough> {
        Ok(())
    }

    fn embedding(&mut self, row: &[f32]) -> Result<(), Enough> {
        self.0.push(row.to_vec())
    }

    fn metadata(&mut self, _metadata: Metadata) {}

    fn end_of(&mut self, _section: Section) -> Result<(), Enough> {
        self.0.finish()
    }
}
