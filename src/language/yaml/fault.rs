//! What the YAML crate refuses, in the words of the author.

use std::sync::Arc;

use serde_yaml::Error;

use super::place::bytes;
use super::tags;
use crate::source::{Diagnostic, SourceFile, Span};

/// Beginnings of the crate's messages, what they mean, and the fix.
const MEANINGS: &[(&str, &str, &str)] = &[
    (
        "mapping values are not allowed",
        "a `: ` is not allowed here",
        "if the colon belongs to the text, put the text in quotes or write it below `|`; if it ends a key, fix the indentation",
    ),
    ("multiple YAML documents", "one file holds one document", "move what follows `---` into a file of its own"),
    (
        "YAML merge key",
        "a merge key is of YAML 1.1 and means nothing here",
        "write its keys out; a whole mapping can be taken over by an alias: `key: *name`",
    ),
    (
        "cannot deserialize null into string",
        "a key cannot be null",
        "put a key that is meant as text in quotes: `\"null\"`",
    ),
    (
        "while parsing a block mapping",
        "this line fits no level of indentation",
        "indent it exactly as the keys that it belongs with",
    ),
    (
        "invalid trailing content after",
        "the text in quotes ends before the line does",
        "double a quote inside of single quotes (`''`), or write the text below `|`",
    ),
    (
        "while parsing a quoted scalar, found unknown escape",
        "a backslash in double quotes begins an escape of YAML",
        "use single quotes, double the backslash, or write the text below `|`",
    ),
    (
        "simple key expect",
        "this line is neither `key: value` nor a part of the text above",
        "indent the lines of a text deeper than its key; elsewhere write `key: value`",
    ),
    ("unclosed quote", "a quote is not closed", "close it; text that holds quotes or braces is best written below `|`"),
    ("unclosed bracket", "a bracket is not closed", "close it; text that holds brackets, or ` #`, is put in quotes"),
    ("unsupported tag", "a tag of YAML means nothing here", "remove it; put text that begins with `!` in quotes"),
    ("!!binary", "a tag of YAML means nothing here", "remove it"),
    (
        "while scanning an anchor or alias",
        "`&` and `*` begin an anchor and an alias of YAML",
        "put text that begins with `&` or `*` in quotes",
    ),
    (
        "unexpected character",
        "no value begins with this character",
        "put text that begins with a special character in quotes",
    ),
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
    if let Some(tag) = tag_before(&span) {
        return tags::refused(&tag);
    }
    let known = MEANINGS.iter().find(|(beginning, ..)| cause.starts_with(beginning));
    match known {
        Some((_, meaning, fix)) => Diagnostic::error(&span, *meaning).help(*fix),
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

/// A tag right before a value that the crate refuses, or at the place of the refusal.
fn tag_before(span: &Span) -> Option<Span> {
    let text = span.file.text();
    let start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[start..span.start].trim_end();
    let word = |from: usize| {
        let length = text[from..].find(|c: char| c.is_whitespace() || "[]{},".contains(c)).unwrap_or(text.len() - from);
        Some(Span::new(&span.file, from, from + length)).filter(|word| word.text().starts_with('!'))
    };
    let last = before.rfind(|c: char| c.is_whitespace() || "[{,".contains(c)).map_or(0, |at| at + 1);
    word(span.start).or_else(|| word(start + last))
}

/// `[${x}]`: YAML takes the brace for a mapping.
fn is_bare_variable(span: &Span) -> bool {
    let text = span.file.text();
    let line_start = text[..span.start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let before = &text[line_start..span.start];
    line.contains("${") && before.contains(['[', '{']) && (before.ends_with('$') || before.contains("${"))
}
