//! A bucket as a folder: `objects/` holds what the bucket does, one file an object.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use graphnode_core::hash::hex;
use graphnode_core::keys::{ObjectKey, ObjectPrefix};
use graphnode_core::ports::objects::{Condition, ETag, Listing, ObjectMeta, Objects, PageToken, Piece};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{names, off_the_runtime};

/// Objects on one page of a list.
const PAGE: usize = 1000;
/// Content of a file from this size on is not hashed again while it looks the same.
const REMEMBERED_FROM_BYTES: u64 = 1024 * 1024;
/// A file changed this recently may change again without looking different.
const SETTLED_AFTER: Duration = Duration::from_secs(2);

/// A bucket as a folder.
///
/// An etag is the SHA-256 of the content. Writes are made beside the target and renamed, under a lock that all
/// processes on the folder share, so conditions hold between processes too. Unlike S3 it cannot hold an object whose
/// key is the folder of another (`a` beside `a/b`), nor segments longer than 255 bytes: both are `Invalid`.
#[derive(Debug, Clone)]
pub struct FolderObjects(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    objects: PathBuf,
    temporary: PathBuf,
    lock: PathBuf,
    remembered: Mutex<HashMap<PathBuf, (Look, ETag)>>,
}

/// What tells that a file is still the one that was hashed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Look {
    size: u64,
    modified: SystemTime,
}

impl FolderObjects {
    /// The bucket in the folder `root`, made where it is not there.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(root: &Path) -> io::Result<Self> {
        let folder = Folder {
            objects: root.join("objects"),
            temporary: root.join("temporary"),
            lock: root.join("lock"),
            remembered: Mutex::default(),
        };
        fs::create_dir_all(&folder.objects)?;
        fs::create_dir_all(&folder.temporary)?;
        File::options().create(true).append(true).open(&folder.lock)?;
        Ok(Self(Arc::new(folder)))
    }

    /// Removes what writers that were killed have left half-written. Only for a process that has the folder alone:
    /// what others are writing would go with it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.0.temporary)? {
            fs::remove_file(entry?.path())?;
        }
        Ok(())
    }

    async fn run<T: Send + 'static>(
        &self,
        attempted: String,
        work: impl FnOnce(&Folder) -> Result<T, Failure> + Send + 'static,
    ) -> PortResult<T> {
        let folder = Arc::clone(&self.0);
        off_the_runtime(move || work(&folder).map_err(|failure| failure.into_port_error(attempted))).await
    }
}

impl Objects for FolderObjects {
    async fn head(&self, key: &ObjectKey) -> PortResult<ObjectMeta> {
        let wanted = key.clone();
        self.run(format!("head {}", key.for_log()), move |folder| folder.head(wanted)).await
    }

    async fn read(&self, key: &ObjectKey, range: Range<u64>, of: Option<&ETag>) -> PortResult<Piece> {
        let (wanted, of) = (key.clone(), of.cloned());
        let attempted = format!("read {}", key.for_log());
        self.run(attempted, move |folder| folder.read(&wanted, range, of.as_ref())).await
    }

    async fn list(&self, prefix: &ObjectPrefix, from: Option<&PageToken>) -> PortResult<Listing> {
        let (wanted, from) = (prefix.clone(), from.cloned());
        self.run(format!("list {prefix}"), move |folder| folder.list(&wanted, from.as_ref())).await
    }

    async fn put(
        &self,
        key: &ObjectKey,
        bytes: Vec<u8>,
        _content_type: &str,
        condition: &Condition,
    ) -> PortResult<ETag> {
        let (wanted, condition) = (key.clone(), condition.clone());
        self.run(format!("put {}", key.for_log()), move |folder| {
            let etag = etag_of(&mut bytes.as_slice())?;
            folder.replace(&wanted, &mut bytes.as_slice(), &condition)?;
            Ok(etag)
        })
        .await
    }

