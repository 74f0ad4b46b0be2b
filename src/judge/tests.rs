//! `judge` itself: every part of `expect`, where it holds and where it must fail, and what the evidence says.

use std::time::Duration;

use bson::doc;
use proptest::prelude::*;

use super::testing::*;
use super::{golden_differs, judge};
use crate::explain::{Plan, PlanNode};
use crate::model::{ColumnExpectation, Expectation};
use crate::observation::{Outcome, Output, ServerError};
use crate::verdict::{DiffSide, Evidence};

fn with(change: impl FnOnce(&mut Expectation)) -> Expectation {
    let mut expect = expectation();
    change(&mut expect);
    expect
}

fn table() -> Outcome {
    returned(&["id:int4", "price:numeric", "name:text"], &[&["1", "10.00", "Lamp"], &["2", "20.50", "\\N"]]).outcome
}

fn rows_of(json: &str, ordered: bool) -> Expectation {
    with(|expect| expect.rows = Some(rows_expectation(json, ordered)))
}

fn line(evidence: &Evidence) -> usize {
    evidence.place.as_ref().unwrap().line
}

fn refusal() -> ServerError {
    ServerError {
        sqlstate: Some("23505".into()),
        name: Some("unique_violation".into()),
        message: "duplicate key value violates unique constraint \"customer_pkey\"".into(),
        detail: Some("Key (id)=(1) already exists.".into()),
        hint: Some("Use another.".into()),
        constraint: Some("customer_pkey".into()),
        table: Some("customer".into()),
        column: Some("id".into()),
        position: Some(10),
        ..ServerError::default()
    }
}

#[test]
fn without_expect_a_step_must_merely_succeed() {
    assert!(judge(&step(None), &[observed(Outcome::Output(Output::Nothing))], &variables()).is_empty());
    let found = judge(&step(None), &[observed(Outcome::Refused(refusal()))], &variables());
    let [evidence] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(line(evidence), 60);
    assert_eq!(evidence.code.as_deref(), Some("23505 unique_violation"));
    assert_eq!(evidence.node.as_deref(), Some("pg.apj"));
    assert!(evidence.message.contains("duplicate key value"));
    assert_eq!(
        evidence.notes,
        ["DETAIL: Key (id)=(1) already exists.", "HINT: Use another.", "at character 10 of the SQL: `FORM t`"]
    );
}

#[test]
fn an_expectation_without_an_error_fails_when_the_server_refuses() {
    assert_eq!(judged(with(|e| e.affected = Some(value("1"))), Outcome::Refused(refusal())).len(), 1);
}

#[test]
fn rows_hold_in_order_only() {
    let matching = r#"[[1, 10, "Lamp"], [2, 20.5, null]]"#;
    let swapped = r#"[[2, 20.5, null], [1, 10, "Lamp"]]"#;
    assert!(judged(rows_of(matching, true), table()).is_empty());
    assert!(judged(rows_of(swapped, false), table()).is_empty());
    assert_eq!(judged(rows_of(swapped, true), table()).len(), 1);
}

