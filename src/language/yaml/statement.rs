//! Slips in a statement of SQL that its text alone shows. The server would refuse it, or take it for another one; where an
//! error is expected, nothing is said.

use super::tree::Node;
use crate::language::sql::{self, TokenKind};
use crate::source::{Diagnostic, Span};

/// Beginnings of statements that take the values of `params`.
const TAKES_VALUES: [&str; 7] = ["select", "insert", "update", "delete", "merge", "values", "with"];

/// What is suspicious about the text under `sql`, in which a word stands for each variable.
pub(crate) fn slips(text: &str, node: &Node, step: &Node) -> Vec<Diagnostic> {
    let expects_error = step.get("expect").is_some_and(|expect| expect.get("error").is_some());
    if expects_error {
        return vec![];
    }
    let place = &node.head;
    let found = [
        of_psql(text, place),
        open_ended(text, place),
        folded(text, node),
        without_values(text, step, place),
        without_data(text, step, place),
    ];
    found.into_iter().flatten().collect()
}

fn of_psql(text: &str, place: &Span) -> Option<Diagnostic> {
    let command = text.lines().map(str::trim_start).find(|line| line.starts_with('\\'))?;
    let first = text.trim_start().starts_with('\\');
    let word = command.split_whitespace().next().unwrap_or_default();
    let error = Diagnostic::error(place, format!("`{word}` is a command of psql, which the server does not know"));
    first.then(|| error.help("write the SQL statement behind it: a query of the catalog, `COPY`, …"))
}

/// Text, a name or a comment that reaches to the end of the statement.
fn open_ended(text: &str, place: &Span) -> Option<Diagnostic> {
    let closed = format!("{text}\n;");
    let last = sql::tokens(&closed).pop()?;
    let (what, end) = match last.kind {
        TokenKind::Quoted => ("a text", "`'`"),
        TokenKind::DollarQuoted => ("a text in dollar quotes", "the same dollar quote"),
        TokenKind::QuotedIdentifier => ("a name", "`\"`"),
        TokenKind::Comment => ("a comment", "`*/`"),
        _ => return None,
    };
    let begins: String = text[last.range.start..].chars().take(12).collect();
    let warning = Diagnostic::error(place, format!("{what} is not closed: `{}`", begins.trim_end())).warning();
    Some(warning.help(format!("end it with {end}; inside of a text of SQL a quote is doubled")))
}

/// `>` joins lines, so that `-- …` takes along what follows it.
fn folded(text: &str, node: &Node) -> Option<Diagnostic> {
    let is_folded = has_header_of_folded(&node.written);
    let cut = sql::tokens(text).into_iter().find(|token| {
        let comment = &text[token.range.clone()];
        token.kind == TokenKind::Comment && comment.starts_with("--")
    });
    let cut = cut.filter(|_| is_folded)?;
    let joined = node.written.text().lines().all(|line| !line.trim_end().ends_with(text[cut.range.clone()].trim_end()));
    let warning =
        Diagnostic::error(&node.head, "`>` joins the lines: `--` makes a comment of all that follows").warning();
    joined.then(|| warning.help("write `|`, which keeps the lines"))
}

/// `>`, `>-`: the header of a folded text stands in the line of its key, with or before the text itself.
fn has_header_of_folded(written: &Span) -> bool {
    let before = written.file.text()[..written.start].trim_end();
    let word = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    written.text().starts_with('>') || word.starts_with('>')
}

fn without_values(text: &str, step: &Node, place: &Span) -> Option<Diagnostic> {
    let first = text.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    let highest = sql::highest_placeholder(text);
    let takes = TAKES_VALUES.contains(&first.as_str()) && sql::statements(text).len() == 1;
    (takes && highest > 0 && step.get("params").is_none()).then(|| {
        let warning = Diagnostic::error(place, format!("`${highest}` has no value")).warning();
        warning.help("add `params: [ … ]`, the values of `$1`, `$2` and so on; a variable is written `${name}`")
    })
}

fn without_data(text: &str, step: &Node, place: &Span) -> Option<Diagnostic> {
    let copies = sql::copies_from_stdin(text) && step.get("stdin").is_none();
    copies.then(|| {
        Diagnostic::error(place, "COPY reads nothing: this step has no `stdin`").help("add its lines below `stdin: |`")
    })
}
