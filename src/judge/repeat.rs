//! What differs between two runs of the same scenario cannot be in a golden.

/// The lines that differ: their 1-based number and both texts. A line that one run does not have is empty, which a line of a
/// golden never is.
pub fn differs_between_runs(first: &str, second: &str) -> Vec<(usize, String, String)> {
    let (mut one, mut other) = (first.lines(), second.lines());
    let mut found = Vec::new();
    for number in 1.. {
        match (one.next(), other.next()) {
            (None, None) => break,
            (left, right) if left == right => {}
            (left, right) => {
                found.push((number, left.unwrap_or_default().to_string(), right.unwrap_or_default().to_string()))
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_differ_are_named_with_their_numbers() {
        assert_eq!(differs_between_runs("a\nb\nc\n", "a\nb\nc\n"), []);
        assert_eq!(differs_between_runs("a\nb\n", "a\nx\n"), [(2, "b".into(), "x".into())]);
        assert_eq!(differs_between_runs("a\n", "a\nb\n"), [(2, String::new(), "b".into())]);
        assert_eq!(differs_between_runs("a\nb\n", "a\n"), [(2, "b".into(), String::new())]);
    }
}
