//! Why an exchange has come to nothing.

use std::io;

use crate::observation::ServerError;

/// Why an exchange has come to nothing, mostly because the connection is of no use any more.
#[derive(Debug)]
pub(in crate::backend::pg) enum Loss {
    /// The server said why before it closed it.
    Told(Box<ServerError>),
    /// It is gone without a word.
    Silent(String),
    /// What was asked cannot be put into a message; nothing was sent, and the connection is as it was.
    Unsent(String),
    /// What came cannot be used, and why; the connection can.
    Unusable(String),
    /// What the server sent is not in the protocol, or cannot be read.
    Protocol(String),
}

impl From<io::Error> for Loss {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => Loss::Protocol(error.to_string()),
            _ => Loss::Silent(error.to_string()),
        }
    }
}
