//! What asks the process to end: Ctrl-C and, where there is one, SIGTERM.

use std::io;

/// Begins to listen; the future ends with the next signal that comes from now on.
#[cfg(unix)]
pub(super) fn next() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Begins to listen; the future ends with the next signal.
#[cfg(not(unix))]
pub(super) fn next() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
