//! Reads JSON values that may be of the wrong type, in one pass and without copying.
//!
//! Exports change, and tools rewrite them: a field that is suddenly a number, an object or `null` must not
//! cost a person the conversation it stands in. Every type here takes any JSON value; what it cannot use
//! reads as absent. Only broken JSON is an error.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// Visitor methods that take a value and leave it: for every type that a visitor does not handle itself.
macro_rules! otherwise_absent {
    ($($kind:ident),*) => { $($crate::import::lenient::otherwise_absent!(@ $kind);)* };
    (@ scalars) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> { Ok(Self::Value::default()) }
        fn visit_unit<E>(self) -> Result<Self::Value, E> { Ok(Self::Value::default()) }
    };
    (@ numbers) => {
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> { Ok(Self::Value::default()) }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> { Ok(Self::Value::default()) }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> { Ok(Self::Value::default()) }
    };
    (@ text) => {
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> { Ok(Self::Value::default()) }
    };
    (@ list) => {
        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
            serde::de::IgnoredAny.visit_seq(seq).map(|_| Self::Value::default())
        }
    };
    (@ object) => {
        fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            serde::de::IgnoredAny.visit_map(map).map(|_| Self::Value::default())
        }
    };
}
pub(super) use otherwise_absent;

/// An object of which only the named fields matter. Twice the same key: the last one counts.
macro_rules! lenient_object {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty = $($key:literal)|+,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Default)]
        pub(super) struct $name<'a> { $($(#[$field_meta])* pub(super) $field: $type,)* }

        impl<'de> serde::Deserialize<'de> for $name<'de> {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Fields;
                impl<'de> serde::de::Visitor<'de> for Fields {
                    type Value = $name<'de>;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("any JSON value")
                    }

                    fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                        let mut object = $name::default();
                        while let Some(key) = map.next_key::<$crate::import::lenient::Key<'de>>()? {
                            match &*key.0 {
                                $($($key)|+ => object.$field = map.next_value()?,)*
                                _ => { map.next_value::<serde::de::IgnoredAny>()?; }
                            }
                        }
                        Ok(object)
                    }

                    $crate::import::lenient::otherwise_absent!(scalars, numbers, text, list);
                }
                deserializer.deserialize_any(Fields)
            }
        }
    };
}
pub(super) use lenient_object;

/// The key of an object, borrowed where it holds no escapes.
#[derive(Debug)]
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de> Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Text::deserialize(deserializer).map(|text| Self(text.0.unwrap_or_default()))
    }
}

/// A string.
#[derive(Debug, Default, Clone)]
pub(super) struct Text<'a>(pub(super) Option<Cow<'a, str>>);

impl Text<'_> {
    /// The string, unless it is absent or empty.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|text| !text.is_empty())
    }
}

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor { numbers: false }).map(Self)
    }
}

/// A string, or a whole number in place of one, in the digits it is written in.
#[derive(Debug, Default, Clone)]
pub(super) struct Id<'a>(Option<Cow<'a, str>>);

impl Id<'_> {
    /// The id, unless it is absent or blank.
    pub(super) fn get(&self) -> Option<&str> {
        self.0.as_deref().filter(|id| !id.trim().is_empty())
    }
}

impl<'de> Deserialize<'de> for Id<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor { numbers: true }).map(Self)
    }
}

struct TextVisitor {
    numbers: bool,
}

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(self.numbers.then(|| Cow::Owned(number.to_string())))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(self.numbers.then(|| Cow::Owned(number.to_string())))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    otherwise_absent!(scalars, list, object);
}

/// True where the JSON says `true`.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Flag(pub(super) bool);

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct FlagVisitor;
        impl<'de> Visitor<'de> for FlagVisitor {
            type Value = Flag;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_bool<E>(self, flag: bool) -> Result<Flag, E> {
                Ok(Flag(flag))
            }

            fn visit_unit<E>(self) -> Result<Flag, E> {
                Ok(Flag(false))
            }

            otherwise_absent!(numbers, text, list, object);
        }
        deserializer.deserialize_any(FlagVisitor)
    }
}

/// True where the JSON says 0, in whatever notation.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct IsZero(pub(super) bool);

impl<'de> Deserialize<'de> for IsZero {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ZeroVisitor;
        impl<'de> Visitor<'de> for ZeroVisitor {
            type Value = IsZero;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_i64<E>(self, number: i64) -> Result<IsZero, E> {
                Ok(IsZero(number == 0))
            }

            fn visit_u64<E>(self, number: u64) -> Result<IsZero, E> {
                Ok(IsZero(number == 0))
            }

            fn visit_f64<E>(self, number: f64) -> Result<IsZero, E> {
                Ok(IsZero(number == 0.0))
            }

            otherwise_absent!(scalars, text, list, object);
        }
        deserializer.deserialize_any(ZeroVisitor)
    }
}

/// A list; `None` where there is none.
#[derive(Debug)]
pub(super) struct List<T>(pub(super) Option<Vec<T>>);

impl<T> Default for List<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T> List<T> {
    /// The items; none where there is no list.
    pub(super) fn items(&self) -> &[T] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ListVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
            type Value = List<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<List<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = seq.next_element()? {
                    items.push(item);
                }
                Ok(List(Some(items)))
            }

            otherwise_absent!(scalars, numbers, text, object);
        }
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

/// An object read as a list of keys and values in the order written; `None` where there is none.
#[derive(Debug)]
pub(super) struct Entries<'a, T>(pub(super) Option<Vec<(Cow<'a, str>, T)>>);

impl<T> Default for Entries<'_, T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntriesVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
            type Value = Entries<'de, T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("any JSON value")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries = Vec::new();
                while let Some(key) = map.next_key::<Key<'de>>()? {
                    entries.push((key.0, map.next_value()?));
                }
                Ok(Entries(Some(entries)))
            }

            otherwise_absent!(scalars, numbers, text, list);
        }
        deserializer.deserialize_any(EntriesVisitor(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    lenient_object! {
        /// One of each.
        Sample {
            id: Id<'a> = "id",
            title: Text<'a> = "title" | "name",
            hidden: Flag = "hidden",
            weight: IsZero = "weight",
            parts: List<Text<'a>> = "parts",
            map: Entries<'a, Flag> = "map",
        }
    }

    #[test]
    fn any_value_may_stand_anywhere() {
        let values = ["null", "true", "0", "-1", "1.5", "\"x\"", "\"\\n\"", "[1,[]]", "{\"a\":{}}"];
        for value in values {
            serde_json::from_str::<Sample<'_>>(value).unwrap();
            for field in ["id", "title", "hidden", "weight", "parts", "map", "other"] {
                let json = format!("{{\"{field}\":{value},\"weight\":0.0}}");
                assert!(serde_json::from_str::<Sample<'_>>(&json).unwrap().weight.0, "{json}");
            }
        }
    }

    #[test]
    fn what_fits_is_read() {
        let json =
            r#"{"id":17,"name":"A\u0042","hidden":true,"parts":["a",null,"b"],"map":{"x":true,"y":3}}"#;
        let sample: Sample<'_> = serde_json::from_str(json).unwrap();
        assert_eq!((sample.id.get(), sample.title.get()), (Some("17"), Some("AB")));
        assert!(sample.hidden.0 && !sample.weight.0);
        assert_eq!(
            sample.parts.items().iter().map(Text::get).collect::<Vec<_>>(),
            [Some("a"), None, Some("b")]
        );
        assert_eq!(sample.map.0.unwrap().len(), 2);
    }
}
