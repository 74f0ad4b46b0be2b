//! The encoding of a connection. polyspec reads and writes UTF-8; a session that has chosen another `client_encoding` can
//! exchange ASCII alone, which is the same in all of them (manual, 23.3.1).

use std::collections::BTreeMap;

use super::{Exchange, Loss, Stdin};

/// How to get out of it.
const HINT: &str = "run `SET client_encoding = 'UTF8'` before this step, or look at bytes: `convert_to(…, 'LATIN1')`";

/// The encoding of a connection, when text in it is not UTF-8. With `SQL_ASCII` the server converts nothing (manual, 23.3.4).
pub(super) fn foreign(parameters: &BTreeMap<String, String>) -> Option<&str> {
    let setting = |name: &str| parameters.get(name).map(String::as_str);
    match setting("client_encoding")? {
        "UTF8" | "UNICODE" => None,
        "SQL_ASCII" if setting("server_encoding") == Some("UTF8") => None,
        other => Some(other),
    }
}

/// Whether the server would read all that is sent as it is meant.
pub(super) fn may_send(parameters: &BTreeMap<String, String>, exchange: &Exchange<'_>) -> Result<(), Loss> {
    let Some(name) = foreign(parameters) else { return Ok(()) };
    let values = || exchange.parameters.iter().flatten().all(|value| value.is_ascii());
    let data = || match &exchange.stdin {
        Stdin::Closed => true,
        Stdin::Data(bytes) => bytes.is_ascii(),
    };
    match exchange.sql.is_ascii() && values() && data() {
        true => Ok(()),
        false => Err(Loss::Unsent(format!(
            "the statement has characters beyond ASCII, and client_encoding is {name}: polyspec sends UTF-8; {HINT}"
        ))),
    }
}

/// What is said of an answer in another encoding.
pub(super) fn unreadable(name: &str) -> String {
    format!("the answer has characters beyond ASCII, and client_encoding is {name}: polyspec reads UTF-8; {HINT}")
}