    async fn put_file(&self, key: &ObjectKey, path: &Path, _content_type: &str) -> PortResult<ETag> {
        let (wanted, path) = (key.clone(), path.to_owned());
        self.run(format!("put {}", key.for_log()), move |folder| {
            let mut source = File::open(&path).map_err(|error| Failure::Invalid(error.into()))?;
            let etag = etag_of(&mut source)?;
            source.rewind()?;
            folder.replace(&wanted, &mut source, &Condition::Always)?;
            Ok(etag)
        })
        .await
    }

    async fn delete(&self, keys: &[ObjectKey]) -> PortResult<()> {
        let keys = keys.to_vec();
        self.run(format!("delete {} objects", keys.len()), move |folder| folder.delete(&keys)).await
    }
}

/// What can go wrong in a folder.
#[derive(Debug)]
enum Failure {
    Missing,
    Conflict,
    Invalid(Box<dyn std::error::Error + Send + Sync>),
    File(io::Error),
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Self::Missing,
            Kind::IsADirectory | Kind::NotADirectory | Kind::InvalidFilename => Self::Invalid(error.into()),
            _ => Self::File(error),
        }
    }
}

impl Failure {
    fn into_port_error(self, attempted: String) -> PortError {
        match self {
            Self::Missing => PortError::new(PortErrorKind::NotFound, attempted),
            Self::Conflict => PortError::new(PortErrorKind::Conflict, attempted),
            Self::Invalid(source) => PortError::new(PortErrorKind::Invalid, attempted).with_source(source),
            Self::File(error) => {
                let denied = error.kind() == io::ErrorKind::PermissionDenied;
                let kind = if denied { PortErrorKind::Denied } else { PortErrorKind::Unavailable };
                PortError::new(kind, attempted).with_source(error)
            }
        }
    }
}

impl Folder {
    fn path(&self, key: &ObjectKey) -> Result<PathBuf, Failure> {
        let mut path = self.objects.clone();
        for segment in key.as_str().split('/') {
            let name = names::encode(segment);
            path.push(name.ok_or_else(|| Failure::Invalid("a segment of the key is too long".into()))?);
        }
        Ok(path)
    }

    fn open(&self, key: &ObjectKey) -> Result<(PathBuf, File), Failure> {
        let path = self.path(key)?;
        match File::open(&path) {
            Ok(file) if file.metadata()?.is_dir() => Err(Failure::Missing),
            Ok(file) => Ok((path, file)),
            // `a` is an object: there is no `a/b`.
            Err(error) if error.kind() == io::ErrorKind::NotADirectory => Err(Failure::Missing),
            Err(error) => Err(error.into()),
        }
    }

    fn head(&self, key: ObjectKey) -> Result<ObjectMeta, Failure> {
        let (path, mut file) = self.open(&key)?;
        let etag = self.etag(&path, &mut file)?;
        Ok(ObjectMeta { size: file.metadata()?.len(), key, etag })
    }

    /// One open file has one content, whatever is renamed over it meanwhile.
    fn read(&self, key: &ObjectKey, range: Range<u64>, of: Option<&ETag>) -> Result<Piece, Failure> {
        let (path, mut file) = self.open(key)?;
        let etag = self.etag(&path, &mut file)?;
        if of.is_some_and(|of| *of != etag) {
            return Err(Failure::Conflict);
        }
        let size = file.metadata()?.len();
        let range = range.start.min(size)..range.end.min(size);
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = Vec::new();
        file.take(range.end.saturating_sub(range.start)).read_to_end(&mut bytes)?;
        Ok(Piece { bytes, size, etag })
    }

