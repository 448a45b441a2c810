//! Finds where a JSON value ends, byte by byte, without understanding it.
//!
//! The scanner follows strings, escapes and brackets across as many blocks as the value takes. It also looks
//! at what stands before each opening token, which costs one comparison and catches a lost quote or bracket
//! within a token or two: otherwise such damage would run on to the end of the file.

use memchr::memchr2;

use super::limits::DEPTH;

/// Longest key that is remembered; the keys looked for are far shorter.
const KEY_LIMIT: usize = 64;

/// What a run of bytes came to. Numbers are bytes consumed of the slice given.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The slice is used up and the value goes on.
    More,
    /// A key of the value itself, not of what is in it, has just closed; see [`Scanner::key`].
    Key(usize),
    /// The value is complete.
    Ended(usize),
    /// This is no JSON: the byte at the position cannot stand there.
    Damaged(usize),
}

/// Follows one value from its opening bracket or quote.
#[derive(Debug, Default)]
pub(super) struct Scanner {
    depth: u32,
    /// One bit a level, the innermost lowest: set for `[`, clear for `{`.
    kinds: u128,
    in_string: bool,
    escaped: bool,
    in_key: bool,
    /// The last byte that was neither white space nor inside a string.
    previous: u8,
    key: Vec<u8>,
    too_deep: bool,
    values: u64,
    consumed: u64,
    string_at: u64,
}

impl Scanner {
    /// Begins a new value.
    pub(super) fn restart(&mut self) {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        *self = Self { key, ..Self::default() };
    }

    /// The last key that [`Step::Key`] told of, as it is written, at most its first 64 bytes.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// Brackets were nested deeper than [`DEPTH`].
    pub(super) fn too_deep(&self) -> bool {
        self.too_deep
    }

    /// Values met so far, itself included: a bracket opens one, a comma begins another.
    pub(super) fn values(&self) -> u64 {
        self.values
    }

    /// Bytes since the value's first one at which the newest string opened: damage lies at or after it.
    pub(super) fn string_at(&self) -> u64 {
        self.string_at
    }

    /// The caller has itself consumed a token that ended with `last`.
    pub(super) fn resume_after(&mut self, last: u8) {
        self.previous = last;
    }

