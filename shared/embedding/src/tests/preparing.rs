//! Prepared folders: complete, reproducible, and as good as their source.

use super::synthetic::{SyntheticModel, texts};
use crate::{LoadOptions, ModelError, Precision, PrepareOptions, SentenceEncoder, prepare, verify};
use graphnode_core::encoder::Encoder;
use graphnode_core::watch::{Stage, Unwatched, Watch};
use std::fs;

#[test]
fn a_prepared_model_gives_the_very_vectors_of_its_source() {
    let model = SyntheticModel::new();
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for precision in [Precision::Int8, Precision::F32] {
        let target = model.beside(&format!("models/{}", precision.name()));
        let options = PrepareOptions { precision, ..PrepareOptions::default() };
        let prepared = prepare(&model.folder(), &target, &options, &Unwatched).unwrap();
        assert_eq!(prepared.folder, target);
        assert_eq!(prepared.identity.name, "tiny-bert");
        assert_eq!(prepared.source_sha256.len(), 64);
        verify(&target).unwrap();

        let loaded = SentenceEncoder::load(&target).unwrap();
        assert_eq!(loaded.model(), &prepared.identity);
        let options = LoadOptions { precision: Some(precision), name: None };
        let source = SentenceEncoder::load_with(&model.folder(), &options).unwrap();
        let vectors = loaded.encode(&texts, &Unwatched).unwrap();
        assert_eq!(vectors, source.encode(&texts, &Unwatched).unwrap());
    }
}

#[test]
fn preparing_twice_gives_the_same_bytes_and_leaves_nothing_else() {
    let model = SyntheticModel::new();
    let target = model.beside("models/tiny");
    let options = PrepareOptions { name: Some("tiny".to_owned()), ..PrepareOptions::default() };
    let first = prepare(&model.folder(), &target, &options, &Unwatched).unwrap();
    let bytes = fs::read(target.join("model.safetensors")).unwrap();
    assert_eq!(prepare(&model.folder(), &target, &options, &Unwatched).unwrap(), first);
    assert_eq!(fs::read(target.join("model.safetensors")).unwrap(), bytes);
    assert_eq!(fs::read_dir(model.beside("models")).unwrap().count(), 1);
    let permissions = |name: &str| fs::metadata(target.join(name)).unwrap().permissions();
    assert_eq!(permissions("model.safetensors"), permissions("sentence_bert_config.json"));
    let mut names: Vec<_> = fs::read_dir(&target)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["config.json", "model.safetensors", "sentence_bert_config.json", "vocab.txt"]);
}

#[test]
fn a_changed_byte_is_found() {
    let model = SyntheticModel::new();
    let target = model.beside("tiny");
    prepare(&model.folder(), &target, &PrepareOptions::default(), &Unwatched).unwrap();
    let path = target.join("model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&path, bytes).unwrap();
    let error = verify(&target).unwrap_err();
    assert!(error.to_string().contains("its tensors have changed since it was prepared"), "{error}");
    let error = verify(&model.folder()).unwrap_err();
    assert!(error.to_string().contains("it was not prepared"), "{error}");
}

#[test]
fn only_the_expected_weights_are_prepared() {
    let model = SyntheticModel::new();
    let target = model.beside("tiny");
    let mut options =
        PrepareOptions { expected_sha256: Some("00ff".to_owned()), ..PrepareOptions::default() };
    let error = prepare(&model.folder(), &target, &options, &Unwatched).unwrap_err();
    let ModelError::WrongChecksum { found, .. } = error else { panic!("{error}") };
    assert!(!target.exists());
    options.expected_sha256 = Some(found.to_uppercase());
    prepare(&model.folder(), &target, &options, &Unwatched).unwrap();
}

#[test]
fn a_folder_that_is_no_prepared_model_is_left_alone() {
    let model = SyntheticModel::new();
    let target = model.beside("notes");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("diary.txt"), "dear diary").unwrap();
    let error = prepare(&model.folder(), &target, &PrepareOptions::default(), &Unwatched).unwrap_err();
    assert!(matches!(error, ModelError::Occupied { .. }), "{error}");
    // Nor is the source written over, or a prepared model taken for a source.
    let error =
        prepare(&model.folder(), &model.folder(), &PrepareOptions::default(), &Unwatched).unwrap_err();
    assert!(matches!(error, ModelError::Occupied { .. }), "{error}");
    let tiny = model.beside("tiny");
    prepare(&model.folder(), &tiny, &PrepareOptions::default(), &Unwatched).unwrap();
    let error = prepare(&tiny, &model.beside("again"), &PrepareOptions::default(), &Unwatched).unwrap_err();
    assert!(error.to_string().contains("it is prepared already"), "{error}");
    let options = LoadOptions { precision: Some(Precision::F32), name: None };
    let error = SentenceEncoder::load_with(&tiny, &options).unwrap_err();
    assert!(error.to_string().contains("cannot be computed in f32"), "{error}");
}

#[test]
fn withdrawn_work_leaves_nothing() {
    struct Withdrawn;
    impl Watch for Withdrawn {
        fn progress(&self, _: Stage, _: u64, _: u64) {}

        fn cancelled(&self) -> bool {
            true
        }
    }
    let model = SyntheticModel::new();
    let target = model.beside("tiny");
    let error = prepare(&model.folder(), &target, &PrepareOptions::default(), &Withdrawn).unwrap_err();
    assert!(matches!(error, ModelError::Cancelled(_)));
    assert!(!target.exists());
}
