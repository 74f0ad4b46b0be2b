//! The few lines around a span that are shown with a diagnostic, without the passwords in them and without characters that
//! a terminal would obey.

use std::ops::Range;

use super::{Span, masked, visible};

/// Lines that are shown before and after the span's own.
const CONTEXT: usize = 2;

/// Lines of a file around a span.
pub(super) struct Window {
    /// The lines, as they are shown.
    pub text: String,
    /// The number of the first of them.
    pub first_line: usize,
    /// The span inside `text`; of a span of many lines, its first.
    pub span: Range<usize>,
}

impl Window {
    /// The window around `span`.
    pub fn around(span: &Span) -> Self {
        let file = &span.file;
        let line = span.line_column().0;
        let first_line = line.saturating_sub(CONTEXT).max(1);
        let (start, end) = (file.line_start(first_line), file.line_start(line + CONTEXT + 1));
        let line_end = file.line_start(line) + file.line(line).unwrap_or_default().len();
        let from = span.start.min(line_end.max(start));
        let text = masked(&file.text()[start..end]);
        let shown_to = |at: usize| text.get(..at - start).map_or(at - start, |before| shown(before).len());
        let span = shown_to(from)..shown_to(span.end.min(line_end).max(from));
        Self { text: shown(&text), first_line, span }
    }
}

/// Character by character, so that a part of the text is shown as in the whole. Line ends and tabs stay what they are.
fn shown(text: &str) -> String {
    text.split_inclusive(['\n', '\r', '\t']).map(part_shown).collect()
}

fn part_shown(part: &str) -> String {
    let rest = part.trim_end_matches(['\n', '\r', '\t']);
    format!("{}{}", visible(rest), &part[rest.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;

    fn window(text: &str, start: usize, end: usize) -> Window {
        Window::around(&Span::new(&SourceFile::new("t", text), start, end))
    }

    #[test]
    fn two_lines_before_and_after_are_shown() {
        let window = window("1\n2\n3\n4\n5\n6\n7\n", 6, 7);
        assert_eq!((window.text.as_str(), window.first_line), ("2\n3\n4\n5\n6\n", 2));
        assert_eq!(&window.text[window.span], "4");
    }

    #[test]
    fn a_span_of_many_lines_shows_its_first() {
        let window = window("a: b\n  c\nd\n", 3, 8);
        assert_eq!(&window.text[window.span], "b");
    }

    #[test]
    fn every_span_of_a_text_is_inside_its_window() {
        let text = "ä\r\n\n  b\n";
        for start in (0..=text.len()).filter(|at| text.is_char_boundary(*at)) {
            for end in (start..=text.len()).filter(|at| text.is_char_boundary(*at)) {
                let window = window(text, start, end);
                assert!(window.text.get(window.span).is_some(), "{start}..{end}");
            }
        }
    }

    #[test]
    fn the_caret_stays_where_it_was_when_characters_before_it_are_shown() {
        let text = "a: \x1b[2J\u{9b}\t\x07 b\n";
        let at = text.find('b').expect("b");
        let window = window(text, at, at + 1);
        assert_eq!(window.text, "a: ␛[2J\u{fffd}\t␇ b\n");
        assert_eq!(&window.text[window.span], "b");
    }
}
