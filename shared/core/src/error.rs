//! What an error says in a log.

use std::error::Error;

/// `error` and all its sources in one line, outermost first: the text of most errors names only what was attempted,
/// and why it failed stands in a source.
#[must_use]
pub fn with_sources(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text = format!("{text}: {error}");
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::{PortError, PortErrorKind};

    #[test]
    fn every_source_is_said_in_order() {
        let refused = PortError::new(PortErrorKind::Unavailable, "connect").with_source("connection reset");
        let error = PortError::new(PortErrorKind::NotFound, "put jobs/t1.json").with_source(refused);
        let expected = "put jobs/t1.json: not found: connect: unavailable: connection reset";
        assert_eq!(with_sources(&error), expected);
        assert_eq!(with_sources(&std::fmt::Error), std::fmt::Error.to_string());
    }
}
