//! A `.slt` file in which some records say what came: only their rows or their count are written anew, every other byte stays,
//! and what would no longer be the same records is refused.

use std::ops::Range;

use super::directive::{DELIMITER, delimiter, directive};
use super::layout::{Part, Stretch, layout};

/// A record that has to read otherwise to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SltEdit {
    /// The 1-based line of its directive.
    pub line: usize,
    /// What it is to say.
    pub says: SltSays,
}

/// What a record is to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SltSays {
    /// These lines below `----`.
    Rows(Vec<String>),
    /// This number behind `statement count`.
    Count(u64),
}

/// The lines of a file with their line ends.
struct Lines<'a>(Vec<&'a str>);

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        Self(text.split_inclusive('\n').collect())
    }

    /// A line, by its index, without its end.
    fn text(&self, at: usize) -> &'a str {
        let line = self.0[at];
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line)
    }

    fn end(&self, at: usize) -> &'a str {
        &self.0[at][self.text(at).len()..]
    }
}

/// The lines below `----` of the record whose directive is in the 1-based line `line`; none when it has no `----`.
pub fn slt_rows(text: &str, line: usize) -> Vec<&str> {
    let lines = Lines::of(text);
    let Some(stretch) = layout(text).into_iter().find(|stretch| stretch.first == line) else { return vec![] };
    rows(&lines, &stretch).map_or(vec![], |rows| rows.map(|at| lines.text(at)).collect())
}

/// Which lines, by their index, are rows; `None` when there is no `----`.
fn rows(lines: &Lines, stretch: &Stretch) -> Option<Range<usize>> {
    let divides = delimiter((stretch.first - 1..stretch.last).map(|at| lines.text(at)))?;
    Some(stretch.first + divides..stretch.last)
}

/// The text with these edits.
///
/// # Errors
/// The format cannot hold a row, or the file would no longer have the same records; as a sentence with the fix.
pub fn slt_rewritten(text: &str, edits: &[SltEdit]) -> Result<String, String> {
    let lines = Lines::of(text);
    let stretches = layout(text);
    let mut written = String::with_capacity(text.len());
    let mut next = 0;
    for stretch in stretches.iter().filter(|stretch| stretch.part == Part::Record) {
        let Some(edit) = edits.iter().find(|edit| edit.line == stretch.first) else { continue };
        written.extend(lines.0[next..stretch.first - 1].iter().copied());
        record(&lines, stretch, &edit.says, &mut written)?;
        next = stretch.last;
    }
    written.extend(lines.0[next..].iter().copied());
    match is_as_said(text, &written, edits) {
        true => Ok(written),
        false => Err("the file would have other records than before: edit it by hand".into()),
    }
}

fn record(lines: &Lines, stretch: &Stretch, says: &SltSays, written: &mut String) -> Result<(), String> {
    let whole = stretch.first - 1..stretch.last;
    match says {
        SltSays::Count(count) => {
            let (directive, number) = (lines.0[whole.start], count.to_string());
            let at = number_of(directive).ok_or("this record has no `statement count`")?;
            written.push_str(&directive[..at.start]);
            written.push_str(&number);
            written.push_str(&directive[at.end..]);
            written.extend(lines.0[whole.start + 1..whole.end].iter().copied());
        }
        SltSays::Rows(new) => {
            new.iter().try_for_each(|row| holdable(row))?;
            let end = if lines.end(whole.start).is_empty() { "\n" } else { lines.end(whole.start) };
            let old = rows(lines, stretch);
            let kept = whole.start..old.as_ref().map_or(whole.end, |old| old.start);
            written.extend(lines.0[kept].iter().copied());
            let is_last = lines.end(whole.end - 1).is_empty();
            let below = if old.is_none() { vec![DELIMITER] } else { vec![] };
            for line in below.into_iter().chain(new.iter().map(String::as_str)) {
                written.push_str(if written.ends_with('\n') { "" } else { end });
                written.push_str(line);
                written.push_str(if is_last { "" } else { end });
            }
        }
    }
    Ok(())
}

