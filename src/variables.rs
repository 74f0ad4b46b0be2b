//! Fills variables into templates and values. Pure. A value never becomes raw SQL: in SQL text `${x}` is a quoted literal
//! and `${x:ident}` a quoted identifier; in a document a whole-text `${x}` is the typed value.

mod items;
mod sql_text;

use bson::{Bson, Document};

use crate::model::{Datum, Template, TemplatePart, Value, ValueKind, Variables, decimal};
use crate::source::{Diagnostic, Span, Spanned};

pub use items::type_of_items;
pub use sql_text::sql_text;

/// Keys that make a mapping of one value an Extended JSON (version 2) value instead of a document.
const EXTENDED_JSON: [&str; 16] = [
    "$oid",
    "$symbol",
    "$numberInt",
    "$numberLong",
    "$numberDouble",
    "$numberDecimal",
    "$binary",
    "$uuid",
    "$code",
    "$timestamp",
    "$regularExpression",
    "$dbPointer",
    "$date",
    "$minKey",
    "$maxKey",
    "$undefined",
];

/// Whether a mapping that begins with this key is a value of Extended JSON.
pub fn is_extended_json(key: &str) -> bool {
    EXTENDED_JSON.contains(&key)
}

/// SQL text with its variables filled in as literals and identifiers.
pub fn sql(template: &Template, variables: &Variables) -> Result<String, Diagnostic> {
    fill(template, variables, |datum, identifier, span| match identifier {
        true => sql_identifier(datum).ok_or_else(|| Diagnostic::error(span, "NULL cannot be an identifier")),
        false => Ok(sql_literal(datum)),
    })
}

/// Text with its variables filled in as plain text. Not for SQL.
pub fn text(template: &Template, variables: &Variables) -> Result<String, Diagnostic> {
    fill(template, variables, |datum, _, _| {
        Ok(match datum {
            Datum::Bson(Bson::Document(_) | Bson::Array(_)) => datum.to_text(),
            // A Decimal128 inside of text is its digits, and no document.
            Datum::Bson(_) => sql_text(datum),
            plain => plain.to_text(),
        })
    })
}

fn fill(
    template: &Template,
    variables: &Variables,
    put: impl Fn(&Datum, bool, &Span) -> Result<String, Diagnostic>,
) -> Result<String, Diagnostic> {
    let mut filled = String::new();
    for part in &template.parts {
        match part {
            TemplatePart::Literal(text) => filled.push_str(text),
            TemplatePart::Variable { name, identifier, span } => {
                filled.push_str(&put(lookup(name, variables, span)?, *identifier, span)?)
            }
        }
    }
    Ok(filled)
}

fn lookup<'a>(name: &str, variables: &'a Variables, span: &Span) -> Result<&'a Datum, Diagnostic> {
    variables.get(name).ok_or_else(|| Diagnostic::error(span, format!("`{name}` has no value here")))
}

/// A value as a PostgreSQL expression of its own type. The type of a quoted literal is PostgreSQL's `unknown`: it takes the
/// type that its place asks for (manual, 4.1.2.7); so do dates, UUIDs, bytes and lists. A number is a numeric constant; with
/// a sign or an exponent it stands in parentheses, so that it cannot become part of what is around it: `a-${x}` no comment,
/// `${x}::int` no negation of a cast.
pub fn sql_literal(datum: &Datum) -> String {
    match datum {
        Datum::Null | Datum::Bson(Bson::Null | Bson::Undefined) => "NULL".into(),
        Datum::Bool(value) | Datum::Bson(Bson::Boolean(value)) => value.to_string(),
        Datum::Number(_) | Datum::Bson(Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_)) => {
            let number = sql_text(datum);
            number_literal(&number).unwrap_or_else(|| quote_literal(&number))
        }
        other => quote_literal(&sql_text(other)),
    }
}

/// `None` for what is no numeric constant (manual, 4.1.2.6): NaN, Infinity.
fn number_literal(text: &str) -> Option<String> {
    let signed = text.starts_with(['-', '+']);
    let unsigned = if signed { &text[1..] } else { text };
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_constant = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent));
    let stands_alone = !signed && exponent.is_none() && !whole.is_empty();
    is_constant.then(|| if stands_alone { text.to_string() } else { format!("({text})") })
}

/// A quoted string constant that reads the same whatever `standard_conforming_strings` is (manual, 4.1.2.2).
pub fn quote_literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if text.contains('\\') { format!("E'{}'", doubled.replace('\\', "\\\\")) } else { format!("'{doubled}'") }
}

/// A quoted identifier (manual, 4.1.1).
pub fn quote_identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn sql_identifier(datum: &Datum) -> Option<String> {
    match datum {
        Datum::Null | Datum::Bson(Bson::Null) => None,
        other => Some(quote_identifier(&sql_text(other))),
    }
}

