//! Random dates and times in the notations of PostgreSQL.

use rand::Rng;
use rand::rngs::StdRng;

use super::values::pick;

/// A date; sometimes before Christ, of more than four digits, or infinite.
pub fn date(rng: &mut StdRng) -> String {
    if rng.random_ratio(1, 20) {
        return pick(rng, &["infinity", "-infinity"]).into();
    }
    let (day, era) = day(rng);
    format!("{day}{era}")
}

fn day(rng: &mut StdRng) -> (String, &'static str) {
    let (year, era) = match rng.random_range(0..10) {
        0 => (rng.random_range(1..4713), " BC"),
        1 => (rng.random_range(9_990..12_000), ""),
        2 => (rng.random_range(1..5), pick(rng, &["", " BC"])),
        _ => (rng.random_range(1999..2005), ""),
    };
    let month = rng.random_range(1..=12);
    let day = pick(rng, &[1, 2, 28, 28, 30, 31, 29]);
    (format!("{year:04}-{month:02}-{day:02}"), era)
}

/// A time of day; sometimes the end of the day, or a leap second.
pub fn time(rng: &mut StdRng) -> String {
    match rng.random_range(0..12) {
        0 => pick(rng, &["24:00", "24:00:00", "00:00:00", "23:59:60", "23:59:59.999999"]).into(),
        1 => format!("{:02}:{:02}", rng.random_range(0..24), rng.random_range(0..60)),
        2..6 => format!("10:00:0{}", pick(rng, &["0", "1", "0.0", "0.5", "0.500000", "0.000001"])),
        _ => {
            let fraction = pick(rng, &["", ".5", ".50", ".123456", ".000001", ".999999"]);
            let (hour, minute) = (rng.random_range(0..24), rng.random_range(0..60));
            format!("{hour:02}:{minute:02}:{:02}{fraction}", rng.random_range(0..60))
        }
    }
}

/// A `timestamp`.
pub fn timestamp(rng: &mut StdRng) -> String {
    with_time(rng, |_| String::new())
}

/// A `timestamptz`: without an offset it is in the session's zone.
pub fn zoned(rng: &mut StdRng) -> String {
    with_time(rng, |rng| pick(rng, &["", "Z", "+00", "+02", "-05:30", "+05:30", "+00:53:28", "-08"]).into())
}

fn with_time(rng: &mut StdRng, offset: impl Fn(&mut StdRng) -> String) -> String {
    if rng.random_ratio(1, 15) {
        return date(rng);
    }
    let ((day, era), time, offset) = (day(rng), time(rng), offset(rng));
    format!("{day}{}{time}{offset}{era}", pick(rng, &[" ", "T"]))
}

/// A `timetz`.
pub fn time_with_zone(rng: &mut StdRng) -> String {
    format!("{}{}", time(rng), pick(rng, &["+00", "+02", "-05:30"]))
}

/// An interval.
pub fn interval(rng: &mut StdRng) -> String {
    let number = rng.random_range(-3..40);
    let unit = pick(rng, &["days", "hours", "months", "minutes", "weeks", "years", "seconds"]);
    let time = pick(rng, &["", " 24:00:00", " 00:00:00.5", " -01:00"]);
    format!("{number} {unit}{time}")
}

/// One of a few instants, in several notations.
pub fn some_instant(rng: &mut StdRng) -> String {
    let notations = [
        "2024-05-01 12:00:00+02",
        "2024-05-01 10:00:00Z",
        "2024-05-01T10:00Z",
        "2024-05-01 10:00:00",
        "2024-05-01 10:00:00.5+00",
        "2024-01-15 12:00",
        "infinity",
    ];
    pick(rng, &notations).into()
}

/// One of a few local times, in several notations.
pub fn some_local(rng: &mut StdRng) -> String {
    pick(rng, &["2024-05-01 12:00:00", "2024-05-01T12:00", "2024-05-01 12:00:00.000", "2024-05-01", "-infinity"]).into()
}

/// One of a few intervals, in several notations.
pub fn some_interval(rng: &mut StdRng) -> String {
    pick(
        rng,
        &["1 day", "24:00:00", "P1D", "1 mon", "30 days", "-1 day +02:00:00", "-22:00:00", "1-2", "1 year 2 mons"],
    )
    .into()
}
