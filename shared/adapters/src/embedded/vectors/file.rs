//! The file of one person's vectors: a line of JSON with all entries, then the vectors as little-endian `f32`.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::{Entry, Person};

/// The records in the file at `path`; none where there is no file.
pub(super) fn read(path: &Path) -> io::Result<Person> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Person::default()),
        Err(error) => return Err(error),
    };
    let damaged = || io::Error::new(io::ErrorKind::InvalidData, "the file of vectors is damaged");
    let line = bytes.iter().position(|byte| *byte == b'\n').ok_or_else(damaged)?;
    let entries: Vec<Entry> = serde_json::from_slice(&bytes[..line])?;
    let values: Vec<f32> =
        bytes[line + 1..].as_chunks::<4>().0.iter().map(|&four| f32::from_le_bytes(four)).collect();
    let columns = values.len().checked_div(entries.len()).unwrap_or(0);
    if values.len() * 4 != bytes.len() - line - 1 || columns * entries.len() != values.len() {
        return Err(damaged());
    }
    let vectors = values.chunks(columns.max(1)).map(<[f32]>::to_vec).collect();
    Ok(Person { entries, vectors })
}

/// Replaces the file at `path`, whole or not at all. Whoever has no records has no file: nothing is left of somebody
/// who was erased.
pub(super) fn write(path: &Path, person: &Person) -> io::Result<()> {
    if person.entries.is_empty() {
        return match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        };
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = BufWriter::new(tempfile::NamedTempFile::new_in(folder)?);
    serde_json::to_writer(&mut file, &person.entries)?;
    file.write_all(b"\n")?;
    for value in person.vectors.iter().flatten() {
        file.write_all(&value.to_le_bytes())?;
    }
    file.into_inner().map_err(io::IntoInnerError::into_error)?.persist(path).map_err(|error| error.error)?;
    Ok(())
}
