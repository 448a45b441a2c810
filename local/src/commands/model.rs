//! `graphnode model`: the sentence model made ready, and checked.

use graphnode_core::watch::Unwatched;
use graphnode_embedding::{Precision, PrepareOptions};
use serde_json::json;

use crate::cli::{ModelFolder, PrepareModel};
use crate::failure::Failure;
use crate::output;

/// Writes a folder that starts quickly; the model is called by that folder's name.
pub(super) fn prepare(arguments: &PrepareModel, json: bool) -> Result<(), Failure> {
    let options = PrepareOptions {
        precision: if arguments.f32 { Precision::F32 } else { Precision::Int8 },
        name: arguments.folder.file_name().map(|name| name.to_string_lossy().into_owned()),
        expected_sha256: arguments.sha256.clone(),
    };
    let prepared = graphnode_embedding::prepare(&arguments.source, &arguments.folder, &options, &Unwatched)?;
    let machine = json!({
        "folder": prepared.folder,
        "model": prepared.identity,
        "sourceSha256": prepared.source_sha256,
        "bytes": prepared.bytes,
    });
    output::show(json, &machine, || {
        format!(
            "{} ({}, {} dimensions, {:.0} MB) is ready in {}",
            prepared.identity.name,
            prepared.identity.precision,
            prepared.identity.dimension,
            prepared.bytes as f64 / 1e6,
            prepared.folder.display()
        )
    });
    Ok(())
}

/// Compares every byte with the checksum taken when the model was prepared.
pub(super) fn verify(model: &ModelFolder, json: bool) -> Result<(), Failure> {
    graphnode_embedding::verify(&model.folder)?;
    output::show(json, &json!({"folder": model.folder, "sound": true}), || {
        format!("{} is sound", model.folder.display())
    });
    Ok(())
}
