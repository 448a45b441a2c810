//! Recognises what looks like a word and is none: addresses, keys, hashes, citation marks.

/// What to do with the token at the beginning of a text; numbers are its length in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is a word.
    Word(usize),
    /// It goes.
    Drop(usize),
}

/// Shorter runs of letters and digits are never opaque.
const OPAQUE_LENGTH: usize = 24;

/// Hexadecimal runs from this length on are hashes and keys.
const HEX_LENGTH: usize = 16;

/// Longer than any word or path that is worth keeping.
const LONGEST_WORD: usize = 100;

/// Judges the token that `text` begins with; its first byte is an ASCII letter or digit.
pub(super) fn judge(text: &str) -> Verdict {
    let bytes = text.as_bytes();
    let plain = bytes.iter().take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let joined = bytes.get(plain).is_some_and(|&byte| is_joiner(byte));
    let marked = text.starts_with("turn") || text.starts_with("cite");
    if !joined && plain < HEX_LENGTH && !marked {
        return Verdict::Word(plain);
    }
    let mut length =
        bytes.iter().take_while(|&&byte| byte.is_ascii_alphanumeric() || is_joiner(byte)).count();
    // The site's marks follow the last word without a space.
    for mark in [":contentReference", "citeturn"] {
        match memchr::memmem::find(&bytes[..length], mark.as_bytes()) {
            Some(at) if at > 0 => length = at,
            _ => {}
        }
    }
    let token = &text[..length];
    if is_address(token) {
        return Verdict::Drop(address_length(bytes));
    }
    let bare = token.trim_end_matches(['.', ':', '-', '/', '_']);
    let drop = is_citation(bare)
        || is_email(bare)
        || is_uuid(bare)
        || bare.len() > LONGEST_WORD
        || bare.split(['.', ':', '@']).any(is_opaque);
    if drop { Verdict::Drop(bare.len()) } else { Verdict::Word(length) }
}

/// Bytes that hold the parts of an address together.
fn is_joiner(byte: u8) -> bool {
    matches!(byte, b'.' | b':' | b'/' | b'@' | b'+' | b'=' | b'_' | b'-' | b'%')
}

/// `https://…`, `sediment://…`, `www.…`, `data:image/png;…`, `sandbox:/…`.
fn is_address(token: &str) -> bool {
    let has_prefix =
        |prefix: &str| token.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
    if let Some(at) = token.find("://") {
        let scheme = &token[..at];
        return scheme.len() <= 20
            && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    }
    let is_data = |rest: &str| {
        let kind = rest.split('/').next().unwrap_or_default();
        kind.len() < rest.len()
            && matches!(kind, "image" | "text" | "application" | "audio" | "video" | "font")
    };
    has_prefix("www.") && token[4..].contains('.')
        || has_prefix("mailto:")
        || has_prefix("sandbox:/")
        || has_prefix("data:") && is_data(&token[5..])
}

/// Length of the address at the beginning of `text`. It ends at white space, at quotes and brackets that
/// enclose it, at anything outside ASCII (a Korean particle follows without a space), and before the
/// punctuation of the sentence it stands in.
fn address_length(text: &[u8]) -> usize {
    let mut open_parentheses = 0_u32;
    let mut length = 0;
    for &byte in text {
        match byte {
            b'(' => open_parentheses += 1,
            b')' if open_parentheses == 0 => break,
            b')' => open_parentheses -= 1,
            b'<' | b'>' | b'"' | b'`' | b'\\' | b'^' | b'{' | b'}' | b'|' | b'[' | b']' | b'*' => break,
            _ if !byte.is_ascii_graphic() => break,
            _ => {}
        }
        length += 1;
    }
    let trailing = |byte: &u8| b".,;:!?'_~(".contains(byte);
    length - text[..length].iter().rev().take_while(|byte| trailing(byte)).count()
}

/// `name@example.org`.
fn is_email(token: &str) -> bool {
    let Some((local, domain)) = token.strip_prefix("mailto:").unwrap_or(token).split_once('@') else {
        return false;
    };
    let label = |label: &str| {
        !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let Some((_, top)) = domain.rsplit_once('.') else { return false };
    !local.is_empty()
        && domain.split('.').all(label)
        && top.len() >= 2
        && top.bytes().all(|byte| byte.is_ascii_alphabetic())
}

/// `turn0search4`, several in a row, with or without `cite` before them.
fn is_citation(token: &str) -> bool {
    let mut rest = token.strip_prefix("cite").unwrap_or(token);
    let skip = |text: &str, of: fn(&u8) -> bool| text.bytes().take_while(of).count();
    let mut turns = 0;
    while let Some(turn) = rest.strip_prefix("turn") {
        let digits = skip(turn, u8::is_ascii_digit);
        let letters = skip(&turn[digits..], u8::is_ascii_lowercase);
        let number = skip(&turn[digits + letters..], u8::is_ascii_digit);
        if digits * letters * number == 0 {
            return false;
        }
        rest = &turn[digits + letters + number..];
        turns += 1;
    }
    turns > 0 && rest.is_empty()
}

fn is_uuid(token: &str) -> bool {
    let lengths = token.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && token.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit())
}

/// A hash, a key, Base64: long, and changing between digits, small and capital letters all the time.
fn is_opaque(run: &str) -> bool {
    let bytes = run.as_bytes();
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let letters = bytes.iter().filter(|byte| byte.is_ascii_alphabetic()).count();
    if bytes.len() >= HEX_LENGTH && bytes.iter().all(u8::is_ascii_hexdigit) && digits > 0 && letters > 0 {
        return true;
    }
    if bytes.len() < OPAQUE_LENGTH || digits < 2 || letters == 0 {
        return false;
    }
    let class = |byte: u8| (byte.is_ascii_digit(), byte.is_ascii_uppercase());
    let classes: Vec<_> =
        bytes.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(|byte| class(*byte)).collect();
    let changes = classes.windows(2).filter(|pair| pair[0] != pair[1]).count();
    changes * 5 >= bytes.len()
}
