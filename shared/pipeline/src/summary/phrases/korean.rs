//! Korean.

use super::particles::{Particle, after, with};
use super::{
    Advice, Again, Bond, Days, Deeper, DeeperReason, DialogueLength, Extent, Growth, Length, Move, Noun,
    Phrases, QuestionKind, Quiet, Reach, Repeated, Topics, list,
};

pub(super) struct Korean;

fn noun(noun: Noun) -> &'static str {
    match noun {
        Noun::Conversation => "대화",
        Noun::Note => "노트",
        Noun::Page => "페이지",
        Noun::File => "파일",
        Noun::Entry => "항목",
    }
}

/// `대화 3개`.
fn counted(count: usize, of: Noun) -> String {
    format!("{} {count}개", noun(of))
}

fn quoted(title: &str) -> String {
    format!("“{title}”")
}

fn listed(entries: &[String]) -> String {
    list(entries, ", ", ", ")
}

fn all_quoted(titles: &[String]) -> Vec<String> {
    titles.iter().map(|title| quoted(title)).collect()
}

/// `A부터 B까지`, `A에`.
fn within(days: Option<&Days>) -> Option<String> {
    days.map(|days| {
        if days.is_one() {
            format!("{}에", days.from)
        } else {
            format!("{}부터 {}까지", days.from, days.to)
        }
    })
}

/// The days followed by a space, where there are any.
fn when(days: Option<&Days>) -> String {
    within(days).map_or(String::new(), |days| format!("{days} "))
}

fn lasting(length: Length) -> String {
    match length {
        Length::Days(days) => format!("{days}일"),
        Length::Months(months) => format!("{months}개월"),
    }
}

/// `(공통 키워드: a, b)`, or nothing.
fn sharing(keywords: &[String]) -> String {
    if keywords.is_empty() { String::new() } else { format!("(공통 키워드: {})", keywords.join(", ")) }
}

/// The clusters with their days and the particle of the last of their names.
fn dated(clusters: &[(String, String)], before: &str, behind: &str, particle: Particle) -> String {
    let entries: Vec<String> =
        clusters.iter().map(|(name, day)| format!("{name}({before}{day}{behind})")).collect();
    let form = clusters.last().map_or("", |(name, _)| after(name, particle));
    format!("{}{form}", listed(&entries))
}

/// `A와 B`, with the particle that follows B.
fn both(bond: &Bond, particle: Particle) -> String {
    format!("{} {}", with(&bond.one, Particle::And), with(&bond.other, particle))
}

fn titles(repeated: &Repeated) -> String {
    let titles = listed(&all_quoted(&repeated.titles));
    if repeated.more { format!("{titles} 등") } else { titles }
}

