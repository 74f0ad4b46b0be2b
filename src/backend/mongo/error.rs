//! The driver's errors, and the errors inside replies, as refusals or as breakage. The driver's own text of an error holds
//! the raw reply with its cluster time, so only its parts are used.

use bson::{Bson, Document};
use mongodb::error::{Error, ErrorKind, WriteFailure};

use super::codes::code_name;
use crate::backend::BackendError;
use crate::observation::ServerError;

/// A command's error: the server's refusal, or no answer.
pub(super) fn of_command(node: &str, error: &Error) -> Result<ServerError, BackendError> {
    let labels = sorted_labels(error);
    match &*error.kind {
        ErrorKind::Command(command) => Ok(refusal(command.code, &command.code_name, &command.message, labels)),
        ErrorKind::Write(WriteFailure::WriteConcernError(write)) => {
            Ok(refusal(write.code, &write.code_name, &write.message, labels))
        }
        ErrorKind::Write(WriteFailure::WriteError(write)) => {
            Ok(refusal(write.code, write.code_name.as_deref().unwrap_or_default(), &write.message, labels))
        }
        ErrorKind::ServerSelection { message, .. } => {
            Err(BackendError::Unreachable { node: node.into(), cause: message.clone() })
        }
        kind if is_of_the_connection(kind) => {
            Err(BackendError::Lost { node: node.into(), cause: kind.to_string(), labels })
        }
        kind => Err(BackendError::Other(format!("the driver of {node}: {}", of_driver(kind)))),
    }
}

/// Kinds of errors that say that a connection was lost, or could not be made usable.
fn is_of_the_connection(kind: &ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Io(_)
            | ErrorKind::ConnectionPoolCleared { .. }
            | ErrorKind::Authentication { .. }
            | ErrorKind::DnsResolve { .. }
            | ErrorKind::Internal { .. }
    )
}

/// The driver's own word, on a misuse of a transaction, or on what it cannot write as BSON or read: no server has seen it,
/// so that it is never the error that a scenario expects.
fn of_driver(kind: &ErrorKind) -> String {
    match kind {
        ErrorKind::Transaction { message, .. } | ErrorKind::InvalidArgument { message, .. } => message.clone(),
        kind => kind.to_string(),
    }
}

fn refusal(code: i32, name: &str, message: &str, labels: Vec<String>) -> ServerError {
    let name = if name.is_empty() { code_name(code).unwrap_or_default() } else { name };
    ServerError {
        code: Some(code),
        name: (!name.is_empty()).then(|| name.to_string()),
        message: message.to_string(),
        labels,
        ..ServerError::default()
    }
}

fn sorted_labels(error: &Error) -> Vec<String> {
    let mut labels: Vec<String> = error.labels().iter().cloned().collect();
    labels.sort();
    labels
}

/// The error of something that polyspec itself asked for.
pub(super) fn of_own(node: &str, doing: &str, error: &Error) -> BackendError {
    match of_command(node, error) {
        Ok(refused) => BackendError::Refused { node: node.into(), doing: doing.into(), error: Box::new(refused) },
        Err(lost) => lost,
    }
}

/// A URL that cannot be used. The URL itself is not shown: it may hold a password.
pub(super) fn of_url(error: &Error) -> BackendError {
    let cause = match &*error.kind {
        ErrorKind::InvalidArgument { message, .. } => message.clone(),
        kind => kind.to_string(),
    };
    BackendError::Other(format!("the URL of mongo cannot be used: {cause}"))
}

/// A reply can be `ok: 1` and still hold `writeErrors` or a `writeConcernError`.
pub(super) fn in_reply(reply: &Document) -> Option<ServerError> {
    let first = reply.get_array("writeErrors").ok().and_then(|errors| errors.first()?.as_document());
    let error = first.or_else(|| reply.get_document("writeConcernError").ok())?;
    let labels = reply.get_array("errorLabels").into_iter().flatten().filter_map(Bson::as_str).map(str::to_string);
    let code = error.get_i32("code").unwrap_or_default();
    let name = error.get_str("codeName").unwrap_or_default();
    Some(refusal(code, name, error.get_str("errmsg").unwrap_or_default(), labels.collect()))
}
