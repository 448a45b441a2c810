//! The forward pass against a naive one in f64.

use super::synthetic::{HEADS, HIDDEN, LAYERS, SyntheticModel, texts};
use crate::{LoadOptions, Precision, SentenceEncoder};
use graphnode_core::encoder::Encoder;
use graphnode_core::matrix::dot;
use graphnode_core::watch::Unwatched;
use safetensors::Dtype;

type Rows = Vec<Vec<f64>>;

/// BERT as its authors describe it, without regard to speed.
struct Naive<'a>(&'a SyntheticModel);

impl Naive<'_> {
    fn tensor(&self, name: &str) -> Vec<f64> {
        self.0.tensors[name].1.iter().copied().map(f64::from).collect()
    }

    fn linear(&self, rows: &Rows, name: &str) -> Rows {
        let (weight, bias) = (self.tensor(&format!("{name}.weight")), self.tensor(&format!("{name}.bias")));
        let apply = |row: &Vec<f64>| {
            let outputs = weight.chunks_exact(row.len()).zip(&bias);
            outputs
                .map(|(weight, bias)| weight.iter().zip(row).map(|(w, x)| w * x).sum::<f64>() + bias)
                .collect()
        };
        rows.iter().map(apply).collect()
    }

    fn norm(&self, rows: &Rows, name: &str) -> Rows {
        let (weight, bias) = (self.tensor(&format!("{name}.weight")), self.tensor(&format!("{name}.bias")));
        let apply = |row: &Vec<f64>| {
            let mean = row.iter().sum::<f64>() / row.len() as f64;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / row.len() as f64;
            let normal = row.iter().map(|x| (x - mean) / (variance + 1e-12).sqrt());
            normal.zip(&weight).zip(&bias).map(|((x, w), b)| x * w + b).collect()
        };
        rows.iter().map(apply).collect()
    }

    fn attention(&self, states: &Rows, layer: &str) -> Rows {
        let part = |name| self.linear(states, &format!("{layer}.attention.self.{name}"));
        let (queries, keys, values) = (part("query"), part("key"), part("value"));
        let size = HIDDEN / HEADS;
        let mut output = vec![vec![0.0; HIDDEN]; states.len()];
        for head in 0..HEADS {
            let range = head * size..(head + 1) * size;
            for (query, output) in queries.iter().zip(&mut output) {
                let powers: Vec<f64> = keys
                    .iter()
                    .map(|key| range.clone().map(|i| query[i] * key[i]).sum::<f64>() / (size as f64).sqrt())
                    .map(f64::exp)
                    .collect();
                let sum: f64 = powers.iter().sum();
                for (power, value) in powers.iter().zip(&values) {
                    range.clone().for_each(|i| output[i] += power / sum * value[i]);
                }
            }
        }
        output
    }

    fn embed(&self, ids: &[u32]) -> Vec<f32> {
        let words = self.tensor("embeddings.word_embeddings.weight");
        let positions = self.tensor("embeddings.position_embeddings.weight");
        let kinds = self.tensor("embeddings.token_type_embeddings.weight");
        let row = |(position, &id): (usize, &u32)| {
            let value = |i| words[id as usize * HIDDEN + i] + positions[position * HIDDEN + i] + kinds[i];
            (0..HIDDEN).map(value).collect()
        };
        let add = |left: &Rows, right: &Rows| -> Rows {
            let sum =
                |(left, right): (&Vec<f64>, &Vec<f64>)| left.iter().zip(right).map(|(l, r)| l + r).collect();
            left.iter().zip(right).map(sum).collect()
        };
        let mut states = self.norm(&ids.iter().enumerate().map(row).collect(), "embeddings.LayerNorm");
        for layer in 0..LAYERS {
            let layer = format!("encoder.layer.{layer}");
            let attended = self.attention(&states, &layer);
            let attended = self.linear(&attended, &format!("{layer}.attention.output.dense"));
            states = self.norm(&add(&states, &attended), &format!("{layer}.attention.output.LayerNorm"));
            let mut inner = self.linear(&states, &format!("{layer}.intermediate.dense"));
            inner.iter_mut().flatten().for_each(|x| *x *= 0.5 * (1.0 + erf(*x / 2.0_f64.sqrt())));
            let output = self.linear(&inner, &format!("{layer}.output.dense"));
            states = self.norm(&add(&states, &output), &format!("{layer}.output.LayerNorm"));
        }
        let sums: Vec<f64> = (0..HIDDEN).map(|i| states.iter().map(|row| row[i]).sum()).collect();
        let length = sums.iter().map(|x| x * x).sum::<f64>().sqrt();
        sums.iter().map(|x| (x / length) as f32).collect()
    }
}

/// The error function by its Taylor series.
fn erf(x: f64) -> f64 {
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= -x * x / f64::from(n);
        sum += term / f64::from(2 * n + 1);
    }
    sum * std::f64::consts::FRAC_2_SQRT_PI
}

/// Cosine of every text's vector to the naive one.
fn cosines(model: &SyntheticModel, precision: Precision) -> Vec<f32> {
    let options = LoadOptions { precision: Some(precision), name: None };
    let encoder = SentenceEncoder::load_with(&model.folder(), &options).unwrap();
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let vectors = encoder.encode(&texts, &Unwatched).unwrap();
    let naive = Naive(model);
    let expected = texts.iter().map(|text| naive.embed(&encoder.token_ids(text).unwrap()));
    expected.zip(vectors.iter_rows()).map(|(expected, vector)| dot(&expected, vector)).collect()
}

#[test]
fn f32_vectors_are_those_of_the_definition() {
    let cosines = cosines(&SyntheticModel::new(), Precision::F32);
    assert!(cosines.iter().all(|&cosine| cosine > 0.999_999), "{cosines:?}");
}

#[test]
fn int8_vectors_are_close_to_the_definition() {
    let cosines = cosines(&SyntheticModel::new(), Precision::Int8);
    assert!(cosines.iter().all(|&cosine| cosine > 0.99), "{cosines:?}");
}

#[test]
fn weights_of_sixteen_bits_are_read_as_well() {
    let model = SyntheticModel::new();
    model.write_tensors(Dtype::BF16);
    let cosines = cosines(&model, Precision::F32);
    assert!(cosines.iter().all(|&cosine| cosine > 0.999), "{cosines:?}");
}
