//! What is expected back from a step.

use std::time::Duration;

use super::Value;
use crate::source::{Span, Spanned};

/// The mapping under `expect`. Every part that is given must hold.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The mapping.
    pub span: Span,
    /// `rows` or `rows_unordered`.
    pub rows: Option<RowsExpectation>,
    /// One row of one column.
    pub value: Option<Value>,
    /// Names, and types where given, of all columns in order.
    pub columns: Option<Spanned<Vec<ColumnExpectation>>>,
    /// The number of rows that an SQL command changed.
    pub affected: Option<Value>,
    /// No rows or no documents (`true`), or at least one (`false`).
    pub empty: Option<Spanned<bool>>,
    /// The statement must fail in this way.
    pub error: Option<AwaitedError>,
    /// `documents` or `documents_unordered`.
    pub documents: Option<DocumentsExpectation>,
    /// Fields that the reply of a MongoDB command must have.
    pub reply: Option<Value>,
    /// What the plan of an `explain` must be like.
    pub plan: Option<PlanExpectation>,
    /// All notices that a statement must send, in order.
    pub notices: Option<Spanned<Vec<NoticeExpectation>>>,
    /// All notifications that the session must receive, in order.
    pub notifications: Option<Spanned<Vec<NotificationExpectation>>>,
    /// The same on all nodes of the step.
    pub agree: Option<Spanned<bool>>,
    /// The keys in the first column or field, against what workloads before have recorded.
    pub recorded: Option<Spanned<Recorded>>,
    /// A bound on the lag that `eventually` or `catch_up` measured.
    pub within: Option<Spanned<Duration>>,
    /// One of these must hold, whole; stands alone, and none of them has another `one_of`.
    pub one_of: Option<Spanned<Vec<Alternative>>>,
}

/// One of several right outcomes.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The author's name of it: for messages, and what `save` keeps.
    pub name: Spanned<String>,
    /// What must come back; nothing in it means that the step merely succeeds.
    pub expect: Expectation,
}

impl Expectation {
    /// The alternatives of `one_of`, in order; none without it.
    pub fn alternatives(&self) -> &[Alternative] {
        self.one_of.as_ref().map_or(&[], |alternatives| &alternatives.value)
    }

    /// Itself and every alternative of it: whoever asks whether a part is expected has to look at each.
    pub fn each(&self) -> impl Iterator<Item = &Expectation> {
        std::iter::once(self).chain(self.alternatives().iter().map(|alternative| &alternative.expect))
    }
}

/// How what a query finds must be like what workloads have recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recorded {
    /// Every acknowledged key is there.
    Present,
    /// Every acknowledged key is there once, and no key twice.
    Once,
    /// As `Once`, and every key is an acknowledged or an unknown one.
    Exactly,
}

/// Rows that a query must return.
#[derive(Clone, Debug)]
pub struct RowsExpectation {
    /// The rows; none where a variable lists them.
    pub rows: Vec<RowExpectation>,
    /// Whether their order counts.
    pub ordered: bool,
    /// A variable that lists them: lists of cells, or values that are rows of one cell.
    pub listed: Option<Value>,
    /// The list.
    pub span: Span,
}

/// One row, a cell a column.
#[derive(Clone, Debug)]
pub struct RowExpectation {
    /// The cells. A mapping with a `$$` operator is matched, everything else is compared by the column's type.
    pub cells: Vec<Value>,
    /// The row.
    pub span: Span,
}

/// A column of a result.
#[derive(Clone, Debug)]
pub struct ColumnExpectation {
    /// Its name.
    pub name: Spanned<String>,
    /// Its type as PostgreSQL names it in `format_type` (`integer`, `numeric`, `text`) or in short (`int4`).
    pub type_name: Option<Spanned<String>>,
}

/// Documents that a command must return.
#[derive(Clone, Debug)]
pub struct DocumentsExpectation {
    /// Each a mapping, or text that is one variable.
    pub documents: Vec<Value>,
    /// Whether their order counts.
    pub ordered: bool,
    /// A variable that lists them.
    pub listed: Option<Value>,
    /// The list.
    pub span: Span,
}

/// How a statement must fail. Every part that is given must hold; for SQL `sqlstate`, `message`, `detail`, `hint`,
/// `constraint`, `table`, `column`; for MongoDB `code`, `name`, `labels`, `message`; for both `refused`.
#[derive(Clone, Debug)]
pub struct AwaitedError {
    /// The mapping.
    pub span: Span,
    /// Where it is asked that the server refuses the statement for its content, with whatever code.
    pub refused: Option<Span>,
    /// Five characters, or the first two for a class of errors.
    pub sqlstate: Option<Value>,
    /// The message: text that it must contain, or an operator.
    pub message: Option<Value>,
    /// DETAIL: text that it must contain, or an operator.
    pub detail: Option<Value>,
    /// HINT: text that it must contain, or an operator.
    pub hint: Option<Value>,
    /// The constraint that was violated.
    pub constraint: Option<Value>,
    /// The table that the error names.
    pub table: Option<Value>,
    /// The column that the error names.
    pub column: Option<Value>,
    /// MongoDB's number.
    pub code: Option<Value>,
    /// MongoDB's name of the code.
    pub name: Option<Value>,
    /// Labels that the error must carry.
    pub labels: Option<Spanned<Vec<Spanned<String>>>>,
}

/// A notice that a statement must send. Every part that is given must hold.
#[derive(Clone, Debug)]
pub struct NoticeExpectation {
    /// The entry of the list.
    pub span: Span,
    /// `NOTICE`, `WARNING`, `INFO`, `LOG`, `DEBUG`, in capital letters.
    pub severity: Option<Spanned<String>>,
    /// Five characters, or the first two for a class.
    pub sqlstate: Option<Value>,
    /// The message: text that it must contain, or an operator.
    pub message: Option<Value>,
    /// DETAIL, as the message.
    pub detail: Option<Value>,
    /// HINT, as the message.
    pub hint: Option<Value>,
}

/// A notification that a session must receive.
#[derive(Clone, Debug)]
pub struct NotificationExpectation {
    /// The entry of the list.
    pub span: Span,
    /// The channel: the whole of it, or an operator.
    pub channel: Value,
    /// The payload: the whole of it, or an operator; `None` for any.
    pub payload: Option<Value>,
}

/// What a plan must be like; the same words for both engines.
#[derive(Clone, Debug)]
pub struct PlanExpectation {
    /// The mapping.
    pub span: Span,
    /// Exactly these tables or collections are read.
    pub reads: Option<Spanned<Vec<Value>>>,
    /// Beside `reads`: these may be read, too.
    pub may_read: Option<Spanned<Vec<Value>>>,
    /// None of these is read, whatever else is.
    pub never_reads: Option<Spanned<Vec<Value>>>,
    /// Each of these indexes is used.
    pub indexes: Option<Spanned<Vec<Value>>>,
    /// Kinds of nodes or stages that must not be there: `Seq Scan`, `Sort`, `COLLSCAN`.
    pub forbid: Option<Spanned<Vec<Spanned<String>>>>,
    /// Kinds that must be there.
    pub require: Option<Spanned<Vec<Spanned<String>>>>,
    /// A bound on rows or documents examined for each one returned: a number, or `{ max: 1.1, min: 1 }`.
    pub examined_per_returned: Option<Value>,
    /// A bound on shared buffers touched (hit and read), PostgreSQL only: a number, or `{ max: 40 }`.
    pub buffers: Option<Value>,
}
