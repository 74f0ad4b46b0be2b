//! Cuts a script as `pg_dump` and psql write it into what is sent: SQL, and the data that follow a `COPY … FROM stdin;` up to
//! the line `\.` (manual, "psql" and "COPY", text format).

use std::sync::Arc;

use super::scan::{Token, TokenKind, token_at};
use super::statements::{Nesting, reads_stdin, statements};
use crate::source::{Diagnostic, SourceFile, Span};

/// Commands of psql that `pg_dump` writes around a dump and that change nothing: they only forbid other commands.
const IGNORED: [&str; 2] = ["restrict", "unrestrict"];

/// The line that ends the data of a COPY.
const END: &str = "\\.";

/// A piece of a script, in the order in which the pieces are sent.
#[derive(Clone, Debug)]
pub enum ScriptPart {
    /// SQL text of at least one statement.
    Sql(Span),
    /// A `COPY … FROM stdin` and what it reads.
    Copy {
        /// The statement, without its semicolon.
        command: Span,
        /// The lines of its data, without the line `\.`; may be empty.
        data: Span,
    },
}

/// The pieces of a script.
///
/// # Errors
/// At their lines: commands of psql other than `\restrict` and `\unrestrict`, and data without an end.
pub fn script(file: &Arc<SourceFile>) -> Result<Vec<ScriptPart>, Vec<Diagnostic>> {
    let mut reader =
        Reader { file, parts: vec![], errors: vec![], begun: 0, statement: vec![], nesting: Nesting::default() };
    reader.read();
    if reader.errors.is_empty() { Ok(reader.parts) } else { Err(reader.errors) }
}

struct Reader<'a> {
    file: &'a Arc<SourceFile>,
    parts: Vec<ScriptPart>,
    errors: Vec<Diagnostic>,
    /// Where the SQL begins that is no part yet.
    begun: usize,
    /// The tokens of the statement at hand.
    statement: Vec<Token>,
    nesting: Nesting,
}

impl Reader<'_> {
    fn read(&mut self) {
        let text = self.file.text();
        let mut at = 0;
        while at < text.len() {
            let token = token_at(text, at);
            at = token.range.end;
            match &text[token.range.clone()] {
                "\\" => at = self.command(token.range.start),
                ";" if self.nesting.is_outside() => at = self.end_statement(at),
                _ if matches!(token.kind, TokenKind::Space | TokenKind::Comment) => {}
                _ => {
                    self.nesting.enter(text, &token, &self.statement);
                    self.statement.push(token);
                }
            }
        }
        if reads_stdin(text, &self.statement) {
            self.endless(text.len());
        }
        self.flush(text.len());
    }

    /// A command of psql; returns where the line after it begins.
    fn command(&mut self, at: usize) -> usize {
        let end = self.line_end(at);
        let line = self.file.text()[at..end].trim_end();
        let span = Span::new(self.file, at, at + line.len());
        let name: String = line[1..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
        if !(IGNORED.contains(&name.as_str()) && self.statement.is_empty()) {
            self.errors.push(refused(&span, line));
        }
        self.flush(at);
        self.begun = end;
        end
    }

    /// The statement ends before `at`; returns where reading goes on.
    fn end_statement(&mut self, at: usize) -> usize {
        let statement = std::mem::take(&mut self.statement);
        self.nesting = Nesting::default();
        let (text, Some(first)) = (self.file.text(), statement.first()) else { return at };
        if !reads_stdin(text, &statement) {
            return at;
        }
        self.flush(first.range.start);
        let command = Span::new(self.file, first.range.start, statement[statement.len() - 1].range.end);
        let (data, end) = self.data(at, &command);
        self.parts.push(ScriptPart::Copy { command, data });
        self.begun = end;
        end
    }

    /// The data of the COPY that ends before `at`, and where the script goes on.
    fn data(&mut self, at: usize, command: &Span) -> (Span, usize) {
        let text = self.file.text();
        let start = self.line_end(at);
        if !statements(&text[at..start]).is_empty() {
            let span = Span::new(self.file, at, start);
            let error = Diagnostic::error(&trimmed(&span), "a statement in the line in which a COPY ends");
            self.errors.push(error.help("the data of a COPY begin in the next line: put the statement after the data"));
        }
        let mut line = start;
        while line < text.len() {
            let end = self.line_end(line);
            if text[line..end].trim_end_matches(['\r', '\n']) == END {
                return (Span::new(self.file, start, line), end);
            }
            line = end;
        }
        self.errors.push(endless(command));
        (Span::new(self.file, start, text.len()), text.len())
    }

    fn endless(&mut self, end: usize) {
        let start = self.statement.first().map_or(end, |first| first.range.start);
        self.errors.push(endless(&trimmed(&Span::new(self.file, start, end))));
    }

    /// Makes a part of the SQL that ends before `at`.
    fn flush(&mut self, at: usize) {
        let span = Span::new(self.file, self.begun, at);
        if !statements(span.text()).is_empty() {
            self.parts.push(ScriptPart::Sql(span));
        }
        self.begun = at;
        self.statement.clear();
        self.nesting = Nesting::default();
    }

    /// Where the line after the one of `at` begins.
    fn line_end(&self, at: usize) -> usize {
        let text = self.file.text();
        text[at..].find('\n').map_or(text.len(), |length| at + length + 1)
    }
}

