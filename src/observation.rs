//! What came back from a live node: passive nouns between `backend`, which fills them, and `judge`, which reads them.

mod keep;
pub mod parts;
mod question;
mod sql_type;

use std::time::Duration;

use bson::{Document, doc};
use serde::{Deserialize, Serialize};

use crate::explain::Plan;

pub use keep::{Keep, Keeper};
pub use question::{Answer, Answers, Question, Relation};
pub use sql_type::{Attribute, CATALOG, Shape, SqlType, delimiter_of};

/// What one node answered to one step.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The node, as it is shown: `pg.apj`, `mongo`.
    pub node: String,
    /// The answer.
    pub outcome: Outcome,
    /// The server's time and the way there and back.
    pub elapsed: Duration,
    /// How long it took to hold (`eventually`) or to catch up (`catch_up`).
    pub lag: Option<Duration>,
    /// What the server said beside its answer (PostgreSQL), in its order.
    pub notices: Vec<Notice>,
    /// What other sessions notified this one of since it was last looked at (PostgreSQL, LISTEN), in the server's order.
    pub notifications: Vec<Notification>,
}

impl Observation {
    /// An answer with nothing beside it.
    pub fn new(node: impl Into<String>, outcome: Outcome, elapsed: Duration) -> Self {
        Self { node: node.into(), outcome, elapsed, lag: None, notices: vec![], notifications: vec![] }
    }
}

/// A message that is no error: NOTICE, WARNING, INFO, LOG, DEBUG (manual, 54.8).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notice {
    /// Its severity, not translated: `NOTICE`, `WARNING`.
    pub severity: String,
    /// Its SQLSTATE, `00000` for most.
    pub sqlstate: String,
    /// The message.
    pub message: String,
    /// DETAIL.
    pub detail: Option<String>,
    /// HINT.
    pub hint: Option<String>,
}

/// What a NOTIFY of another session, or of the same one, has sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notification {
    /// The channel.
    pub channel: String,
    /// The payload; empty when there is none.
    pub payload: String,
}

/// A statement succeeds or the server refuses it. (A server that cannot be reached is neither: that is an error of the
/// machinery and never becomes an observation.)
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It succeeded.
    Output(Output),
    /// The server refused it.
    Refused(ServerError),
}

/// What a statement returned.
#[derive(Clone, Debug)]
pub enum Output {
    /// SQL: the last result set, and the rows affected by the last command.
    Sql {
        /// `None` when no statement returned rows.
        rows: Option<RowSet>,
        /// The count of the last command tag.
        affected: u64,
    },
    /// MongoDB: a command with a cursor, read to its end.
    Documents(DocumentSet),
    /// MongoDB: any other command's reply, without the fields that belong to the cluster (`$clusterTime`, `operationTime`,
    /// `electionId`, `opTime`).
    Reply(Document),
    /// EXPLAIN of either engine.
    Plan(Plan),
    /// Rows went straight into a golden comparison and were not kept.
    Streamed {
        /// How many rows or documents.
        count: u64,
    },
    /// A program that ended.
    Program(ProgramEnd),
    /// A step that returns nothing: a fault, a transaction verb.
    Nothing,
}

/// How a program ended, and what it said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProgramEnd {
    /// The exit code; 128 and the number of the signal that killed it, as shells say it.
    pub exit: i32,
    /// What it wrote to its standard output; bytes that are not UTF-8 are U+FFFD.
    pub stdout: String,
    /// What it wrote to its standard error.
    pub stderr: String,
}

impl ProgramEnd {
    /// The same as a reply: `{ exit, stdout, stderr }`.
    pub fn reply(&self) -> Document {
        doc! { "exit": self.exit, "stdout": &self.stdout, "stderr": &self.stderr }
    }
}

/// The documents of a cursor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DocumentSet {
    /// The documents in order; fewer than `count` when not all were asked for.
    pub documents: Vec<Document>,
    /// How many documents there were.
    pub count: u64,
}

impl DocumentSet {
    /// All documents of a result.
    pub fn new(documents: Vec<Document>) -> Self {
        let count = documents.len() as u64;
        Self { documents, count }
    }
}

