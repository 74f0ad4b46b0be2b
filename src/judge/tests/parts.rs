//! Values of SQL that are made of others: rows, arrays of domains, ranges, enums, each part by its own type.

use super::*;
use crate::judge::actual::Actual;
use crate::judge::desk::Desk;
use crate::judge::matching::matches;
use crate::judge::place::Place;
use crate::model::Datum;
use crate::observation::{Answer, Answers, Attribute, Question, Shape, SqlType};

fn of(name: &str, shape: Shape) -> SqlType {
    SqlType { name: name.into(), schema: "app".into(), oid: 17_000, shape }
}

fn composite(fields: &[(&str, SqlType)]) -> SqlType {
    let field = |(name, sql_type): &(&str, SqlType)| Attribute { name: (*name).into(), sql_type: sql_type.clone() };
    of("thing", Shape::Composite(fields.iter().map(field).collect()))
}

fn named(name: &str) -> SqlType {
    SqlType::named(name)
}

fn domain(base: &str) -> SqlType {
    of("own", Shape::Domain(Box::new(named(base))))
}

fn array(element: SqlType) -> SqlType {
    of("_own", Shape::Array { element: Box::new(element), delimiter: ',' })
}

fn range(bound: &str, discrete: bool) -> SqlType {
    of("span", Shape::Range { bound: Box::new(named(bound)), discrete })
}

fn multirange(bound: &str) -> SqlType {
    of("spans", Shape::Multirange { bound: Box::new(named(bound)) })
}

/// Whether the cell matches, and what a server was asked that says `equal` to everything.
fn asked(written: &str, sql_type: &SqlType, actual: &str, equal: bool) -> (bool, Vec<Question>) {
    let mut answers = Answers::new();
    loop {
        let desk = Desk::new("pg.apj", None, &answers);
        let cell = Actual::cell(Place { sql_type, desk: Some(&desk) }, Some(actual));
        let held = matches(&value(written), &cell, &variables()).is_ok();
        let open = desk.close().0;
        if open.is_empty() {
            return (held, answers.into_keys().collect());
        }
        answers.extend(open.into_iter().map(|question| (question, Answer::Equality(equal))));
    }
}

/// What is certain.
fn equal(written: &str, sql_type: &SqlType, actual: &str) -> bool {
    let (held, questions) = asked(written, sql_type, actual, false);
    assert_eq!(questions, [], "{written} and {actual}");
    held
}

/// Each line: what was written, what is equal, what is not.
fn check(sql_type: &SqlType, table: &[(&str, &[&str], &[&str])]) {
    for (written, same, different) in table {
        for actual in *same {
            assert!(equal(written, sql_type, actual), "{written} should equal {actual}");
        }
        for actual in *different {
            assert!(!equal(written, sql_type, actual), "{written} should not equal {actual}");
        }
    }
}

