//! Where rows go that are not to be kept in memory.

use std::io;

use bson::Document;

use crate::observation::Column;

/// Receives a result as it arrives. An error of the sink ends the statement's reading.
pub trait RowSink: Send {
    /// The columns, once, before the first row (SQL only).
    fn columns(&mut self, columns: &[Column]) -> io::Result<()>;
    /// A row in PostgreSQL's text form; `None` is NULL.
    fn row(&mut self, cells: &[Option<&str>]) -> io::Result<()>;
    /// A document.
    fn document(&mut self, document: &Document) -> io::Result<()>;
}
