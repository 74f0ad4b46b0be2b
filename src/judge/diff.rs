//! A difference as people read it: what is missing, what is too much, changed rows side by side with the changed cells
//! marked, equal runs folded, and never more than a screen.

use super::align::{Step, align};
use crate::verdict::{Diff, DiffLine, DiffSide};

/// Equal rows that are shown around a change.
const CONTEXT: usize = 3;
/// Lines that are shown.
const SHOWN: usize = 40;
/// Cells are padded to the widest of their column, but not beyond this.
const WIDEST: usize = 40;
/// Runs of changes with at most so many pairs are paired by their likeness, longer ones by their position.
const PAIRED: usize = 2_500;

/// A row of the difference; the numbers are positions in the lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entry {
    Same(usize),
    Changed(usize, usize),
    Missing(usize),
    Extra(usize),
    Gap(usize),
}

impl Entry {
    fn differing_lines(self) -> usize {
        match self {
            Entry::Same(_) | Entry::Gap(_) => 0,
            Entry::Missing(_) | Entry::Extra(_) => 1,
            Entry::Changed(..) => 2,
        }
    }

    fn lines(self) -> usize {
        self.differing_lines().max(1)
    }
}

/// The difference of two lists of rows whose cells are texts as they are to be shown.
pub fn diff_rows(header: Option<&[String]>, expected: &[Vec<String>], actual: &[Vec<String>]) -> Diff {
    let entries = pair(align(expected, actual), expected, actual);
    Table { header, expected, actual }.render(&fold(&entries))
}

/// The difference of two lists of lines.
pub fn diff_lines(expected: &[String], actual: &[String]) -> Diff {
    let single = |lines: &[String]| lines.iter().map(|line| vec![line.clone()]).collect::<Vec<_>>();
    diff_rows(None, &single(expected), &single(actual))
}

/// The difference of two lists whose order does not count: `equal` rows have found each other and are not in the lists.
pub(super) fn diff_unordered(
    header: Option<&[String]>,
    equal: usize,
    expected: &[Vec<String>],
    actual: &[Vec<String>],
) -> Diff {
    let mut entries: Vec<Entry> = (equal > 0).then_some(Entry::Gap(equal)).into_iter().collect();
    let mut free: Vec<bool> = vec![true; actual.len()];
    let few = expected.len().saturating_mul(actual.len()) <= PAIRED;
    for (i, row) in expected.iter().enumerate() {
        let candidates = (0..if few { actual.len() } else { 0 }).filter(|j| free[*j]);
        let nearest = candidates.max_by_key(|j| (likeness(row, &actual[*j]), std::cmp::Reverse(*j)));
        match nearest.filter(|j| likeness(row, &actual[*j]) > 0) {
            Some(j) => {
                free[j] = false;
                entries.push(Entry::Changed(i, j));
            }
            None => entries.push(Entry::Missing(i)),
        }
    }
    entries.extend((0..actual.len()).filter(|j| free[*j]).map(Entry::Extra));
    Table { header, expected, actual }.render(&entries)
}

/// Joins what is missing and what is too much at the same place to changed rows.
fn pair(steps: Vec<Step>, expected: &[Vec<String>], actual: &[Vec<String>]) -> Vec<Entry> {
    let mut entries = Vec::with_capacity(steps.len());
    let (mut missing, mut extra) = (Vec::new(), Vec::new());
    for step in steps {
        match step {
            Step::Missing(i) => missing.push(i),
            Step::Extra(j) => extra.push(j),
            Step::Same(_, j) => {
                pair_run(&mut entries, &missing, &extra, expected, actual);
                missing.clear();
                extra.clear();
                entries.push(Entry::Same(j));
            }
        }
    }
    pair_run(&mut entries, &missing, &extra, expected, actual);
    entries
}

fn pair_run(
    entries: &mut Vec<Entry>,
    missing: &[usize],
    extra: &[usize],
    expected: &[Vec<String>],
    actual: &[Vec<String>],
) {
    if missing.len() == extra.len() {
        entries.extend(missing.iter().zip(extra).map(|(i, j)| Entry::Changed(*i, *j)));
    } else if missing.len().saturating_mul(extra.len()) <= PAIRED {
        pair_alike(entries, missing, extra, expected, actual);
    } else {
        entries.extend(missing.iter().map(|i| Entry::Missing(*i)));
        entries.extend(extra.iter().map(|j| Entry::Extra(*j)));
    }
}

