//! Builders for the tests of this room: values from JSON text, with the numbers as written.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use super::json::Json;
use crate::model::{
    Action, AwaitedError, Datum, DocumentsExpectation, Expectation, PlanExpectation, RowExpectation, RowsExpectation,
    SqlSource, Step, Template, TemplatePart, Value, ValueKind, Variables,
};
use crate::observation::{Answer, Answers, Column, Observation, Outcome, Output, Question, RowSet, SqlType};
use crate::source::{SourceFile, Span, Spanned};
use crate::verdict::Evidence;

/// A place on line `line` of a file of 99 lines.
pub(crate) fn span(line: usize) -> Span {
    static FILE: LazyLock<Arc<SourceFile>> =
        LazyLock::new(|| SourceFile::new("scenario.yaml", "some text\n".repeat(99)));
    Span::of_line(&FILE, line)
}

/// A value from JSON; text may hold `${variables}`.
pub(crate) fn value(json: &str) -> Value {
    value_at(json, 1)
}

/// The same, written on line `line`.
pub(crate) fn value_at(json: &str, line: usize) -> Value {
    build(&Json::parse(json).unwrap_or_else(|| panic!("not JSON: {json}")), line)
}

fn build(json: &Json, line: usize) -> Value {
    let kind = match json {
        Json::Null => ValueKind::Null,
        Json::Bool(flag) => ValueKind::Bool(*flag),
        Json::Number(text) => ValueKind::Number(text.clone()),
        Json::Text(text) => ValueKind::Text(template(text, line)),
        Json::Array(items) => ValueKind::Sequence(items.iter().map(|item| build(item, line)).collect()),
        Json::Object(fields) => ValueKind::Mapping(
            fields.iter().map(|(key, value)| (spanned(key.clone(), line), build(value, line))).collect(),
        ),
    };
    Value { kind, span: span(line) }
}

fn template(text: &str, line: usize) -> Template {
    let mut parts = Vec::new();
    let mut pieces = text.split("${");
    let first = pieces.next().unwrap_or_default();
    if !first.is_empty() {
        parts.push(TemplatePart::Literal(first.into()));
    }
    for piece in pieces {
        let (name, rest) = piece.split_once('}').expect("a variable is closed");
        parts.push(TemplatePart::Variable { name: name.into(), identifier: false, span: span(line) });
        if !rest.is_empty() {
            parts.push(TemplatePart::Literal(rest.into()));
        }
    }
    Template { parts, span: span(line) }
}

/// A value with the place of line `line`.
pub(crate) fn spanned<T>(value: T, line: usize) -> Spanned<T> {
    span(line).of(value)
}

/// Rows of an expectation from a JSON list of lists; row n stands on line n + 1.
pub(crate) fn rows(json: &str) -> Vec<RowExpectation> {
    let ValueKind::Sequence(rows) = value(json).kind else { panic!("a list of rows") };
    let row = |(at, row): (usize, Value)| match row.kind {
        ValueKind::Sequence(cells) => {
            let cells = cells.into_iter().map(|cell| Value { span: span(at + 1), ..cell }).collect();
            RowExpectation { cells, span: span(at + 1) }
        }
        _ => panic!("a row is a list"),
    };
    rows.into_iter().enumerate().map(row).collect()
}

/// The variables that tests use: `five` is a number, `name` a text.
pub(crate) fn variables() -> Variables {
    [("five".to_string(), Datum::Number("5".into())), ("name".to_string(), Datum::Text("Aiko".into()))].into()
}

/// A result set: `name:type` for each column, `\N` for NULL.
pub(crate) fn row_set(columns: &[&str], rows: &[&[&str]]) -> RowSet {
    let column = |text: &&str| {
        let (name, type_name) = text.split_once(':').unwrap_or((text, ""));
        Column { name: name.into(), sql_type: SqlType::named(type_name), modifier: None }
    };
    let cell = |text: &&str| (*text != "\\N").then(|| text.to_string());
    let rows = rows.iter().map(|row| row.iter().map(cell).collect()).collect();
    RowSet::new(columns.iter().map(column).collect(), rows)
}

