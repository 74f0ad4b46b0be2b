//! Which lines belong to which record. It follows the crate's own parser line by line, because that parser tells neither
//! where a record ends nor where a comment stands.

/// What a stretch of lines is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Lines that begin with `#`.
    Comment,
    /// An empty line.
    Newline,
    /// A directive with the lines that belong to it.
    Record,
}

/// A stretch of lines, 1-based, both ends inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    /// What it is.
    pub part: Part,
    /// The first line.
    pub first: usize,
    /// The last line that is not empty.
    pub last: usize,
}

/// The stretches of a script, one for each record that the crate's parser makes, in the same order.
pub(crate) fn layout(text: &str) -> Vec<Stretch> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = vec![];
    let mut at = 0;
    while at < lines.len() {
        let (part, next) = match lines[at] {
            "" => (Some(Part::Newline), at + 1),
            line if line.starts_with('#') => (Some(Part::Comment), skip(&lines, at, |line| line.starts_with('#'))),
            line if line.trim().is_empty() => (None, at + 1),
            _ => (Some(Part::Record), record(&lines, at)),
        };
        if let Some(part) = part {
            found.push(Stretch { part, first: at + 1, last: last_line(&lines, at, next) });
        }
        at = next;
    }
    found
}

fn last_line(lines: &[&str], at: usize, next: usize) -> usize {
    (at..next.min(lines.len())).rev().find(|index| !lines[*index].is_empty()).unwrap_or(at) + 1
}

fn skip(lines: &[&str], from: usize, belongs: impl Fn(&str) -> bool) -> usize {
    (from..lines.len()).find(|index| !belongs(lines[*index])).unwrap_or(lines.len())
}

/// The index after the record whose directive is at `at`.
fn record(lines: &[&str], at: usize) -> usize {
    let words: Vec<&str> = lines[at].split_whitespace().collect();
    match words[0] {
        "statement" | "query" => body(lines, at + 1, fails_with_many_lines(&words)),
        "system" => body(lines, at + 1, true),
        "let" if words.len() > 1 => after_empty(lines, at + 2),
        _ => at + 1,
    }
}

/// `statement error` and `query error` without a pattern take their message below `----`, up to two empty lines.
fn fails_with_many_lines(words: &[&str]) -> bool {
    words.get(1) == Some(&"error") && (words.len() == 2 || words[2] == "retry")
}

/// SQL, then perhaps `----` and results. The first line belongs to it whatever it is.
fn body(lines: &[&str], at: usize, many_lines: bool) -> usize {
    let end = skip(lines, (at + 1).min(lines.len()), |line| !line.is_empty() && line != "----");
    match lines.get(end) {
        Some(&"----") if many_lines => after_two_empty(lines, end + 1),
        Some(&"----") => after_empty(lines, end + 1),
        _ => (end + 1).min(lines.len()),
    }
}

fn after_empty(lines: &[&str], from: usize) -> usize {
    (skip(lines, from.min(lines.len()), |line| !line.is_empty()) + 1).min(lines.len())
}

fn after_two_empty(lines: &[&str], from: usize) -> usize {
    let pair =
        (from..lines.len()).find(|index| lines[*index].is_empty() && lines.get(index + 1).is_none_or(|l| l.is_empty()));
    pair.map_or(lines.len(), |index| (index + 2).min(lines.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(text: &str) -> Vec<(usize, usize)> {
        layout(text).iter().filter(|s| s.part == Part::Record).map(|s| (s.first, s.last)).collect()
    }

    #[test]
    fn a_record_reaches_to_its_last_line() {
        let text = "# c\nstatement ok\nSELECT\n1\n\nquery I\nSELECT 1\n----\n1\n\nhalt\n";
        assert_eq!(records(text), [(2, 4), (6, 9), (11, 11)]);
    }

    #[test]
    fn a_message_of_many_lines_ends_at_two_empty_ones() {
        let text = "statement error\nSELECT\n----\na\n\nb\n\n\nhalt\n";
        assert_eq!(records(text), [(1, 6), (9, 9)]);
    }

    #[test]
    fn a_directive_inside_a_body_is_not_one() {
        assert_eq!(records("statement ok\nconnection a b\n\nhalt"), [(1, 2), (4, 4)]);
    }
}
