//! Korean nouns without a dictionary.
//!
//! A written word (eojeol) is a stem with particles or endings behind it. Which endings are really endings is
//! decided by the corpus: a stem counts when it also stands alone or with another particle, the idea of
//! unsupervised noun extraction (L-R graphs, as in soynlp). So `제주도에서` gives `제주도`, and the `이` of
//! `고양이` stays where `고양` never occurs.

use std::sync::LazyLock;

use rustc_hash::{FxHashMap, FxHashSet};

use super::gloss::translation;

/// Particles of two or more syllables: hardly ever the end of a noun.
const LONG_PARTICLES: [&str; 42] = [
    "에서부터",
    "으로부터",
    "이라고는",
    "에서는",
    "에서도",
    "으로는",
    "으로도",
    "까지는",
    "까지도",
    "부터는",
    "에게서",
    "이라는",
    "이라고",
    "이라도",
    "이라면",
    "한테서",
    "에서의",
    "으로의",
    "에서",
    "에게",
    "에는",
    "에도",
    "으로",
    "까지",
    "부터",
    "하고",
    "이랑",
    "처럼",
    "보다",
    "마다",
    "조차",
    "밖에",
    "이나",
    "이며",
    "이면",
    "이고",
    "라는",
    "라고",
    "한테",
    "로는",
    "로도",
    "만큼",
];

/// Particles of one syllable, which may as well be the last syllable of a noun.
const SHORT_PARTICLES: [&str; 16] =
    ["은", "는", "이", "가", "을", "를", "의", "에", "로", "와", "과", "도", "만", "랑", "나", "들"];

/// Forms of `하다` and `되다` behind a noun: `예약하고` is the noun `예약`.
const VERBALISERS: [&str; 38] = [
    "하겠습니다",
    "했습니다",
    "하셨어요",
    "하고싶어",
    "합니다",
    "하세요",
    "하려고",
    "하려면",
    "하면서",
    "하거나",
    "하지만",
    "할까요",
    "됩니다",
    "되었어",
    "하는데",
    "하는",
    "하고",
    "하면",
    "하게",
    "하기",
    "하다",
    "하지",
    "하며",
    "해서",
    "해야",
    "해요",
    "해줘",
    "했어",
    "했는",
    "했던",
    "된다",
    "되는",
    "되면",
    "되고",
    "할",
    "한",
    "해",
    "됨",
];

/// Endings that mark a verb or adjective form: such a word is no keyword.
const VERBAL_ENDINGS: [&str; 62] = [
    "니다",
    "니까",
    "세요",
    "어요",
    "아요",
    "해요",
    "네요",
    "데요",
    "까요",
    "나요",
    "군요",
    "지요",
    "죠",
    "예요",
    "이에요",
    "에요",
    "은데",
    "는데",
    "인데",
    "한데",
    "지만",
    "어서",
    "아서",
    "려고",
    "려면",
    "면서",
    "으면",
    "거나",
    "든지",
    "도록",
    "싶어",
    "싶은",
    "싶다",
    "있는",
    "있어",
    "있다",
    "없는",
    "없어",
    "없다",
    "같은",
    "같아",
    "이다",
    "된다",
    "한다",
    "했다",
    "었다",
    "았다",
    "겠다",
    "는다",
    "었는",
    "았는",
    "어야",
    "아야",
    "어도",
    "아도",
    "던데",
    "을까",
    "ㄹ까",
    "줘",
    "줄래",
    "을게",
    "할게",
];

/// Last syllables that verb forms end with: a word with one of them may be shown only where the corpus knows it as a noun.
const VERB_LIKE: [&str; 18] = [
    "은", "는", "을", "를", "고", "던", "며", "된", "한", "운", "른", "워", "려", "요", "까", "다", "네",
    "게",
];

/// Last syllables of particles and verb forms, but of many nouns as well: the dictionary may vouch for those (`냉면`,
/// but not `끓이면`).
const NOUN_LIKE: [&str; 16] =
    ["이", "가", "면", "서", "지", "기", "니", "자", "래", "해", "여", "아", "어", "도", "데", "음"];

/// The stems that a corpus shows to be nouns.
#[derive(Debug, Default)]
pub(crate) struct KoreanNouns {
    stems: FxHashSet<String>,
}

/// Gathers the written words of a corpus; order does not matter.
#[derive(Debug, Default)]
pub(crate) struct KoreanCounts {
    /// Candidate stem → the particles seen behind it, as bits (bit 0: it stood alone).
    seen: FxHashMap<String, u64>,
}

impl KoreanCounts {
    /// Counts one written word.
    pub(crate) fn add(&mut self, word: &str) {
        if syllables(word) > 8 {
            return;
        }
        self.mark(word, 1);
        for (bit, stem) in splits(word) {
            self.mark(stem, 1 << (1 + bit % 63));
        }
    }

    /// Adds another part of the corpus.
    pub(crate) fn merge(&mut self, other: Self) {
        for (stem, bits) in other.seen {
            *self.seen.entry(stem).or_insert(0) |= bits;
        }
    }

