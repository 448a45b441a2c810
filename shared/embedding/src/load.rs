//! Assembles a BERT encoder from tensors: as trained, rounded on the way, or prepared.

use crate::Precision;
use crate::bert::{Bert, Layer, Linear, WordEmbeddings};
use crate::error::ModelError;
use crate::folder::BertConfig;
use crate::kernel::cpu::Cpu;
use crate::kernel::elementwise::LayerNorm;
use crate::kernel::gemm_f32::PackedF32;
use crate::kernel::gemm_int8::PackedInt8;
use crate::quantise;
use crate::tensors::TensorFile;

/// What is appended to a tensor's name for the scales of its rows.
pub(crate) const SCALE_SUFFIX: &str = "_scale";

/// Name of the word embeddings.
pub(crate) const WORD_EMBEDDINGS: &str = "embeddings.word_embeddings.weight";

/// Reads tensors by their names in a BERT checkpoint.
#[derive(Debug)]
pub(crate) struct Checkpoint<'a> {
    pub(crate) file: &'a TensorFile,
    /// What stands in front of every name: nothing, or `bert.` where the model had a head.
    pub(crate) prefix: &'static str,
    config: &'a BertConfig,
    cpu: Cpu,
    precision: Precision,
    /// True when the file holds int8 codes with scales.
    prepared: bool,
}

/// Linear layers of one layer of the encoder, as (name, inputs, outputs).
pub(crate) fn linear_layers(config: &BertConfig) -> [(&'static str, usize, usize); 6] {
    let (hidden, inner) = (config.hidden_size, config.intermediate_size);
    [
        ("attention.self.query", hidden, hidden),
        ("attention.self.key", hidden, hidden),
        ("attention.self.value", hidden, hidden),
        ("attention.output.dense", hidden, hidden),
        ("intermediate.dense", hidden, inner),
        ("output.dense", inner, hidden),
    ]
}

/// Name of a parameter of a layer of the encoder.
pub(crate) fn layer_name(layer: usize, name: &str) -> String {
    format!("encoder.layer.{layer}.{name}")
}

impl<'a> Checkpoint<'a> {
    /// A checkpoint to be computed in `precision`.
    pub(crate) fn new(file: &'a TensorFile, config: &'a BertConfig, cpu: Cpu, precision: Precision) -> Self {
        let prefix = if file.contains(&format!("bert.{WORD_EMBEDDINGS}")) { "bert." } else { "" };
        let prepared = file.contains(&format!("{prefix}{WORD_EMBEDDINGS}{SCALE_SUFFIX}"));
        Self { file, prefix, config, cpu, precision, prepared }
    }

    /// Builds the encoder; every tensor it needs is checked for presence, shape and type.
    pub(crate) fn build(&self) -> Result<Bert, ModelError> {
        let config = self.config;
        let hidden = config.hidden_size;
        let layers =
            (0..config.num_hidden_layers).map(|layer| self.layer(layer)).collect::<Result<_, _>>()?;
        Ok(Bert {
            cpu: self.cpu,
            hidden,
            heads: config.num_attention_heads,
            words: self.words()?,
            positions: self.positions()?,
            embedding_norm: self.norm("embeddings.LayerNorm")?,
            layers,
        })
    }

    fn layer(&self, layer: usize) -> Result<Layer, ModelError> {
        let [query, key, value, attention_output, intermediate, output] = linear_layers(self.config);
        Ok(Layer {
            projections: self.linear(layer, &[query, key, value])?,
            attention_output: self.linear(layer, &[attention_output])?,
            attention_norm: self.norm(&layer_name(layer, "attention.output.LayerNorm"))?,
            intermediate: self.linear(layer, &[intermediate])?,
            output: self.linear(layer, &[output])?,
            output_norm: self.norm(&layer_name(layer, "output.LayerNorm"))?,
        })
    }

    /// Linear layers of the same input as one.
    fn linear(&self, layer: usize, parts: &[(&str, usize, usize)]) -> Result<Linear, ModelError> {
        let inputs = parts[0].1;
        let mut bias = Vec::new();
        let (mut weights, mut codes, mut scales) = (Vec::new(), Vec::new(), Vec::new());
        for &(name, inputs, outputs) in parts {
            let weight = layer_name(layer, &format!("{name}.weight"));
            bias.extend(self.floats(&layer_name(layer, &format!("{name}.bias")), &[outputs])?);
            match (self.precision, self.prepared) {
                (Precision::F32, _) => weights.extend(self.floats(&weight, &[outputs, inputs])?),
                (Precision::Int8, false) => {
                    let rounded =
                        quantise::symmetric_rows(&self.floats(&weight, &[outputs, inputs])?, inputs);
                    codes.extend(rounded.0);
                    scales.extend(rounded.1);
                }
                (Precision::Int8, true) => {
                    codes.extend(self.file.codes(&self.name(&weight), &[outputs, inputs])?.to_codes());
                    scales.extend(self.floats(&format!("{weight}{SCALE_SUFFIX}"), &[outputs])?);
                }
            }
        }
        Ok(match self.precision {
            Precision::F32 => Linear::F32(PackedF32::pack(&weights, &bias, inputs)),
            Precision::Int8 => Linear::Int8(PackedInt8::pack(self.cpu, &codes, &scales, &bias, inputs)),
        })
    }

    fn words(&self) -> Result<WordEmbeddings, ModelError> {
        let shape = [self.config.vocab_size, self.config.hidden_size];
        let name = self.name(WORD_EMBEDDINGS);
        Ok(match (self.precision, self.prepared) {
            (Precision::F32, _) => WordEmbeddings::Float(self.file.floats(&name, &shape)?),
            (Precision::Int8, false) => WordEmbeddings::Rounded(self.file.floats(&name, &shape)?),
            (Precision::Int8, true) => WordEmbeddings::Int8 {
                codes: self.file.codes(&name, &shape)?,
                scales: self.file.floats(&format!("{name}{SCALE_SUFFIX}"), &shape[..1])?,
            },
        })
    }

    /// Every token of a single text has type 0, so its embedding joins the position's.
    fn positions(&self) -> Result<Vec<f32>, ModelError> {
        let config = self.config;
        let hidden = config.hidden_size;
        let shape = [config.max_position_embeddings, hidden];
        let mut positions = self.floats("embeddings.position_embeddings.weight", &shape)?;
        let types =
            self.floats("embeddings.token_type_embeddings.weight", &[config.type_vocab_size, hidden])?;
        for row in positions.chunks_exact_mut(hidden) {
            row.iter_mut().zip(&types).for_each(|(value, kind)| *value += kind);
        }
        Ok(positions)
    }

    fn norm(&self, name: &str) -> Result<LayerNorm, ModelError> {
        let shape = [self.config.hidden_size];
        Ok(LayerNorm {
            weight: self.floats(&format!("{name}.weight"), &shape)?,
            bias: self.floats(&format!("{name}.bias"), &shape)?,
            epsilon: self.config.layer_norm_eps as f32,
        })
    }

    /// Values of a tensor, which must all be finite: one that is not would spoil every vector.
    fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, ModelError> {
        let values = self.file.floats(&self.name(name), shape)?.to_floats();
        if values.iter().all(|value| value.is_finite()) {
            Ok(values)
        } else {
            Err(ModelError::damaged(self.file.path(), format!("tensor {name} has a value that is no number")))
        }
    }

    /// A tensor's name in the file.
    pub(crate) fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}