    /// Goes on through the value's next bytes.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Step {
        let mut at = 0;
        let step = loop {
            if at >= bytes.len() {
                break Step::More;
            }
            if self.in_string {
                at = self.through_string(bytes, at);
                if self.in_string {
                    continue;
                }
                if self.depth == 0 {
                    break Step::Ended(at);
                }
                if std::mem::take(&mut self.in_key) {
                    break Step::Key(at);
                }
                continue;
            }
            let byte = bytes[at];
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {}
                b'"' => {
                    if !self.may_open(byte) {
                        break Step::Damaged(at);
                    }
                    self.in_string = true;
                    self.string_at = self.consumed + at as u64;
                    self.in_key = self.depth == 1 && self.in_object() && self.previous != b':';
                    if self.in_key {
                        self.key.clear();
                    }
                }
                b'{' | b'[' => {
                    if !self.may_open(byte) {
                        break Step::Damaged(at);
                    }
                    self.depth += 1;
                    self.values += 1;
                    self.kinds = self.kinds << 1 | u128::from(byte == b'[');
                    self.too_deep |= self.depth > DEPTH;
                    self.previous = byte;
                }
                b'}' | b']' => {
                    if !self.too_deep && (self.depth == 0 || self.in_object() != (byte == b'}')) {
                        break Step::Damaged(at);
                    }
                    self.depth = self.depth.saturating_sub(1);
                    self.kinds >>= 1;
                    self.previous = byte;
                    if self.depth == 0 {
                        break Step::Ended(at + 1);
                    }
                }
                _ => {
                    self.values += u64::from(byte == b',');
                    self.previous = byte;
                }
            }
            at += 1;
        };
        self.consumed += match step {
            Step::More => bytes.len(),
            Step::Key(n) | Step::Ended(n) | Step::Damaged(n) => n,
        } as u64;
        step
    }

    /// Goes to just behind the closing quote, or to the end of the slice.
    fn through_string(&mut self, bytes: &[u8], mut at: usize) -> usize {
        let start = at;
        if std::mem::take(&mut self.escaped) {
            at += 1;
        }
        while at < bytes.len() {
            // Escapes come in rows (`\u` for every letter outside ASCII), too short for a vector search.
            match bytes[at] {
                b'\\' => {
                    if at + 1 == bytes.len() {
                        self.escaped = true;
                    }
                    at = (at + 2).min(bytes.len());
                    continue;
                }
                b'"' => {
                    self.remember(&bytes[start..at]);
                    self.in_string = false;
                    self.previous = b'"';
                    return at + 1;
                }
                _ => {}
            }
            match memchr2(b'"', b'\\', &bytes[at..]) {
                Some(gap) => at += gap,
                None => at = bytes.len(),
            }
        }
        self.remember(&bytes[start.min(at)..at]);
        at
    }

    fn remember(&mut self, piece: &[u8]) {
        if self.in_key {
            let room = KEY_LIMIT - self.key.len();
            self.key.extend_from_slice(&piece[..piece.len().min(room)]);
        }
    }

    fn in_object(&self) -> bool {
        self.kinds & 1 == 0
    }

    /// A string or bracket may open here: after `:` or, as a key or an item, at the beginning or after a comma.
    fn may_open(&self, byte: u8) -> bool {
        if self.depth == 0 || self.too_deep {
            true
        } else if self.in_object() {
            self.previous == b':' || (byte == b'"' && matches!(self.previous, b'{' | b','))
        } else {
            matches!(self.previous, b'[' | b',')
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scans in blocks of `block` bytes; the keys met and the number of bytes to the end or the damage.
    fn scan(json: &str, block: usize) -> (Vec<String>, Result<usize, usize>) {
        let (mut scanner, mut keys, mut at) = (Scanner::default(), Vec::new(), 0);
        let bytes = json.as_bytes();
        while at < bytes.len() {
            match scanner.feed(&bytes[at..(at + block).min(bytes.len())]) {
                Step::More => at = (at + block).min(bytes.len()),
                Step::Key(n) => {
                    at += n;
                    keys.push(String::from_utf8_lossy(scanner.key()).into_owned());
                }
                Step::Ended(n) => return (keys, Ok(at + n)),
                Step::Damaged(n) => return (keys, Err(at + n)),
            }
        }
        (keys, Err(usize::MAX))
    }

    #[test]
    fn the_end_is_found_whatever_the_blocks() {
        let json = r#"{"a\"}":"\\", "b" : [ {"c":"]}\\\""}, "x", 1e5, null ], "d":{}} , {"next":1}"#;
        for block in [1, 2, 3, 7, 1000] {
            let (keys, end) = scan(json, block);
            assert_eq!(end, Ok(json.find(" , {").unwrap()), "{block}");
            assert_eq!(keys, [r#"a\"}"#, "b", "d"], "{block}");
        }
    }

    #[test]
    fn a_lost_quote_or_bracket_is_noticed_soon() {
        for (json, near) in [
            (r#"{"a":"hello,"b":"c"}"#, 14),
            (r#"{"a":{"b":1,"c":2, {"a":3}"#, 20),
            (r#"{"a":[1,2}"#, 10),
            (r#"{"a":1 "b":2}"#, 8),
            (r#"{"a":"b""c"}"#, 9),
        ] {
            let (_, end) = scan(json, 1000);
            assert!(end.is_err_and(|at| at <= near), "{json} {end:?}");
        }
    }

    #[test]
    fn too_deep_a_value_is_followed_to_its_end_all_the_same() {
        let json = format!("{}{}", "[".repeat(500), "]".repeat(500));
        let mut scanner = Scanner::default();
        assert_eq!(scanner.feed(json.as_bytes()), Step::Ended(1000));
        assert!(scanner.too_deep());
        assert_eq!(scanner.values(), 500);
    }
}
