//! Keys of the vectors that are kept of a person.

use jiff::Timestamp;

use super::{END_OF_TIME_MS, ObjectKey, ObjectPrefix, countdown};
use crate::ids::UserId;

/// Vectors of the person's texts that one model made; `model` is the hash of its identity in hexadecimal.
#[must_use]
pub fn vector_parts(user_id: &UserId, model: &str) -> ObjectPrefix {
    ObjectPrefix(format!("checkpoints/{user_id}/{}/", shortened(model)))
}

/// Vectors of the person's texts, of all models.
#[must_use]
pub fn all_checkpoints(user_id: &UserId) -> ObjectPrefix {
    ObjectPrefix(format!("checkpoints/{user_id}/"))
}

/// A part of [`vector_parts`], made at `at`, whose content has this hash; the newest of them is the first in a list.
#[must_use]
pub fn vector_part(user_id: &UserId, model: &str, at: Timestamp, hash: &str) -> ObjectKey {
    let (folder, countdown) = (vector_parts(user_id, model), countdown(at));
    ObjectKey(format!("{}{countdown:013}-{}.bin", folder.0, shortened(hash)))
}

/// When a part was made; `None` for any other key.
#[must_use]
pub fn parse_vector_part(key: &ObjectKey) -> Option<Timestamp> {
    let (countdown, rest) = key.file_name().split_once('-')?;
    rest.strip_suffix(".bin")?;
    let countdown: i64 = countdown.parse().ok()?;
    Timestamp::from_millisecond(END_OF_TIME_MS.checked_sub(countdown)?).ok()
}

/// As much of a hash as tells apart what a person has.
fn shortened(hash: &str) -> &str {
    hash.get(..16).unwrap_or(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_vectors_come_first_and_tell_their_age() {
        let user: UserId = "auth0|7".parse().unwrap();
        let (model, hash) = ("0123456789abcdef01", "fedcba9876543210fe");
        let part = |second| vector_part(&user, model, Timestamp::from_second(second).unwrap(), hash);
        let (older, newer) = (part(1_700_000_000), part(1_700_000_001));
        let expected = "checkpoints/auth0|7/0123456789abcdef/8299999999999-fedcba9876543210.bin";
        assert_eq!(older.as_str(), expected);
        assert!(newer < older);
        assert_eq!(parse_vector_part(&newer), Timestamp::from_second(1_700_000_001).ok());
        assert!(vector_parts(&user, model).holds(&newer) && all_checkpoints(&user).holds(&newer));
        for other in ["checkpoints/u/t-1/vectors-000000.bin", "checkpoints/u/m/1-a.tmp", "checkpoints/u/m/x"]
        {
            assert_eq!(parse_vector_part(&other.parse().unwrap()), None, "{other}");
        }
    }
}