    fn etag(&self, path: &Path, file: &mut File) -> Result<ETag, Failure> {
        let metadata = file.metadata()?;
        let look = Look { size: metadata.len(), modified: metadata.modified()? };
        let remembered = || self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, etag)) = remembered().get(path)
            && *known == look
        {
            return Ok(etag.clone());
        }
        let etag = etag_of(file)?;
        let settled = look.modified.elapsed().is_ok_and(|age| age > SETTLED_AFTER);
        if settled && look.size >= REMEMBERED_FROM_BYTES {
            remembered().insert(path.to_owned(), (look, etag.clone()));
        }
        Ok(etag)
    }

    fn replace(&self, key: &ObjectKey, content: &mut dyn Read, condition: &Condition) -> Result<(), Failure> {
        let path = self.path(key)?;
        let mut file = NamedTempFile::new_in(&self.temporary)?;
        io::copy(content, &mut file)?;
        file.flush()?;
        // A record that was acknowledged must be there after a power cut.
        file.as_file().sync_all()?;
        let _lock = self.lock()?;
        self.check(key, condition)?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(|error| Failure::Invalid(error.into()))?;
        }
        if path.is_dir() {
            return Err(Failure::Invalid("the key is the folder of another object".into()));
        }
        file.persist(&path).map_err(|error| error.error)?;
        Ok(())
    }

    fn check(&self, key: &ObjectKey, condition: &Condition) -> Result<(), Failure> {
        let current = match self.head(key.clone()) {
            Ok(meta) => Some(meta.etag),
            Err(Failure::Missing) => None,
            Err(failure) => return Err(failure),
        };
        let holds = match condition {
            Condition::Always => true,
            Condition::Absent => current.is_none(),
            Condition::Matches(etag) => current.as_ref() == Some(etag),
        };
        if holds { Ok(()) } else { Err(Failure::Conflict) }
    }

    /// Held until the file is dropped; excludes threads and processes alike.
    fn lock(&self) -> io::Result<File> {
        let file = File::options().append(true).open(&self.lock)?;
        file.lock()?;
        Ok(file)
    }

    fn delete(&self, keys: &[ObjectKey]) -> Result<(), Failure> {
        let _lock = self.lock()?;
        for key in keys {
            let path = self.path(key)?;
            match fs::remove_file(&path) {
                Ok(()) => self.remove_empty_folders(&path),
                // A folder is no object, on systems too that say it is denied.
                Err(_) if path.is_dir() => {}
                Err(error)
                    if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    fn remove_empty_folders(&self, path: &Path) {
        let inside = path.ancestors().skip(1).take_while(|folder| *folder != self.objects);
        // The first that is not empty refuses to go, and so would all above it.
        for folder in inside {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
    }

    fn list(&self, prefix: &ObjectPrefix, from: Option<&PageToken>) -> Result<Listing, Failure> {
        let mut folder = self.objects.clone();
        for segment in prefix.as_str().trim_end_matches('/').split('/') {
            let Some(name) = names::encode(segment) else { return Ok(Listing::default()) };
            folder.push(name);
        }
        let mut listing = Listing::default();
        let mut keys = Vec::new();
        walk(&folder, prefix.as_str(), &mut keys, &mut listing.unusable)?;
        keys.sort();
        let after = keys.partition_point(|key| from.is_some_and(|from| key.as_str() <= from.0.as_str()));
        if keys.len() - after > PAGE {
            listing.next = Some(PageToken(keys[after + PAGE - 1].to_string()));
        }
        for key in keys.drain(after..).take(PAGE) {
            match self.head(key) {
                Ok(meta) => listing.objects.push(meta),
                Err(Failure::Missing) => {} // Deleted since it was seen.
                Err(failure) => return Err(failure),
            }
        }
        Ok(listing)
    }
}

fn walk(folder: &Path, prefix: &str, keys: &mut Vec<ObjectKey>, unusable: &mut usize) -> Result<(), Failure> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            return match Failure::from(error) {
                Failure::Missing | Failure::Invalid(_) => Ok(()),
                failure => Err(failure),
            };
        }
    };
    for entry in entries {
        let entry = entry?;
        let Some(segment) = entry.file_name().to_str().and_then(names::decode) else {
            *unusable += 1;
            continue;
        };
        if entry.file_type()?.is_dir() {
            walk(&entry.path(), &format!("{prefix}{segment}/"), keys, unusable)?;
        } else {
            match format!("{prefix}{segment}").parse() {
                Ok(key) => keys.push(key),
                Err(_) => *unusable += 1,
            }
        }
    }
    Ok(())
}

fn etag_of(content: &mut impl Read) -> io::Result<ETag> {
    let mut hasher = Sha256::new();
    io::copy(content, &mut hasher)?;
    Ok(ETag::new(hex(&hasher.finalize())))
}
