//! Looks ahead for a closing mark without ever looking at the same place twice.

use memchr::memmem;

/// The next occurrence of one mark. Asked from ever later places, it passes over the text once in all, so
/// ten million opening marks without a closing one cost one search.
#[derive(Debug)]
pub(super) struct Ahead {
    mark: &'static [u8],
    /// Where the last search found it; `usize::MAX` once there is none any more.
    found: Option<usize>,
}

impl Ahead {
    /// Looks for `mark`.
    pub(super) fn new(mark: &'static str) -> Self {
        Self { mark: mark.as_bytes(), found: None }
    }

    /// True if this looks for `mark`.
    pub(super) fn is_for(&self, mark: &str) -> bool {
        self.mark == mark.as_bytes()
    }

    /// The first occurrence at or after `from`, which must not be smaller than in earlier calls.
    pub(super) fn find(&mut self, text: &[u8], from: usize) -> Option<usize> {
        if self.found.is_none_or(|found| found < from) {
            let rest = text.get(from..).unwrap_or_default();
            self.found = Some(memmem::find(rest, self.mark).map_or(usize::MAX, |offset| from + offset));
        }
        self.found.filter(|&found| found != usize::MAX)
    }
}

/// The next run of exactly so many backticks, for each number of them that Markdown is written with.
#[derive(Debug, Default)]
pub(super) struct Backticks {
    found: [Option<usize>; Self::LONGEST + 1],
}

impl Backticks {
    /// Longest run that may enclose code.
    pub(super) const LONGEST: usize = 8;

    /// The first run of `length` backticks at or after `from`, which must be behind a backtick-free byte or
    /// a whole run, and not smaller than in earlier calls.
    pub(super) fn find(&mut self, text: &[u8], length: usize, from: usize) -> Option<usize> {
        let found = self.found.get_mut(length)?;
        if found.is_none_or(|found| found < from) {
            *found = Some(next_run(text, length, from).unwrap_or(usize::MAX));
        }
        found.filter(|&found| found != usize::MAX)
    }
}

fn next_run(text: &[u8], length: usize, mut from: usize) -> Option<usize> {
    loop {
        let start = from + memchr::memchr(b'`', text.get(from..)?)?;
        let run = run_length(text, start);
        if run == length {
            return Some(start);
        }
        from = start + run;
    }
}

/// How many times the byte at `at` stands there in a row.
pub(super) fn run_length(text: &[u8], at: usize) -> usize {
    text[at..].iter().take_while(|byte| **byte == text[at]).count()
}
