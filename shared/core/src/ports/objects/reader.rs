//! Reads an object like a file.

use std::io::{self, Read, Seek, SeekFrom};
use std::ops::Range;

/// Bytes asked for at a time: few enough calls for an export of hundreds of megabytes, little memory.
pub const BLOCK_BYTES: u64 = 8 * 1024 * 1024;

/// Blocking `Read + Seek` over anything that yields ranges, with one block of [`BLOCK_BYTES`] in memory.
///
/// `fetch` yields the bytes of a range that lies within the object, all of them; it blocks, so this belongs on a
/// thread of its own, never on the runtime's.
pub struct RangeReader<F> {
    fetch: F,
    size: u64,
    position: u64,
    block: Vec<u8>,
    block_start: u64,
}

impl<F: FnMut(Range<u64>) -> io::Result<Vec<u8>>> RangeReader<F> {
    /// A reader at the start of an object of `size` bytes.
    pub fn new(size: u64, fetch: F) -> Self {
        Self { fetch, size, position: 0, block: Vec::new(), block_start: 0 }
    }

    /// Size of the object in bytes.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    fn block_has(&self, position: u64) -> bool {
        (self.block_start..self.block_start + self.block.len() as u64).contains(&position)
    }

    fn load(&mut self) -> io::Result<()> {
        // The end is read first of a ZIP and the start next: a block that ends with the object serves the directory.
        let start = self.position.min(self.size.saturating_sub(BLOCK_BYTES));
        let start = if self.position - start < BLOCK_BYTES / 2 { self.position } else { start };
        let range = start..(start + BLOCK_BYTES).min(self.size);
        let expected = range.end - range.start;
        self.block = Vec::new();
        self.block = (self.fetch)(range)?;
        self.block_start = start;
        if self.block.len() as u64 == expected {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the object is shorter than it was"))
        }
    }
}

impl<F: FnMut(Range<u64>) -> io::Result<Vec<u8>>> Read for RangeReader<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position >= self.size || buffer.is_empty() {
            return Ok(0);
        }
        if !self.block_has(self.position) {
            self.load()?;
        }
        let from = (self.position - self.block_start) as usize;
        let count = buffer.len().min(self.block.len() - from);
        buffer[..count].copy_from_slice(&self.block[from..from + count]);
        self.position += count as u64;
        Ok(count)
    }
}

impl<F> Seek for RangeReader<F> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.size.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
        };
        let outside = || io::Error::new(io::ErrorKind::InvalidInput, "seek before the start of the object");
        self.position = target.ok_or_else(outside)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader(content: &[u8]) -> RangeReader<impl FnMut(Range<u64>) -> io::Result<Vec<u8>> + '_> {
        RangeReader::new(content.len() as u64, |range| {
            Ok(content[range.start as usize..range.end as usize].to_vec())
        })
    }

    #[test]
    fn reads_and_seeks_like_a_file() {
        let content: Vec<u8> = (0..BLOCK_BYTES * 2 + 1000).map(|i| (i * 31 % 251) as u8).collect();
        let mut reader = reader(&content);
        let mut all = Vec::new();
        reader.read_to_end(&mut all).unwrap();
        assert_eq!(all, content);
        for (to, at) in [
            (SeekFrom::End(-22), content.len() - 22),
            (SeekFrom::Start(5), 5),
            (SeekFrom::Current(BLOCK_BYTES as i64), 5 + 22 + BLOCK_BYTES as usize),
        ] {
            assert_eq!(reader.seek(to).unwrap(), at as u64);
            let mut bytes = [0; 22];
            reader.read_exact(&mut bytes).unwrap();
            assert_eq!(bytes, content[at..at + 22]);
        }
        assert!(reader.seek(SeekFrom::Current(-1 << 40)).is_err());
        reader.seek(SeekFrom::End(10)).unwrap();
        assert_eq!(reader.read(&mut [0; 4]).unwrap(), 0);
    }

    #[test]
    fn an_object_that_shrank_is_an_error_and_no_end() {
        let mut reader = RangeReader::new(10, |_| Ok(vec![1; 4]));
        assert_eq!(reader.read(&mut [0; 10]).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
