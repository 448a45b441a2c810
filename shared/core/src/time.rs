//! Times as an export states them: kept to the byte, understood where possible.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A time of the source: whatever JSON the export holds (integer, float, string), kept to the byte, with the
/// instant it means.
#[derive(Debug, Clone)]
pub struct SourceTime {
    raw: Box<RawValue>,
    instant: Timestamp,
}

impl SourceTime {
    /// Longest JSON that is taken for a time, in bytes: it is kept, and the longest forms have some forty.
    pub const LONGEST: usize = 128;

    /// Reads a JSON value: epoch seconds (number, or number in a string; milliseconds are recognised by
    /// their size) or an ISO 8601 string, UTC where it names no offset. `None` for `null`, other types, NaN
    /// what is longer than [`Self::LONGEST`], and what lies outside the years 1970 to 2200, which no chat can have.
    #[must_use]
    pub fn parse(raw: &RawValue) -> Option<Self> {
        let text = raw.get();
        if text.len() > Self::LONGEST {
            return None;
        }
        let instant = if text.starts_with('"') {
            instant_of_text(serde_json::from_str::<String>(text).ok()?.trim())
        } else {
            instant_of_seconds(text.parse().ok()?)
        }?;
        Some(Self { raw: raw.to_owned(), instant })
    }

    /// The instant meant.
    #[must_use]
    pub fn instant(&self) -> Timestamp {
        self.instant
    }

    /// The JSON of the source, byte for byte.
    #[must_use]
    pub fn raw(&self) -> &RawValue {
        &self.raw
    }
}

impl PartialEq for SourceTime {
    fn eq(&self, other: &Self) -> bool {
        self.raw.get() == other.raw.get()
    }
}

impl Serialize for SourceTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for SourceTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        Self::parse(&raw).ok_or_else(|| serde::de::Error::custom("neither epoch seconds nor ISO 8601"))
    }
}

fn instant_of_text(text: &str) -> Option<Timestamp> {
    if let Ok(seconds) = text.parse::<f64>() {
        return instant_of_seconds(seconds);
    }
    let instant = text.parse::<Timestamp>().ok().or_else(|| {
        let civil: jiff::civil::DateTime = text.parse().ok()?;
        civil.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    plausible(instant)
}

fn instant_of_seconds(value: f64) -> Option<Timestamp> {
    const LATEST_SECONDS: f64 = 7_258_118_400.0; // 2200-01-01
    let seconds = if value > LATEST_SECONDS { value / 1000.0 } else { value };
    if !(0.0..=LATEST_SECONDS).contains(&seconds) {
        return None;
    }
    plausible(Timestamp::from_microsecond((seconds * 1e6).round() as i64).ok()?)
}

fn plausible(instant: Timestamp) -> Option<Timestamp> {
    (0..=7_258_118_400).contains(&instant.as_second()).then_some(instant)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(json: &str) -> Option<String> {
        let raw: Box<RawValue> = serde_json::from_str(json).unwrap();
        let time = SourceTime::parse(&raw)?;
        assert_eq!(serde_json::to_string(&time).unwrap(), json, "kept to the byte");
        Some(time.instant().to_string())
    }

    #[test]
    fn every_form_an_export_uses_is_understood() {
        for json in ["1709405640", "1709405640.0", "\"1709405640\"", "1709405640000", "1.70940564e9"] {
            assert_eq!(parse(json).as_deref(), Some("2024-03-02T18:54:00Z"), "{json}");
        }
        for json in ["\"2024-03-02T18:54:00Z\"", "\"2024-03-02T19:54:00+01:00\"", "\"2024-03-02T18:54:00\""] {
            assert_eq!(parse(json).as_deref(), Some("2024-03-02T18:54:00Z"), "{json}");
        }
        assert_eq!(parse("1709405640.250001").as_deref(), Some("2024-03-02T18:54:00.250001Z"));
    }

    #[test]
    fn what_is_no_time_is_none() {
        for json in ["null", "true", "-1", "1e300", "\"soon\"", "\"NaN\"", "[]", "{}", "\"\""] {
            assert_eq!(parse(json), None, "{json}");
        }
    }

    #[test]
    fn a_time_is_no_place_to_hide_a_megabyte() {
        for length in [SourceTime::LONGEST, SourceTime::LONGEST + 1] {
            let known = length == SourceTime::LONGEST;
            assert_eq!(parse(&format!("1709405640.{}", "0".repeat(length - 11))).is_some(), known);
            assert_eq!(parse(&format!("\"1709405640{}\"", " ".repeat(length - 12))).is_some(), known);
        }
    }
}
