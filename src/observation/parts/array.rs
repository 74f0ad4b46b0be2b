//! The elements of a PostgreSQL array in its text form (manual, 8.15.6): `{1,NULL,"a,b",{…}}`.

use super::BLANK;

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Element {
    /// An unquoted NULL.
    Null,
    /// A value, without quotes and escapes.
    Value(String),
    /// An array inside the array, as text.
    Array(String),
}

/// The elements of the outermost dimension, parted by `delimiter` (a comma for every type but `box`); `None` when the text
/// is not an array.
pub fn elements(text: &str, delimiter: char) -> Option<Vec<Element>> {
    let inside = body(text)?.1.strip_prefix('{')?.strip_suffix('}')?;
    if inside.trim_matches(BLANK).is_empty() {
        return Some(vec![]);
    }
    split(inside, delimiter)?.into_iter().map(|piece| element(trim(piece))).collect()
}

/// The lower bounds of the dimensions; none when they are all 1, which the text then does not show: `[0:1]={a,b}`.
pub fn lower_bounds(text: &str) -> Option<Vec<i64>> {
    let bounds = body(text)?.0;
    if bounds.is_empty() {
        return Some(vec![]);
    }
    let inside = bounds.strip_prefix('[')?.strip_suffix(']')?;
    let lower = |dimension: &str| match dimension.split_once(':') {
        Some((lower, upper)) => upper.parse::<i64>().and(lower.parse()).ok(),
        None => dimension.parse::<i64>().ok().map(|_| 1),
    };
    let lower: Vec<i64> = inside.split("][").map(lower).collect::<Option<_>>()?;
    Some(if lower.iter().all(|bound| *bound == 1) { vec![] } else { lower })
}

/// What stands before `=`, and what follows.
fn body(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_matches(BLANK);
    if !text.starts_with('[') {
        return Some(("", text));
    }
    let (bounds, rest) = text.split_once('=')?;
    Some((bounds.trim_end_matches(BLANK), rest.trim_start_matches(BLANK)))
}

/// What stands before the elements: `[0:1]=`, mostly nothing.
pub(super) fn bounds(text: &str) -> Option<String> {
    let bounds = body(text)?.0;
    Some(if bounds.is_empty() { String::new() } else { format!("{bounds}=") })
}

/// The elements as the server prints them.
pub(super) fn delimited(elements: &[Element], delimiter: char) -> String {
    let one = |element: &Element| match element {
        Element::Null => "NULL".to_string(),
        Element::Array(text) => text.clone(),
        Element::Value(text) => in_quotes(text, delimiter),
    };
    format!("{{{}}}", elements.iter().map(one).collect::<Vec<_>>().join(&delimiter.to_string()))
}

fn in_quotes(text: &str, delimiter: char) -> String {
    let is_special = |c: char| BLANK.contains(&c) || matches!(c, '"' | '\\' | '{' | '}') || c == delimiter;
    if !text.is_empty() && !text.eq_ignore_ascii_case("null") && !text.contains(is_special) {
        return text.to_string();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Without the blanks around it; one that is escaped stays.
fn trim(piece: &str) -> &str {
    let piece = piece.trim_start_matches(BLANK);
    let trimmed = piece.trim_end_matches(BLANK);
    let escapes = trimmed.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if escapes % 2 == 1 { &piece[..trimmed.len() + 1] } else { trimmed }
}

fn split(inside: &str, delimiter: char) -> Option<Vec<&str>> {
    let (mut pieces, mut start, mut depth) = (Vec::new(), 0, 0usize);
    let (mut quoted, mut escaped) = (false, false);
    for (at, c) in inside.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            '{' => depth += 1,
            '}' => depth = depth.checked_sub(1)?,
            _ if c == delimiter && depth == 0 => {
                pieces.push(&inside[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    pieces.push(&inside[start..]);
    (depth == 0 && !quoted && !escaped).then_some(pieces)
}

fn element(piece: &str) -> Option<Element> {
    if piece.starts_with('{') {
        return Some(Element::Array(piece.to_string()));
    }
    if piece.eq_ignore_ascii_case("null") {
        return Some(Element::Null);
    }
    let quoted = piece.strip_prefix('"');
    let mut value = String::with_capacity(piece.len());
    let mut chars = quoted.unwrap_or(piece).chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => return (quoted.is_some() && chars.as_str().is_empty()).then_some(Element::Value(value)),
            '\\' => value.push(chars.next()?),
            '{' | '}' if quoted.is_none() => return None,
            other => value.push(other),
        }
    }
    (quoted.is_none() && !piece.is_empty()).then_some(Element::Value(value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> Element {
        Element::Value(text.into())
    }

    #[test]
    fn quotes_escapes_and_nulls_are_read() {
        let read = elements(r#"{1,NULL,"NULL","a,b","say \"hi\"","\\",""," x "}"#, ',').unwrap();
        let expected = [
            value("1"),
            Element::Null,
            value("NULL"),
            value("a,b"),
            value("say \"hi\""),
            value("\\"),
            value(""),
            value(" x "),
        ];
        assert_eq!(read, expected);
    }

    #[test]
    fn arrays_inside_stay_text_and_bounds_are_read_for_themselves() {
        let read = elements(r#"[0:1]={{1,2},{"}",4}}"#, ',').unwrap();
        assert_eq!(read, [Element::Array("{1,2}".into()), Element::Array(r#"{"}",4}"#.into())]);
        assert_eq!(elements("{}", ','), Some(vec![]));
        assert_eq!(lower_bounds("[0:1][-2:3]={{1,2}}"), Some(vec![0, -2]));
        assert_eq!(lower_bounds("[1:2]={1,2}"), lower_bounds("{1,2}"));
        assert_eq!(lower_bounds("[x]={1}"), None);
    }

    #[test]
    fn only_ascii_blanks_are_around_elements() {
        assert_eq!(elements("{ a ,\tb }", ','), Some(vec![value("a"), value("b")]));
        assert_eq!(elements("{\u{a0}x}", ','), Some(vec![value("\u{a0}x")]));
        assert_eq!(elements("{a\\ }", ','), Some(vec![value("a ")]));
    }

    #[test]
    fn boxes_are_parted_by_semicolons() {
        assert_eq!(elements("{(1,1),(0,0);(3,3),(2,2)}", ';'), Some(vec![value("(1,1),(0,0)"), value("(3,3),(2,2)")]));
    }

    #[test]
    fn what_is_no_array_is_refused() {
        for text in ["", "1,2", "{1", "{1}}", "{\"a}", "{1,}", "{{1}", "[x]", "{a\\}", "{\"a\"b}", "{a{b}}"] {
            assert_eq!(elements(text, ','), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(texts in proptest::collection::vec(any::<String>(), 1..5)) {
            let written: Vec<Element> = texts.into_iter().map(Element::Value).collect();
            prop_assert_eq!(elements(&delimited(&written, ','), ','), Some(written));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}\",\\\\a =\\[\\]]{0,30}") {
            let _ = (elements(&text, ','), lower_bounds(&text));
        }
    }
}