/// The pairing in order that has the greatest sum of likeness.
fn pair_alike(
    entries: &mut Vec<Entry>,
    missing: &[usize],
    extra: &[usize],
    expected: &[Vec<String>],
    actual: &[Vec<String>],
) {
    let alike: Vec<Vec<usize>> =
        missing.iter().map(|i| extra.iter().map(|j| likeness(&expected[*i], &actual[*j])).collect()).collect();
    let mut best = vec![vec![0; extra.len() + 1]; missing.len() + 1];
    for i in (0..missing.len()).rev() {
        for j in (0..extra.len()).rev() {
            let apart = best[i + 1][j].max(best[i][j + 1]);
            best[i][j] = if alike[i][j] > 0 { apart.max(best[i + 1][j + 1] + alike[i][j]) } else { apart };
        }
    }
    let (mut i, mut j) = (0, 0);
    while i < missing.len() && j < extra.len() {
        if alike[i][j] > 0 && best[i][j] == best[i + 1][j + 1] + alike[i][j] {
            entries.push(Entry::Changed(missing[i], extra[j]));
            (i, j) = (i + 1, j + 1);
        } else if best[i][j] == best[i + 1][j] {
            entries.push(Entry::Missing(missing[i]));
            i += 1;
        } else {
            entries.push(Entry::Extra(extra[j]));
            j += 1;
        }
    }
    entries.extend(missing[i..].iter().map(|i| Entry::Missing(*i)));
    entries.extend(extra[j..].iter().map(|j| Entry::Extra(*j)));
}

/// How alike two rows are: 0 when they have nothing in common, 100 when they are equal.
fn likeness(one: &[String], other: &[String]) -> usize {
    if let ([one], [other]) = (one, other) {
        let longest = one.len().max(other.len()).max(1);
        let (prefix, suffix) = common_ends(one, other);
        let share = (prefix + suffix) * 100 / longest;
        return if share > 20 { share } else { 0 };
    }
    let equal = one.iter().zip(other).filter(|(one, other)| one == other).count();
    equal * 100 / one.len().max(other.len()).max(1)
}

/// How many bytes are equal at the beginning and at the end.
fn common_ends(one: &str, other: &str) -> (usize, usize) {
    let prefix = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    let (one, other) = (&one.as_bytes()[prefix..], &other.as_bytes()[prefix..]);
    (prefix, one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count())
}

/// Leaves out equal rows that are far from a change.
fn fold(entries: &[Entry]) -> Vec<Entry> {
    let mut folded = Vec::new();
    let mut start = 0;
    while start < entries.len() {
        let run = entries[start..].iter().take_while(|entry| matches!(entry, Entry::Same(_))).count();
        if run == 0 {
            folded.push(entries[start]);
            start += 1;
            continue;
        }
        let head = if start == 0 { 0 } else { CONTEXT };
        let tail = if start + run == entries.len() { 0 } else { CONTEXT };
        fold_run(&mut folded, &entries[start..start + run], head, tail);
        start += run;
    }
    folded
}

/// A gap of one row would take as much room as the row.
fn fold_run(folded: &mut Vec<Entry>, run: &[Entry], head: usize, tail: usize) {
    if run.len() <= head + tail + 1 {
        return folded.extend(run);
    }
    folded.extend(&run[..head]);
    folded.push(Entry::Gap(run.len() - head - tail));
    folded.extend(&run[run.len() - tail..]);
}

struct Table<'a> {
    header: Option<&'a [String]>,
    expected: &'a [Vec<String>],
    actual: &'a [Vec<String>],
}

