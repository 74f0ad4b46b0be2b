//! Whether what an author wrote matches what came: the walk over both trees. Operators and leaves have files of their own.

use bson::Bson;

use super::actual::Actual;
use super::{bson_value, cell, key_order, operator, show};
use crate::model::{Datum, Value, ValueKind, Variables};
use crate::source::{Diagnostic, Spanned};
use crate::variables;

/// The entries of a mapping.
pub(super) type Entries = [(Spanned<String>, Value)];

/// `Ok` when it matches.
pub(super) type Match = Result<(), Miss>;

/// Why it does not match.
#[derive(Debug)]
pub(super) enum Miss {
    /// What came is something else.
    Differs {
        /// From the inside out: keys and positions.
        path: Vec<String>,
        /// `expected 1, came 2`.
        why: String,
    },
    /// The expectation itself cannot be used.
    Invalid(Box<Diagnostic>),
}

impl Miss {
    /// What came is something else.
    pub(super) fn differs(why: impl Into<String>) -> Self {
        Miss::Differs { path: vec![], why: why.into() }
    }

    pub(super) fn inside(self, step: &str) -> Self {
        match self {
            Miss::Differs { mut path, why } => {
                path.push(step.to_string());
                Miss::Differs { path, why }
            }
            invalid => invalid,
        }
    }

    /// One sentence without a full stop: where inside the value, and what is wrong there.
    pub(super) fn sentence(&self) -> String {
        match self {
            Miss::Invalid(diagnostic) => diagnostic.message.clone(),
            Miss::Differs { path, why } if path.is_empty() => why.clone(),
            Miss::Differs { path, why } => {
                format!("at `{}`: {why}", path.iter().rev().map(String::as_str).collect::<Vec<_>>().join("."))
            }
        }
    }
}

impl From<Diagnostic> for Miss {
    fn from(diagnostic: Diagnostic) -> Self {
        Miss::Invalid(Box::new(diagnostic))
    }
}

/// Compares with the whole value: fields that were not expected are a mismatch.
pub(super) fn matches(expected: &Value, actual: &Actual, variables: &Variables) -> Match {
    if let Some(operators) = operator::operators(expected) {
        return operator::matches(operators, actual, variables);
    }
    if let Actual::Missing = actual {
        return Err(Miss::differs(format!("expected {}, but it is missing", show::value(expected, variables))));
    }
    match &expected.kind {
        ValueKind::Mapping(entries) => mapping(expected, entries, actual, variables),
        ValueKind::Sequence(items) => sequence(expected, items, actual, variables),
        _ => leaf(&variables::datum(expected, variables)?, actual),
    }
}

/// Compares the fields that are expected and lets others be: the meaning of `reply`, at the root only.
pub(super) fn matches_root(expected: &Value, actual: &Actual, variables: &Variables) -> Match {
    match &expected.kind {
        ValueKind::Mapping(entries) if operator::operators(expected).is_none() => fields(entries, actual, variables),
        _ => matches(expected, actual, variables),
    }
}

/// Compares one value without a structure of its own.
pub(super) fn leaf(expected: &Datum, actual: &Actual) -> Match {
    let equal = match actual {
        Actual::Missing => false,
        Actual::Cell { place, text, .. } => cell::equals(expected, *place, text.as_deref()),
        Actual::Bson(value) => bson_value::equal(&variables::datum_to_bson(expected), value),
        Actual::Json(json) => bson_value::json_equal(expected, json),
    };
    if equal { Ok(()) } else { Err(differs(&show::datum(expected), actual)) }
}

fn differs(expected: &str, actual: &Actual) -> Miss {
    let got = actual.show();
    if got == expected {
        return Miss::differs(format!("expected {expected}, got {got} of type {}", actual.type_name()));
    }
    Miss::differs(format!("expected {expected}, got {got}"))
}

fn mapping(expected: &Value, entries: &Entries, actual: &Actual, variables: &Variables) -> Match {
    if let Some(json) = actual.json_cell() {
        return whole(expected, entries, &Actual::Json(&json), variables);
    }
    // Extended JSON is a notation of MongoDB: in JSON of SQL, and in a row, keys are keys.
    if matches!(actual, Actual::Json(_)) || actual.is_row() {
        return whole(expected, entries, actual, variables);
    }
    match extended(expected, entries, variables)? {
        Some(typed) => leaf(&Datum::Bson(typed), actual),
        None => whole(expected, entries, actual, variables),
    }
}

/// Every field of both sides.
fn whole(expected: &Value, entries: &Entries, actual: &Actual, variables: &Variables) -> Match {
    let Some(keys) = actual.keys() else {
        return Err(differs(&show::value(expected, variables), actual));
    };
    fields(entries, actual, variables)?;
    key_order::of_reference(entries, &keys)?;
    match keys.iter().find(|key| !entries.iter().any(|(name, _)| name.value == **key)) {
        Some(key) => {
            Err(Miss::differs(format!("got {}, and nothing was expected", actual.field(key).show())).inside(key))
        }
        None => Ok(()),
    }
}

fn fields(entries: &Entries, actual: &Actual, variables: &Variables) -> Match {
    entries
        .iter()
        .try_for_each(|(key, value)| matches(value, &actual.field(key), variables).map_err(|miss| miss.inside(key)))
}

