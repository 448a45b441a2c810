//! Mends the bytes of an item that is no valid JSON for reasons that cost nothing to overlook.

use std::borrow::Cow;

/// What had to be mended in one item.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mended {
    /// Half a surrogate pair in an escape: an emoji that was cut in two.
    pub(super) surrogates: bool,
    /// Bytes that are no UTF-8.
    pub(super) utf8: bool,
    /// Control characters that stand unescaped in a string.
    pub(super) controls: bool,
}

/// Replaces half surrogate pairs and bytes that are no UTF-8 by U+FFFD, and bare control characters by
/// spaces. `None` if there was nothing to mend.
pub(super) fn repair(bytes: &mut [u8]) -> Option<(Mended, Cow<'_, str>)> {
    let mut mended = Mended::default();
    let (mut at, mut in_string) = (0, false);
    while at < bytes.len() {
        match bytes[at] {
            b'"' => in_string = !in_string,
            b'\\' => {
                at += through_escape(&mut bytes[at..], &mut mended);
                continue;
            }
            b'\t' | b'\n' | b'\r' if !in_string => {}
            ..=0x1F => {
                bytes[at] = b' ';
                mended.controls = true;
            }
            _ => {}
        }
        at += 1;
    }
    let text = String::from_utf8_lossy(bytes);
    mended.utf8 = matches!(text, Cow::Owned(_));
    (mended != Mended::default()).then_some((mended, text))
}

/// Length of the escape that `bytes` begin with, both of a pair together. U+FFFD as an escape is as long as
/// what it replaces, so mending happens in place.
fn through_escape(bytes: &mut [u8], mended: &mut Mended) -> usize {
    match surrogate(bytes) {
        Some(Half::High) if surrogate(&bytes[6..]) == Some(Half::Low) => 12,
        Some(_) => {
            bytes[2..6].copy_from_slice(b"fffd");
            mended.surrogates = true;
            6
        }
        None => 2,
    }
}

#[derive(PartialEq, Eq)]
enum Half {
    High,
    Low,
}

/// The half pair that an escape at the beginning of `bytes` stands for.
fn surrogate(bytes: &[u8]) -> Option<Half> {
    let escape = bytes.get(..6)?;
    let hex = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
    match u16::from_str_radix(hex, 16).ok()? {
        0xD800..=0xDBFF => Some(Half::High),
        0xDC00..=0xDFFF => Some(Half::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(bytes: &[u8]) -> Option<(Mended, String)> {
        let mut bytes = bytes.to_vec();
        repair(&mut bytes).map(|(mended, text)| (mended, text.into_owned()))
    }

    #[test]
    fn half_a_pair_is_replaced_and_a_whole_one_is_not() {
        let (mended, text) =
            repaired(br#""\ud83d\ude00 \ud83d \ude00 \ud83d\ud83d\ude00 \\ud83d \ud83d"#).unwrap();
        assert_eq!(text, r#""\ud83d\ude00 \ufffd \ufffd \ufffd\ud83d\ude00 \\ud83d \ufffd"#);
        assert_eq!(mended, Mended { surrogates: true, ..Mended::default() });
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let (mended, text) = repaired(b"[\n\"a\xff\xfe\xea\xb0\x80\n\0b\"]").unwrap();
        assert_eq!(text, "[\n\"a\u{fffd}\u{fffd}가  b\"]");
        assert_eq!(mended, Mended { utf8: true, controls: true, surrogates: false });
    }

    #[test]
    fn what_is_not_of_this_kind_is_left_alone() {
        assert_eq!(repaired(b"{\n\t\"a\":nonsense,\"b\":\"\\u00e9\\\\\"}"), None);
        assert_eq!(repaired(br#""\ud8"#), None);
    }
}
