//! What kinds of question a person asks, by the words they ask with: cheap, in three languages, and right
//! often enough to tell a debugger from a traveller. Nothing here decides about a single message.

use serde::{Deserialize, Serialize};

use super::question_words::{CHINESE, ENGLISH, KOREAN, LEAD_INS, Words};

/// A kind of question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum QuestionKind {
    /// How something is done.
    HowTo,
    /// Why something is so, or what it means.
    Explanation,
    /// Something does not work.
    Debugging,
    /// Which of several, and how they differ.
    Comparison,
    /// What to do when.
    Planning,
    /// A text to be written or rewritten.
    Writing,
    /// A text in another language.
    Translation,
    /// What is worth having, reading, visiting.
    Recommendation,
}

impl QuestionKind {
    /// All kinds, in the order that breaks ties.
    pub const ALL: [Self; 8] = [
        Self::HowTo,
        Self::Explanation,
        Self::Debugging,
        Self::Comparison,
        Self::Planning,
        Self::Writing,
        Self::Translation,
        Self::Recommendation,
    ];
}

/// How often each kind of question was asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionCounts {
    /// By kind, in the order of [`QuestionKind::ALL`].
    counts: [u32; 8],
}

impl QuestionCounts {
    /// How often this kind was asked.
    #[must_use]
    pub fn of(&self, kind: QuestionKind) -> u32 {
        self.counts[kind as usize]
    }

    /// Counts `times` more of this kind.
    pub fn add(&mut self, kind: QuestionKind, times: u32) {
        let count = &mut self.counts[kind as usize];
        *count = count.saturating_add(times);
    }

    /// How often any was asked.
    #[must_use]
    pub fn total(&self) -> u32 {
        self.counts.iter().fold(0, |total, count| total.saturating_add(*count))
    }
}

/// The most that is read of one text, in bytes: at its start, and at its end. What lies between is pasted
/// material more often than a question.
const READ_AT_START: usize = 4_000;
const READ_AT_END: usize = 1_000;

/// Counts the sentences of a person's text (one message, or a title) that ask something, by kind; a sentence
/// counts under one kind. Code blocks between ``` fences are not read, nor is the middle of a long text.
#[must_use]
pub fn count_questions(person_text: &str) -> QuestionCounts {
    let mut counts = QuestionCounts::default();
    let end = person_text.floor_char_boundary(READ_AT_START);
    let start = person_text.ceil_char_boundary(person_text.len().saturating_sub(READ_AT_END).max(end));
    let mut in_code = false;
    for line in person_text[..end].lines().chain(person_text[start..].lines()) {
        if line.trim_start().starts_with("```") {
            in_code = !in_code;
        } else if !in_code {
            for sentence in line.split(['.', '?', '!', ';', '。', '？', '！', '；']) {
                if let Some(kind) = kind_of(sentence) {
                    counts.add(kind, 1);
                }
            }
        }
    }
    counts
}

/// The first kind any of whose words the sentence holds, by the tables of the scripts it is written in.
fn kind_of(sentence: &str) -> Option<QuestionKind> {
    let normal = normalised(sentence);
    if normal.len() <= 1 {
        return None;
    }
    let opening = without_lead_ins(&normal);
    let has =
        |range: std::ops::RangeInclusive<char>| normal.chars().any(|character| range.contains(&character));
    let find = |table: &[(QuestionKind, Words)]| {
        let asks = |words: &Words| {
            words.anywhere.iter().any(|word| normal.contains(word))
                || words.opening.iter().any(|word| opening.starts_with(word))
        };
        table.iter().find(|(_, words)| asks(words)).map(|(kind, _)| *kind)
    };
    // Korean and Chinese first: English words within them are names of things more often than questions.
    let korean = has('가'..='힣').then(|| find(&KOREAN)).flatten();
    let chinese = || has('\u{4e00}'..='\u{9fff}').then(|| find(&CHINESE)).flatten();
    let english = || has('a'..='z').then(|| find(&ENGLISH)).flatten();
    korean.or_else(chinese).or_else(english)
}

/// Lower-case words between single spaces, with a space at both ends; apostrophes vanish (`doesn't` is
/// `doesnt`), all other signs separate.
fn normalised(sentence: &str) -> String {
    let mut normal = String::with_capacity(sentence.len() + 2);
    normal.push(' ');
    for character in sentence.chars().flat_map(char::to_lowercase) {
        if character.is_alphanumeric() {
            normal.push(character);
        } else if !matches!(character, '\'' | '’') && !normal.ends_with(' ') {
            normal.push(' ');
        }
    }
    if !normal.ends_with(' ') {
        normal.push(' ');
    }
    normal
}

