//! Floating point in binary form, as the text that the server prints when it does not round (manual, 8.1.3: the shortest
//! that reads back the same).

use bytes::Buf;

/// The header of an array without dimensions: their number, a flag, the type of the elements.
const HEADER: usize = 12;

/// The text of a `real` or `double precision` in binary form, or of an array of either; `None` when it is none.
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
        _ => array(bytes),
    }
}

/// A dimension of an array.
struct Dimension {
    length: usize,
    lower: i32,
}

/// As `array_send` writes it: the number of dimensions, whether there is a NULL, the type of the elements, of each dimension
/// its length and its lower bound, and the elements with their lengths, -1 for NULL.
fn array(mut bytes: &[u8]) -> Option<String> {
    if bytes.len() < HEADER {
        return None;
    }
    let count = usize::try_from(bytes.get_i32()).ok()?;
    bytes.advance(HEADER - 4);
    let mut dimensions = vec![];
    for _ in 0..count {
        let length = usize::try_from(bytes.try_get_i32().ok()?).ok()?;
        dimensions.push(Dimension { length, lower: bytes.try_get_i32().ok()? });
    }
    let elements = elements(&mut bytes, &dimensions)?;
    bytes.is_empty().then(|| format!("{}{elements}", bounds(&dimensions)))
}

/// What stands before the elements when not every lower bound is 1 (manual, 8.15.6).
fn bounds(dimensions: &[Dimension]) -> String {
    if dimensions.iter().all(|dimension| dimension.lower == 1) {
        return String::new();
    }
    let bound = |dimension: &Dimension| {
        let upper = i64::from(dimension.lower) + i64::try_from(dimension.length).unwrap_or(i64::MAX) - 1;
        format!("[{}:{upper}]", dimension.lower)
    };
    dimensions.iter().map(bound).collect::<String>() + "="
}

fn elements(bytes: &mut &[u8], dimensions: &[Dimension]) -> Option<String> {
    let Some((first, inner)) = dimensions.split_first() else { return Some("{}".into()) };
    let mut texts = vec![];
    for _ in 0..first.length {
        texts.push(if inner.is_empty() { element(bytes)? } else { elements(bytes, inner)? });
    }
    Some(format!("{{{}}}", texts.join(",")))
}

fn element(bytes: &mut &[u8]) -> Option<String> {
    let Ok(length) = usize::try_from(bytes.try_get_i32().ok()?) else { return Some("NULL".into()) };
    let (element, rest) = bytes.split_at_checked(length).filter(|_| matches!(length, 4 | 8))?;
    *bytes = rest;
    text(element)
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

    /// An array of `double precision`: of each dimension its length and its lower bound, then its elements.
    fn array_of(dimensions: &[(i32, i32)], elements: &[Option<f64>]) -> Vec<u8> {
        let mut bytes = vec![];
        for number in [i32::try_from(dimensions.len()).unwrap(), 0, 701] {
            bytes.extend(number.to_be_bytes());
        }
        dimensions
            .iter()
            .for_each(|(length, lower)| bytes.extend([length.to_be_bytes(), lower.to_be_bytes()].concat()));
        for element in elements {
            match element {
                Some(value) => bytes.extend([&8_i32.to_be_bytes()[..], &value.to_be_bytes()].concat()),
                None => bytes.extend((-1_i32).to_be_bytes()),
            }
        }
        bytes
    }

    #[test]
    fn arrays_of_floats_have_null_dimensions_and_bounds() {
        let shown = |dimensions: &[(i32, i32)], elements: &[Option<f64>]| text(&array_of(dimensions, elements));
        assert_eq!(shown(&[], &[]).as_deref(), Some("{}"));
        assert_eq!(shown(&[(2, 1)], &[None, Some(0.1 + 0.2)]).as_deref(), Some("{NULL,0.30000000000000004}"));
        assert_eq!(shown(&[(1, 1), (2, 1)], &[Some(1.5), Some(f64::NAN)]).as_deref(), Some("{{1.5,NaN}}"));
        assert_eq!(shown(&[(2, 2)], &[Some(0.1), Some(0.2)]).as_deref(), Some("[2:3]={0.1,0.2}"));
    }

    #[test]
    fn bytes_that_are_no_array_are_no_text() {
        let mut whole = array_of(&[(2, 1)], &[Some(1.0), None]);
        assert!((0..whole.len()).all(|length| length == 8 || length == 4 || text(&whole[..length]).is_none()));
        whole.push(0);
        assert_eq!(text(&whole), None);
    }
}
