//! Values of those types of PostgreSQL whose notation, equality and order are certain: they are compared here, and no
//! server need be asked.

use std::cmp::Ordering;

use super::decimal::Decimal;
use super::instant::{self, Clock};

/// How values of a type are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    /// Numbers that are equal or not, without an order.
    Transaction,
    Float4,
    Float8,
    Bool,
    Clock(Clock),
    Json,
    Bytes,
    Uuid,
    Padded,
    Text,
    /// The type is not known.
    Unknown,
    /// Only the server knows how.
    Server,
}

/// How values of the type `name` (a `typname` of `pg_catalog`) are compared.
pub(super) fn kind(name: &str) -> Kind {
    match name {
        "int2" | "int4" | "int8" | "numeric" | "oid" | "xid8" => Kind::Number,
        "xid" | "cid" => Kind::Transaction,
        "float4" => Kind::Float4,
        "float8" => Kind::Float8,
        "bool" => Kind::Bool,
        "date" | "timestamp" => Kind::Clock(Clock::Local),
        "timestamptz" => Kind::Clock(Clock::Zoned),
        "time" => Kind::Clock(Clock::OfDay),
        "json" | "jsonb" => Kind::Json,
        "bytea" => Kind::Bytes,
        "uuid" => Kind::Uuid,
        "bpchar" => Kind::Padded,
        "text" | "varchar" | "name" | "char" | "cstring" | "unknown" => Kind::Text,
        "" => Kind::Unknown,
        _ => Kind::Server,
    }
}

/// How one text of the kind stands to another; `None` when one of them is not read with certainty.
pub(super) fn compare(kind: Kind, expected: &str, actual: &str) -> Option<Ordering> {
    match kind {
        Kind::Number | Kind::Transaction => Some(Decimal::parse(expected)?.cmp(&Decimal::parse(actual)?)),
        Kind::Float4 => floats(float4(expected)?, float4(actual)?),
        Kind::Float8 => floats(float8(expected)?, float8(actual)?),
        Kind::Bool => Some(truth(expected)?.cmp(&truth(actual)?)),
        Kind::Clock(clock) => instant::compare(clock, expected, actual),
        Kind::Bytes => Some(bytes(expected)?.cmp(&bytes(actual)?)),
        Kind::Uuid => Some(uuid(expected)?.cmp(&uuid(actual)?)),
        Kind::Padded => Some(expected.trim_end_matches(' ').cmp(actual.trim_end_matches(' '))),
        Kind::Text => Some(expected.cmp(actual)),
        Kind::Json | Kind::Unknown | Kind::Server => None,
    }
}

/// PostgreSQL's order of floats: NaN equals itself and is the greatest (manual, 8.1.3).
fn floats(one: f64, other: f64) -> Option<Ordering> {
    one.partial_cmp(&other).or(Some(one.is_nan().cmp(&other.is_nan())))
}

/// What is too great or too small for the type is refused by the server.
fn float8(text: &str) -> Option<f64> {
    let decimal = Decimal::parse(text)?;
    let number = decimal.to_f64();
    (!decimal.is_finite_and_not_zero() || number.is_finite() && number != 0.0).then_some(number)
}

fn float4(text: &str) -> Option<f64> {
    let decimal = Decimal::parse(text)?;
    let number = decimal.to_f32();
    (!decimal.is_finite_and_not_zero() || number.is_finite() && number != 0.0).then_some(f64::from(number))
}

/// Every spelling that the server takes: beginnings of words count as long as they are unique (manual, 8.6).
pub(super) fn truth(text: &str) -> Option<bool> {
    let text = text.trim_matches([' ', '\t', '\n', '\r', '\x0b', '\x0c']).to_ascii_lowercase();
    let begins = |word: &str, least: usize| text.len() >= least && word.starts_with(&text);
    if text == "1" || text == "on" || begins("true", 1) || begins("yes", 1) {
        return Some(true);
    }
    (text == "0" || begins("off", 2) || begins("false", 1) || begins("no", 1)).then_some(false)
}

/// The bytes of a `bytea` in either format (manual, 8.4): text in the escape format never begins with `\x`, because it
/// doubles a backslash.
pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    match text.strip_prefix("\\x") {
        Some(digits) => unhex(digits),
        None => unescape(text),
    }
}

