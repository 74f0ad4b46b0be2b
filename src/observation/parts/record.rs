//! The fields of a row in PostgreSQL's text form (manual, 8.16.6): `(1,"a b",)`.

use super::{BLANK, in_quotes, quoted};

const SPECIAL: [char; 3] = ['(', ')', ','];

/// The fields, `None` for NULL; one that is empty without quotes is NULL. `None` when the text is no row. A row without
/// fields reads as one with a single NULL.
pub fn fields(text: &str) -> Option<Vec<Option<String>>> {
    let mut rest = text.trim_matches(BLANK).strip_prefix('(')?;
    let mut fields = vec![];
    loop {
        let field = if rest.starts_with([',', ')']) { None } else { Some(quoted(rest, &[',', ')'])?) };
        if let Some((_, after)) = &field {
            rest = after;
        }
        fields.push(field.map(|(value, _)| value));
        match rest.strip_prefix(',') {
            Some(after) => rest = after,
            None => return (rest == ")").then_some(fields),
        }
    }
}

/// The row as the server prints it.
pub(super) fn written(fields: &[Option<String>]) -> String {
    let field = |field: &Option<String>| field.as_ref().map_or(String::new(), |text| in_quotes(text, &SPECIAL));
    format!("({})", fields.iter().map(field).collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fields_are_read_with_quotes_escapes_and_nulls() {
        let read = fields(r#" (1,,"",a b,"say ""hi""","\\,)",x"y"z,\,) "#).unwrap();
        let expected =
            [Some("1"), None, Some(""), Some("a b"), Some("say \"hi\""), Some("\\,)"), Some("xyz"), Some(",")];
        assert_eq!(read, expected.map(|field| field.map(String::from)));
        assert_eq!(fields("()"), Some(vec![None]));
        assert_eq!(fields("(,)"), Some(vec![None, None]));
    }

    #[test]
    fn blanks_inside_a_row_belong_to_its_fields() {
        assert_eq!(fields("( a , b )"), Some(vec![Some(" a ".into()), Some(" b ".into())]));
    }

    #[test]
    fn what_is_no_row_is_refused() {
        for text in ["", "1,2", "(1", "(1))", "(1)x", "(\"a)", "(a\\"] {
            assert_eq!(fields(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(row in proptest::collection::vec(proptest::option::of(any::<String>()), 1..5)) {
            prop_assert_eq!(fields(&written(&row)), Some(row));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[()\",\\\\a ]{0,30}") {
            let _ = fields(&text);
        }
    }
}