/// A value of a `vars`, `cases` or `with` entry.
pub fn datum(value: &Value, variables: &Variables) -> Result<Datum, Diagnostic> {
    Ok(match &value.kind {
        ValueKind::Null => Datum::Null,
        ValueKind::Bool(value) => Datum::Bool(*value),
        ValueKind::Number(text) => Datum::Number(text.clone()),
        ValueKind::Text(template) => match template.as_variable() {
            Some(name) => lookup(name, variables, &value.span)?.clone(),
            None => Datum::Text(text(template, variables)?),
        },
        ValueKind::Sequence(_) | ValueKind::Mapping(_) => Datum::Bson(bson(value, variables)?),
    })
}

/// A value as BSON: Extended JSON types are read, whole numbers become Int32 where they fit and Int64 otherwise, other
/// numbers Double, and text that is one variable becomes that variable's typed value.
pub fn bson(value: &Value, variables: &Variables) -> Result<Bson, Diagnostic> {
    Ok(match &value.kind {
        ValueKind::Null => Bson::Null,
        ValueKind::Bool(value) => Bson::Boolean(*value),
        ValueKind::Number(number) => number_to_bson(number)
            .ok_or_else(|| Diagnostic::error(&value.span, format!("`{number}` is not a number")))?,
        ValueKind::Text(template) => match template.as_variable() {
            Some(name) => datum_to_bson(lookup(name, variables, &value.span)?),
            None => Bson::String(text(template, variables)?),
        },
        ValueKind::Sequence(items) => {
            Bson::Array(items.iter().map(|item| bson(item, variables)).collect::<Result<_, _>>()?)
        }
        ValueKind::Mapping(entries) => extended(value, entries, variables)?,
    })
}

fn extended(value: &Value, entries: &[(Spanned<String>, Value)], variables: &Variables) -> Result<Bson, Diagnostic> {
    let plain = document(entries, variables)?;
    if entries.first().is_some_and(|(key, _)| is_extended_json(key)) {
        if !is_kept(&plain) {
            return Err(Diagnostic::error(
                &value.span,
                "not a value of Extended JSON: its type would lose a part of it",
            ));
        }
        let json = two_digits(Bson::Document(plain).into_relaxed_extjson());
        return Bson::try_from(json)
            .map_err(|error| Diagnostic::error(&value.span, format!("not a value of Extended JSON: {error}")));
    }
    Ok(Bson::Document(plain))
}

/// Whether the type holds all that is written: a date has milliseconds, and a double an end in both directions. The crate
/// would cut the one and make infinity or zero of the other.
fn is_kept(plain: &Document) -> bool {
    if let Ok(date) = plain.get_str("$date") {
        let fraction = date.split_once('.').map_or("", |(_, fraction)| fraction);
        return !fraction.bytes().take_while(u8::is_ascii_digit).skip(3).any(|digit| digit != b'0');
    }
    plain.get_str("$numberDouble").map_or(true, |text| is_in_reach(text) != Some(false))
}

/// Whether a double comes near a number that is written in digits; `None` for what is not.
pub fn is_in_reach(number: &str) -> Option<bool> {
    let double: f64 = number.parse().ok()?;
    let mantissa = number.split(['e', 'E']).next().unwrap_or_default();
    let digits = || mantissa.bytes().filter(u8::is_ascii_digit);
    let is_zero = digits().all(|digit| digit == b'0');
    (digits().count() > 0).then_some(double.is_finite() && (double != 0.0) != is_zero)
}

/// A subtype of binary data may be written with one digit (Extended JSON, `$binary`), which the crate does not read.
fn two_digits(mut json: serde_json::Value) -> serde_json::Value {
    if let Some(subtype) = json.pointer_mut("/$binary/subType")
        && let Some(digit) = subtype.as_str().filter(|text| text.len() == 1)
    {
        *subtype = format!("0{digit}").into();
    }
    json
}

/// A mapping as a document, in the author's order.
pub fn document(entries: &[(Spanned<String>, Value)], variables: &Variables) -> Result<Document, Diagnostic> {
    entries.iter().map(|(key, value)| Ok((key.value.clone(), bson(value, variables)?))).collect()
}

/// A variable's value as BSON.
pub fn datum_to_bson(datum: &Datum) -> Bson {
    match datum {
        Datum::Null => Bson::Null,
        Datum::Bool(value) => Bson::Boolean(*value),
        Datum::Number(number) => number_to_bson(number).unwrap_or_else(|| Bson::String(number.clone())),
        Datum::Text(text) => Bson::String(text.clone()),
        Datum::Bson(value) => value.clone(),
    }
}

