//! Ranges and multiranges in PostgreSQL's text form (manual, 8.17.5): `[1,4)`, `empty`, `{[1,4),[7,)}`.

use super::{BLANK, in_quotes, quoted};

const SPECIAL: [char; 5] = ['(', ')', '[', ']', ','];

/// A range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Range {
    /// `empty`.
    Empty,
    /// Everything between two bounds.
    Between(Bounds),
}

/// The bounds of a range; one that is not there is infinite, and then never a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Where it begins.
    pub lower: Option<String>,
    /// Where it ends.
    pub upper: Option<String>,
    /// Whether it holds its lower bound.
    pub with_lower: bool,
    /// Whether it holds its upper bound.
    pub with_upper: bool,
}

/// The range; `None` when the text is none.
pub fn range(text: &str) -> Option<Range> {
    let (range, rest) = first(text.trim_matches(BLANK))?;
    rest.is_empty().then_some(range)
}

/// The ranges of a multirange, as they are written; `None` when the text is none.
pub fn ranges(text: &str) -> Option<Vec<Range>> {
    let mut rest = text.trim_matches(BLANK).strip_prefix('{')?.trim_start_matches(BLANK);
    let mut found = vec![];
    if rest == "}" {
        return Some(found);
    }
    loop {
        let (range, after) = first(rest)?;
        found.push(range);
        rest = after.trim_start_matches(BLANK);
        match rest.strip_prefix(',') {
            Some(after) => rest = after.trim_start_matches(BLANK),
            None => return (rest == "}").then_some(found),
        }
    }
}

/// The range at the beginning of a text, and what follows it.
fn first(text: &str) -> Option<(Range, &str)> {
    const EMPTY: usize = "empty".len();
    if text.get(..EMPTY).is_some_and(|word| word.eq_ignore_ascii_case("empty")) {
        return Some((Range::Empty, &text[EMPTY..]));
    }
    let with_lower = text.starts_with('[');
    let (lower, rest) = bound(text.strip_prefix(['[', '('])?)?;
    let (upper, rest) = bound(rest.strip_prefix(',')?)?;
    let with_upper = rest.starts_with(']');
    let rest = rest.strip_prefix([']', ')'])?;
    let (with_lower, with_upper) = (with_lower && lower.is_some(), with_upper && upper.is_some());
    Some((Range::Between(Bounds { lower, upper, with_lower, with_upper }), rest))
}

fn bound(text: &str) -> Option<(Option<String>, &str)> {
    const ENDS: [char; 3] = [',', ')', ']'];
    if text.starts_with(ENDS) {
        return Some((None, text));
    }
    let (value, rest) = quoted(text, &ENDS)?;
    Some((Some(value), rest))
}

/// The range as the server prints it.
pub(super) fn written(range: &Range) -> String {
    let Range::Between(bounds) = range else { return "empty".into() };
    let bound = |bound: &Option<String>| bound.as_ref().map_or(String::new(), |text| in_quotes(text, &SPECIAL));
    let (open, close) = (if bounds.with_lower { '[' } else { '(' }, if bounds.with_upper { ']' } else { ')' });
    format!("{open}{},{}{close}", bound(&bounds.lower), bound(&bounds.upper))
}

/// The multirange as the server prints it.
pub(super) fn all_written(ranges: &[Range]) -> String {
    format!("{{{}}}", ranges.iter().map(written).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn between(lower: Option<&str>, upper: Option<&str>, with_lower: bool, with_upper: bool) -> Range {
        let text = |bound: Option<&str>| bound.map(String::from);
        Range::Between(Bounds { lower: text(lower), upper: text(upper), with_lower, with_upper })
    }

    #[test]
    fn bounds_are_read_with_quotes_and_may_be_missing() {
        assert_eq!(range("[1,4)"), Some(between(Some("1"), Some("4"), true, false)));
        assert_eq!(range(" (,5] "), Some(between(None, Some("5"), false, true)));
        assert_eq!(range("[,]"), Some(between(None, None, false, false)));
        assert_eq!(range(r#"["a,b","c"")")"#), Some(between(Some("a,b"), Some("c\")"), true, false)));
        assert_eq!(range(r#"["",")")"#), Some(between(Some(""), Some(")"), true, false)));
        assert_eq!(range(" EMPTY"), Some(Range::Empty));
    }

    #[test]
    fn a_multirange_is_a_list_of_ranges() {
        let one = between(Some("1"), Some("2"), true, false);
        assert_eq!(ranges("{}"), Some(vec![]));
        assert_eq!(ranges("{[1,2)}"), Some(vec![one.clone()]));
        assert_eq!(
            ranges(" { [1,2) , empty,(,3)} "),
            Some(vec![one, Range::Empty, between(None, Some("3"), false, false)])
        );
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in ["", "1,2", "[1,2", "[1)", "[1,2,3)", "[1,2)x", "empty!", "{[1,2)}", "[\"1,2)"] {
            assert_eq!(range(text), None, "{text}");
        }
        for text in ["", "{", "{[1,2)", "{,}", "{[1,2),}", "[1,2)", "{[1,2)} x", "{[1,2)[3,4)}"] {
            assert_eq!(ranges(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(lower: Option<String>, upper: Option<String>, with_lower: bool, with_upper: bool) {
            let (with_lower, with_upper) = (with_lower && lower.is_some(), with_upper && upper.is_some());
            let one = Range::Between(Bounds { lower, upper, with_lower, with_upper });
            prop_assert_eq!(range(&written(&one)), Some(one.clone()));
            let both = vec![one, Range::Empty];
            prop_assert_eq!(ranges(&all_written(&both)), Some(both));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[\\[\\](){}\",\\\\a emptyé]{0,30}") {
            let _ = (range(&text), ranges(&text));
        }
    }
}