/// Where the number of `statement count 3` is.
fn number_of(directive: &str) -> Option<Range<usize>> {
    let after = directive.find("count")? + "count".len();
    let start = after + directive[after..].find(|c: char| !c.is_whitespace())?;
    let length = directive[start..].find(char::is_whitespace).unwrap_or(directive.len() - start);
    Some(start..start + length)
}

/// Whether a row can be a line below `----`.
fn holdable(row: &str) -> Result<(), String> {
    if row.is_empty() {
        return Err("a row is empty, and an empty line ends a record: select something that can be seen".into());
    }
    if row.contains(['\n', '\r']) {
        return Err("a row has a line break".into());
    }
    if row.trim() == DELIMITER || directive(row).is_some() {
        return Err(format!(
            "the row `{row}` would read as a record of its own: select it in another form, such as `to_json(…)`"
        ));
    }
    Ok(())
}

/// Whether `new` has the same stretches as `old`, line by line, but for the edits.
fn is_as_said(old: &str, new: &str, edits: &[SltEdit]) -> bool {
    let (before, after) = (layout(old), layout(new));
    let (old, new) = (Lines::of(old), Lines::of(new));
    before.len() == after.len()
        && before.iter().zip(&after).all(|(was, is)| {
            let edit = edits.iter().find(|edit| edit.line == was.first).filter(|_| was.part == Part::Record);
            was.part == is.part && is_edited(&old, was, &new, is, edit)
        })
}

