//! The parts of `expect` that speak of SQL.

use super::*;

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
    assert_eq!(evidence.message, "the rows are not as expected: row 2, column `price`: expected 20, got 20.50");
    let diff = evidence.diff.as_ref().unwrap();
    let texts: Vec<&str> = diff.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["1  | 10.00 | Lamp", "2  | 20    | NULL", "2  | 20.50 | NULL"]);
    assert_eq!(diff.lines[1].marks, [(5, 7)]);
}

#[test]
fn missing_and_extra_rows_are_counted_and_shown() {
    let missing = &judged(rows_of(r#"[[1, 10, "Lamp"], [2, 20.5, null], [3, 1, "x"]]"#, true), table())[0];
    assert_eq!((missing.message.as_str(), line(missing)), ("expected 3 rows, got 2 rows", 3));
    let extra = &judged(rows_of(r#"[[1, 10, "Lamp"]]"#, true), table())[0];
    assert_eq!((extra.message.as_str(), line(extra)), ("expected 1 row, got 2 rows", 50));
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
fn a_part_that_says_nothing_about_what_came_fails() {
    let documents = || Outcome::Output(Output::Documents(DocumentSet::new(vec![])));
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

#[test]
fn several_parts_that_fail_have_evidence_each() {
    let expect = with(|e| {
        e.affected = Some(value("5"));
        e.empty = Some(spanned(true, 1));
        e.rows = Some(rows_expectation("[]", true));
    });
    assert_eq!(judged(expect, table()).len(), 3);
}
