//! A cell of SQL against what an author wrote, by its column's own type: here where that is certain, by asking the server
//! where it alone knows.

use std::cmp::Ordering;

use bson::Bson;

use super::array::{Element, elements, lower_bounds};
use super::bson_value::same_json;
use super::decimal::Decimal;
use super::desk::{Desk, Standing};
use super::instant::{self, Clock};
use super::json::Json;
use super::lossy::is_lossy;
use super::sql_value::{Kind, bytes, compare, kind, truth, uuid};
use crate::model::Datum;
use crate::observation::SqlType;
use crate::variables::sql_text;

/// OIDs from here on are given to what users make (manual, 68.2.2).
const FIRST_OF_USERS: u32 = 16_384;

/// Types that read no text, so that a server cannot be asked about them.
const UNREADABLE: [&str; 4] = ["record", "_record", "cstring", "unknown"];

/// The type of a value, and where to ask about it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    /// The type.
    pub(super) sql_type: &'a SqlType,
    /// `None` for what no server returned: a count, a message.
    pub(super) desk: Option<&'a Desk<'a>>,
}

impl<'a> Place<'a> {
    /// The place of an array's elements.
    pub(super) fn element(&self) -> Option<Self> {
        self.sql_type.element.as_deref().map(|sql_type| Self { sql_type, desk: self.desk })
    }

    /// What parts the elements of an array in its text: a comma for every type of the server but `box` (manual, 8.15.6).
    pub(super) fn delimiter(&self) -> char {
        if self.sql_type.element.as_ref().is_some_and(|element| element.name == "box") { ';' } else { ',' }
    }

    /// A user's type may have the name of one of the server's.
    fn kind(&self) -> Kind {
        if self.sql_type.oid >= FIRST_OF_USERS { Kind::Server } else { kind(&self.sql_type.name) }
    }

    /// Whether text of the type is in the style of the session rather than in the one that is read here.
    fn has_own_style(&self) -> bool {
        let settings = self.desk.and_then(Desk::settings);
        settings.is_some_and(|settings| !settings.is_usual())
            && matches!(self.kind(), Kind::Clock(Clock::Local | Clock::Zoned))
    }

    fn asked(&self) -> Option<&'a Desk<'a>> {
        self.desk.filter(|_| !UNREADABLE.contains(&self.sql_type.name.as_str()) && self.kind() != Kind::Unknown)
    }

    /// Text of a `timestamptz` without an offset is in the zone that the session shows.
    fn zone(&self, actual: &str) -> Option<String> {
        (self.kind() == Kind::Clock(Clock::Zoned)).then(|| instant::zone_of(actual)).flatten()
    }
}

/// Whether values of the type are numbers.
pub(super) fn is_number(type_name: &str) -> bool {
    matches!(kind(type_name), Kind::Number | Kind::Transaction | Kind::Float4 | Kind::Float8)
}

/// The text that all notations of a value have in common, for the types whose values are keys.
pub(super) fn canonical(type_name: &str, text: &str) -> String {
    match kind(type_name) {
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
        Some(desk) => desk.equal(place.sql_type, expected, actual, place.zone(actual)),
        None => expected == actual,
    }
}

/// `None` when only the server knows.
fn certain(expected: &Datum, place: Place, actual: &str) -> Option<bool> {
    let kind = place.kind();
    match (expected, place.element()) {
        (expected, _) if kind == Kind::Json => json(expected, actual),
        (Datum::Text(text) | Datum::Number(text), _) if text == actual => Some(true),
        (Datum::Text(text), Some(element)) => array(text, place, element, actual),
        (Datum::Bson(Bson::Array(items)), Some(element)) => Some(items_equal(items, place, element, actual)),
        (Datum::Bool(value), _) => Some(match kind {
            Kind::Bool | Kind::Unknown => truth(actual) == Some(*value),
            _ => actual == value.to_string(),
        }),
        (Datum::Bson(Bson::Binary(binary)), _) => match kind {
            Kind::Uuid => Some(uuid(actual)?[..] == binary.bytes[..]),
            Kind::Bytes => Some(bytes(actual)? == binary.bytes),
            _ => Some(sql_text(expected) == actual),
        },
        (Datum::Number(_), _) if kind == Kind::Bool => Some(false),
        (Datum::Text(text) | Datum::Number(text), _) => {
            same_text(text, matches!(expected, Datum::Number(_)), place, actual)
        }
        _ => Some(false),
    }
}

