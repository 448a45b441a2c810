//! Reads the settings of a sentence-transformers folder and refuses what this crate would compute wrongly.

use crate::error::ModelError;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::path::{Path, PathBuf};

/// Longest input of a model that does not state one.
const DEFAULT_MAX_TOKENS: usize = 512;

/// A model folder whose settings have been read and found supported.
#[derive(Debug, Clone)]
pub(crate) struct ModelFolder {
    /// Folder of the transformer: configuration, tokenizer and weights.
    pub(crate) transformer: PathBuf,
    pub(crate) config: BertConfig,
    /// Longest input in tokens, special ones included.
    pub(crate) max_tokens: usize,
}

/// `config.json` of a BERT model, as far as it shapes the computation.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct BertConfig {
    pub(crate) model_type: String,
    pub(crate) vocab_size: usize,
    pub(crate) hidden_size: usize,
    pub(crate) num_hidden_layers: usize,
    pub(crate) num_attention_heads: usize,
    pub(crate) intermediate_size: usize,
    pub(crate) max_position_embeddings: usize,
    #[serde(default = "default_token_types")]
    pub(crate) type_vocab_size: usize,
    #[serde(default = "default_epsilon")]
    pub(crate) layer_norm_eps: f64,
    #[serde(default = "default_activation")]
    hidden_act: String,
    position_embedding_type: Option<String>,
    #[serde(default)]
    is_decoder: bool,
}

fn default_token_types() -> usize {
    2
}

fn default_epsilon() -> f64 {
    1e-12
}

fn default_activation() -> String {
    "gelu".to_owned()
}

/// An entry of `modules.json`.
#[derive(Debug, Deserialize)]
struct Module {
    path: String,
    #[serde(rename = "type")]
    kind: String,
}

/// `sentence_bert_config.json`.
#[derive(Debug, Default, Deserialize)]
struct TransformerSettings {
    max_seq_length: Option<usize>,
    #[serde(default)]
    do_lower_case: bool,
}

/// `config_sentence_transformers.json`.
#[derive(Debug, Default, Deserialize)]
struct EncodeSettings {
    default_prompt_name: Option<String>,
}

impl ModelFolder {
    /// Reads `folder`.
    pub(crate) fn open(folder: &Path) -> Result<Self, ModelError> {
        let transformer = check_modules(folder)?;
        let path = transformer.join("config.json");
        let config: BertConfig = read(&path)?;
        config.check(&path)?;

        let path = folder.join("config_sentence_transformers.json");
        if let Some(prompt) = read_if_there::<EncodeSettings>(&path)?.unwrap_or_default().default_prompt_name
        {
            return Err(ModelError::unsupported(&path, format!("texts need the prompt {prompt:?} in front")));
        }
        let path = transformer.join("sentence_bert_config.json");
        let settings: TransformerSettings = read_if_there(&path)?.unwrap_or_default();
        if settings.do_lower_case {
            return Err(ModelError::unsupported(&path, "do_lower_case, lower-casing before the tokenizer"));
        }
        let max_tokens =
            settings.max_seq_length.unwrap_or(DEFAULT_MAX_TOKENS).min(config.max_position_embeddings);
        if max_tokens < 3 {
            let problem = format!("max_seq_length {max_tokens} leaves no room for a text");
            return Err(ModelError::unsupported(&path, problem));
        }
        Ok(Self { transformer, config, max_tokens })
    }

    /// The weights.
    pub(crate) fn weights(&self) -> PathBuf {
        self.transformer.join("model.safetensors")
    }
}

