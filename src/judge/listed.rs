//! Rows and documents that a variable lists: `rows: ${names}`.

use bson::Bson;

use crate::model::{
    Datum, DocumentsExpectation, Expectation, RowExpectation, RowsExpectation, Template, TemplatePart, Value,
    ValueKind, Variables,
};
use crate::source::{Diagnostic, Span};
use crate::variables;

/// Expected rows or documents as if they were written out, each value a variable of its own.
pub(super) struct Listed<T> {
    /// What is expected.
    pub expected: T,
    /// The values.
    pub variables: Variables,
}

/// The rows of a list of lists; of another list, each value is a row of one cell.
pub(super) fn rows(
    expected: &RowsExpectation,
    list: &Value,
    known: &Variables,
) -> Result<Listed<RowsExpectation>, Diagnostic> {
    let mut values = Variables::new();
    let rows = items(list, known)?.into_iter().enumerate().map(|(row, item)| {
        let cells = match item {
            Bson::Array(cells) => cells,
            one => vec![one],
        };
        let cells = cells.into_iter().enumerate();
        let cells = cells.map(|(at, cell)| named(format!("{row}.{at}"), cell, &list.span, &mut values)).collect();
        RowExpectation { cells, span: list.span.clone() }
    });
    let rows = rows.collect();
    Ok(Listed { expected: RowsExpectation { rows, ..expected.clone() }, variables: values })
}

/// The documents of a list.
pub(super) fn documents(
    expected: &DocumentsExpectation,
    list: &Value,
    known: &Variables,
) -> Result<Listed<DocumentsExpectation>, Diagnostic> {
    let mut values = Variables::new();
    let items = items(list, known)?.into_iter().enumerate();
    let documents = items.map(|(at, item)| named(at.to_string(), item, &list.span, &mut values)).collect();
    Ok(Listed { expected: DocumentsExpectation { documents, ..expected.clone() }, variables: values })
}

/// How many documents the variable of an expectation lists.
pub fn listed_documents(expect: &Expectation, known: &Variables) -> Option<usize> {
    let list = expect.documents.as_ref()?.listed.as_ref()?;
    items(list, known).ok().map(|items| items.len())
}

fn items(list: &Value, known: &Variables) -> Result<Vec<Bson>, Diagnostic> {
    match variables::datum(list, known)? {
        Datum::Bson(Bson::Array(items)) => Ok(items),
        _ => Err(Diagnostic::error(&list.span, "the value of this variable is not a list")
            .help("a list is written in `vars`, or kept by `save: { name: rows }` and `save: { name: documents }`")),
    }
}

/// A value that stands for one of the list. No author's variable has a name that begins with a digit.
fn named(name: String, value: Bson, span: &Span, values: &mut Variables) -> Value {
    values.insert(name.clone(), Datum::Bson(value));
    let parts = vec![TemplatePart::Variable { name, identifier: false, span: span.clone() }];
    Value { kind: ValueKind::Text(Template { parts, span: span.clone() }), span: span.clone() }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{expectation, observed, returned, step, value, variables as known};
    use super::*;
    use crate::observation::{Answers, DocumentSet, Observation, Outcome, Output};

    fn with(list: &str) -> Variables {
        let mut known = known();
        let list = variables::datum(&value(list), &Variables::new()).unwrap();
        known.insert("list".into(), list);
        known
    }

    fn said(expect: Expectation, observation: Observation, known: &Variables) -> Vec<String> {
        let found = super::super::judge(&step(Some(expect)), &[observation], known, &Answers::new());
        found.unwrap().into_iter().map(|evidence| evidence.message).collect()
    }

    fn rows_said(list: &str, types: &[&str], rows: &[&[&str]]) -> Vec<String> {
        let mut expect = expectation();
        let span = expect.span.clone();
        expect.rows = Some(RowsExpectation { rows: vec![], ordered: true, listed: Some(value("\"${list}\"")), span });
        said(expect, returned(types, rows), &with(list))
    }

    #[test]
    fn a_list_of_lists_is_rows_and_a_list_of_values_rows_of_one_cell() {
        assert!(
            rows_said(r#"[["a", 1], ["b", null]]"#, &["t:text", "n:int4"], &[&["a", "1"], &["b", "\\N"]]).is_empty()
        );
        assert!(rows_said(r#"["a", null]"#, &["t:text"], &[&["a"], &["\\N"]]).is_empty());
        assert!(rows_said("[]", &["t:text"], &[]).is_empty());
    }

    #[test]
    fn what_differs_from_the_list_is_told_with_its_row() {
        let found = rows_said(r#"["a", " b"]"#, &["t:text"], &[&["a"], &["b"]]);
        assert_eq!(found, [r#"the rows are not as expected: row 2, column `t`: expected " b", got b"#]);
        assert_eq!(rows_said(r#"["a"]"#, &["t:text"], &[&["a"], &["b"]]), ["expected 1 row, got 2 rows"]);
    }

    #[test]
    fn documents_are_compared_with_their_types() {
        let documents = |list: &str, got: bson::Document| {
            let mut expect = expectation();
            let span = expect.span.clone();
            let listed = Some(value("\"${list}\""));
            expect.documents = Some(DocumentsExpectation { documents: vec![], ordered: true, listed, span });
            let output = Output::Documents(DocumentSet::new(vec![got]));
            said(expect, observed(Outcome::Output(output)), &with(list)).len()
        };
        assert_eq!(documents(r#"[{"a": "1"}]"#, bson::doc! { "a": "1" }), 0);
        assert_eq!(documents(r#"[{"a": "1"}]"#, bson::doc! { "a": 1 }), 1);
    }

    #[test]
    fn a_variable_that_is_no_list_cannot_be_used() {
        let found = rows_said(r#""text""#, &["t:text"], &[&["text"]]);
        assert_eq!(found, ["this expectation cannot be used: the value of this variable is not a list"]);
    }
}
