//! The bridge to the `sqllogictest` crate: its runner executes and compares record by record, so that sorting, hashing,
//! labels, retry, variables and substitution keep their meaning, while connections and time limits stay polyspec's own.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use sqllogictest::{AsyncDB, Connection, DBOutput, DefaultColumnType, Record, Runner, TestErrorKind};

use crate::observation::{Outcome, Output, RowSet, ServerError};

/// A record of the crate with its default column types.
pub type SltRecordKind = Record<DefaultColumnType>;

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
    /// Rows, one a line, that differ.
    Rows {
        /// The lines that the file has.
        expected: String,
        /// The lines that came.
        actual: String,
    },
    /// Another number of rows was affected.
    Count {
        /// What the file says.
        expected: u64,
        /// What came.
        actual: u64,
    },
    /// Anything else, in the crate's words: message, and what was expected and what came where it tells.
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
}

type Maker<C> = Box<dyn FnMut() -> std::future::Ready<Result<Database<C>, SltError>> + Send>;

impl<C: SltConnection + 'static> SltRunner<C> {
    /// A runner with one connection. `labels` are for `onlyif` and `skipif`.
    pub fn new(connection: C, labels: &[&str]) -> Self {
        let mut connection = Some(connection);
        let make: Maker<C> = Box::new(move || {
            let gone = SltError { sqlstate: None, text: "there is one connection only".into() };
            std::future::ready(connection.take().map(|connection| Database { connection }).ok_or(gone))
        });
        let mut runner = Runner::new(make);
        labels.iter().for_each(|label| runner.add_label(label));
        Self { runner }
    }

    /// Runs one record; `Err` says why it does not hold.
    pub async fn run(&mut self, record: &SltRecordKind) -> Result<(), SltMismatch> {
        self.runner.run_async(on_default(record)).await.map(drop).map_err(|error| mismatch(error.kind()))
    }
}

/// The record on the runner's one connection: nodes and sessions are chosen behind it.
fn on_default(record: &SltRecordKind) -> SltRecordKind {
    let mut record = record.clone();
    match &mut record {
        Record::Statement { connection, .. } | Record::Query { connection, .. } | Record::Let { connection, .. } => {
            *connection = Connection::Default;
        }
        _ => {}
    }
    record
}

fn mismatch(kind: TestErrorKind) -> SltMismatch {
    let other = |message: String, expected: Option<String>, actual: Option<String>| SltMismatch::Other {
        message,
        expected,
        actual,
    };
    match kind {
        TestErrorKind::QueryResultMismatch { expected, actual, .. } => SltMismatch::Rows { expected, actual },
        TestErrorKind::QueryResultColumnsMismatch { expected, actual, .. } => {
            other("the columns are of other types".into(), Some(expected), Some(actual))
        }
        TestErrorKind::StatementResultMismatch { expected, actual, .. } => {
            // The crate hands the number over inside a sentence: "affected 3 rows".
            let number = actual.split_whitespace().find_map(|word| word.parse().ok());
            SltMismatch::Count { expected, actual: number.unwrap_or_default() }
        }
        TestErrorKind::Ok { kind, .. } => {
            other(format!("the {kind} succeeds, although an error is expected"), None, None)
        }
        TestErrorKind::Fail { err, kind, .. } => other(format!("the {kind} fails"), None, Some(err.to_string())),
        TestErrorKind::ErrorMismatch { err, expected_err, actual_sqlstate, .. } => {
            let state = actual_sqlstate.map(|state| format!("({state}) ")).unwrap_or_default();
            other("it fails in another way".into(), Some(expected_err), Some(format!("{state}{err}")))
        }
        TestErrorKind::LetFail { err, .. } => other(format!("the variable gets no value: {err}"), None, None),
        rest => other(rest.to_string(), None, None),
    }
}

/// The connection as the crate wants it.
struct Database<C> {
    connection: C,
}

/// A refusal as the crate wants it.
#[derive(Debug)]
struct SltError {
    sqlstate: Option<String>,
    text: String,
}

impl fmt::Display for SltError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for SltError {}

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
        Output::Sql { rows: Some(rows), .. } => sql_rows(rows),
        Output::Sql { rows: None, affected } => DBOutput::StatementComplete(affected),
        Output::Documents(set) => {
            let line =
                |document: bson::Document| vec![bson::Bson::Document(document).into_relaxed_extjson().to_string()];
            DBOutput::Rows { types: vec![DefaultColumnType::Text], rows: set.documents.into_iter().map(line).collect() }
        }
        Output::Reply(reply) => DBOutput::StatementComplete(reply_count(&reply)),
        Output::Plan(_) | Output::Streamed { .. } | Output::Program(_) | Output::Nothing => {
            DBOutput::StatementComplete(0)
        }
    }
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
    let rows = rows.rows.into_iter().map(|row| row.into_iter().map(cell).collect()).collect();
    DBOutput::Rows { types, rows }
}
