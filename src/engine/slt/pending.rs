//! What a `.slt` file would have to read like, to hold: rows and counts as they came, where the format can hold them and where
//! the whole scenario would then be green.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::backend::slt::slt_rows_hold;
use crate::language::{SltEdit, SltSays, slt_rewritten, slt_rows};
use crate::model::SltRecord;
use crate::observation::RowSet;
use crate::source::SourceFile;

/// What marks a part of a row that is not compared.
const IGNORE: &str = "<slt:ignore>";

/// What NULL and the empty text are written as.
const STAND_INS: [&str; 2] = ["NULL", "(empty)"];

/// What a record that was run has to say.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Needs {
    /// What it says.
    Nothing,
    /// These rows or this count.
    Other(SltSays),
    /// What the format cannot hold: why, and the fix.
    Unwritable(String),
}

/// What the records of a scenario have to say, by file and line. One that is included twice is run twice.
#[derive(Default)]
pub(super) struct Pending {
    files: BTreeMap<String, InFile>,
}

/// What the records of one file have to say, by line, once for each time that they were run.
struct InFile {
    file: Arc<SourceFile>,
    lines: BTreeMap<usize, Vec<Needs>>,
}

impl Pending {
    /// Notes what a record has to say.
    pub fn note(&mut self, record: &SltRecord, needs: Needs) {
        let file = &record.span.file;
        let new = || InFile { file: file.clone(), lines: BTreeMap::new() };
        let lines = &mut self.files.entry(file.name().to_string()).or_insert_with(new).lines;
        lines.entry(record.span.line_column().0).or_default().push(needs);
    }

    /// Each file as it has to read; `None` for one that holds as it is.
    ///
    /// # Errors
    /// There is no such text, in one sentence.
    pub fn texts(&self) -> Result<Vec<(String, Option<String>)>, String> {
        self.files.iter().map(|(name, of)| Ok((name.clone(), text(&of.file, &of.lines)?))).collect()
    }
}

fn text(file: &SourceFile, lines: &BTreeMap<usize, Vec<Needs>>) -> Result<Option<String>, String> {
    let mut edits = vec![];
    for (line, needs) in lines {
        let [first, rest @ ..] = needs.as_slice() else { continue };
        if rest.iter().any(|other| other != first) {
            let place = format!("{}:{line}", file.name());
            return Err(format!(
                "the record at {place} is included more than once and would have to read differently each time"
            ));
        }
        match first {
            Needs::Nothing => {}
            Needs::Other(says) => edits.push(SltEdit { line: *line, says: says.clone() }),
            Needs::Unwritable(cause) => return Err(format!("{}:{line}: {cause}", file.name())),
        }
    }
    let written = if edits.is_empty() { None } else { Some(slt_rewritten(file.text(), &edits)?) };
    Ok(written.filter(|text| text != file.text()))
}

/// What a record has to say whose rows differ. `raw` is the result as the server gave it.
pub(super) fn rows_needed(record: &SltRecord, actual: &[Vec<String>], raw: Option<&RowSet>) -> Needs {
    let old = slt_rows(record.span.file.text(), record.span.line_column().0);
    match new_rows(&old, actual, raw) {
        Ok(rows) => Needs::Other(SltSays::Rows(rows)),
        Err(cause) => Needs::Unwritable(cause),
    }
}

fn new_rows(old: &[&str], actual: &[Vec<String>], raw: Option<&RowSet>) -> Result<Vec<String>, String> {
    actual.iter().flatten().try_for_each(|cell| holdable(cell))?;
    if let Some(word) = raw.and_then(look_alike) {
        return Err(format!("a value is the text `{word}`, which reads as if there were none: {TO_JSON}"));
    }
    let got: Vec<String> = actual.iter().map(|row| row.join(" ")).collect();
    let rows = merged(old, &got);
    let ignoring = |line: &&&str| line.contains(IGNORE);
    let kept = old.iter().filter(ignoring).all(|line| rows.iter().any(|row| row == line));
    match kept && slt_rows_hold(actual, &rows) {
        true => Ok(rows),
        false => Err(format!("rows with `{IGNORE}` no longer hold: edit them by hand")),
    }
}

