//! Days and months in UTC: the exports name no time zone of the person.

use jiff::Timestamp;
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;

pub(super) const SECONDS_A_DAY: i64 = 86_400;

/// How long something lasted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// Up to two months, in days.
    Days(i64),
    /// Longer, in months.
    Months(i64),
}

impl Length {
    /// The time from one instant to a later one.
    pub(super) fn between(from: Timestamp, to: Timestamp) -> Self {
        const SECONDS_A_MONTH: f64 = 365.25 / 12.0 * SECONDS_A_DAY as f64;
        let seconds = to.as_second() - from.as_second();
        if seconds < 60 * SECONDS_A_DAY {
            Self::Days(seconds / SECONDS_A_DAY)
        } else {
            Self::Months((seconds as f64 / SECONDS_A_MONTH).round() as i64)
        }
    }
}

fn civil(instant: Timestamp) -> DateTime {
    TimeZone::UTC.to_datetime(instant)
}

/// `YYYY-MM-DD`.
pub(super) fn day(instant: Timestamp) -> String {
    civil(instant).date().to_string()
}

/// `YYYY-MM`.
pub(super) fn month(instant: Timestamp) -> String {
    let date = civil(instant).date();
    format!("{:04}-{:02}", date.year(), date.month())
}

/// Months since the year 0, for counting.
pub(super) fn month_number(instant: Timestamp) -> i32 {
    let date = civil(instant).date();
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// The month that most of some instants lie in.
pub(super) struct BusiestMonth {
    /// `YYYY-MM`; the earliest of several.
    pub(super) month: String,
    /// How many lie in it.
    pub(super) count: usize,
    /// How many lie in a month on average, of the months in which any do.
    pub(super) mean: f64,
}

/// The month with most instants; `None` without any.
pub(super) fn busiest_month(instants: &[Timestamp]) -> Option<BusiestMonth> {
    let mut months: Vec<(i32, Timestamp)> =
        instants.iter().map(|instant| (month_number(*instant), *instant)).collect();
    months.sort_unstable();
    let mut best: Option<(Timestamp, usize)> = None;
    let mut active = 0;
    for run in months.chunk_by(|a, b| a.0 == b.0) {
        active += 1;
        if best.is_none_or(|(_, count)| run.len() > count) {
            best = Some((run[0].1, run.len()));
        }
    }
    let mean = instants.len() as f64 / f64::from(active);
    best.map(|(instant, count)| BusiestMonth { month: month(instant), count, mean })
}

/// When in the day and the week things happen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rhythm {
    /// First hour of the six that hold most.
    pub(super) from_hour: usize,
    /// Share within those six hours.
    pub(super) window_share: f64,
    /// Share on Saturdays and Sundays.
    pub(super) weekend_share: f64,
    /// Whether most times are exactly midnight: dates without a time of day, so the hours mean nothing.
    pub(super) only_dates: bool,
}

/// Hours in the window of a [`Rhythm`].
pub(super) const WINDOW_HOURS: usize = 6;

/// The rhythm of the instants; `None` without any.
pub(super) fn rhythm(instants: &[Timestamp]) -> Option<Rhythm> {
    if instants.is_empty() {
        return None;
    }
    let (mut hours, mut weekend, mut midnights) = ([0usize; 24], 0usize, 0usize);
    for instant in instants {
        let time = civil(*instant);
        hours[usize::from(time.hour().unsigned_abs()) % 24] += 1;
        weekend += usize::from(matches!(time.weekday(), Weekday::Saturday | Weekday::Sunday));
        midnights += usize::from(instant.as_second() % SECONDS_A_DAY == 0);
    }
    let window = |from: usize| (from..from + WINDOW_HOURS).map(|hour| hours[hour % 24]).sum::<usize>();
    let most = (0..24).map(window).max().unwrap_or_default();
    let fullest: Vec<usize> = (0..24).filter(|hour| window(*hour) == most).collect();
    // The middle one of several: what happens at noon lies around noon.
    let from_hour = fullest[fullest.len() / 2];
    let total = instants.len() as f64;
    Some(Rhythm {
        from_hour,
        window_share: window(from_hour) as f64 / total,
        weekend_share: weekend as f64 / total,
        only_dates: midnights * 2 > instants.len(),
    })
}
