//! Decimal numbers of any length, compared exactly: `10` equals `10.00`, and 40 digits are 40 digits.

use std::cmp::Ordering;

/// A number as PostgreSQL's `numeric` knows it: not-a-number equals itself and is greater than everything else
/// (manual, 8.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Decimal {
    NegativeInfinity,
    /// `0.d₁d₂d₃… × 10^magnitude`; `digits` has neither leading nor trailing zeros, and zero has none at all.
    Finite {
        negative: bool,
        digits: Vec<u8>,
        magnitude: i64,
    },
    Infinity,
    NaN,
}

impl Decimal {
    /// Reads `-12.50`, `.5`, `1e3`, `NaN`, `Infinity`; `None` for anything else.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (negative, unsigned) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        match unsigned.trim_start_matches('.').to_ascii_lowercase().as_str() {
            "inf" | "infinity" if negative => Some(Decimal::NegativeInfinity),
            "inf" | "infinity" => Some(Decimal::Infinity),
            "nan" if unsigned.len() == text.len() => Some(Decimal::NaN),
            _ => finite(negative, unsigned),
        }
    }

    /// The exact value of a whole number, the shortest digits that mean the same double otherwise.
    pub(super) fn from_f64(number: f64) -> Option<Self> {
        if number.is_finite() && number.fract() == 0.0 {
            Self::parse(&format!("{number:.0}"))
        } else {
            Self::parse(&format!("{number:e}"))
        }
    }

    /// The nearest double.
    pub(super) fn to_f64(&self) -> f64 {
        self.to_text().parse().unwrap_or(f64::NAN)
    }

    /// The nearest number of single precision. (The nearest double of a number may lie on the other side of a middle.)
    pub(super) fn to_f32(&self) -> f32 {
        self.to_text().parse().unwrap_or(f32::NAN)
    }

    fn to_text(&self) -> String {
        match self {
            Decimal::NegativeInfinity => "-inf".into(),
            Decimal::Infinity => "inf".into(),
            Decimal::NaN => "NaN".into(),
            Decimal::Finite { negative, digits, magnitude } => {
                let digits: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
                format!("{}0.{digits}0e{magnitude}", if *negative { "-" } else { "" })
            }
        }
    }

    /// The shortest digits: `10` for `10.00`, `1e40` where there are many zeros.
    pub(super) fn to_plain(&self) -> String {
        let Decimal::Finite { negative, digits, magnitude } = self else { return self.to_text() };
        let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let sign = if *negative { "-" } else { "" };
        let zeros = |count: i64| "0".repeat(usize::try_from(count).unwrap_or(0));
        let length = text.len() as i64;
        match *magnitude {
            _ if text.is_empty() => "0".into(),
            40.. | ..=-40 => format!("{sign}0.{text}e{magnitude}"),
            point if point >= length => format!("{sign}{text}{}", zeros(point - length)),
            point if point > 0 => format!("{sign}{}.{}", &text[..point as usize], &text[point as usize..]),
            point => format!("{sign}0.{}{text}", zeros(-point)),
        }
    }

    /// Whether it is a number that is neither infinite nor zero.
    pub(super) fn is_finite_and_not_zero(&self) -> bool {
        matches!(self, Decimal::Finite { digits, .. } if !digits.is_empty())
    }

    /// The exact value of a double, with all the digits of its fraction.
    pub(super) fn exactly(number: f64) -> Option<Self> {
        if number.is_finite() { Self::parse(&format!("{number:.1074}")) } else { Self::from_f64(number) }
    }

    fn rank(&self) -> u8 {
        match self {
            Decimal::NegativeInfinity => 0,
            Decimal::Finite { .. } => 1,
            Decimal::Infinity => 2,
            Decimal::NaN => 3,
        }
    }
}

fn finite(negative: bool, unsigned: &str) -> Option<Decimal> {
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    if !all_digits || whole.len() + fraction.len() == 0 {
        return None;
    }
    let digits: Vec<u8> = whole.bytes().chain(fraction.bytes()).map(|byte| byte - b'0').collect();
    Some(normal(negative, &digits, whole.len() as i64 + i64::from(exponent)))
}

