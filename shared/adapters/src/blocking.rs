//! Objects as files, for code that knows no runtime.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use graphnode_core::ports::objects::{ObjectMeta, Objects, RangeReader};
use graphnode_core::ports::{PortError, PortErrorKind};
use tokio::runtime::Handle;

/// A blocking `Read + Seek` over an object, with one block in memory; every block is of the content `object` names.
///
/// To be read on a thread that does not drive the runtime (`spawn_blocking`, rayon), while the runtime runs.
pub fn reader<O: Objects + 'static>(
    runtime: Handle,
    objects: Arc<O>,
    object: ObjectMeta,
) -> RangeReader<impl FnMut(Range<u64>) -> io::Result<Vec<u8>> + Send> {
    RangeReader::new(object.size, move |range| {
        let read = objects.read(&object.key, range, Some(&object.etag));
        runtime.block_on(read).map(|piece| piece.bytes).map_err(io_error)
    })
}

/// The error as `std::io` has it; the port's error stays its source, so that its retry class can be found again.
fn io_error(error: PortError) -> io::Error {
    let kind = match error.kind() {
        PortErrorKind::NotFound => io::ErrorKind::NotFound,
        PortErrorKind::Denied => io::ErrorKind::PermissionDenied,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, error)
}
