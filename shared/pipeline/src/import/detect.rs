//! Tells from its first bytes what a file is.

use super::error::Found;
use super::split::BYTE_ORDER_MARK;

/// How many bytes of a file are looked at.
pub(super) const SNIFFED: usize = 1024;

/// What a file begins like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A JSON list or object.
    Json,
    /// A ZIP archive.
    Zip,
    /// Nothing at all.
    Empty,
    /// Something that cannot be imported.
    Other(Found),
}

/// The form of a file that begins with `head`.
pub(super) fn detect(head: &[u8]) -> Form {
    if head.is_empty() {
        return Form::Empty;
    }
    let magic: [(&[u8], Form); 8] = [
        (b"PK\x03\x04", Form::Zip),
        (b"PK\x05\x06", Form::Zip),
        (b"\x1F\x8B", Form::Other(Found::Gzip)),
        (b"Rar!", Form::Other(Found::OtherArchive)),
        (b"7z\xBC\xAF", Form::Other(Found::OtherArchive)),
        (b"%PDF", Form::Other(Found::Pdf)),
        (b"\xFF\xFE", Form::Other(Found::Utf16)),
        (b"\xFE\xFF", Form::Other(Found::Utf16)),
    ];
    if let Some((_, form)) = magic.iter().find(|(magic, _)| head.starts_with(magic)) {
        return *form;
    }
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
    match text.first() {
        Some(b'[' | b'{') => Form::Json,
        Some(b'<') => Form::Other(Found::Html),
        Some(_) if text.contains(&0) => Form::Other(Found::Binary),
        Some(_) => Form::Other(Found::Text),
        None => Form::Empty,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_by_their_first_bytes() {
        for (head, form) in [
            (&b""[..], Form::Empty),
            (b"\xEF\xBB\xBF \r\n", Form::Empty),
            (b"[", Form::Json),
            (b"\xEF\xBB\xBF\n{", Form::Json),
            (b"PK\x03\x04\x14", Form::Zip),
            (b"<!DOCTYPE html>", Form::Other(Found::Html)),
            (b"%PDF-1.7", Form::Other(Found::Pdf)),
            (b"\x1F\x8B\x08", Form::Other(Found::Gzip)),
            (b"[\0\"\0", Form::Json),
            (b"\xFF\xFE[\0", Form::Other(Found::Utf16)),
            (b"\x89PNG\r\n\0", Form::Other(Found::Binary)),
            (b"Dear diary", Form::Other(Found::Text)),
        ] {
            assert_eq!(detect(head), form, "{head:?}");
        }
    }
}
