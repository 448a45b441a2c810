//! Files that are made while they are read, so that a test of their size holds none of it.

use std::io::{self, Read, Seek, SeekFrom};

/// A file of one piece again and again, with something before and behind.
pub(crate) struct Generated {
    before: Vec<u8>,
    piece: Vec<u8>,
    copies: u64,
    after: Vec<u8>,
    at: u64,
}

impl Generated {
    /// `before`, then `copies` times `piece`, then `after`.
    pub(crate) fn new(before: &str, piece: &str, copies: u64, after: &str) -> Self {
        let [before, piece, after] = [before, piece, after].map(|text| text.as_bytes().to_vec());
        Self { before, piece, copies, after, at: 0 }
    }

    fn middle(&self) -> u64 {
        self.piece.len() as u64 * self.copies
    }

    fn len(&self) -> u64 {
        self.before.len() as u64 + self.middle() + self.after.len() as u64
    }

    /// What stands at the position, to the end of its part.
    fn rest(&self) -> &[u8] {
        let begin = self.before.len() as u64;
        if let Some(rest) = usize::try_from(self.at).ok().and_then(|at| self.before.get(at..))
            && !rest.is_empty()
        {
            rest
        } else if self.at < begin + self.middle() {
            &self.piece[((self.at - begin) % self.piece.len() as u64) as usize..]
        } else {
            let at = (self.at - begin - self.middle()) as usize;
            self.after.get(at..).unwrap_or_default()
        }
    }
}

impl Read for Generated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut written = 0;
        while written < buffer.len() {
            let rest = self.rest();
            let taken = rest.len().min(buffer.len() - written);
            if taken == 0 {
                break;
            }
            buffer[written..written + taken].copy_from_slice(&rest[..taken]);
            written += taken;
            self.at += taken as u64;
        }
        Ok(written)
    }
}

impl Seek for Generated {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match to {
            SeekFrom::Start(at) => at,
            SeekFrom::End(offset) => self.len().saturating_add_signed(offset),
            SeekFrom::Current(offset) => self.at.saturating_add_signed(offset),
        };
        Ok(self.at)
    }
}
