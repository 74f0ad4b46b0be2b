//! The bridge to the `sqllogictest` crate: its runner sends, sorts and hashes record by record and its validator compares, so
//! that they keep their meaning, while connections, time limits and variables stay polyspec's own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sqllogictest::{
    AsyncDB, ColumnType, Condition, Connection, Control, DBOutput, DefaultColumnType, ExpectedError, QueryExpect,
    Record, RecordOutput, ResultMode, Runner, StatementExpect, default_normalizer, default_validator,
};

use crate::observation::{Outcome, Output, RowSet, ServerError};

/// A record of the crate with its default column types.
pub type SltRecordKind = Record<DefaultColumnType>;

/// Labels of `onlyif` and `skipif` that hold.
const LABELS: [&str; 3] = ["polyspec", "postgres", "postgresql"];

/// Where the text of a record is sent: whoever implements this decides on node and session.
#[async_trait]
pub trait SltConnection: Send {
    /// Sends the text of a record. An `Err` is a breakage of the machinery, in words for the runner; the implementor keeps
    /// it.
    async fn send(&mut self, text: &str) -> Result<Outcome, String>;
}

/// Why a record does not hold.
#[derive(Debug)]
pub enum SltMismatch {
    /// Rows that differ.
    Rows {
        /// The lines that the file has.
        expected: Vec<String>,
        /// The rows that came, sorted and hashed as the file asks for; a cell each when they are compared value by value.
        actual: Vec<Vec<String>>,
    },
    /// Another number of rows was affected.
    Count {
        /// What the file says.
        expected: u64,
        /// What came.
        actual: u64,
    },
    /// Anything else: what was expected and what came, where that can be said.
    Other {
        /// One sentence.
        message: String,
        /// What the file asks for.
        expected: Option<String>,
        /// What came.
        actual: Option<String>,
    },
}

/// The crate's runner over a connection of polyspec's.
pub struct SltRunner<C: SltConnection> {
    runner: Runner<Database<C>, Maker<C>>,
    valuewise: bool,
    /// Whether the record at hand compares rows: then a reply is one.
    queries: Arc<AtomicBool>,
}

type Maker<C> = Box<dyn FnMut() -> std::future::Ready<Result<Database<C>, SltError>> + Send>;

impl<C: SltConnection + 'static> SltRunner<C> {
    /// A runner with one connection.
    pub fn new(connection: C) -> Self {
        let mut connection = Some(connection);
        let queries = Arc::new(AtomicBool::new(false));
        let asked = queries.clone();
        let make: Maker<C> = Box::new(move || {
            let gone = SltError { sqlstate: None, text: "there is one connection only".into() };
            std::future::ready(
                connection.take().map(|connection| Database { connection, queries: asked.clone() }).ok_or(gone),
            )
        });
        Self { runner: Runner::new(make), valuewise: false, queries }
    }

    /// Runs one record, again as often as its `retry` says; `Err` says why it does not hold. Variables are filled in
    /// already, and `let` is not the runner's.
    pub async fn run(&mut self, record: &SltRecordKind) -> Result<(), SltMismatch> {
        let record = prepared(record);
        let retry = match &record {
            Record::Statement { retry, .. } | Record::Query { retry, .. } => retry.clone(),
            _ => None,
        };
        let mut left = retry.as_ref().map_or(1, |retry| retry.attempts);
        loop {
            left = left.saturating_sub(1);
            let done = self.once(&record).await;
            let Some(retry) = retry.as_ref().filter(|_| done.is_err() && left > 0) else { return done };
            tokio::time::sleep(retry.backoff).await;
        }
    }

    async fn once(&mut self, record: &SltRecordKind) -> Result<(), SltMismatch> {
        match record {
            Record::Control(Control::Substitution(_)) => return Ok(()),
            Record::Control(Control::ResultMode(mode)) => self.valuewise = *mode == ResultMode::ValueWise,
            _ => {}
        }
        self.queries.store(matches!(record, Record::Query { .. }), Ordering::Relaxed);
        let output = self.runner.apply_record(record.clone()).await;
        match record {
            Record::Statement { expected, .. } => statement(expected, output),
            Record::Query { expected, .. } => query(expected, output, self.valuewise),
            _ => Ok(()),
        }
    }
}

