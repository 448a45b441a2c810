//! English inflection: only the plural is removed, so that keys stay words.

/// `word` (lower case) without its plural ending: the S stemmer (Harman 1991, "How effective is suffixing?"),
/// which joins `recipes` and `recipe` and leaves everything else alone.
pub(crate) fn singular(word: &str) -> (&str, &'static str) {
    if word.len() > 4 && word.ends_with("ies") && !word.ends_with("eies") && !word.ends_with("aies") {
        (&word[..word.len() - 3], "y")
    } else if word.len() > 3
        && word.ends_with('s')
        && !["ss", "us", "is", "as", "os"].iter().any(|ending| word.ends_with(ending))
    {
        let sibilant = ["ches", "shes", "sses", "xes"].iter().any(|ending| word.ends_with(ending));
        (&word[..word.len() - if sibilant { 2 } else { 1 }], "")
    } else {
        (word, "")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plurals_change() {
        for (word, expected) in [
            ("recipes", "recipe"),
            ("queries", "query"),
            ("matches", "match"),
            ("boxes", "box"),
            ("bus", "bus"),
            ("class", "class"),
            ("analysis", "analysis"),
            ("rust", "rust"),
            ("kubernetes", "kubernete"),
        ] {
            let (stem, ending) = singular(word);
            assert_eq!(format!("{stem}{ending}"), expected);
        }
    }
}
