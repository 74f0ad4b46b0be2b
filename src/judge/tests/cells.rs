//! Cells of SQL: by type, one that is equal and one that is not.

use proptest::prelude::*;

use crate::judge::actual::Actual;
use crate::judge::matching::matches;
use crate::judge::place::Place;
use crate::judge::testing::{value, variables};
use crate::model::{Datum, Variables};
use crate::observation::SqlType;

fn equal_with(variables: &Variables, expected: &str, type_name: &str, actual: Option<&str>) -> bool {
    let sql_type = SqlType::named(type_name);
    matches(&value(expected), &Actual::cell(Place { sql_type: &sql_type, desk: None }, actual), variables).is_ok()
}

fn equal(expected: &str, type_name: &str, actual: &str) -> bool {
    equal_with(&variables(), expected, type_name, Some(actual))
}

/// Each line: what was written, the type, what is equal, what is not.
fn check(table: &[(&str, &str, &[&str], &[&str])]) {
    for (expected, type_name, same, different) in table {
        for actual in *same {
            assert!(equal(expected, type_name, actual), "{expected} should equal {actual} of type {type_name}");
        }
        for actual in *different {
            assert!(!equal(expected, type_name, actual), "{expected} should not equal {actual} of type {type_name}");
        }
    }
}

#[test]
fn numbers_are_equal_by_value_whatever_their_digits() {
    check(&[
        ("10", "int4", &["10"], &["11", "-10"]),
        ("10", "numeric", &["10.00", "10"], &["10.01"]),
        ("\"10\"", "int4", &["10"], &["1"]),
        ("\"10.0\"", "int8", &["10"], &["100"]),
        ("12345678901234567890.1", "numeric", &["12345678901234567890.10"], &["12345678901234567890.2"]),
        ("\"NaN\"", "numeric", &["NaN"], &["0"]),
        ("\"-Infinity\"", "float8", &["-Infinity"], &["Infinity"]),
        ("0.1", "float8", &["0.1", "1e-1"], &["0.10000000000000002"]),
        ("0.1", "float4", &["0.1", "0.1000000001"], &["0.2"]),
        ("\"NaN\"", "float8", &["NaN"], &["1"]),
        ("true", "int4", &[], &["1", "t"]),
    ]);
}

#[test]
fn a_number_equals_text_only_when_the_text_is_exactly_as_written() {
    check(&[
        ("10", "text", &["10"], &["10.00", "010"]),
        ("10.00", "varchar", &["10.00"], &["10"]),
        ("\"10\"", "text", &["10"], &["10.0", " 10"]),
        ("true", "text", &["true"], &["t"]),
        ("\"a\"", "text", &["a"], &["A", "a "]),
    ]);
}

#[test]
fn truth_values_have_two_spellings() {
    check(&[
        ("true", "bool", &["t", "true"], &["f"]),
        ("false", "bool", &["f"], &["t"]),
        ("\"true\"", "bool", &["t"], &["f"]),
        ("\"f\"", "bool", &["f"], &["t"]),
        ("1", "bool", &[], &["t"]),
        ("\"yes\"", "bool", &["t"], &["f"]),
        ("\"maybe\"", "bool", &[], &["t", "f"]),
    ]);
}

#[test]
fn null_equals_only_null() {
    for type_name in ["text", "int4", "jsonb", "_text", "bool", ""] {
        assert!(equal_with(&variables(), "null", type_name, None), "{type_name}");
        assert!(!equal_with(&variables(), "null", type_name, Some("NULL")), "{type_name}");
        assert!(!equal_with(&variables(), "\"NULL\"", type_name, None), "{type_name}");
        assert!(!equal_with(&variables(), "0", type_name, None), "{type_name}");
    }
    assert!(equal("\"NULL\"", "text", "NULL"));
    assert!(!equal("null", "jsonb", "null"));
}