fn is_edited(old: &Lines, was: &Stretch, new: &Lines, is: &Stretch, edit: Option<&SltEdit>) -> bool {
    let texts = |lines: &Lines, range: Range<usize>| range.map(|at| lines.text(at).to_string()).collect::<Vec<_>>();
    let (was_rows, is_rows) = (rows(old, was), rows(new, is));
    let head = |stretch: &Stretch, rows: &Option<Range<usize>>| {
        stretch.first - 1..rows.as_ref().map_or(stretch.last, |rows| rows.start - 1)
    };
    let heads = (texts(old, head(was, &was_rows)), texts(new, head(is, &is_rows)));
    match edit.map(|edit| &edit.says) {
        None => texts(old, was.first - 1..was.last) == texts(new, is.first - 1..is.last),
        Some(SltSays::Rows(rows)) => heads.0 == heads.1 && is_rows.is_some_and(|range| texts(new, range) == *rows),
        Some(SltSays::Count(count)) => {
            let number = number_of(&heads.1[0]).map(|at| heads.1[0][at].to_string());
            heads.0[1..] == heads.1[1..] && number == Some(count.to_string())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[&str]) -> SltSays {
        SltSays::Rows(rows.iter().map(|row| row.to_string()).collect())
    }

    fn edited(text: &str, line: usize, says: SltSays) -> Result<String, String> {
        slt_rewritten(text, &[SltEdit { line, says }])
    }

    #[test]
    fn only_rows_and_counts_are_written_anew() {
        let text = "# c\r\nstatement  count 3 retry 2  backoff 1000ms\r\nx\r\n\r\nquery  I  rowsort\r\nSELECT 1\r\n----\r\n1\r\n2\r\n\r\nhalt";
        let count = edited(text, 2, SltSays::Count(12)).unwrap();
        assert_eq!(count, text.replace("count 3", "count 12"));
        assert_eq!(edited(text, 5, rows(&["7"])).unwrap(), text.replace("1\r\n2\r\n\r", "7\r\n\r"));
        assert_eq!(edited(text, 5, rows(&[])).unwrap(), text.replace("1\r\n2\r\n\r", "\r"));
    }

    #[test]
    fn the_end_of_a_file_stays_as_it_is() {
        assert_eq!(
            edited("query I\nSELECT 1\n----\n1", 1, rows(&["2", "3"])).unwrap(),
            "query I\nSELECT 1\n----\n2\n3"
        );
        assert_eq!(edited("query I\nSELECT 1", 1, rows(&["2"])).unwrap(), "query I\nSELECT 1\n----\n2");
        assert_eq!(edited("query I\nSELECT 1\n\n\n", 1, rows(&["2"])).unwrap(), "query I\nSELECT 1\n----\n2\n\n\n");
    }

    #[test]
    fn rows_that_the_format_cannot_hold_are_refused() {
        for row in ["", "a\nb", "----", " ---- ", "halt", "query I", "statement ok"] {
            assert!(edited("query I\nSELECT 1\n----\n1\n", 1, rows(&["1", row])).is_err(), "{row:?}");
        }
    }

    fn file() -> impl proptest::strategy::Strategy<Value = String> {
        use proptest::prelude::*;
        let line = prop::sample::select(vec![
            "query I",
            "query TI rowsort label",
            "statement count 3",
            "statement  count  7 retry 3 backoff 2m",
            "statement ok",
            "statement error",
            "query error",
            "----",
            "----",
            "",
            "",
            "",
            " ",
            "\t",
            "# comment",
            "1",
            "a  b",
            "SELECT 1",
            "halt",
            "onlyif mysql",
            "hash-threshold 3",
            "control resultmode valuewise",
            "<slt:ignore>",
            "let a",
            "é",
        ]);
        (prop::collection::vec((line, any::<bool>()), 0..24), any::<bool>()).prop_map(|(lines, whole)| {
            let mut text: String =
                lines.iter().map(|(line, dos)| format!("{line}{}", if *dos { "\r\n" } else { "\n" })).collect();
            if !whole {
                text.truncate(text.trim_end_matches(['\r', '\n']).len());
            }
            text
        })
    }

    fn edit_of(
        record: &sqllogictest::Record<sqllogictest::DefaultColumnType>,
        line: usize,
        new: &[String],
        count: u64,
    ) -> Option<SltEdit> {
        use sqllogictest::{QueryExpect, Record, StatementExpect};
        let says = match record {
            // One without SQL has no place for rows: it is refused.
            Record::Query { sql, expected: QueryExpect::Results { .. }, .. } if !sql.trim().is_empty() => {
                SltSays::Rows(new.to_vec())
            }
            Record::Statement { expected: StatementExpect::Count(_), .. } => SltSays::Count(count),
            _ => return None,
        };
        Some(SltEdit { line, says })
    }

    /// A record as the crate prints it, which leaves its place out, with what it is to say.
    fn shown(record: &sqllogictest::Record<sqllogictest::DefaultColumnType>, edit: Option<&SltEdit>) -> String {
        use sqllogictest::{QueryExpect, Record, StatementExpect};
        let mut record = record.clone();
        match (&mut record, edit.map(|edit| &edit.says)) {
            (Record::Query { expected: QueryExpect::Results { results, .. }, .. }, Some(SltSays::Rows(rows))) => {
                results.clone_from(rows);
            }
            (Record::Statement { expected: StatementExpect::Count(number), .. }, Some(SltSays::Count(count))) => {
                *number = *count;
            }
            _ => {}
        }
        record.to_string()
    }

    proptest::proptest! {
        #[test]
        fn a_rewritten_file_has_the_same_records_and_every_other_byte(
            text in file(), new in proptest::collection::vec("[a-z1-9]{1,3}( [a-z]{1,2})?", 0..3), count in 0u64..99, which in 0u64..8
        ) {
            let Ok(records) = sqllogictest::parse::<sqllogictest::DefaultColumnType>(&text) else { return Ok(()) };
            let stretches = layout(&text);
            let edit = |(at, record)| {
                let line: usize = stretches[at as usize].first;
                edit_of(record, line, &new, count).filter(|_| (which >> (at % 3)) & 1 == 1)
            };
            let edits: Vec<Option<SltEdit>> = (0u64..).zip(&records).map(edit).collect();
            let list: Vec<SltEdit> = edits.iter().flatten().cloned().collect();
            let Ok(written) = slt_rewritten(&text, &list) else {
                // What the property must not refuse: rows of letters and digits, in any file.
                return Err(proptest::test_runner::TestCaseError::fail(format!("refused: {text:?} {list:?}")));
            };
            let again = sqllogictest::parse::<sqllogictest::DefaultColumnType>(&written).expect("it can still be read");
            let was: Vec<String> = records.iter().zip(&edits).map(|(record, edit)| shown(record, edit.as_ref())).collect();
            let is: Vec<String> = again.iter().map(|record| shown(record, None)).collect();
            proptest::prop_assert_eq!(was, is, "{:?} became {:?}", text, written);
            if list.is_empty() {
                proptest::prop_assert_eq!(text, written);
            }
        }
    }
}
