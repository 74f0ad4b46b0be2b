//! An outcome as the lines of a section.

use std::io::{self, Write};

use bson::Document;

use super::text::{cell, guard, is_line_end, push_cell, push_escaped};
use crate::explain::shape;
use crate::judge::ejson;
use crate::judge::redact::Redactor;
use crate::observation::{Column, Outcome, Output, ServerError};

/// The only line of a section of nothing.
const NONE: &str = "(none)";

/// Writes rows or documents one by one, so that a million of them never sit in memory.
pub struct RowWriter<'a, W: Write> {
    out: &'a mut W,
    redactor: &'a Redactor,
    lines: u64,
    /// The line that is being made; it is kept for its room.
    buffer: String,
}

impl<'a, W: Write> RowWriter<'a, W> {
    /// Writes to `out` what `redactor` leaves.
    pub fn new(out: &'a mut W, redactor: &'a Redactor) -> Self {
        Self { out, redactor, lines: 0, buffer: String::new() }
    }

    /// The columns, before the first row.
    ///
    /// # Errors
    /// Those of the writer, as everywhere here.
    pub fn header(&mut self, columns: &[Column]) -> io::Result<()> {
        let name = |column: &Column| format!("{}:{}", cell(Some(&column.name)), type_name(column.type_name()));
        let names = columns.iter().map(name);
        let line = names.collect::<Vec<_>>().join(" | ");
        self.line(if columns.is_empty() { "(no columns)" } else { &line })
    }

    /// A row; `None` is NULL.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn row<'b>(&mut self, cells: impl IntoIterator<Item = Option<&'b str>>) -> io::Result<()> {
        let mut line = std::mem::take(&mut self.buffer);
        line.clear();
        for (at, text) in cells.into_iter().enumerate() {
            if at > 0 {
                line.push_str(" | ");
            }
            push_cell(&mut line, text.map(|text| self.redactor.apply(text)).as_deref());
        }
        if line.is_empty() {
            // No cell is written as nothing: there was none.
            line.push_str("()");
        }
        line.insert_str(0, guard(&line));
        self.put(line)
    }

    /// A document.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn document(&mut self, document: &Document) -> io::Result<()> {
        let line = ejson::named_line(document, &|id| self.redactor.id(&id.to_hex()));
        self.redacted_line(&line)
    }

    /// Call it after the last: no documents at all are the line `(none)`.
    ///
    /// # Errors
    /// Those of the writer.
    pub fn finish(mut self) -> io::Result<()> {
        if self.lines == 0 { self.put(NONE.to_string()) } else { Ok(()) }
    }

    fn line(&mut self, line: &str) -> io::Result<()> {
        self.put(format!("{}{line}", guard(line)))
    }

    fn put(&mut self, mut line: String) -> io::Result<()> {
        self.lines += 1;
        line.push('\n');
        let done = self.out.write_all(line.as_bytes());
        self.buffer = line;
        done
    }

    /// A line of a program stands as it is, but for what an editor or a terminal would not show as it is.
    fn program_line(&mut self, line: &str) -> io::Result<()> {
        let shown = plain_line(&self.redactor.apply(line));
        let guard = if shown.trim_start_matches('\\') == NONE { "\\" } else { "" };
        self.line(&format!("{guard}{shown}"))
    }

    fn redacted_line(&mut self, line: &str) -> io::Result<()> {
        let redacted = self.redactor.apply(line).into_owned();
        self.line(&redacted)
    }
}

/// Writes the body of a section, without its header line.
///
/// # Errors
/// Those of the writer; and `InvalidInput` for rows that were streamed and are gone.
pub fn render(outcome: &Outcome, redactor: &Redactor, out: &mut impl Write) -> io::Result<()> {
    let mut writer = RowWriter::new(out, redactor);
    match outcome {
        Outcome::Refused(error) => {
            let line = redactor.apply_message(&error_line(error)).into_owned();
            writer.line(&line)?;
        }
        Outcome::Output(Output::Sql { rows: Some(set), .. }) => {
            writer.header(&set.columns)?;
            set.printed().iter().try_for_each(|row| writer.row(row.iter().map(Option::as_deref)))?;
        }
        Outcome::Output(Output::Sql { rows: None, affected }) => writer.line(&format!("affected: {affected}"))?,
        Outcome::Output(Output::Documents(set)) => {
            set.documents.iter().try_for_each(|document| writer.document(document))?
        }
        Outcome::Output(Output::Reply(reply)) => writer.document(reply)?,
        Outcome::Output(Output::Plan(plan)) => shape(plan).iter().try_for_each(|line| writer.redacted_line(line))?,
        Outcome::Output(Output::Program(end)) => {
            program_lines(&end.stdout).try_for_each(|line| writer.program_line(line))?
        }
        Outcome::Output(Output::Nothing) => writer.line("ok")?,
        Outcome::Output(Output::Streamed { .. }) => {
            return Err(io::Error::new(
                io::ErrorKind::InvalidInput,
                "the rows were streamed and are not there any more",
            ));
        }
    }
    writer.finish()
}