#[test]
fn times_are_equal_as_points_in_time() {
    check(&[
        ("\"2024-01-31T10:00:00Z\"", "timestamptz", &["2024-01-31 12:00:00+02"], &["2024-01-31 10:00:00+02"]),
        ("\"2024-01-31 10:00\"", "timestamp", &["2024-01-31 10:00:00"], &["2024-01-31 10:00:00.001"]),
        ("\"2024-01-31\"", "date", &["2024-01-31"], &["2024-02-01"]),
        ("\"infinity\"", "date", &["infinity"], &["-infinity"]),
        ("\"10:00\"", "time", &["10:00:00"], &["10:00:01"]),
        ("\"1 day\"", "interval", &["1 day"], &["24:00:00"]),
    ]);
}

#[test]
fn json_is_equal_by_structure() {
    check(&[
        (r#"{"a": [1, {"b": 2.0}]}"#, "jsonb", &[r#"{"a":[1.0,{"b":2}]}"#], &[r#"{"a":[1]}"#, "[]", "not json"]),
        (r#"{"a": 1}"#, "json", &[r#"{ "a" : 1 }"#], &[r#"{"a":1,"b":2}"#, r#"{"a":"1"}"#]),
        (r#""{\"a\": 1}""#, "jsonb", &[r#"{"a":1}"#], &[r#"{"a":2}"#]),
        (r#""abc""#, "jsonb", &[r#""abc""#], &[r#""abd""#]),
        (r#""10""#, "jsonb", &["10"], &["11", "\"10\""]),
        ("10", "jsonb", &["10.0"], &["\"10\""]),
        ("[1, null, true]", "jsonb", &["[1, null, true]"], &["[1, null]", "[1, null, false]"]),
    ]);
}

#[test]
fn arrays_are_equal_element_by_element_and_by_their_elements_type() {
    check(&[
        ("[1, 2]", "_numeric", &["{1.0,2.00}"], &["{2,1}", "{1,2,3}", "{1}"]),
        (r#"["a,b", null, "NULL"]"#, "_text", &[r#"{"a,b",NULL,"NULL"}"#], &[r#"{"a,b","NULL","NULL"}"#]),
        ("[[1, 2], [3, 4]]", "_int4", &["{{1,2},{3,4}}"], &["{{1,2},{4,3}}", "{1,2,3,4}"]),
        ("\"{1,2}\"", "_numeric", &["{1.0,2}"], &["{1,3}", "{1}"]),
        ("\"{{1},{2}}\"", "_int4", &["{{1},{2}}"], &["{{1},{3}}"]),
        ("[]", "_int4", &["{}"], &["{1}"]),
        ("[true]", "_bool", &["{t}"], &["{f}"]),
    ]);
}

#[test]
fn bytes_uuids_and_padded_text_are_equal_in_their_own_way() {
    check(&[
        (r#""\\xDEAD""#, "bytea", &["\\xdead"], &["\\xdeae"]),
        (r#"{"$binary": {"base64": "3q0=", "subType": "00"}}"#, "bytea", &["\\xdead"], &["\\xdeae", "\\xé"]),
        (
            "\"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11\"",
            "uuid",
            &["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
            &["b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"],
        ),
        ("\"ab\"", "bpchar", &["ab   "], &["abc  "]),
    ]);
}

#[test]
fn without_a_known_type_numbers_are_numbers_and_the_rest_is_text() {
    check(&[
        ("10", "", &["10", "10.00"], &["11", "ten"]),
        ("\"10\"", "", &["10"], &["10.00"]),
        ("true", "", &["t"], &["f"]),
        ("\"a\"", "", &["a"], &["b"]),
    ]);
}

#[test]
fn values_that_came_out_of_mongodb_are_compared_by_the_columns_type() {
    let id = bson::oid::ObjectId::from_bytes([7; 12]);
    let time = bson::DateTime::from_millis(1_706_695_200_000);
    let variables: Variables = [
        ("long", bson::Bson::Int64(5)),
        ("double", bson::Bson::Double(5.0)),
        ("decimal", bson::Bson::Decimal128("5.0".parse().unwrap())),
        ("id", bson::Bson::ObjectId(id)),
        ("time", bson::Bson::DateTime(time)),
        ("list", bson::Bson::Array(vec![bson::Bson::Int32(1), bson::Bson::Null])),
        ("doc", bson::Bson::Document(bson::doc! { "a": 1 })),
    ]
    .map(|(name, value)| (name.to_string(), Datum::Bson(value)))
    .into();
    for (name, type_name, same, different) in [
        ("long", "numeric", "5.00", "6"),
        ("double", "int4", "5", "6"),
        ("decimal", "numeric", "5", "5.1"),
        ("id", "text", "070707070707070707070707", "070707070707070707070708"),
        ("time", "timestamptz", "2024-01-31 10:00:00+00", "2024-01-31 10:00:01+00"),
        ("list", "_int4", "{1,NULL}", "{1,2}"),
        ("doc", "jsonb", "{\"a\": 1}", "{\"a\": 2}"),
    ] {
        let expected = format!("\"${{{name}}}\"");
        assert!(equal_with(&variables, &expected, type_name, Some(same)), "{name}");
        assert!(!equal_with(&variables, &expected, type_name, Some(different)), "{name}");
    }
}

#[test]
fn a_list_in_a_variable_has_a_length() {
    let list = bson::Bson::Array(vec![bson::Bson::Int32(1)]);
    let variables: Variables = [("list".to_string(), Datum::Bson(list))].into();
    assert!(equal_with(&variables, "\"${list}\"", "_int4", Some("{1}")));
    assert!(!equal_with(&variables, "\"${list}\"", "_int4", Some("{1,2}")));
    assert!(!equal_with(&variables, "\"${list}\"", "_int4", Some("{}")));
}

const TYPES: [&str; 18] = [
    "int4",
    "numeric",
    "float4",
    "float8",
    "bool",
    "date",
    "timestamp",
    "timestamptz",
    "time",
    "json",
    "jsonb",
    "bytea",
    "uuid",
    "bpchar",
    "text",
    "_text",
    "_int4",
    "",
];

proptest! {
    #[test]
    fn text_as_postgresql_printed_it_equals_itself_in_every_type(at in 0..TYPES.len(), text in "[a-z0-9 :.+-]{1,12}|-?[0-9]{1,30}(\\.[0-9]{1,10})?|[tf]|\\\\x([0-9a-f]{2}){0,4}") {
        let expected = serde_json::Value::from(text.as_str()).to_string();
        let is_possible = match TYPES[at] {
            "json" | "jsonb" => serde_json::from_str::<serde_json::Value>(&text).is_ok(),
            "bool" => matches!(text.as_str(), "t" | "f"),
            "_text" | "_int4" => false,
            _ => true,
        };
        prop_assert!(!is_possible || equal(&expected, TYPES[at], &text));
    }

    #[test]
    fn a_digit_that_is_changed_is_found_in_every_number_type(at in 0usize..6, digits in "[1-9][0-9]{0,5}", place in 0usize..6) {
        let type_name = ["int4", "numeric", "float8", "oid", "text", ""][at];
        let place = place % digits.len();
        let mut changed = digits.clone().into_bytes();
        changed[place] = if changed[place] == b'9' { b'8' } else { changed[place] + 1 };
        prop_assert!(equal(&digits, type_name, &digits));
        prop_assert!(!equal(&digits, type_name, &String::from_utf8(changed).unwrap()));
    }

    #[test]
    fn nothing_that_comes_makes_it_panic(at in 0..TYPES.len(), text: String, written in "\\PC{0,10}") {
        let expected = serde_json::Value::from(written.replace("${", "")).to_string();
        let _ = equal(&expected, TYPES[at], &text);
        let _ = equal("[1, {\"a\": null}]", TYPES[at], &text);
        let _ = equal("{\"$$regex\": \"a\"}", TYPES[at], &text);
    }
}
