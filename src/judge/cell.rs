//! A cell of SQL, compared by its column's own type with what an author wrote.

use std::cmp::Ordering;

use bson::Bson;

use super::array::{Element, elements};
use super::bson_value::same_json;
use super::decimal::Decimal;
use super::instant::{self, Clock};
use super::json::Json;
use crate::model::Datum;

/// How values of a type are compared.
enum Kind<'a> {
    Number,
    Float4,
    Float8,
    Bool,
    Clock(Clock),
    Json,
    Bytes,
    Uuid,
    Padded,
    Array(&'a str),
    Text,
    Unknown,
}

fn kind(type_name: &str) -> Kind<'_> {
    match type_name {
        "int2" | "int4" | "int8" | "numeric" | "oid" | "xid" | "xid8" => Kind::Number,
        "float4" => Kind::Float4,
        "float8" => Kind::Float8,
        "bool" => Kind::Bool,
        "date" | "timestamp" => Kind::Clock(Clock::Local),
        "timestamptz" => Kind::Clock(Clock::Zoned),
        "time" => Kind::Clock(Clock::OfDay),
        "json" | "jsonb" => Kind::Json,
        "bytea" => Kind::Bytes,
        "uuid" => Kind::Uuid,
        "bpchar" => Kind::Padded,
        "" => Kind::Unknown,
        other => other.strip_prefix('_').map_or(Kind::Text, Kind::Array),
    }
}

/// Whether values of the type are numbers.
pub(super) fn is_number(type_name: &str) -> bool {
    matches!(kind(type_name), Kind::Number | Kind::Float4 | Kind::Float8)
}

/// Whether the cell holds the value. NULL equals only null; the text `NULL` is a text.
pub(super) fn equals(expected: &Datum, type_name: &str, actual: Option<&str>) -> bool {
    let simple = simple(expected);
    match (&simple, actual) {
        (Datum::Null, None) => true,
        (Datum::Null, Some(_)) | (_, None) => false,
        (expected, Some(actual)) => same(expected, type_name, actual),
    }
}

fn same(expected: &Datum, type_name: &str, actual: &str) -> bool {
    match (kind(type_name), expected) {
        (Kind::Json, expected) => json(expected, actual),
        (Kind::Array(element), expected) => array(expected, element, type_name, actual),
        (Kind::Bytes, Datum::Bson(Bson::Binary(binary))) => unhex(actual).is_some_and(|bytes| bytes == binary.bytes),
        (Kind::Bool, Datum::Bool(value)) => truth(actual) == Some(*value),
        (Kind::Bool, Datum::Text(text)) => truth(text).is_some() && truth(text) == truth(actual),
        (Kind::Unknown, Datum::Bool(value)) => truth(actual) == Some(*value),
        (_, Datum::Bool(value)) => actual == value.to_string(),
        (_, Datum::Text(text)) => same_text(text, false, type_name, actual),
        (_, Datum::Number(text)) => same_text(text, true, type_name, actual),
        _ => false,
    }
}

/// Text in the notation of the type. A number and a text differ only where the type is not known.
fn same_text(expected: &str, is_number: bool, type_name: &str, actual: &str) -> bool {
    match kind(type_name) {
        Kind::Bytes => match (unhex(expected), unhex(actual)) {
            (Some(one), Some(other)) => one == other,
            _ => expected == actual,
        },
        Kind::Uuid => plain_uuid(expected) == plain_uuid(actual),
        Kind::Padded => expected.trim_end_matches(' ') == actual.trim_end_matches(' '),
        Kind::Unknown if !is_number => expected == actual,
        _ => match order(expected, type_name, actual) {
            Some(order) => order == Ordering::Equal,
            None => expected == actual,
        },
    }
}

/// How `expected` stands to `actual` in the order of the type; `None` when they cannot be compared.
pub(super) fn order(expected: &str, type_name: &str, actual: &str) -> Option<Ordering> {
    match kind(type_name) {
        Kind::Number => Some(Decimal::parse(expected)?.cmp(&Decimal::parse(actual)?)),
        Kind::Unknown => match (Decimal::parse(expected), Decimal::parse(actual)) {
            (Some(one), Some(other)) => Some(one.cmp(&other)),
            _ => Some(expected.cmp(actual)),
        },
        Kind::Float4 => floats(f64::from(single(expected)?), f64::from(single(actual)?)),
        Kind::Float8 => floats(Decimal::parse(expected)?.to_f64(), Decimal::parse(actual)?.to_f64()),
        Kind::Clock(clock) => instant::compare(clock, expected, actual),
        Kind::Text | Kind::Padded | Kind::Uuid => Some(expected.cmp(actual)),
        Kind::Bool | Kind::Json | Kind::Bytes | Kind::Array(_) => None,
    }
}

