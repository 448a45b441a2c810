//! One case for each rule, prose that must not change, and texts made to be slow.

use std::time::{Duration, Instant};

use super::clean;

fn check(cases: &[(&str, &str)]) {
    for (text, words) in cases {
        assert_eq!(clean(text), *words, "{text:?}");
    }
}

#[test]
fn fenced_code_goes_with_its_fences() {
    check(&[
        ("Try this:\n```python\nprint('x')\n```\nIt prints.", "Try this:\nIt prints."),
        ("A\n~~~\ncode ``` more\n~~~\nB", "A\nB"),
        ("A\n````\n```\ninner\n```\n````\nB", "A\nB"),
        ("1. Run\n   ```sh\n   ls\n   ```\n2. Look", "Run\nLook"),
        ("> ```\n> quoted\n> ```\n> words", "words"),
        ("- ```\n  x\n  ```\n- y z", "y z"),
        ("Before\n```rust\nfn main() {", "Before"),
        ("설명:\n```\ncode\n```\n끝입니다.", "설명:\n끝입니다."),
    ]);
}

#[test]
fn inline_code_stays_only_where_it_is_a_word() {
    check(&[
        ("We use `PostgreSQL` here.", "We use PostgreSQL here."),
        ("`PostgreSQL`은 좋다", "PostgreSQL은 좋다"),
        ("Call `get_name()` now.", "Call now."),
        ("Call `getName`.", "Call."),
        ("Use `std::io`, `a/b` or `x.y`!", "Use, or!"),
        ("Run ``a ` b`` twice", "Run twice"),
        ("Install `scikit-learn` or `Python3`", "Install scikit-learn or Python3"),
        ("Type `npm install` first", "Type first"),
        ("`데이터베이스`와 `数据库 系统`", "데이터베이스와 数据库 系统"),
        ("a lone ` backtick", "a lone backtick"),
        ("empty (`x_y`) parentheses", "empty parentheses"),
    ]);
}

#[test]
fn formulas_go_and_prices_stay() {
    check(&[
        (r"The sum \( x+y \) is small.", "The sum is small."),
        ("So \\[ \\frac{1}{3}\n= y \\] holds", "So holds"),
        ("So $$a\n+ b$$ holds", "So holds"),
        ("Namely:\n\n\\[\nE[|x-y|] = 1\n\\]\n\nNext", "Namely:\nNext"),
        ("A \\( that is\n\nnever closed \\) here", "A ( that is\nnever closed ) here"),
        ("where $x$ and $y_1 + 2$, too", "where and, too"),
        (r"\begin{align} a &= b \end{align} Then", "Then"),
        ("I paid $5 and $10.", "I paid $5 and $10."),
        ("from $5-$10 or $20/$30", "from $5-$10 or $20/$30"),
        ("US$ and A$ are money", "US$ and A$ are money"),
        ("It cost $5 for me and my friend paid 7$ more", "It cost $5 for me and my friend paid 7$ more"),
        ("한국은 $x^2$이다", "한국은 이다"),
    ]);
}

#[test]
fn links_leave_their_text() {
    check(&[
        ("See [the docs](https://example.org/a_(b)?c=d) today", "See the docs today"),
        ("See [the docs](/a \"title\").", "See the docs."),
        ("[![alt words](a.png)](b.html) after", "alt words after"),
        ("a [reference][1] link\n\n[1]: https://example.org", "a reference link"),
        ("https://example.org/x?y=z, and www.example.org.", "and."),
        ("<https://example.org> or <me@example.org>", "or"),
        ("Visit https://example.org/a를 보세요", "Visit 를 보세요"),
        ("(see https://example.org/x)", "(see)"),
        ("mail me@example.co.uk please", "mail please"),
        ("ask @someone about [sic] and a[0] (yes)", "ask @someone about [sic] and a[0] (yes)"),
        ("[words](that are an aside)", "[words](that are an aside)"),
        ("참고: [문서](https://example.org/문서)입니다", "참고: 문서입니다"),
    ]);
}

