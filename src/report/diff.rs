//! A difference as people read it: `-` expected and missing, `+` came and was not expected, changed cells marked.

use super::Look;
use super::look::Ink;
use super::visible::{char_columns, columns, visible};
use crate::verdict::{Diff, DiffLine, DiffSide};

/// The difference as lines, each ending in a line feed: a legend, the header, and the lines with their marks. Marks are
/// colours where there are colours, and carets on a line below where there are none. A line longer than the width is cut
/// so that its first mark stays in sight.
pub fn render_diff(diff: &Diff, look: &Look) -> String {
    let mut out = format!("  {}  {}\n", look.paint(Ink::Bad, "- expected"), look.paint(Ink::Good, "+ actual"));
    if let Some(header) = &diff.header {
        let window = Window::around(&visible(header), &[], look.width.saturating_sub(INDENT));
        out.push_str(&format!("      {}\n", look.paint(Ink::Dim, &window.text)));
    }
    for line in &diff.lines {
        render_line(&mut out, line, look);
    }
    if diff.omitted > 0 {
        out.push_str(&format!("      … and {} that differ\n", super::look::count(diff.omitted, "more line")));
    }
    out
}

/// Columns before the text of a line.
const INDENT: usize = 6;

fn render_line(out: &mut String, line: &DiffLine, look: &Look) {
    let window = Window::around(&visible(&line.text), &line.marks, look.width.saturating_sub(INDENT));
    let text = match line.side {
        DiffSide::Same => format!("      {}", window.text),
        DiffSide::Gap => format!("      {}", look.paint(Ink::Dim, &format!("… {}", window.text))),
        DiffSide::Missing => {
            format!("    {} {}", look.paint(Ink::Bad, "-"), window.painted(look, Ink::Bad, Ink::BadMark))
        }
        DiffSide::Extra => {
            format!("    {} {}", look.paint(Ink::Good, "+"), window.painted(look, Ink::Good, Ink::GoodMark))
        }
    };
    out.push_str(text.trim_end());
    out.push('\n');
    if !look.color && !window.marks.is_empty() {
        out.push_str(&format!("      {}\n", window.carets()));
    }
}

/// The part of a line that is shown.
struct Window {
    text: String,
    /// Ranges of characters in `text`, in order, not empty, inside the text.
    marks: Vec<(usize, usize)>,
}

impl Window {
    /// The part of `text` that fits into `width` columns, with the first mark in it.
    fn around(text: &str, marks: &[(usize, usize)], width: usize) -> Self {
        let chars: Vec<char> = text.chars().collect();
        let marks = tidy(marks, chars.len());
        let width = width.max(8);
        if columns(text) <= width {
            return Self { text: text.to_string(), marks };
        }
        let first = marks.first().map_or(0, |mark| mark.0);
        let start = window_start(&chars, first, width);
        let lead = usize::from(start > 0);
        let end = window_end(&chars, start, width - lead);
        let tail = if end < chars.len() { "…" } else { "" };
        let text = format!("{}{}{tail}", "…".repeat(lead), String::from_iter(&chars[start..end]));
        let moved = marks.iter().map(|(from, to)| (from.max(&start) - start, to.min(&end).saturating_sub(start)));
        let marks = moved.filter(|(from, to)| from < to).map(|(from, to)| (from + lead, to + lead)).collect();
        Self { text, marks }
    }

    fn painted(&self, look: &Look, plain: Ink, marked: Ink) -> String {
        let chars: Vec<char> = self.text.chars().collect();
        let mut out = String::new();
        let mut at = 0;
        for (from, to) in &self.marks {
            out.push_str(&look.paint(plain, &String::from_iter(&chars[at..*from])));
            out.push_str(&look.paint(marked, &String::from_iter(&chars[*from..*to])));
            at = *to;
        }
        out.push_str(&look.paint(plain, &String::from_iter(&chars[at..])));
        out
    }

    fn carets(&self) -> String {
        let under = |(index, c): (usize, char)| {
            let marked = self.marks.iter().any(|(from, to)| (*from..*to).contains(&index));
            if marked { "^" } else { " " }.repeat(char_columns(c))
        };
        self.text.chars().enumerate().map(under).collect::<String>().trim_end().to_string()
    }
}