#[test]
fn rows_are_equal_field_by_field_and_by_the_types_of_their_fields() {
    let price = composite(&[("amount", named("numeric")), ("at", named("timestamptz")), ("data", named("jsonb"))]);
    check(
        &price,
        &[
            (
                r#""(10,2024-05-01 12:00+02,\"{\"\"a\"\":1}\")""#,
                &[r#"(10.00,"2024-05-01 10:00:00+00","{""a"": 1.0}")"#],
                &[r#"(10.01,"2024-05-01 10:00:00+00","{""a"": 1}")"#, r#"(10,"2024-05-01 12:00:00+00","{""a"": 1}")"#],
            ),
            (r#""(,,)""#, &["(,,)"], &["(0,,)", r#"(,,"null")"#]),
            (r#""(1,,)""#, &["(1.0,,)"], &["(1,infinity,)"]),
        ],
    );
}

#[test]
fn a_list_and_a_mapping_are_the_fields_of_a_row() {
    let inner = composite(&[("x", named("int4")), ("y", named("numeric"))]);
    let outer = composite(&[("name", named("text")), ("p", inner.clone()), ("list", array(inner.clone()))]);
    check(
        &inner,
        &[
            ("[1, 2.5]", &["(1,2.50)"], &["(1,2.51)", "(1,)", "(2,2.5)"]),
            ("[1, null]", &["(1,)"], &["(1,0)"]),
            ("[1]", &[], &["(1,)"]),
            ("[1, 2, 3]", &[], &["(1,2)"]),
            (r#"{"y": 2.5, "x": 1}"#, &["(1,2.50)"], &["(1,2.6)"]),
            (r#"{"x": 1}"#, &[], &["(1,)", "(1,2)"]),
            (r#"{"x": 1, "y": null, "z": null}"#, &[], &["(1,)"]),
            (r#"{"x": {"$$gt": 0}, "y": {"$$type": "numeric"}}"#, &["(1,2)"], &["(0,2)", "(1,)"]),
            (r#"{"x": 1, "y": {"$$exists": false}}"#, &["(1,)"], &["(1,2)"]),
        ],
    );
    check(
        &outer,
        &[
            (
                r#"{"name": "a b", "p": [1, 2], "list": [[1, 2.0], {"x": 3, "y": 4}]}"#,
                &[r#"("a b","(1,2.0)","{""(1,2)"",""(3,4.00)""}")"#],
                &[r#"("a b","(1,2.0)","{""(1,2)"",""(3,5)""}")"#, r#"("a b","(1,2.0)",{})"#],
            ),
            (r#"["a", null, []]"#, &["(a,,{})"], &["(a,,)", r#"(a,"(,)",{})"#]),
        ],
    );
}

#[test]
fn keys_with_a_dollar_are_names_of_fields_in_a_row() {
    let odd = composite(&[("$oid", named("text"))]);
    assert!(equal(r#"{"$oid": "x"}"#, &odd, "(x)"));
}

#[test]
fn an_anonymous_row_has_fields_of_no_known_type() {
    check(
        &named("record"),
        &[
            ("[1, \"a\", null, true]", &["(1,a,,t)", "(1.0,a,,t)"], &["(2,a,,t)", "(1,b,,t)", "(1,a,\"\",t)"]),
            (r#""(1,\"a b\")""#, &[r#"(1,"a b")"#], &["(1.0,\"a b\")"]),
            (r#"{"f1": 1}"#, &[], &["(1)"]),
        ],
    );
    assert!(equal("[[1, 2], [3, 4]]", &named("_record"), r#"{"(1,2)","(3,4)"}"#));
}

#[test]
fn arrays_of_domains_are_equal_by_the_type_that_the_domain_is_over() {
    check(&array(domain("numeric")), &[("[1, 2]", &["{1.0,2.00}"], &["{1,3}"]), ("\"{1}\"", &["{1.000}"], &["{2}"])]);
    check(&array(domain("jsonb")), &[(r#"[{"a": 1}]"#, &[r#"{"{\"a\": 1.0}"}"#], &[r#"{"{\"a\": 2}"}"#])]);
    check(
        &domain("timestamptz"),
        &[("\"2024-05-01 12:00+02\"", &["2024-05-01 10:00:00+00"], &["2024-05-01 12:00:00+00"])],
    );
}

#[test]
fn enums_are_equal_by_their_labels_and_have_their_order() {
    let mood = of("mood", Shape::Enum(["sad", "ok", "happy"].map(String::from).to_vec()));
    check(&mood, &[("\"ok\"", &["ok"], &["sad"]), (r#"{"$$gt": "sad"}"#, &["ok", "happy"], &["sad"])]);
    assert_eq!(asked("\"OK\"", &mood, "ok", false).1.len(), 1, "the server says that this is no label");
}

#[test]
fn ranges_are_equal_when_their_bounds_are() {
    check(
        &range("numeric", false),
        &[
            ("\"[1,2)\"", &["[1.0,2.00)"], &["[1,2]", "(1,2)", "[1,3)", "[1,)"]),
            ("\"[,2)\"", &["(,2)"], &["[0,2)"]),
            ("\"empty\"", &["empty"], &["[1,2)"]),
        ],
    );
    let zoned = range("timestamptz", false);
    assert!(equal("\"[2024-05-01 12:00+02,)\"", &zoned, "[\"2024-05-01 10:00:00+00\",)"));
    assert!(equal("\"[2024-05-01 12:00,)\"", &zoned, "[\"2024-05-01 12:00:00+02\",)"));
    assert!(!equal("\"[2024-05-01 12:00+02,)\"", &zoned, "[\"2024-05-01 12:00:00+00\",)"));
    let spans = multirange("numeric");
    assert!(equal("\"{[1,2),[3,4)}\"", &spans, "{[1.0,2),[3,4.0)}"));
}

#[test]
fn a_notation_of_a_range_that_may_mean_the_same_is_for_the_server() {
    let days = range("int4", true);
    for (sql_type, written, actual) in [
        (&days, "\"[1,3]\"", "[1,4)"),
        (&days, "\"[1,1)\"", "empty"),
        (&range("numeric", false), "\"[1,1)\"", "empty"),
        (&multirange("int4"), "\"{[3,4),[1,2)}\"", "{[1,2),[3,4)}"),
        (&multirange("int4"), "\"{[1,2),[2,4)}\"", "{[1,4)}"),
    ] {
        assert!(asked(written, sql_type, actual, true).0, "{written}");
        assert!(!asked(written, sql_type, actual, false).0, "{written}");
    }
}

#[test]
fn what_the_server_would_lose_inside_a_value_equals_nothing() {
    let local = named("timestamp");
    let row = composite(&[("at", local.clone()), ("for", named("interval"))]);
    for (written, sql_type, actual) in [
        ("\"(2024-05-01 12:00+02,)\"", &row, "(\"2024-05-01 12:00:00\",)"),
        ("\"(,0.0000014 s)\"", &row, "(,00:00:00.000001)"),
        ("\"[2024-05-01 12:00+02,)\"", &range("timestamp", false), "[\"2024-05-01 12:00:00\",)"),
        ("\"[2024-05-01 12:00:00.0000001,)\"", &range("timestamp", true), "[\"2024-05-01 12:00:00\",)"),
        ("\"{[2024-05-01 12:00:00.0000001,)}\"", &multirange("timestamp"), "{[\"2024-05-01 12:00:00\",)}"),
        ("\"{2024-05-01 12:00 PST}\"", &array(local), "{\"2024-05-01 12:00:00\"}"),
    ] {
        let (held, questions) = asked(written, sql_type, actual, true);
        assert!(!held && questions.is_empty(), "{written}: {questions:?}");
    }
}

#[test]
fn what_only_the_server_knows_of_a_part_is_asked_about_that_part() {
    let row = composite(&[("for", domain("interval")), ("n", named("int4"))]);
    let (held, questions) = asked("\"(24 hours,1)\"", &row, "(\"1 day\",1)", true);
    assert!(held);
    let asked: Vec<_> = questions.iter().map(|one| (one.sql_type.name.as_str(), one.expected.as_str())).collect();
    assert_eq!(asked, [("interval", "24 hours")]);
}

#[test]
fn rows_have_the_order_of_their_first_fields_that_differ() {
    let row = composite(&[("a", named("int4")), ("b", named("numeric"))]);
    check(
        &row,
        &[
            (r#"{"$$lt": "(2,1)"}"#, &["(1,9)", "(2,0.5)"], &["(2,1.0)", "(2,)", "(3,0)"]),
            (r#"{"$$gte": [2, 1]}"#, &["(2,1.0)", "(2,)", "(10,0)"], &["(1,9)", "(2,0.9)"]),
        ],
    );
}

#[test]
fn a_row_whose_fields_have_become_others_is_for_the_server() {
    let row = composite(&[("a", named("int4"))]);
    assert_eq!(asked("\"(1,2)\"", &row, "(1,2.0)", true).1.len(), 1);
}

#[test]
fn a_value_that_was_saved_is_compared_field_by_field() {
    let row = composite(&[("a", named("numeric")), ("b", named("text"))]);
    let saved = bson::Bson::Document(doc! { "b": "x", "a": 1.5 });
    let list = bson::Bson::Array(vec![bson::Bson::Double(1.5), bson::Bson::String("x".into())]);
    for datum in [Datum::Bson(saved), Datum::Bson(list), Datum::Text("(1.50,x)".into())] {
        let variables = [("v".to_string(), datum)].into();
        let held = |actual: &str| {
            let cell = Actual::cell(Place { sql_type: &row, desk: None }, Some(actual));
            matches(&value("\"${v}\""), &cell, &variables).is_ok()
        };
        assert!(held("(1.500,x)") && !held("(1.5,y)") && !held("(1.6,x)"));
    }
}

#[test]
fn a_number_keeps_its_spelling_in_text_and_its_value_elsewhere() {
    let hex = |sql_type: &SqlType, actual: &str| {
        let variables = [("v".to_string(), Datum::Number("0x1F".into()))].into();
        let cell = Actual::cell(Place { sql_type, desk: None }, Some(actual));
        matches(&value("\"${v}\""), &cell, &variables).is_ok()
    };
    assert!(hex(&named("int4"), "31") && hex(&named("numeric"), "31.0") && hex(&named("jsonb"), "31"));
    assert!(hex(&named("text"), "0x1F") && !hex(&named("text"), "31") && !hex(&named("bpchar"), "31 "));
}

#[test]
fn extended_json_is_a_notation_of_mongodb_and_an_object_in_json() {
    let json = named("jsonb");
    check(
        &json,
        &[
            (r#"{"$numberLong": "5"}"#, &[r#"{"$numberLong": "5"}"#], &["5", "\"5\""]),
            (r#"{"n": {"$numberLong": "5"}}"#, &[r#"{"n": {"$numberLong": "5"}}"#], &[r#"{"n": 5}"#]),
            (r#"{"$oid": "x"}"#, &[r#"{"$oid": "x"}"#], &["\"x\""]),
        ],
    );
    let long = bson::Bson::Int64(5);
    assert!(matches(&value(r#"{"$numberLong": "5"}"#), &Actual::Bson(&long), &variables()).is_ok());
}
