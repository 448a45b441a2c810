//! Chinese (simplified). Names stand in quotation marks, for nothing else divides words.

use super::{
    Advice, Again, Bond, Days, Deeper, DeeperReason, DialogueLength, Extent, Growth, Length, Move, Noun,
    Phrases, QuestionKind, Quiet, Reach, Repeated, Topics, list,
};

pub(super) struct Chinese;

fn noun(noun: Noun) -> &'static str {
    match noun {
        Noun::Conversation => "对话",
        Noun::Note => "笔记",
        Noun::Page => "页面",
        Noun::File => "文件",
        Noun::Entry => "条目",
    }
}

/// `3 个对话`.
fn counted(count: usize, of: Noun) -> String {
    let classifier = if of == Noun::Note { "篇" } else { "个" };
    format!("{count} {classifier}{}", noun(of))
}

fn named(name: &str) -> String {
    format!("“{name}”")
}

fn titled(title: &str) -> String {
    format!("《{title}》")
}

fn all_titled(titles: &[String]) -> Vec<String> {
    titles.iter().map(|title| titled(title)).collect()
}

fn listed(entries: &[String]) -> String {
    list(entries, "、", "和")
}

/// ` A 至 B `, ` A `, for the middle of a sentence.
fn within(days: Option<&Days>) -> String {
    match days {
        None => String::new(),
        Some(days) if days.is_one() => format!("{} ", days.from),
        Some(days) => format!("{} 至 {} ", days.from, days.to),
    }
}

fn lasting(length: Length) -> String {
    match length {
        Length::Days(days) => format!("{days} 天"),
        Length::Months(months) => format!("{months} 个月"),
    }
}

/// `（共同关键词：a、b）`, or nothing.
fn sharing(keywords: &[String]) -> String {
    if keywords.is_empty() {
        String::new()
    } else {
        format!("（共同关键词：{}）", keywords.join("、"))
    }
}

fn dated(clusters: &[(String, String)], before: &str, behind: &str) -> String {
    let entries: Vec<String> =
        clusters.iter().map(|(name, day)| format!("{}（{before} {day} {behind}）", named(name))).collect();
    listed(&entries).replace(" ）", "）")
}

fn titles(repeated: &Repeated) -> String {
    let titles = all_titled(&repeated.titles);
    if repeated.more { format!("{}等", list(&titles, "、", "、")) } else { listed(&titles) }
}

fn pair(bond: &Bond) -> String {
    format!("{}与{}", named(&bond.one), named(&bond.other))
}

