//! An object as a `Read`, for a parser that knows no runtime.

use std::io::{self, Read};
use std::sync::Arc;

use graphnode_core::ports::objects::{ObjectMeta, Objects};
use graphnode_core::ports::{PortError, PortErrorKind, PortResult};
use tokio::sync::mpsc;

/// Bytes asked for at a time: three blocks a reader are in memory, and a block takes longer to parse than to ask for.
const BLOCK_BYTES: u64 = 2 * 1024 * 1024;

/// The bytes of an object, front to back. Reads block: it belongs on a thread of its own.
pub(super) struct Blocks {
    coming: mpsc::Receiver<PortResult<Vec<u8>>>,
    block: Vec<u8>,
    position: usize,
}

impl Blocks {
    /// Starts to read `object`; every block is of the content it names. Dropping the reader ends it.
    pub(super) fn of<O: Objects + 'static>(objects: Arc<O>, object: ObjectMeta) -> Self {
        let (sender, coming) = mpsc::channel(1);
        tokio::spawn(async move {
            let mut done = 0;
            while done < object.size {
                let block = block(objects.as_ref(), &object, done).await;
                done += block.as_ref().map_or(object.size, |bytes| bytes.len() as u64);
                // Nobody reads on: the parser has what it wanted, or gave up.
                if sender.send(block).await.is_err() {
                    return;
                }
            }
        });
        Self { coming, block: Vec::new(), position: 0 }
    }
}

async fn block(objects: &impl Objects, object: &ObjectMeta, start: u64) -> PortResult<Vec<u8>> {
    let range = start..(start + BLOCK_BYTES).min(object.size);
    let piece = objects.read(&object.key, range, Some(&object.etag)).await?;
    if piece.bytes.is_empty() {
        let attempted = format!("read {}", object.key.for_log());
        return Err(PortError::new(PortErrorKind::Unavailable, attempted).with_source("the answer is empty"));
    }
    Ok(piece.bytes)
}

impl Read for Blocks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.position == self.block.len() {
            match self.coming.blocking_recv() {
                Some(block) => self.block = block.map_err(io::Error::other)?,
                None => return Ok(0),
            }
            self.position = 0;
        }
        let count = buffer.len().min(self.block.len() - self.position);
        buffer[..count].copy_from_slice(&self.block[self.position..self.position + count]);
        self.position += count;
        Ok(count)
    }
}
