//! What a job is made from: found by HEAD and LIST under the keys of the request alone, then downloaded to disk.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use graphnode_core::contract::SkippedItem;
use graphnode_core::keys::{InputLocation, ObjectKey, ObjectPrefix};
use graphnode_core::messages::GenerationRequest;
use graphnode_core::ports::objects::{ObjectMeta, Objects, download, list_all};
use graphnode_core::ports::{PortError, PortErrorKind};
use graphnode_pipeline::import::{Source, SourceRole};

use crate::companion::Reporter;
use crate::failure::Trouble;
use crate::routing::Load;

/// Most objects of a bundle.
const MOST_OBJECTS: usize = 10_000;
/// Folder of a bundle with files of any kind.
const RAW_FILES: &str = "files/";

/// An object to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct InputFile {
    key: ObjectKey,
    role: SourceRole,
    bytes: u64,
}

/// What a request's keys hold.
#[derive(Debug, Default)]
pub(crate) struct Inputs {
    files: Vec<InputFile>,
    /// What lies there and cannot be imported.
    pub(crate) skipped: Vec<SkippedItem>,
    seen: BTreeSet<ObjectKey>,
}

impl Inputs {
    /// What there is to download.
    pub(crate) fn load(&self) -> Load {
        let sum = |files: &mut dyn Iterator<Item = &InputFile>| {
            files.fold(0_u64, |sum, file| sum.saturating_add(file.bytes))
        };
        let zipped = |file: &&InputFile| file.key.as_str().to_ascii_lowercase().ends_with(".zip");
        Load { bytes: sum(&mut self.files.iter()), zipped: sum(&mut self.files.iter().filter(zipped)) }
    }

    fn add(&mut self, object: ObjectMeta) {
        if self.seen.insert(object.key.clone()) {
            let role = SourceRole::of_file_name(object.key.as_str());
            self.files.push(InputFile { role, bytes: object.size, key: object.key });
        }
    }

    fn add_of_bundle(&mut self, object: ObjectMeta, name: &str) {
        match skip_reason(name) {
            None => self.add(object),
            Some((code, reason)) => self.skipped.push(SkippedItem {
                source: Some(name.to_owned()),
                index: None,
                id: None,
                code: code.to_owned(),
                reason: reason.to_owned(),
            }),
        }
    }
}

/// Why an object of a bundle is not imported; `None` for those that are.
fn skip_reason(name: &str) -> Option<(&'static str, &'static str)> {
    let shard = name.strip_prefix("conversations-").and_then(|rest| rest.strip_suffix(".json"));
    let shard = shard.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
    let known = ["input.json", "conversations.json", "notes.json", "notions.json", "notion.json"];
    if name.starts_with(RAW_FILES) {
        Some((
            "unsupported-file",
            "raw files are not part of a graph yet: their text would have to be extracted",
        ))
    } else if shard || known.contains(&name) {
        None
    } else {
        Some(("unknown-file", "it is none of the files a bundle has"))
    }
}

/// Finds everything a request names; reads nothing.
pub(crate) async fn find(objects: &impl Objects, request: &GenerationRequest) -> Result<Inputs, Trouble> {
    let mut inputs = Inputs::default();
    for location in std::iter::once(&request.input).chain(&request.extra_inputs) {
        match location {
            InputLocation::Object(key) => inputs.add(head(objects, key).await?),
            InputLocation::Bundle(prefix) => bundle(objects, prefix, &mut inputs).await?,
        }
    }
    if inputs.files.is_empty() {
        return Err(missing());
    }
    Ok(inputs)
}

async fn head(objects: &impl Objects, key: &ObjectKey) -> Result<ObjectMeta, Trouble> {
    objects.head(key).await.map_err(found_or_not)
}

fn found_or_not(error: PortError) -> Trouble {
    match error.kind() {
        PortErrorKind::NotFound => missing(),
        _ => error.into(),
    }
}

fn missing() -> Trouble {
    Trouble::permanent("input-missing", "the input was not found: upload it, then ask again")
}

async fn bundle(objects: &impl Objects, prefix: &ObjectPrefix, inputs: &mut Inputs) -> Result<(), Trouble> {
    let listed = list_all(objects, prefix, MOST_OBJECTS).await.map_err(|error| match error.kind() {
        PortErrorKind::Invalid => Trouble::permanent("bundle-too-large", "the bundle holds too many files"),
        _ => error.into(),
    })?;
    for object in listed {
        // The store lists what starts with the prefix; this is what keeps a broken one from widening it.
        let name = object.key.clone();
        if let Some(name) = prefix.name_within(&name) {
            inputs.add_of_bundle(object, name);
        }
    }
    Ok(())
}

/// An input on disk.
#[derive(Debug)]
pub(crate) struct Downloaded {
    name: String,
    role: SourceRole,
    path: PathBuf,
}

/// Copies all inputs into `folder`, under names of our own: a person's may be anything.
pub(crate) async fn fetch(
    objects: &impl Objects,
    inputs: &Inputs,
    folder: &Path,
    reporter: &Reporter,
) -> Result<Vec<Downloaded>, Trouble> {
    let mut all = Vec::with_capacity(inputs.files.len());
    for (number, input) in inputs.files.iter().enumerate() {
        let path = folder.join(format!("input-{number}"));
        let file = File::create(&path).map_err(|error| Trouble::transient("scratch-full", error))?;
        download(objects, &input.key, &mut StoppableSink { file, reporter }).await.map_err(found_or_not)?;
        all.push(Downloaded { name: input.key.file_name().to_owned(), role: input.role, path });
    }
    Ok(all)
}

/// Opens what was downloaded.
pub(crate) fn sources(downloaded: Vec<Downloaded>) -> io::Result<Vec<Source>> {
    let open = |input: Downloaded| {
        Ok(Source { name: input.name, role: input.role, reader: Box::new(File::open(input.path)?) })
    };
    downloaded.into_iter().map(open).collect()
}

/// A file that refuses to grow once the job must stop, so that a long download ends with it.
struct StoppableSink<'a> {
    file: File,
    reporter: &'a Reporter,
}

impl Write for StoppableSink<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.reporter.stopped() {
            Some(_) => Err(io::Error::other("the job must stop")),
            None => self.file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_has_known_names() {
        for name in ["input.json", "notes.json", "notion.json", "notions.json", "conversations-001.json"] {
            assert_eq!(skip_reason(name), None, "{name}");
        }
        let code = |name| skip_reason(name).map(|(code, _)| code);
        assert_eq!(code("files/7_letter.pdf"), Some("unsupported-file"));
        assert_eq!(code("other.json"), Some("unknown-file"));
        assert_eq!(code("deeper/input.json"), Some("unknown-file"));
    }
}
