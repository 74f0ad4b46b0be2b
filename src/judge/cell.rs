//! A cell of SQL against what an author wrote, by its column's own type: here where that is certain, by asking the server
//! where it alone knows.

use std::cmp::Ordering;

use bson::Bson;

use super::bson_value::same_json;
use super::decimal::Decimal;
use super::desk::Standing;
use super::json::Json;
use super::lossy::is_lossy;
use super::parts;
use super::place::{Place, kind_of};
use super::sql_value::{Kind, bytes, compare, truth, uuid};
use crate::model::{Datum, decimal};
use crate::observation::{Shape, SqlType};
use crate::variables::sql_text;

/// The text that all notations of a value have in common, for the types whose values are keys.
pub(super) fn canonical(sql_type: &SqlType, text: &str) -> String {
    match kind_of(sql_type) {
        Kind::Number | Kind::Transaction => {
            Decimal::parse(text).map_or_else(|| text.into(), |number| number.to_plain())
        }
        Kind::Padded => text.trim_end_matches(' ').to_string(),
        Kind::Uuid => uuid(text).map_or_else(|| text.into(), |bytes| bson::Uuid::from_bytes(bytes).to_string()),
        _ => text.to_string(),
    }
}

/// Whether the cell holds the value. NULL equals only null; the text `NULL` is a text.
pub(super) fn equals(expected: &Datum, place: Place, actual: Option<&str>) -> bool {
    match (simple(expected), actual) {
        (Datum::Null, None) => true,
        (Datum::Null, Some(_)) | (_, None) => false,
        (simple, Some(actual)) => {
            certain(&simple, place, actual).unwrap_or_else(|| asked(&sql_text(&simple), place, actual))
        }
    }
}

fn asked(expected: &str, place: Place, actual: &str) -> bool {
    match place.asked() {
        Some(desk) => desk.equal(place.base(), expected, actual, place.zone(actual)),
        None => expected == actual,
    }
}

/// `None` when only the server knows.
fn certain(expected: &Datum, place: Place, actual: &str) -> Option<bool> {
    let kind = place.kind();
    match expected {
        expected if kind == Kind::Json => json(expected, actual),
        Datum::Text(text) | Datum::Number(text) if text == actual => Some(true),
        Datum::Text(text) | Datum::Number(text) if is_lossy(text, place.sql_type) => Some(false),
        expected if *place.shape() != Shape::Scalar => by_parts(expected, place, actual),
        Datum::Bool(value) => Some(match kind {
            Kind::Bool | Kind::Unknown => truth(actual) == Some(*value),
            _ => actual == value.to_string(),
        }),
        Datum::Bson(Bson::Binary(binary)) => match kind {
            Kind::Uuid => Some(uuid(actual)?[..] == binary.bytes[..]),
            Kind::Bytes => Some(bytes(actual)? == binary.bytes),
            _ => Some(sql_text(expected) == actual),
        },
        Datum::Number(_) if kind == Kind::Bool => Some(false),
        Datum::Text(text) => same_text(text, false, kind, actual),
        Datum::Number(text) if matches!(kind, Kind::Text | Kind::Padded) => same_text(text, true, kind, actual),
        Datum::Number(text) => same_text(&decimal(text), true, kind, actual),
        _ => Some(false),
    }
}

fn by_parts(expected: &Datum, place: Place, actual: &str) -> Option<bool> {
    match (parts::equal(expected, place, actual), expected) {
        (None, Datum::Text(_) | Datum::Number(_)) => None,
        (same, _) => Some(same.unwrap_or(false)),
    }
}

/// A number and a text differ only where the type is not known.
fn same_text(expected: &str, is_number: bool, kind: Kind, actual: &str) -> Option<bool> {
    match kind {
        Kind::Unknown if is_number => {
            Some(Decimal::parse(expected).is_some_and(|number| Decimal::parse(actual) == Some(number)))
        }
        Kind::Unknown => Some(false),
        kind => compare(kind, expected, actual).map(Ordering::is_eq),
    }
}

