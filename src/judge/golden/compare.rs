//! Compares what comes, line by line, with a section that is read at the same time; memory does not grow with either.

use std::collections::VecDeque;
use std::io::{self, BufRead, Write};

use super::families::Families;
use super::sections::{text_of, without_end};
use super::text::SECTION;
use crate::judge::align::{Step, align};
use crate::judge::diff::{diff_lines, diff_rows};
use crate::verdict::Diff;

/// Lines that are kept of each side from the first difference on.
const WINDOW: usize = 200;
/// Equal lines that are kept before the first difference.
const BEFORE: usize = 3;

/// What a comparison with a golden found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Every line was the same.
    pub equal: bool,
    /// The 1-based line inside the section that differs first.
    pub first_difference_line: Option<usize>,
    /// Lines of the golden, from a little before the first difference on.
    pub expected_window: Vec<String>,
    /// Lines that came, from the same place on.
    pub actual_window: Vec<String>,
    /// Lines of the golden after the window.
    pub missing: usize,
    /// Lines that came after the window.
    pub extra: usize,
    /// The names of the columns, when the section has rows.
    pub header: Option<String>,
}

/// A comparison that goes on. Lines are pushed, or written: it is a [`Write`], so that what renders a golden can render
/// into a comparison.
pub struct Comparer<R: BufRead> {
    expected: R,
    expected_ended: bool,
    /// The line of the golden that was read last, with its end; kept for its room.
    expected_line: Vec<u8>,
    lines: usize,
    before: VecDeque<String>,
    exact: bool,
    /// Of rows whose values are compared.
    families: Option<Families>,
    partial: Vec<u8>,
    found: Comparison,
}

impl<R: BufRead> Comparer<R> {
    /// `expected` stands at the first line of a section's body; it is read up to the next section or its end. Lines must be
    /// the same if `exact`, else rows may also be equal by value.
    pub fn new(expected: R, exact: bool) -> Self {
        Self {
            expected,
            exact,
            families: None,
            expected_ended: false,
            expected_line: vec![],
            lines: 0,
            before: VecDeque::new(),
            partial: vec![],
            found: Comparison::default(),
        }
    }

    /// The next line that came, without its line end.
    ///
    /// # Errors
    /// Those of the reader of the golden.
    pub fn push(&mut self, line: &str) -> io::Result<()> {
        if self.found.first_difference_line.is_some() {
            keep(&mut self.found.actual_window, &mut self.found.extra, line);
            return Ok(());
        }
        self.lines += 1;
        if self.read_expected()? && self.is_same(line)? {
            self.remember(line);
        } else {
            let expected = self.expected()?;
            self.differs(expected);
            self.found.actual_window.push(line.to_string());
        }
        Ok(())
    }

    /// After the last line.
    ///
    /// # Errors
    /// Those of the reader of the golden.
    pub fn finish(mut self) -> io::Result<Comparison> {
        if !self.partial.is_empty() {
            self.write_all(b"\n")?;
        }
        if self.found.first_difference_line.is_none() {
            self.lines += 1;
            match self.next_expected()? {
                Some(expected) => self.differs(Some(expected)),
                None => self.found.equal = true,
            }
        }
        while let Some(line) = self.next_expected()? {
            keep(&mut self.found.expected_window, &mut self.found.missing, &line);
        }
        Ok(self.found)
    }

    /// Whether a line and the one that was read last are the same, or equal rows.
    fn is_same(&mut self, line: &str) -> io::Result<bool> {
        let same = without_end(&self.expected_line) == line.as_bytes();
        if self.exact || same && self.lines > 1 {
            return Ok(same);
        }
        let expected = text_of(&self.expected_line, self.lines)?;
        if self.lines == 1 && is_header(line) {
            self.families = Families::of(expected, line);
            return Ok(same || self.families.is_some());
        }
        Ok(same || self.families.as_ref().is_some_and(|families| families.equal(expected, line)))
    }

    fn differs(&mut self, expected: Option<String>) {
        self.found.first_difference_line = Some(self.lines);
        self.found.expected_window = self.before.iter().cloned().chain(expected).collect();
        self.found.actual_window = self.before.drain(..).collect();
    }