/// What is left after greetings and `could you please`: where an imperative begins.
fn without_lead_ins(normal: &str) -> &str {
    let mut rest = normal;
    while let Some(shorter) = LEAD_INS.iter().find_map(|lead_in| rest.strip_prefix(lead_in)) {
        // The space that ended the lead-in begins the rest.
        rest = &rest[rest.len() - shorter.len() - 1..];
    }
    rest
}

/// How many words the text has: what stands between spaces, and each Han or kana character by itself.
pub(super) fn count_words(text: &str) -> usize {
    let is_single = |character: char| matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}');
    let mut words = 0;
    let mut in_word = false;
    for character in text.chars() {
        if is_single(character) {
            words += 1;
            in_word = false;
        } else if character.is_alphanumeric() {
            words += usize::from(!in_word);
            in_word = true;
        } else if character.is_whitespace() {
            in_word = false;
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<QuestionKind> {
        let counts = count_questions(text);
        QuestionKind::ALL.into_iter().filter(|kind| counts.of(*kind) > 0).collect()
    }

    #[test]
    fn english_questions_are_told_apart() {
        for (text, kind) in [
            ("How do I centre a div?", QuestionKind::HowTo),
            ("Why is the sky blue?", QuestionKind::Explanation),
            ("My build doesn't work, I get this error", QuestionKind::Debugging),
            ("What's the difference between TCP and UDP?", QuestionKind::Comparison),
            ("Plan a three day trip to Busan", QuestionKind::Planning),
            ("Could you please rewrite this paragraph", QuestionKind::Writing),
            ("Translate this to French", QuestionKind::Translation),
            ("Can you recommend a good keyboard?", QuestionKind::Recommendation),
        ] {
            assert_eq!(kinds(text), [kind], "{text}");
        }
    }

    #[test]
    fn korean_questions_are_told_apart() {
        for (text, kind) in [
            ("도커 컨테이너를 어떻게 지우나요?", QuestionKind::HowTo),
            ("하늘은 왜 파란가요?", QuestionKind::Explanation),
            ("빌드하면 오류가 나요", QuestionKind::Debugging),
            ("TCP와 UDP의 차이가 뭐야?", QuestionKind::Comparison),
            ("부산 2박 3일 여행 일정 짜줘", QuestionKind::Planning),
            ("자기소개서 써줘", QuestionKind::Writing),
            ("이 문장을 영어로 번역해줘", QuestionKind::Translation),
            ("키보드 하나 추천해줘", QuestionKind::Recommendation),
        ] {
            assert_eq!(kinds(text), [kind], "{text}");
        }
        assert_eq!(kinds("역사 왜곡 논란"), []);
    }

    #[test]
    fn chinese_questions_are_told_apart() {
        for (text, kind) in [
            ("怎么删除一个容器？", QuestionKind::HowTo),
            ("天空为什么是蓝色的？", QuestionKind::Explanation),
            ("编译时报错了", QuestionKind::Debugging),
            ("TCP 和 UDP 有什么区别？", QuestionKind::Comparison),
            ("帮我制定一个学习计划", QuestionKind::Planning),
            ("帮我写一封邮件", QuestionKind::Writing),
            ("把这句话翻译成英文", QuestionKind::Translation),
            ("推荐几本书", QuestionKind::Recommendation),
        ] {
            assert_eq!(kinds(text), [kind], "{text}");
        }
    }

    #[test]
    fn each_sentence_counts_once() {
        let counts = count_questions("How do I fix this error? Why does it happen?\nHow to avoid it?");
        assert_eq!(counts.total(), 3);
        assert_eq!(counts.of(QuestionKind::Debugging), 1);
    }

    #[test]
    fn code_and_the_middle_of_a_paste_are_not_read() {
        assert_eq!(count_questions("```\nwhy does this error\n```\nthanks").total(), 0);
        let paste = format!("hello\n{}\nwhy?\n{}\n", "x ".repeat(4_000), "y ".repeat(4_000));
        assert_eq!(count_questions(&paste).total(), 0);
        assert_eq!(count_questions(&format!("{paste} why is that?")).total(), 1);
        assert_eq!(count_questions(&"가".repeat(5_000)).total(), 0);
    }

    #[test]
    fn words_are_counted_in_every_script() {
        assert_eq!(count_words("don't stop, x-ray"), 3);
        assert_eq!(count_words("러스트를 배우자"), 2);
        assert_eq!(count_words("用Rust写代码"), 5);
        assert_eq!(count_words(" - "), 0);
    }
}
