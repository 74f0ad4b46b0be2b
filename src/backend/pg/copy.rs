//! COPY FROM STDIN.

use crate::variables::quote_identifier;

/// The form of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CopyFormat {
    /// CSV with a header line.
    Csv,
    /// COPY's own text format.
    Text,
}

/// The command that copies into columns of a table.
pub(super) fn command(table: &str, columns: &[String], format: CopyFormat) -> String {
    let columns: Vec<String> = columns.iter().map(|name| quote_identifier(name)).collect();
    let table: Vec<String> = table.split('.').map(quote_identifier).collect();
    let options = match format {
        CopyFormat::Csv => " WITH (FORMAT csv, HEADER)",
        CopyFormat::Text => "",
    };
    format!("COPY {} ({}) FROM STDIN{options}", table.join("."), columns.join(", "))
}
