//! How texts are written so that a golden stays a line a row and can be told apart again.

/// What every golden file begins with; the number is the version of the format.
pub(super) const MAGIC: &str = "# polyspec golden 1: ";
/// The second line of a golden whose rows are compared character by character, and their types by name.
pub(super) const EXACT: &str = "# types: exact";
/// What the line of a section begins with.
pub(super) const SECTION: &str = "== ";

/// The first line of the golden of a scenario, without its line end.
pub fn file_header(scenario: &str) -> String {
    format!("{MAGIC}{}", escape(scenario))
}

/// The line that opens a section, without its line end.
pub fn section_header(name: &str) -> String {
    format!("{SECTION}{}", escape(name))
}

/// A cell as one unambiguous piece of a line; `None` is NULL.
pub(in crate::judge) fn cell(text: Option<&str>) -> String {
    let mut line = String::new();
    push_cell(&mut line, text);
    line
}

/// Appends a cell to a line.
pub(super) fn push_cell(line: &mut String, text: Option<&str>) {
    let Some(text) = text else { return line.push_str("NULL") };
    let blank_end = text.starts_with(char::is_whitespace) || text.ends_with(char::is_whitespace);
    let quoted = text.is_empty() || matches!(text, "NULL" | "()") || text.starts_with('\'') || blank_end;
    let quote = if quoted { "'" } else { "" };
    line.push_str(quote);
    push_escaped(line, text);
    line.push_str(quote);
}

/// What goes before a line that could be taken for a section's, or for one that was guarded.
pub(super) fn guard(line: &str) -> &'static str {
    if line.trim_start_matches('\\').starts_with("==") { "\\" } else { "" }
}

/// What editors take for the end of a line beside the control characters (Unicode, 5.8).
pub(super) fn is_line_end(c: char) -> bool {
    matches!(c, '\u{2028}' | '\u{2029}')
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    push_escaped(&mut escaped, text);
    escaped
}

pub(super) fn push_escaped(escaped: &mut String, text: &str) {
    // Nearly every cell of a long golden is plain; those are copied whole.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\' && byte != b'|') {
        return escaped.push_str(text);
    }
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '|' => escaped.push_str("\\|"),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            c if c.is_control() || is_line_end(c) => escaped.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => escaped.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::judge::golden::reading::read_row;

    fn row_line(cells: &[Option<String>]) -> String {
        let line = cells.iter().map(|text| cell(text.as_deref())).collect::<Vec<_>>().join(" | ");
        format!("{}{line}", guard(&line))
    }

    #[test]
    fn texts_that_could_be_mistaken_are_quoted() {
        let shown = [
            None,
            Some("NULL"),
            Some(""),
            Some(" a"),
            Some("a\t"),
            Some("'a'"),
            Some("a b"),
            Some("()"),
            Some("a|b\\"),
        ];
        let expected = ["NULL", "'NULL'", "''", "' a'", "'a\\t'", "''a''", "a b", "'()'", "a\\|b\\\\"];
        assert_eq!(shown.map(cell), expected);
    }

    #[test]
    fn a_line_never_looks_like_a_section() {
        assert_eq!(guard("== products"), "\\");
        assert_eq!(guard("= a"), "");
        assert_eq!(section_header("a\n== b"), "== a\\n== b");
    }

    proptest! {
        #[test]
        fn a_row_can_be_read_again(cells in proptest::collection::vec(proptest::option::of(any::<String>()), 1..5)) {
            let line = row_line(&cells);
            prop_assert!(!line.contains('\n') && !line.starts_with("=="));
            prop_assert_eq!(read_row(&line), cells);
        }

        #[test]
        fn a_row_of_hostile_pieces_can_be_read_again(
            cells in proptest::collection::vec(proptest::option::of("[ '|=\\\\nNUL\n\r\t\u{0}]{0,8}"), 1..5),
        ) {
            let line = row_line(&cells);
            prop_assert!(!line.contains('\n') && !line.starts_with("=="));
            prop_assert_eq!(read_row(&line), cells);
        }
    }
}
