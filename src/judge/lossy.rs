//! Text that a type of PostgreSQL takes and does not keep: the server passes over a zone that is written beside a time
//! without one, and rounds digits that are too many (manual, 8.5.1.3 and 8.5.4, 8.2). What a column cannot hold equals
//! nothing that it holds.

use crate::observation::SqlType;
use crate::observation::parts::rewritten;

/// Words that a date or a time without a zone may have (manual, 8.5.1.4 and B.2); names of months and days are told by their
/// first three letters.
const WORDS: [&str; 17] = [
    "t",
    "j",
    "julian",
    "jd",
    "bc",
    "ad",
    "am",
    "pm",
    "infinity",
    "epoch",
    "now",
    "today",
    "tomorrow",
    "yesterday",
    "allballs",
    "on",
    "at",
];
const NAMES: [&str; 19] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "mon", "tue", "wed", "thu",
    "fri", "sat", "sun",
];

/// Whether the server would take `text` for a value of the type and lose a part of it, or of a part of it.
pub(super) fn is_lossy(text: &str, sql_type: &SqlType) -> bool {
    let mut lossy = false;
    let _ = rewritten(sql_type, text, &mut |leaf, text| {
        lossy |= is_lossy_part(text, leaf);
        Some(String::new())
    });
    lossy
}

fn is_lossy_part(text: &str, sql_type: &SqlType) -> bool {
    match sql_type.builtin_name() {
        "date" => names_a_zone(text),
        "timestamp" => names_a_zone(text) || has_finer_digits(text, 6),
        "time" => names_a_zone(text) || has_a_date(text) || has_finer_digits(text, 6),
        "timestamptz" | "timetz" | "interval" => has_finer_digits(text, 6),
        "money" => has_finer_digits(text, 2),
        _ => false,
    }
}

/// An offset behind a time, or a word that is none of a date's.
fn names_a_zone(text: &str) -> bool {
    let behind_time = text.find(':').map_or("", |colon| &text[colon..]);
    let is_plain = |word: &str| {
        let word = word.to_ascii_lowercase();
        WORDS.contains(&word.as_str()) || NAMES.iter().any(|name| word.starts_with(name))
    };
    behind_time.contains(['+', '-'])
        || text.split(|c: char| !c.is_ascii_alphabetic()).filter(|word| !word.is_empty()).any(|word| !is_plain(word))
}

fn has_a_date(text: &str) -> bool {
    text.trim_start_matches('-').contains(['-', '/'])
}

/// A digit other than 0 beyond so many places behind a point.
fn has_finer_digits(text: &str, places: usize) -> bool {
    text.split('.').skip(1).any(|fraction| {
        let digits = fraction.bytes().take_while(u8::is_ascii_digit);
        digits.skip(places).any(|digit| digit != b'0')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lossy(name: &str, text: &str) -> bool {
        is_lossy(text, &SqlType::named(name))
    }

    #[test]
    fn a_zone_beside_a_local_time_is_lost() {
        for text in [
            "2024-01-31 10:00 Europe/Berlin",
            "2024-01-31 10:00 EST",
            "2024-01-31 10:00:00 +02",
            "2024-01-31Z",
            "2024-01-31 10:00:00-05:30",
        ] {
            assert!(lossy("timestamp", text) && lossy("date", text), "{text}");
        }
        for text in ["10:00+02", "10:00+00", "2024-01-31 10:00", "10:00 PST"] {
            assert!(lossy("time", text), "{text}");
        }
    }

    #[test]
    fn what_a_local_time_holds_is_not_lost() {
        for text in [
            "2024-01-31",
            "2024-01-31T10:00:00",
            "January 31, 2024",
            "Wed Jan 31 10:00:00 2024",
            "31-Jan-2024",
            "infinity",
            "-infinity",
            "0044-03-15 BC",
            "J2451187",
            "2024-01-31 10:00 PM",
        ] {
            assert!(!lossy("timestamp", text), "{text}");
        }
        for text in ["10:00", "10:00:00.123456", "10:00 PM", "allballs"] {
            assert!(!lossy("time", text), "{text}");
        }
        assert!(!lossy("timestamptz", "2024-01-31 10:00 Europe/Berlin"));
    }

    #[test]
    fn digits_that_would_be_rounded_are_lost() {
        assert!(
            lossy("interval", "0.0000014 s") && !lossy("interval", "0.000001 s") && !lossy("interval", "1.500000000 s")
        );
        assert!(lossy("money", "1.2345") && !lossy("money", "$1.230") && !lossy("money", "1"));
        assert!(lossy("timetz", "10:00:00.1234567+02") && !lossy("timetz", "10:00:00.123456+02"));
    }
}
