//! The encoder: loads a model folder and implements the port.

use crate::bert::{Bert, Scratch};
use crate::error::ModelError;
use crate::folder::ModelFolder;
use crate::kernel::cpu::Cpu;
use crate::load::Checkpoint;
use crate::prepare::Provenance;
use crate::tensors::TensorFile;
use crate::tokenizer::TextTokenizer;
use graphnode_core::encoder::{EncodeError, Encoder, LazyEncoder, ModelIdentity};
use graphnode_core::matrix::Matrix;
use graphnode_core::watch::{Stage, Watch, checkpoint};
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How weights are stored and multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Precision {
    /// Linear layers and word embeddings in eight bits, everything else in `f32`: a quarter of the size, and with
    /// VNNI more than twice the speed (with AVX2 alone, half more). The cosine to the same model in `f32` is 0.9987
    /// in the mean and 0.993 at least (all-MiniLM-L6-v2, 2,000 pieces of chats).
    Int8,
    /// Everything as trained.
    F32,
}

impl Precision {
    /// As [`ModelIdentity::precision`] says it: `int8` or `f32`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Int8 => "int8",
            Self::F32 => "f32",
        }
    }
}

/// What to make of a model folder; see [`SentenceEncoder::load_with`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadOptions {
    /// How to compute. By default a prepared model as it was prepared, an original one in
    /// [`Precision::Int8`].
    pub precision: Option<Precision>,
    /// Name of the model. By default the one it was prepared under, or the folder's.
    pub name: Option<String>,
}

/// A sentence encoder: BERT, the mean over a text's tokens, unit length.
///
/// - Memory-maps its weights; the tokenizer and the packed weights are held once for all threads.
/// - The same text gives the same bits on any number of threads, in any company, and on any CPU.
/// - What is longer than [`ModelIdentity::max_tokens`] is cut; an empty text gets the vector of an empty text.
#[derive(Debug)]
pub struct SentenceEncoder {
    identity: ModelIdentity,
    bert: Bert,
    tokenizer: TextTokenizer,
    vocabulary: usize,
}

/// Tokens of a batch, unless a single text has more: the activations of this many stay in the L2 cache.
const BATCH_TOKENS: usize = 128;

/// Most texts that a thread takes at a time.
const MOST_TEXTS: usize = 16;

