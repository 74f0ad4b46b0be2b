//! Where the order of keys counts: under `$$ordered`, in references, and in the keys of indexes. Everywhere else documents
//! are equal whatever the order of their keys.

use super::actual::Actual;
use super::matching::{Entries, Match, Miss, matches as matches_value};
use super::operator::operators;
use crate::model::{Action, DocumentsExpectation, Value, ValueKind, Variables};
use crate::source::{Diagnostic, Spanned};

/// `$$ordered`: the document, with its keys and those of the documents in it in this order.
pub(super) fn matches(argument: &Value, actual: &Actual, variables: &Variables) -> Match {
    if !matches!(argument.kind, ValueKind::Mapping(_)) || operators(argument).is_some() {
        return Err(
            Diagnostic::error(&argument.span, "`$$ordered` takes a document, whose keys have their order").into()
        );
    }
    matches_value(argument, actual, variables)?;
    walk(argument, actual)
}

fn walk(expected: &Value, actual: &Actual) -> Match {
    if operators(expected).is_some() {
        return Ok(());
    }
    if let Some(json) = actual.json_cell() {
        return walk(expected, &Actual::Json(&json));
    }
    match &expected.kind {
        ValueKind::Mapping(entries) => {
            if let Some(keys) = actual.keys() {
                same_order(entries, &keys)?;
            }
            entries.iter().try_for_each(|(key, value)| walk(value, &actual.field(key)).map_err(|miss| miss.inside(key)))
        }
        ValueKind::Sequence(items) => {
            let got = actual.items().unwrap_or_default();
            let mut pairs = items.iter().zip(&got).enumerate();
            pairs.try_for_each(|(at, (item, actual))| walk(item, actual).map_err(|miss| miss.inside(&at.to_string())))
        }
        _ => Ok(()),
    }
}

/// A key that need not be there has no place.
fn same_order(entries: &Entries, keys: &[&str]) -> Match {
    let wanted: Vec<&str> = entries.iter().map(|(key, _)| key.as_str()).filter(|key| keys.contains(key)).collect();
    let got: Vec<&str> = keys.iter().copied().filter(|key| wanted.contains(key)).collect();
    if wanted == got {
        return Ok(());
    }
    Err(Miss::differs(format!("expected the keys in the order {}, got {}", wanted.join(", "), got.join(", "))))
}

/// A reference to a document has `$ref`, `$id` and `$db` in this order: in another it is none (manual, "Database
/// References").
pub(super) fn of_reference(entries: &Entries, keys: &[&str]) -> Match {
    let has = |name: &str| entries.iter().any(|(key, _)| key.value == name);
    if has("$ref") && has("$id") { same_order(entries, keys) } else { Ok(()) }
}

/// The documents that describe indexes, with the order of the keys of each index; `None` when the command lists none.
/// An index on `a, b` is another one than on `b, a` (manual, "Compound Indexes").
pub(super) fn of_indexes(expected: &DocumentsExpectation, action: &Action) -> Option<DocumentsExpectation> {
    let Action::Mongo(Value { kind: ValueKind::Mapping(command), .. }) = action else { return None };
    if command.first().is_none_or(|(name, _)| name.value != "listIndexes") {
        return None;
    }
    Some(DocumentsExpectation { documents: expected.documents.iter().map(index).collect(), ..expected.clone() })
}

fn index(description: &Value) -> Value {
    let ValueKind::Mapping(entries) = &description.kind else { return description.clone() };
    let entry = |(key, value): &(Spanned<String>, Value)| {
        let is_key = key.value == "key" && matches!(value.kind, ValueKind::Mapping(_)) && operators(value).is_none();
        (key.clone(), if is_key { ordered(value) } else { value.clone() })
    };
    Value { kind: ValueKind::Mapping(entries.iter().map(entry).collect()), span: description.span.clone() }
}

fn ordered(value: &Value) -> Value {
    let operator = value.span.of("$$ordered".to_string());
    Value { kind: ValueKind::Mapping(vec![(operator, value.clone())]), span: value.span.clone() }
}

