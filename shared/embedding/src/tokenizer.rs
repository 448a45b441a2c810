//! From texts to token ids, with the Hugging Face tokenizer the model was trained with.

use crate::error::ModelError;
use crate::folder::{self, ModelFolder};
use std::path::Path;
use tokenizers::models::wordpiece::WordPiece;
use tokenizers::normalizers::BertNormalizer;
use tokenizers::pre_tokenizers::bert::BertPreTokenizer;
use tokenizers::processors::bert::BertProcessing;
use tokenizers::{AddedToken, Tokenizer, TruncationParams};

/// A tokenizer that cuts at the model's longest input and never pads.
#[derive(Debug)]
pub(crate) struct TextTokenizer {
    tokenizer: Tokenizer,
    unknown: Option<u32>,
}

impl TextTokenizer {
    /// Reads `tokenizer.json`, or else `vocab.txt` (WordPiece) with `tokenizer_config.json`.
    pub(crate) fn open(folder: &ModelFolder) -> Result<Self, ModelError> {
        let mut path = folder.transformer.join("tokenizer.json");
        let mut tokenizer = if path.exists() {
            Tokenizer::from_file(&path).map_err(|error| ModelError::damaged(&path, error))?
        } else {
            path = folder.transformer.join("vocab.txt");
            from_vocabulary(&path)?
        };
        let truncation = TruncationParams { max_length: folder.max_tokens, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| ModelError::damaged(&path, error))?;
        tokenizer.with_padding(None);
        let (size, rows) = (tokenizer.get_vocab_size(true), folder.config.vocab_size);
        if size > rows {
            let problem = format!("it has {size} tokens, but config.json has a vocab_size of {rows}");
            return Err(ModelError::damaged(&path, problem));
        }
        let unknown = ["[UNK]", "<unk>"].iter().find_map(|token| tokenizer.token_to_id(token));
        Ok(Self { tokenizer, unknown })
    }

    /// Token ids of `text` with the special tokens around it, cut at the model's longest input.
    pub(crate) fn ids(&self, text: &str) -> Result<Vec<u32>, String> {
        let encoding = self.tokenizer.encode_fast(text, true).map_err(|error| error.to_string())?;
        Ok(encoding.get_ids().to_vec())
    }

    /// See [`Encoder::vocabulary_fit`](graphnode_core::encoder::Encoder::vocabulary_fit).
    ///
    /// A word is a run of letters. With `t` tokens for its `n` letters it counts `3 (1 - t / n)`, at most 1 and
    /// at least 0: full marks from one and a half letters a token on, none when it fell apart into letters.
    /// Unknown tokens count as fallen apart; a word of one letter counts if it is known and no ideograph.
    /// Words weigh by their UTF-8 bytes, which even out the letters a word takes in different scripts. Only
    /// what the model would read of a long text is looked at; a text without words fits.
    pub(crate) fn vocabulary_fit(&self, text: &str) -> f32 {
        let Ok(encoding) = self.tokenizer.encode(text, false) else { return 0.0 };
        // Tokens (by first byte) in order; a token that covers no letter belongs to no word.
        let mut tokens =
            encoding.get_offsets().iter().zip(encoding.get_ids()).map(|(&span, &id)| (span, id)).peekable();
        let end = encoding.get_offsets().iter().map(|&(_, end)| end).max().unwrap_or(0);
        let (mut weights, mut fits) = (0.0_f32, 0.0_f32);
        for (first, word) in words(text) {
            if first >= end {
                break;
            }
            while tokens.next_if(|&((_, end), _)| end <= first).is_some() {}
            let (mut count, mut unknown) = (0_usize, false);
            while let Some((span, id)) = tokens.next_if(|&((begin, _), _)| begin < first + word.len()) {
                unknown |= Some(id) == self.unknown;
                // The mark of a word's beginning may be a token of its own.
                count += usize::from(text.get(span.0..span.1).is_some_and(|part| !part.is_empty()));
            }
            let weight = word.len() as f32;
            weights += weight;
            fits += weight * word_fit(word, count, unknown);
        }
        if weights > 0.0 { fits / weights } else { 1.0 }
    }
}

/// Runs of letters, each with its place in the text.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(|word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

fn word_fit(word: &str, tokens: usize, unknown: bool) -> f32 {
    let letters = word.chars().count();
    if unknown {
        return 0.0;
    }
    if letters == 1 {
        return if word.len() < 3 && tokens <= 1 { 1.0 } else { 0.0 };
    }
    (3.0 * (1.0 - tokens as f32 / letters as f32)).clamp(0.0, 1.0)
}

/// The tokenizer of a BERT folder that has only the list of its word pieces.
fn from_vocabulary(path: &Path) -> Result<Tokenizer, ModelError> {
    let damaged = |problem: &dyn ToString| ModelError::damaged(path, problem.to_string());
    if !path.exists() {
        return Err(ModelError::Missing { path: path.to_path_buf() });
    }
    let settings_path = path.with_file_name("tokenizer_config.json");
    let lower_case = if settings_path.exists() {
        let settings: serde_json::Value = folder::read(&settings_path)?;
        settings.get("do_lower_case").and_then(serde_json::Value::as_bool).unwrap_or(true)
    } else {
        true
    };
    let model = WordPiece::from_file(&path.to_string_lossy()).build().map_err(|error| damaged(&error))?;
    let mut tokenizer = Tokenizer::new(model);
    let special = |token: &str| {
        let id = tokenizer.token_to_id(token).ok_or_else(|| damaged(&format!("token {token} is missing")))?;
        Ok::<_, ModelError>((token.to_owned(), id))
    };
    let (separator, start) = (special("[SEP]")?, special("[CLS]")?);
    special("[UNK]")?;
    tokenizer
        .with_normalizer(Some(BertNormalizer::new(true, true, None, lower_case)))
        .map_err(|error| damaged(&error))?
        .with_pre_tokenizer(Some(BertPreTokenizer))
        .with_post_processor(Some(BertProcessing::new(separator, start)));
    // A text that spells out a special token gets that token, as it does from tokenizer.json.
    let names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
    tokenizer
        .add_special_tokens(names.map(|name| AddedToken::from(name, true)))
        .map_err(|error| damaged(&error))?;
    Ok(tokenizer)
}