impl Phrases for Chinese {
    fn between_sentences(&self) -> &'static str {
        ""
    }

    fn question_kind(&self, kind: QuestionKind) -> &'static str {
        match kind {
            QuestionKind::HowTo => "操作方法",
            QuestionKind::Explanation => "原理与解释",
            QuestionKind::Debugging => "排错",
            QuestionKind::Comparison => "比较与选择",
            QuestionKind::Planning => "计划",
            QuestionKind::Writing => "写作与改写",
            QuestionKind::Translation => "翻译",
            QuestionKind::Recommendation => "推荐",
        }
    }

    fn empty_history(&self) -> String {
        "记录中没有对话或笔记。".to_owned()
    }

    fn single(&self, of: Noun, title: &str, day: Option<&str>) -> String {
        let on = day.map_or(String::new(), |day| format!(" {day} 的"));
        format!(
            "记录中只有{on}一{}{}：{}。",
            if of == Noun::Note { "篇" } else { "个" },
            noun(of),
            titled(title)
        )
    }

    fn topics(&self, topics: &Topics) -> String {
        let shares: Vec<String> =
            topics.shares.iter().map(|(name, percent)| format!("{}（{percent}%）", named(name))).collect();
        let period = match within(topics.days.as_ref()) {
            days if days.is_empty() => days,
            days => format!("{days}的 "),
        };
        let rest = match topics.others {
            0 => String::new(),
            others => format!("，其余 {}% 属于另外 {others} 个较小的主题", topics.others_percent),
        };
        format!("{period}{}涉及{}{rest}。", counted(topics.count, topics.noun), listed(&shares))
    }

    fn moved(&self, day: &str, risen: Option<&Move>, fallen: Option<&Move>) -> String {
        let tell = |verb: &str, it: &Move| {
            format!("{}的占比从 {}% {verb} {}%", named(&it.name), it.before, it.since)
        };
        let parts: Vec<String> =
            risen.map(|it| tell("升至", it)).into_iter().chain(fallen.map(|it| tell("降至", it))).collect();
        format!("{day} 以来，{}。", parts.join("，"))
    }

    fn bonded(&self, bond: &Bond) -> String {
        format!("{}联系最紧密，共有 {} 条连接{}。", pair(bond), bond.links, sharing(&bond.keywords))
    }

    fn asked_again(&self, repeated: &Repeated) -> String {
        let title = repeated.titles.first().map(|title| titled(title)).unwrap_or_default();
        match within(repeated.days.as_ref()) {
            days if days.is_empty() => format!("{title}反复出现了 {} 次。", repeated.count),
            days => format!("{title}在 {days}期间反复出现了 {} 次。", repeated.count),
        }
    }

    fn went_quiet(&self, clusters: &[(String, String)]) -> String {
        format!("{}之后未再谈及。", dated(clusters, "最后一次", ""))
    }

    fn began(&self, clusters: &[(String, String)]) -> String {
        format!("{}是新出现的主题。", dated(clusters, "自", "起"))
    }

    fn dialogue_length(&self, length: &DialogueLength) -> String {
        match length {
            DialogueLength::Short(most) => format!("多为简短问答：至少一半的对话不超过 {most} 条消息。"),
            DialogueLength::Middling(most) => format!("至少一半的对话不超过 {most} 条消息。"),
            DialogueLength::Long(least) => format!("多为长对话：至少一半的对话有 {least} 条或更多消息。"),
        }
    }

    fn longest_dialogue(&self, title: &str, messages: usize) -> String {
        format!("最长的对话是{}，有 {messages} 条消息。", titled(title))
    }

    fn words_a_turn(&self, words: usize) -> String {
        format!("本人的消息平均 {words} 个字词。")
    }

    fn own_words(&self, percent: u32) -> String {
        format!("全部文字中有 {percent}% 出自本人。")
    }

    fn hours(&self, from: usize, to: usize, percent: u32) -> String {
        format!("{percent}% 始于 UTC {from} 时至 {to} 时之间。")
    }

    fn weekend(&self, percent: u32, many: bool) -> String {
        if many {
            format!("{percent}% 始于周末。")
        } else {
            format!("只有 {percent}% 始于周末。")
        }
    }

    fn kinds(&self, kinds: &[(&'static str, u32)], by_titles: bool) -> String {
        let kinds: Vec<String> =
            kinds.iter().map(|(kind, percent)| format!("{kind}（{percent}%）")).collect();
        let source = if by_titles {
            "从标题看，最常见的提问是"
        } else {
            "按对话数计，最常见的提问是"
        };
        format!("{source}{}。", listed(&kinds))
    }

    fn extent(&self, extent: &Extent) -> String {
        let share = extent.percent.map_or(String::new(), |percent| format!("（占全部的 {percent}%）"));
        let peak = extent
            .peak
            .as_ref()
            .map_or(String::new(), |(month, count)| format!("，最活跃的月份是 {month}，有 {count} 个"));
        let days = match within(extent.days.as_ref()) {
            days if days.is_empty() => days,
            days => format!("，时间为 {}", days.trim_end()),
        };
        format!("共 {}{share}{days}{peak}。", counted(extent.count, extent.noun))
    }

    fn share_changed(&self, day: &str, before: u32, since: u32) -> String {
        let verb = if since >= before { "升至" } else { "降至" };
        format!("占比从 {day} 之前的 {before}% {verb}此后的 {since}%。")
    }

    fn began_on(&self, day: &str) -> String {
        format!("这是 {day} 开始的新主题。")
    }

    fn quiet_since(&self, day: &str, length: Length) -> String {
        format!("{day} 之后未再谈及，到记录结束时已有 {}。", lasting(length))
    }

    fn parts(&self, parts: &[(Vec<String>, usize)]) -> String {
        let parts: Vec<String> =
            parts.iter().map(|(keywords, size)| format!("{}（{size}）", keywords.join("/"))).collect();
        format!("子主题：{}。", parts.join("、"))
    }

    fn longest(&self, of: Noun, title: &str, messages: usize) -> String {
        let unit = if of == Noun::Conversation { "条消息" } else { "个小节" };
        format!("最长的{}是{}，有 {messages} {unit}。", noun(of), titled(title))
    }

    fn nearest(&self, bond: &Bond) -> String {
        format!("与{}最接近，共有 {} 条连接{}。", named(&bond.other), bond.links, sharing(&bond.keywords))
    }

    fn mostly(&self, kind: &'static str, asked: usize, count: usize, of: Noun) -> String {
        format!("最常见的提问是{kind}，见于 {}中的 {asked} 个。", counted(count, of))
    }

    fn repetition(&self, repeated: &Repeated) -> String {
        let days = within(repeated.days.as_ref());
        let count = counted(repeated.count, repeated.noun);
        format!("{days}有 {count}谈的几乎是同一件事：{}{}。", titles(repeated), sharing(&repeated.keywords))
    }

    fn progression(&self, growth: &Growth) -> String {
        let ((before, since), (few, many)) = (growth.percents, growth.counts);
        let place = growth.within.as_ref().map_or(String::new(), |cluster| format!("{}中的", named(cluster)));
        format!(
            "{place}{}在全部{}中的占比从 {} 之前的 {before}% 升至此后的 {since}%（{few} → {many}）。",
            named(&growth.name),
            noun(growth.noun),
            growth.day
        )
    }

    fn quiet(&self, quiet: &Quiet) -> String {
        format!(
            "{}截至 {} 有 {}，此后 {}再未出现。",
            named(&quiet.name),
            quiet.last,
            counted(quiet.count, quiet.noun),
            lasting(quiet.length)
        )
    }

    fn silence(&self, of: Noun, days: &Days, length: Length) -> String {
        format!("{} 至 {} 的 {}里没有任何{}。", days.from, days.to, lasting(length), noun(of))
    }

    fn bridge(&self, reach: &Reach) -> String {
        format!(
            "{}中的{}与{}中的 {}相连{}。",
            named(&reach.own),
            titled(&reach.title),
            named(&reach.other),
            counted(reach.count, reach.noun),
            sharing(&reach.keywords)
        )
    }

    fn connection(&self, bond: &Bond) -> String {
        let closest = bond.closest.as_ref().map_or(String::new(), |(one, other)| {
            format!("，最接近的一对是{}与{}", titled(one), titled(other))
        });
        format!("{}之间有 {} 条连接{}{closest}。", pair(bond), bond.links, sharing(&bond.keywords))
    }

    fn consolidate(&self, repeated: &Repeated) -> Advice {
        let title = repeated.titles.first().map(|title| titled(title)).unwrap_or_default();
        Advice {
            title: format!("整理关于{title}的 {}", counted(repeated.count, repeated.noun)),
            description: self.repetition(repeated),
        }
    }

    fn explore(&self, deeper: &Deeper) -> Advice {
        let why = match &deeper.why {
            DeeperReason::Grew { day, before, since } => format!("{day} 以来占比从 {before}% 升至 {since}%"),
            DeeperReason::Began(day) => {
                format!("{day} 才开始，已有 {}", counted(deeper.count, deeper.noun))
            }
        };
        let newest = if deeper.newest.is_empty() {
            String::new()
        } else {
            format!("；最近的是{}", listed(&all_titled(&deeper.newest)))
        };
        Advice { title: format!("深入{}", named(&deeper.name)), description: format!("{why}{newest}。") }
    }

    fn review(&self, again: &Again) -> Advice {
        let quiet = &again.quiet;
        let start = if again.titles.is_empty() {
            String::new()
        } else {
            format!("可以从{}看起。", listed(&all_titled(&again.titles)))
        };
        let linked = again.linked.as_ref().map_or(String::new(), |(name, keywords)| {
            format!("它与仍在继续的{}相连{}。", named(name), sharing(keywords))
        });
        let count = counted(quiet.count, quiet.noun);
        Advice {
            title: format!("重温{}", named(&quiet.name)),
            description: format!("共 {count}，最后一次在 {}。{start}{linked}", quiet.last),
        }
    }

    fn connect(&self, bond: &Bond) -> Advice {
        Advice { title: format!("把{}联系起来", pair(bond)), description: self.connection(bond) }
    }
}
