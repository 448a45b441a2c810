//! What is wrong with a model is said with the file, the finding and the mend.

use super::synthetic::{HIDDEN, SyntheticModel, config, vocabulary};
use crate::{ModelError, SentenceEncoder};
use serde_json::json;
use std::fs;

/// The message about a model folder after `spoil`; it must name the file and how to mend it.
fn message(file: &str, spoil: impl FnOnce(&mut SyntheticModel)) -> String {
    let mut model = SyntheticModel::new();
    SentenceEncoder::load(&model.folder()).unwrap();
    spoil(&mut model);
    let error = SentenceEncoder::load(&model.folder()).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with(&model.folder().join(file).display().to_string()), "{message}");
    let mend = if matches!(error, ModelError::Unsupported { .. }) {
        "Supported are"
    } else {
        "graphnode model prepare"
    };
    assert!(message.contains(mend), "{message}");
    message
}

#[test]
fn missing_files_are_named() {
    for file in ["config.json", "model.safetensors", "vocab.txt", "1_Pooling/config.json"] {
        let message = message(file, |model| fs::remove_file(model.folder().join(file)).unwrap());
        assert!(message.contains("is missing"), "{message}");
    }
    let error = SentenceEncoder::load("nowhere/at-all".as_ref()).unwrap_err();
    assert!(matches!(error, ModelError::Missing { .. }), "{error}");
}

#[test]
fn damaged_weights_are_refused() {
    let weights = "model.safetensors";
    let change_bytes = |change: fn(&mut Vec<u8>)| {
        message(weights, |model| {
            let path = model.folder().join(weights);
            let mut bytes = fs::read(&path).unwrap();
            change(&mut bytes);
            fs::write(path, bytes).unwrap();
        })
    };
    let changes: [fn(&mut Vec<u8>); 5] = [
        |bytes| bytes.truncate(bytes.len() - 100),
        |bytes| bytes.truncate(100),
        |bytes| bytes.clear(),
        |bytes| bytes.push(0),
        |bytes| bytes[7] = 0xff,
    ];
    for change in changes {
        let message = change_bytes(change);
        assert!(message.contains("is damaged"), "{message}");
    }

    let rewrite = |change: fn(&mut SyntheticModel)| {
        message(weights, |model| {
            change(model);
            model.write_tensors(safetensors::Dtype::F32);
        })
    };
    let name = "encoder.layer.1.output.dense.weight";
    let missing = rewrite(|model| drop(model.tensors.remove("encoder.layer.1.output.dense.weight")));
    assert!(missing.contains(&format!("tensor {name} is missing")), "{missing}");
    let shape = rewrite(|model| model.tensors.get_mut("embeddings.LayerNorm.bias").unwrap().0 = vec![2, 16]);
    assert!(shape.contains("embeddings.LayerNorm.bias has shape [2, 16] instead of [32]"), "{shape}");
    let infinite =
        rewrite(|model| model.tensors.get_mut("encoder.layer.0.output.dense.bias").unwrap().1[3] = f32::NAN);
    assert!(infinite.contains("has a value that is no number"), "{infinite}");
}

#[test]
fn other_kinds_of_models_are_refused() {
    let refuse = |key: &str, value: serde_json::Value| {
        message("config.json", |model| {
            let mut config = config(vocabulary().len());
            config[key] = value;
            model.write_json("config.json", &config);
        })
    };
    assert!(
        refuse("model_type", json!("xlm-roberta")).contains("model_type is \"xlm-roberta\", not \"bert\"")
    );
    assert!(refuse("hidden_act", json!("relu")).contains("hidden_act"));
    assert!(refuse("position_embedding_type", json!("relative_key")).contains("position_embedding_type"));
    assert!(refuse("is_decoder", json!(true)).contains("is_decoder"));
    assert!(refuse("num_attention_heads", json!(5)).contains("hidden_size 32 does not divide into 5 heads"));
    assert!(refuse("num_hidden_layers", json!(0)).contains("num_hidden_layers is 0"));
    let prompts = message("config_sentence_transformers.json", |model| {
        model.write_json("config_sentence_transformers.json", &json!({ "default_prompt_name": "query" }));
    });
    assert!(prompts.contains("prompt"), "{prompts}");
}

#[test]
fn other_poolings_and_modules_are_refused() {
    let pool = |settings: serde_json::Value| {
        message("1_Pooling/config.json", |model| model.write_json("1_Pooling/config.json", &settings))
    };
    let cls = pool(json!({ "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false }));
    assert!(cls.contains("pooling modes [\"cls_token\"] instead of mean"), "{cls}");
    pool(json!({ "pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true }));
    pool(json!({ "pooling_mode": "cls" }));
    pool(json!({}));
    let modules = |kinds: &[&str], path: &str| {
        message("modules.json", |model| {
            let module =
                |kind: &&str| json!({ "path": path, "type": format!("sentence_transformers.models.{kind}") });
            model.write_json("modules.json", &kinds.iter().map(module).collect());
        })
    };
    let dense = modules(&["Transformer", "Pooling", "Dense"], "");
    assert!(dense.contains("Dense"), "{dense}");
    modules(&["WordEmbeddings", "Pooling"], "");
    let outside = modules(&["Transformer", "Pooling"], "../elsewhere");
    assert!(outside.contains("leaves the folder"), "{outside}");
}

#[test]
fn newer_settings_are_understood() {
    let model = SyntheticModel::new();
    model.write_json(
        "1_Pooling/config.json",
        &json!({ "embedding_dimension": HIDDEN, "pooling_mode": "mean" }),
    );
    SentenceEncoder::load(&model.folder()).unwrap();
    // A plain BERT folder: no modules, no pooling, no settings of its own.
    for file in ["modules.json", "1_Pooling/config.json", "sentence_bert_config.json"] {
        fs::remove_file(model.folder().join(file)).unwrap();
    }
    SentenceEncoder::load(&model.folder()).unwrap();
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let larger = message("vocab.txt", |model| {
        model.write("vocab.txt", &(vocabulary().join("\n") + "\nsurplus\n"));
    });
    assert!(larger.contains("tokens, but config.json has a vocab_size of"), "{larger}");
    let special = message("vocab.txt", |model| {
        model.write("vocab.txt", &vocabulary().join("\n").replace("[SEP]", "sep"));
    });
    assert!(special.contains("token [SEP] is missing"), "{special}");
    let json = message("tokenizer.json", |model| model.write("tokenizer.json", "{}"));
    assert!(json.contains("is damaged"), "{json}");
}