impl SentenceEncoder {
    /// Loads a folder that [`prepare`](crate::prepare::prepare) wrote, or a sentence-transformers folder, which
    /// is then rounded to int8.
    ///
    /// # Errors
    /// [`ModelError`], naming the file and the mend.
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        Self::load_with(folder, &LoadOptions::default())
    }

    /// The encoder of `folder`, [loaded](Self::load) when it is first asked for.
    #[must_use]
    pub fn lazy(folder: PathBuf) -> LazyEncoder {
        LazyEncoder::new(move || Self::load(&folder).map_err(Into::into))
    }

    /// [`SentenceEncoder::load`] in another precision or under another name.
    ///
    /// # Errors
    /// [`ModelError`], naming the file and the mend; [`ModelError::Unsupported`] also when a model prepared
    /// as int8 is asked for in `f32`.
    pub fn load_with(folder: &Path, options: &LoadOptions) -> Result<Self, ModelError> {
        Self::load_for(Cpu::detect(), folder, options)
    }

    pub(crate) fn load_for(cpu: Cpu, folder: &Path, options: &LoadOptions) -> Result<Self, ModelError> {
        let folder_name = folder.file_name().map(|name| name.to_string_lossy().into_owned());
        let folder = ModelFolder::open(folder)?;
        let file = TensorFile::open(&folder.weights())?;
        let provenance = Provenance::of(&file)?;
        let prepared = provenance.as_ref().map(Provenance::precision);
        let precision = options.precision.or(prepared).unwrap_or(Precision::Int8);
        if prepared == Some(Precision::Int8) && precision == Precision::F32 {
            let problem = "it was prepared as int8 and cannot be computed in f32";
            return Err(ModelError::unsupported(file.path(), problem));
        }
        let bert = Checkpoint::new(&file, &folder.config, cpu, precision).build()?;
        let name = options.name.clone().or(provenance.map(|provenance| provenance.name)).or(folder_name);
        let identity = ModelIdentity {
            name: name.unwrap_or_else(|| "unnamed".to_owned()),
            dimension: folder.config.hidden_size,
            precision: precision.name(),
            max_tokens: folder.max_tokens,
        };
        let tokenizer = TextTokenizer::open(&folder)?;
        Ok(Self { identity, bert, tokenizer, vocabulary: folder.config.vocab_size })
    }

    /// Ids of the tokens the model reads of `text`, special ones included.
    ///
    /// # Errors
    /// [`EncodeError::Failed`] when the tokenizer refuses the text.
    pub fn token_ids(&self, text: &str) -> Result<Vec<u32>, EncodeError> {
        let ids = self.tokenizer.ids(text).map_err(EncodeError::Failed)?;
        match ids.iter().find(|&&id| id as usize >= self.vocabulary) {
            Some(id) => Err(EncodeError::Failed(format!(
                "token id {id} is outside the vocabulary of {}",
                self.vocabulary
            ))),
            None if ids.is_empty() => Err(EncodeError::Failed("the tokenizer gave no tokens".to_owned())),
            None => Ok(ids),
        }
    }

    /// Encodes a few texts on this thread, in batches of whole texts.
    fn encode_some(
        &self,
        texts: &[&str],
        scratch: &mut Scratch,
        output: &mut [f32],
        done: &dyn Fn(usize, usize) -> Result<(), EncodeError>,
    ) -> Result<(), EncodeError> {
        let ids = texts.iter().map(|text| self.token_ids(text)).collect::<Result<Vec<_>, _>>()?;
        let mut ids: &[Vec<u32>] = &ids;
        let mut rows = output;
        while !ids.is_empty() {
            let mut tokens = ids[0].len();
            let mut count = 1;
            while count < ids.len() && tokens + ids[count].len() <= BATCH_TOKENS {
                tokens += ids[count].len();
                count += 1;
            }
            let batch: Vec<&[u32]> = ids[..count].iter().map(Vec::as_slice).collect();
            let (vectors, rest) = rows.split_at_mut(count * self.identity.dimension);
            self.bert.embed(&batch, scratch, vectors);
            if vectors.iter().any(|value| !value.is_finite()) {
                return Err(EncodeError::Failed("the model gave a value that is no number".to_owned()));
            }
            (ids, rows) = (&ids[count..], rest);
            done(count, tokens)?;
        }
        Ok(())
    }
}

impl Encoder for SentenceEncoder {
    fn model(&self) -> &ModelIdentity {
        &self.identity
    }

    fn encode(&self, texts: &[&str], watch: &dyn Watch) -> Result<Matrix, EncodeError> {
        let mut vectors = Matrix::zeros(texts.len(), self.identity.dimension);
        let total = texts.len() as u64;
        checkpoint(watch)?;
        watch.progress(Stage::Embed, 0, total);
        // Held while reporting, so that the numbers arrive in order.
        let finished = Mutex::new(0_u64);
        let done = |count: usize, tokens: usize| {
            watch.tokens(tokens as u64);
            let mut finished = finished.lock().unwrap_or_else(PoisonError::into_inner);
            *finished += count as u64;
            watch.progress(Stage::Embed, *finished, total);
            Ok(checkpoint(watch)?)
        };
        // Small portions keep all threads busy to the end; how texts are divided changes no result.
        let portion = texts.len().div_ceil(rayon::current_num_threads() * 8).clamp(1, MOST_TEXTS);
        vectors
            .data_mut()
            .par_chunks_mut(portion * self.identity.dimension)
            .zip(texts.par_chunks(portion))
            .try_for_each_init(Scratch::default, |scratch, (rows, texts)| {
            checkpoint(watch)?;
            self.encode_some(texts, scratch, rows, &done)
        })?;
        Ok(vectors)
    }

    fn vocabulary_fit(&self, text: &str) -> f32 {
        self.tokenizer.vocabulary_fit(text)
    }
}
