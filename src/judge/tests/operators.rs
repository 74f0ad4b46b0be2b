//! Every operator: where it holds and where it must fail, in documents and in cells.

use bson::{Bson, doc};

use crate::judge::actual::Actual;
use crate::judge::matching::{Miss, matches};
use crate::judge::place::Place;
use crate::judge::testing::{value, variables};
use crate::observation::SqlType;

fn bson(expected: &str, actual: impl Into<Bson>) -> bool {
    matches(&value(expected), &Actual::Bson(&actual.into()), &variables()).is_ok()
}

fn cell(expected: &str, type_name: &str, actual: impl Into<Option<&'static str>>) -> bool {
    let sql_type = SqlType::named(type_name);
    let place = Place { sql_type: &sql_type, desk: None };
    matches(&value(expected), &Actual::cell(place, actual.into()), &variables()).is_ok()
}

fn invalid(expected: &str) -> String {
    match matches(&value(expected), &Actual::Bson(&Bson::Int32(1)), &variables()) {
        Err(Miss::Invalid(diagnostic)) => diagnostic.message,
        other => panic!("{expected} should be invalid, was {other:?}"),
    }
}

#[test]
fn exists() {
    assert!(bson(r#"{"a": {"$$exists": true}}"#, doc! { "a": Bson::Null }));
    assert!(!bson(r#"{"a": {"$$exists": true}}"#, doc! {}));
    assert!(bson(r#"{"a": {"$$exists": false}}"#, doc! {}));
    assert!(!bson(r#"{"a": {"$$exists": false}}"#, doc! { "a": 1 }));
    assert!(cell(r#"{"$$exists": true}"#, "text", "x") && !cell(r#"{"$$exists": true}"#, "text", None));
    assert!(cell(r#"{"$$exists": false}"#, "text", None) && !cell(r#"{"$$exists": false}"#, "text", "x"));
}

#[test]
fn type_of_a_value() {
    assert!(bson(r#"{"$$type": "long"}"#, 5_i64) && !bson(r#"{"$$type": "int"}"#, 5_i64));
    assert!(bson(r#"{"$$type": ["string", "number"]}"#, 5.5) && !bson(r#"{"$$type": ["string", "bool"]}"#, 5.5));
    assert!(!bson(r#"{"a": {"$$type": "int"}}"#, doc! {}));
    assert!(cell(r#"{"$$type": "integer"}"#, "int4", "5") && !cell(r#"{"$$type": "text"}"#, "int4", "5"));
    assert!(cell(r#"{"$$type": "object"}"#, "jsonb", "{}") && !cell(r#"{"$$type": "array"}"#, "jsonb", "{}"));
    assert!(cell(r#"{"a": {"$$type": "string"}}"#, "jsonb", "{\"a\":\"x\"}"));
}

#[test]
fn unset_or_matches() {
    assert!(bson(r#"{"a": {"$$unsetOrMatches": 1}}"#, doc! {}));
    assert!(bson(r#"{"a": {"$$unsetOrMatches": 1}}"#, doc! { "a": 1 }));
    assert!(!bson(r#"{"a": {"$$unsetOrMatches": 1}}"#, doc! { "a": 2 }));
    assert!(bson(r#"{"a": {"$$unsetOrMatches": {"$$gt": 1}}}"#, doc! { "a": 2 }));
    assert!(cell(r#"{"$$unsetOrMatches": 1}"#, "int4", None) && !cell(r#"{"$$unsetOrMatches": 1}"#, "int4", "2"));
}

#[test]
fn matches_entity() {
    assert!(bson(r#"{"$$matchesEntity": "five"}"#, 5) && !bson(r#"{"$$matchesEntity": "five"}"#, 6));
    assert!(
        cell(r#"{"$$matchesEntity": "name"}"#, "text", "Aiko") && !cell(r#"{"$$matchesEntity": "name"}"#, "text", "B")
    );
    assert_eq!(invalid(r#"{"$$matchesEntity": "nobody"}"#), "`nobody` has no value here");
}

#[test]
fn bounds_hold_on_their_own_side_and_at_the_limit_only_when_they_include_it() {
    for (operator, below, at, above) in [
        ("$$lt", true, false, false),
        ("$$lte", true, true, false),
        ("$$gt", false, false, true),
        ("$$gte", false, true, true),
    ] {
        let expected = format!("{{\"{operator}\": 5}}");
        assert_eq!(
            [bson(&expected, 4), bson(&expected, 5.0), bson(&expected, 6_i64)],
            [below, at, above],
            "{operator}"
        );
        let cells =
            [cell(&expected, "numeric", "4.9"), cell(&expected, "numeric", "5.00"), cell(&expected, "numeric", "5.1")];
        assert_eq!(cells, [below, at, above], "{operator}");
        let with_variable = format!("{{\"{operator}\": \"${{five}}\"}}");
        assert_eq!([bson(&with_variable, 4), bson(&with_variable, 5), bson(&with_variable, 6)], [below, at, above]);
    }
}

#[test]
fn bounds_compare_only_what_has_an_order() {
    assert!(bson(r#"{"$$lt": "b"}"#, "a") && !bson(r#"{"$$lt": "b"}"#, "c"));
    assert!(!bson(r#"{"$$lt": 5}"#, "4") && !bson(r#"{"$$lt": "5"}"#, 4));
    assert!(!bson(r#"{"a": {"$$gte": 0}}"#, doc! {}) && !cell(r#"{"$$gte": 0}"#, "int4", None));
    assert!(!cell(r#"{"$$gte": 0}"#, "text", "7"));
    let date = Bson::DateTime(bson::DateTime::from_millis(1000));
    assert!(bson(r#"{"$$lt": {"$date": {"$numberLong": "1001"}}}"#, date.clone()));
    assert!(!bson(r#"{"$$lt": {"$date": {"$numberLong": "1000"}}}"#, date));
    assert!(cell(r#"{"$$gte": "2024-01-31T10:00:00Z"}"#, "timestamptz", "2024-01-31 12:00:00+02"));
    assert!(!cell(r#"{"$$gt": "2024-01-31T10:00:00Z"}"#, "timestamptz", "2024-01-31 12:00:00+02"));
    assert!(cell(r#"{"$$gt": 9}"#, "jsonb", "10") && !cell(r#"{"$$gt": 11}"#, "jsonb", "10"));
    assert!(cell(r#"{"$$gt": 9}"#, "", "10") && !cell(r#"{"$$gt": 11}"#, "", "10"));
}

#[test]
fn several_operators_must_all_hold() {
    let between = r#"{"$$gte": 1, "$$lt": 3}"#;
    assert!(bson(between, 1) && bson(between, 2));
    assert!(!bson(between, 0) && !bson(between, 3));
}

#[test]
fn not_equal() {
    assert!(bson(r#"{"$$ne": 5}"#, 6) && !bson(r#"{"$$ne": 5}"#, 5.0));
    assert!(!bson(r#"{"a": {"$$ne": 5}}"#, doc! {}));
    assert!(bson(r#"{"$$ne": {"a": 1}}"#, doc! { "a": 2 }) && !bson(r#"{"$$ne": {"a": 1}}"#, doc! { "a": 1 }));
    assert!(cell(r#"{"$$ne": null}"#, "text", "x") && !cell(r#"{"$$ne": null}"#, "text", None));
    assert!(!cell(r#"{"$$ne": 10}"#, "numeric", "10.00"));
}

#[test]
fn regular_expressions() {
    assert!(bson(r#"{"$$regex": "b.d"}"#, "abcde") && !bson(r#"{"$$regex": "^b"}"#, "abc"));
    assert!(!bson(r#"{"$$regex": "5"}"#, 5));
    assert!(bson(r#"{"$$regex": {"pattern": "^B", "options": "im"}}"#, "a\nb"));
    assert!(!bson(r#"{"$$regex": {"pattern": "^B", "options": "i"}}"#, "a\nb"));
    assert!(cell(r#"{"$$regex": "^[0-9]+$"}"#, "int4", "42") && !cell(r#"{"$$regex": "^[0-9]$"}"#, "int4", "42"));
    assert!(!cell(r#"{"$$regex": ""}"#, "text", None));
    assert!(invalid(r#"{"$$regex": "("}"#).starts_with("not a regular expression"));
    assert!(invalid(r#"{"$$regex": {"patern": "a"}}"#).contains("{ pattern, options }"));
}

#[test]
fn approximately() {
    assert!(bson(r#"{"$$approx": 0.3}"#, 0.1 + 0.2) && !bson(r#"{"$$approx": 0.3}"#, 0.300_001));
    assert!(bson(r#"{"$$approx": {"value": 10, "within": 0.1}}"#, 10.1));
    assert!(bson(r#"{"$$approx": {"value": 1, "within": 0.1}}"#, 1.1), "1.1 - 1 is a little more than 0.1 in doubles");
    assert!(!bson(r#"{"$$approx": {"within": 0.1, "value": 10}}"#, 10.11));
    assert!(bson(r#"{"$$approx": 5}"#, Bson::Decimal128("5.0".parse().unwrap())));
    assert!(!bson(r#"{"$$approx": 5}"#, "5") && !bson(r#"{"$$approx": 0}"#, 1e-12));
    assert!(!bson(r#"{"$$approx": 1e308}"#, f64::INFINITY) && !bson(r#"{"$$approx": 1}"#, f64::NAN));
    assert!(
        cell(r#"{"$$approx": 2.5}"#, "float8", "2.5000000000000004") && !cell(r#"{"$$approx": 2.5}"#, "float8", "2.6")
    );
    assert!(!cell(r#"{"$$approx": 2.5}"#, "text", "2.5"));
    assert_eq!(invalid(r#"{"$$approx": "x"}"#), "`x` is not a number");
}

#[test]
fn any_value() {
    assert!(bson(r#"{"a": {"$$any": true}}"#, doc! { "a": Bson::Null }) && !bson(r#"{"a": {"$$any": true}}"#, doc! {}));
    assert!(cell(r#"{"$$any": true}"#, "text", None) && cell(r#"{"$$any": true}"#, "text", "x"));
    assert_eq!(invalid(r#"{"$$any": false}"#), "`$$any` takes `true`");
}

#[test]
fn size() {
    let list = || vec![Bson::Int32(1), Bson::Int32(2)];
    assert!(bson(r#"{"$$size": 2}"#, list()) && !bson(r#"{"$$size": 3}"#, list()) && !bson(r#"{"$$size": 0}"#, "ab"));
    assert!(bson(r#"{"$$size": {"$$gte": 2}}"#, list()) && !bson(r#"{"$$size": {"$$gt": 2}}"#, list()));
    assert!(cell(r#"{"$$size": 2}"#, "_text", "{a,b}") && !cell(r#"{"$$size": 2}"#, "_text", "{a}"));
    assert!(cell(r#"{"$$size": 2}"#, "jsonb", "[1, 2]") && !cell(r#"{"$$size": 2}"#, "jsonb", "{}"));
}

#[test]
fn operators_inside_documents_arrays_and_json() {
    assert!(bson(r#"{"a": [1, {"$$any": true}], "b": {"c": {"$$gt": 0}}}"#, doc! { "a": [1, "x"], "b": { "c": 1 } }));
    assert!(!bson(r#"{"a": [1, {"$$any": true}]}"#, doc! { "a": [1] }));
    assert!(cell(r#"{"a": [{"$$gt": 0}], "b": {"$$exists": false}}"#, "jsonb", "{\"a\":[1]}"));
    assert!(!cell(r#"{"a": [{"$$gt": 1}]}"#, "jsonb", "{\"a\":[1]}"));
    assert!(cell(r#"[1, {"$$gt": 1}, {"$$exists": false}]"#, "_int4", "{1,2,NULL}"));
}

#[test]
fn an_unknown_operator_is_invalid_and_never_a_field() {
    assert_eq!(invalid(r#"{"$$regexp": "a"}"#), "`$$regexp` is not an operator");
    assert_eq!(invalid(r#"{"$$gt": 0, "field": 1}"#), "`field` is not an operator");
}

#[test]
fn every_operator_of_the_list_is_known() {
    for name in crate::judge::operator::NAMES {
        let expected = format!("{{\"{name}\": true}}");
        if let Err(Miss::Invalid(diagnostic)) = matches(&value(&expected), &Actual::Missing, &variables()) {
            assert!(!diagnostic.message.contains("is not an operator"), "{name}");
        }
    }
}