fn normal(negative: bool, digits: &[u8], point: i64) -> Decimal {
    let leading = digits.iter().take_while(|digit| **digit == 0).count();
    let end = digits.iter().rposition(|digit| *digit != 0).map_or(leading, |last| last + 1);
    let digits = digits.get(leading..end).unwrap_or_default().to_vec();
    if digits.is_empty() {
        return Decimal::Finite { negative: false, digits, magnitude: 0 };
    }
    Decimal::Finite { negative, digits, magnitude: point - leading as i64 }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (
                Decimal::Finite { negative: n, digits: d, magnitude: m },
                Decimal::Finite { negative: on, digits: od, magnitude: om },
            ) => compare_finite((*n, d, *m), (*on, od, *om)),
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

fn compare_finite(one: (bool, &[u8], i64), other: (bool, &[u8], i64)) -> Ordering {
    let sign = |(negative, digits, _): (bool, &[u8], i64)| match (digits.is_empty(), negative) {
        (true, _) => 0,
        (false, true) => -1,
        (false, false) => 1,
    };
    let by_size = || one.2.cmp(&other.2).then_with(|| one.1.cmp(other.1));
    sign(one).cmp(&sign(other)).then_with(|| match sign(one) {
        0 => Ordering::Equal,
        -1 => by_size().reverse(),
        _ => by_size(),
    })
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap_or_else(|| panic!("{text} is a number"))
    }

    #[test]
    fn the_same_number_in_other_digits_is_equal() {
        for (one, other) in [
            ("10", "10.00"),
            ("0", "-0.000"),
            ("1e3", "1000"),
            ("+.5", "0.50"),
            ("1200e-2", "12"),
            ("NaN", "nan"),
            (".inf", "Infinity"),
            ("0e999", "0"),
        ] {
            assert_eq!(decimal(one), decimal(other), "{one} {other}");
        }
    }

    #[test]
    fn one_digit_more_makes_another_number_however_long_it_is() {
        let long = "12345678901234567890123456789012345678.9";
        assert!(decimal(long) < decimal(&format!("{long}1")));
        assert!(decimal(&format!("-{long}")) > decimal(&format!("-{long}1")));
    }

    #[test]
    fn special_values_have_the_order_of_numeric() {
        let ordered = ["-Infinity", "-1", "0", "1e400", "Infinity", "NaN"].map(decimal);
        assert!(ordered.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_number_has_one_plain_text() {
        for (text, plain) in
            [("10.00", "10"), ("-0.050", "-0.05"), ("1e3", "1000"), ("0.0", "0"), ("12.5", "12.5"), ("1e50", "0.1e51")]
        {
            assert_eq!(decimal(text).to_plain(), plain);
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["", "-", ".", "1.2.3", "1e", "1e1.5", "abc", "0x1F", "1 ", "1_000", "-NaN", "--1", "١"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_double_that_is_whole_is_taken_exactly() {
        assert_eq!(Decimal::from_f64(1_152_921_504_606_846_976.0), Decimal::parse("1152921504606846976"));
        assert_eq!(Decimal::from_f64(0.1), Decimal::parse("0.1"));
        assert_eq!(Decimal::from_f64(f64::NAN), Some(Decimal::NaN));
        assert_eq!(Decimal::from_f64(f64::NEG_INFINITY), Some(Decimal::NegativeInfinity));
        assert_eq!(decimal("-12.5").to_f64(), -12.5);
        assert_eq!(decimal("0").to_f64(), 0.0);
    }

    fn scaled(mantissa: i64, scale: u32) -> String {
        let digits = format!("{:0>1$}", mantissa.unsigned_abs(), scale as usize + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale as usize);
        format!("{}{whole}.{fraction}", if mantissa < 0 { "-" } else { "" }).trim_end_matches('.').to_string()
    }

    proptest! {
        #[test]
        fn comparison_agrees_with_whole_numbers_of_128_bits(a: i64, b: i64, s in 0u32..18, t in 0u32..18) {
            let reference = (i128::from(a) * 10i128.pow(t)).cmp(&(i128::from(b) * 10i128.pow(s)));
            prop_assert_eq!(decimal(&scaled(a, s)).cmp(&decimal(&scaled(b, t))), reference);
        }

        #[test]
        fn zeros_around_a_number_change_nothing(a: i64, s in 0u32..18, before in 0usize..5, after in 0usize..5) {
            let text = scaled(a.saturating_abs(), s);
            let point = if text.contains('.') { "" } else { "." };
            let padded = format!("{}{text}{point}{}", "0".repeat(before), "0".repeat(after));
            prop_assert_eq!(decimal(&text), decimal(&padded));
        }

        #[test]
        fn doubles_survive(number: f64) {
            let read = Decimal::from_f64(number).map(|decimal| decimal.to_f64()).unwrap_or(f64::NAN);
            prop_assert!(read == number || number.is_nan() && read.is_nan());
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC*") {
            let _ = Decimal::parse(&text);
        }
    }
}