impl Phrases for Korean {
    fn between_sentences(&self) -> &'static str {
        " "
    }

    fn question_kind(&self, kind: QuestionKind) -> &'static str {
        match kind {
            QuestionKind::HowTo => "방법 질문",
            QuestionKind::Explanation => "설명·이유 질문",
            QuestionKind::Debugging => "오류 해결",
            QuestionKind::Comparison => "비교·선택",
            QuestionKind::Planning => "계획",
            QuestionKind::Writing => "글쓰기·다듬기",
            QuestionKind::Translation => "번역",
            QuestionKind::Recommendation => "추천",
        }
    }

    fn empty_history(&self) -> String {
        "기록에 대화나 노트가 없습니다.".to_owned()
    }

    fn single(&self, of: Noun, title: &str, day: Option<&str>) -> String {
        let on = day.map_or(String::new(), |day| format!("{day}의 "));
        format!("기록에는 {on}{} 하나만 있습니다: {}.", noun(of), quoted(title))
    }

    fn topics(&self, topics: &Topics) -> String {
        let shares: Vec<String> =
            topics.shares.iter().map(|(name, percent)| format!("{name}({percent}%)")).collect();
        let period = topics.days.as_ref().map_or(String::new(), |days| {
            if days.is_one() {
                format!("{}의 ", days.from)
            } else {
                format!("{}부터 {}까지의 ", days.from, days.to)
            }
        });
        let rest = match topics.others {
            0 => "에 관한 것입니다.".to_owned(),
            others => {
                format!("에 관한 것이고, 나머지 {}%는 더 작은 주제 {others}개입니다.", topics.others_percent)
            }
        };
        format!("{period}{}는 {}{rest}", counted(topics.count, topics.noun), listed(&shares))
    }

    fn moved(&self, day: &str, risen: Option<&Move>, fallen: Option<&Move>) -> String {
        let tell = |it: &Move| format!("{}의 비중은 {}%에서 {}%로", it.name, it.before, it.since);
        match (risen, fallen) {
            (Some(up), Some(down)) => format!("{day} 이후 {} 늘고 {} 줄었습니다.", tell(up), tell(down)),
            (Some(up), None) => format!("{day} 이후 {} 늘었습니다.", tell(up)),
            (None, Some(down)) => format!("{day} 이후 {} 줄었습니다.", tell(down)),
            (None, None) => String::new(),
        }
    }

    fn bonded(&self, bond: &Bond) -> String {
        let keywords = sharing(&bond.keywords);
        format!(
            "{} 연결 {}개로 가장 긴밀하게 이어져 있습니다{keywords}.",
            both(bond, Particle::Subject),
            bond.links
        )
    }

    fn asked_again(&self, repeated: &Repeated) -> String {
        let title = repeated.titles.first().map(|title| quoted(title)).unwrap_or_default();
        let when = when(repeated.days.as_ref());
        format!("{} {when}{}번 되풀이해 다뤘습니다.", with(&title, Particle::Object), repeated.count)
    }

    fn went_quiet(&self, clusters: &[(String, String)]) -> String {
        format!("{} 그 뒤로 다루지 않았습니다.", dated(clusters, "마지막 ", "", Particle::Topic))
    }

    fn began(&self, clusters: &[(String, String)]) -> String {
        format!("{} 새로 시작되었습니다.", dated(clusters, "", "부터", Particle::Subject))
    }

    fn dialogue_length(&self, length: &DialogueLength) -> String {
        match length {
            DialogueLength::Short(most) => {
                format!("짧은 문답이 많습니다: 대화의 절반 이상이 메시지 {most}개 이하입니다.")
            }
            DialogueLength::Middling(most) => format!("대화의 절반 이상이 메시지 {most}개 이하입니다."),
            DialogueLength::Long(least) => {
                format!("긴 대화가 많습니다: 대화의 절반 이상이 메시지 {least}개 이상입니다.")
            }
        }
    }

    fn longest_dialogue(&self, title: &str, messages: usize) -> String {
        format!("가장 긴 대화는 메시지가 {messages}개인 {}입니다.", quoted(title))
    }

    fn words_a_turn(&self, words: usize) -> String {
        format!("직접 쓴 메시지는 평균 {words}단어입니다.")
    }

    fn own_words(&self, percent: u32) -> String {
        format!("전체 글의 {percent}%를 직접 썼습니다.")
    }

    fn hours(&self, from: usize, to: usize, percent: u32) -> String {
        format!("{percent}%가 UTC 기준 {from}시에서 {to}시 사이에 시작되었습니다.")
    }

    fn weekend(&self, percent: u32, many: bool) -> String {
        if many {
            format!("{percent}%가 주말에 시작되었습니다.")
        } else {
            format!("주말에 시작된 것은 {percent}%뿐입니다.")
        }
    }

    fn kinds(&self, kinds: &[(&'static str, u32)], by_titles: bool) -> String {
        let kinds: Vec<String> = kinds.iter().map(|(kind, percent)| format!("{kind}({percent}%)")).collect();
        let source = if by_titles {
            "제목으로 볼 때 많은 질문 유형"
        } else {
            "대화 수 기준으로 많은 질문 유형"
        };
        format!("{source}: {}.", listed(&kinds))
    }

    fn extent(&self, extent: &Extent) -> String {
        let share = extent.percent.map_or(String::new(), |percent| format!("(전체의 {percent}%)"));
        let peak = extent.peak.as_ref().map_or(String::new(), |(month, count)| {
            format!(" 가장 활발했던 달은 {month}로 {count}개입니다.")
        });
        let period = extent.days.as_ref().map_or(String::new(), |days| {
            if days.is_one() {
                format!("{}의 ", days.from)
            } else {
                format!("{}부터 {}까지의 ", days.from, days.to)
            }
        });
        format!("{period}{}{share}입니다.{peak}", counted(extent.count, extent.noun))
    }

    fn share_changed(&self, day: &str, before: u32, since: u32) -> String {
        let verb = if since >= before { "늘었습니다" } else { "줄었습니다" };
        format!("비중이 {day} 이전 {before}%에서 이후 {since}%로 {verb}.")
    }

    fn began_on(&self, day: &str) -> String {
        format!("{day}에 시작된 새로운 주제입니다.")
    }

    fn quiet_since(&self, day: &str, length: Length) -> String {
        format!("{day} 이후로는 기록이 끝날 때까지 {} 동안 다루지 않았습니다.", lasting(length))
    }

    fn parts(&self, parts: &[(Vec<String>, usize)]) -> String {
        let parts: Vec<String> =
            parts.iter().map(|(keywords, size)| format!("{}({size}개)", keywords.join("·"))).collect();
        format!("세부 주제: {}.", listed(&parts))
    }

    fn longest(&self, of: Noun, title: &str, messages: usize) -> String {
        let (unit, form) = if of == Noun::Conversation { ("메시지", "가") } else { ("섹션", "이") };
        let topic = with(noun(of), Particle::Topic);
        format!("가장 긴 {topic} {unit}{form} {messages}개인 {}입니다.", quoted(title))
    }

    fn nearest(&self, bond: &Bond) -> String {
        let other = with(&bond.other, Particle::And);
        format!("{other} 연결 {}개로 가장 가깝습니다{}.", bond.links, sharing(&bond.keywords))
    }

    fn mostly(&self, kind: &'static str, asked: usize, count: usize, of: Noun) -> String {
        let kind = with(kind, Particle::By);
        format!("가장 많은 질문 유형은 {kind}, {} 가운데 {asked}개에 나옵니다.", counted(count, of))
    }

    fn repetition(&self, repeated: &Repeated) -> String {
        let when = when(repeated.days.as_ref());
        let count = counted(repeated.count, repeated.noun);
        let keywords = sharing(&repeated.keywords);
        format!("{when}{count}에서 거의 같은 내용을 다뤘습니다: {}{keywords}.", titles(repeated))
    }

    fn progression(&self, growth: &Growth) -> String {
        let ((before, since), (few, many)) = (growth.percents, growth.counts);
        let place = growth.within.as_ref().map_or(String::new(), |cluster| format!("{cluster} 안에서 "));
        let name = with(&growth.name, Particle::Subject);
        let of = noun(growth.noun);
        format!(
            "{place}{name} {} 이전 전체 {of}의 {before}%에서 이후 {since}%로 늘었습니다({few}개 → {many}개).",
            growth.day
        )
    }

    fn quiet(&self, quiet: &Quiet) -> String {
        format!(
            "{} {}까지 {}였지만, 남은 {} 동안은 없습니다.",
            with(&quiet.name, Particle::Topic),
            quiet.last,
            counted(quiet.count, quiet.noun),
            lasting(quiet.length)
        )
    }

    fn silence(&self, of: Noun, days: &Days, length: Length) -> String {
        let subject = with(noun(of), Particle::Subject);
        format!("{}부터 {}까지 {} 동안 {subject} 없었습니다.", days.from, days.to, lasting(length))
    }

    fn bridge(&self, reach: &Reach) -> String {
        format!(
            "{}의 {} {}의 {}와 이어져 있습니다{}.",
            reach.own,
            with(&quoted(&reach.title), Particle::Topic),
            reach.other,
            counted(reach.count, reach.noun),
            sharing(&reach.keywords)
        )
    }

    fn connection(&self, bond: &Bond) -> String {
        let closest = bond.closest.as_ref().map_or(String::new(), |(one, other)| {
            let one = with(&quoted(one), Particle::And);
            format!(" 가장 가까운 쌍은 {one} {}입니다.", quoted(other))
        });
        let pair = both(bond, Particle::Topic);
        format!("{pair} 연결 {}개로 이어져 있습니다{}.{closest}", bond.links, sharing(&bond.keywords))
    }

    fn consolidate(&self, repeated: &Repeated) -> Advice {
        let title = repeated.titles.first().map(|title| quoted(title)).unwrap_or_default();
        Advice {
            title: format!("{title} 관련 {} 정리하기", counted(repeated.count, repeated.noun)),
            description: self.repetition(repeated),
        }
    }

    fn explore(&self, deeper: &Deeper) -> Advice {
        let why = match &deeper.why {
            DeeperReason::Grew { day, before, since } => {
                format!("{day} 이후 비중이 {before}%에서 {since}%로 늘었습니다.")
            }
            DeeperReason::Began(day) => {
                format!("{day}에 시작해 벌써 {}입니다.", counted(deeper.count, deeper.noun))
            }
        };
        let newest = if deeper.newest.is_empty() {
            String::new()
        } else {
            format!(" 최근: {}.", listed(&all_quoted(&deeper.newest)))
        };
        Advice {
            title: format!("{} 더 깊이 살펴보기", with(&deeper.name, Particle::Object)),
            description: format!("{why}{newest}"),
        }
    }

    fn review(&self, again: &Again) -> Advice {
        let quiet = &again.quiet;
        let start = if again.titles.is_empty() {
            String::new()
        } else {
            format!(" {}부터 보면 좋습니다.", listed(&all_quoted(&again.titles)))
        };
        let linked = again.linked.as_ref().map_or(String::new(), |(name, keywords)| {
            let name = with(name, Particle::And);
            format!(" 지금도 다루는 {name} 이어져 있습니다{}.", sharing(keywords))
        });
        let count = counted(quiet.count, quiet.noun);
        Advice {
            title: format!("{} 다시 보기", with(&quiet.name, Particle::Object)),
            description: format!("{count}가 있고 마지막은 {}입니다.{start}{linked}", quiet.last),
        }
    }

    fn connect(&self, bond: &Bond) -> Advice {
        Advice {
            title: format!("{} 연결하기", both(bond, Particle::Object)),
            description: self.connection(bond),
        }
    }
}
