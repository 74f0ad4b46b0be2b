//! What the YAML crate refuses, in the words of the author.

use std::sync::Arc;

use serde_yaml::Error;

use super::read::bytes;
use crate::source::{Diagnostic, SourceFile, Span};

/// Beginnings of the crate's messages, what they mean, and the mend.
const MEANINGS: [(&str, &str, &str); 10] = [
    (
        "mapping values are not allowed",
        "a `: ` cannot stand here",
        "if the colon belongs to the text, put the text in quotes or write it below `|`; if it ends a key, mend the indentation",
    ),
    ("multiple YAML documents", "one file holds one document", "move what follows `---` into a file of its own"),
    ("unsupported tag", "a tag of YAML means nothing here", "remove it; put text that begins with `!` in quotes"),
    ("tabs disallowed", "a tab cannot indent", "indent with spaces"),
    ("budget breached", "the file is nested too deeply or unfolds to too much", "write it flatter, with fewer aliases"),
    ("recursion limit", "the file is nested too deeply", "write it flatter"),
    ("alias replay", "the aliases of the file unfold to too much", "use fewer aliases"),
    (
        "alias references unknown anchor",
        "no anchor of this name comes before",
        "put text that begins with `*` in quotes",
    ),
    ("expected string scalar", "a key must be text", "write `key: value`"),
    (
        "while scanning for the next token",
        "no value begins with this character",
        "put text that begins with a special character in quotes",
    ),
];

/// The diagnostic of an error of the crate.
pub(crate) fn syntax(file: &Arc<SourceFile>, error: &Error) -> Diagnostic {
    let text = error.without_snippet().to_string();
    let cause = text.split(" at line ").next().unwrap_or(&text).trim().to_string();
    let span = place(file, error);
    if is_bare_variable(&span) {
        return Diagnostic::error(&span, "a variable inside `[ ]` or `{ }` needs quotes").help("write `\"${name}\"`");
    }
    let known = MEANINGS.iter().find(|(beginning, ..)| cause.starts_with(beginning));
    match known {
        Some((_, meaning, mend)) => Diagnostic::error(&span, *meaning).help(*mend),
        None => Diagnostic::error(&span, format!("this is not YAML: {cause}")),
    }
}

fn place(file: &Arc<SourceFile>, error: &Error) -> Span {
    let (start, end) = error.location().map_or((0, 0), |location| bytes(file, &location));
    let text = file.text();
    let start = if text[..floor(text, start)].ends_with('\t') { start - 1 } else { floor(text, start) };
    let width = text[start..].chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
    Span::new(file, start, floor(text, end).max(start + width))
}

/// `at`, moved back to where a character begins.
fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// `[${x}]`: YAML takes the brace for a mapping.
fn is_bare_variable(span: &Span) -> bool {
    let text = span.file.text();
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let before = &text[line_start..span.start];
    line.contains("${") && before.contains(['[', '{']) && (before.ends_with('$') || before.contains("${"))
}