#[cfg(test)]
mod tests {
    use bson::{Bson, doc};

    use super::*;
    use crate::judge::testing::{documents_expectation, judged, value, variables};
    use crate::observation::{DocumentSet, Outcome, Output};

    fn why(expected: &str, actual: bson::Document) -> Option<String> {
        let actual = Bson::Document(actual);
        matches_value(&value(expected), &Actual::Bson(&actual), &variables()).err().map(|miss| miss.sentence())
    }

    #[test]
    fn ordered_keys_have_their_order_at_every_depth() {
        let ordered = r#"{"v": {"$$ordered": {"b": 1, "a": [{"d": 1, "c": 2}], "z": {"$$exists": false}}}}"#;
        assert_eq!(why(ordered, doc! { "v": { "b": 1, "a": [{ "d": 1, "c": 2 }] } }), None);
        assert_eq!(
            why(ordered, doc! { "v": { "a": [{ "d": 1, "c": 2 }], "b": 1 } }).unwrap(),
            "at `v`: expected the keys in the order b, a, got a, b"
        );
        assert_eq!(
            why(ordered, doc! { "v": { "b": 1, "a": [{ "c": 2, "d": 1 }] } }).unwrap(),
            "at `v.a.0`: expected the keys in the order d, c, got c, d"
        );
        assert!(why(ordered, doc! { "v": { "b": 2, "a": [{ "d": 1, "c": 2 }] } }).unwrap().contains("expected 1"));
        assert!(why(r#"{"$$ordered": 1}"#, doc! {}).unwrap().contains("takes a document"));
    }

    #[test]
    fn a_reference_has_its_order_without_being_asked() {
        let reference = doc! { "v": { "$ref": "c", "$id": 5 } };
        assert_eq!(why(r#"{"v": {"$ref": "c", "$id": 5}}"#, reference.clone()), None);
        assert!(why(r#"{"v": {"$id": 5, "$ref": "c"}}"#, reference).unwrap().contains("in the order $id, $ref"));
    }

    #[test]
    fn the_keys_of_an_index_have_their_order() {
        let found = |written: &str, command: &str| {
            let mut step = crate::judge::testing::step(Some(crate::judge::testing::expectation()));
            step.action = Action::Mongo(value(command));
            let documents = documents_expectation(&format!("[{{\"key\": {written}, \"name\": \"ab\"}}]"), true);
            step.expect.as_mut().unwrap().documents = Some(documents);
            let got = DocumentSet::new(vec![doc! { "key": { "a": 1, "b": 1 }, "name": "ab" }]);
            let outcome = crate::judge::testing::observed(Outcome::Output(Output::Documents(got)));
            crate::judge::testing::judge(&step, &[outcome], &variables())
        };
        assert!(found(r#"{"a": 1, "b": 1}"#, r#"{"listIndexes": "t"}"#).is_empty());
        assert!(found(r#"{"b": 1, "a": 1}"#, r#"{"find": "t"}"#).is_empty());
        let evidence = found(r#"{"b": 1, "a": 1}"#, r#"{"listIndexes": "t"}"#);
        assert!(evidence[0].message.ends_with("at `key`: expected the keys in the order b, a, got a, b"));
    }

    #[test]
    fn a_difference_of_nothing_but_the_order_shows() {
        let mut expect = crate::judge::testing::expectation();
        expect.documents = Some(documents_expectation(r#"[{"v": {"$id": 5, "$ref": "c"}}]"#, true));
        let got = DocumentSet::new(vec![doc! { "v": { "$ref": "c", "$id": 5 } }]);
        let found = judged(expect, Outcome::Output(Output::Documents(got)));
        let lines: Vec<String> = found[0].diff.as_ref().unwrap().lines.iter().map(|line| line.text.clone()).collect();
        assert_eq!(lines, [r#"{"v":{"$id":5,"$ref":"c"}}"#, r#"{"v":{"$ref":"c","$id":5}}"#]);
    }
}