/// Whether `onlyif` and `skipif` leave a record out.
pub fn is_left_out(record: &SltRecordKind) -> bool {
    let (Record::Statement { conditions, .. } | Record::Query { conditions, .. } | Record::Let { conditions, .. }) =
        record
    else {
        return false;
    };
    conditions.iter().any(|condition| match condition {
        Condition::OnlyIf { label } => !LABELS.contains(&label.as_str()),
        Condition::SkipIf { label } => LABELS.contains(&label.as_str()),
    })
}

/// The record on the runner's one connection, without conditions: nodes, sessions and labels are looked at before.
fn prepared(record: &SltRecordKind) -> SltRecordKind {
    let mut record = record.clone();
    if let Record::Statement { connection, conditions, .. } | Record::Query { connection, conditions, .. } = &mut record
    {
        *connection = Connection::Default;
        conditions.clear();
    }
    record
}

/// What the crate makes of an answer.
type Answer = RecordOutput<DefaultColumnType>;

fn statement(expected: &StatementExpect, output: Answer) -> Result<(), SltMismatch> {
    let (count, error) = match output {
        RecordOutput::Statement { count, error } => (count, error),
        RecordOutput::Query { rows, error, .. } => (rows.len() as u64, error),
        _ => return Ok(()),
    };
    match (expected, error) {
        (StatementExpect::Error(_), None) => Err(succeeds("statement")),
        (StatementExpect::Error(expected), Some(error)) => refused_as(expected, &error),
        (_, Some(error)) => Err(fails("statement", &error)),
        (StatementExpect::Count(expected), None) if *expected != count => {
            Err(SltMismatch::Count { expected: *expected, actual: count })
        }
        (StatementExpect::Count(_) | StatementExpect::Ok, None) => Ok(()),
    }
}

fn query(expected: &QueryExpect<DefaultColumnType>, output: Answer, valuewise: bool) -> Result<(), SltMismatch> {
    let (columns, rows, error) = match output {
        RecordOutput::Query { types, rows, error } => (types.len(), rows, error),
        RecordOutput::Statement { error, .. } => (0, vec![], error),
        _ => return Ok(()),
    };
    match (expected, error) {
        (QueryExpect::Error(_), None) => Err(succeeds("query")),
        (QueryExpect::Error(expected), Some(error)) => refused_as(expected, &error),
        (QueryExpect::Results { .. }, Some(error)) => Err(fails("query", &error)),
        (QueryExpect::Results { types, .. }, None) if types.len() != columns => Err(other_columns(types, columns)),
        (QueryExpect::Results { results, .. }, None) => {
            let rows = if valuewise { rows.into_iter().flatten().map(|value| vec![value]).collect() } else { rows };
            match slt_rows_hold(&rows, results) {
                true => Ok(()),
                false => Err(SltMismatch::Rows { expected: results.clone(), actual: rows }),
            }
        }
    }
}

/// Whether rows are those that the lines of a file say, white space aside, as the crate compares them.
pub fn slt_rows_hold(rows: &[Vec<String>], lines: &[String]) -> bool {
    default_validator(default_normalizer, rows, lines)
}

type AnyError = std::sync::Arc<dyn std::error::Error + Send + Sync>;

/// The letters of a query say how many columns it has: `1 2` may be one value or two.
fn other_columns(types: &[DefaultColumnType], columns: usize) -> SltMismatch {
    let letters: String = types.iter().map(ColumnType::to_char).collect();
    let count = |count: usize| if count == 1 { "1 column".into() } else { format!("{count} columns") };
    let message = match columns {
        0 => "this query returns no rows at all: write `statement ok` or `statement count`".into(),
        _ => format!("the number of columns differs: write `query {}`, a letter a column", "?".repeat(columns)),
    };
    let expected = Some(format!("{} (`{letters}`)", count(types.len())));
    SltMismatch::Other { message, expected, actual: Some(count(columns)) }
}

fn succeeds(kind: &str) -> SltMismatch {
    let message = format!("the {kind} succeeds, although an error is expected");
    SltMismatch::Other { message, expected: None, actual: None }
}

fn fails(kind: &str, error: &AnyError) -> SltMismatch {
    SltMismatch::Other { message: format!("the {kind} fails"), expected: None, actual: Some(error.to_string()) }
}