/// The type of a column; a colon in it would part it from the name at the wrong place.
fn type_name(name: &str) -> String {
    let mut shown = String::new();
    push_escaped(&mut shown, name);
    shown.replace(':', "\\:")
}

/// What a program wrote, without the end of its last line: none when it wrote nothing.
fn program_lines(stdout: &str) -> impl Iterator<Item = &str> {
    let lines = stdout.strip_suffix('\n').unwrap_or(stdout).split('\n');
    lines.take(if stdout.is_empty() { 0 } else { usize::MAX })
}

/// A line with its control characters, but the tab, written out: `\u{1b}`. Backslashes before those and before `u{` are
/// doubled, so that the same text is told from it.
fn plain_line(line: &str) -> String {
    let (mut shown, mut backslashes) = (String::with_capacity(line.len()), 0);
    for (at, c) in line.char_indices() {
        let is_hidden = c.is_control() && c != '\t' || is_line_end(c);
        if is_hidden || line[at..].starts_with("u{") {
            shown.push_str(&"\\".repeat(backslashes));
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
        match is_hidden {
            true => shown.push_str(&c.escape_unicode().to_string()),
            false => shown.push(c),
        }
    }
    shown
}

/// `error: 23505 unique_violation: duplicate key value …`
fn error_line(error: &ServerError) -> String {
    let code = super::super::error::code(error).map(|code| format!("{code}: ")).unwrap_or_default();
    format!("error: {code}{}", cell(Some(&error.message)))
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;
    use crate::judge::testing::row_set;
    use crate::observation::{DocumentSet, ProgramEnd};

    fn rendered(outcome: Outcome) -> String {
        let mut out = Vec::new();
        render(&outcome, &Redactor::default(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    fn rows(columns: &[&str], rows: &[&[&str]]) -> String {
        rendered(Outcome::Output(Output::Sql { rows: Some(row_set(columns, rows)), affected: 0 }))
    }

    #[test]
    fn rows_have_a_header_and_a_line_each() {
        let text = rows(&["a:int4", "b:text"], &[&["1", "x|y"], &["\\N", "NULL"], &["== s", ""]]);
        assert_eq!(text, "a:int4 | b:text\n1 | x\\|y\nNULL | 'NULL'\n\\== s | ''\n");
    }

    #[test]
    fn no_rows_still_show_their_columns() {
        assert_eq!(rows(&["a:int4"], &[]), "a:int4\n");
        assert_eq!(rows(&[], &[&[]]), "(no columns)\n()\n");
    }

    #[test]
    fn documents_keep_their_keys_in_order_and_no_documents_are_none() {
        let documents = vec![doc! { "b": 1, "a": 2_i64 }, doc! {}];
        assert_eq!(
            rendered(Outcome::Output(Output::Documents(DocumentSet::new(documents)))),
            "{\"b\":1,\"a\":{\"$numberLong\":\"2\"}}\n{}\n"
        );
        assert_eq!(rendered(Outcome::Output(Output::Documents(DocumentSet::default()))), "(none)\n");
        assert_eq!(rendered(Outcome::Output(Output::Reply(doc! { "n": 1 }))), "{\"n\":1}\n");
    }

    #[test]
    fn errors_and_commands_are_a_line() {
        let error = ServerError {
            sqlstate: Some("23505".into()),
            name: Some("unique_violation".into()),
            message: "duplicate\nkey".into(),
            ..ServerError::default()
        };
        assert_eq!(rendered(Outcome::Refused(error)), "error: 23505 unique_violation: duplicate\\nkey\n");
        assert_eq!(rendered(Outcome::Output(Output::Sql { rows: None, affected: 3 })), "affected: 3\n");
        assert_eq!(rendered(Outcome::Output(Output::Nothing)), "ok\n");
    }

    #[test]
    fn of_a_program_its_lines_are_kept() {
        let said = |stdout: &str| {
            let end = ProgramEnd { exit: 0, stdout: stdout.into(), stderr: "noise".into() };
            rendered(Outcome::Output(Output::Program(end)))
        };
        assert_eq!(said("a | b\n\n== c\n\u{1b}[1mbold\t!"), "a | b\n\n\\== c\n\\u{1b}[1mbold\t!\n");
        assert_eq!(said(""), "(none)\n");
    }

    #[test]
    fn rows_that_are_gone_are_not_rendered_as_if_there_were_none() {
        let outcome = Outcome::Output(Output::Streamed { count: 3 });
        assert!(render(&outcome, &Redactor::default(), &mut Vec::new()).is_err());
    }

    #[test]
    fn what_changes_from_run_to_run_is_redacted_before_it_is_escaped() {
        let redactor = Redactor::new(vec![("a|b".into(), "secret".into())], &[]).unwrap();
        let mut out = Vec::new();
        let mut writer = RowWriter::new(&mut out, &redactor);
        writer.row([Some("x a|b y"), None]).unwrap();
        writer.finish().unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "x <secret> y | NULL\n");
    }
}