impl BertConfig {
    fn check(&self, path: &Path) -> Result<(), ModelError> {
        let refuse = |problem: String| Err(ModelError::unsupported(path, problem));
        if self.model_type != "bert" {
            return refuse(format!("model_type is {:?}, not \"bert\"", self.model_type));
        }
        if self.hidden_act != "gelu" {
            return refuse(format!("hidden_act is {:?}, not \"gelu\"", self.hidden_act));
        }
        if self.position_embedding_type.as_deref().is_some_and(|kind| kind != "absolute") {
            return refuse("position_embedding_type is not \"absolute\"".to_owned());
        }
        if self.is_decoder {
            return refuse("is_decoder is true".to_owned());
        }
        let sizes = [
            ("vocab_size", self.vocab_size),
            ("hidden_size", self.hidden_size),
            ("num_hidden_layers", self.num_hidden_layers),
            ("num_attention_heads", self.num_attention_heads),
            ("intermediate_size", self.intermediate_size),
            ("max_position_embeddings", self.max_position_embeddings),
            ("type_vocab_size", self.type_vocab_size),
        ];
        if let Some((name, _)) = sizes.iter().find(|(_, size)| *size == 0) {
            return refuse(format!("{name} is 0"));
        }
        if !self.hidden_size.is_multiple_of(self.num_attention_heads) {
            let (hidden, heads) = (self.hidden_size, self.num_attention_heads);
            return refuse(format!("hidden_size {hidden} does not divide into {heads} heads"));
        }
        Ok(())
    }
}

/// Checks the modules that follow each other in the model; returns the folder of the transformer.
fn check_modules(folder: &Path) -> Result<PathBuf, ModelError> {
    let path = folder.join("modules.json");
    let Some(modules) = read_if_there::<Vec<Module>>(&path)? else {
        let pooling = folder.join("1_Pooling/config.json");
        check_pooling(&pooling, read_if_there(&pooling)?)?;
        return Ok(folder.to_path_buf());
    };
    let mut transformer = folder.to_path_buf();
    let kinds: Vec<&str> =
        modules.iter().map(|module| module.kind.rsplit('.').next().unwrap_or_default()).collect();
    if !matches!(kinds[..], ["Transformer", "Pooling"] | ["Transformer", "Pooling", "Normalize"]) {
        let problem = format!("modules {kinds:?} instead of Transformer, Pooling and perhaps Normalize");
        return Err(ModelError::unsupported(&path, problem));
    }
    for (module, kind) in modules.iter().zip(kinds) {
        let relative = Path::new(&module.path);
        if !relative.components().all(|part| matches!(part, std::path::Component::Normal(_))) {
            return Err(ModelError::damaged(
                &path,
                format!("module path {:?} leaves the folder", module.path),
            ));
        }
        match kind {
            "Transformer" => transformer = folder.join(relative),
            "Pooling" => {
                let path = folder.join(relative).join("config.json");
                check_pooling(&path, Some(read(&path)?))?;
            }
            _ => {}
        }
    }
    Ok(transformer)
}

/// Mean pooling, stated by a flag for each mode or, since version 5 of sentence-transformers, by name.
fn check_pooling(path: &Path, settings: Option<serde_json::Value>) -> Result<(), ModelError> {
    let Some(settings) = settings else { return Ok(()) };
    let Some(settings) = settings.as_object() else {
        return Err(ModelError::damaged(path, "it is not an object"));
    };
    let mut modes: Vec<&str> = settings
        .iter()
        .filter_map(|(key, value)| match key.strip_prefix("pooling_mode_") {
            Some(mode) => value.as_bool().unwrap_or(false).then_some(mode),
            None => None,
        })
        .collect();
    modes.extend(settings.get("pooling_mode").map(|mode| mode.as_str().unwrap_or("several")));
    match modes[..] {
        ["mean" | "mean_tokens"] => Ok(()),
        _ => Err(ModelError::unsupported(path, format!("pooling modes {modes:?} instead of mean"))),
    }
}

/// Reads a JSON file that must be there.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, ModelError> {
    let bytes = std::fs::read(path).map_err(|error| ModelError::io(path, error))?;
    serde_json::from_slice(&bytes).map_err(|error| ModelError::damaged(path, error))
}

/// Reads a JSON file; `None` when it is not there.
fn read_if_there<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, ModelError> {
    match read(path) {
        Err(ModelError::Missing { .. }) => Ok(None),
        result => result.map(Some),
    }
}
