//! One vector a conversation: what it means, as far as the model can tell.
//!
//! A text whose language the model knows is the mean direction of its chunks, longer ones counting more, with a little
//! of its title. A text it does not know is represented by its English gloss ([`crate::words::gloss`]); what the model
//! makes of the text itself, which tells style rather than meaning, is kept beside it.

use graphnode_core::encoder::{EncodeError, Encoder};
use graphnode_core::matrix::{Matrix, normalise};
use graphnode_core::watch::{Watch, Within};
use rayon::prelude::*;

use crate::digest::Document;
use crate::words::gloss::gloss;
use crate::words::script::{self, Script};

/// Chunks encoded in one call: enough to sort by length, few enough that their vectors are small.
const CHUNKS_A_CALL: usize = 4_096;
/// Characters of a text that tell its language.
const SAMPLE_CHARACTERS: usize = 400;
/// Fit of the vocabulary from which a language counts as known.
const KNOWN: f32 = 0.5;
/// Chunks that show the style of a text in an unknown language.
const STYLE_CHUNKS: usize = 2;
/// Weight of the title beside the text.
const TITLE: f32 = 0.2;

/// Which language a conversation is in, as far as the model is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    /// One that the model knows.
    Known,
    /// Korean, for a model that does not know it.
    Korean,
    /// Another unknown one; Chinese mostly.
    Other,
}

/// The vectors of all conversations.
#[derive(Debug)]
pub(crate) struct Embedded {
    /// What each is about; unit length.
    pub meaning: Matrix,
    /// What the model makes of the text itself where [`Self::meaning`] comes from a gloss; zeros elsewhere.
    pub style: Matrix,
    /// The language of each.
    pub tongues: Vec<Tongue>,
    /// The English gloss of each in a language the model does not know, where the dictionary knows enough of it.
    pub glosses: Vec<Option<String>>,
}

/// A text to encode and what it counts for.
struct Part {
    document: usize,
    role: Role,
    text: String,
}

#[derive(Clone, Copy, PartialEq)]
enum Role {
    Meaning(f32),
    Style,
    /// Comes behind all chunks of its document.
    Title,
}

/// Embeds all documents.
///
/// # Errors
/// As [`Encoder::encode`].
pub(crate) fn embed(
    documents: &[Document],
    encoder: &dyn Encoder,
    watch: &dyn Watch,
) -> Result<Embedded, EncodeError> {
    let tongues: Vec<Tongue> = documents.par_iter().map(|document| tongue(document, encoder)).collect();
    let glosses: Vec<Option<String>> =
        documents.par_iter().zip(&tongues).map(|(document, tongue)| glossed(document, *tongue)).collect();
    let parts: Vec<Part> = documents
        .iter()
        .zip(&glosses)
        .enumerate()
        .flat_map(|(index, (document, gloss))| parts(index, document, gloss.as_deref()))
        .collect();
    let dimension = encoder.model().dimension;
    let mut meaning = Matrix::zeros(documents.len(), dimension);
    let mut style = Matrix::zeros(documents.len(), dimension);
    for (call, part) in parts.chunks(CHUNKS_A_CALL).enumerate() {
        let texts: Vec<&str> = part.iter().map(|part| part.text.as_str()).collect();
        let within = Within { watch, before: (call * CHUNKS_A_CALL) as u64, total: parts.len() as u64 };
        let encoded = encoder.encode(&texts, &within)?;
        for (part, row) in part.iter().zip(encoded.iter_rows()) {
            match part.role {
                Role::Meaning(weight) => add(meaning.row_mut(part.document), row, weight),
                Role::Style => add(style.row_mut(part.document), row, 1.0),
                Role::Title => {
                    normalise(meaning.row_mut(part.document));
                    add(meaning.row_mut(part.document), row, TITLE);
                }
            }
        }
    }
    meaning.normalise_rows();
    style.normalise_rows();
    Ok(Embedded { meaning, style, tongues, glosses })
}

fn add(sum: &mut [f32], row: &[f32], weight: f32) {
    sum.iter_mut().zip(row).for_each(|(sum, value)| *sum += weight * value);
}

fn tongue(document: &Document, encoder: &dyn Encoder) -> Tongue {
    let sample: String = document.text.chars().take(SAMPLE_CHARACTERS).collect();
    if is_known(&sample, encoder) {
        return Tongue::Known;
    }
    let count = |wanted: Script| sample.chars().filter(|&c| script::script(c) == Some(wanted)).count();
    if count(Script::Hangul) > count(Script::Han) { Tongue::Korean } else { Tongue::Other }
}

/// Whether the model knows the language of `text`.
pub(crate) fn is_known(text: &str, encoder: &dyn Encoder) -> bool {
    encoder.vocabulary_fit(text) > KNOWN
}

/// The gloss of a document in a language the model does not know.
fn glossed(document: &Document, tongue: Tongue) -> Option<String> {
    if tongue == Tongue::Known {
        return None;
    }
    gloss(&format!("{}\n{}", document.title_words(), document.text))
}

/// What is encoded of one document.
fn parts(index: usize, document: &Document, gloss: Option<&str>) -> Vec<Part> {
    let part = |role: Role, text: &str| Part { document: index, role, text: text.to_owned() };
    let chunk = |text: &String| part(Role::Meaning(text.chars().count() as f32), text);
    if let Some(gloss) = gloss {
        let style = document.chunks.iter().take(STYLE_CHUNKS).map(|text| part(Role::Style, text));
        return std::iter::once(part(Role::Meaning(1.0), gloss)).chain(style).collect();
    }
    let title = document.title.iter().map(|title| part(Role::Title, title));
    document.chunks.iter().map(chunk).chain(title).collect()
}