    /// The nouns: stems of two syllables or more, seen in at least two surroundings.
    pub(crate) fn nouns(self) -> KoreanNouns {
        let stems = self
            .seen
            .into_iter()
            .filter(|(stem, bits)| bits.count_ones() >= 2 && syllables(stem) >= 2)
            .map(|(stem, _)| stem)
            .collect();
        KoreanNouns { stems }
    }

    fn mark(&mut self, stem: &str, bits: u64) {
        match self.seen.get_mut(stem) {
            Some(known) => *known |= bits,
            None => {
                self.seen.insert(stem.to_owned(), bits);
            }
        }
    }
}

impl KoreanNouns {
    /// The noun in a written word: its longest known stem, else the word without a long particle.
    pub(crate) fn noun<'a>(&self, word: &'a str) -> &'a str {
        let mut shortest = word;
        for (_, stem) in splits(word) {
            let known = self.stems.contains(stem);
            let certain = syllables(&word[stem.len()..]) >= 2 && syllables(stem) >= 2;
            if (known || certain) && stem.len() < shortest.len() {
                shortest = stem;
            }
        }
        if shortest.len() < word.len() && splits(shortest).any(|(_, stem)| self.stems.contains(stem)) {
            return self.noun(shortest);
        }
        shortest
    }

    /// Whether the word without its particles may be shown as a keyword: a noun of two to eight syllables
    /// that is no verb form.
    pub(crate) fn is_presentable(&self, noun: &str) -> bool {
        let ends_with = |endings: &[&str]| endings.iter().any(|ending| noun.ends_with(ending));
        (2..=8).contains(&syllables(noun))
            && !ends_with(&VERBAL_ENDINGS)
            && (self.stems.contains(noun)
                || !(ends_with(&VERB_LIKE) || ends_with(&NOUN_LIKE) && translation(noun).is_none()))
    }
}

/// `word` without its particles, by rule alone: what a query and a text can agree on without knowing a corpus. The longest
/// particle goes, at most twice, and two syllables stay.
pub(crate) fn without_particles(word: &str) -> &str {
    let mut stem = word;
    for _ in 0..2 {
        let particles = splits(stem).filter(|&(number, _)| number < PARTICLES).map(|(_, rest)| rest);
        match particles.filter(|rest| syllables(rest) >= 2).min_by_key(|rest| rest.len()) {
            Some(rest) => stem = rest,
            None => break,
        }
    }
    stem
}

/// Endings of lower numbers are particles, the others verbalisers.
const PARTICLES: usize = LONG_PARTICLES.len() + SHORT_PARTICLES.len();

/// All endings and their numbers, ascending, by their last syllable: only those can end a word that ends with it.
static ENDINGS: LazyLock<FxHashMap<char, Vec<(usize, &'static str)>>> = LazyLock::new(|| {
    let mut endings: FxHashMap<char, Vec<(usize, &'static str)>> = FxHashMap::default();
    let all = LONG_PARTICLES.iter().chain(&SHORT_PARTICLES).chain(&VERBALISERS);
    for (number, ending) in all.enumerate() {
        endings.entry(ending.chars().next_back().unwrap_or_default()).or_default().push((number, ending));
    }
    endings
});

/// Every way to split `word` into a stem and a known ending, with the ending's number.
fn splits(word: &str) -> impl Iterator<Item = (usize, &str)> {
    let endings = word.chars().next_back().and_then(|last| ENDINGS.get(&last)).map_or(&[][..], Vec::as_slice);
    endings
        .iter()
        .filter_map(move |&(number, ending)| word.strip_suffix(ending).map(|stem| (number, stem)))
        .filter(|(_, stem)| !stem.is_empty())
}

fn syllables(word: &str) -> usize {
    word.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nouns(corpus: &str) -> KoreanNouns {
        let mut counts = KoreanCounts::default();
        corpus.split_whitespace().for_each(|word| counts.add(word));
        counts.nouns()
    }

    #[test]
    fn particles_go_where_the_corpus_knows_the_stem() {
        let nouns = nouns("제주도에서 제주도는 제주도 고양이 고양이는 고양이를 김치찌개를 김치찌개");
        for (word, noun) in [
            ("제주도에서", "제주도"),
            ("제주도는", "제주도"),
            ("고양이는", "고양이"),
            ("고양이", "고양이"),
            ("김치찌개를", "김치찌개"),
            ("서울에서는", "서울"),
        ] {
            assert_eq!(nouns.noun(word), noun, "{word}");
        }
    }

    #[test]
    fn particles_go_by_rule_where_no_corpus_is_known() {
        for (word, stem) in
            [("서울에서는", "서울"), ("김치찌개를", "김치찌개"), ("나는", "나는"), ("학교", "학교")]
        {
            assert_eq!(without_particles(word), stem);
        }
    }

    #[test]
    fn verb_forms_are_not_presentable() {
        let nouns = nouns("예약 예약하고 예약을 화면 화면을");
        assert_eq!(nouns.noun("예약하고"), "예약");
        for word in ["먹었습니다", "좋아요", "있는데", "나"] {
            assert!(!nouns.is_presentable(nouns.noun(word)), "{word}");
        }
        assert!(nouns.is_presentable("예약") && nouns.is_presentable("화면"));
        assert!(!nouns.is_presentable("끓이면"));
    }
}