fn number_to_bson(number: &str) -> Option<Bson> {
    let number = decimal(number);
    if let Ok(value) = number.parse::<i64>() {
        return Some(i32::try_from(value).map_or(Bson::Int64(value), Bson::Int32));
    }
    number.parse::<f64>().ok().map(Bson::Double)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn template(name: &str, identifier: bool) -> Template {
        let span = Span::new(&SourceFile::new("t.yaml", "x"), 0, 1);
        Template { parts: vec![TemplatePart::Variable { name: name.into(), identifier, span: span.clone() }], span }
    }

    fn with(datum: Datum) -> Variables {
        [("x".to_string(), datum)].into()
    }

    #[test]
    fn a_value_that_looks_like_sql_stays_a_literal() {
        let hostile = with(Datum::Text("'; DROP TABLE t; --\\".into()));
        assert_eq!(sql(&template("x", false), &hostile).unwrap(), "E'''; DROP TABLE t; --\\\\'");
        assert_eq!(sql(&template("x", true), &with(Datum::Text("a\"b".into()))).unwrap(), "\"a\"\"b\"");
    }

    #[test]
    fn a_number_is_typed_and_stands_for_itself_whatever_is_around_it() {
        for (number, literal) in [
            ("100.01", "100.01"),
            ("-1", "(-1)"),
            ("1e3", "(1e3)"),
            ("-2.5E-3", "(-2.5E-3)"),
            (".5", "(.5)"),
            ("NaN", "'NaN'"),
            ("-Infinity", "'-Infinity'"),
            ("1-1", "'1-1'"),
            ("1e", "'1e'"),
        ] {
            assert_eq!(sql_literal(&Datum::Number(number.into())), literal);
        }
        assert_eq!(sql_literal(&Datum::Bson(Bson::Int64(-5))), "(-5)");
        assert_eq!(sql_literal(&Datum::Bson(Bson::Double(f64::NAN))), "'NaN'");
    }

    #[test]
    fn values_of_documents_take_the_type_of_their_place() {
        assert_eq!(sql_literal(&Datum::Bson(Bson::Array(vec![Bson::Int32(1)]))), "'{\"1\"}'");
        assert_eq!(
            sql_literal(&Datum::Bson(Bson::DateTime(bson::DateTime::from_millis(0)))),
            "'1970-01-01 00:00:00+00'"
        );
    }

    #[test]
    fn a_subtype_of_one_digit_is_that_of_two() {
        let span = Span::new(&SourceFile::new("t.yaml", "x"), 0, 1);
        let value = |kind| Value { kind, span: span.clone() };
        let text = |text: &str| value(ValueKind::Text(Template::literal(text, span.clone())));
        let entry = |key: &str, value| (span.of(key.to_string()), value);
        let binary = |subtype: &str| {
            let parts = vec![entry("base64", text("AQID")), entry("subType", text(subtype))];
            value(ValueKind::Mapping(vec![entry("$binary", value(ValueKind::Mapping(parts)))]))
        };
        let read = |subtype: &str| bson(&binary(subtype), &Variables::new());
        assert_eq!(read("5").unwrap(), read("05").unwrap());
        assert!(read("xyz").is_err());
    }

    #[test]
    fn what_a_type_of_extended_json_would_lose_is_refused() {
        let read = |key: &str, text: &str| {
            let span = Span::new(&SourceFile::new("t.yaml", "x"), 0, 1);
            let text = Value { kind: ValueKind::Text(Template::literal(text, span.clone())), span: span.clone() };
            let kind = ValueKind::Mapping(vec![(span.of(key.to_string()), text)]);
            bson(&Value { kind, span }, &Variables::new())
        };
        for (key, text) in
            [("$date", "2024-01-31T08:00:00.1234Z"), ("$numberDouble", "1e400"), ("$numberDouble", "-1e-400")]
        {
            assert!(read(key, text).is_err(), "{text}");
        }
        for (key, text) in [
            ("$date", "2024-01-31T08:00:00.123000Z"),
            ("$numberDouble", "-Infinity"),
            ("$numberDouble", "0.00e5"),
            ("$numberDouble", "1e300"),
        ] {
            assert!(read(key, text).is_ok(), "{text}");
        }
    }

    #[test]
    fn values_of_documents_inside_of_text_are_plain_text() {
        let id = bson::oid::ObjectId::from_bytes([7; 12]);
        for (value, shown) in [
            (Bson::Decimal128("5.0".parse().unwrap()), "5.0"),
            (Bson::ObjectId(id), "070707070707070707070707"),
            (Bson::Document(bson::doc! { "a": 1 }), "{\"a\":1}"),
        ] {
            assert_eq!(text(&template("x", false), &with(Datum::Bson(value))).unwrap(), shown);
        }
    }

    #[test]
    fn an_unknown_variable_is_named_at_its_place() {
        let error = sql(&template("y", false), &with(Datum::Null)).unwrap_err();
        assert_eq!(error.message, "`y` has no value here");
    }
}
