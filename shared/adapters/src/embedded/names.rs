//! File names for keys and ids, the same on every system.

/// The file name of one segment: characters that some file system refuses, and `%`, as `%XX`. `None` where the name
/// would be longer than file systems take.
pub(crate) fn encode(segment: &str) -> Option<String> {
    let mut name = String::with_capacity(segment.len());
    for character in segment.chars() {
        if character.is_control() || r#"%<>:"/\|?*"#.contains(character) {
            name.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            name.push(character);
        }
    }
    // Windows drops these at the end.
    if let Some(last @ ('.' | ' ')) = name.chars().last() {
        name.pop();
        name.push_str(&format!("%{:02X}", u32::from(last)));
    }
    (name.len() <= 255).then_some(name)
}

/// What [`encode`] made a file name from; `None` for a name it did not make.
pub(crate) fn decode(name: &str) -> Option<String> {
    let mut parts = name.split('%');
    let mut segment = parts.next()?.to_owned();
    for part in parts {
        let code = u8::from_str_radix(part.get(..2)?, 16).ok()?;
        segment.push(char::from(code));
        segment.push_str(&part[2..]);
    }
    (encode(&segment).as_deref() == Some(name)).then_some(segment)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_back() {
        for segment in ["graph.json", "auth0|7", "대화 (1).json", "50%", "a:b?", "end.", "end "] {
            let name = encode(segment).unwrap();
            assert_eq!(decode(&name).as_deref(), Some(segment), "{name}");
        }
        assert_eq!(encode("a|b.").as_deref(), Some("a%7Cb%2E"));
        for foreign in ["a%", "a%zz", "a%41", "a|b"] {
            assert_eq!(decode(foreign), None, "{foreign}");
        }
        assert_eq!(encode(&"x".repeat(256)), None);
    }
}
