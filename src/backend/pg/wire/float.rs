//! Floating point in binary form, as the text that the server prints when it does not round (manual, 8.1.3: the shortest
//! that reads back the same).

/// The text of a `real` or `double precision` in binary form; `None` when it is neither.
pub(super) fn text(bytes: &[u8]) -> Option<String> {
    match bytes.len() {
        4 => {
            let value = f32::from_be_bytes(bytes.try_into().ok()?);
            Some(shown(value.is_nan(), value.is_infinite(), value < 0.0, &format!("{value:e}"), 6))
        }
        8 => {
            let value = f64::from_be_bytes(bytes.try_into().ok()?);
            Some(shown(value.is_nan(), value.is_infinite(), value < 0.0, &format!("{value:e}"), 15))
        }
        _ => None,
    }
}

/// `scientific` is `-1.25e3`; from `fixed` digits before the point on, and below 0.0001, it stays so.
fn shown(nan: bool, infinite: bool, negative: bool, scientific: &str, fixed: i32) -> String {
    if nan {
        return "NaN".into();
    }
    if infinite {
        return if negative { "-Infinity".into() } else { "Infinity".into() };
    }
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..fixed).contains(&exponent) {
        return plain(mantissa, exponent);
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

fn plain(mantissa: &str, exponent: i32) -> String {
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |digits| ("-", digits));
    let digits: String = digits.chars().filter(|digit| *digit != '.').collect();
    let Ok(before) = usize::try_from(exponent + 1) else {
        return format!("{sign}0.{}{digits}", "0".repeat(usize::try_from(-exponent - 1).unwrap_or_default()));
    };
    match (before, digits.len()) {
        (0, _) => format!("{sign}0.{digits}"),
        (before, length) if before >= length => format!("{sign}{digits}{}", "0".repeat(before - length)),
        _ => format!("{sign}{}.{}", &digits[..before], &digits[before..]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_read_as_the_server_prints_them() {
        let double = |value: f64| text(&value.to_be_bytes()).unwrap_or_default();
        for (value, expected) in [
            (0.1 + 0.2, "0.30000000000000004"),
            (1.0, "1"),
            (-0.0, "-0"),
            (1234.5, "1234.5"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1e14, "100000000000000"),
            (1e15, "1e+15"),
            (-1.5e300, "-1.5e+300"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(double(value), expected);
        }
        let single = |value: f32| text(&value.to_be_bytes()).unwrap_or_default();
        assert_eq!((single(0.1), single(1e6), single(123_456.0)), ("0.1".into(), "1e+06".into(), "123456".into()));
        assert_eq!(text(&[0]), None);
    }
}
