//! The parts of `expect` that speak of what SQL returned, and `empty`, which speaks of both engines.

use super::actual::Actual;
use super::desk::Desk;
use super::diff::diff_rows;
use super::evidence::{miss, unsuitable};
use super::matching::matches;
use super::place::Place;
use super::rows::{self, Table, count};
use super::types::{has_modifier, names_type, qualified};
use super::{golden, show};
use crate::model::{ColumnExpectation, Expectation, Value, Variables};
use crate::observation::{Column, Output, RowSet};
use crate::source::{Span, Spanned};
use crate::verdict::Evidence;

/// `rows`, `rows_unordered`, `value`, `columns`, `affected`, `empty`.
pub(super) fn check(expect: &Expectation, output: &Output, desk: &Desk, variables: &Variables) -> Vec<Evidence> {
    let mut found = Vec::new();
    if let Some(expected) = &expect.rows {
        let part = if expected.ordered { "rows" } else { "rows_unordered" };
        found.extend(with_rows(&expected.span, part, output, |set| {
            rows::check(expected, Table { set, desk }, variables)
        }));
    }
    if let Some(expected) = &expect.value {
        found.extend(with_rows(&expected.span, "value", output, |set| value(expected, set, desk, variables)));
    }
    if let Some(expected) = &expect.columns {
        found.extend(with_rows(&expected.span, "columns", output, |set| columns(expected, set)));
    }
    if let Some(expected) = &expect.affected {
        found.extend(affected(expected, output, variables));
    }
    if let Some(expected) = &expect.empty {
        found.extend(empty(expected, output));
    }
    found
}

fn with_rows(span: &Span, part: &str, output: &Output, check: impl Fn(&RowSet) -> Vec<Evidence>) -> Vec<Evidence> {
    match output {
        Output::Sql { rows: Some(set), .. } => check(set),
        other => vec![unsuitable(span, part, "a query of SQL that returns rows", other)],
    }
}

fn value(expected: &Value, set: &RowSet, desk: &Desk, variables: &Variables) -> Vec<Evidence> {
    let ([column], [row], [printed]) = (set.columns.as_slice(), set.rows.as_slice(), set.printed()) else {
        let got = format!("{} of {}", count(set.count, "row"), count(set.columns.len() as u64, "column"));
        let mut evidence =
            Evidence::at(&expected.span, format!("`value` needs one row of one column, but the result has {got}"));
        evidence.expected = Some(show::value(expected, variables));
        evidence.actual = Some(got);
        return vec![evidence];
    };
    let (text, printed) = (row.first().and_then(Option::as_deref), printed.first().and_then(Option::as_deref));
    let place = Place { sql_type: &column.sql_type, desk: Some(desk) };
    match matches(expected, &Actual::printed_cell(place, text, printed), variables) {
        Ok(()) => vec![],
        Err(difference) => {
            let mut evidence = miss(expected, "the value", &difference, variables);
            evidence.actual = Some(golden::cell(printed));
            vec![evidence]
        }
    }
}

fn columns(expected: &Spanned<Vec<ColumnExpectation>>, set: &RowSet) -> Vec<Evidence> {
    let same_length = expected.len() == set.columns.len();
    let odd = expected.value.iter().zip(&set.columns).find(|(column, actual)| !same_column(column, actual));
    if same_length && odd.is_none() {
        return vec![];
    }
    let span = odd.filter(|_| same_length).map_or(&expected.span, |(column, _)| &column.name.span);
    let mut evidence = Evidence::at(span, "the columns are not as expected");
    let (wanted, got) = shown_columns(&expected.value, &set.columns);
    let join = |columns: &[Vec<String>]| columns.iter().map(|column| column.join(" ")).collect::<Vec<_>>().join(", ");
    (evidence.expected, evidence.actual) = (Some(join(&wanted)), Some(join(&got)));
    evidence.diff = Some(diff_rows(Some(&["name".into(), "type".into()]), &wanted, &got));
    vec![evidence]
}

/// A type that an author did not write, or wrote in its other form, is shown as it came.
fn shown_columns(expected: &[ColumnExpectation], actual: &[Column]) -> (Vec<Vec<String>>, Vec<Vec<String>>) {
    let wanted = |(at, column): (usize, &ColumnExpectation)| {
        let got = actual.get(at).map(full_type).unwrap_or_default();
        let type_name = match &column.type_name {
            Some(name) if !actual.get(at).is_some_and(|got| same_type(name, got)) => name.value.as_str(),
            _ => &got,
        };
        vec![column.name.value.clone(), type_name.to_string()]
    };
    let got = actual.iter().map(|column| vec![column.name.clone(), full_type(column)]);
    (expected.iter().enumerate().map(wanted).collect(), got.collect())
}

fn same_column(expected: &ColumnExpectation, actual: &Column) -> bool {
    expected.name.value == actual.name && expected.type_name.as_ref().is_none_or(|name| same_type(name, actual))
}

fn same_type(written: &str, actual: &Column) -> bool {
    names_type(written, &actual.sql_type) && has_modifier(written, actual.modifier.as_deref())
}

fn full_type(column: &Column) -> String {
    let name = qualified(&column.sql_type);
    match &column.modifier {
        Some(modifier) => format!("{name}({modifier})"),
        None => name,
    }
}

fn affected(expected: &Value, output: &Output, variables: &Variables) -> Vec<Evidence> {
    let Output::Sql { affected, .. } = output else {
        return vec![unsuitable(&expected.span, "affected", "a statement of SQL", output)];
    };
    let text = affected.to_string();
    match matches(expected, &Actual::count(&text), variables) {
        Ok(()) => vec![],
        Err(difference) => {
            let mut evidence = miss(expected, "the number of affected rows", &difference, variables);
            evidence.actual = Some(text);
            vec![evidence]
        }
    }
}

fn empty(expected: &Spanned<bool>, output: &Output) -> Vec<Evidence> {
    let (length, what) = match output {
        Output::Sql { rows: Some(set), .. } => (set.count, "row"),
        Output::Documents(set) => (set.count, "document"),
        Output::Streamed { count } => (*count, "row"),
        other => return vec![unsuitable(&expected.span, "empty", "rows or documents", other)],
    };
    if expected.value == (length == 0) {
        return vec![];
    }
    let wanted = if expected.value { format!("no {what}s") } else { format!("at least one {what}") };
    let got = count(length, what);
    let mut evidence = Evidence::at(&expected.span, format!("expected {wanted}, got {got}"));
    (evidence.expected, evidence.actual) = (Some(wanted), Some(got));
    evidence.diff = first_entries(output);
    vec![evidence]
}

fn first_entries(output: &Output) -> Option<crate::verdict::Diff> {
    match output {
        Output::Sql { rows: Some(set), .. } if !set.rows.is_empty() => {
            let names: Vec<String> = set.columns.iter().map(|column| column.name.clone()).collect();
            let cells = |row: &Vec<Option<String>>| row.iter().map(|cell| golden::cell(cell.as_deref())).collect();
            Some(diff_rows(Some(&names), &[], &set.printed().iter().map(cells).collect::<Vec<_>>()))
        }
        Output::Documents(set) if !set.documents.is_empty() => {
            let lines: Vec<String> = set.documents.iter().map(super::ejson::document_line).collect();
            Some(super::diff::diff_lines(&[], &lines))
        }
        _ => None,
    }
}