#[test]
fn marks_of_the_site_go() {
    check(&[
        ("A fact.【12†source】 More", "A fact. More"),
        ("书名【三体】很好", "书名【三体】很好"),
        ("Yes \u{e200}cite\u{e202}turn0search4\u{e202}turn1news2\u{e201}.", "Yes."),
        ("In \u{e200}entity\u{e202}[\"city\",\"Seoul\",\"capital\"]\u{e201} now", "In Seoul now"),
        ("Known.citeturn0search4turn0search9 Next", "Known. Next"),
        ("Known. citeturn0search4turn0search9 Next turn0view1", "Known. Next"),
        ("turn left, cite me, turn0 ok", "turn left, cite me, turn0 ok"),
        ("Fact:contentReference[oaicite:0]{index=0}. More", "Fact. More"),
        ("file-service://file-AbC and sediment://file_00 gone", "and gone"),
        ("[Download](sandbox:/mnt/data/a.csv)", "Download"),
    ]);
}

#[test]
fn opaque_tokens_go() {
    check(&[
        ("key sk-Ab3dE5fG7hJ9kL1mN3pQ5rS7 end", "key end"),
        ("commit 3f2a9c81d4e5b6a7f8091a2b3c4d5e6f70819203 fixed", "commit fixed"),
        ("id 123e4567-e89b-12d3-a456-426614174000.", "id."),
        ("img data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA== end", "img end"),
        ("QmFzZTY0IGlzIG5vdCBhIHdvcmQ0Mg== end", "end"),
        (
            "Donaudampfschifffahrtsgesellschaft 2024 COVID-19",
            "Donaudampfschifffahrtsgesellschaft 2024 COVID-19",
        ),
        (
            "state-of-the-art-2024-edition and/or 12345678901234567890",
            "state-of-the-art-2024-edition and/or 12345678901234567890",
        ),
    ]);
}

#[test]
fn tags_go_and_entities_are_decoded() {
    check(&[
        ("<p>One</p><p>Two &amp; three</p>", "One\nTwo & three"),
        ("H<sub>2</sub>O<br/>Next", "H2O\nNext"),
        ("<a href=\"x\">text</a> <!-- hidden --> end", "text end"),
        ("a <script>let x = '<b>';</script> b", "a b"),
        ("if a < b and c > d, Vec<T> stays", "if a < b and c > d, Vec<T> stays"),
        ("&lt;tag&gt; &#44032;&#x4E2D; &nbsp; &unknown; AT&T", "<tag> 가中 &unknown; AT&T"),
    ]);
}

#[test]
fn markdown_marks_go() {
    check(&[
        ("# Title #\n\nText", "Title\nText"),
        ("- one\n* two\n+ three\n• four", "one\ntwo\nthree\nfour"),
        ("1. one\n2) two\n10. ten", "one\ntwo\nten"),
        ("- [ ] open\n- [x] done", "open\ndone"),
        ("> quoted\n> > twice", "quoted\ntwice"),
        ("**bold** *it* ***both*** __b__ _i_ ~~gone~~", "bold it both b i gone"),
        ("**강조**는 *기울임*이다", "강조는 기울임이다"),
        ("这是**重点**内容", "这是重点内容"),
        ("snake_case, 2*3, 5 * 4, a ** b, price* applies", "snake_case, 2*3, 5 * 4, a ** b, price* applies"),
        ("| Name | Age |\n|------|----:|\n| Kim | 31 |", "Name, Age\nKim, 31"),
        ("above\n\n---\n\nbelow\n=====", "above\nbelow"),
        (r"\*not emphasis\* and 1\. not a list", "*not emphasis* and 1. not a list"),
        ("A note.[^1]", "A note."),
    ]);
}

#[test]
fn role_names_go_at_the_beginning_of_a_line_only() {
    check(&[
        ("User: hi\nAssistant: hello", "hi\nhello"),
        ("You said:\nhi\nChatGPT said:\nhello", "hi\nhello"),
        ("**User:** hi", "hi"),
        ("사용자: 안녕\n用户：你好", "안녕\n你好"),
        ("The User: a novel", "The User: a novel"),
    ]);
}

