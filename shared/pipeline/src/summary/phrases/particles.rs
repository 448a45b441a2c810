//! Korean particles: which of two forms follows a word depends on whether it ends in a consonant as spoken.
//!
//! Names and titles are often Latin words or end in digits. Capitals are read letter by letter; for other
//! Latin words the spelling hints at how Korean transcribes them (`Rust` is 러스트, `app` is 앱). Where nothing
//! can be told, both forms are written, as Korean does: `은(는)`.

/// A pair of forms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Particle {
    /// 은 / 는.
    Topic,
    /// 이 / 가.
    Subject,
    /// 을 / 를.
    Object,
    /// 과 / 와.
    And,
    /// 으로 / 로.
    By,
}

/// How a word ends when spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    Vowel,
    /// ㄹ, which 로 follows like a vowel.
    Rieul,
    Consonant,
    Unknown,
}

/// The word with its particle.
pub(super) fn with(word: &str, particle: Particle) -> String {
    format!("{word}{}", after(word, particle))
}

/// The form that follows the word, for where something stands between them.
pub(super) fn after(word: &str, particle: Particle) -> &'static str {
    let (consonant, vowel, both) = match particle {
        Particle::Topic => ("은", "는", "은(는)"),
        Particle::Subject => ("이", "가", "이(가)"),
        Particle::Object => ("을", "를", "을(를)"),
        Particle::And => ("과", "와", "과(와)"),
        Particle::By => ("으로", "로", "(으)로"),
    };
    match ending(word) {
        Ending::Vowel => vowel,
        Ending::Rieul if particle == Particle::By => vowel,
        Ending::Rieul | Ending::Consonant => consonant,
        Ending::Unknown => both,
    }
}

fn ending(word: &str) -> Ending {
    let spoken = word.trim_end_matches(|character: char| !character.is_alphanumeric() && character != '%');
    let Some(last) = spoken.chars().next_back() else { return Ending::Unknown };
    match last {
        '가'..='힣' => match (last as u32 - '가' as u32) % 28 {
            0 => Ending::Vowel,
            8 => Ending::Rieul,
            _ => Ending::Consonant,
        },
        // 일, 칠, 팔; 영 (십, 백, 천), 삼, 육.
        '1' | '7' | '8' => Ending::Rieul,
        '0' | '3' | '6' => Ending::Consonant,
        '2' | '4' | '5' | '9' | '%' => Ending::Vowel,
        'a'..='z' | 'A'..='Z' => latin_ending(spoken),
        _ => Ending::Unknown,
    }
}

fn latin_ending(spoken: &str) -> Ending {
    let start = spoken
        .rfind(|character: char| !character.is_ascii_alphabetic())
        .map_or(0, |at| at + spoken[at..].chars().next().map_or(1, char::len_utf8));
    let word = &spoken[start..];
    let is_spelt = word.len() == 1 || word.chars().all(|letter| letter.is_ascii_uppercase());
    let mut letters: Vec<char> = word.to_ascii_lowercase().chars().rev().collect();
    if !is_spelt {
        // `app` ends as `ap` does.
        letters.dedup();
    }
    let last = letters.first().copied().unwrap_or('a');
    if is_spelt {
        // 엘, 알; 엠, 엔; all other letters end in a vowel.
        return match last {
            'l' | 'r' => Ending::Rieul,
            'm' | 'n' => Ending::Consonant,
            _ => Ending::Vowel,
        };
    }
    let before = letters.get(1).copied().unwrap_or('a');
    let is_vowel = |letter: Option<&char>| letter.is_some_and(|letter| "aeiou".contains(*letter));
    // 앱, 챗, 웹: a stop after one short vowel closes the syllable; after two it does not (부트, 클라우드).
    let after_short_vowel = is_vowel(letters.get(1)) && !is_vowel(letters.get(2));
    match (last, before) {
        ('l', _) => Ending::Rieul,
        // 애플, 구글, 파일.
        ('e', 'l') => Ending::Rieul,
        // 머신, 타임.
        ('e', 'm' | 'n') => Ending::Consonant,
        ('m' | 'n', _) | ('g', 'n') | ('k', 'c') => Ending::Consonant,
        ('k', 'o') => Ending::Consonant,
        ('b' | 'p' | 't' | 'k' | 'c', _) if after_short_vowel => Ending::Consonant,
        _ => Ending::Vowel,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(word: &str) -> String {
        with(word, Particle::Topic)
    }

    #[test]
    fn korean_words_take_the_form_of_their_last_syllable() {
        assert_eq!(topic("요리"), "요리는");
        assert_eq!(topic("여행"), "여행은");
        assert_eq!(with("커피", Particle::And), "커피와");
        assert_eq!(with("산책", Particle::And), "산책과");
        assert_eq!(with("산책", Particle::Subject), "산책이");
        assert_eq!(with("요리", Particle::Object), "요리를");
    }

    #[test]
    fn rieul_takes_the_short_form_of_by_only() {
        assert_eq!(with("서울", Particle::By), "서울로");
        assert_eq!(with("서울", Particle::Object), "서울을");
        assert_eq!(with("여행", Particle::By), "여행으로");
        assert_eq!(with("31%", Particle::By), "31%로");
    }

    #[test]
    fn digits_are_read_in_korean() {
        assert_eq!(topic("3"), "3은");
        assert_eq!(topic("GPT-4"), "GPT-4는");
        assert_eq!(with("7", Particle::By), "7로");
        assert_eq!(with("2023", Particle::Subject), "2023이");
        assert_eq!(with("100", Particle::Object), "100을");
    }

    #[test]
    fn capitals_are_read_letter_by_letter() {
        for (word, expected) in [("SQL", "SQL은"), ("AWS", "AWS는"), ("LLM", "LLM은"), ("HTTP", "HTTP는")]
        {
            assert_eq!(topic(word), expected);
        }
        assert_eq!(with("URL", Particle::By), "URL로");
    }

    #[test]
    fn latin_words_follow_their_transcription() {
        for (word, expected) in [
            ("Rust", "Rust는"),
            ("Python", "Python은"),
            ("Docker", "Docker는"),
            ("React", "React는"),
            ("app", "app은"),
            ("Slack", "Slack은"),
            ("Notebook", "Notebook은"),
            ("Excel", "Excel은"),
            ("Machine Learning", "Machine Learning은"),
            ("Google", "Google은"),
            ("Cloud", "Cloud는"),
            ("chat", "chat은"),
        ] {
            assert_eq!(topic(word), expected);
        }
    }

    #[test]
    fn signs_after_the_word_are_skipped() {
        assert_eq!(topic("“여행”"), "“여행”은");
        assert_eq!(topic("요리…"), "요리…는");
    }

    #[test]
    fn both_forms_where_nothing_can_be_told() {
        assert_eq!(topic("旅行"), "旅行은(는)");
        assert_eq!(topic("!!"), "!!은(는)");
    }
}
