//! The elements of a PostgreSQL array in its text form (manual, 8.15.6): `{1,NULL,"a,b",{…}}`.

/// One element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Element {
    /// An unquoted NULL.
    Null,
    /// A value, without quotes and escapes.
    Value(String),
    /// An array inside the array, as text.
    Array(String),
}

/// The elements of the outermost dimension; `None` when the text is not an array.
pub(super) fn elements(text: &str) -> Option<Vec<Element>> {
    let inside = without_bounds(text.trim())?.strip_prefix('{')?.strip_suffix('}')?;
    if inside.trim().is_empty() {
        return Some(vec![]);
    }
    split(inside)?.into_iter().map(|piece| element(piece.trim())).collect()
}

/// Bounds other than 1 stand in front: `[0:1]={a,b}`.
fn without_bounds(text: &str) -> Option<&str> {
    if text.starts_with('[') { text.split_once('=').map(|(_, rest)| rest) } else { Some(text) }
}

fn split(inside: &str) -> Option<Vec<&str>> {
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
            ',' if depth == 0 => {
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
    if piece.is_empty() {
        return None;
    }
    let mut value = String::with_capacity(piece.len());
    let mut chars = piece.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => {}
            '\\' => value.push(chars.next()?),
            other => value.push(other),
        }
    }
    Some(Element::Value(value))
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
        let read = elements(r#"{1,NULL,"NULL","a,b","say \"hi\"","\\",""," x "}"#).unwrap();
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
    fn arrays_inside_stay_text_and_bounds_are_passed_over() {
        let read = elements(r#"[0:1]={{1,2},{"}",4}}"#).unwrap();
        assert_eq!(read, [Element::Array("{1,2}".into()), Element::Array(r#"{"}",4}"#.into())]);
        assert_eq!(elements("{}"), Some(vec![]));
    }

    #[test]
    fn what_is_no_array_is_refused() {
        for text in ["", "1,2", "{1", "{1}}", "{\"a}", "{1,}", "{{1}", "[x]", "{a\\}"] {
            assert_eq!(elements(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_survives_in_quotes(texts in proptest::collection::vec(any::<String>(), 1..5)) {
            let quote = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
            let array = format!("{{{}}}", texts.iter().map(quote).collect::<Vec<_>>().join(","));
            // NULL in quotes is text; the reader looks at the piece with its quotes.
            prop_assert_eq!(elements(&array), Some(texts.into_iter().map(Element::Value).collect::<Vec<_>>()));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}\",\\\\a =\\[\\]]{0,30}") {
            let _ = elements(&text);
        }
    }
}
