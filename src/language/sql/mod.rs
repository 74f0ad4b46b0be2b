//! A small lexical scanner of PostgreSQL's SQL: quotes, dollar quotes, nested comments, identifiers. It knows where a
//! statement ends and whether a place is code; it does not know grammar.

mod context;
mod guard;
mod reach;
mod scan;
mod script;
mod statements;

pub use context::{Context, contexts};
pub(crate) use guard::check_variables;
pub use reach::{OWN, reaches_beyond};
pub(crate) use scan::{TokenKind, tokens};
pub use script::{ScriptPart, script};
pub(crate) use statements::highest_placeholder;
pub use statements::{copies_from_stdin, is_read_only, statements};
