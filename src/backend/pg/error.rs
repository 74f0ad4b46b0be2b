//! The driver's errors as refusals or as breakage. (The driver prints a server's error only as "db error".)

use tokio_postgres::error::{DbError, ErrorPosition};

use super::conditions::condition_name;
use crate::backend::BackendError;
use crate::observation::ServerError;

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
