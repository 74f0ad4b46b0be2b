//! Where in a file the YAML reader found something.

use std::sync::Arc;

use serde_yaml::Location;

use crate::source::SourceFile;

/// The byte range of a location; without byte offsets, the place that its line and column name.
pub(crate) fn bytes(file: &Arc<SourceFile>, location: &Location) -> (usize, usize) {
    let span = location.span();
    match (span.byte_offset(), span.byte_len()) {
        (Some(start), Some(length)) => (start as usize, (start + length) as usize),
        _ => {
            let start = offset(file, location.line() as usize, location.column() as usize);
            (start, start)
        }
    }
}

/// The byte offset of a 1-based line and column, the column in characters.
fn offset(file: &Arc<SourceFile>, line: usize, column: usize) -> usize {
    let text = file.line(line).unwrap_or_default();
    let within = text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
    file.line_start(line) + within
}
