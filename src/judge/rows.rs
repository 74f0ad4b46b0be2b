//! Rows of a result set against rows that an author wrote.

use super::actual::Actual;
use super::desk::Desk;
use super::evidence::{invalid, values_of};
use super::listing::{Difference, Lists, in_any_order, in_order};
use super::matching::{Match, Miss, matches};
use super::place::Place;
use super::{golden, listed, show};
use crate::model::{RowExpectation, RowsExpectation, Variables};
use crate::observation::RowSet;
use crate::source::Span;
use crate::verdict::Evidence;

/// A result set, and where its values are compared.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    pub(super) set: &'a RowSet,
    pub(super) desk: &'a Desk<'a>,
}

impl<'a> Table<'a> {
    /// The cell of a row and a column.
    pub(super) fn cell(&self, row: usize, column: usize) -> Actual<'a> {
        let text = |rows: &'a [Vec<Option<String>>]| rows[row].get(column).and_then(|cell| cell.as_deref());
        let place = Place { sql_type: &self.set.columns[column].sql_type, desk: Some(self.desk) };
        Actual::printed_cell(place, text(&self.set.rows), text(self.set.printed()))
    }
}

/// `rows` and `rows_unordered`.
pub(super) fn check(expected: &RowsExpectation, table: Table, variables: &Variables) -> Vec<Evidence> {
    match expected.listed.as_ref().map(|list| listed::rows(expected, list, variables)) {
        None => written(expected, table, variables),
        Some(Ok(listed)) => written(&listed.expected, table, &listed.variables),
        Some(Err(diagnostic)) => vec![invalid(&diagnostic)],
    }
}

fn written(expected: &RowsExpectation, table: Table, variables: &Variables) -> Vec<Evidence> {
    let set = table.set;
    let width = set.columns.len();
    let odd: Vec<Evidence> =
        expected.rows.iter().filter(|row| row.cells.len() != width).map(|row| wrong_width(row, set)).collect();
    if !odd.is_empty() {
        return odd;
    }
    let lists = RowLists { expected: &expected.rows, table, variables };
    match if expected.ordered { in_order(&lists) } else { in_any_order(&lists) } {
        Ok(None) => vec![],
        Ok(Some(difference)) => vec![differs(expected, table, difference, variables)],
        Err(Miss::Invalid(diagnostic)) => vec![invalid(&diagnostic)],
        Err(miss) => vec![Evidence::at(&expected.span, miss.sentence())],
    }
}

fn wrong_width(row: &RowExpectation, set: &RowSet) -> Evidence {
    let names: Vec<&str> = set.columns.iter().map(|column| column.name.as_str()).collect();
    let (written, got) = (count(row.cells.len() as u64, "cell"), count(names.len() as u64, "column"));
    let mut evidence = Evidence::at(&row.span, format!("this row has {written}, but the result has {got}"));
    evidence.expected = Some(written);
    evidence.actual = Some(format!("{got}: {}", names.join(", ")));
    evidence
}

fn differs(expected: &RowsExpectation, table: Table, difference: Difference, variables: &Variables) -> Evidence {
    let (wanted, got) = (count(expected.rows.len() as u64, "row"), count(table.set.count, "row"));
    let (span, reason) = place(expected, table, &difference, variables);
    let message = match reason {
        Some(reason) if wanted == got => format!("the rows are not as expected: {reason}"),
        _ if wanted != got => format!("expected {wanted}, got {got}"),
        _ => "the rows are not as expected".to_string(),
    };
    let mut evidence = Evidence::at(span, message);
    (evidence.expected, evidence.actual) = (Some(wanted), Some(got));
    if expected.listed.is_none() {
        evidence.notes = values_of(expected.rows.iter().flat_map(|row| &row.cells), variables);
    }
    evidence.diff = Some(difference.diff);
    evidence
}

/// The cell that differs first when it is known, else the row that is missing, else the list.
fn place<'a>(
    expected: &'a RowsExpectation,
    table: Table,
    difference: &Difference,
    variables: &Variables,
) -> (&'a Span, Option<String>) {
    let Some((at, miss)) = &difference.first else { return (&expected.span, None) };
    let row = &expected.rows[*at];
    let Some(miss) = miss else { return (&row.span, None) };
    let cell =
        (0..row.cells.len()).find(|column| matches(&row.cells[*column], &table.cell(*at, *column), variables).is_err());
    let reason = Some(format!("row {}, {}", at + 1, miss.sentence()));
    match cell {
        Some(column) if expected.rows.len() == table.set.rows.len() => (&row.cells[column].span, reason),
        _ => (&row.span, reason),
    }
}

/// `1 row`, `2 rows`.
pub(super) fn count(number: u64, what: &str) -> String {
    if number == 1 { format!("1 {what}") } else { format!("{number} {what}s") }
}

struct RowLists<'a> {
    expected: &'a [RowExpectation],
    table: Table<'a>,
    variables: &'a Variables,
}

impl RowLists<'_> {
    fn cell(&self, i: usize, j: usize, column: usize) -> Match {
        matches(&self.expected[i].cells[column], &self.table.cell(j, column), self.variables)
    }
}

impl Lists for RowLists<'_> {
    fn lengths(&self) -> (usize, usize) {
        (self.expected.len(), self.table.set.rows.len())
    }

    fn matches(&self, i: usize, j: usize) -> Match {
        (0..self.table.set.columns.len()).try_for_each(|column| {
            self.cell(i, j, column).map_err(|miss| match miss {
                Miss::Differs { .. } => {
                    Miss::differs(format!("column `{}`: {}", self.table.set.columns[column].name, miss.sentence()))
                }
                invalid => invalid,
            })
        })
    }

    fn shared(&self, i: usize, j: usize) -> usize {
        (0..self.table.set.columns.len()).filter(|column| self.cell(i, j, *column).is_ok()).count()
    }

    fn expected(&self, i: usize, beside: Option<usize>) -> Vec<String> {
        let got = |column: usize| beside.filter(|j| self.cell(i, *j, column).is_ok());
        let cells = self.expected[i].cells.iter().enumerate();
        cells
            .map(|(column, cell)| match got(column) {
                Some(j) => golden::cell(self.table.set.printed()[j][column].as_deref()),
                None => show::cell(cell, self.variables),
            })
            .collect()
    }

    fn actual(&self, j: usize) -> Vec<String> {
        self.table.set.printed()[j].iter().map(|cell| golden::cell(cell.as_deref())).collect()
    }

    fn header(&self) -> Option<Vec<String>> {
        Some(self.table.set.columns.iter().map(|column| column.name.clone()).collect())
    }
}
