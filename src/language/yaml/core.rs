//! What a plain scalar means: the core schema of YAML 1.2 (10.3.2 "Tag Resolution"), and where a reader of YAML 1.1
//! (yaml.org/type) would have taken it for something else.

/// What a plain scalar is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Plain {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number: decimal as it is written, `0o17` and `0x1F` in decimal, `NaN`, `Infinity`, `-Infinity`.
    Number(String),
    /// Everything else.
    Text,
}

/// What YAML 1.1 took a plain scalar for, where that is not what it is now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Former {
    /// `yes`, `off`, `y`: a truth value.
    Bool(bool),
    /// `010`: an octal number; `08`: text.
    LeadingZero,
    /// `1_000`, `0b101`, `-0x1F`: a number.
    Number,
    /// `12:30:45`: a number to base 60.
    Sexagesimal,
    /// `2024-01-31`: a date or a point in time.
    Date,
}

/// What a plain scalar is, by the core schema.
pub(crate) fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Plain::Null,
        "true" | "True" | "TRUE" => return Plain::Bool(true),
        "false" | "False" | "FALSE" => return Plain::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Plain::Number("NaN".into()),
        _ => {}
    }
    let (sign, unsigned) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if matches!(unsigned, ".inf" | ".Inf" | ".INF") {
        return Plain::Number(format!("{sign}Infinity"));
    }
    let based = |prefix: &str, base| u128::from_str_radix(digits_of(text.strip_prefix(prefix)?, base)?, base).ok();
    match based("0o", 8).or_else(|| based("0x", 16)) {
        Some(value) => Plain::Number(value.to_string()),
        None if is_decimal(unsigned) => Plain::Number(text.into()),
        None => Plain::Text,
    }
}

fn digits_of(text: &str, base: u32) -> Option<&str> {
    (!text.is_empty() && text.chars().all(|c| c.is_digit(base))).then_some(text)
}

/// `( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )?`.
fn is_decimal(unsigned: &str) -> bool {
    let all_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.strip_prefix(['-', '+']).unwrap_or(exponent)),
        None => (unsigned, "0"),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !whole.is_empty() || !fraction.is_empty();
    some && all_digits(whole) && all_digits(fraction) && !exponent.is_empty() && all_digits(exponent)
}

/// What YAML 1.1 took `text` for, if that is something else. Spellings that one would hardly use without meaning a number
/// (`1e3`, `0o17`) are not among them.
pub(crate) fn former(text: &str) -> Option<Former> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Some(Former::Bool(true)),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Some(Former::Bool(false)),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let signed = unsigned.len() < text.len();
    let zero = unsigned.len() > 1 && unsigned.starts_with('0') && unsigned.bytes().all(|byte| byte.is_ascii_digit());
    if zero {
        return Some(Former::LeadingZero);
    }
    if is_date(text) {
        return Some(Former::Date);
    }
    if is_sexagesimal(unsigned) {
        return Some(Former::Sexagesimal);
    }
    let bare: String = unsigned.chars().filter(|c| *c != '_').collect();
    let underscored = bare.len() < unsigned.len() && unsigned.starts_with(|c: char| c.is_ascii_digit());
    let binary = bare.strip_prefix("0b").is_some_and(|bits| digits_of(bits, 2).is_some());
    let hexadecimal = bare.strip_prefix("0x").is_some_and(|digits| digits_of(digits, 16).is_some());
    let number = binary || (hexadecimal && (signed || underscored)) || (underscored && is_decimal(&bare));
    number.then_some(Former::Number)
}

/// `[0-9][0-9]?(:[0-5]?[0-9])+`, with a fraction.
fn is_sexagesimal(unsigned: &str) -> bool {
    let (places, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
    let mut places = places.split(':');
    let number = |text: &str| digits_of(text, 10).and_then(|text| text.parse::<u32>().ok());
    let first = places.next().is_some_and(|first| number(first).is_some());
    let rest: Vec<&str> = places.collect();
    let sixty = |place: &&str| place.len() <= 2 && number(place).is_some_and(|value| value < 60);
    first && !rest.is_empty() && rest.iter().all(sixty) && fraction.bytes().all(|byte| byte.is_ascii_digit())
}

/// `2024-01-31`, alone or with a time behind `T` or a space.
fn is_date(text: &str) -> bool {
    let Some(date) = text.get(..10) else { return false };
    let mut parts = date.split('-').map(|part| digits_of(part, 10).map(str::len));
    let is_day = [4, 2, 2].into_iter().all(|length| parts.next() == Some(Some(length)));
    let rest = &text[10..];
    is_day && (rest.is_empty() || (rest.starts_with(['T', 't', ' ']) && rest.contains(':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_decides() {
        let number = |text: &str| Plain::Number(text.into());
        for (text, meaning) in [
            ("", Plain::Null),
            ("~", Plain::Null),
            ("Null", Plain::Null),
            ("NULL", Plain::Null),
            ("nUll", Plain::Text),
            ("TRUE", Plain::Bool(true)),
            ("False", Plain::Bool(false)),
            ("yes", Plain::Text),
            ("off", Plain::Text),
            ("y", Plain::Text),
            ("010", number("010")),
            ("0o10", number("8")),
            ("0o18", Plain::Text),
            ("0x1F", number("31")),
            ("-0x1F", Plain::Text),
            ("0b11", Plain::Text),
            ("1_000", Plain::Text),
            ("+1", number("+1")),
            ("-1", number("-1")),
            ("1e3", number("1e3")),
            ("1.5E+3", number("1.5E+3")),
            (".5", number(".5")),
            ("5.", number("5.")),
            (".", Plain::Text),
            ("-", Plain::Text),
            ("1e", Plain::Text),
            ("e3", Plain::Text),
            ("1.2.3", Plain::Text),
            ("--1", Plain::Text),
            (".nan", number("NaN")),
            (".NaN", number("NaN")),
            (".inf", number("Infinity")),
            ("+.INF", number("Infinity")),
            ("-.Inf", number("-Infinity")),
            ("NaN", Plain::Text),
            ("Infinity", Plain::Text),
            ("2024-01-31", Plain::Text),
            ("12:30:45", Plain::Text),
            ("123456789012345678901234567890", number("123456789012345678901234567890")),
            ("1٣", Plain::Text),
        ] {
            assert_eq!(resolve(text), meaning, "{text}");
        }
    }

    #[test]
    fn what_yaml_1_1_took_for_something_else_is_known() {
        for (text, meaning) in [
            ("yes", Some(Former::Bool(true))),
            ("N", Some(Former::Bool(false))),
            ("010", Some(Former::LeadingZero)),
            ("-08", Some(Former::LeadingZero)),
            ("0", None),
            ("0.10", None),
            ("1_000", Some(Former::Number)),
            ("1_000.5", Some(Former::Number)),
            ("0b101", Some(Former::Number)),
            ("-0x1F", Some(Former::Number)),
            ("0x1F", None),
            ("a_b", None),
            ("_1", None),
            ("12:30", Some(Former::Sexagesimal)),
            ("12:30:45.5", Some(Former::Sexagesimal)),
            ("12:60", None),
            ("a:30", None),
            ("2024-01-31", Some(Former::Date)),
            ("2024-01-31T10:00:00Z", Some(Former::Date)),
            ("2024-01-31 10:00:00 +2", Some(Former::Date)),
            ("2024-01-31-7", None),
            ("2024-1-31", None),
            ("1e3", None),
            ("P2.3", None),
        ] {
            assert_eq!(former(text), meaning, "{text}");
        }
    }
}
