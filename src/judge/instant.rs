//! Dates and times of PostgreSQL, in the ISO style that every session of polyspec uses, compared as points in time.

use std::cmp::Ordering;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};

/// The types that are compared as points in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Clock {
    /// `date` and `timestamp`: no offset may be written.
    Local,
    /// `timestamptz`: an instant; text without an offset is in the session's zone, which PostgreSQL's own text shows.
    Zoned,
    /// `time`.
    OfDay,
}

/// Compares what an author wrote with what PostgreSQL printed; `None` when either cannot be read as a point in time
/// (`infinity`, years before Christ, free text).
pub(super) fn compare(clock: Clock, expected: &str, actual: &str) -> Option<Ordering> {
    match clock {
        Clock::Local => Some(local(expected)?.cmp(&local(actual)?)),
        Clock::OfDay => Some(of_day(expected)?.cmp(&of_day(actual)?)),
        Clock::Zoned => match has_offset(expected) {
            true => Some(instant(expected)?.cmp(&instant(actual)?)),
            false => Some(local(expected)?.cmp(&local(without_offset(actual)?)?)),
        },
    }
}

fn local(text: &str) -> Option<DateTime> {
    if has_offset(text) { None } else { text.parse().ok() }
}

fn of_day(text: &str) -> Option<Time> {
    if text.len() < 5 || has_offset(text) || text.as_bytes().get(2) != Some(&b':') {
        return None;
    }
    text.parse().ok()
}

fn instant(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

fn has_offset(text: &str) -> bool {
    offset_start(text).is_some()
}

fn without_offset(text: &str) -> Option<&str> {
    offset_start(text).map(|start| &text[..start])
}

/// Where `Z`, `+02`, `-05:30` begins; the hyphens of a date are not it, because an offset follows a time.
fn offset_start(text: &str) -> Option<usize> {
    let colon = text.find(':')?;
    text[colon..].find(['Z', 'z', '+', '-']).map(|at| colon + at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn equal(clock: Clock, expected: &str, actual: &str) -> bool {
        compare(clock, expected, actual) == Some(Ordering::Equal)
    }

    #[test]
    fn the_same_instant_in_another_zone_is_equal() {
        for expected in ["2024-01-31T10:00:00Z", "2024-01-31 12:00:00+02", "2024-01-31 04:30:00.000-05:30"] {
            assert!(equal(Clock::Zoned, expected, "2024-01-31 10:00:00+00"), "{expected}");
        }
        assert!(!equal(Clock::Zoned, "2024-01-31T10:00:01Z", "2024-01-31 10:00:00+00"));
    }

    #[test]
    fn text_without_an_offset_is_in_the_zone_that_the_session_shows() {
        assert!(equal(Clock::Zoned, "2024-01-31 10:00", "2024-01-31 10:00:00+05:30"));
        assert!(!equal(Clock::Zoned, "2024-01-31 04:30", "2024-01-31 10:00:00+05:30"));
    }

    #[test]
    fn a_date_is_its_midnight_and_nothing_later() {
        assert!(equal(Clock::Local, "2024-01-31 00:00:00", "2024-01-31"));
        assert!(!equal(Clock::Local, "2024-01-31 10:00:00", "2024-01-31"));
        assert_eq!(compare(Clock::Local, "2024-01-30", "2024-01-31"), Some(Ordering::Less));
    }

    #[test]
    fn an_offset_has_no_meaning_for_a_local_time() {
        assert_eq!(compare(Clock::Local, "2024-01-31 10:00:00+02", "2024-01-31 10:00:00"), None);
        assert_eq!(compare(Clock::Local, "2024-01-31 10:00:00Z", "2024-01-31 10:00:00"), None);
    }

    #[test]
    fn times_of_day_have_any_precision() {
        assert!(equal(Clock::OfDay, "10:00", "10:00:00"));
        assert!(equal(Clock::OfDay, "10:00:00.5", "10:00:00.500000"));
        assert!(!equal(Clock::OfDay, "10:00", "10:00:01"));
    }

    #[test]
    fn what_is_no_time_is_not_compared() {
        for text in ["infinity", "0044-03-15 BC", "yesterday", ""] {
            assert_eq!(compare(Clock::Local, text, text), None, "{text}");
            assert_eq!(compare(Clock::Zoned, text, text), None, "{text}");
            assert_eq!(compare(Clock::OfDay, text, text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(a in "\\PC{0,30}", b in "[0-9:TZ +.-]{0,30}") {
            for clock in [Clock::Local, Clock::Zoned, Clock::OfDay] {
                let _ = compare(clock, &a, &b);
                let _ = compare(clock, &b, &a);
            }
        }
    }
}
