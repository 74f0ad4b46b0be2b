//! Days and moments as text. (The calendar by Howard Hinnant's `civil_from_days`, "chrono-Compatible Low-Level Date
//! Algorithms": exact for every day and a few instructions, where a general library takes longer than the whole row.)

use std::fmt;

/// Microseconds of a day.
pub(super) const DAY: i64 = 86_400_000_000;

/// Writes a day, counted from 1970-01-01, as `2024-02-29`.
pub(super) fn write_day(out: &mut impl fmt::Write, day: i64) -> fmt::Result {
    let (year, month, day) = civil(day);
    write!(out, "{year:04}-{month:02}-{day:02}")
}

/// Writes a moment, in microseconds since 1970-01-01 UTC, as `2024-02-29T12:30:00.000001`, without a zone.
pub(super) fn write_moment(out: &mut impl fmt::Write, micros: i64) -> fmt::Result {
    write_day(out, micros.div_euclid(DAY))?;
    let rest = micros.rem_euclid(DAY);
    let (seconds, micros) = (rest / 1_000_000, rest % 1_000_000);
    write!(out, "T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    if micros == 0 { Ok(()) } else { write!(out, ".{micros:06}") }
}

fn civil(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let era = shifted.div_euclid(146_097);
    let of_era = shifted.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> String {
        let mut text = String::new();
        write_day(&mut text, number).unwrap();
        text
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        assert_eq!([day(0), day(-1), day(19_782)], ["1970-01-01", "1969-12-31", "2024-02-29"]);
        let epoch = jiff::civil::date(1970, 1, 1);
        for number in (-200_000..400_000).step_by(97) {
            assert_eq!(day(number), (epoch + jiff::Span::new().days(number)).to_string());
        }
    }

    #[test]
    fn a_moment_before_1970_counts_forward_within_its_day() {
        let mut text = String::new();
        write_moment(&mut text, -1).unwrap();
        assert_eq!(text, "1969-12-31T23:59:59.999999");
    }
}
