//! Collects everything that is wrong with a file, so that its author sees all of it at once.

use crate::language::Parsed;
use crate::source::{Diagnostic, Severity, Span};

/// More than these are not shown: the file is not what it claims to be.
const LIMIT: usize = 100;

/// The diagnostics of one file.
#[derive(Default)]
pub(crate) struct Sink {
    found: Vec<Diagnostic>,
}

impl Sink {
    /// Adds one, unless the same is there already: an alias shows the same fault at each use.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < LIMIT && !self.found.iter().any(|other| is_same(other, &diagnostic)) {
            self.found.push(diagnostic);
        }
    }

    /// Adds an error without label and help.
    pub fn error(&mut self, span: &Span, message: impl Into<String>) {
        self.push(Diagnostic::error(span, message));
    }

    /// Whether nothing that was added forbids the use of the file.
    pub fn is_clean(&self) -> bool {
        !self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// `value` with the warnings if there is no error, else everything in the order of the file.
    pub fn finish<T>(mut self, value: Option<T>) -> Result<Parsed<T>, Vec<Diagnostic>> {
        let clean = self.is_clean();
        let files: Vec<String> = self.found.iter().map(file_of).collect();
        self.found.sort_by_key(|diagnostic| {
            let file = file_of(diagnostic);
            (files.iter().position(|other| *other == file), diagnostic.span.as_ref().map_or(0, |span| span.start))
        });
        match value {
            Some(value) if clean => Ok(Parsed { value, warnings: self.found }),
            _ => Err(self.found),
        }
    }
}

fn is_same(one: &Diagnostic, other: &Diagnostic) -> bool {
    let start = |diagnostic: &Diagnostic| diagnostic.span.as_ref().map(|span| span.start);
    one.message == other.message && start(one) == start(other) && file_of(one) == file_of(other)
}

fn file_of(diagnostic: &Diagnostic) -> String {
    diagnostic.span.as_ref().map(|span| span.file.name().to_string()).unwrap_or_default()
}