/// A value of Extended JSON; `None` when the mapping is a document.
fn extended(expected: &Value, entries: &Entries, variables: &Variables) -> Result<Option<Bson>, Miss> {
    if !entries.first().is_some_and(|(key, _)| key.starts_with('$')) {
        return Ok(None);
    }
    Ok(match variables::bson(expected, variables)? {
        Bson::Document(_) => None,
        typed => Some(typed),
    })
}

fn sequence(expected: &Value, items: &[Value], actual: &Actual, variables: &Variables) -> Match {
    if let Some(json) = actual.json_cell() {
        return sequence(expected, items, &Actual::Json(&json), variables);
    }
    let Some(got) = actual.items().filter(|_| !actual.has_bounds()) else {
        return Err(differs(&show::value(expected, variables), actual));
    };
    for (position, (item, actual)) in items.iter().zip(&got).enumerate() {
        matches(item, actual, variables).map_err(|miss| miss.inside(&position.to_string()))?;
    }
    if items.len() == got.len() {
        return Ok(());
    }
    Err(Miss::differs(format!("expected {} items, got {}: {}", items.len(), got.len(), actual.show())))
}

#[cfg(test)]
mod tests {
    use bson::{Bson, doc};

    use super::*;
    use crate::judge::testing::{value, variables};

    fn bson(expected: &str, actual: impl Into<Bson>) -> bool {
        matches(&value(expected), &Actual::Bson(&actual.into()), &variables()).is_ok()
    }

    fn why(expected: &str, actual: impl Into<Bson>) -> String {
        matches(&value(expected), &Actual::Bson(&actual.into()), &variables()).unwrap_err().sentence()
    }

    #[test]
    fn documents_match_whatever_the_order_of_their_keys() {
        assert!(bson(r#"{"a": 1, "b": {"c": 2, "d": 3}}"#, doc! { "b": { "d": 3, "c": 2 }, "a": 1 }));
    }

    #[test]
    fn a_field_too_many_or_too_few_is_a_mismatch_at_every_depth() {
        assert!(!bson(r#"{"a": 1}"#, doc! { "a": 1, "b": 2 }));
        assert!(!bson(r#"{"a": 1, "b": 2}"#, doc! { "a": 1 }));
        assert!(!bson(r#"{"a": {"b": 1}}"#, doc! { "a": { "b": 1, "c": 1 } }));
        assert_eq!(why(r#"{"a": {"b": 1}}"#, doc! { "a": { "b": 2 } }), "at `a.b`: expected 1, got 2");
        assert_eq!(why(r#"{"a": {}}"#, doc! { "a": { "b": 2 } }), "at `a.b`: got 2, and nothing was expected");
    }

    #[test]
    fn the_order_and_the_length_of_arrays_count() {
        assert!(bson("[1, 2]", vec![Bson::Int32(1), Bson::Int32(2)]));
        assert!(!bson("[2, 1]", vec![Bson::Int32(1), Bson::Int32(2)]));
        assert!(!bson("[1]", vec![Bson::Int32(1), Bson::Int32(2)]));
        assert!(!bson("[1, 2, 3]", vec![Bson::Int32(1), Bson::Int32(2)]));
        assert!(!bson("[]", doc! {}));
    }

    #[test]
    fn null_is_not_missing() {
        assert!(bson(r#"{"a": null}"#, doc! { "a": Bson::Null }));
        assert!(!bson(r#"{"a": null}"#, doc! {}));
    }

    #[test]
    fn extended_json_is_a_typed_value() {
        let id = bson::oid::ObjectId::from_bytes([7; 12]);
        assert!(bson(r#"{"_id": {"$oid": "070707070707070707070707"}}"#, doc! { "_id": id }));
        assert!(!bson(r#"{"_id": "070707070707070707070707"}"#, doc! { "_id": id }));
        assert!(bson(r#"{"n": {"$numberDecimal": "1.50"}}"#, doc! { "n": "1.5".parse::<bson::Decimal128>().unwrap() }));
        assert!(!bson(r#"{"n": 1.5}"#, doc! { "n": "1.5".parse::<bson::Decimal128>().unwrap() }));
    }

    #[test]
    fn a_variable_is_its_typed_value() {
        assert!(bson(r#"{"a": "${five}", "b": "n${five}"}"#, doc! { "a": 5, "b": "n5" }));
        assert!(!bson(r#"{"a": "${five}"}"#, doc! { "a": "5" }));
        assert_eq!(why(r#"{"a": "${unknown}"}"#, doc! { "a": 1 }), "`unknown` has no value here");
    }

    #[test]
    fn a_reply_may_have_more_fields_at_its_root_only() {
        let reply = |expected: &str, actual: bson::Document| {
            matches_root(&value(expected), &Actual::Bson(&actual.into()), &variables()).is_ok()
        };
        assert!(reply(r#"{"n": 1}"#, doc! { "n": 1, "ok": 1.0 }));
        assert!(!reply(r#"{"n": 2}"#, doc! { "n": 1, "ok": 1.0 }));
        assert!(!reply(r#"{"n": {"a": 1}}"#, doc! { "n": { "a": 1, "b": 1 } }));
        assert!(!reply(r#"{"m": 1}"#, doc! { "n": 1 }));
    }

    #[test]
    fn values_that_look_alike_are_told_apart_by_type() {
        assert_eq!(why(r#""a""#, Bson::Symbol("a".into())), r#"expected "a", got {"$symbol":"a"}"#);
    }
}
