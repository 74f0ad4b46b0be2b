//! What breaks between polyspec and a server. A server's refusal is not an error here: it is an observation.

use std::fmt;
use std::time::Duration;

use crate::observation::{OwnDoing, ServerError};

/// The machinery broke: no answer came, or none that could be read.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BackendError {
    /// No connection could be made.
    #[error("{node} cannot be reached: {cause}")]
    Unreachable {
        /// The node.
        node: String,
        /// Why.
        cause: String,
    },
    /// The connection went away while a statement was running: whether it took effect is unknown.
    #[error("{node} closed the connection: {cause}")]
    Lost {
        /// The node.
        node: String,
        /// Why.
        cause: String,
        /// Labels that MongoDB's driver gave the error.
        labels: Vec<String>,
    },
    /// No answer came within the limit, and none after the server had been told to cancel.
    #[error("{node} gave no answer within {limit:?}, nor after a request to cancel")]
    Silent {
        /// The node.
        node: String,
        /// The limit.
        limit: Duration,
    },
    /// Something that polyspec itself asked of the server was refused (making a copy, a barrier).
    #[error("{node} refused while polyspec was {doing}: {}", Refusal(error))]
    Refused {
        /// The node.
        node: String,
        /// What polyspec was about to do.
        doing: String,
        /// The refusal.
        error: Box<ServerError>,
    },
    /// A file could not be read, or a reply not understood.
    #[error("{0}")]
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

/// What a server refused, in one line.
struct Refusal<'a>(&'a ServerError);

impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ServerError { message, detail, hint, .. } = self.0;
        let code = self.0.sqlstate.clone().or(self.0.code.map(|code| code.to_string())).unwrap_or_default();
        write!(f, "{code} {message}")?;
        match detail.as_ref().or(hint.as_ref()) {
            Some(more) => write!(f, " ({more})"),
            None => Ok(()),
        }
    }
}
