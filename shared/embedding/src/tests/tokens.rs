//! Tokens and the fit of the vocabulary.

use super::synthetic::{SyntheticModel, config, vocabulary};
use crate::SentenceEncoder;
use graphnode_core::encoder::Encoder;
use serde_json::json;

fn pieces(encoder: &SentenceEncoder, text: &str) -> Vec<String> {
    let vocabulary = vocabulary();
    encoder.token_ids(text).unwrap().into_iter().map(|id| vocabulary[id as usize].clone()).collect()
}

#[test]
fn a_list_of_word_pieces_makes_a_bert_tokenizer() {
    let encoder = SentenceEncoder::load(&SyntheticModel::new().folder()).unwrap();
    assert_eq!(pieces(&encoder, ""), ["[CLS]", "[SEP]"]);
    assert_eq!(
        pieces(&encoder, "The CAT sleeps.\n고"),
        ["[CLS]", "the", "cat", "sleep", "##s", ".", "[UNK]", "[SEP]"]
    );
    assert_eq!(pieces(&encoder, "ça [SEP]"), ["[CLS]", "c", "##a", "[SEP]", "[SEP]"]);
    let long = pieces(&encoder, &"cat ".repeat(100));
    assert_eq!((long.len(), encoder.model().max_tokens), (30, 30));
    assert_eq!(long[29], "[SEP]");
}

#[test]
fn words_in_one_or_two_pieces_fit_and_letters_do_not() {
    let encoder = SentenceEncoder::load(&SyntheticModel::new().folder()).unwrap();
    assert_eq!(encoder.vocabulary_fit("the warm cat sleeps."), 1.0);
    assert_eq!(encoder.vocabulary_fit("zebra quagga"), 0.0);
    assert_eq!(encoder.vocabulary_fit("고양이가 자요"), 0.0);
    assert_eq!(encoder.vocabulary_fit(""), 1.0);
    assert_eq!(encoder.vocabulary_fit("12 + 34 = !?"), 1.0);
    let mixed = encoder.vocabulary_fit("cat 고양이 cat 고양이");
    assert!(mixed > 0.1 && mixed < 0.6, "{mixed}");
}

/// A tokenizer as multilingual models have it: SentencePiece's unigram model, other special tokens, and
/// settings for cutting and padding that are not ours.
fn unigram() -> serde_json::Value {
    let pieces = [
        "<s>",
        "<pad>",
        "</s>",
        "<unk>",
        "▁",
        "▁the",
        "▁cat",
        "s",
        "▁고양이",
        "가",
        "▁자",
        "요",
        "我们",
        "今天",
        "去",
        "学校",
        "。",
    ];
    let vocabulary: Vec<_> =
        pieces.iter().enumerate().map(|(id, piece)| json!([piece, -(id as f64)])).collect();
    let special = |id: usize| {
        json!({ "id": id, "content": pieces[id], "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": true })
    };
    json!({
        "version": "1.0",
        "truncation": { "max_length": 4, "strategy": "LongestFirst", "stride": 0 },
        "padding": { "strategy": { "Fixed": 8 }, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 1,
                     "pad_type_id": 0, "pad_token": "<pad>" },
        "added_tokens": [special(0), special(1), special(2), special(3)],
        "normalizer": null,
        "pre_tokenizer": { "type": "Sequence", "pretokenizers": [
            { "type": "WhitespaceSplit" },
            { "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true },
        ] },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                { "SpecialToken": { "id": "<s>", "type_id": 0 } },
                { "Sequence": { "id": "A", "type_id": 0 } },
                { "SpecialToken": { "id": "</s>", "type_id": 0 } },
            ],
            "pair": [{ "Sequence": { "id": "A", "type_id": 0 } }, { "Sequence": { "id": "B", "type_id": 0 } }],
            "special_tokens": {
                "<s>": { "id": "<s>", "ids": [0], "tokens": ["<s>"] },
                "</s>": { "id": "</s>", "ids": [2], "tokens": ["</s>"] },
            },
        },
        "decoder": null,
        "model": { "type": "Unigram", "unk_id": 3, "vocab": vocabulary, "byte_fallback": false },
    })
}

#[test]
fn a_unigram_tokenizer_keeps_its_special_tokens_and_loses_its_padding() {
    let model = SyntheticModel::new();
    model.write_json("tokenizer.json", &unigram());
    model.write_json("config.json", &config(vocabulary().len()));
    let encoder = SentenceEncoder::load(&model.folder()).unwrap();
    assert_eq!(encoder.token_ids("the cats 고양이가 자요").unwrap(), [0, 5, 6, 7, 8, 9, 10, 11, 2]);
    assert_eq!(encoder.token_ids("我们今天去学校。").unwrap(), [0, 4, 12, 13, 14, 15, 16, 2]);
    for text in ["the cats", "고양이가 자요", "我们今天去学校。"] {
        assert!(encoder.vocabulary_fit(text) > 0.6, "{text}: {}", encoder.vocabulary_fit(text));
    }
    assert_eq!(encoder.vocabulary_fit("зебра"), 0.0);
}