#[test]
fn a_changed_cell_is_shown_at_its_place_with_only_that_cell_marked() {
    let found = judged(rows_of(r#"[[1, 10, "Lamp"], [2, 20, null]]"#, true), table());
    let [evidence] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(line(evidence), 2);
    assert_eq!(evidence.message, "the rows are not as expected: row 2, column `price`: expected 20, came 20.50");
    let diff = evidence.diff.as_ref().unwrap();
    let texts: Vec<&str> = diff.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["1  | 10.00 | Lamp", "2  | 20    | NULL", "2  | 20.50 | NULL"]);
    assert_eq!(diff.lines[1].marks, [(5, 7)]);
}

#[test]
fn missing_and_extra_rows_are_counted_and_shown() {
    let missing = &judged(rows_of(r#"[[1, 10, "Lamp"], [2, 20.5, null], [3, 1, "x"]]"#, true), table())[0];
    assert_eq!((missing.message.as_str(), line(missing)), ("expected 3 rows, came 2 rows", 3));
    let extra = &judged(rows_of(r#"[[1, 10, "Lamp"]]"#, true), table())[0];
    assert_eq!((extra.message.as_str(), line(extra)), ("expected 1 row, came 2 rows", 50));
    assert_eq!(extra.diff.as_ref().unwrap().lines[1].side, DiffSide::Extra);
    assert_eq!(judged(rows_of(r#"[[1, 10, "Lamp"], [1, 10, "Lamp"]]"#, false), table()).len(), 1);
    assert_eq!(judged(rows_of("[]", false), table()).len(), 1);
}

#[test]
fn a_row_of_another_width_is_shown_at_its_place() {
    let found = judged(rows_of(r#"[[1, 10, "Lamp"], [2, 20.5]]"#, true), table());
    assert_eq!((found.len(), line(&found[0])), (1, 2));
    assert_eq!(found[0].message, "this row has 2 cells, but the result has 3 columns");
}

#[test]
fn an_operator_can_stand_in_a_row_and_a_row_that_it_takes_is_given_back() {
    let any = r#"[[{"$$any": true}, {"$$any": true}, {"$$any": true}], [1, {"$$gte": 10}, {"$$regex": "^L"}]]"#;
    assert!(judged(rows_of(any, false), table()).is_empty());
    assert_eq!(judged(rows_of(any, true), table()).len(), 1);
}

#[test]
fn variables_are_filled_in_and_shown() {
    let found = judged(rows_of(r#"[[1, 10, "Lamp"], [2, "${five}", null]]"#, true), table());
    assert_eq!(found[0].notes, ["five = 5"]);
    let unknown = judged(rows_of(r#"[[1, "${nobody}", "Lamp"], [2, 1, null]]"#, true), table());
    assert!(unknown[0].message.contains("`nobody` has no value here"), "{unknown:?}");
}

#[test]
fn value_is_one_row_of_one_column() {
    let one = |text: &str| returned(&["n:numeric"], &[&[text]]).outcome;
    let expect = || with(|e| e.value = Some(value_at("10", 7)));
    assert!(judged(expect(), one("10.00")).is_empty());
    let found = &judged(expect(), one("11"))[0];
    assert_eq!((line(found), found.expected.as_deref(), found.actual.as_deref()), (7, Some("10"), Some("11")));
    assert!(judged(expect(), returned(&["n:int4"], &[]).outcome)[0].message.contains("one row of one column"));
    assert!(judged(expect(), table())[0].message.contains("2 rows of 3 columns"));
}

#[test]
fn columns_have_names_and_types() {
    let columns = |wanted: &[(&str, Option<&str>)]| {
        let column = |(at, (name, type_name)): (usize, &(&str, Option<&str>))| ColumnExpectation {
            name: spanned(name.to_string(), at + 1),
            type_name: type_name.map(|name| spanned(name.to_string(), at + 1)),
        };
        let columns = wanted.iter().enumerate().map(column).collect();
        judged(with(|e| e.columns = Some(spanned(columns, 20))), table())
    };
    assert!(columns(&[("id", Some("integer")), ("price", Some("decimal")), ("name", None)]).is_empty());
    assert_eq!(line(&columns(&[("id", None), ("price", Some("int4")), ("name", None)])[0]), 2);
    assert_eq!(line(&columns(&[("id", None), ("prize", None), ("name", None)])[0]), 2);
    assert_eq!(line(&columns(&[("id", None), ("price", None)])[0]), 20);
    assert_eq!(columns(&[("price", None), ("id", None), ("name", None)]).len(), 1);
}

#[test]
fn affected_is_a_number_or_an_operator() {
    let sql = |affected| Outcome::Output(Output::Sql { rows: None, affected });
    let expect = |json: &str| with(|e| e.affected = Some(value(json)));
    assert!(judged(expect("3"), sql(3)).is_empty());
    assert_eq!(judged(expect("3"), sql(2))[0].actual.as_deref(), Some("2"));
    assert!(judged(expect(r#"{"$$gte": 1}"#), sql(3)).is_empty());
    assert_eq!(judged(expect(r#"{"$$gte": 1}"#), sql(0)).len(), 1);
}

#[test]
fn empty_speaks_of_rows_and_of_documents() {
    let expect = |flag| with(|e| e.empty = Some(spanned(flag, 8)));
    let documents = |documents| Outcome::Output(Output::Documents(documents));
    assert!(judged(expect(true), returned(&["a:int4"], &[]).outcome).is_empty());
    assert!(judged(expect(true), documents(vec![])).is_empty());
    assert!(judged(expect(false), table()).is_empty());
    assert_eq!(judged(expect(true), table())[0].message, "expected no rows, came 2 rows");
    assert_eq!(judged(expect(false), documents(vec![]))[0].message, "expected at least one document, came 0 documents");
    assert_eq!(judged(expect(true), Outcome::Output(Output::Streamed { count: 4 })).len(), 1);
    let nothing = judged(expect(true), Outcome::Output(Output::Sql { rows: None, affected: 0 }));
    assert!(nothing[0].message.contains("no result set"), "a statement without rows is not proven to be empty");
}

#[test]
fn an_expected_error_must_come() {
    let expect = with(|e| {
        let mut error = awaited();
        error.sqlstate = Some(value("23505"));
        e.error = Some(error);
    });
    assert!(judged(expect.clone(), Outcome::Refused(refusal())).is_empty());
    let found = &judged(expect, table())[0];
    assert_eq!((line(found), found.expected.as_deref()), (3, Some("an error with sqlstate 23505")));
    assert!(judged(with(|e| e.error = Some(awaited())), Outcome::Refused(refusal())).is_empty());
}

/// A refusal judged with one part of `error`, on line 9.
fn error_part(part: &str, json: &str, error: ServerError) -> Vec<Evidence> {
    let mut awaited = awaited();
    let place = match part {
        "sqlstate" => &mut awaited.sqlstate,
        "message" => &mut awaited.message,
        "constraint" => &mut awaited.constraint,
        "table" => &mut awaited.table,
        "column" => &mut awaited.column,
        "code" => &mut awaited.code,
        "name" => &mut awaited.name,
        other => panic!("{other}"),
    };
    *place = Some(value_at(json, 9));
    judged(with(|e| e.error = Some(awaited)), Outcome::Refused(error))
}

#[test]
fn every_part_of_an_error_holds_or_is_named_at_its_place() {
    for (part, holds, fails) in [
        ("sqlstate", "\"23505\"", "\"23503\""),
        ("sqlstate", "23", "42"),
        ("sqlstate", r#"{"$$regex": "^23"}"#, r#"{"$$regex": "^42"}"#),
        ("message", "\"duplicate key\"", "\"deadlock\""),
        ("message", r#"{"$$regex": "^duplicate .*pkey\"$"}"#, r#"{"$$regex": "^key"}"#),
        ("constraint", "\"customer_pkey\"", "\"customer\""),
        ("table", "\"customer\"", "\"orders\""),
        ("column", "\"id\"", "\"name\""),
        ("name", "\"unique_violation\"", "\"unique\""),
        ("code", r#"{"$$exists": false}"#, "11000"),
    ] {
        assert!(error_part(part, holds, refusal()).is_empty(), "{part} {holds}");
        let found = error_part(part, fails, refusal());
        assert_eq!((found.len(), line(&found[0])), (1, 9), "{part} {fails}");
        assert_eq!(found[0].code.as_deref(), Some("23505 unique_violation"));
    }
    assert!(!error_part("constraint", "\"x\"", ServerError::default()).is_empty());
    assert!(!error_part("sqlstate", "\"2350\"", refusal()).is_empty());
}

#[test]
fn errors_of_mongodb_have_codes_and_labels() {
    let error = || ServerError {
        code: Some(112),
        name: Some("WriteConflict".into()),
        labels: vec!["TransientTransactionError".into()],
        ..ServerError::default()
    };
    assert!(error_part("code", "112", error()).is_empty());
    assert_eq!(error_part("code", "11", error())[0].code.as_deref(), Some("112 WriteConflict"));
    let labelled = |label: &str| {
        let mut awaited = awaited();
        awaited.labels = Some(spanned(vec![spanned(label.to_string(), 12)], 11));
        judged(with(|e| e.error = Some(awaited)), Outcome::Refused(error()))
    };
    assert!(labelled("TransientTransactionError").is_empty());
    assert_eq!(line(&labelled("RetryableWriteError")[0]), 12);
}

#[test]
fn documents_hold_in_order_or_in_any_order() {
    let came = || Outcome::Output(Output::Documents(vec![doc! { "_id": 1, "n": 5 }, doc! { "_id": 2, "n": 6 }]));
    let documents =
        |json: &str, ordered| judged(with(|e| e.documents = Some(documents_expectation(json, ordered))), came());
    assert!(documents(r#"[{"_id": 1, "n": 5}, {"n": 6, "_id": 2}]"#, true).is_empty());
    assert_eq!(documents(r#"[{"_id": 2, "n": 6}, {"_id": 1, "n": 5}]"#, true).len(), 1);
    assert!(documents(r#"[{"_id": 2, "n": 6}, {"_id": 1, "n": 5}]"#, false).is_empty());
    assert_eq!(documents(r#"[{"_id": 1, "n": 5}, {"_id": 1, "n": 5}]"#, false).len(), 1);
    assert_eq!(documents(r#"[{"_id": 1, "n": 5}]"#, true)[0].message, "expected 1 document, came 2 documents");
    assert_eq!(documents("[]", true).len(), 1);
}

#[test]
fn a_document_is_shown_in_the_notation_of_what_came_so_that_only_the_change_is_marked() {
    let came = Outcome::Output(Output::Documents(vec![doc! { "b": 5_i64, "a": { "y": 1, "x": 2 }, "c": [1] }]));
    let expect = with(|e| {
        e.documents = Some(documents_expectation(
            r#"[{"a": {"x": 3, "y": 1}, "b": 5, "c": [1], "d": {"$$exists": false}}]"#,
            true,
        ));
    });
    let found = judged(expect, came);
    assert_eq!(found[0].message, "the documents are not as expected: document 1, at `a.x`: expected 3, came 2");
    let diff = found[0].diff.as_ref().unwrap();
    assert_eq!(diff.lines[0].text, r#"{"b":{"$numberLong":"5"},"a":{"y":1,"x":3},"c":[1]}"#);
    assert_eq!(diff.lines[1].text, r#"{"b":{"$numberLong":"5"},"a":{"y":1,"x":2},"c":[1]}"#);
    assert_eq!(diff.lines[0].marks.len(), 1);
}

#[test]
fn a_reply_needs_the_fields_that_are_written() {
    let came = || Outcome::Output(Output::Reply(doc! { "n": 1, "ok": 1.0 }));
    let reply = |json: &str| judged(with(|e| e.reply = Some(value_at(json, 6))), came());
    assert!(reply(r#"{"n": 1}"#).is_empty());
    let found = reply(r#"{"n": 2}"#);
    assert_eq!(
        (line(&found[0]), found[0].message.as_str()),
        (6, "the reply is not as expected: at `n`: expected 2, came 1")
    );
}

#[test]
fn a_part_that_says_nothing_about_what_came_fails() {
    let documents = || Outcome::Output(Output::Documents(vec![]));
    for expect in [
        rows_of("[]", true),
        with(|e| e.value = Some(value("1"))),
        with(|e| e.columns = Some(spanned(vec![], 1))),
        with(|e| e.affected = Some(value("0"))),
        with(|e| e.reply = Some(value("{}"))),
        with(|e| e.plan = Some(plan_expectation())),
    ] {
        assert!(judged(expect, documents())[0].message.contains("but the step returned documents"));
    }
    let on_rows = judged(with(|e| e.documents = Some(documents_expectation("[]", true))), table());
    assert!(on_rows[0].message.contains("but the step returned rows"));
}

fn plan() -> Outcome {
    let scan = |relation: &str, executed| PlanNode {
        kind: "Index Scan".into(),
        relation: Some(relation.into()),
        index: Some(format!("{relation}_index")),
        executed,
        ..PlanNode::default()
    };
    let root = PlanNode {
        kind: "Aggregate".into(),
        conditions: vec![("Strategy".into(), "Hashed".into())],
        executed: true,
        children: vec![scan("products_1", true), scan("products_2", false)],
        ..PlanNode::default()
    };
    Outcome::Output(Output::Plan(Plan { root, returned: 4, examined: 10, keys_examined: 0, buffers: Some(7) }))
}

/// A plan judged with one part of `plan`: a list of names for the lists, a value for the bounds.
fn plan_part(part: &str, json: &str) -> Vec<Evidence> {
    let mut expect = plan_expectation();
    let values = || match value_at(json, 9).kind {
        crate::model::ValueKind::Sequence(items) => items,
        _ => panic!("a list"),
    };
    let words = || values().iter().map(|v| spanned(super::show::cell(v, &variables()), 9)).collect();
    match part {
        "reads" => expect.reads = Some(spanned(values(), 9)),
        "indexes" => expect.indexes = Some(spanned(values(), 9)),
        "forbid" => expect.forbid = Some(spanned(words(), 9)),
        "require" => expect.require = Some(spanned(words(), 9)),
        "examined" => expect.examined_per_returned = Some(value_at(json, 9)),
        "buffers" => expect.buffers = Some(value_at(json, 9)),
        other => panic!("{other}"),
    }
    judged(with(|e| e.plan = Some(expect)), plan())
}

#[test]
fn every_part_of_a_plan_holds_or_fails_at_its_place_with_the_shape() {
    for (part, holds, fails) in [
        ("reads", r#"["products_1"]"#, r#"["products_1", "products_2"]"#),
        ("reads", r#"["products_1", "products_1"]"#, "[]"),
        ("reads", r#"[{"$$regex": "^products"}]"#, r#"[{"$$regex": "^orders"}]"#),
        ("indexes", r#"["products_1_index"]"#, r#"["products_2_index"]"#),
        ("indexes", "[]", r#"["products_1_index", "other"]"#),
        ("forbid", r#"["Seq Scan"]"#, r#"["Index Scan"]"#),
        ("forbid", r#"["GroupAggregate"]"#, r#"["HashAggregate"]"#),
        ("require", r#"["IndexScan", "Aggregate"]"#, r#"["Sort"]"#),
        ("examined", "2.5", "2.4"),
        ("examined", r#"{"max": 2.5, "min": 2.5}"#, r#"{"min": 2.6}"#),
        ("examined", r#"{"max": 3, "min": 1}"#, r#"{"max": 2, "min": 1}"#),
        ("examined", r#"{"$$lt": 3}"#, r#"{"$$lt": 2}"#),
        ("buffers", r#"{"max": 7}"#, "6"),
    ] {
        assert!(plan_part(part, holds).is_empty(), "{part} {holds}: {:?}", plan_part(part, holds));
        let found = plan_part(part, fails);
        assert_eq!((found.len(), line(&found[0])), (1, 9), "{part} {fails}");
        assert!(
            found[0].actual.as_ref().unwrap().contains("Index Scan using products_1_index on products_1"),
            "{part}"
        );
    }
}

#[test]
fn what_a_plan_read_is_said_in_words() {
    let found = &plan_part("reads", r#"["orders"]"#)[0];
    assert_eq!(found.expected.as_deref(), Some("reads orders"));
    assert!(found.actual.as_ref().unwrap().starts_with("reads products_1\n"));
}

#[test]
fn a_bound_that_cannot_be_used_is_no_bound() {
    for json in ["true", "{}", r#"{"maximum": 3}"#, r#"{"max": "x"}"#, "\"x\""] {
        assert!(plan_part("examined", json)[0].message.contains("cannot be used"), "{json}");
    }
}

#[test]
fn a_plan_that_returned_nothing_divides_by_one_and_buffers_need_postgresql() {
    let mongo = || Outcome::Output(Output::Plan(Plan { examined: 3, ..Plan::default() }));
    let mut expect = plan_expectation();
    expect.examined_per_returned = Some(value("3"));
    assert!(judged(with(|e| e.plan = Some(expect.clone())), mongo()).is_empty());
    expect.buffers = Some(value("3"));
    assert!(judged(with(|e| e.plan = Some(expect)), mongo())[0].message.contains("PostgreSQL only"));
}

#[test]
fn all_nodes_must_agree() {
    let expect = |flag| step(Some(with(|e| e.agree = Some(spanned(flag, 14)))));
    let node = |name: &str, text: &str| {
        let mut observation = returned(&["n:int4"], &[&["1"], &[text]]);
        observation.node = name.into();
        observation
    };
    let same = [node("pg.apj", "2"), node("pg.emea", "2"), node("pg.latam", "2")];
    let other = [node("pg.apj", "2"), node("pg.emea", "2"), node("pg.latam", "3")];
    assert!(judge(&expect(true), &same, &variables()).is_empty());
    let found = judge(&expect(true), &other, &variables());
    assert_eq!((found.len(), found[0].message.as_str()), (1, "pg.latam does not agree with pg.apj"));
    assert_eq!((found[0].node.as_deref(), line(&found[0])), (Some("pg.latam"), 14));
    assert!(judge(&expect(false), &other, &variables()).is_empty());
    assert_eq!(judge(&expect(false), &same, &variables()).len(), 1);
    assert!(judge(&expect(true), &same[..1], &variables())[0].message.contains("only one answered"));
    assert!(!judge(&expect(true), &[], &variables()).is_empty());
}

#[test]
fn nodes_agree_in_any_order_where_the_order_does_not_count() {
    let orders = [returned(&["n:int4"], &[&["1"], &["2"]]), returned(&["n:int4"], &[&["2"], &["1"]])];
    let agree = |rows| with(|e| (e.agree, e.rows) = (Some(spanned(true, 1)), rows));
    let in_any_order = agree(Some(rows_expectation("[[1], [2]]", false)));
    assert!(judge(&step(Some(in_any_order)), &orders, &variables()).is_empty());
    assert_eq!(judge(&step(Some(agree(None))), &orders, &variables()).len(), 1);
}

#[test]
fn nodes_agree_only_when_columns_and_refusals_are_the_same_too() {
    let agree = step(Some(with(|e| e.agree = Some(spanned(true, 1)))));
    let named = [returned(&["a:int4"], &[&["1"]]), returned(&["b:int4"], &[&["1"]])];
    assert_eq!(judge(&agree, &named, &variables())[0].expected.as_deref(), Some("a"));
    let affected = |affected| observed(Outcome::Output(Output::Sql { rows: None, affected }));
    assert_eq!(judge(&agree, &[affected(1), affected(2)], &variables()).len(), 1);
}

#[test]
fn an_expectation_holds_on_each_node() {
    let mut other = returned(&["n:int4"], &[&["2"]]);
    other.node = "pg.emea".into();
    let expect = step(Some(with(|e| e.value = Some(value("1")))));
    let found = judge(&expect, &[returned(&["n:int4"], &[&["1"]]), other], &variables());
    assert_eq!((found.len(), found[0].node.as_deref()), (1, Some("pg.emea")));
}

#[test]
fn within_bounds_the_lag_and_needs_one() {
    let lagged = |lag| {
        let mut observation = observed(Outcome::Output(Output::Nothing));
        observation.lag = lag;
        judge(&step(Some(with(|e| e.within = Some(spanned(Duration::from_secs(1), 15))))), &[observation], &variables())
    };
    assert!(lagged(Some(Duration::from_secs(1))).is_empty());
    let found = lagged(Some(Duration::from_millis(1001)));
    assert_eq!((line(&found[0]), found[0].actual.as_deref()), (15, Some("1.001s")));
    assert!(lagged(None)[0].message.contains("none was measured"));
}

#[test]
fn several_parts_that_fail_have_evidence_each() {
    let expect = with(|e| {
        e.affected = Some(value("5"));
        e.empty = Some(spanned(true, 1));
        e.rows = Some(rows_expectation("[]", true));
    });
    assert_eq!(judged(expect, table()).len(), 3);
}

#[test]
fn a_golden_that_differs_is_evidence_with_its_line() {
    let mut comparer = super::golden::Comparer::new("a\nb\n".as_bytes());
    comparer.push("a").unwrap();
    comparer.push("c").unwrap();
    let comparison = comparer.finish().unwrap();
    let evidence = golden_differs(&span(30), "prices", "pg", &comparison).unwrap();
    assert!(evidence.message.contains("first in its line 2") && line(&evidence) == 30);
    assert!(golden_differs(&span(30), "prices", "pg", &super::golden::Comparison::default()).is_none());
}

/// A table of texts as JSON, with `${` taken out, which would be a variable.
fn written(table: &[Vec<Option<String>>]) -> String {
    let cell = |cell: &Option<String>| cell.as_ref().map(|text| text.replace("${", "_"));
    let rows: Vec<Vec<Option<String>>> = table.iter().map(|row| row.iter().map(cell).collect()).collect();
    serde_json::to_string(&rows).unwrap()
}

fn came(table: &[Vec<Option<String>>]) -> Outcome {
    let mut set = row_set(&["a:text", "b:text", "c:text"], &[]);
    set.rows = table.iter().map(|row| row.iter().map(|c| c.as_ref().map(|t| t.replace("${", "_"))).collect()).collect();
    Outcome::Output(Output::Sql { rows: Some(set), affected: 0 })
}

fn tables() -> impl Strategy<Value = Vec<Vec<Option<String>>>> {
    proptest::collection::vec(proptest::collection::vec(proptest::option::of("\\PC{0,6}"), 3), 1..12)
}

proptest! {
    #[test]
    fn what_came_holds_when_it_is_written_as_it_came(table in tables(), ordered: bool) {
        prop_assert_eq!(judged(rows_of(&written(&table), ordered), came(&table)), vec![]);
    }

    #[test]
    fn one_changed_cell_is_always_found(table in tables(), row in 0usize..12, column in 0usize..3, ordered: bool) {
        let mut changed = table.clone();
        let cell = &mut changed[row % table.len()][column];
        *cell = Some(cell.take().map_or("was null".into(), |text| text + "+"));
        let found = judged(rows_of(&written(&table), ordered), came(&changed));
        prop_assert_eq!(found.len(), 1);
        let has_mark = found[0].diff.as_ref().unwrap().lines.iter().any(|line| !line.marks.is_empty());
        prop_assert!(has_mark || !ordered, "{:?}", found);
    }

    #[test]
    fn the_order_does_not_count_when_it_does_not_count(table in tables(), turn in 0usize..12) {
        let mut turned = table.clone();
        turned.rotate_left(turn % table.len());
        prop_assert_eq!(judged(rows_of(&written(&table), false), came(&turned)), vec![]);
    }
}
