//! `recorded`: what a query finds, held against what workloads were told.

use std::collections::BTreeMap;

use bson::{Bson, Document};

use super::cell;
use super::evidence::unsuitable;
use super::place::UNKNOWN;
use crate::model::{Datum, Recorded, Variables};
use crate::observation::{Output, SqlType};
use crate::source::Spanned;
use crate::verdict::Evidence;

/// The variable that holds what workloads of this run have recorded: a document with the lists `acknowledged` and `unknown`,
/// each entry a `key` and by whom it was told (`by`).
pub const RECORDED: &str = "recorded";

/// How many keys a message names.
const NAMED: usize = 10;

/// The check of `recorded`.
pub(super) fn check(expected: &Spanned<Recorded>, output: &Output, variables: &Variables) -> Vec<Evidence> {
    let Some((found, sql_type)) = keys(output) else {
        return vec![unsuitable(&expected.span, "recorded", "a query that returns keys", output)];
    };
    let Some(Datum::Bson(Bson::Document(record))) = variables.get(RECORDED) else {
        let message = "no workload has recorded anything before this step";
        return vec![Evidence { unusable: true, ..Evidence::at(&expected.span, message) }];
    };
    // Workloads keep keys as text: what is equal in the type of the column is one key.
    let found: Vec<String> = found.iter().map(|key| cell::canonical(sql_type, key)).collect();
    let told = |list: &str| -> BTreeMap<String, &str> {
        told(record, list).into_iter().map(|(key, by)| (cell::canonical(sql_type, key), by)).collect()
    };
    let (acknowledged, unknown) = (told("acknowledged"), told("unknown"));
    let acknowledged: BTreeMap<&str, &str> = acknowledged.iter().map(|(key, by)| (key.as_str(), *by)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    found.iter().for_each(|key| *counts.entry(key).or_default() += 1);
    let mut evidence = vec![];
    let lost: Vec<&str> = acknowledged.keys().filter(|key| !counts.contains_key(**key)).copied().collect();
    evidence.extend(complaint(expected, "what was acknowledged is missing", &lost, &acknowledged));
    if expected.value != Recorded::Present {
        let twice: Vec<&str> = counts.iter().filter(|(_, count)| **count > 1).map(|(key, _)| *key).collect();
        evidence.extend(complaint(expected, "what was written once is there more than once", &twice, &acknowledged));
    }
    if expected.value == Recorded::Exactly {
        let known = |key: &str| acknowledged.contains_key(key) || unknown.contains_key(key);
        let strange: Vec<&str> = counts.keys().filter(|key| !known(key)).copied().collect();
        let message = "there are values that no workload wrote, or whose write was refused";
        evidence.extend(complaint(expected, message, &strange, &acknowledged));
    }
    evidence
}

/// The first column of rows with its type, the first field of documents.
fn keys(output: &Output) -> Option<(Vec<String>, &SqlType)> {
    match output {
        Output::Sql { rows: Some(set), .. } => {
            let cell = |row: &Vec<Option<String>>| row.first().cloned().flatten().unwrap_or_else(|| "NULL".into());
            let sql_type = set.columns.first().map_or(&UNKNOWN, |column| &column.sql_type);
            Some((set.rows.iter().map(cell).collect(), sql_type))
        }
        Output::Documents(set) => {
            let first = |document: &Document| document.values().next().cloned().unwrap_or(Bson::Null);
            Some((set.documents.iter().map(|document| Datum::Bson(first(document)).to_text()).collect(), &UNKNOWN))
        }
        _ => None,
    }
}

/// Keys of a list with who was told.
fn told<'a>(record: &'a Document, list: &str) -> BTreeMap<&'a str, &'a str> {
    let entries = record.get_array(list).map(Vec::as_slice).unwrap_or_default();
    let entry = |entry: &'a Bson| {
        let entry = entry.as_document()?;
        Some((entry.get_str("key").ok()?, entry.get_str("by").ok()?))
    };
    entries.iter().filter_map(entry).collect()
}

fn complaint(
    expected: &Spanned<Recorded>,
    message: &str,
    keys: &[&str],
    told: &BTreeMap<&str, &str>,
) -> Option<Evidence> {
    let first = keys.first()?;
    let more = keys.len().saturating_sub(NAMED);
    let mut named = keys[..keys.len() - more].join(", ");
    if more > 0 {
        named.push_str(&format!(" and {more} more"));
    }
    let mut evidence = Evidence::at(&expected.span, format!("{message}: {named}"));
    evidence.expected = Some(format!("what was acknowledged, {} in all", told.len()));
    evidence.notes.extend(told.get(first).map(|by| format!("{first} was acknowledged to {by}")));
    Some(evidence)
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;
    use crate::observation::DocumentSet;
    use crate::source::{SourceFile, Span};

    fn said(expected: Recorded, found: &[i32]) -> Vec<String> {
        let file = SourceFile::new("t.yaml", "recorded: once");
        let entry = |key: &str| doc! { "key": key, "by": "client 1" };
        let record = doc! { "acknowledged": [entry("1"), entry("2")], "unknown": [entry("3")] };
        let variables = [(RECORDED.to_string(), Datum::Bson(Bson::Document(record)))].into();
        let documents = found.iter().map(|key| doc! { "_id": key, "x": 1 }).collect();
        let expected = Span::new(&file, 0, 8).of(expected);
        check(&expected, &Output::Documents(DocumentSet::new(documents)), &variables)
            .into_iter()
            .map(|found| found.message)
            .collect()
    }

    #[test]
    fn what_was_acknowledged_must_be_there_and_what_is_unknown_may() {
        for recorded in [Recorded::Present, Recorded::Once, Recorded::Exactly] {
            assert!(said(recorded, &[1, 2]).is_empty() && said(recorded, &[3, 2, 1]).is_empty());
            assert_eq!(said(recorded, &[1, 3]), ["what was acknowledged is missing: 2"]);
        }
    }

    #[test]
    fn keys_are_equal_as_their_columns_type_has_it() {
        let file = SourceFile::new("t.yaml", "recorded: once");
        let record = doc! { "acknowledged": [{ "key": "10", "by": "client 1" }], "unknown": [] };
        let variables = [(RECORDED.to_string(), Datum::Bson(Bson::Document(record)))].into();
        let found = |column: &str, key: &str| {
            let set = crate::judge::testing::row_set(&[column], &[&[key]]);
            let output = Output::Sql { rows: Some(set), affected: 1 };
            check(&Span::new(&file, 0, 8).of(Recorded::Exactly), &output, &variables).len()
        };
        assert_eq!((found("n:numeric", "10.00"), found("n:bpchar", "10  ")), (0, 0));
        assert_ne!((found("n:numeric", "10.01"), found("n:text", "10.00")), (0, 0));
    }

    #[test]
    fn each_word_asks_for_more_than_the_one_before() {
        assert!(said(Recorded::Present, &[1, 1, 2, 9]).is_empty());
        assert_eq!(said(Recorded::Once, &[1, 1, 2, 9]), ["what was written once is there more than once: 1"]);
        assert_eq!(said(Recorded::Once, &[1, 2, 3, 3]).len(), 1);
        assert!(said(Recorded::Exactly, &[1, 2, 9])[0].ends_with("was refused: 9"));
    }

    #[test]
    fn without_a_record_nothing_can_be_held_against_it() {
        let file = SourceFile::new("t.yaml", "recorded: once");
        let expected = Span::new(&file, 0, 8).of(Recorded::Once);
        assert_eq!(check(&expected, &Output::Documents(DocumentSet::default()), &Variables::new()).len(), 1);
    }
}
