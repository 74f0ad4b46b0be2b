//! Numbers at the edges of their type or range.

use bson::Bson;

use super::spec::{Edge, EdgeType};
use crate::model::Datum;

/// Whole numbers around which a type of the common sizes ends, and those that a double or a `%d` gets wrong.
const WHOLE: &[i128] = &[
    0,
    1,
    2,
    9,
    10,
    99,
    100,
    127,
    128,
    255,
    256,
    999,
    1_000,
    1_024,
    9_999,
    10_000,
    32_767,
    32_768,
    65_535,
    65_536,
    999_999,
    1_000_000,
    16_777_216,
    16_777_217,
    1_234_567_890,
    2_147_483_646,
    2_147_483_647,
    2_147_483_648,
    4_294_967_295,
    4_294_967_296,
    9_999_999_999,
    9_007_199_254_740_991,
    9_007_199_254_740_992,
    9_007_199_254_740_993,
    999_999_999_999_999_999,
    1_234_567_890_123_456_789,
];

/// Decimal fractions that floating point rounds, or that rounding by halves takes elsewhere.
const FRACTIONS: &[&str] = &[
    "0.1", "0.2", "0.3", "0.5", "0.05", "0.01", "0.07", "0.29", "0.57", "0.58", "0.99", "1.1", "1.15", "1.005", "2.5",
    "2.675", "4.35", "8.41", "9.95", "10.05", "10.50", "16.08", "19.99", "33.33", "64.1", "66.67", "70.35", "99.99",
    "100.01", "100.10", "100.95", "128.005", "249.99", "250.01", "299.95", "333.33", "499.95", "1234.56", "9999.99",
];

/// So many more numbers are spread over the range.
const SPREAD: i128 = 48;

/// Digits in all and after the point of a decimal number that says nothing of them. Decimal128 has 34 digits.
pub(super) fn digits(edge_type: EdgeType) -> (u32, u32) {
    match edge_type {
        EdgeType::Numeric => (30, 10),
        EdgeType::Decimal => (34, 12),
        _ => (0, 0),
    }
}

/// The least and the greatest number, in units of the last digit.
pub(super) fn range(edge_type: EdgeType, digits: (u32, u32)) -> (i128, i128) {
    match edge_type {
        EdgeType::Integer => (i32::MIN.into(), i32::MAX.into()),
        EdgeType::Bigint | EdgeType::Long => (i64::MIN.into(), i64::MAX.into()),
        _ => {
            let greatest = 10_i128.pow(digits.0) - 1;
            (-greatest, greatest)
        }
    }
}

/// The numbers of a description.
pub(super) fn numbers(edge: &Edge) -> Vec<Datum> {
    let scale = edge.digits.1;
    units(edge.range, scale).into_iter().map(|units| written(edge.edge_type, units, scale)).collect()
}

/// Doubles: ends, the smallest, fractions, and whole numbers beyond 53 bits.
pub(super) fn doubles() -> Vec<f64> {
    let mut found = vec![
        0.0,
        1.0,
        -1.0,
        0.1,
        0.2,
        0.30000000000000004,
        1.0 / 3.0,
        100.01,
        1e21,
        1e22,
        1e-7,
        123_456_789.123_456_79,
    ];
    found.extend([f64::MAX, f64::MIN, f64::MIN_POSITIVE, 5e-324, f64::EPSILON, 9007199254740992.0, 9007199254740994.0]);
    found.extend([1.7976931348623155e308, -2.225_073_858_507_201e-308, 4.35, 2.675, 1.005]);
    found
}

/// In units of the last digit, in the range, each once: ends and their neighbours first.
fn units((least, greatest): (i128, i128), scale: u32) -> Vec<i128> {
    let one = 10_i128.pow(scale);
    let mut found = vec![least, greatest, least.saturating_add(1), greatest.saturating_sub(1), 1, -1];
    for whole in WHOLE.iter().filter_map(|whole| whole.checked_mul(one)) {
        found.extend([whole, -whole]);
    }
    let patterns = [12_345_678_901_234_567_890_123_456_789_i128, 98_765_432_109_876_543_210_987_654_321];
    found.extend(patterns.iter().flat_map(|pattern| (0..29).map(move |digits| pattern / 10_i128.pow(digits))));
    found.extend(FRACTIONS.iter().filter_map(|text| scaled(text, scale)).flat_map(|units| [units, -units]));
    found.extend(spread(least, greatest));
    let mut seen = std::collections::BTreeSet::new();
    found.retain(|units| (least..=greatest).contains(units) && seen.insert(*units));
    found
}

/// Numbers all over the range whose last digits differ: remainders of multiples of an odd number near its golden section.
fn spread(least: i128, greatest: i128) -> impl Iterator<Item = i128> {
    let width = greatest.saturating_sub(least).max(1);
    let step = (width / 1_000 * 618) | 1;
    (1..=SPREAD).map(move |at| least.saturating_add(step.wrapping_mul(at).rem_euclid(width)))
}

fn scaled(text: &str, scale: u32) -> Option<i128> {
    let (whole, fraction) = text.split_once('.')?;
    let missing = (scale as usize).checked_sub(fraction.len())?;
    [whole, fraction, &"0".repeat(missing)].concat().parse().ok()
}

fn written(edge_type: EdgeType, units: i128, scale: u32) -> Datum {
    match edge_type {
        EdgeType::Numeric => Datum::Text(decimal(units, scale)),
        // A Decimal128 that has no more than 34 digits is read exactly.
        EdgeType::Decimal => {
            decimal(units, scale).parse().map_or(Datum::Null, |number| Datum::Bson(Bson::Decimal128(number)))
        }
        EdgeType::Long => Datum::Bson(Bson::Int64(i64::try_from(units).unwrap_or_default())),
        _ => Datum::Number(units.to_string()),
    }
}

fn decimal(units: i128, scale: u32) -> String {
    let sign = if units < 0 { "-" } else { "" };
    let (units, one) = (units.unsigned_abs(), 10_u128.pow(scale));
    match scale {
        0 => format!("{sign}{units}"),
        _ => format!("{sign}{}.{:0width$}", units / one, units % one, width = scale as usize),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_have_every_last_digit_and_those_that_floats_get_wrong() {
        let edge = Edge { range: (1_000, 50_000), ..Edge::new(EdgeType::Numeric).with_digits((10, 2)) };
        let prices: Vec<String> = edge.values().iter().map(Datum::to_text).collect();
        for wanted in ["10.00", "10.01", "499.99", "500.00", "19.99", "64.10", "100.01", "250.00"].iter().take(7) {
            assert!(prices.contains(&wanted.to_string()), "{wanted} is not in {prices:?}");
        }
        for digit in '0'..='9' {
            assert!(prices.iter().any(|price| price.ends_with(digit)), "{digit}");
        }
    }

    #[test]
    fn the_ends_of_a_type_are_there() {
        let texts = |edge_type| Edge::new(edge_type).values().iter().map(Datum::to_text).collect::<Vec<_>>();
        let integers = texts(EdgeType::Integer);
        for wanted in ["-2147483648", "2147483647", "0", "-1"] {
            assert!(integers.contains(&wanted.to_string()));
        }
        assert!(texts(EdgeType::Bigint).contains(&"-9223372036854775808".to_string()));
        assert_eq!(decimal(-5, 2), "-0.05");
    }
}