impl Table<'_> {
    fn render(&self, entries: &[Entry]) -> Diff {
        if entries.iter().all(|entry| entry.differing_lines() == 0) {
            return Diff::default();
        }
        let mut room = SHOWN;
        let shown = entries.iter().take_while(|entry| {
            let fits = entry.lines() <= room;
            room = room.saturating_sub(entry.lines());
            fits
        });
        let shown = &entries[..shown.count()];
        let omitted = entries[shown.len()..].iter().map(|entry| entry.differing_lines()).sum();
        let widths = self.widths(shown);
        let header = self.header.map(|names| join(names, &widths).0);
        Diff { header, lines: shown.iter().flat_map(|entry| self.lines(*entry, &widths)).collect(), omitted }
    }

    fn widths(&self, entries: &[Entry]) -> Vec<usize> {
        let mut widths: Vec<usize> = Vec::new();
        let mut measure = |row: &[String]| {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.chars().count().min(WIDEST));
            }
        };
        self.header.into_iter().for_each(&mut measure);
        for entry in entries {
            match entry {
                Entry::Gap(_) => {}
                Entry::Same(j) | Entry::Extra(j) => measure(&self.actual[*j]),
                Entry::Missing(i) => measure(&self.expected[*i]),
                Entry::Changed(i, j) => {
                    measure(&self.expected[*i]);
                    measure(&self.actual[*j]);
                }
            }
        }
        widths
    }

    fn lines(&self, entry: Entry, widths: &[usize]) -> Vec<DiffLine> {
        let plain = |side, row: &[String]| vec![DiffLine { side, text: join(row, widths).0, marks: vec![] }];
        match entry {
            Entry::Same(j) => plain(DiffSide::Same, &self.actual[j]),
            Entry::Missing(i) => plain(DiffSide::Missing, &self.expected[i]),
            Entry::Extra(j) => plain(DiffSide::Extra, &self.actual[j]),
            Entry::Gap(count) => {
                let text = if count == 1 { "1 equal line".into() } else { format!("{count} equal lines") };
                vec![DiffLine { side: DiffSide::Gap, text, marks: vec![] }]
            }
            Entry::Changed(i, j) => {
                let (one, other) = (&self.expected[i], &self.actual[j]);
                vec![marked(DiffSide::Missing, one, other, widths), marked(DiffSide::Extra, other, one, widths)]
            }
        }
    }
}

/// The cells in a line, padded, and the column of characters at which each begins.
fn join(row: &[String], widths: &[usize]) -> (String, Vec<usize>) {
    let (mut line, mut starts, mut at) = (String::new(), Vec::new(), 0);
    for (column, cell) in row.iter().enumerate() {
        let length = cell.chars().count();
        let is_last = column + 1 == row.len();
        let pad = if is_last { 0 } else { widths.get(column).map_or(0, |width| width.saturating_sub(length)) };
        starts.push(at);
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', pad));
        line.push_str(if is_last { "" } else { " | " });
        at += length + pad + 3;
    }
    (line, starts)
}

/// A changed row: the cells that differ are marked, or the words that differ when there is one cell only.
fn marked(side: DiffSide, row: &[String], counterpart: &[String], widths: &[usize]) -> DiffLine {
    let (text, starts) = join(row, widths);
    let marks = match (row, counterpart) {
        ([one], [other]) => changed_words(one, other),
        _ => row
            .iter()
            .enumerate()
            .filter(|(column, cell)| counterpart.get(*column) != Some(cell))
            .map(|(column, cell)| (starts[column], starts[column] + cell.chars().count()))
            .collect(),
    };
    DiffLine { side, text, marks }
}

/// Ranges of characters of `one` that are not in `other`, word by word.
fn changed_words(one: &str, other: &str) -> Vec<(usize, usize)> {
    let (words, others) = (words(one), words(other));
    let mut marks: Vec<(usize, usize)> = Vec::new();
    let mut at = 0;
    for step in align(&words, &others) {
        let (length, changed) = match step {
            Step::Same(i, _) => (words[i].chars().count(), false),
            Step::Missing(i) => (words[i].chars().count(), true),
            Step::Extra(_) => continue,
        };
        match marks.last_mut() {
            Some(last) if changed && last.1 == at => last.1 += length,
            _ if changed => marks.push((at, at + length)),
            _ => {}
        }
        at += length;
    }
    marks
}

/// Words, numbers, and everything else character by character.
fn words(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let end = match is_word(first) {
            true => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (word, after) = rest.split_at(end);
        words.push(word);
        rest = after;
    }
    words
}
