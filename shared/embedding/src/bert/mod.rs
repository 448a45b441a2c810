//! The BERT encoder (Devlin et al. 2019) over packed tokens: the texts of a batch lie one behind the other,
//! without padding. Linear layers see one block of rows; attention runs text by text.

mod attention;
mod linear;
mod pooling;
mod word_embeddings;

use crate::kernel::cpu::Cpu;
use crate::kernel::elementwise::{self, LayerNorm};
use attention::{AttentionScratch, Heads};
use linear::InputScratch;
pub(crate) use linear::Linear;
pub(crate) use word_embeddings::WordEmbeddings;

/// Rows of the feed-forward block that are worked on at a time: its inner activations stay in the L2 cache.
const FEED_FORWARD_ROWS: usize = 48;

/// A BERT encoder with mean pooling.
#[derive(Debug)]
pub(crate) struct Bert {
    pub(crate) cpu: Cpu,
    pub(crate) hidden: usize,
    pub(crate) heads: usize,
    pub(crate) words: WordEmbeddings,
    /// A row a position: position embedding plus the embedding of token type 0.
    pub(crate) positions: Vec<f32>,
    pub(crate) embedding_norm: LayerNorm,
    pub(crate) layers: Vec<Layer>,
}

/// One layer: self-attention, then the feed-forward block, each added to its input and normalised.
#[derive(Debug)]
pub(crate) struct Layer {
    /// Queries, keys and values in one product.
    pub(crate) projections: Linear,
    pub(crate) attention_output: Linear,
    pub(crate) attention_norm: LayerNorm,
    pub(crate) intermediate: Linear,
    pub(crate) output: Linear,
    pub(crate) output_norm: LayerNorm,
}

/// Buffers of [`Bert::embed`], reused from batch to batch. They grow to the largest batch.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    states: Vec<f32>,
    projected: Vec<f32>,
    update: Vec<f32>,
    inner: Vec<f32>,
    input: InputScratch,
    attention: AttentionScratch,
}

impl Bert {
    /// Mean of the last layer's states over the tokens of each text, scaled to unit length.
    ///
    /// `texts` holds each text's token ids, all below the vocabulary's size and no text longer than there are
    /// positions; row `i` of `output` gets the vector of `texts[i]`.
    pub(crate) fn embed(&self, texts: &[&[u32]], scratch: &mut Scratch, output: &mut [f32]) {
        let tokens: usize = texts.iter().map(|ids| ids.len()).sum();
        let hidden = self.hidden;
        let Scratch { states, projected, update, inner, input, attention } = scratch;
        states.resize(tokens * hidden, 0.0);
        projected.resize(tokens * 3 * hidden, 0.0);
        update.resize(tokens * hidden, 0.0);
        self.look_up(texts, states);
        elementwise::normalise(self.cpu, states, &self.embedding_norm);
        for layer in &self.layers {
            layer.projections.apply(self.cpu, states, input, projected);
            let heads = Heads { count: self.heads, dimension: hidden / self.heads };
            let mut first = 0;
            for ids in texts {
                let text = first..first + ids.len();
                let projected = &projected[text.start * 3 * hidden..text.end * 3 * hidden];
                let output = &mut update[text.start * hidden..text.end * hidden];
                attention::attend(self.cpu, projected, heads, attention, output);
                first = text.end;
            }
            // The projections are not needed any more; their block takes the product.
            let product = &mut projected[..tokens * hidden];
            layer.attention_output.apply(self.cpu, update, input, product);
            elementwise::add_and_normalise(self.cpu, states, product, &layer.attention_norm);
            for states in states.chunks_mut(FEED_FORWARD_ROWS * hidden) {
                inner.resize(states.len() / hidden * layer.intermediate.outputs(), 0.0);
                layer.intermediate.apply(self.cpu, states, input, inner);
                elementwise::gelu_all(self.cpu, inner);
                let product = &mut projected[..states.len()];
                layer.output.apply(self.cpu, inner, input, product);
                elementwise::add_and_normalise(self.cpu, states, product, &layer.output_norm);
            }
        }
        pooling::mean(self.cpu, texts, states, hidden, output);
    }

    /// Word, position and token-type embeddings of every token.
    fn look_up(&self, texts: &[&[u32]], states: &mut [f32]) {
        let mut rows = states.chunks_exact_mut(self.hidden);
        for ids in texts {
            for ((id, position), row) in
                ids.iter().zip(self.positions.chunks_exact(self.hidden)).zip(&mut rows)
            {
                self.words.copy_row(*id as usize, row);
                for (value, position) in row.iter_mut().zip(position) {
                    *value += position;
                }
            }
        }
    }
}
