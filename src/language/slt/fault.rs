//! What the crate's parser refuses, in the words of the author.

use std::sync::Arc;

use sqllogictest::ParseErrorKind;

use crate::language::suggest::{enumerate, nearest};
use crate::source::{Diagnostic, SourceFile, Span};

/// The first words of records.
const DIRECTIVES: &[&str] = &[
    "statement",
    "query",
    "connection",
    "include",
    "control",
    "halt",
    "hash-threshold",
    "let",
    "onlyif",
    "skipif",
    "sleep",
    "subtest",
];

/// The diagnostic of an error in a 1-based line.
pub(crate) fn parse(file: &Arc<SourceFile>, line: usize, kind: &ParseErrorKind) -> Diagnostic {
    let at = |word: &str| self::word(file, line, word);
    let whole = Span::of_line(file, line);
    match kind {
        ParseErrorKind::InvalidLine(text) => invalid_line(file, line, text),
        ParseErrorKind::UnexpectedToken(token) => {
            Diagnostic::error(&at(token), format!("`{token}` is not allowed here"))
                .help("a record may end with `retry 3 backoff 1s`")
        }
        ParseErrorKind::UnexpectedEOF => {
            Diagnostic::error(&whole, "the file ends before the SQL of this record").help("write it in the next line")
        }
        ParseErrorKind::InvalidSortMode(mode) => Diagnostic::error(&at(mode), format!("`{mode}` is not allowed here"))
            .help("sort modes are `nosort`, `rowsort` and `valuesort`, result modes `rowwise` and `valuewise`"),
        ParseErrorKind::InvalidType(letter) => Diagnostic::error(&whole, format!("`{letter}` is not a type of column"))
            .help("types are `T`, `I`, `R` and `?`"),
        ParseErrorKind::InvalidNumber(number) => {
            Diagnostic::error(&at(number), format!("`{number}` is not a whole number"))
                .help("write digits alone: `statement count 3`, `hash-threshold 100`")
        }
        ParseErrorKind::InvalidErrorMessage(pattern) => {
            Diagnostic::error(&at(pattern), "the message is not a regular expression")
                .help("put `\\` before a character that is meant as itself, or write the whole message below `----`")
        }
        ParseErrorKind::DuplicatedErrorMessage => {
            Diagnostic::error(&whole, "the message is both in this line and below `----`").help("keep one of the two")
        }
        ParseErrorKind::StatementHasResults => {
            Diagnostic::error(&at("statement"), "a `statement` has no rows below `----`")
                .help("use `query` to compare rows, or remove `----` and what follows")
        }
        ParseErrorKind::InvalidDuration(time) => {
            Diagnostic::error(&at(time), format!("`{time}` is not a time")).help("write `250ms` or `5s`")
        }
        ParseErrorKind::InvalidControl(value) => {
            Diagnostic::error(&at(value), format!("`{value}` is not allowed here")).help("write `on` or `off`")
        }
        ParseErrorKind::InvalidVariableName(name) => {
            Diagnostic::error(&at(name), format!("`{name}` cannot name a variable"))
                .help("a name is a letter or `_`, then letters, digits and `_`")
        }
        ParseErrorKind::InvalidRetryConfig(cause) => {
            Diagnostic::error(&whole, format!("`retry` is not complete: {cause}")).help("write `retry 3 backoff 1s`")
        }
        other => Diagnostic::error(&whole, other.to_string()),
    }
}

/// What is suspicious about the regular expression behind `error`: it looks like something else.
pub(crate) fn pattern(file: &Arc<SourceFile>, line: usize, pattern: &str, of_mongo: bool) -> Option<Diagnostic> {
    let place = word(file, line, pattern);
    if let Some((message, _)) = pattern.split_once(" retry ").filter(|(_, rest)| rest.contains("backoff")) {
        let error = Diagnostic::error(&place, "`retry` is taken for a part of the message here");
        return Some(error.help(format!(
            "write `error retry …` in this line, and the whole message below `----` in place of `{message}`"
        )));
    }
    if let Some(code) = bare_code(pattern, of_mongo) {
        let warning = Diagnostic::error(&place, format!("`{code}` is taken for a part of the message here")).warning();
        return Some(warning.help(format!("to expect this code write `error ({code})` and nothing behind it")));
    }
    let code = pattern.strip_prefix('(')?.strip_suffix(')')?;
    let is_code = code.len() <= 7 && code.chars().all(|c| c.is_ascii_alphanumeric());
    if !is_code || of_mongo || !code.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let error = Diagnostic::error(&place, format!("`{code}` is not an SQLSTATE"));
    Some(
        error
            .label("taken for a regular expression")
            .help("an SQLSTATE has five digits and capital letters: `(23505)`"),
    )
}

/// A code that does not stand in parentheses, or not alone.
fn bare_code(pattern: &str, of_mongo: bool) -> Option<&str> {
    let first = pattern.split_whitespace().next()?;
    let code = first.trim_matches(['(', ')', ':']);
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    let letters = code.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    let is_code = if of_mongo { digits == code.len() && digits > 1 } else { letters && code.len() == 5 && digits > 1 };
    is_code.then_some(code)
}

/// The place of `word` in a line; the whole line when it is not there.
pub(crate) fn word(file: &Arc<SourceFile>, line: usize, word: &str) -> Span {
    let text = file.line(line).unwrap_or_default();
    match text.find(word).filter(|_| !word.is_empty()) {
        Some(at) => {
            let start = file.line_start(line) + at;
            Span::new(file, start, start + word.len())
        }
        None => Span::of_line(file, line),
    }
}

fn invalid_line(file: &Arc<SourceFile>, line: usize, text: &str) -> Diagnostic {
    let words: Vec<&str> = text.split_whitespace().collect();
    let first = words.first().copied().unwrap_or_default();
    let place = word(file, line, first);
    if let Some(form) = form(first) {
        return Diagnostic::error(
            &Span::of_line(file, line),
            format!("this `{first}` is not complete or says too much"),
        )
        .help(format!("write {form}"));
    }
    let error = Diagnostic::error(&place, format!("`{first}` does not begin a record")).label("unknown record");
    match nearest(first, DIRECTIVES.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error
            .help(format!("records begin with {}", enumerate(DIRECTIVES, "or")))
            .help("an empty line ends a record: is this line the rest of the one before?"),
    }
}

fn form(directive: &str) -> Option<&'static str> {
    Some(match directive {
        "statement" => "`statement ok`, `statement count 3`, `statement error` or `statement error (23505)`",
        "system" => "nothing: shell commands are not allowed in a scenario",
        "connection" => "`connection pg.apj`, or `connection pg.apj buyer` for a session",
        "control" => "`control sortmode rowsort`, `control resultmode valuewise` or `control substitution on`",
        "include" => "`include file.slt`",
        "let" => "`let name` or `let first, second`",
        "sleep" => "`sleep 250ms`",
        "subtest" => "`subtest name`",
        "onlyif" | "skipif" => "`onlyif postgres` or `skipif postgres`",
        "hash-threshold" => "`hash-threshold 100`",
        "halt" => "`halt` alone",
        _ => return None,
    })
}
