//! A text of code with one fault.

use std::ops::Range;

use super::tokens::Code;

/// A text with one fault.
pub(super) struct Rewrite {
    /// The line of the fault, from 1.
    pub line: usize,
    /// The fault.
    pub says: Says,
    /// The whole text.
    pub text: String,
}

/// A fault in words.
pub(super) struct Says {
    /// What kind of fault it is.
    pub kind: &'static str,
    /// The fault itself.
    pub says: String,
}

impl Rewrite {
    /// The code with other words in places, the first of which is in the line of this part.
    pub fn new(code: &Code<'_>, at: usize, says: Says, places: &[(Range<usize>, &str)]) -> Self {
        Self { line: code.line(at), says, text: code.with(places) }
    }
}
