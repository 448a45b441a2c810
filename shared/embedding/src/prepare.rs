//! Turns a sentence-transformers folder into one that starts quickly: checked, rounded, complete.

use crate::encoder::{LoadOptions, Precision, SentenceEncoder};
use crate::error::ModelError;
use crate::folder::{BertConfig, ModelFolder};
use crate::kernel::cpu::Cpu;
use crate::load::{Checkpoint, SCALE_SUFFIX, WORD_EMBEDDINGS, layer_name, linear_layers};
use crate::quantise;
use crate::tensors::TensorFile;
use graphnode_core::encoder::{Encoder, ModelIdentity};
use graphnode_core::hash::hex_sha256;
use graphnode_core::watch::{Watch, checkpoint};
use safetensors::Dtype;
use safetensors::tensor::View;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Key of the header's metadata that holds a [`Provenance`] as JSON. One key, because the header's map has no
/// order and the file should be the same every time.
const METADATA_KEY: &str = "graphnode";

/// How [`prepare`] works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrepareOptions {
    /// How the weights are stored.
    pub precision: Precision,
    /// Name of the model in [`ModelIdentity`]. By default the source folder's.
    pub name: Option<String>,
    /// SHA-256 that the source's `model.safetensors` must have, in hexadecimal.
    pub expected_sha256: Option<String>,
}

impl Default for PrepareOptions {
    fn default() -> Self {
        Self { precision: Precision::Int8, name: None, expected_sha256: None }
    }
}

/// A model folder that [`prepare`] wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreparedModel {
    /// Where it is.
    pub folder: PathBuf,
    /// Which model it is.
    pub identity: ModelIdentity,
    /// SHA-256 of the source's weights, in hexadecimal.
    pub source_sha256: String,
    /// Size of all its files.
    pub bytes: u64,
}

/// Where a prepared model comes from.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Provenance {
    /// `graphnode-int8` or `graphnode-f32`.
    format: String,
    pub(crate) name: String,
    source_sha256: String,
    /// Of everything behind the header.
    tensors_sha256: String,
    created_by: String,
}

impl Provenance {
    /// What the header says; `None` for a model that was not prepared.
    pub(crate) fn of(file: &TensorFile) -> Result<Option<Self>, ModelError> {
        let Some(text) = file.metadata(METADATA_KEY) else { return Ok(None) };
        let provenance: Self =
            serde_json::from_str(text).map_err(|error| ModelError::damaged(file.path(), error))?;
        if [Precision::Int8, Precision::F32].map(format_name).contains(&provenance.format) {
            Ok(Some(provenance))
        } else {
            let problem = format!("format {:?} is of another version", provenance.format);
            Err(ModelError::unsupported(file.path(), problem))
        }
    }

    /// How the weights are stored.
    pub(crate) fn precision(&self) -> Precision {
        if self.format == format_name(Precision::Int8) { Precision::Int8 } else { Precision::F32 }
    }
}

fn format_name(precision: Precision) -> String {
    format!("graphnode-{}", precision.name())
}

/// Checks the sentence-transformers folder `source` and writes it to `target` as [`SentenceEncoder::load`]
/// reads it best: `config.json`, `sentence_bert_config.json`, the tokenizer's files, and `model.safetensors`
/// with the tensors that the computation needs.
///
/// The folder appears whole or not at all. A prepared model that is already there is replaced.
///
/// # Errors
/// [`ModelError`]: what is wrong with the source, or `target` is in the way, or `watch` withdrew the work.
pub fn prepare(
    source: &Path,
    target: &Path,
    options: &PrepareOptions,
    watch: &dyn Watch,
) -> Result<PreparedModel, ModelError> {
    let folder = ModelFolder::open(source)?;
    let file = TensorFile::open(&folder.weights())?;
    if Provenance::of(&file)?.is_some() {
        return Err(ModelError::unsupported(file.path(), "it is prepared already"));
    }
    if target.exists() && !is_prepared(target) {
        return Err(ModelError::Occupied { path: target.to_path_buf() });
    }
    checkpoint(watch)?;
    let source_sha256 = hex_sha256([file.bytes()]);
    if let Some(expected) =
        options.expected_sha256.as_ref().filter(|sum| !sum.eq_ignore_ascii_case(&source_sha256))
    {
        return Err(ModelError::WrongChecksum {
            path: file.path().to_path_buf(),
            expected: expected.clone(),
            found: source_sha256,
        });
    }
    checkpoint(watch)?;
    let load = LoadOptions { precision: Some(options.precision), name: options.name.clone() };
    let identity = SentenceEncoder::load_with(source, &load)?.model().clone();

    let parent = target.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(|error| ModelError::io(parent, error))?;
    let workshop = tempfile::Builder::new()
        .prefix(".graphnode-model-")
        .tempdir_in(parent)
        .map_err(|error| ModelError::io(parent, error))?;
    let fresh = workshop.path().join("model");
    fs::create_dir(&fresh).map_err(|error| ModelError::io(&fresh, error))?;
    copy_settings(&folder, &fresh)?;
    checkpoint(watch)?;
    write_tensors(&file, &folder.config, &identity, options.precision, &source_sha256, &fresh)?;
    // What was written must load: a full disk or a fault shows here, not in production.
    SentenceEncoder::load(&fresh)?;
    checkpoint(watch)?;
    if target.exists() {
        let old = workshop.path().join("replaced");
        fs::rename(target, &old).map_err(|error| ModelError::io(target, error))?;
    }
    fs::rename(&fresh, target).map_err(|error| ModelError::io(target, error))?;
    Ok(PreparedModel { folder: target.to_path_buf(), identity, source_sha256, bytes: size_of_files(target)? })
}

