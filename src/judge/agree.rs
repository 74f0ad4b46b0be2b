//! `agree`: the same on all nodes.

use std::collections::BTreeSet;

use bson::Bson;

use super::cell;
use super::desk::Desk;
use super::diff::diff_rows;
use super::matching::Miss;
use super::pairing::pair_up;
use super::place::{self, Place};
use super::types::qualified;
use super::{bson_value, ejson, error, golden};
use crate::explain::shape;
use crate::model::{Datum, Expectation};
use crate::observation::{Answers, Column, Observation, Outcome, Output, Question, RowSet};
use crate::source::Spanned;
use crate::verdict::Evidence;

/// `agree: true`: each node answered as the first did. `agree: false`: at least one did not. Beside the evidence the
/// questions that are open.
pub(super) fn check(
    agree: &Spanned<bool>,
    expect: &Expectation,
    observations: &[Observation],
    answers: &Answers,
) -> (Vec<Evidence>, BTreeSet<Question>) {
    let [first, others @ ..] = observations else { return Default::default() };
    if others.is_empty() {
        let message = "`agree` compares nodes with one another, but only one answered";
        return (
            vec![Evidence { node: Some(first.node.clone()), ..Evidence::at(&agree.span, message) }],
            BTreeSet::new(),
        );
    }
    let wanted = Answer::of(first, expect);
    let (mut odd, mut open) = (vec![], BTreeSet::new());
    for other in others {
        let (answer, desk) = (Answer::of(other, expect), super::desk(other, answers));
        let agrees = same(&first.outcome, &other.outcome, &desk, any_order(expect)).unwrap_or(answer == wanted);
        open.extend(desk.close().0);
        if !agrees {
            odd.push((other, answer));
        }
    }
    let found = match (agree.value, odd.is_empty()) {
        (true, _) => odd.iter().map(|(other, answer)| differs(agree, first, &wanted, other, answer)).collect(),
        (false, true) => vec![Evidence::at(&agree.span, "the nodes should not agree, but all of them do")],
        (false, false) => vec![],
    };
    (found, open)
}

fn any_order(expect: &Expectation) -> bool {
    expect.rows.as_ref().is_some_and(|rows| !rows.ordered)
        || expect.documents.as_ref().is_some_and(|documents| !documents.ordered)
}

/// Whether answers are equal by the equality that every expectation has; `None` for what is compared as it is shown.
fn same(first: &Outcome, other: &Outcome, desk: &Desk, any_order: bool) -> Option<bool> {
    let (Outcome::Output(first), Outcome::Output(other)) = (first, other) else { return None };
    match (first, other) {
        (Output::Sql { rows: Some(first), .. }, Output::Sql { rows: Some(other), .. }) => Some(
            same_columns(first, other)
                && first.count == other.count
                && lists(first.rows.len(), other.rows.len(), any_order, |i, j| same_row(first, i, other, j, desk)),
        ),
        (Output::Documents(first), Output::Documents(other)) => {
            let (count, (first, other)) = (first.count == other.count, (&first.documents, &other.documents));
            Some(
                count
                    && lists(first.len(), other.len(), any_order, |i, j| {
                        bson_value::equal(&Bson::Document(first[i].clone()), &Bson::Document(other[j].clone()))
                    }),
            )
        }
        (Output::Reply(first), Output::Reply(other)) => {
            Some(bson_value::equal(&Bson::Document(first.clone()), &Bson::Document(other.clone())))
        }
        _ => None,
    }
}

fn lists(first: usize, other: usize, any_order: bool, same: impl Fn(usize, usize) -> bool) -> bool {
    let matches = |i, j| if same(i, j) { Ok(()) } else { Err(Miss::differs("")) };
    first == other
        && match any_order {
            false => (0..first).all(|at| same(at, at)),
            true => pair_up(first, other, matches).is_ok_and(|pairs| pairs.iter().all(Option::is_some)),
        }
}

/// The OID of a user's type differs from node to node, its name and its parts do not.
fn same_columns(first: &RowSet, other: &RowSet) -> bool {
    let same = |(one, other): (&Column, &Column)| one.name == other.name && one.sql_type.is_same(&other.sql_type);
    first.columns.len() == other.columns.len() && first.columns.iter().zip(&other.columns).all(same)
}

fn same_row(first: &RowSet, i: usize, other: &RowSet, j: usize, desk: &Desk) -> bool {
    let cell = |column: usize| {
        let sql_type = &other.columns[column].sql_type;
        let expected = match &first.rows[i][column] {
            None => Datum::Null,
            Some(text) if place::is_number(sql_type) => Datum::Number(text.clone()),
            Some(text) => Datum::Text(text.clone()),
        };
        cell::equals(&expected, Place { sql_type, desk: Some(desk) }, other.rows[j][column].as_deref())
    };
    (0..first.columns.len()).all(cell)
}

fn differs(
    agree: &Spanned<bool>,
    first: &Observation,
    wanted: &Answer,
    other: &Observation,
    answer: &Answer,
) -> Evidence {
    let mut evidence = Evidence::at(&agree.span, format!("{} does not agree with {}", other.node, first.node));
    evidence.node = Some(other.node.clone());
    let same_header = wanted.header == answer.header;
    if !same_header {
        let show = |answer: &Answer| answer.header.as_ref().map_or("no columns".into(), |names| names.join(" | "));
        (evidence.expected, evidence.actual) = (Some(show(wanted)), Some(show(answer)));
    }
    evidence.diff = Some(diff_rows(answer.header.as_deref(), &wanted.rows, &answer.rows));
    evidence.notes.push(format!("The missing side is {}, the extra side is {}.", first.node, other.node));
    evidence
}

/// What a node answered, as rows of cells that can be compared and shown.
#[derive(PartialEq)]
struct Answer {
    header: Option<Vec<String>>,
    rows: Vec<Vec<String>>,
}

impl Answer {
    /// Where the order does not count for `expect`, it does not count here.
    fn of(observation: &Observation, expect: &Expectation) -> Self {
        let mut answer = Self::in_order(&observation.outcome);
        if any_order(expect) {
            answer.rows.sort();
        }
        answer
    }

    fn in_order(outcome: &Outcome) -> Self {
        let output = match outcome {
            Outcome::Output(output) => output,
            Outcome::Refused(refusal) => {
                let code = error::code(refusal).unwrap_or_default();
                return Self::lines(vec![format!("error: {code}: {}", refusal.message)]);
            }
        };
        match output {
            Output::Sql { rows: Some(set), .. } => Self {
                header: Some(set.columns.iter().map(titled).collect()),
                rows: set
                    .printed()
                    .iter()
                    .map(|row| row.iter().map(|cell| golden::cell(cell.as_deref())).collect())
                    .collect(),
            },
            Output::Sql { rows: None, affected } => Self::lines(vec![format!("affected: {affected}")]),
            Output::Documents(set) => Self::lines(set.documents.iter().map(ejson::document_line).collect()),
            Output::Reply(reply) => Self::lines(vec![ejson::document_line(reply)]),
            Output::Plan(plan) => Self::lines(shape(plan)),
            Output::Streamed { count } => Self::lines(vec![format!("{count} rows")]),
            Output::Program(end) => Self::lines(vec![ejson::document_line(&end.reply())]),
            Output::Nothing => Self::lines(vec![]),
        }
    }

    fn lines(lines: Vec<String>) -> Self {
        Self { header: None, rows: lines.into_iter().map(|line| vec![line]).collect() }
    }
}

/// The name of a column and its type, with the schema where that is a user's.
fn titled(column: &Column) -> String {
    format!("{}:{}", column.name, qualified(&column.sql_type))
}
