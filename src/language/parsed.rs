//! What comes of reading a file.

use crate::source::Diagnostic;

/// A file that can be used, and what its author should look at all the same.
#[derive(Clone, Debug)]
pub struct Parsed<T> {
    /// What the file means.
    pub value: T,
    /// In the order of the file.
    pub warnings: Vec<Diagnostic>,
}
