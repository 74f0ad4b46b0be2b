//! What breaks between polyspec and a server. A server's refusal is not an error here: it is an observation.

use std::fmt;
use std::time::Duration;

use crate::observation::{OwnDoing, ServerError};

/// The machinery broke: no answer came, or none that could be read.
#[derive(Clone, Debug)]
pub enum BackendError {
    /// No connection could be made.
    Unreachable {
        /// The node.
        node: String,
        /// Why.
        cause: String,
    },
    /// The connection went away while a statement was running: whether it took effect is unknown.
    Lost {
        /// The node.
        node: String,
        /// Why.
        cause: String,
        /// Labels that MongoDB's driver gave the error.
        labels: Vec<String>,
    },
    /// No answer came within the limit, and none after the server had been told to cancel.
    Silent {
        /// The node.
        node: String,
        /// The limit.
        limit: Duration,
    },
    /// Something that polyspec itself asked of the server was refused (making a copy, a barrier).
    Refused {
        /// The node.
        node: String,
        /// What polyspec was about to do.
        doing: String,
        /// The refusal.
        error: Box<ServerError>,
    },
    /// A file could not be read, or a reply not understood.
    Other(String),
}

impl BackendError {
    /// Whether the server gave no answer: it cannot be reached, or the connection is gone or silent.
    pub fn is_no_answer(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Lost { .. } | Self::Silent { .. })
    }

    /// The error as a refusal, for a step that expects one: class 08 of SQLSTATE (connection exception) for PostgreSQL, the
    /// driver's labels for MongoDB. `None` for what is no matter of connections.
    pub fn as_refusal(&self) -> Option<ServerError> {
        let (sqlstate, name, labels) = match self {
            BackendError::Unreachable { .. } => ("08001", "sqlclient_unable_to_establish_sqlconnection", vec![]),
            BackendError::Lost { labels, .. } => ("08006", "connection_failure", labels.clone()),
            BackendError::Silent { .. } => ("08006", "connection_failure", vec![]),
            BackendError::Refused { .. } | BackendError::Other(_) => return None,
        };
        Some(ServerError {
            sqlstate: Some(sqlstate.into()),
            name: Some(name.into()),
            message: self.to_string(),
            labels,
            own: Some(OwnDoing::Disconnected),
            ..ServerError::default()
        })
    }
}

impl fmt::Display for BackendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BackendError::Unreachable { node, cause } => write!(f, "{node} cannot be reached: {cause}"),
            BackendError::Lost { node, cause, .. } => write!(f, "{node} closed the connection: {cause}"),
            BackendError::Silent { node, limit } => {
                write!(f, "{node} gave no answer within {limit:?}, nor after a request to cancel")
            }
            BackendError::Refused { node, doing, error } => {
                let code = error.sqlstate.clone().or(error.code.map(|code| code.to_string())).unwrap_or_default();
                write!(f, "{node} refused while polyspec was {doing}: {code} {}", error.message)?;
                if let Some(hint) = error.detail.iter().chain(&error.hint).next() {
                    write!(f, " ({hint})")?;
                }
                Ok(())
            }
            BackendError::Other(cause) => f.write_str(cause),
        }
    }
}

impl std::error::Error for BackendError {}
