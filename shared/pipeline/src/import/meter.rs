//! Counts what is read: for progress, for cancelling, and against an archive that never stops unpacking.

use std::cell::Cell;
use std::io::{self, Read};

use graphnode_core::watch::{Stage, Watch};

/// Why [`Metered`] stopped reading of its own accord; carried inside the `io::Error` it returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Stop {
    #[error("cancelled")]
    Cancelled,
    #[error("more bytes than allowed")]
    TooLarge,
}

impl Stop {
    /// The stop that `error` carries, if it is one of ours.
    pub(super) fn of(error: &io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref().copied()
    }
}

/// Bytes read over all sources, reported against the total.
pub(super) struct Meter<'a> {
    watch: &'a dyn Watch,
    total: u64,
    limit: u64,
    read: Cell<u64>,
}

impl<'a> Meter<'a> {
    /// Opens the stage. Reading more than `limit` bytes is stopped; `total` may be wrong (an archive says
    /// what it likes), so progress never goes past it.
    pub(super) fn new(watch: &'a dyn Watch, total: u64, limit: u64) -> Self {
        watch.progress(Stage::Import, 0, total);
        Self { watch, total, limit, read: Cell::new(0) }
    }

    /// Closes the stage.
    pub(super) fn finish(&self) {
        self.watch.progress(Stage::Import, self.total, self.total);
    }

    /// Bytes read so far.
    pub(super) fn read(&self) -> u64 {
        self.read.get()
    }

    /// Counts what comes from `reader`.
    pub(super) fn over<R: Read>(&self, reader: R) -> Metered<'_, R> {
        Metered { meter: self, reader }
    }
}

/// A reader that reports to a [`Meter`] and stops when it says so.
pub(super) struct Metered<'m, R> {
    meter: &'m Meter<'m>,
    reader: R,
}

impl<R: Read> Read for Metered<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Meter { watch, total, limit, read } = self.meter;
        if watch.cancelled() {
            return Err(io::Error::other(Stop::Cancelled));
        }
        let now = self.reader.read(buffer)?;
        read.set(read.get() + now as u64);
        if read.get() > *limit {
            return Err(io::Error::other(Stop::TooLarge));
        }
        watch.progress(Stage::Import, read.get().min(*total), *total);
        Ok(now)
    }
}
