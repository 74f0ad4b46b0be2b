//! Numbers as an author wrote them: they keep their spelling, and have a value in decimal notation.

use std::borrow::Cow;

/// The number in the decimal notation that servers and `f64` read: YAML 1.2 (10.3.2) also knows `0x1F`, `0o17`, `.inf` and
/// `.nan`. A number that is decimal already, and what is no number, is as it was.
pub fn decimal(number: &str) -> Cow<'_, str> {
    let based = |prefix: &str, base| {
        let digits = number.strip_prefix(prefix)?;
        let all = !digits.is_empty() && digits.chars().all(|digit| digit.is_digit(base));
        u128::from_str_radix(digits, base).ok().filter(|_| all)
    };
    if let Some(value) = based("0x", 16).or_else(|| based("0o", 8)) {
        return Cow::Owned(value.to_string());
    }
    match number.to_ascii_lowercase().as_str() {
        ".inf" | "+.inf" => Cow::Borrowed("Infinity"),
        "-.inf" => Cow::Borrowed("-Infinity"),
        ".nan" => Cow::Borrowed("NaN"),
        _ => Cow::Borrowed(number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_has_its_decimal_value() {
        for (written, value) in [
            ("0x1F", "31"),
            ("0o17", "15"),
            ("010", "010"),
            ("10.00", "10.00"),
            ("-.Inf", "-Infinity"),
            ("+.inf", "Infinity"),
            (".NaN", "NaN"),
            ("0x", "0x"),
            ("0o18", "0o18"),
            ("0x+1", "0x+1"),
            ("abc", "abc"),
        ] {
            assert_eq!(decimal(written), value);
        }
    }
}
