//! A moving window over a stream: what is being looked at is in memory, what lies behind it is not.

use std::io::{self, Read};

/// Bytes asked for at a time: large enough for few calls, small enough to stay in the processor's cache.
const BLOCK: usize = 256 * 1024;

/// A window that grew larger than this for one long item is given back after it.
const KEPT_CAPACITY: usize = 4 * 1024 * 1024;

/// The part of a stream from the beginning of the current item to what has been read so far.
pub(super) struct Window<R> {
    reader: R,
    buffer: Vec<u8>,
    /// Everything before it may be forgotten.
    kept: usize,
    /// The next byte to look at.
    at: usize,
    filled: usize,
}

impl<R: Read> Window<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: Vec::new(), kept: 0, at: 0, filled: 0 }
    }

    /// What has been read and not yet been looked at.
    pub(super) fn unread(&self) -> &[u8] {
        &self.buffer[self.at..self.filled]
    }

    /// The next `bytes` have been looked at.
    pub(super) fn advance(&mut self, bytes: usize) {
        self.at += bytes;
        debug_assert!(self.at <= self.filled);
    }

    /// The current item begins at the next byte.
    pub(super) fn begin_item(&mut self) {
        self.kept = self.at;
    }

    /// What has been looked at of the current item.
    pub(super) fn item(&mut self) -> &mut [u8] {
        &mut self.buffer[self.kept..self.at]
    }

    /// Length of [`Window::item`].
    pub(super) fn item_len(&self) -> usize {
        self.at - self.kept
    }

    /// Goes back to `offset` bytes after the beginning of the current item.
    pub(super) fn rewind(&mut self, offset: usize) {
        self.at = (self.kept + offset).min(self.at);
    }

    /// Reads on; false at the end of the stream.
    ///
    /// # Errors
    /// Whatever the reader returns, interruptions aside.
    pub(super) fn fill(&mut self) -> io::Result<bool> {
        if self.kept > 0 {
            self.buffer.copy_within(self.kept..self.filled, 0);
            self.at -= self.kept;
            self.filled -= self.kept;
            self.kept = 0;
            if self.buffer.len() > KEPT_CAPACITY && self.filled < BLOCK {
                self.buffer.truncate(2 * BLOCK);
                self.buffer.shrink_to_fit();
            }
        }
        if self.buffer.len() - self.filled < BLOCK {
            let grown = (self.buffer.len() + self.buffer.len() / 2).max(self.filled + BLOCK);
            self.buffer.resize(grown, 0);
        }
        loop {
            match self.reader.read(&mut self.buffer[self.filled..]) {
                Ok(read) => {
                    self.filled += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The next byte that is not white space, without taking it; `None` at the end of the stream.
    ///
    /// # Errors
    /// Those of [`Window::fill`].
    pub(super) fn peek_token(&mut self) -> io::Result<Option<u8>> {
        loop {
            let unread = self.unread();
            match unread.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
                Some(spaces) => {
                    let byte = unread[spaces];
                    self.at += spaces;
                    return Ok(Some(byte));
                }
                None => {
                    self.at = self.filled;
                    if !self.fill()? {
                        return Ok(None);
                    }
                }
            }
        }
    }
}
