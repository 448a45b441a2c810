//! Listening on this machine's own addresses, and on no other.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::failure::Failure;

/// Both loopback addresses, one where the machine has one.
#[derive(Debug)]
pub(super) struct Listeners {
    /// The port of all of them.
    pub(super) port: u16,
    listeners: Vec<TcpListener>,
}

/// Takes `port` of both addresses; 0 takes a free one.
pub(super) async fn bind(port: u16) -> Result<Listeners, Failure> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AddrInUse => Failure::PortInUse(port),
        _ => Failure::Listen { port, source },
    };
    let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await.map_err(failed)?;
    let taken = first.local_addr().map_err(failed)?.port();
    let mut listeners = vec![first];
    match TcpListener::bind((Ipv6Addr::LOCALHOST, taken)).await {
        Ok(second) => listeners.push(second),
        // Else `localhost` would lead some clients to another program.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(failed(error)),
        // A machine without IPv6.
        Err(_) => {}
    }
    Ok(Listeners { port: taken, listeners })
}

impl Listeners {
    /// What to type into a browser.
    pub(super) fn address(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Serves `router` until `stop` is true and the last answer is sent.
    pub(super) async fn serve(self, router: Router, stop: watch::Receiver<bool>) {
        let mut servers = JoinSet::new();
        for listener in self.listeners {
            let mut stop = stop.clone();
            let stopped = async move {
                // Whoever could set it is gone: that is a stop too.
                let _ = stop.wait_for(|stop| *stop).await;
            };
            servers
                .spawn(axum::serve(listener, router.clone()).with_graceful_shutdown(stopped).into_future());
        }
        while servers.join_next().await.is_some() {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_taken_is_told() {
        let first = bind(0).await.unwrap();
        let error = bind(first.port).await.unwrap_err();
        assert!(matches!(error, Failure::PortInUse(port) if port == first.port));
        assert!(first.listeners.iter().all(|one| one.local_addr().unwrap().ip().is_loopback()));
    }
}
