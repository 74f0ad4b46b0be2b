//! `agree`: the same on all nodes.

use super::diff::diff_rows;
use super::evidence::at;
use super::golden;
use super::{ejson, error};
use crate::explain::shape;
use crate::model::Expectation;
use crate::observation::{Observation, Outcome, Output};
use crate::source::Spanned;
use crate::verdict::Evidence;

/// `agree: true`: each node answered as the first did. `agree: false`: at least one did not.
pub(super) fn check(agree: &Spanned<bool>, expect: &Expectation, observations: &[Observation]) -> Vec<Evidence> {
    let [first, others @ ..] = observations else { return vec![] };
    if others.is_empty() {
        let message = "`agree` compares nodes with one another, but only one answered";
        return vec![Evidence { node: Some(first.node.clone()), ..at(&agree.span, message) }];
    }
    let wanted = Answer::of(first, expect);
    let answers = others.iter().map(|other| (other, Answer::of(other, expect)));
    let odd: Vec<_> = answers.filter(|(_, answer)| *answer != wanted).collect();
    match (agree.value, odd.is_empty()) {
        (true, _) => odd.iter().map(|(other, answer)| differs(agree, first, &wanted, other, answer)).collect(),
        (false, true) => vec![at(&agree.span, "the nodes should not agree, but all of them do")],
        (false, false) => vec![],
    }
}

fn differs(
    agree: &Spanned<bool>,
    first: &Observation,
    wanted: &Answer,
    other: &Observation,
    answer: &Answer,
) -> Evidence {
    let mut evidence = at(&agree.span, format!("{} does not agree with {}", other.node, first.node));
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
        let any_order = expect.rows.as_ref().is_some_and(|rows| !rows.ordered)
            || expect.documents.as_ref().is_some_and(|documents| !documents.ordered);
        if any_order {
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
                header: Some(set.columns.iter().map(|column| column.name.clone()).collect()),
                rows: set
                    .rows
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
