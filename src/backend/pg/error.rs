//! The driver's errors as refusals or as breakage. (The driver prints a server's error only as "db error".)

use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::ErrorFields;
use tokio_postgres::error::{DbError, ErrorPosition};

use super::conditions::condition_name;
use crate::backend::BackendError;
use crate::observation::{Notice, OwnDoing, ServerError};

/// Severities after which the server closes the connection (manual, 54.8).
const FATAL: [&str; 2] = ["FATAL", "PANIC"];

/// A server's refusal.
pub(super) fn refusal(error: &DbError) -> ServerError {
    let sqlstate = error.code().code();
    ServerError {
        sqlstate: Some(sqlstate.to_string()),
        name: condition_name(sqlstate).map(str::to_string),
        message: error.message().to_string(),
        detail: error.detail().map(str::to_string),
        hint: error.hint().map(str::to_string),
        constraint: error.constraint().map(str::to_string),
        table: error.table().map(str::to_string),
        column: error.column().map(str::to_string),
        position: match error.position() {
            Some(ErrorPosition::Original(at)) => Some(*at),
            _ => None,
        },
        ..ServerError::default()
    }
}

/// A refusal out of the fields of a message (manual, 54.8).
pub(super) fn refusal_of(fields: &mut ErrorFields<'_>) -> io::Result<ServerError> {
    refusal_and_end(fields).map(|(refusal, _)| refusal)
}

/// The same, and whether the connection ends with it: then it is no answer to the statement at hand alone.
pub(super) fn refusal_and_end(fields: &mut ErrorFields<'_>) -> io::Result<(ServerError, bool)> {
    let (mut error, mut fatal) = (ServerError::default(), false);
    while let Some(field) = fields.next()? {
        let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'V' => fatal = FATAL.contains(&value.as_str()),
            b'C' => error.sqlstate = Some(value),
            b'M' => error.message = value,
            b'D' => error.detail = Some(value),
            b'H' => error.hint = Some(value),
            b'P' => error.position = value.parse().ok(),
            b't' => error.table = Some(value),
            b'c' => error.column = Some(value),
            b'n' => error.constraint = Some(value),
            _ => {}
        }
    }
    error.name = error.sqlstate.as_deref().and_then(condition_name).map(str::to_string);
    if fatal {
        error.own = Some(OwnDoing::Disconnected);
    }
    Ok((error, fatal))
}

/// A notice out of the fields of a message.
pub(super) fn notice_of(fields: &mut ErrorFields<'_>) -> io::Result<Notice> {
    let mut notice = Notice::default();
    while let Some(field) = fields.next()? {
        let value = String::from_utf8_lossy(field.value_bytes()).into_owned();
        match field.type_() {
            b'V' => notice.severity = value,
            b'C' => notice.sqlstate = value,
            b'M' => notice.message = value,
            b'D' => notice.detail = Some(value),
            b'H' => notice.hint = Some(value),
            _ => {}
        }
    }
    Ok(notice)
}

/// A statement's error: the server's refusal, or a connection that is gone.
pub(super) fn of_statement(node: &str, error: tokio_postgres::Error) -> Result<ServerError, BackendError> {
    match error.as_db_error() {
        Some(db) => Ok(refusal(db)),
        None => Err(BackendError::Lost { node: node.into(), cause: with_source(&error), labels: vec![] }),
    }
}

/// The error of something that polyspec itself asked for.
pub(super) fn of_own(node: &str, doing: &str, error: tokio_postgres::Error) -> BackendError {
    match of_statement(node, error) {
        Ok(refused) => BackendError::Refused { node: node.into(), doing: doing.into(), error: Box::new(refused) },
        Err(lost) => lost,
    }
}

/// The error of an attempt to connect.
pub(super) fn of_connect(node: &str, error: &tokio_postgres::Error) -> BackendError {
    let cause = match error.as_db_error() {
        Some(db) => format!("{} {}", db.code().code(), db.message()),
        None => with_source(error),
    };
    BackendError::Unreachable { node: node.into(), cause }
}

fn with_source(error: &tokio_postgres::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
