//! Dates and times of PostgreSQL in the ISO style, read as numbers that have the server's order (manual, 8.5).

use std::cmp::Ordering;

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

/// Digits of a fraction of a second that are read: more than the six that the server keeps, so that a digit which it would
/// round away still makes a difference.
const DIGITS: usize = 18;
const SECOND: i128 = 10i128.pow(DIGITS as u32);
const DAY: i128 = 86_400 * SECOND;

/// The first and the last year that any of the types can hold (manual, table 8.9); what is beyond is for the server to
/// refuse.
const YEARS: std::ops::RangeInclusive<i64> = -4713..=294_276;

/// A point in time as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// `-infinity`.
    Before,
    /// Fractions of local time since the year 1970, and the offset in seconds if one was written.
    At(i128, Option<i64>),
    /// `infinity`.
    After,
}

/// Compares what an author wrote with what PostgreSQL printed; `None` when either cannot be read with certainty.
pub(super) fn compare(clock: Clock, expected: &str, actual: &str) -> Option<Ordering> {
    if clock == Clock::OfDay {
        return Some(of_day(expected)?.cmp(&of_day(actual)?));
    }
    let (expected, actual) = (moment(expected)?, moment(actual)?);
    let number = |moment: Moment, absolute: bool| match moment {
        Moment::Before => i128::MIN,
        Moment::After => i128::MAX,
        Moment::At(local, offset) => local - i128::from(offset.filter(|_| absolute).unwrap_or(0)) * SECOND,
    };
    match (clock, expected) {
        (Clock::Local, Moment::At(_, Some(_))) => None,
        (_, Moment::At(_, None)) => Some(number(expected, false).cmp(&number(actual, false))),
        _ => Some(number(expected, true).cmp(&number(actual, true))),
    }
}

/// The zone that a `timestamptz` shows, as a setting of `TimeZone` (manual, B.5: in a POSIX zone west is positive).
pub(super) fn zone_of(text: &str) -> Option<String> {
    let text = text.strip_suffix(" BC").unwrap_or(text);
    let start = offset_start(text)?;
    offset(&text[start..])?;
    let (sign, digits) = text[start..].split_at(1);
    match sign {
        "+" => Some(format!("<+{digits}>-{digits}")),
        "-" => Some(format!("<-{digits}>+{digits}")),
        _ => Some("UTC".into()),
    }
}

fn moment(text: &str) -> Option<Moment> {
    match text {
        "infinity" => return Some(Moment::After),
        "-infinity" => return Some(Moment::Before),
        _ => {}
    }
    let (text, christian) = match text.strip_suffix(" BC") {
        Some(before) => (before, false),
        None => (text, true),
    };
    let (date, rest) = match text.find([' ', 'T']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let midnight = i128::from(days(date, christian)?) * DAY;
    let Some(rest) = rest else { return Some(Moment::At(midnight, None)) };
    let (time, zone) = match offset_start(rest) {
        Some(at) => (&rest[..at], Some(offset(&rest[at..])?)),
        None => (rest, None),
    };
    Some(Moment::At(midnight + of_day(time)?, zone))
}

/// Where `Z`, `+02`, `-05:30` begins; the hyphens of a date are not it, because an offset follows a time.
fn offset_start(text: &str) -> Option<usize> {
    let colon = text.find(':')?;
    text[colon..].find(['Z', '+', '-']).map(|at| colon + at)
}

/// Seconds east of UTC.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let (sign, digits) = text.split_at_checked(1)?;
    let parts: Vec<&str> = digits.split(':').collect();
    let units = [3600, 60, 1];
    if parts.len() > 3 || parts.iter().any(|part| part.len() != 2) {
        return None;
    }
    let mut seconds = 0;
    for (at, (part, unit)) in parts.iter().zip(units).enumerate() {
        seconds += bounded(part, if at == 0 { 15 } else { 59 })? * unit;
    }
    match sign {
        "+" => Some(seconds),
        "-" => Some(-seconds),
        _ => None,
    }
}

/// Days since 1970-01-01 of `YYYY-MM-DD`, in the Gregorian calendar at all times, as the server has it (manual, B.6).
fn days(date: &str, christian: bool) -> Option<i64> {
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return None };
    if year.len() < 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let (written, month, day) = (bounded(year, 999_999)?, bounded(month, 12)?, bounded(day, 31)?);
    let year = if christian { written } else { 1 - written };
    let is_leap = year.rem_euclid(4) == 0 && (year.rem_euclid(100) != 0 || year.rem_euclid(400) == 0);
    let length = match month {
        2 => 28 + i64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let is_possible = written > 0 && month > 0 && (1..=length).contains(&day) && YEARS.contains(&year);
    is_possible.then(|| days_of(year, month, day))
}

