//! What differs between two runs of the same scenario cannot be in a golden.

use std::io::{self, BufRead, Lines};

/// The first lines that differ, at most `most`: their 1-based number and both texts. A line that one run does not have is
/// empty, which a line of a golden never is.
///
/// # Errors
/// Those of the readers.
pub fn differs_between_runs(
    first: impl BufRead,
    second: impl BufRead,
    most: usize,
) -> io::Result<Vec<(usize, String, String)>> {
    let (mut one, mut other) = (first.lines(), second.lines());
    let mut found = Vec::new();
    for number in 1.. {
        let (left, right) = (next(&mut one)?, next(&mut other)?);
        if found.len() == most || (left.is_none() && right.is_none()) {
            break;
        }
        if left != right {
            found.push((number, left.unwrap_or_default(), right.unwrap_or_default()));
        }
    }
    Ok(found)
}

fn next(lines: &mut Lines<impl BufRead>) -> io::Result<Option<String>> {
    lines.next().transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_named_with_their_numbers() {
        let differ = |one: &str, other: &str| differs_between_runs(one.as_bytes(), other.as_bytes(), 2).unwrap();
        assert_eq!(differ("a\nb\nc\n", "a\nb\nc\n"), []);
        assert_eq!(differ("a\nb\n", "a\nx\n"), [(2, "b".into(), "x".into())]);
        assert_eq!(differ("a\n", "a\nb\n"), [(2, String::new(), "b".into())]);
        assert_eq!(differ("a\nb\n", "a\n"), [(2, "b".into(), String::new())]);
        assert_eq!(differ("1\n2\n3\n", "a\nb\nc\n").len(), 2);
    }
}