fn refused_as(expected: &ExpectedError, error: &AnyError) -> Result<(), SltMismatch> {
    let sqlstate = error.downcast_ref::<SltError>().and_then(|error| error.sqlstate.clone());
    if expected.is_match(&error.to_string(), sqlstate.as_deref()) {
        return Ok(());
    }
    let state = sqlstate.map(|state| format!("({state}) ")).unwrap_or_default();
    Err(SltMismatch::Other {
        message: "it fails in another way".into(),
        expected: Some(match expected {
            ExpectedError::SqlState(code) => format!("({code})"),
            other => other.to_string(),
        }),
        actual: Some(format!("{state}{error}")),
    })
}

/// The connection as the crate wants it.
struct Database<C> {
    connection: C,
    queries: Arc<AtomicBool>,
}

/// A refusal as the crate wants it.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct SltError {
    sqlstate: Option<String>,
    text: String,
}

impl From<ServerError> for SltError {
    fn from(error: ServerError) -> Self {
        let code = error.sqlstate.or(error.code.map(|code| code.to_string()));
        let name = error.name.map(|name| format!("{name}: ")).unwrap_or_default();
        let detail = error.detail.map(|detail| format!("\nDETAIL: {detail}")).unwrap_or_default();
        Self { sqlstate: code, text: format!("{name}{}{detail}", error.message) }
    }
}

#[async_trait]
impl<C: SltConnection> AsyncDB for Database<C> {
    type Error = SltError;
    type ColumnType = DefaultColumnType;

    async fn run(&mut self, text: &str) -> Result<DBOutput<DefaultColumnType>, SltError> {
        match self.connection.send(text).await {
            Ok(Outcome::Output(Output::Reply(reply))) if self.queries.load(Ordering::Relaxed) => {
                Ok(document_rows(vec![reply]))
            }
            Ok(Outcome::Output(output)) => Ok(output_rows(output)),
            Ok(Outcome::Refused(refused)) => Err(refused.into()),
            Err(text) => Err(SltError { sqlstate: None, text }),
        }
    }

    async fn shutdown(&mut self) {}

    async fn sleep(duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    fn error_sql_state(error: &SltError) -> Option<String> {
        error.sqlstate.clone()
    }
}

fn output_rows(output: Output) -> DBOutput<DefaultColumnType> {
    match output {
        Output::Sql { rows: Some(rows), .. } if (rows.rows.len() as u64) < rows.count => {
            DBOutput::StatementComplete(rows.count)
        }
        Output::Sql { rows: Some(rows), .. } => sql_rows(rows),
        Output::Sql { rows: None, affected } => DBOutput::StatementComplete(affected),
        Output::Documents(set) if (set.documents.len() as u64) < set.count => DBOutput::StatementComplete(set.count),
        Output::Documents(set) => document_rows(set.documents),
        Output::Reply(reply) => DBOutput::StatementComplete(reply_count(&reply)),
        Output::Plan(_) | Output::Streamed { .. } | Output::Program(_) | Output::Nothing => {
            DBOutput::StatementComplete(0)
        }
    }
}

/// A row of one column for each document.
fn document_rows(documents: Vec<bson::Document>) -> DBOutput<DefaultColumnType> {
    let line = |document: bson::Document| vec![bson::Bson::Document(document).into_relaxed_extjson().to_string()];
    DBOutput::Rows { types: vec![DefaultColumnType::Text], rows: documents.into_iter().map(line).collect() }
}

/// `n` of a reply: documents that a write touched.
fn reply_count(reply: &bson::Document) -> u64 {
    match reply.get("n") {
        Some(bson::Bson::Int32(count)) => u64::try_from(*count).unwrap_or_default(),
        Some(bson::Bson::Int64(count)) => u64::try_from(*count).unwrap_or_default(),
        _ => 0,
    }
}

/// NULL and the empty text as the dialect writes them.
fn sql_rows(rows: RowSet) -> DBOutput<DefaultColumnType> {
    let cell = |cell: Option<String>| match cell {
        None => "NULL".to_string(),
        Some(text) if text.is_empty() => "(empty)".to_string(),
        Some(text) => text,
    };
    let types = rows.columns.iter().map(|_| DefaultColumnType::Any).collect();
    let rows = rows.printed.unwrap_or(rows.rows);
    let rows = rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
    DBOutput::Rows { types, rows }
}
