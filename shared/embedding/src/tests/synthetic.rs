//! A tiny model folder with random weights.

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A reproducible sequence: SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Values between -1 and 1.
    pub(crate) fn values(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| (self.next() >> 40) as f32 / 8_388_608.0 - 1.0).collect()
    }
}

pub(crate) const HIDDEN: usize = 32;
pub(crate) const HEADS: usize = 4;
pub(crate) const INNER: usize = 50;
pub(crate) const LAYERS: usize = 2;
pub(crate) const POSITIONS: usize = 40;

/// A folder with a model in it, and its tensors.
pub(crate) struct SyntheticModel {
    root: TempDir,
    pub(crate) tensors: BTreeMap<String, (Vec<usize>, Vec<f32>)>,
}

impl SyntheticModel {
    /// Writes a sound model folder.
    pub(crate) fn new() -> Self {
        let vocabulary = vocabulary();
        let mut random = Random::new(7);
        let mut tensors = BTreeMap::new();
        let mut add = |name: String, shape: &[usize], scale: f32, offset: f32| {
            let values = random.values(shape.iter().product());
            let values = values.into_iter().map(|value| value * scale + offset).collect();
            tensors.insert(name, (shape.to_vec(), values));
        };
        add("embeddings.word_embeddings.weight".into(), &[vocabulary.len(), HIDDEN], 1.0, 0.0);
        add("embeddings.position_embeddings.weight".into(), &[POSITIONS, HIDDEN], 0.3, 0.0);
        add("embeddings.token_type_embeddings.weight".into(), &[2, HIDDEN], 0.3, 0.0);
        let mut norms = vec!["embeddings.LayerNorm".to_owned()];
        for layer in 0..LAYERS {
            let layer = format!("encoder.layer.{layer}");
            for (name, inputs, outputs) in [
                ("attention.self.query", HIDDEN, HIDDEN),
                ("attention.self.key", HIDDEN, HIDDEN),
                ("attention.self.value", HIDDEN, HIDDEN),
                ("attention.output.dense", HIDDEN, HIDDEN),
                ("intermediate.dense", HIDDEN, INNER),
                ("output.dense", INNER, HIDDEN),
            ] {
                add(format!("{layer}.{name}.weight"), &[outputs, inputs], 0.4, 0.0);
                add(format!("{layer}.{name}.bias"), &[outputs], 0.2, 0.0);
            }
            norms.push(format!("{layer}.attention.output.LayerNorm"));
            norms.push(format!("{layer}.output.LayerNorm"));
        }
        for norm in norms {
            add(format!("{norm}.weight"), &[HIDDEN], 0.3, 1.0);
            add(format!("{norm}.bias"), &[HIDDEN], 0.3, 0.0);
        }
        let model = Self { root: tempfile::tempdir().unwrap(), tensors };
        fs::create_dir_all(model.folder().join("1_Pooling")).unwrap();
        model.write("vocab.txt", &(vocabulary.join("\n") + "\n"));
        model.write_json("config.json", &config(vocabulary.len()));
        model.write_json(
            "sentence_bert_config.json",
            &json!({ "max_seq_length": 30, "do_lower_case": false }),
        );
        model.write_json("1_Pooling/config.json", &json!({ "pooling_mode_mean_tokens": true }));
        model.write_json(
            "modules.json",
            &json!([
                { "idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer" },
                { "idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling" },
                { "idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize" },
            ]),
        );
        model.write_tensors(Dtype::F32);
        model
    }

    /// The model folder.
    pub(crate) fn folder(&self) -> PathBuf {
        self.root.path().join("tiny-bert")
    }

    /// A path beside the model folder.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.folder().join(name), text).unwrap();
    }

    pub(crate) fn write_json(&self, name: &str, value: &serde_json::Value) {
        self.write(name, &value.to_string());
    }

    /// Writes the tensors as `f32` or, cut off, as `bf16`.
    pub(crate) fn write_tensors(&self, dtype: Dtype) {
        let bytes: Vec<(String, Vec<usize>, Vec<u8>)> = self
            .tensors
            .iter()
            .map(|(name, (shape, values))| {
                let skipped = if dtype == Dtype::F32 { 0 } else { 2 };
                let bytes = values.iter().flat_map(|value| value.to_le_bytes().into_iter().skip(skipped));
                (name.clone(), shape.clone(), bytes.collect())
            })
            .collect();
        let views = bytes
            .iter()
            .map(|(name, shape, bytes)| (name, TensorView::new(dtype, shape.clone(), bytes).unwrap()));
        write_file(views, &self.folder().join("model.safetensors"));
    }
}

fn write_file<'a>(views: impl Iterator<Item = (&'a String, TensorView<'a>)>, path: &Path) {
    safetensors::serialize_to_file(views, None, path).unwrap();
}

/// The settings of the model, of BERT's own names.
pub(crate) fn config(vocabulary: usize) -> serde_json::Value {
    json!({
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_act": "gelu",
        "hidden_size": HIDDEN,
        "intermediate_size": INNER,
        "layer_norm_eps": 1e-12,
        "max_position_embeddings": POSITIONS,
        "num_attention_heads": HEADS,
        "num_hidden_layers": LAYERS,
        "position_embedding_type": "absolute",
        "type_vocab_size": 2,
        "vocab_size": vocabulary,
    })
}

/// Special tokens, some words, and the letters at the beginning and inside of words.
pub(crate) fn vocabulary() -> Vec<String> {
    let words =
        ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "sleep", "##s", "warm", "engine", "."];
    let letters = ('a'..='z').flat_map(|letter| [letter.to_string(), format!("##{letter}")]);
    words.into_iter().map(str::to_owned).chain(letters.filter(|piece| piece != "##s")).collect()
}

/// Texts of many lengths: none, a word, a sentence, more than the model reads.
pub(crate) fn texts() -> Vec<String> {
    let words = ["the", "cat", "sleeps", "warm", "engine.", "zebra", "Quo", "ça", "고양이", "!?"];
    let mut random = Random::new(11);
    let lengths = [0, 1, 2, 3, 5, 8, 13, 21, 34, 60];
    (0..70)
        .map(|index| {
            let word = |_| words[random.next() as usize % words.len()];
            (0..lengths[index % lengths.len()]).map(word).collect::<Vec<_>>().join(" ")
        })
        .collect()
}
