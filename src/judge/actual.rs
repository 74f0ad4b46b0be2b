//! One view of everything that can come back: a cell of SQL, a BSON value, a part of a JSON value, or nothing.

use std::borrow::Cow;
use std::sync::LazyLock;

use bson::Bson;

use super::bson_value::bson_number;
use super::decimal::Decimal;
use super::ejson;
use super::json::Json;
use super::parts::fields_of;
use super::place::{Place, is_json, is_number};
use super::sql_value::Kind;
use super::types::{is_bson_type, names_type};
use crate::observation::parts::{Element, elements, lower_bounds};
use crate::observation::{Shape, SqlType};

/// Types of what no server returned.
static TEXT: LazyLock<SqlType> = LazyLock::new(|| SqlType::named("text"));
static COUNT: LazyLock<SqlType> = LazyLock::new(|| SqlType::named("int8"));
static RATIO: LazyLock<SqlType> = LazyLock::new(|| SqlType::named("float8"));

/// A value that came back, or a part of one.
#[derive(Clone, Debug)]
pub(super) enum Actual<'a> {
    /// There is no such field.
    Missing,
    /// A cell.
    Cell {
        place: Place<'a>,
        /// PostgreSQL's text in the style that is read here, or NULL.
        text: Option<Cow<'a, str>>,
        /// The same as the session printed it.
        printed: Option<Cow<'a, str>>,
    },
    /// A value of a document.
    Bson(&'a Bson),
    /// A part of a `json` or `jsonb` cell.
    Json(&'a Json),
}

impl<'a> Actual<'a> {
    /// A cell of a result set that the session printed in the style that is read here.
    pub(super) fn cell(place: Place<'a>, text: Option<&'a str>) -> Self {
        Self::printed_cell(place, text, text)
    }

    /// A cell of a result set, and how the session printed it.
    pub(super) fn printed_cell(place: Place<'a>, text: Option<&'a str>, printed: Option<&'a str>) -> Self {
        Actual::Cell { place, text: text.map(Cow::Borrowed), printed: printed.map(Cow::Borrowed) }
    }

    /// A part of a cell.
    fn part(place: Place<'a>, text: Option<String>) -> Self {
        let text: Option<Cow<'a, str>> = text.map(Cow::Owned);
        Actual::Cell { place, printed: text.clone(), text }
    }

    /// A text that is no cell: a message, a name.
    pub(super) fn text_value(text: &'a str) -> Self {
        Self::cell(Place { sql_type: &TEXT, desk: None }, Some(text))
    }

    /// A whole number that is no cell.
    pub(super) fn count(text: &'a str) -> Self {
        Self::cell(Place { sql_type: &COUNT, desk: None }, Some(text))
    }

    /// A number that is no cell.
    pub(super) fn ratio(text: &'a str) -> Self {
        Self::cell(Place { sql_type: &RATIO, desk: None }, Some(text))
    }

    /// No field, or NULL of SQL.
    pub(super) fn is_unset(&self) -> bool {
        matches!(self, Actual::Missing | Actual::Cell { text: None, .. })
    }

    /// The value as a message shows it.
    pub(super) fn show(&self) -> String {
        match self {
            Actual::Missing => "nothing".into(),
            Actual::Cell { printed: None, .. } => "NULL".into(),
            Actual::Cell { printed: Some(text), .. } => super::golden::cell(Some(text)),
            Actual::Bson(value) => ejson::line(value),
            Actual::Json(value) => show_json(value),
        }
    }

    /// The field `key` of a document, an object or a row.
    pub(super) fn field(&self, key: &str) -> Actual<'a> {
        match self {
            Actual::Bson(Bson::Document(document)) => document.get(key).map_or(Actual::Missing, Actual::Bson),
            Actual::Json(json) => json.field(key).map_or(Actual::Missing, Actual::Json),
            Actual::Cell { place, text: Some(text), .. } => row_field(*place, text, key).unwrap_or(Actual::Missing),
            _ => Actual::Missing,
        }
    }

    /// The keys of a document or an object, the names of the fields of a row.
    pub(super) fn keys(&self) -> Option<Vec<&'a str>> {
        match self {
            Actual::Bson(Bson::Document(document)) => Some(document.keys().map(String::as_str).collect()),
            Actual::Json(Json::Object(fields)) => Some(fields.iter().map(|(key, _)| key.as_str()).collect()),
            Actual::Cell { place, text: Some(_), .. } => match place.shape() {
                Shape::Composite(fields) => Some(fields.iter().map(|field| field.name.as_str()).collect()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The items of an array, the fields of a row.
    pub(super) fn items(&self) -> Option<Vec<Actual<'a>>> {
        match self {
            Actual::Bson(Bson::Array(items)) => Some(items.iter().map(Actual::Bson).collect()),
            Actual::Json(Json::Array(items)) => Some(items.iter().map(Actual::Json).collect()),
            Actual::Cell { place, text: Some(text), .. } => sql_items(*place, text),
            _ => None,
        }
    }

    /// Whether the first item of an array of SQL has a number other than 1, in any dimension.
    pub(super) fn has_bounds(&self) -> bool {
        match self {
            Actual::Cell { text: Some(text), .. } => lower_bounds(text).is_some_and(|bounds| !bounds.is_empty()),
            _ => false,
        }
    }

    /// How many items an array has.
    pub(super) fn length(&self) -> Option<usize> {
        if self.is_row() {
            return None;
        }
        let json = self.json_cell();
        json.as_ref().map_or_else(|| self.items(), |json| Actual::Json(json).items()).map(|items| items.len())
    }

    /// Whether it is a row of SQL: its fields have names, or places, and no number.
    pub(super) fn is_row(&self) -> bool {
        matches!(self, Actual::Cell { place, .. } if matches!(place.shape(), Shape::Composite(_) | Shape::Record))
    }

    /// The value as a number, if it is one by its type; text is none.
    pub(super) fn number(&self) -> Option<Decimal> {
        match self {
            Actual::Missing | Actual::Cell { text: None, .. } => None,
            Actual::Cell { place, text: Some(text), .. } => {
                let sql_type = place.sql_type;
                let numeric = is_number(sql_type) || is_json(sql_type) || place.kind() == Kind::Unknown;
                numeric.then(|| Decimal::parse(text)).flatten()
            }
            Actual::Bson(value) => bson_number(value),
            Actual::Json(Json::Number(text)) => Decimal::parse(text),
            Actual::Json(_) => None,
        }
    }

    /// The value as text, for a regular expression: any cell, a string of a document.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Actual::Cell { printed, .. } => printed.as_deref(),
            Actual::Bson(Bson::String(text) | Bson::Symbol(text)) => Some(text),
            Actual::Json(Json::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Whether the value has the type `name`: the column's type, a BSON alias, or what `jsonb_typeof` says.
    pub(super) fn has_type(&self, name: &str) -> bool {
        match self {
            Actual::Missing | Actual::Cell { text: None, .. } => false,
            Actual::Bson(value) => is_bson_type(value, name),
            Actual::Json(json) => json.type_name() == name,
            Actual::Cell { place, .. } => {
                names_type(name, place.sql_type)
                    || names_type(name, place.base())
                    || self.json_cell().is_some_and(|json| json.type_name() == name)
            }
        }
    }

    /// The name of the value's type.
    pub(super) fn type_name(&self) -> &'a str {
        match self {
            Actual::Missing => "nothing",
            Actual::Cell { place, .. } => &place.sql_type.name,
            Actual::Bson(value) => super::types::bson_type(value),
            Actual::Json(json) => json.type_name(),
        }
    }

    /// The content of a `json` or `jsonb` cell.
    pub(super) fn json_cell(&self) -> Option<Json> {
        match self {
            Actual::Cell { place, text: Some(text), .. } if is_json(place.sql_type) => Json::parse(text),
            _ => None,
        }
    }
}

fn sql_items<'a>(place: Place<'a>, text: &str) -> Option<Vec<Actual<'a>>> {
    match place.shape() {
        Shape::Array { element, delimiter } => {
            let item = |part| match part {
                Element::Null => Actual::part(place.part(element), None),
                Element::Value(text) => Actual::part(place.part(element), Some(text)),
                Element::Array(text) => Actual::part(place, Some(text)),
            };
            Some(elements(text, *delimiter)?.into_iter().map(item).collect())
        }
        Shape::Composite(_) | Shape::Record => {
            Some(fields_of(place, text)?.into_iter().map(|(place, text)| Actual::part(place, text)).collect())
        }
        _ => None,
    }
}

fn row_field<'a>(place: Place<'a>, text: &str, name: &str) -> Option<Actual<'a>> {
    let Shape::Composite(attributes) = place.shape() else { return None };
    let at = attributes.iter().position(|attribute| attribute.name == name)?;
    let (place, text) = fields_of(place, text)?.into_iter().nth(at)?;
    Some(Actual::part(place, text))
}

fn show_json(json: &Json) -> String {
    let join = |items: Vec<String>| items.join(",");
    match json {
        Json::Null => "null".into(),
        Json::Bool(value) => value.to_string(),
        Json::Number(text) => text.clone(),
        Json::Text(text) => serde_json::Value::from(text.as_str()).to_string(),
        Json::Array(items) => format!("[{}]", join(items.iter().map(show_json).collect())),
        Json::Object(fields) => {
            let field = |(key, value): &(String, Json)| {
                format!("{}:{}", serde_json::Value::from(key.as_str()), show_json(value))
            };
            format!("{{{}}}", join(fields.iter().map(field).collect()))
        }
    }
}
