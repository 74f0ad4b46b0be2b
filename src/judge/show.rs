//! What an author wrote, as short text for messages and differences, with its variables filled in.

use crate::judge::golden;
use crate::model::{Datum, Value, ValueKind, Variables};
use crate::variables;

/// A value in the notation of JSON: `{"a":1}`, `"text"`, `10.00`.
pub(super) fn value(value: &Value, variables: &Variables) -> String {
    match &value.kind {
        ValueKind::Null => "null".into(),
        ValueKind::Bool(flag) => flag.to_string(),
        ValueKind::Number(text) => text.clone(),
        ValueKind::Text(template) => match variables::datum(value, variables) {
            Ok(datum) => self::datum(&datum),
            Err(_) => quoted(template.span.text()),
        },
        ValueKind::Sequence(items) => {
            format!("[{}]", items.iter().map(|item| self::value(item, variables)).collect::<Vec<_>>().join(","))
        }
        ValueKind::Mapping(entries) => {
            let entry = |(key, item): &(crate::source::Spanned<String>, Value)| {
                format!("{}:{}", quoted(key), self::value(item, variables))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(","))
        }
    }
}

/// A value as a cell of a table: text without quotes, NULL for null.
pub(super) fn cell(value: &Value, variables: &Variables) -> String {
    match &value.kind {
        ValueKind::Null | ValueKind::Text(_) => match variables::datum(value, variables) {
            Ok(Datum::Null) => golden::cell(None),
            Ok(datum) => golden::cell(Some(&super::cell::simple(&datum).to_text())),
            Err(_) => golden::cell(Some(&self::value(value, variables))),
        },
        _ => golden::cell(Some(&self::value(value, variables))),
    }
}

/// The value of a variable in the notation of JSON.
pub(super) fn datum(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) => quoted(text),
        Datum::Null => "null".into(),
        Datum::Bool(_) | Datum::Number(_) => datum.to_text(),
        Datum::Bson(value) => super::ejson::line(value),
    }
}

/// An operator with its argument: `$$lte 10`.
pub(super) fn operator(name: &str, argument: &Value, variables: &Variables) -> String {
    format!("{name} {}", value(argument, variables))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