const TO_JSON: &str = "select it in another form, such as `to_json(…)`";

/// The format divides cells by blanks and compares them with white space made one blank.
fn holdable(cell: &str) -> Result<(), String> {
    let what = if cell.contains(['\n', '\r']) {
        "a line break"
    } else if cell.contains('\t') {
        "a tab"
    } else if cell.trim() != cell {
        "blanks at an end"
    } else if cell.contains(IGNORE) {
        IGNORE
    } else {
        return Ok(());
    };
    Err(format!("a value has {what}, which the rows of a `.slt` file cannot hold: {TO_JSON}"))
}

/// A text that reads as NULL or as the empty text.
fn look_alike(rows: &RowSet) -> Option<&'static str> {
    let is_there = |word: &&str| rows.printed().iter().flatten().any(|cell| cell.as_deref() == Some(*word));
    STAND_INS.into_iter().find(|word| is_there(word))
}

/// The new lines: the old ones at both ends that hold stay as their author wrote them, and where as many come as were
/// there, each that holds does.
fn merged(old: &[&str], got: &[String]) -> Vec<String> {
    let ignores = old.iter().any(|line| line.contains(IGNORE));
    let holds = |old: &str, got: &str| match ignores && !old.contains(IGNORE) {
        true => old == got,
        false => slt_rows_hold(&[vec![got.to_string()]], &[old.to_string()]),
    };
    let line = |old: &str, got: &String| if holds(old, got) { old.to_string() } else { got.clone() };
    if old.len() == got.len() {
        return old.iter().zip(got).map(|(old, got)| line(old, got)).collect();
    }
    let head = old.iter().zip(got).take_while(|(old, got)| holds(old, got)).count();
    let tail = old[head..].iter().rev().zip(got[head..].iter().rev()).take_while(|(old, got)| holds(old, got)).count();
    let kept = |lines: &[&str]| lines.iter().map(|line| line.to_string()).collect::<Vec<_>>();
    [kept(&old[..head]), got[head..got.len() - tail].to_vec(), kept(&old[old.len() - tail..])].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Column;

    fn cells(rows: &[&str]) -> Vec<Vec<String>> {
        rows.iter().map(|row| row.split('|').map(str::to_string).collect()).collect()
    }

    fn new(old: &[&str], got: &[&str]) -> Result<Vec<String>, String> {
        new_rows(old, &cells(got), None)
    }

    #[test]
    fn rows_that_hold_stay_as_their_author_wrote_them() {
        assert_eq!(new(&["a   1", "b 2"], &["a|1", "b|3"]).unwrap(), ["a   1", "b 3"]);
        assert_eq!(new(&["a   1", "b 2", "c  3"], &["a|1", "c|3"]).unwrap(), ["a   1", "c  3"]);
        assert_eq!(new(&["a   1"], &["a|1", "b|2"]).unwrap(), ["a   1", "b 2"]);
        assert_eq!(new(&[], &["a|1"]).unwrap(), ["a 1"]);
    }

    #[test]
    fn what_is_not_compared_stays_and_what_no_longer_holds_is_for_a_person() {
        assert_eq!(new(&["a <slt:ignore>", "b 2"], &["a|7", "b|3"]).unwrap(), ["a <slt:ignore>", "b 3"]);
        assert!(new(&["a <slt:ignore>"], &["b|7"]).is_err());
        assert!(new(&["a <slt:ignore>", "b 2"], &["b|2"]).is_err());
    }

    #[test]
    fn values_that_the_format_cannot_hold_are_refused_with_the_fix() {
        for value in ["a\nb", "a\tb", "a ", " a", "   ", "\u{a0}a", "x <slt:ignore>"] {
            let cause = new(&[], &[value]).unwrap_err();
            assert!(cause.contains("to_json"), "{value:?}: {cause}");
        }
        let text = RowSet::new(vec![Column::default()], vec![vec![Some("NULL".into())]]);
        assert!(new_rows(&[], &cells(&["NULL"]), Some(&text)).is_err());
        let null = RowSet::new(vec![Column::default()], vec![vec![None]]);
        assert_eq!(new_rows(&[], &cells(&["NULL"]), Some(&null)).unwrap(), ["NULL"]);
    }
}
