//! Results in a folder of the file system.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

/// Why a file could not be written or read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct FolderError {
    path: PathBuf,
    source: io::Error,
}

impl FolderError {
    fn of(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self { path, source }
    }
}

/// A folder that holds the results of one build.
#[derive(Debug, Clone)]
pub struct ResultFolder(PathBuf);

impl ResultFolder {
    /// The folder at `path`, made with its parents where it is not there.
    ///
    /// # Errors
    /// [`FolderError`] when it cannot be made, a file of that name included.
    pub fn create(path: &Path) -> Result<Self, FolderError> {
        fs::create_dir_all(path).map_err(FolderError::of(path))?;
        Ok(Self(path.to_owned()))
    }

    /// Where the file `name` lies.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes `value` as compact JSON. The file appears whole or not at all, and replaces an older one.
    ///
    /// # Errors
    /// [`FolderError`] when the file system refuses.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), FolderError> {
        self.write(name, |writer| serde_json::to_writer(writer, value).map_err(io::Error::from))
    }

    /// Writes `text`, as [`Self::write_json`] does.
    ///
    /// # Errors
    /// [`FolderError`] when the file system refuses.
    pub fn write_text(&self, name: &str, text: &str) -> Result<(), FolderError> {
        self.write(name, |writer| writer.write_all(text.as_bytes()))
    }

    /// Removes the file `name`, if it is there.
    ///
    /// # Errors
    /// [`FolderError`] when the file system refuses.
    pub fn remove(&self, name: &str) -> Result<(), FolderError> {
        let path = self.path(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(FolderError::of(&path)(error)),
            _ => Ok(()),
        }
    }

    /// Writes what `fill` writes, as [`Self::write_json`] does.
    ///
    /// # Errors
    /// [`FolderError`] when the file system or `fill` refuses.
    pub fn write(
        &self,
        name: &str,
        fill: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), FolderError> {
        let path = self.path(name);
        let attempt = || -> io::Result<()> {
            let mut builder = tempfile::Builder::new();
            // Temporary files are private by default; results are as readable as the person's other files.
            #[cfg(unix)]
            builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
            let mut file = BufWriter::new(builder.tempfile_in(&self.0)?);
            fill(&mut file)?;
            let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
            file.persist(&path).map_err(|error| error.error)?;
            Ok(())
        };
        attempt().map_err(FolderError::of(&path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_whole() {
        let place = tempfile::tempdir().unwrap();
        let folder = ResultFolder::create(&place.path().join("a/b")).unwrap();
        folder.write_json("x.json", &[1, 2]).unwrap();
        folder.write_json("x.json", &[3]).unwrap();
        assert_eq!(fs::read_to_string(folder.path("x.json")).unwrap(), "[3]");
        assert_eq!(fs::read_dir(place.path().join("a/b")).unwrap().count(), 1, "nothing temporary is left");
        folder.remove("x.json").unwrap();
        folder.remove("x.json").unwrap();
    }

    #[test]
    fn an_error_names_the_path() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("file");
        fs::write(&file, "").unwrap();
        let error = ResultFolder::create(&file).unwrap_err().to_string();
        assert!(error.contains("file"), "{error}");
    }
}