/// Reads a prepared model to the last byte and compares it with the checksum taken when it was written.
///
/// # Errors
/// [`ModelError`]: it is not there, was not prepared, or has changed since.
pub fn verify(folder: &Path) -> Result<(), ModelError> {
    let file = TensorFile::open(&ModelFolder::open(folder)?.weights())?;
    let Some(provenance) = Provenance::of(&file)? else {
        return Err(ModelError::unsupported(file.path(), "it was not prepared, so it has no checksum"));
    };
    if hex_sha256([file.data()]) != provenance.tensors_sha256 {
        return Err(ModelError::damaged(file.path(), "its tensors have changed since it was prepared"));
    }
    SentenceEncoder::load(folder).map(drop)
}

fn is_prepared(folder: &Path) -> bool {
    let file = TensorFile::open(&folder.join("model.safetensors"));
    file.is_ok_and(|file| file.metadata(METADATA_KEY).is_some())
}

fn copy_settings(folder: &ModelFolder, target: &Path) -> Result<(), ModelError> {
    let copy = |name: &str| {
        let from = folder.transformer.join(name);
        fs::copy(&from, target.join(name)).map_err(|error| ModelError::io(&from, error))
    };
    copy("config.json")?;
    if folder.transformer.join("tokenizer.json").exists() {
        copy("tokenizer.json")?;
    } else {
        copy("vocab.txt")?;
        if folder.transformer.join("tokenizer_config.json").exists() {
            copy("tokenizer_config.json")?;
        }
    }
    let path = target.join("sentence_bert_config.json");
    let settings = serde_json::json!({ "max_seq_length": folder.max_tokens });
    fs::write(&path, format!("{settings}\n")).map_err(|error| ModelError::io(&path, error))
}

/// A tensor to be written.
struct Tensor {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for Tensor {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

fn write_tensors(
    file: &TensorFile,
    config: &BertConfig,
    identity: &ModelIdentity,
    precision: Precision,
    source_sha256: &str,
    target: &Path,
) -> Result<(), ModelError> {
    let checkpoint = Checkpoint::new(file, config, Cpu::detect(), precision);
    let mut tensors = Vec::new();
    for (name, shape, is_product) in parameters(config) {
        let values = file.floats(&checkpoint.name(&name), &shape)?.to_floats();
        let floats = |values: &[f32]| values.iter().flat_map(|value| value.to_le_bytes()).collect();
        if precision == Precision::Int8 && is_product {
            let (codes, scales) = quantise::symmetric_rows(&values, shape[1]);
            let scales = Tensor { dtype: Dtype::F32, shape: vec![shape[0]], bytes: floats(&scales) };
            tensors.push((format!("{name}{SCALE_SUFFIX}"), scales));
            let bytes = codes.into_iter().map(i8::cast_unsigned).collect();
            tensors.push((name, Tensor { dtype: Dtype::I8, shape, bytes }));
        } else {
            tensors.push((name, Tensor { dtype: Dtype::F32, shape, bytes: floats(&values) }));
        }
    }
    // The order of the file: by type, then by name.
    tensors.sort_by(|(left, a), (right, b)| b.dtype.cmp(&a.dtype).then_with(|| left.cmp(right)));
    let provenance = Provenance {
        format: format_name(precision),
        name: identity.name.clone(),
        source_sha256: source_sha256.to_owned(),
        tensors_sha256: hex_sha256(tensors.iter().map(|(_, tensor)| tensor.bytes.as_slice())),
        created_by: concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let path = target.join("model.safetensors");
    let text = serde_json::to_string(&provenance).map_err(|error| ModelError::damaged(&path, error))?;
    let metadata = HashMap::from([(METADATA_KEY.to_owned(), text)]);
    // The library writes a temporary file that only its owner may read, and moves it here: the model gets the
    // permissions that a file made here has.
    let permissions = fs::File::create(&path).and_then(|file| Ok(file.metadata()?.permissions()));
    let io = |source| ModelError::Io { path: path.clone(), source };
    let permissions = permissions.map_err(io)?;
    safetensors::serialize_to_file(tensors, Some(metadata), &path)
        .map_err(|error| io(std::io::Error::other(error)))?;
    fs::set_permissions(&path, permissions).map_err(io)
}

/// Name and shape of every tensor the computation needs, and whether it is rounded in an int8 model.
fn parameters(config: &BertConfig) -> Vec<(String, Vec<usize>, bool)> {
    let hidden = config.hidden_size;
    let mut parameters = vec![
        (WORD_EMBEDDINGS.to_owned(), vec![config.vocab_size, hidden], true),
        (
            "embeddings.position_embeddings.weight".to_owned(),
            vec![config.max_position_embeddings, hidden],
            false,
        ),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![config.type_vocab_size, hidden], false),
    ];
    let mut norms = vec!["embeddings.LayerNorm".to_owned()];
    for layer in 0..config.num_hidden_layers {
        for (name, inputs, outputs) in linear_layers(config) {
            let name = layer_name(layer, name);
            parameters.push((format!("{name}.weight"), vec![outputs, inputs], true));
            parameters.push((format!("{name}.bias"), vec![outputs], false));
        }
        norms.push(layer_name(layer, "attention.output.LayerNorm"));
        norms.push(layer_name(layer, "output.LayerNorm"));
    }
    for norm in norms {
        parameters.push((format!("{norm}.weight"), vec![hidden], false));
        parameters.push((format!("{norm}.bias"), vec![hidden], false));
    }
    parameters
}

fn size_of_files(folder: &Path) -> Result<u64, ModelError> {
    let sizes = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.metadata()?.len())).sum::<std::io::Result<u64>>());
    sizes.map_err(|error| ModelError::io(folder, error))
}
