//! From a path a person names to the sources to import.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use graphnode_pipeline::import::{Source, SourceRole};

use crate::failure::Failure;

/// The sources at `path`: a file as it is; of a folder (an unpacked export or a bundle) the files that hold
/// conversations or notes, by name.
pub(crate) fn sources(path: &Path) -> Result<Vec<Source>, Failure> {
    let about = fs::metadata(path).map_err(Failure::open(path))?;
    if !about.is_dir() {
        return Ok(vec![source(path)?]);
    }
    let mut names: Vec<PathBuf> = fs::read_dir(path)
        .map_err(Failure::open(path))?
        .map(|entry| entry.map(|entry| entry.path()).map_err(Failure::open(path)))
        .collect::<Result<_, _>>()?;
    names.retain(|path| is_part_of_a_bundle(&file_name(path)));
    names.sort();
    if names.is_empty() {
        return Err(Failure::NothingInFolder(path.to_owned()));
    }
    names.iter().map(|path| source(path)).collect()
}

/// Whether a file of an unpacked export or a bundle holds conversations or notes.
fn is_part_of_a_bundle(name: &str) -> bool {
    let shard = name.strip_prefix("conversations-").and_then(|rest| rest.strip_suffix(".json"));
    matches!(name, "conversations.json" | "input.json" | "notes.json" | "notions.json" | "notion.json")
        || shard.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn source(path: &Path) -> Result<Source, Failure> {
    let name = file_name(path);
    let reader = File::open(path).map_err(Failure::open(path))?;
    Ok(Source { role: SourceRole::of_file_name(&name), name, reader: Box::new(reader) })
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_conversations_and_notes_of_a_folder_are_read() {
        for name in
            ["conversations.json", "conversations-001.json", "input.json", "notes.json", "notion.json"]
        {
            assert!(is_part_of_a_bundle(name), "{name}");
        }
        for name in ["users.json", "conversations-.json", "chat.html", "conversations-a.json", "labels.json"]
        {
            assert!(!is_part_of_a_bundle(name), "{name}");
        }
    }
}
