//! Spans of time as people write them: `250ms`, `5s`, `1min`.

use std::time::Duration;

/// The units, each with its length in milliseconds.
const UNITS: [(&str, f64); 4] = [("ms", 1.0), ("s", 1_000.0), ("min", 60_000.0), ("h", 3_600_000.0)];

/// A year: longer than any scenario, short enough for every clock to add it to now.
const LONGEST: f64 = 366.0 * 24.0 * 3_600_000.0;

/// Reads a number with its unit (`ms`, `s`, `min`, `h`). The error says what is missing and how to write it.
pub fn duration(text: &str) -> Result<Duration, String> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = (&text[..split], text[split..].trim_start());
    let number: f64 = number.parse().map_err(|_| format!("`{text}` is not a time: write `250ms`, `5s` or `1min`"))?;
    if unit.is_empty() {
        return Err(format!("`{text}` has no unit: write `{text}s` or `{text}ms`"));
    }
    let Some((_, length)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(format!("`{unit}` is not a unit of time: use `ms`, `s`, `min` or `h`"));
    };
    match number * length {
        longest if longest > LONGEST => Err(format!("`{text}` is more than a year")),
        milliseconds => Ok(Duration::from_secs_f64(milliseconds / 1_000.0)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unit_is_read() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("1min"), Ok(Duration::from_secs(60)));
        assert_eq!(duration("2 h"), Ok(Duration::from_secs(7200)));
    }

    #[test]
    fn a_bare_number_is_refused_with_its_mend() {
        assert_eq!(duration("5"), Err("`5` has no unit: write `5s` or `5ms`".into()));
    }

    #[test]
    fn nonsense_and_eternity_are_refused() {
        for text in ["", "s", "5 parsecs", "-1s", "1..2s", "99999999999999999999h", "é"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