fn refused(span: &Span, line: &str) -> Diagnostic {
    let name = line.split_whitespace().next().unwrap_or(line);
    let message = match name {
        END => "an end of data, and no `COPY … FROM stdin;` before it".to_string(),
        _ => format!("`{name}` is a command of psql, which the server does not know"),
    };
    Diagnostic::error(span, message)
        .help("remove it: of psql's language only `COPY … FROM stdin;` with its data is read")
}

fn endless(command: &Span) -> Diagnostic {
    Diagnostic::error(command, "the data of this COPY have no end")
        .help("write its rows in the lines after it, then a line `\\.`")
}

fn trimmed(span: &Span) -> Span {
    let text = span.text();
    let start = span.start + text.len() - text.trim_start().len();
    Span::new(&span.file, start, span.start + text.trim_end().len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, Vec<String>> {
        let shown = |part: ScriptPart| match part {
            ScriptPart::Sql(span) => format!("SQL {}", trimmed(&span).text()),
            ScriptPart::Copy { command, data } => format!("{} < {:?}", command.text(), data.text()),
        };
        let message = |error: Diagnostic| format!("{}: {}", error.span.unwrap().line_column().0, error.message);
        match script(&SourceFile::new("dump.sql", text)) {
            Ok(parts) => Ok(parts.into_iter().map(shown).collect()),
            Err(errors) => Err(errors.into_iter().map(message).collect()),
        }
    }

    #[test]
    fn a_dump_is_cut_into_sql_and_the_data_of_each_copy() {
        let dump = "--\n-- PostgreSQL database dump\n--\n\n\\restrict 8h;'f\n\nSET x = 1;\nCREATE TABLE public.t (a int, b text);\n\n\
                    COPY public.t (a, b) FROM stdin;\n1\tit's; $$\n2\t\\N\n\\.\n\n\nCOPY public.u (a) FROM stdin;\n\\.\n\
                    SELECT setval('s', 1, true);\n\n\\unrestrict 8h\n\n";
        let parts = [
            "SQL SET x = 1;\nCREATE TABLE public.t (a int, b text);",
            "COPY public.t (a, b) FROM stdin < \"1\\tit's; $$\\n2\\t\\\\N\\n\"",
            "COPY public.u (a) FROM stdin < \"\"",
            "SQL SELECT setval('s', 1, true);",
        ];
        assert_eq!(read(dump).unwrap(), parts);
        let crlf = read(&dump.replace('\n', "\r\n")).unwrap();
        assert_eq!(crlf.len(), 4);
        assert_eq!(crlf[2], parts[2]);
    }

    #[test]
    fn a_backslash_in_quotes_comments_and_data_is_no_command() {
        let text = "SELECT '\\d', E'\\'\\\\', $$ \\! $$, \"\\\"; -- \\x\n/* \\q */\nCOPY t FROM stdin;\n\\\\.\n\\.x\n \\.\n\\.\n";
        let parts = read(text).unwrap();
        assert_eq!(parts[1], r#"COPY t FROM stdin < "\\\\.\n\\.x\n \\.\n""#);
    }

    #[test]
    fn every_other_command_of_psql_is_refused_with_its_line() {
        let text = "\\set ON_ERROR_STOP on\nSELECT 1;\n\\connect shop\nSELECT 2 \\gset\n\\.\n";
        let refused = read(text).unwrap_err();
        let command = |line, name| format!("{line}: `{name}` is a command of psql, which the server does not know");
        let expected = [command(1, "\\set"), command(3, "\\connect"), command(4, "\\gset")];
        assert_eq!(refused[..3], expected);
        assert_eq!(refused[3], "5: an end of data, and no `COPY … FROM stdin;` before it");
        assert_eq!(read("SELECT 1\n\\restrict x\n").unwrap_err().len(), 1);
    }

    #[test]
    fn data_without_an_end_are_refused_at_their_copy() {
        let endless = "2: the data of this COPY have no end";
        assert_eq!(read("SELECT 1;\nCOPY t FROM stdin;\n1\n").unwrap_err(), [endless]);
        assert_eq!(read("SELECT 1;\nCOPY t FROM stdin;").unwrap_err(), [endless]);
        assert_eq!(read("SELECT 1;\nCOPY t FROM stdin\n").unwrap_err(), [endless]);
    }

    #[test]
    fn nothing_but_a_comment_may_follow_a_copy_in_its_line() {
        let refused = read("COPY t FROM stdin; SELECT 1;\n1\n\\.\n").unwrap_err();
        assert_eq!(refused, ["1: a statement in the line in which a COPY ends"]);
        assert_eq!(read("COPY t FROM stdin; -- rows\n1\n\\.\n").unwrap().len(), 1);
    }

    #[test]
    fn comments_and_space_alone_are_no_part() {
        assert!(read("-- nothing\n\n/* ; */ ;\n").unwrap().is_empty());
        assert!(read("").unwrap().is_empty());
        assert_eq!(read("SELECT 1; COPY t TO STDOUT; COPY t FROM '/x'").unwrap().len(), 1);
    }
}