/// The usual count with years that begin in March, so that the leap day is the last one.
fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The time since midnight of `HH:MM[:SS[.ffffff]]`. 24:00 is the end of the day, and a second 60 is the first of the next
/// minute.
fn of_day(text: &str) -> Option<i128> {
    let (clock, fraction) = match text.split_once('.') {
        Some((clock, fraction)) => (clock, Some(fraction)),
        None => (text, None),
    };
    let parts: Vec<&str> = clock.split(':').collect();
    if !(2..=3).contains(&parts.len()) || parts.iter().any(|part| part.len() != 2) {
        return None;
    }
    let second = parts.get(2).map_or(Some(0), |second| bounded(second, 60))?;
    let seconds = bounded(parts[0], 24)? * 3600 + bounded(parts[1], 59)? * 60 + second;
    let part = match fraction {
        Some(_) if parts.len() != 3 => return None,
        Some(digits) if digits.is_empty() || digits.len() > DIGITS => return None,
        Some(digits) => bounded(&format!("{digits:0<DIGITS$}"), i64::MAX)?,
        None => 0,
    };
    let whole = i128::from(seconds) * SECOND + i128::from(part);
    (whole <= DAY).then_some(whole)
}

fn bounded(digits: &str, most: i64) -> Option<i64> {
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|number| all_digits && *number <= most)
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
        assert!(equal(Clock::Zoned, "1890-01-01T00:00:00Z", "1890-01-01 00:53:28+00:53:28"));
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
    }

    #[test]
    fn years_before_christ_and_beyond_four_digits_have_their_order() {
        let ordered =
            ["-infinity", "4713-01-01 BC", "0044-03-15 BC", "0001-01-01", "2024-01-01", "12024-01-31", "infinity"];
        for pair in ordered.windows(2) {
            assert_eq!(compare(Clock::Local, pair[0], pair[1]), Some(Ordering::Less), "{pair:?}");
        }
        assert!(equal(Clock::Local, "0044-03-15 12:00 BC", "0044-03-15 12:00:00 BC"));
        assert!(equal(Clock::Local, "0001-12-31 24:00 BC", "0001-01-01"));
    }

    #[test]
    fn the_end_of_a_day_and_a_leap_second_are_what_follows_them() {
        assert!(equal(Clock::OfDay, "24:00", "24:00:00") && !equal(Clock::OfDay, "24:00", "00:00:00"));
        assert!(equal(Clock::Local, "2024-01-31 23:59:60", "2024-02-01 00:00:00"));
        assert!(!equal(Clock::Local, "2024-01-31 23:59:60", "2024-01-31 23:59:59"));
        assert!(equal(Clock::Local, "2024-12-31 24:00", "2025-01-01 00:00:00"));
        assert_eq!(compare(Clock::OfDay, "24:00:01", "00:00:00"), None);
    }

    #[test]
    fn a_digit_that_the_server_would_round_away_makes_a_difference() {
        assert!(equal(Clock::OfDay, "10:00", "10:00:00"));
        assert!(equal(Clock::OfDay, "10:00:00.5", "10:00:00.500000"));
        assert!(!equal(Clock::OfDay, "10:00", "10:00:01"));
        assert!(equal(Clock::OfDay, "10:00:00.1234560", "10:00:00.123456"));
        assert_eq!(compare(Clock::OfDay, "10:00:00.1234565", "10:00:00.123456"), Some(Ordering::Greater));
    }

    #[test]
    fn what_is_not_read_with_certainty_is_not_compared() {
        for text in
            ["yesterday", "", "31.01.2024", "2024-02-30", "2024-1-1", "2024-01-31 10:00 Europe/Berlin", "294277-01-01"]
        {
            assert_eq!(compare(Clock::Local, text, text), None, "{text}");
            assert_eq!(compare(Clock::Zoned, text, text), None, "{text}");
            assert_eq!(compare(Clock::OfDay, text, text), None, "{text}");
        }
    }

    #[test]
    fn the_zone_that_is_shown_is_a_setting() {
        assert_eq!(zone_of("2024-01-31 10:00:00+05:30").as_deref(), Some("<+05:30>-05:30"));
        assert_eq!(zone_of("0044-01-31 10:00:00-08 BC").as_deref(), Some("<-08>+08"));
        assert_eq!(zone_of("infinity"), None);
    }

    proptest! {
        #[test]
        fn days_are_counted_as_the_calendar_has_them(day in -700_000i32..700_000) {
            let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            prop_assert_eq!(days_of(date.year().into(), date.month().into(), date.day().into()), i64::from(day));
        }

        #[test]
        fn no_text_makes_it_panic(a in "\\PC{0,30}", b in "[0-9:TZ +.-]{0,30}") {
            for clock in [Clock::Local, Clock::Zoned, Clock::OfDay] {
                let _ = (compare(clock, &a, &b), compare(clock, &b, &a), zone_of(&b));
            }
        }
    }
}