/// A number and a text differ only where the type is not known.
fn same_text(expected: &str, is_number: bool, place: Place, actual: &str) -> Option<bool> {
    match place.kind() {
        _ if is_lossy(expected, place.sql_type) => Some(false),
        _ if place.has_own_style() => None,
        Kind::Unknown if is_number => {
            Some(Decimal::parse(expected).is_some_and(|number| Decimal::parse(actual) == Some(number)))
        }
        Kind::Unknown => Some(false),
        kind => compare(kind, expected, actual).map(Ordering::is_eq),
    }
}

/// How the limit stands to what the server returned, in the order of its type.
pub(super) fn order(limit: &Datum, place: Place, actual: &str) -> Standing {
    let limit = simple(limit);
    let kind = place.kind();
    match &limit {
        Datum::Null => Standing::Apart,
        Datum::Text(text) if is_lossy(text, place.sql_type) => Standing::Apart,
        _ if UNREADABLE.contains(&place.sql_type.name.as_str()) || kind == Kind::Transaction => Standing::NoOrder,
        limit if kind == Kind::Json => json_order(limit, place, actual),
        Datum::Number(_) if matches!(kind, Kind::Text | Kind::Padded | Kind::Uuid | Kind::Bytes | Kind::Bool) => {
            Standing::Apart
        }
        Datum::Text(text) | Datum::Number(text) if place.sql_type.element.is_none() => text_order(text, place, actual),
        Datum::Bool(_) if kind == Kind::Bool => asked_order(&sql_text(&limit), place, actual),
        Datum::Text(_) | Datum::Bson(Bson::Array(_) | Bson::Binary(_)) => asked_order(&sql_text(&limit), place, actual),
        _ => Standing::Apart,
    }
}

fn text_order(limit: &str, place: Place, actual: &str) -> Standing {
    let certain = match place.kind() {
        _ if place.has_own_style() => None,
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
        Some(desk) => desk.order(place.sql_type, limit, actual, place.zone(actual)),
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
        _ if place.sql_type.name == "json" => Standing::NoOrder,
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

/// Arrays are equal when their bounds and their elements are. `None` when that is not certain of all elements.
fn array(expected: &str, place: Place, element: Place, actual: &str) -> Option<bool> {
    let read = |text: &str| Some((lower_bounds(text)?, elements(text, place.delimiter())?));
    let ((bounds, wanted), (came_bounds, got)) = (read(expected)?, read(actual)?);
    if bounds != came_bounds || wanted.len() != got.len() {
        return Some(false);
    }
    let mut all = Some(true);
    for pair in wanted.iter().zip(&got) {
        let same = match pair {
            (Element::Null, Element::Null) => Some(true),
            (Element::Value(one), Element::Value(other)) => certain(&Datum::Text(one.clone()), element, other),
            (Element::Array(one), Element::Array(other)) => array(one, place, element, other),
            _ => Some(false),
        };
        match same {
            Some(true) => {}
            Some(false) => return Some(false),
            None => all = None,
        }
    }
    all
}

/// A list that a variable holds: its first element has the number 1.
fn items_equal(items: &[Bson], place: Place, element: Place, actual: &str) -> bool {
    let Some(got) = elements(actual, place.delimiter()) else { return false };
    let same_item = |(item, element_text): (&Bson, &Element)| match element_text {
        Element::Null => matches!(item, Bson::Null),
        Element::Value(text) => equals(&Datum::Bson(item.clone()), element, Some(text)),
        Element::Array(text) => equals(&Datum::Bson(item.clone()), place, Some(text)),
    };
    lower_bounds(actual).is_some_and(|bounds| bounds.is_empty())
        && items.len() == got.len()
        && items.iter().zip(&got).all(same_item)
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
