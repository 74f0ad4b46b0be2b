//! Equality of typed values: of documents as the Unified Test Format has it, and of JSON.

use bson::{Bson, Document};

use super::decimal::Decimal;
use super::json::Json;
use crate::model::{Datum, decimal, relaxed_json};

/// Numbers are equal by value across int, long and double; Decimal128 equals Decimal128 only. The order of keys does not
/// count, the order of arrays does.
pub(super) fn equal(expected: &Bson, actual: &Bson) -> bool {
    match (expected, actual) {
        (Bson::Document(one), Bson::Document(other)) => same_fields(one, other),
        (Bson::Array(one), Bson::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| equal(one, other))
        }
        _ => match (bson_number(expected), bson_number(actual)) {
            (Some(one), Some(other)) => is_decimal(expected) == is_decimal(actual) && one == other,
            (None, None) => expected == actual,
            _ => false,
        },
    }
}

fn is_decimal(value: &Bson) -> bool {
    matches!(value, Bson::Decimal128(_))
}

fn same_fields(one: &Document, other: &Document) -> bool {
    let same = |(key, value): (&String, &Bson)| other.get(key).is_some_and(|actual| equal(value, actual));
    one.len() == other.len() && one.iter().all(same)
}

/// A number of a document, exactly; `None` for what is no number.
pub(super) fn bson_number(value: &Bson) -> Option<Decimal> {
    match value {
        Bson::Int32(number) => Decimal::parse(&number.to_string()),
        Bson::Int64(number) => Decimal::parse(&number.to_string()),
        Bson::Double(number) => Decimal::from_f64(*number),
        Bson::Decimal128(number) => Decimal::parse(&number.to_string()),
        _ => None,
    }
}

/// A value with a part of a `json` or `jsonb` cell.
pub(super) fn json_equal(expected: &Datum, actual: &Json) -> bool {
    match (expected, actual) {
        (Datum::Null, Json::Null) => true,
        (Datum::Bool(one), Json::Bool(other)) => one == other,
        (Datum::Text(one), Json::Text(other)) => one == other,
        (Datum::Number(one), Json::Number(other)) => same_number(&decimal(one), other),
        (Datum::Bson(value), json) => same_json(&Json::from(&relaxed_json(value)), json),
        _ => false,
    }
}

/// Equality of JSON values: the order of keys does not count, and numbers are equal by value.
pub(super) fn same_json(one: &Json, other: &Json) -> bool {
    match (one, other) {
        (Json::Number(one), Json::Number(other)) => same_number(one, other),
        (Json::Array(one), Json::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same_json(one, other))
        }
        (Json::Object(fields), Json::Object(others)) => {
            let same = |(key, value): &(String, Json)| other.field(key).is_some_and(|actual| same_json(value, actual));
            fields.len() == others.len() && fields.iter().all(same)
        }
        _ => one == other,
    }
}

fn same_number(one: &str, other: &str) -> bool {
    match (Decimal::parse(one), Decimal::parse(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn numbers_are_equal_across_their_types_except_decimal128() {
        let decimal = |text: &str| Bson::Decimal128(text.parse().unwrap());
        assert!(equal(&Bson::Int32(5), &Bson::Int64(5)));
        assert!(equal(&Bson::Int32(5), &Bson::Double(5.0)));
        assert!(!equal(&Bson::Int32(5), &Bson::Double(5.5)));
        assert!(!equal(&Bson::Int32(5), &decimal("5")));
        assert!(!equal(&decimal("5"), &Bson::Int32(5)));
        assert!(equal(&decimal("5.0"), &decimal("5.00")));
        assert!(equal(&Bson::Double(f64::NAN), &Bson::Double(f64::NAN)));
        assert!(!equal(&Bson::Int64(9_007_199_254_740_993), &Bson::Double(9_007_199_254_740_992.0)));
    }

    #[test]
    fn a_number_is_no_text_and_no_truth_value() {
        assert!(!equal(&Bson::Int32(1), &Bson::String("1".into())));
        assert!(!equal(&Bson::Int32(1), &Bson::Boolean(true)));
        assert!(!equal(&Bson::Null, &Bson::Int32(0)));
    }

    #[test]
    fn documents_are_equal_whatever_their_order_and_arrays_are_not() {
        assert!(equal(&doc! { "a": 1, "b": [1, 2] }.into(), &doc! { "b": [1, 2_i64], "a": 1.0 }.into()));
        assert!(!equal(&doc! { "b": [1, 2] }.into(), &doc! { "b": [2, 1] }.into()));
        assert!(!equal(&doc! { "a": 1 }.into(), &doc! { "a": 1, "b": 1 }.into()));
        assert!(!equal(&doc! { "a": 1, "b": 1 }.into(), &doc! { "a": 1, "c": 1 }.into()));
    }

    #[test]
    fn json_is_compared_by_structure() {
        let same = |one: &str, other: &str| same_json(&Json::parse(one).unwrap(), &Json::parse(other).unwrap());
        assert!(same(r#"{"a":[1,{"b":10.0}],"c":null}"#, r#"{ "c": null, "a": [1.0, {"b": 10}] }"#));
        assert!(!same(r#"{"a":1}"#, r#"{"a":"1"}"#));
        assert!(!same("[1,2]", "[2,1]"));
        assert!(!same(r#"{"a":1}"#, r#"{"a":1,"b":2}"#));
        assert!(!same("12345678901234567890.1", "12345678901234567890.2"));
    }
}
