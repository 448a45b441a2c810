//! Faults on purpose: every call of a port is numbered, and a plan says which of them goes wrong and how.
//!
//! [`Faults`] is the plan and the counter; [`Faulty`] wraps any implementation of a port. All calls of a world are
//! numbered in one row, whichever process makes them, so a run without faults names the places where the next runs can
//! have one. Calls are named by port, method and kind of key (`objects.put jobs/…`), never by whose key it is.
//!
//! A process is whatever fails as one: [`Faults::process`] makes a handle for each. A crash ends it: its calls do not return,
//! [`Faults::crashed`] tells whoever drives it, to drop it, and [`Faults::bury`] ends what the process had started beside. A
//! pause stops it at all of its calls until [`Faults::resume`].

mod launcher;
mod objects;
mod plan;
mod queue;
mod transfer;
mod vectors;

pub use plan::{Call, Chance, Fault, Faults};

/// A port whose calls are numbered and go wrong as planned.
#[derive(Debug, Clone)]
pub struct Faulty<P> {
    inner: P,
    faults: Faults,
    name: &'static str,
}

impl<P> Faulty<P> {
    /// `inner` as the process of `faults` reaches it; `name` begins the names of its calls.
    pub fn new(inner: P, faults: Faults, name: &'static str) -> Self {
        Self { inner, faults, name }
    }

    /// The name of a call of `method`.
    fn named(&self, method: &str) -> String {
        format!("{}.{method}", self.name)
    }
}
