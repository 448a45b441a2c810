//! What is written line by line, kept to be looked at: measures, a log.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

/// Keeps what is written to it. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// All lines so far.
    ///
    /// # Panics
    /// For a line that is no JSON.
    #[must_use]
    #[track_caller]
    pub fn json(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let parse = |line: &[u8]| match serde_json::from_slice(line) {
            Ok(value) => value,
            Err(error) => panic!("{error}: {}", String::from_utf8_lossy(line)),
        };
        bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).map(parse).collect()
    }

    /// The numbers of one metric, in the order they were measured.
    #[must_use]
    #[track_caller]
    pub fn metric(&self, name: &str) -> Vec<f64> {
        self.json().iter().filter_map(|line| line[name].as_f64()).collect()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