#[test]
fn white_space_collapses_and_unseen_characters_go() {
    check(&[
        ("  a\u{a0} b\t\tc  \r\n\r\n\r\n d", "a b c\nd"),
        ("zero\u{200b}width \u{feff}mark\0 soft\u{ad}hyphen \u{7}", "zerowidth mark softhyphen"),
        ("👩\u{200d}🔬 می\u{200c}خواهم a\u{200d}b", "👩\u{200d}🔬 می\u{200c}خواهم ab"),
        ("a line that\nruns on\nAnd a new one", "a line that runs on\nAnd a new one"),
        ("full\u{3000}width", "full width"),
        ("", ""),
        ("```\nonly code\n```", ""),
    ]);
}

/// Small linear congruential generator: the same prose in every run.
fn prose(seed: u64) -> String {
    const WORDS: [&str; 30] = [
        "the",
        "garden",
        "Berlin",
        "isn’t",
        "well-known",
        "naïve",
        "3.5",
        "2024,",
        "(perhaps)",
        "“quoted”",
        "它们",
        "今天天气很好，",
        "我们",
        "오늘은",
        "날씨가",
        "좋습니다.",
        "Ünder",
        "mother's",
        "C++",
        "C#",
        "R&D",
        "50%",
        "$20",
        "AT&T",
        "e.g.",
        "–",
        "10:30",
        "and/or",
        "日本語の文章。",
        "😀",
    ];
    let mut state = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    let sentence = |next: &mut dyn FnMut(usize) -> usize| {
        let words: Vec<_> = (0..3 + next(12)).map(|_| WORDS[next(WORDS.len())]).collect();
        format!("So {}{}", words.join(" "), [".", "!", "?", "…"][next(4)])
    };
    let sentences: Vec<_> = (0..1 + next(6)).map(|_| sentence(&mut next)).collect();
    sentences.join(if next(2) == 0 { " " } else { "\n" })
}

#[test]
fn plain_prose_passes_unchanged() {
    for seed in 0..2_000 {
        let text = prose(seed);
        assert_eq!(clean(&text), text);
    }
}

#[test]
fn no_mixture_of_marks_breaks_the_walk() {
    const PIECES: [&str; 40] = [
        "[",
        "]",
        "(",
        ")",
        "![",
        "](",
        "$",
        "$$",
        "`",
        "``",
        "```",
        "\n",
        "\n\n",
        "*",
        "**",
        "_",
        "~~",
        "<",
        ">",
        "<b>",
        "</",
        "&",
        "&#x",
        ";",
        "\\",
        "\\(",
        "\\begin{",
        "}",
        "【",
        "】",
        "†",
        "\u{e200}",
        "\u{e201}entity",
        "가",
        "é",
        "a1",
        "http://",
        ":contentReference[",
        "|",
        " ",
    ];
    let mut state = 11_u64;
    let mut next = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % bound
    };
    for _ in 0..20_000 {
        let text: String = (0..1 + next(30)).map(|_| PIECES[next(PIECES.len())]).collect();
        let words = clean(&text);
        assert!(
            words.trim() == words && !words.contains("  ") && !words.contains("\n\n"),
            "{text:?} {words:?}"
        );
    }
}

#[test]
fn no_text_is_slow() {
    let units = [
        "[",
        "$",
        "`",
        "]",
        "](",
        "[a](",
        "![",
        "$$",
        "$a ",
        "` `` ``` ",
        "*",
        "**a ",
        "_",
        "_a",
        "<",
        "<b ",
        "<!--",
        "<script>",
        "&",
        "&#",
        "\\(",
        "\\[",
        "\\",
        "\\begin{",
        "\\end{",
        "【",
        "\u{e200}",
        "~~a",
        "a.",
        "a@",
        "a://",
        "https://",
        ":contentReference[",
        "|",
        "> ",
        "- ",
        "#",
        "\n",
        " ",
        "a",
        "1",
        "\u{200d}",
        "(",
        "turn0",
        "[^",
        "~~~\n",
        "```\n",
    ];
    for (position, unit) in units.iter().enumerate() {
        let length = if position < 3 { 10_000_000 } else { 500_000 };
        let text = unit.repeat(length / unit.len());
        let start = Instant::now();
        let words = clean(&text);
        assert!(words.len() <= text.len());
        // Each takes a fraction of a second; one that is not linear would take minutes to hours.
        assert!(start.elapsed() < Duration::from_secs(10), "{unit}: {:?}", start.elapsed());
    }
}
