//! One machine: its ports, and the folder in which everything lies.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use graphnode_adapters::embedded::{ExactVectors, FolderObjects, LocalQueue};
use graphnode_core::clock::SystemClock;
use graphnode_core::ports::NoLauncher;
use graphnode_http::api::Ports;

use crate::failure::Failure;

/// The ports of one machine; it is never made, only named.
#[derive(Debug)]
pub(super) enum Machine {}

impl Ports for Machine {
    type Objects = FolderObjects;
    type Queue = LocalQueue;
    type Launcher = NoLauncher;
    type Vectors = ExactVectors;
    type Clock = SystemClock;
}

/// The folder of all data, which this process has alone.
#[derive(Debug)]
pub(super) struct DataFolder {
    /// Its absolute path.
    pub(super) path: PathBuf,
    pub(super) objects: FolderObjects,
    pub(super) vectors: ExactVectors,
    /// For what is being made: inputs and results of the running job, uploads that are not whole. Empty at the start.
    pub(super) scratch: PathBuf,
    /// Held as long as the process lives: whoever has it knows that nobody else works on the jobs here.
    _lock: File,
}

impl DataFolder {
    /// Takes the folder at `path`, made where it is not there.
    pub(super) fn take(path: &Path) -> Result<Self, Failure> {
        let failed = |source| Failure::Data { path: path.to_owned(), source };
        make_private(path).map_err(failed)?;
        let lock =
            File::options().create(true).append(true).open(path.join("server.lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => Failure::DataInUse(path.to_owned()),
            TryLockError::Error(source) => failed(source),
        })?;
        let scratch = path.join("scratch");
        if scratch.exists() {
            fs::remove_dir_all(&scratch).map_err(failed)?;
        }
        fs::create_dir(&scratch).map_err(failed)?;
        let objects = FolderObjects::open(path).map_err(failed)?;
        objects.sweep().map_err(failed)?;
        let vectors = ExactVectors::open(&path.join("vectors")).map_err(failed)?;
        let path = path.canonicalize().map_err(failed)?;
        Ok(Self { path, objects, vectors, scratch, _lock: lock })
    }
}

/// Makes the folder with access for its person alone: it will hold all they ever said.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_server_at_a_time_and_what_a_killed_one_left_is_gone() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("new/data");
        let folder = DataFolder::take(&path).unwrap();
        fs::write(folder.scratch.join("half an upload"), "x").unwrap();
        assert!(matches!(DataFolder::take(&path), Err(Failure::DataInUse(_))));
        drop(folder);
        let folder = DataFolder::take(&path).unwrap();
        assert_eq!(fs::read_dir(&folder.scratch).unwrap().count(), 0);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
}
