//! Paths of `save`: each must be one that the step's kind can give. What a document holds is the server's to say; the words
//! of a result set, of a workload and of a program are known before.

use crate::language::suggest::{enumerate, nearest};
use crate::model::{Action, Step, Value, ValueKind, Workload};
use crate::source::{Diagnostic, Spanned};

/// The name of the alternative that was met.
const ONE_OF: &str = "one_of";
/// Whole paths into a result set.
const OF_ROWS: [&str; 4] = ["value", "affected", "count", "rows"];
/// What a program leaves.
const OF_PROGRAM: [&str; 3] = ["exit", "stdout", "stderr"];
/// What a workload counts.
const OF_WORKLOAD: [&str; 7] = ["ok", "failed", "unknown", "retried", "mix", "causes", "seed"];
/// How an operation can end.
const FATES: [&str; 3] = ["ok", "failed", "unknown"];
/// Commands that give documents; every other gives a reply.
const CURSORS: [&str; 4] = ["find", "aggregate", "listCollections", "listIndexes"];

/// What is wrong with a path that `step` saves out of what `action` gives; `None` also where only its steps know (`use`,
/// `await`).
pub fn wrong_save(step: &Step, action: &Action, path: &Spanned<String>) -> Option<Diagnostic> {
    let alternatives = step.expect.as_ref().map_or(&[][..], |expect| expect.alternatives());
    if path.as_str() == ONE_OF && !alternatives.is_empty() {
        return None;
    }
    if let Some(error) = alternatives.iter().find(|alternative| alternative.expect.error.is_some()) {
        let message = format!("when `{}` is what happens, there is nothing to be saved", error.name.value);
        let error = Diagnostic::error(&path.span, message);
        return Some(error.help("save `one_of`, the name of the alternative, and read the rest in a step of its own"));
    }
    match action {
        Action::Sql { .. } => of_rows(path),
        Action::Mongo(command) => of_command(command, path),
        Action::Workload(workload) => of_workload(workload, path),
        Action::Run(_) => of_words(path, &OF_PROGRAM, "a program gives"),
        Action::Explain(_) => {
            Some(Diagnostic::error(&path.span, "nothing of a plan can be saved").help("remove `save`"))
        }
        _ => None,
    }
}

/// The name of a command of MongoDB.
pub(crate) fn command_name(command: &Value) -> Option<&str> {
    let ValueKind::Mapping(fields) = &command.kind else { return None };
    fields.iter().map(|(name, _)| name.as_str()).find(|name| *name != "$db")
}

/// Whether a command returns documents and no reply.
pub(crate) fn returns_documents(command: &Value) -> bool {
    let ValueKind::Mapping(fields) = &command.kind else { return false };
    let explains = fields.iter().any(|(name, _)| name.as_str() == "explain");
    command_name(command).is_some_and(|name| CURSORS.contains(&name)) && !explains
}

fn of_rows(path: &Spanned<String>) -> Option<Diagnostic> {
    let rest = path.strip_prefix("rows.").unwrap_or(path);
    let cell = rest.split_once('.').is_some_and(|(row, column)| is_number(row) && !column.is_empty());
    if cell || OF_ROWS.contains(&path.as_str()) {
        return None;
    }
    let error = Diagnostic::error(&path.span, format!("`{}` is not a path into rows", path.value));
    let words = "write `value`, `affected`, `count`, `rows`, or row and column: `0.0`, `0.name`";
    Some(match nearest(path, OF_ROWS) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None if rest.contains('.') => error.help(words),
        None => error.help(format!("the column of the first row is `0.{}`", path.value)).help(words),
    })
}

fn of_command(command: &Value, path: &Spanned<String>) -> Option<Diagnostic> {
    let ValueKind::Mapping(fields) = &command.kind else { return None };
    let name = &fields.iter().find(|(name, _)| name.value != "$db")?.0;
    let mut parts = path.split('.');
    if parts.next() != Some("documents") {
        return None;
    }
    if !CURSORS.contains(&name.as_str()) {
        let error = Diagnostic::error(&path.span, format!("`{}` gives a reply and no documents", name.value));
        return Some(error.help("a part of the reply is `reply.n`, or `n`"));
    }
    let number = parts.next().is_none_or(is_number);
    (!number).then(|| {
        let error = Diagnostic::error(&path.span, format!("`{}` names no document by its number", path.value));
        error.help("the first one is `documents.0`, and its field `documents.0._id`, or `_id`")
    })
}

fn of_workload(workload: &Workload, path: &Spanned<String>) -> Option<Diagnostic> {
    let names: Vec<&str> = workload.mix.iter().map(|operation| operation.name.as_str()).collect();
    let parts: Vec<&str> = path.split('.').collect();
    match parts.strip_prefix(&["reply"]).unwrap_or(&parts) {
        ["mix", name, rest @ ..] if !names.contains(name) => {
            let error = Diagnostic::error(&path.span, format!("the workload has no operation `{name}`"));
            Some(match nearest(name, names.iter().copied()) {
                Some(near) => error.help(format!("did you mean `{}`?", [&["mix", near], rest].concat().join("."))),
                None => error.help(format!("its operations are {}", enumerate(&names, "and"))),
            })
        }
        ["mix", _, fate] if !FATES.contains(fate) => of_words(path, &FATES, "of an operation is counted"),
        [name, rest @ ..] if names.contains(name) && !OF_WORKLOAD.contains(name) => {
            let error = Diagnostic::error(&path.span, format!("`{}` is not a path into a workload", path.value));
            Some(error.help(format!("did you mean `{}`?", [&["mix", *name], rest].concat().join("."))))
        }
        [] | ["mix", ..] => None,
        _ => of_words(path, &OF_WORKLOAD, "a workload gives"),
    }
}

/// The first part of the path, or the last of an operation's, is one of these words.
fn of_words(path: &Spanned<String>, words: &[&str], what: &str) -> Option<Diagnostic> {
    let rest = path.strip_prefix("reply.").unwrap_or(path);
    let word = if words == FATES { rest.rsplit('.').next() } else { rest.split('.').next() }.unwrap_or_default();
    if words.contains(&word) || path.as_str() == "reply" {
        return None;
    }
    let error = Diagnostic::error(&path.span, format!("there is no `{word}` to be saved"));
    Some(match nearest(word, words.iter().copied()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("{what} {}", enumerate(words, "and"))),
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