fn single(text: &str) -> Option<f32> {
    Some(Decimal::parse(text)?.to_f64() as f32)
}

/// PostgreSQL's order of floats: NaN equals itself and is the greatest (manual, 8.1.3).
fn floats(one: f64, other: f64) -> Option<Ordering> {
    one.partial_cmp(&other).or(Some(one.is_nan().cmp(&other.is_nan())))
}

fn truth(text: &str) -> Option<bool> {
    match text {
        "t" | "true" => Some(true),
        "f" | "false" => Some(false),
        _ => None,
    }
}

/// Text is JSON text or, when that does not match, a JSON string.
fn json(expected: &Datum, actual: &str) -> bool {
    let Some(actual) = Json::parse(actual) else { return false };
    match expected {
        Datum::Text(text) => {
            Json::parse(text).is_some_and(|json| same_json(&json, &actual))
                || same_json(&Json::Text(text.clone()), &actual)
        }
        other => super::bson_value::json_equal(other, &actual),
    }
}

fn array(expected: &Datum, element: &str, type_name: &str, actual: &str) -> bool {
    let (Datum::Text(text), Some(came)) = (expected, elements(actual)) else {
        return match expected {
            Datum::Bson(Bson::Array(items)) => items_equal(items, element, type_name, actual),
            Datum::Text(text) => text == actual,
            _ => false,
        };
    };
    let Some(wanted) = elements(text) else { return false };
    let same_element = |(one, other): (&Element, &Element)| match (one, other) {
        (Element::Null, Element::Null) => true,
        (Element::Value(one), Element::Value(other)) => same(&Datum::Text(one.clone()), element, other),
        (Element::Array(one), Element::Array(other)) => array(&Datum::Text(one.clone()), element, type_name, other),
        _ => false,
    };
    wanted.len() == came.len() && wanted.iter().zip(&came).all(same_element)
}

/// A list that a variable holds.
fn items_equal(items: &[Bson], element: &str, type_name: &str, actual: &str) -> bool {
    let Some(came) = elements(actual) else { return false };
    let same_item = |(item, element_text): (&Bson, &Element)| match element_text {
        Element::Null => matches!(item, Bson::Null),
        Element::Value(text) => equals(&Datum::Bson(item.clone()), element, Some(text)),
        Element::Array(text) => equals(&Datum::Bson(item.clone()), type_name, Some(text)),
    };
    items.len() == came.len() && items.iter().zip(&came).all(same_item)
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("\\x")?;
    if !digits.is_ascii() || digits.len() % 2 != 0 {
        return None;
    }
    (0..digits.len()).step_by(2).map(|at| u8::from_str_radix(&digits[at..at + 2], 16).ok()).collect()
}

fn plain_uuid(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '-' | '{' | '}')).collect::<String>().to_ascii_lowercase()
}

/// A value of a document as a value of SQL, where there is one.
pub(super) fn simple(datum: &Datum) -> Datum {
    let Datum::Bson(value) = datum else { return datum.clone() };
    match value {
        Bson::Null | Bson::Undefined => Datum::Null,
        Bson::Boolean(value) => Datum::Bool(*value),
        Bson::Int32(number) => Datum::Number(number.to_string()),
        Bson::Int64(number) => Datum::Number(number.to_string()),
        Bson::Double(number) => Datum::Number(number.to_string()),
        Bson::Decimal128(number) => Datum::Number(number.to_string()),
        Bson::String(text) | Bson::Symbol(text) => Datum::Text(text.clone()),
        Bson::ObjectId(id) => Datum::Text(id.to_hex()),
        Bson::DateTime(time) => time.try_to_rfc3339_string().map_or_else(|_| datum.clone(), Datum::Text),
        _ => datum.clone(),
    }
}