/// A result set in PostgreSQL's own text form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RowSet {
    /// The columns in order.
    pub columns: Vec<Column>,
    /// The rows; `None` is NULL. Fewer than `count` when not all were asked for. Dates, times and intervals are in the style
    /// that polyspec reads, whatever that of the session is.
    pub rows: Vec<Vec<Option<String>>>,
    /// The rows as the session printed them, where its style shaped them otherwise.
    pub printed: Option<Vec<Vec<Option<String>>>>,
    /// How many rows came.
    pub count: u64,
    /// Settings of the session that shape the text of values; `None` when they are those that polyspec expects.
    pub settings: Option<OutputSettings>,
}

impl RowSet {
    /// All rows of a result.
    #[cfg(test)]
    pub fn new(columns: Vec<Column>, rows: Vec<Vec<Option<String>>>) -> Self {
        let count = rows.len() as u64;
        Self { columns, rows, printed: None, count, settings: None }
    }

    /// The rows as the session printed them, for whoever shows or records them.
    pub fn printed(&self) -> &[Vec<Option<String>>] {
        self.printed.as_ref().unwrap_or(&self.rows)
    }
}

/// Settings that shape how values of some types are printed and read (manual, 19.11.2), as the session had them.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct OutputSettings {
    /// `DateStyle`.
    pub date_style: String,
    /// `IntervalStyle`.
    pub interval_style: String,
    /// `TimeZone`.
    pub time_zone: String,
    /// `search_path`, where names of objects were printed (`regclass`); `None` where it shapes nothing.
    pub search_path: Option<String>,
}

impl OutputSettings {
    /// Whether values are printed in the way that polyspec reads: ISO dates, intervals in PostgreSQL's own style.
    pub fn is_usual(&self) -> bool {
        self.date_style.starts_with("ISO") && matches!(self.interval_style.as_str(), "postgres" | "")
    }
}

/// A column of a result set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Column {
    /// The name.
    pub name: String,
    /// The type.
    pub sql_type: SqlType,
    /// Its modifier as `format_type` writes it (`10,2` of `numeric(10,2)`); `None` when it has none.
    pub modifier: Option<String>,
}

impl Column {
    /// The type's `pg_type.typname` (`int4`, `numeric`, `_text`); empty when it is not known.
    pub fn type_name(&self) -> &str {
        &self.sql_type.name
    }
}

/// A server's refusal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ServerError {
    /// SQLSTATE (PostgreSQL).
    pub sqlstate: Option<String>,
    /// The number (MongoDB).
    pub code: Option<i32>,
    /// The name of the code: MongoDB's, or the condition name of the SQLSTATE (`unique_violation`).
    pub name: Option<String>,
    /// The message, with nothing in it that changes from run to run by the driver's doing.
    pub message: String,
    /// DETAIL (PostgreSQL).
    pub detail: Option<String>,
    /// HINT (PostgreSQL).
    pub hint: Option<String>,
    /// The constraint.
    pub constraint: Option<String>,
    /// The table.
    pub table: Option<String>,
    /// The column.
    pub column: Option<String>,
    /// Error labels (MongoDB).
    pub labels: Vec<String>,
    /// The position in the SQL text, 1-based, in characters (PostgreSQL).
    pub position: Option<u32>,
    /// What is not the system's doing: no expectation is met by it unless it names exactly that.
    pub own: Option<OwnDoing>,
}

/// Why an error is no answer of the system under test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OwnDoing {
    /// polyspec told the server to cancel, because the time limit was over.
    Cancelled,
    /// The connection was lost: the server closed it, with last words or without, or it could not be made.
    Disconnected,
}

impl ServerError {
    /// What stands for an answer that came after the time limit: whatever a server says once polyspec has told it to
    /// cancel, a function may have caught the cancel and said something else.
    pub fn late(limit: Duration) -> Self {
        Self {
            message: format!(
                "the answer arrived only after the time limit of {limit:?}, when polyspec had cancelled it"
            ),
            own: Some(OwnDoing::Cancelled),
            ..Self::default()
        }
    }

    /// The same, with a hint that it was polyspec who told the server to cancel: its own message does not say why.
    pub fn cancelled_after(mut self, limit: Duration) -> Self {
        self.own.get_or_insert(OwnDoing::Cancelled);
        self.hint.get_or_insert(format!("polyspec cancelled the statement: its timeout of {limit:?} was reached"));
        self
    }
}