/// Blanks may part pairs of digits.
fn unhex(text: &str) -> Option<Vec<u8>> {
    let pair = |text: &str| text.is_ascii() && text.len().is_multiple_of(2);
    let words: Vec<&str> = text.split([' ', '\n', '\t', '\r']).collect();
    if !words.iter().all(|word| pair(word)) {
        return None;
    }
    let digits = words.concat();
    let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2).filter(|pair| !pair.starts_with('+'))?, 16).ok();
    (0..digits.len()).step_by(2).map(byte).collect()
}

fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut found = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = match (first, after) {
            (b'\\', [b'\\', after @ ..]) => {
                found.push(b'\\');
                after
            }
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                found.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                after
            }
            (b'\\', _) => return None,
            (byte, after) => {
                found.push(*byte);
                after
            }
        };
    }
    Some(found)
}

/// Braces around it are allowed, and a hyphen after any group of four digits (manual, 8.12).
pub(super) fn uuid(text: &str) -> Option<[u8; 16]> {
    let inside = match text.strip_prefix('{') {
        Some(rest) => rest.strip_suffix('}')?,
        None => text,
    };
    let (mut digits, mut after_group) = (String::with_capacity(32), false);
    for c in inside.chars() {
        match c {
            '-' if after_group && digits.len() < 32 => after_group = false,
            c if c.is_ascii_hexdigit() && digits.len() < 32 => {
                digits.push(c);
                after_group = digits.len().is_multiple_of(4);
            }
            _ => return None,
        }
    }
    u128::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 32).map(u128::to_be_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(kind: Kind, one: &str, other: &str) -> bool {
        compare(kind, one, other) == Some(Ordering::Equal)
    }

    #[test]
    fn a_float_is_the_nearest_number_of_its_own_precision() {
        assert!(equal(Kind::Float8, "0.1", "0.1000000000000000055"));
        assert!(!equal(Kind::Float8, "0.1", "0.10000000000000002"));
        // The double nearest to this lies exactly between two singles, so that rounding twice goes down instead of up.
        assert!(equal(Kind::Float4, "1.00000005960464477540", "1.0000001"));
        assert_eq!(compare(Kind::Float8, "1e400", "Infinity"), None);
        assert_eq!(compare(Kind::Float8, "1e-400", "0"), None);
        assert_eq!(compare(Kind::Float4, "1e39", "Infinity"), None);
        assert_eq!(compare(Kind::Float8, "NaN", "Infinity"), Some(Ordering::Greater));
    }

    #[test]
    fn truth_values_have_the_spellings_of_the_server() {
        for text in ["t", "TRUE", "tr", "yes", "y", "on", "1", " true "] {
            assert_eq!(truth(text), Some(true), "{text}");
        }
        for text in ["f", "False", "no", "n", "off", "of", "0"] {
            assert_eq!(truth(text), Some(false), "{text}");
        }
        for text in ["", "o", "2", "truex", "ja"] {
            assert_eq!(truth(text), None, "{text}");
        }
    }

    #[test]
    fn both_formats_of_bytes_are_read() {
        assert!(equal(Kind::Bytes, "\\x6162", "ab"));
        assert!(equal(Kind::Bytes, "\\xDE ad", "\\336\\255"));
        assert!(equal(Kind::Bytes, "\\\\x", "\\x5c78"));
        assert_eq!(compare(Kind::Bytes, "\\x61", "\\x6161"), Some(Ordering::Less));
        for text in ["\\x6", "\\xgg", "\\x6 1", "\\400", "\\a", "\\x+1"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }

    #[test]
    fn a_uuid_has_several_notations() {
        let plain = "a0eebc999c0b4ef8bb6d6bb9bd380a11";
        for text in ["{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}", "a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11"] {
            assert!(equal(Kind::Uuid, text, plain), "{text}");
        }
        for text in [
            "",
            "a0e-ebc999c0b4ef8bb6d6bb9bd380a11",
            "{a0eebc999c0b4ef8bb6d6bb9bd380a11",
            "a0eebc999c0b4ef8bb6d6bb9bd380a11-",
        ] {
            assert_eq!(uuid(text), None, "{text}");
        }
    }
}