    fn remember(&mut self, line: &str) {
        if self.lines == 1 && is_header(line) {
            self.found.header = Some(line.to_string());
            return;
        }
        let oldest = if self.before.len() == BEFORE { self.before.pop_front() } else { None };
        let mut kept = oldest.unwrap_or_default();
        kept.clear();
        kept.push_str(line);
        self.before.push_back(kept);
    }

    fn next_expected(&mut self) -> io::Result<Option<String>> {
        self.read_expected()?;
        self.expected()
    }

    /// Reads a line of the golden; false when there is none in this section.
    fn read_expected(&mut self) -> io::Result<bool> {
        if !self.expected_ended {
            self.expected_line.clear();
            let length = self.expected.read_until(b'\n', &mut self.expected_line)?;
            self.expected_ended = length == 0 || self.expected_line.starts_with(SECTION.as_bytes());
        }
        Ok(!self.expected_ended)
    }

    /// The line that was read last; `None` after the last of the section.
    fn expected(&self) -> io::Result<Option<String>> {
        if self.expected_ended {
            return Ok(None);
        }
        text_of(&self.expected_line, self.lines).map(|text| Some(text.to_string()))
    }
}

impl<R: BufRead> Write for Comparer<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            if piece.ends_with(b"\n") && self.partial.is_empty() {
                self.push(text_of(piece, self.lines)?)?;
                continue;
            }
            self.partial.extend_from_slice(piece);
            if piece.ends_with(b"\n") {
                let line = std::mem::take(&mut self.partial);
                self.push(text_of(&line, self.lines)?)?;
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn keep(window: &mut Vec<String>, beyond: &mut usize, line: &str) {
    if window.len() < WINDOW { window.push(line.to_string()) } else { *beyond += 1 }
}

/// `name:type | name:type`: only the header of rows has a type, or nothing, right after the last colon of each cell.
fn is_header(line: &str) -> bool {
    let is_column = |cell: &str| {
        cell.rsplit_once(':').is_some_and(|(_, name)| !name.starts_with(' ') && !name.contains(['"', '}', ']', '(']))
    };
    !line.starts_with('{') && line.split(" | ").all(is_column)
}

impl Comparison {
    /// The difference of the two windows.
    pub fn diff(&self) -> Diff {
        let (expected, actual) = self.common_part();
        let mut diff = match &self.header {
            Some(header) => diff_rows(Some(&cells(header)), &rows(expected), &rows(actual)),
            None => diff_lines(expected, actual),
        };
        // Only when one side has ended is it certain that the rest of the other differs.
        diff.omitted += if self.missing == 0 || self.extra == 0 { self.missing + self.extra } else { 0 };
        diff
    }

    /// A sentence for evidence when lines after the window were not compared.
    pub fn note(&self) -> Option<String> {
        (self.missing + self.extra > 0).then(|| {
            format!(
                "Only {WINDOW} lines from the first difference on are shown; after them the golden has {} more and the output {} more.",
                self.missing, self.extra
            )
        })
    }

    /// When both windows were cut, what follows the last equal line was cut at different places and says nothing.
    fn common_part(&self) -> (&[String], &[String]) {
        if self.missing == 0 || self.extra == 0 {
            return (&self.expected_window, &self.actual_window);
        }
        let last = align(&self.expected_window, &self.actual_window).into_iter().rev().find_map(|step| match step {
            Step::Same(i, j) if i >= BEFORE => Some((i + 1, j + 1)),
            _ => None,
        });
        let (i, j) = last.unwrap_or((self.expected_window.len(), self.actual_window.len()));
        (&self.expected_window[..i], &self.actual_window[..j])
    }
}

fn rows(lines: &[String]) -> Vec<Vec<String>> {
    lines.iter().map(|line| cells(line)).collect()
}

/// A `|` inside a cell is escaped, so that this is the end of a cell.
fn cells(line: &str) -> Vec<String> {
    line.split(" | ").map(str::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::DiffSide;

    fn compare(golden: &str, lines: &[String]) -> Comparison {
        let mut comparer = Comparer::new(golden.as_bytes(), false);
        lines.iter().for_each(|line| comparer.push(line).unwrap());
        comparer.finish().unwrap()
    }

    fn lines(text: &str) -> Vec<String> {
        text.lines().map(str::to_string).collect()
    }

    fn sides(diff: &Diff) -> Vec<DiffSide> {
        diff.lines.iter().map(|line| line.side).collect()
    }

    #[test]
    fn equal_lines_up_to_the_next_section_are_equal() {
        let found = compare("a\nb\n== next\nc\n", &lines("a\nb"));
        assert!(found.equal, "{found:?}");
        assert_eq!(found.diff(), Diff::default());
        assert!(compare("", &[]).equal);
    }

    #[test]
    fn a_changed_a_missing_and_an_extra_line_are_found_with_their_number() {
        let changed = compare("a\nb\nc\n", &lines("a\nx\nc"));
        assert_eq!((changed.equal, changed.first_difference_line), (false, Some(2)));
        assert_eq!(sides(&changed.diff()), [DiffSide::Same, DiffSide::Missing, DiffSide::Extra, DiffSide::Same]);
        let missing = compare("a\nb\n== next\n", &lines("a"));
        assert_eq!(
            (missing.first_difference_line, sides(&missing.diff())),
            (Some(2), vec![DiffSide::Same, DiffSide::Missing])
        );
        let extra = compare("a\n", &lines("a\nb"));
        assert_eq!(
            (extra.first_difference_line, sides(&extra.diff())),
            (Some(2), vec![DiffSide::Same, DiffSide::Extra])
        );
    }

    #[test]
    fn the_changed_cell_of_a_row_is_marked() {
        let found = compare("a:int4 | b:text\n1 | x\n2 | y\n", &lines("a:int4 | b:text\n1 | x\n2 | z"));
        let diff = found.diff();
        assert_eq!(diff.header.as_deref(), Some("a:int4 | b:text"));
        assert_eq!(diff.lines[1].marks, [(9, 10)]);
    }

    #[test]
    fn rows_are_equal_by_value_unless_they_must_be_exact() {
        let golden = "a:text | n:numeric\nx | 7.50\ny | 8.00\n";
        let of = |rows: &str, exact| {
            let mut comparer = Comparer::new(golden.as_bytes(), exact);
            lines(rows).iter().for_each(|line| comparer.push(line).unwrap());
            comparer.finish().unwrap()
        };
        let other = "a:varchar | n:numeric\nx | 7.5000\ny | 8";
        assert!(of(other, false).equal);
        assert_eq!(of(other, true).first_difference_line, Some(1));
        assert_eq!(of(&other.replace("y | 8", "y | 9"), false).first_difference_line, Some(3));
        assert_eq!(of(&other.replace("n:numeric", "n:float8"), false).first_difference_line, Some(1));
    }

    #[test]
    fn lines_without_number_stay_in_bounded_windows() {
        let golden: String = (0..200_000).map(|n| format!("{n}\n")).collect();
        let mut comparer = Comparer::new(golden.as_bytes(), false);
        for n in 0..200_000 {
            if n == 100_000 {
                comparer.push("inserted").unwrap();
            }
            writeln!(comparer, "{n}").unwrap();
        }
        let found = comparer.finish().unwrap();
        assert_eq!(found.first_difference_line, Some(100_001));
        assert!(found.expected_window.len() <= WINDOW && found.actual_window.len() <= WINDOW);
        let diff = found.diff();
        assert_eq!(sides(&diff).iter().filter(|side| **side == DiffSide::Missing).count(), 0, "{diff:?}");
        assert_eq!(sides(&diff).iter().filter(|side| **side == DiffSide::Extra).count(), 1);
        assert!(found.note().unwrap().contains("Only 200 lines"));
    }

    #[test]
    fn lines_after_the_window_count_when_the_other_side_has_ended() {
        let found = compare("a\n", &(0..1000).map(|n| n.to_string()).collect::<Vec<_>>());
        assert_eq!(found.extra, 1000 - WINDOW);
        assert_eq!(found.diff().omitted + found.diff().lines.len(), 1001);
    }

    #[test]
    fn written_pieces_are_put_together_to_lines() {
        let mut comparer = Comparer::new("abc\ndef\n".as_bytes(), false);
        for piece in ["a", "bc\nd", "e", "f"] {
            comparer.write_all(piece.as_bytes()).unwrap();
        }
        assert!(comparer.finish().unwrap().equal);
    }

    #[test]
    fn line_ends_of_windows_are_no_difference() {
        assert!(compare("a\r\nb\r\n", &lines("a\nb")).equal);
    }
}
