//! COPY FROM STDIN.

use crate::variables::quote_identifier;

/// The command that copies into columns of a table, with its options.
pub(super) fn command(table: &str, columns: &[String], options: &str) -> String {
    let columns: Vec<String> = columns.iter().map(|name| quote_identifier(name)).collect();
    let table: Vec<String> = table.split('.').map(quote_identifier).collect();
    format!("COPY {} ({}) FROM STDIN{options}", table.join("."), columns.join(", "))
}
