//! What a script answers: rows, replies, refusals, and all that can become of a connection.

use std::time::Duration;

use bson::Document;

use crate::backend::BackendError;
use crate::engine::order::Order;
use crate::judge::testing::row_set;
use crate::observation::{DocumentSet, Observation, Outcome, Output, OwnDoing, ServerError};

/// What a server says to one order, and when.
#[derive(Clone)]
pub(in crate::engine) struct Reply {
    /// How long it takes.
    pub after: Duration,
    /// Until then it waits on a lock.
    pub waits: bool,
    answer: Result<Outcome, BackendError>,
}

impl Reply {
    /// This outcome, at once.
    pub fn of(outcome: Outcome) -> Self {
        Self { after: Duration::ZERO, waits: false, answer: Ok(outcome) }
    }

    fn broken(error: BackendError) -> Self {
        Self { after: Duration::ZERO, waits: false, answer: Err(error) }
    }

    /// The same, so much later.
    pub fn after(self, time: Duration) -> Self {
        Self { after: time, ..self }
    }

    /// The same, after it has waited on a lock for so long.
    pub fn waits(self, time: Duration) -> Self {
        Self { after: time, waits: true, ..self }
    }

    /// The answer when its time has come. A server that takes longer than the limit is told to cancel.
    pub async fn come(self, order: &Order) -> Result<Observation, BackendError> {
        if self.after > order.limit {
            tokio::time::sleep(order.limit).await;
            let cancelled = error("57014", Some(OwnDoing::Cancelled)).cancelled_after(order.limit);
            return Ok(Observation::new(&order.node, Outcome::Refused(cancelled), order.limit));
        }
        tokio::time::sleep(self.after).await;
        self.answer.map(|outcome| Observation::new(&order.node, outcome, self.after))
    }
}

/// No rows, and so many affected.
pub(in crate::engine) fn affected(affected: u64) -> Reply {
    Reply::of(Outcome::Output(Output::Sql { rows: None, affected }))
}

/// Rows; `name:type` for each column.
pub(in crate::engine) fn rows(columns: &[&str], rows: &[&[&str]]) -> Reply {
    let affected = rows.len() as u64;
    Reply::of(Outcome::Output(Output::Sql { rows: Some(row_set(columns, rows)), affected }))
}

/// One whole number.
pub(in crate::engine) fn number(value: &str) -> Reply {
    rows(&["n:int4"], &[&[value]])
}

/// The reply to a command.
pub(in crate::engine) fn reply(document: Document) -> Reply {
    Reply::of(Outcome::Output(Output::Reply(document)))
}

/// What a cursor gives.
pub(in crate::engine) fn documents(documents: Vec<Document>) -> Reply {
    Reply::of(Outcome::Output(Output::Documents(DocumentSet::new(documents))))
}

/// The server refuses.
pub(in crate::engine) fn refused(sqlstate: &str) -> Reply {
    Reply::of(Outcome::Refused(error(sqlstate, None)))
}

/// The server's last words before it closes the session.
pub(in crate::engine) fn closed(sqlstate: &str) -> Reply {
    Reply::of(Outcome::Refused(error(sqlstate, Some(OwnDoing::Disconnected))))
}

/// The server says that it was cancelled, and it was polyspec who told it to.
pub(in crate::engine) fn cancelled() -> Reply {
    Reply::of(Outcome::Refused(error("57014", Some(OwnDoing::Cancelled))))
}

/// The connection goes away without a word.
pub(in crate::engine) fn lost() -> Reply {
    Reply::broken(BackendError::Lost { node: "pg.a".into(), cause: "end of file".into(), labels: vec![] })
}

/// Nobody is there.
pub(in crate::engine) fn unreachable() -> Reply {
    Reply::broken(BackendError::Unreachable { node: "pg.a".into(), cause: "connection refused".into() })
}

/// No answer, nor any after it was told to cancel.
pub(in crate::engine) fn silent() -> Reply {
    Reply::broken(BackendError::Silent { node: "pg.a".into(), limit: Duration::from_secs(1) })
}

/// What polyspec needs cannot be had.
pub(in crate::engine) fn broken(cause: &str) -> Reply {
    Reply::broken(BackendError::Other(cause.into()))
}

/// A refusal as PostgreSQL makes it.
pub(in crate::engine) fn error(sqlstate: &str, own: Option<OwnDoing>) -> ServerError {
    let message = format!("refused with {sqlstate}");
    ServerError { sqlstate: Some(sqlstate.into()), message, own, ..ServerError::default() }
}
