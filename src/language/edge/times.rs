//! Days and moments at the edges of calendars, of counters and of daylight saving time.

use std::collections::BTreeSet;

use bson::{Bson, DateTime};
use jiff::civil::Date;
use jiff::{Span, Timestamp};

/// Microseconds of a day.
const DAY: i128 = 86_400_000_000;

/// From 1900-01-01 to 2200-12-31, counted from 1970-01-01.
pub(super) const DAYS: (i128, i128) = (-25_567, 84_370);

/// The same in microseconds.
pub(super) const MOMENTS: (i128, i128) = (-25_567 * DAY, 84_371 * DAY - 1);

/// The first days of years around which something ends: two digits, a counter, a century without a leap day.
const YEARS: [i16; 12] = [1582, 1753, 1900, 1901, 1970, 1972, 2000, 2001, 2038, 2050, 2100, 2107];

/// Days on which clocks are set forward or back, counters end, or calendars change.
const TURNS: [(i16, i8, i8); 12] = [
    (1582, 10, 4),
    (1582, 10, 15),
    (1901, 12, 13),
    (2024, 3, 10),
    (2024, 3, 31),
    (2024, 4, 7),
    (2024, 10, 6),
    (2024, 10, 27),
    (2024, 11, 3),
    (2038, 1, 19),
    (2106, 2, 7),
    (2011, 12, 30),
];

/// Moments of a day, in microseconds.
const OF_DAY: [i128; 8] =
    [0, 1, 1_000, 2 * 3_600_000_000 + 30 * 60_000_000, 12 * 3_600_000_000, 45_296_123_456, 45_296_500_000, DAY - 1];

/// Days as text, each once.
pub(super) fn days((least, greatest): (i128, i128)) -> Vec<String> {
    in_range(least, greatest).into_iter().filter_map(day_text).collect()
}

/// Moments without a zone as text: each day with a moment of it, in turn.
pub(super) fn timestamps(range: (i128, i128)) -> Vec<String> {
    let text = |micros: i128| {
        let of_day = micros.rem_euclid(DAY);
        let (seconds, micro) = (of_day / 1_000_000, of_day % 1_000_000);
        let time = format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
        let fraction = if micro == 0 { String::new() } else { format!(".{micro:06}") };
        Some(format!("{} {time}{fraction}", day_text(micros.div_euclid(DAY))?))
    };
    moments(range).into_iter().filter_map(text).collect()
}

/// The same as dates of BSON, which have milliseconds.
pub(super) fn datetimes(range: (i128, i128)) -> Vec<Bson> {
    let millis: BTreeSet<i64> =
        moments(range).into_iter().filter_map(|micros| i64::try_from(micros.div_euclid(1_000)).ok()).collect();
    let least = range.0.div_euclid(1_000);
    millis
        .into_iter()
        .filter(|milli| i128::from(*milli) >= least)
        .map(|milli| Bson::DateTime(DateTime::from_millis(milli)))
        .collect()
}

/// Days as dates of BSON, at midnight UTC.
pub(super) fn midnights((least, greatest): (i128, i128)) -> Vec<Bson> {
    let millis = in_range(least, greatest).into_iter().filter_map(|day| i64::try_from(day * DAY / 1_000).ok());
    millis.map(|milli| Bson::DateTime(DateTime::from_millis(milli))).collect()
}

/// Days since 1970-01-01 of a text such as `2024-02-29`.
pub(crate) fn day(text: &str) -> Option<i128> {
    let date: Date = text.parse().ok().filter(|_| text.len() == 10)?;
    since_1970(date)
}

/// Microseconds since 1970-01-01 of a day, or of a moment in UTC.
pub(crate) fn moment(text: &str) -> Option<i128> {
    match day(text) {
        Some(day) => Some(day * DAY),
        None => text.parse::<Timestamp>().ok().map(|moment| moment.as_microsecond().into()),
    }
}

fn moments((least, greatest): (i128, i128)) -> Vec<i128> {
    let mut found = vec![least, greatest, least.saturating_add(1), greatest.saturating_sub(1)];
    let days = in_range(least.div_euclid(DAY), greatest.div_euclid(DAY));
    found.extend(days.into_iter().zip(OF_DAY.into_iter().cycle()).map(|(day, of_day)| day * DAY + of_day));
    let mut seen = BTreeSet::new();
    found.retain(|moment| (least..=greatest).contains(moment) && seen.insert(*moment));
    found
}

/// Ends first, then what lies between, each once.
fn in_range(least: i128, greatest: i128) -> Vec<i128> {
    let mut found = vec![least, greatest, least.saturating_add(1), greatest.saturating_sub(1), -1, 0, 1];
    let civil = |year, month, day| Date::new(year, month, day).ok().and_then(since_1970);
    found.extend(TURNS.iter().filter_map(|(year, month, day)| civil(*year, *month, *day)));
    for year in YEARS {
        found.extend(
            [civil(year, 1, 1), civil(year, 12, 31), civil(year, 2, 28), civil(year, 3, 1)].into_iter().flatten(),
        );
    }
    for month in 1..=12 {
        let first = civil(2023, month, 1);
        found.extend(first.into_iter().flat_map(|first| [first, first - 1]));
    }
    let leaps = (8..=9992).step_by(12).chain([2020, 2096, 2104, 2400]);
    found.extend(leaps.filter_map(|year| civil(year, 2, 29)));
    let mut seen = BTreeSet::new();
    found.retain(|day| (least..=greatest).contains(day) && seen.insert(*day));
    found
}

fn since_1970(date: Date) -> Option<i128> {
    let days = date.since(Date::constant(1970, 1, 1)).ok()?.get_days();
    Some(days.into())
}

fn day_text(day: i128) -> Option<String> {
    let date = Date::constant(1970, 1, 1).checked_add(Span::new().try_days(i64::try_from(day).ok()?).ok()?).ok()?;
    Some(date.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_days_begin_and_end_where_they_say() {
        assert_eq!((day("1900-01-01"), day("2200-12-31")), (Some(DAYS.0), Some(DAYS.1)));
        let days = days(DAYS);
        for wanted in ["1900-01-01", "2200-12-31", "2000-02-29", "1900-02-28", "1969-12-31", "2038-01-19", "2023-04-30"]
        {
            assert!(days.contains(&wanted.to_string()), "{wanted}");
        }
        assert!(!days.contains(&"2100-02-29".to_string()));
    }

    #[test]
    fn moments_have_microseconds_and_dates_of_bson_milliseconds() {
        let moments = timestamps(MOMENTS);
        assert!(moments.iter().any(|moment| moment.ends_with("23:59:59.999999")));
        assert!(moments.contains(&"2200-12-31 23:59:59.999999".to_string()));
        let range = (moment("2024-01-01").unwrap(), moment("2024-01-02T00:00:00Z").unwrap());
        assert!(datetimes(range).contains(&Bson::DateTime(DateTime::from_millis(1_704_067_200_000))));
    }
}
