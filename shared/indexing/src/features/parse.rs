//! The grammar of `features.json`, handing over each element as it comes.

use std::fmt;
use std::io::{self, BufReader, Read};
use std::sync::Arc;

use graphnode_core::ids::TaskId;
use graphnode_core::ports::PortError;
use graphnode_core::ports::objects::{ObjectMeta, Objects};
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::blocks::Blocks;
use super::entry::{Entry, Metadata};
use crate::error::{IndexError, InvalidFeatures};

/// Numbers are read byte by byte, so that many small reads reach the buffer.
const BUFFER_BYTES: usize = 64 * 1024;

/// A member of the file's object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Section {
    Conversations,
    Embeddings,
    Metadata,
    #[serde(other)]
    Unknown,
}

impl Section {
    fn name(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Embeddings => "embeddings",
            Self::Metadata => "metadata",
            Self::Unknown => "the file",
        }
    }
}

/// The taker has what it wanted, or has found a mistake: no more elements.
#[derive(Debug)]
pub(super) struct Enough;

/// Takes the elements in the order of the file.
pub(super) trait Taker: Send + 'static {
    /// Whether the elements of a list are wanted; otherwise they are passed over.
    fn wants(&self, section: Section) -> bool;
    /// The next conversation.
    fn conversation(&mut self, entry: Entry) -> Result<(), Enough>;
    /// The next row; the buffer is the parser's.
    fn embedding(&mut self, row: &[f32]) -> Result<(), Enough>;
    /// The metadata.
    fn metadata(&mut self, metadata: Metadata);
    /// A list came to its end.
    fn end_of(&mut self, section: Section) -> Result<(), Enough>;
}

/// Why a parse did not come to its end.
#[derive(Debug)]
pub(crate) enum ParseError {
    Port(PortError),
    Features(InvalidFeatures),
    Thread(tokio::task::JoinError),
}

impl ParseError {
    /// The error of indexing the build.
    pub(crate) fn of(self, task_id: &TaskId) -> IndexError {
        match self {
            Self::Port(error) => error.into(),
            Self::Features(problem) => IndexError::Features { task_id: task_id.clone(), problem },
            Self::Thread(error) => IndexError::Reader(error),
        }
    }
}

/// Hands the elements of `object` to `taker` until it has enough, on a thread of its own; gives it back.
pub(super) async fn parse<O: Objects + 'static, T: Taker>(
    objects: &Arc<O>,
    object: &ObjectMeta,
    mut taker: T,
) -> Result<T, ParseError> {
    let blocks = Blocks::of(Arc::clone(objects), object.clone());
    let parsed = tokio::task::spawn_blocking(move || parse_from(blocks, &mut taker).map(|()| taker)).await;
    parsed.map_err(ParseError::Thread)?
}

fn parse_from<T: Taker>(blocks: impl Read, taker: &mut T) -> Result<(), ParseError> {
    let mut deserializer =
        serde_json::Deserializer::from_reader(BufReader::with_capacity(BUFFER_BYTES, blocks));
    let mut place = Place { section: Section::Unknown, element: 0, enough: false };
    let whole = deserializer.deserialize_map(File { taker, place: &mut place });
    let outcome = whole.and_then(|()| deserializer.end());
    match outcome {
        Ok(()) => Ok(()),
        Err(_) if place.enough => Ok(()),
        Err(error) => Err(failure(error, &place)),
    }
}

/// Where the parser is: what the error says, since the parser's own text quotes what it read.
struct Place {
    section: Section,
    element: u64,
    enough: bool,
}

fn failure(error: serde_json::Error, place: &Place) -> ParseError {
    let (line, column) = (error.line(), error.column());
    if error.is_io()
        && let Some(inner) = io::Error::from(error).into_inner()
        && let Ok(port) = inner.downcast::<PortError>()
    {
        return ParseError::Port(*port);
    }
    let section = place.section.name();
    ParseError::Features(InvalidFeatures::Unreadable { section, element: place.element, line, column })
}

/// The file's object.
struct File<'a, T> {
    taker: &'a mut T,
    place: &'a mut Place,
}

impl<'de, T: Taker> Visitor<'de> for File<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let mut seen = Vec::new();
        while let Some(section) = members.next_key()? {
            *self.place = Place { section, element: 0, enough: false };
            if section != Section::Unknown && seen.contains(&section) {
                return Err(A::Error::duplicate_field(section.name()));
            }
            seen.push(section);
            match section {
                Section::Metadata => self.taker.metadata(members.next_value()?),
                Section::Conversations | Section::Embeddings if self.taker.wants(section) => {
                    members.next_value_seed(List { taker: &mut *self.taker, place: &mut *self.place })?;
                    let ended = self.taker.end_of(section);
                    ended.map_err(|enough| self.place.stop(enough))?;
                }
                _ => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        self.place.section = Section::Unknown;
        let complete = [Section::Conversations, Section::Embeddings, Section::Metadata];
        match complete.iter().find(|section| !seen.contains(section)) {
            Some(missing) => Err(A::Error::missing_field(missing.name())),
            None => Ok(()),
        }
    }
}

impl Place {
    /// The only way out of a deserialiser is an error; this one is told from others afterwards.
    fn stop<E: serde::de::Error>(&mut self, _enough: Enough) -> E {
        self.enough = true;
        E::custom("enough")
    }
}

/// `conversations` or `embeddings`.
struct List<'a, T> {
    taker: &'a mut T,
    place: &'a mut Place,
}

impl<'de, T: Taker> DeserializeSeed<'de> for List<'_, T> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Taker> Visitor<'de> for List<'_, T> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        let mut row = Vec::new();
        loop {
            let taken = if self.place.section == Section::Conversations {
                let Some(entry) = elements.next_element()? else { return Ok(()) };
                self.taker.conversation(entry)
            } else {
                let Some(()) = elements.next_element_seed(Row(&mut row))? else { return Ok(()) };
                self.taker.embedding(&row)
            };
            taken.map_err(|enough| self.place.stop(enough))?;
            self.place.element += 1;
        }
    }
}

/// A row of `embeddings`, into a buffer that is used again.
struct Row<'a>(&'a mut Vec<f32>);

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of numbers")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        self.0.clear();
        while let Some(value) = values.next_element()? {
            // No model has as many; without a bound one endless row would fill the memory.
            if self.0.len() == MOST_DIMENSIONS {
                return Err(A::Error::custom("the row is too long"));
            }
            self.0.push(value);
        }
        Ok(())
    }
}

/// Longest row, as Chroma Cloud has it.
const MOST_DIMENSIONS: usize = 4096;