/// What `pg.apj` answered.
pub(crate) fn observed(outcome: Outcome) -> Observation {
    Observation::new("pg.apj", outcome, Duration::ZERO)
}

/// A result set that `pg.apj` returned.
pub(crate) fn returned(columns: &[&str], rows: &[&[&str]]) -> Observation {
    let affected = rows.len() as u64;
    observed(Outcome::Output(Output::Sql { rows: Some(row_set(columns, rows)), affected }))
}

/// `expect` with nothing in it, on line 2.
pub(crate) fn expectation() -> Expectation {
    Expectation {
        span: span(2),
        rows: None,
        value: None,
        columns: None,
        affected: None,
        empty: None,
        error: None,
        documents: None,
        reply: None,
        plan: None,
        notices: None,
        notifications: None,
        agree: None,
        recorded: None,
        within: None,
        one_of: None,
    }
}

/// `error` with nothing in it, on line 3.
pub(crate) fn awaited() -> AwaitedError {
    AwaitedError {
        span: span(3),
        refused: None,
        sqlstate: None,
        message: None,
        detail: None,
        hint: None,
        constraint: None,
        table: None,
        column: None,
        code: None,
        name: None,
        labels: None,
    }
}

/// `plan` with nothing in it, on line 4.
pub(crate) fn plan_expectation() -> PlanExpectation {
    PlanExpectation {
        span: span(4),
        reads: None,
        may_read: None,
        never_reads: None,
        indexes: None,
        forbid: None,
        require: None,
        examined_per_returned: None,
        buffers: None,
    }
}

/// `rows` or `rows_unordered`, on line 50.
pub(crate) fn rows_expectation(json: &str, ordered: bool) -> RowsExpectation {
    RowsExpectation { rows: rows(json), ordered, listed: None, span: span(50) }
}

/// `documents` or `documents_unordered`, on line 51; document n stands on line n + 1.
pub(crate) fn documents_expectation(json: &str, ordered: bool) -> DocumentsExpectation {
    let ValueKind::Sequence(documents) = value(json).kind else { panic!("a list of documents") };
    let place = |(at, document)| Value { span: span(at + 1), ..document };
    let documents = documents.into_iter().enumerate().map(place).collect();
    DocumentsExpectation { documents, ordered, listed: None, span: span(51) }
}

/// A step with this `expect`; its action is on line 60.
pub(crate) fn step(expect: Option<Expectation>) -> Step {
    let sql = Template::literal("SELECT x FORM t", span(60));
    Step {
        span: span(59),
        action: Action::Sql { source: SqlSource::Text(sql), params: vec![], stdin: None },
        action_span: span(60),
        on: vec![],
        session: None,
        transaction: None,
        expect,
        golden: None,
        eventually: None,
        stream: None,
        blocks: None,
        save: vec![],
        timeout: None,
    }
}

/// What is found when `expect` meets one outcome.
pub(crate) fn judged(expect: Expectation, outcome: Outcome) -> Vec<Evidence> {
    judge(&step(Some(expect)), &[observed(outcome)], &variables())
}

/// The judgement where no server can be asked.
pub(crate) fn judge(step: &Step, observations: &[Observation], variables: &Variables) -> Vec<Evidence> {
    judge_with(step, observations, variables, |_| Answer::Unknown("there is no server".into()))
}

/// The judgement with a server that answers so.
pub(crate) fn judge_with(
    step: &Step,
    observations: &[Observation],
    variables: &Variables,
    server: impl Fn(&Question) -> Answer,
) -> Vec<Evidence> {
    let mut answers = Answers::new();
    loop {
        match crate::judge::judge(step, observations, variables, &answers) {
            Ok(evidence) => return evidence,
            Err(questions) => answers.extend(questions.into_iter().map(|question| {
                let answer = server(&question);
                (question, answer)
            })),
        }
    }
}
