//! Source files and the spans inside them.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

/// The byte order mark that some programs write at the beginning of a file; it is not part of its content.
pub const BYTE_ORDER_MARK: &str = "\u{FEFF}";

/// A text file as its author knows it: the path that is shown, and the text.
pub struct SourceFile {
    name: String,
    text: String,
    marked: bool,
    line_starts: Vec<usize>,
}

impl SourceFile {
    /// Keeps `text` under `name`, the path as it is to be shown (relative to where the user stands). A byte order mark at
    /// its beginning is left out.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        let mut text = text.into();
        let marked = text.starts_with(BYTE_ORDER_MARK);
        if marked {
            text.drain(..BYTE_ORDER_MARK.len());
        }
        let line_starts = std::iter::once(0)
            .chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1))
            .collect();
        Arc::new(Self { name: name.into(), text, marked, line_starts })
    }

    /// The path as it is shown.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the file begins with a byte order mark, which is not part of its text: who writes it anew keeps that.
    pub fn is_marked(&self) -> bool {
        self.marked
    }

    /// The 1-based line and column (in characters) of a byte offset. An offset past the end is that of the end.
    pub fn line_column(&self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.text.get(start..offset).map_or(offset - start, |before| before.chars().count());
        (line, column + 1)
    }

    /// The text of a 1-based line without its line end; `None` past the last line.
    pub fn line(&self, line: usize) -> Option<&str> {
        let start = *self.line_starts.get(line.checked_sub(1)?)?;
        let end = self.line_starts.get(line).map_or(self.text.len(), |next| next - 1);
        Some(self.text[start..end].trim_end_matches('\r'))
    }

    /// The byte offset at which a 1-based line begins; past the last line, the end of the text.
    pub fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }
}

/// A half-open range of bytes in a source file. Cheap to clone.
#[derive(Clone)]
pub struct Span {
    /// The file.
    pub file: Arc<SourceFile>,
    /// The first byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// A span of `file` from `start` up to, but without, `end`; both are moved into the text.
    pub fn new(file: &Arc<SourceFile>, start: usize, end: usize) -> Self {
        let length = file.text().len();
        let start = start.min(length);
        Self { file: file.clone(), start, end: end.clamp(start, length) }
    }

    /// The whole of line `line` (1-based) of `file`, without its indentation.
    pub fn of_line(file: &Arc<SourceFile>, line: usize) -> Self {
        let start = file.line_start(line);
        let text = file.line(line).unwrap_or_default();
        let indent = text.len() - text.trim_start().len();
        Self::new(file, start + indent, start + text.trim_end().len().max(indent))
    }

    /// The 1-based line and column at which the span begins.
    pub fn line_column(&self) -> (usize, usize) {
        self.file.line_column(self.start)
    }

    /// The text of the span.
    pub fn text(&self) -> &str {
        self.file.text().get(self.start..self.end).unwrap_or_default()
    }

    /// Gives `value` this place.
    pub fn of<T>(&self, value: T) -> Spanned<T> {
        Spanned { value, span: self.clone() }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.line_column();
        write!(f, "{}:{line}:{column}", self.file.name())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A value with the place it was written at.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

impl<T> Deref for Spanned<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_order_mark_is_no_content_and_moves_no_place() {
        let file = SourceFile::new("a.yaml", "\u{FEFF}scenario: x\n");
        assert_eq!((file.text(), file.is_marked()), ("scenario: x\n", true));
        assert_eq!(Span::new(&file, 0, 8).line_column(), (1, 1));
        assert!(!SourceFile::new("a.yaml", "x\u{FEFF}").is_marked());
    }
}