/// Marks in order, inside the text, without overlaps: they come from a recording and may be anything.
fn tidy(marks: &[(usize, usize)], length: usize) -> Vec<(usize, usize)> {
    let mut marks = marks.to_vec();
    marks.sort_unstable();
    let mut at = 0;
    let mut tidied = vec![];
    for (from, to) in marks {
        let (from, to) = (from.max(at), to.min(length));
        if from < to {
            tidied.push((from, to));
            at = to;
        }
    }
    tidied
}

/// Where to begin so that `first` is in sight with a third of the width before it; 0 if it is in sight anyway.
fn window_start(chars: &[char], first: usize, width: usize) -> usize {
    if window_end(chars, 0, width) > first + 2 {
        return 0;
    }
    let mut room = width / 3;
    let before = chars[..first.min(chars.len())].iter().rev().take_while(|c| {
        let fits = room >= char_columns(**c);
        room = room.saturating_sub(char_columns(**c));
        fits
    });
    first - before.count()
}

/// Where to end so that what begins at `start` fits into `width` columns with room for a `…`.
fn window_end(chars: &[char], start: usize, width: usize) -> usize {
    if chars[start..].iter().map(|c| char_columns(*c)).sum::<usize>() <= width {
        return chars.len();
    }
    let mut room = width - 1;
    let fitting = chars[start..].iter().take_while(|c| {
        let fits = room >= char_columns(**c);
        room = room.saturating_sub(char_columns(**c));
        fits
    });
    start + fitting.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(side: DiffSide, text: &str, marks: &[(usize, usize)]) -> DiffLine {
        DiffLine { side, text: text.into(), marks: marks.to_vec() }
    }

    fn one(line: DiffLine, look: &Look) -> String {
        render_diff(&Diff { header: None, lines: vec![line], omitted: 0 }, look)
    }

    #[test]
    fn carets_stand_under_the_marks_and_wide_characters_take_two_columns() {
        let shown = one(line(DiffSide::Extra, "1 | 愛子 | APJ", &[(4, 6), (9, 12)]), &Look::plain(80));
        assert_eq!(shown, "  - expected  + actual\n    + 1 | 愛子 | APJ\n          ^^^^   ^^^\n");
    }

    #[test]
    fn a_long_line_is_cut_so_that_its_mark_stays_in_sight() {
        let text = format!("{}MARK{}", "a".repeat(300), "b".repeat(300));
        let shown = one(line(DiffSide::Missing, &text, &[(300, 304)]), &Look::plain(40));
        let expected = "    - …aaaaaaaaaaaMARKbbbbbbbbbbbbbbbbb…\n                  ^^^^\n";
        assert_eq!(shown.strip_prefix("  - expected  + actual\n").unwrap(), expected);
        assert!(shown.lines().all(|line| line.chars().count() <= 40), "{shown}");
    }

    #[test]
    fn colours_take_the_place_of_carets() {
        let look = Look { color: true, width: 80, verbose: false };
        let shown = one(line(DiffSide::Missing, "a b", &[(2, 3)]), &look);
        assert!(shown.ends_with("\x1b[31m-\x1b[0m \x1b[31ma \x1b[0m\x1b[1;7;31mb\x1b[0m\n"), "{shown:?}");
    }

    #[test]
    fn marks_that_lie_outside_or_overlap_do_no_harm() {
        let marks = [(2, 900), (1, 3), (7, 4), (usize::MAX, usize::MAX)];
        let shown = one(line(DiffSide::Extra, "abcdef", &marks), &Look::plain(80));
        assert!(shown.ends_with("    + abcdef\n       ^^^^^\n"), "{shown}");
        let shown = one(line(DiffSide::Extra, "", &marks), &Look::plain(0));
        assert!(shown.ends_with("    +\n"), "{shown}");
    }

    #[test]
    fn a_cell_with_an_escape_sequence_keeps_its_marks_in_place() {
        let shown = one(line(DiffSide::Extra, "\x1b[2J | x", &[(7, 8)]), &Look::plain(80));
        assert!(shown.ends_with("    + ␛[2J | x\n             ^\n"), "{shown}");
    }
}