/// How the limit stands to what the server returned, in the order of its type.
pub(super) fn order(limit: &Datum, place: Place, actual: &str) -> Standing {
    let limit = match simple(limit) {
        Datum::Number(text) => Datum::Number(decimal(&text).into_owned()),
        other => other,
    };
    let kind = place.kind();
    match &limit {
        Datum::Null => Standing::Apart,
        Datum::Text(text) if is_lossy(text, place.sql_type) => Standing::Apart,
        _ if !place.is_readable() || kind == Kind::Transaction => Standing::NoOrder,
        limit if kind == Kind::Json => json_order(limit, place, actual),
        limit if *place.shape() != Shape::Scalar => {
            let standing = parts::standing(limit, place, actual);
            standing.unwrap_or_else(|| asked_order(&sql_text(limit), place, actual))
        }
        Datum::Number(_) if matches!(kind, Kind::Text | Kind::Padded | Kind::Uuid | Kind::Bytes | Kind::Bool) => {
            Standing::Apart
        }
        Datum::Text(text) | Datum::Number(text) => text_order(text, place, actual),
        Datum::Bool(_) if kind == Kind::Bool => asked_order(&sql_text(&limit), place, actual),
        Datum::Bson(Bson::Array(_) | Bson::Binary(_)) => asked_order(&sql_text(&limit), place, actual),
        _ => Standing::Apart,
    }
}

fn text_order(limit: &str, place: Place, actual: &str) -> Standing {
    let certain = match place.kind() {
        Kind::Unknown => match (Decimal::parse(limit), Decimal::parse(actual)) {
            (Some(limit), Some(actual)) => Some(limit.cmp(&actual)),
            _ => Some(limit.cmp(actual)),
        },
        // The order of text is that of the database's collation.
        kind @ (Kind::Text | Kind::Padded) => {
            compare(kind, limit, actual).filter(|order| order.is_eq() || place.asked().is_none())
        }
        kind => compare(kind, limit, actual),
    };
    certain.map_or_else(|| asked_order(limit, place, actual), Standing::Is)
}

fn asked_order(limit: &str, place: Place, actual: &str) -> Standing {
    match place.asked() {
        Some(desk) => desk.order(place.base(), limit, actual, place.zone(actual)),
        None => compare(place.kind(), limit, actual).map_or(Standing::Apart, Standing::Is),
    }
}

/// A number has its order among the numbers of JSON. Other values have the order of `jsonb`; `json` has none.
fn json_order(limit: &Datum, place: Place, actual: &str) -> Standing {
    let number = match Json::parse(actual) {
        Some(Json::Number(text)) => Decimal::parse(&text),
        _ => None,
    };
    match (limit, number) {
        (Datum::Number(limit), number) => match (Decimal::parse(limit), number) {
            (Some(limit), Some(number)) => Standing::Is(limit.cmp(&number)),
            _ => Standing::Apart,
        },
        _ if place.base().name == "json" => Standing::NoOrder,
        (Datum::Text(text), _) if Json::parse(text).is_none() => {
            asked_order(&serde_json::Value::from(text.as_str()).to_string(), place, actual)
        }
        (limit, _) => asked_order(&sql_text(limit), place, actual),
    }
}

/// Text is JSON text, or a JSON string when it is none. `None` when what came is not read here.
fn json(expected: &Datum, actual: &str) -> Option<bool> {
    let actual = Json::parse(actual)?;
    Some(match expected {
        Datum::Text(text) => match Json::parse(text) {
            Some(json) => same_json(&json, &actual),
            None => same_json(&Json::Text(text.clone()), &actual),
        },
        other => super::bson_value::json_equal(other, &actual),
    })
}

/// A value of a document as a value of SQL, where there is one.
pub(super) fn simple(datum: &Datum) -> Datum {
    let Datum::Bson(value) = datum else { return datum.clone() };
    match value {
        Bson::Null | Bson::Undefined => Datum::Null,
        Bson::Boolean(value) => Datum::Bool(*value),
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => Datum::Number(sql_text(datum)),
        Bson::String(_) | Bson::Symbol(_) | Bson::ObjectId(_) | Bson::DateTime(_) => Datum::Text(sql_text(datum)),
        _ => datum.clone(),
    }
}
