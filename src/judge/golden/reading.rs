//! Sections read back, which shows that nothing is lost: the inverse of `render`, for tests.

use bson::{Bson, Document};
use proptest::prelude::*;

use super::text::{file_header, section_header};
use super::{Sections, render};
use crate::judge::Redactor;
use crate::observation::{Column, DocumentSet, Outcome, Output, ProgramEnd, RowSet, SqlType};

/// The cells of a line.
pub(super) fn read_row(line: &str) -> Vec<Option<String>> {
    let line = unguarded(line);
    if line == "()" { vec![] } else { pieces(line).into_iter().map(read_cell).collect() }
}

fn unguarded(line: &str) -> &str {
    let guarded = line.starts_with('\\') && line.trim_start_matches('\\').starts_with("==");
    if guarded { &line[1..] } else { line }
}

/// A bar inside a cell has a backslash before it, so that it never follows a blank.
fn pieces(line: &str) -> Vec<&str> {
    line.split(" | ").collect()
}

fn read_cell(cell: &str) -> Option<String> {
    if cell == "NULL" {
        return None;
    }
    Some(unescaped(cell.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')).unwrap_or(cell)))
}

fn unescaped(text: &str) -> String {
    let (mut read, mut chars) = (String::new(), text.chars());
    while let Some(c) = chars.next() {
        if c != '\\' {
            read.push(c);
            continue;
        }
        match chars.next().unwrap() {
            'n' => read.push('\n'),
            'r' => read.push('\r'),
            't' => read.push('\t'),
            'u' => {
                let code: String = chars.by_ref().skip(1).take_while(|c| *c != '}').collect();
                read.push(char::from_u32(u32::from_str_radix(&code, 16).unwrap()).unwrap());
            }
            other => read.push(other),
        }
    }
    read
}

fn read_columns(line: &str) -> Vec<(String, String)> {
    let column = |piece: &str| {
        // The last colon without a backslash of its own before it parts the name from the type.
        let is_plain = |at: &usize| piece[..*at].bytes().rev().take_while(|byte| *byte == b'\\').count() % 2 == 0;
        let at = piece.match_indices(':').map(|(at, _)| at).rfind(is_plain).unwrap();
        (read_cell(&piece[..at]).unwrap(), unescaped(&piece[at + 1..]))
    };
    if line == "(no columns)" { vec![] } else { pieces(unguarded(line)).into_iter().map(column).collect() }
}

fn read_program_line(line: &str) -> String {
    let line = unguarded(line);
    let line = if line.trim_start_matches('\\') == "(none)" { &line[1..] } else { line };
    let (mut read, mut rest) = (String::new(), line);
    while let Some(at) = rest.find("u{") {
        let backslashes = rest[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
        read.push_str(&rest[..at - backslashes]);
        read.push_str(&"\\".repeat(backslashes / 2));
        rest = &rest[at + 2..];
        if backslashes % 2 == 1 {
            let (code, after) = rest.split_once('}').unwrap();
            read.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
            rest = after;
        } else {
            read.push_str("u{");
        }
    }
    read + rest
}

/// The lines of the section of an outcome, out of a whole file with sections around it.
fn section(outcome: Outcome) -> Vec<String> {
    let mut body = Vec::new();
    render(&outcome, &Redactor::default(), &mut body).unwrap();
    let mut file =
        format!("{}\n{}\nok\n{}\n", file_header("a"), section_header("before"), section_header("s")).into_bytes();
    file.extend(body);
    file.extend(format!("{}\nok\n", section_header("after")).into_bytes());
    let sections = Sections::index(file.as_slice()).unwrap();
    assert_eq!(sections.sections.len(), 3);
    let found = sections.find("s").unwrap();
    let body = &file[found.offset as usize..(found.offset + found.length) as usize];
    let body = std::str::from_utf8(body).unwrap();
    body.strip_suffix('\n').unwrap().split('\n').map(str::to_string).collect()
}

/// Text of pieces that could be mistaken for something else.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("== s"),
        Just("\\"),
        Just("\n"),
        Just("\r\n"),
        Just("\t"),
        Just(" "),
        Just("\u{a0}"),
        Just("\u{2028}"),
        Just("\u{85}"),
        Just("|"),
        Just(" | "),
        Just("'"),
        Just("NULL"),
        Just("(none)"),
        Just("()"),
        Just("u{1b}"),
        Just("\u{1b}"),
        Just(":"),
        Just("# polyspec golden 1: x"),
        Just("{\"a\":1}"),
        Just("65a0b1c2d3e4f5a6b7c8d9e0"),
        Just("é"),
        Just("n"),
    ];
    prop_oneof![proptest::collection::vec(piece, 0..5).prop_map(|pieces| pieces.concat()), any::<String>()]
}

/// Names and types of columns, and rows.
type Table = (Vec<(String, String)>, Vec<Vec<Option<String>>>);

fn table() -> impl Strategy<Value = Table> {
    (0usize..4).prop_flat_map(|width| {
        let cells = proptest::collection::vec(proptest::option::of(hostile()), width);
        let columns = proptest::collection::vec((hostile(), hostile()), width);
        (columns, proptest::collection::vec(cells, 0..4))
    })
}

fn value() -> impl Strategy<Value = Bson> {
    let millis = prop_oneof![any::<i64>(), -100_000_000_000_000_i64..400_000_000_000_000];
    let leaf = prop_oneof![
        Just(Bson::Null),
        any::<bool>().prop_map(Bson::Boolean),
        any::<i32>().prop_map(Bson::Int32),
        any::<i64>().prop_map(Bson::Int64),
        (-5i64..5).prop_map(Bson::Int64),
        prop_oneof![any::<f64>().prop_filter("NaN is unequal", |n| !n.is_nan()), Just(5.0), Just(-0.0)]
            .prop_map(Bson::Double),
        hostile().prop_map(Bson::String),
        millis.prop_map(|millis| Bson::DateTime(bson::DateTime::from_millis(millis))),
        any::<[u8; 12]>().prop_map(|bytes| Bson::ObjectId(bson::oid::ObjectId::from_bytes(bytes))),
        any::<[u8; 16]>().prop_map(|bytes| Bson::from(bson::Uuid::from_bytes(bytes))),
        any::<(u32, u32)>().prop_map(|(time, increment)| Bson::Timestamp(bson::Timestamp { time, increment })),
        Just(Bson::Decimal128("1.50".parse().unwrap())),
        Just(Bson::MinKey),
    ];
    // A key with a dollar may make a document a value of Extended JSON.
    let key = hostile().prop_map(|key| key.replace('\0', "")).boxed();
    leaf.prop_recursive(3, 12, 3, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Bson::Array),
            proptest::collection::vec((key.clone(), inner), 0..3)
                .prop_map(|fields| Bson::Document(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn rows_read_back((columns, rows) in table()) {
        let column = |(name, type_name): &(String, String)| Column {
            name: name.clone(),
            sql_type: SqlType { name: type_name.clone(), ..SqlType::default() },
            modifier: None,
        };
        let set = RowSet::new(columns.iter().map(column).collect(), rows.clone());
        let lines = section(Outcome::Output(Output::Sql { rows: Some(set), affected: 0 }));
        prop_assert_eq!(read_columns(&lines[0]), columns);
        prop_assert_eq!(lines[1..].iter().map(|line| read_row(line)).collect::<Vec<_>>(), rows);
    }

    #[test]
    fn documents_read_back(values in proptest::collection::vec(value(), 0..3)) {
        let documents: Vec<Document> = values.into_iter().map(|value| bson::doc! { "v": value }).collect();
        let lines = section(Outcome::Output(Output::Documents(DocumentSet::new(documents.clone()))));
        // Without a redactor's names there are digits, so that they are put back.
        let read = |line: &String| {
            let json: serde_json::Value = serde_json::from_str(line).unwrap();
            let Bson::Document(document) = Bson::try_from(with_digits(json, &documents)).unwrap() else { panic!("{line}") };
            document
        };
        let found: Vec<Document> = lines.iter().filter(|line| *line != "(none)").map(read).collect();
        prop_assert_eq!(found, documents);
    }

    #[test]
    fn what_a_program_wrote_reads_back(text in proptest::collection::vec(hostile(), 0..4)) {
        let stdout: String = text.iter().map(|line| format!("{line}\n")).collect();
        let end = ProgramEnd { exit: 0, stdout: stdout.clone(), stderr: String::new() };
        let lines = section(Outcome::Output(Output::Program(end)));
        let read: String = match lines.as_slice() {
            [none] if none == "(none)" => String::new(),
            lines => lines.iter().map(|line| read_program_line(line) + "\n").collect(),
        };
        prop_assert_eq!(read, stdout);
    }
}

/// The ObjectIds of the documents in the places of their names, which are numbered by first appearance.
fn with_digits(json: serde_json::Value, documents: &[Document]) -> serde_json::Value {
    let (mut ids, mut seen) = (vec![], std::collections::BTreeSet::new());
    documents.iter().for_each(|document| collect(&Bson::Document(document.clone()), &mut ids));
    ids.retain(|id| seen.insert(*id));
    let text = json.to_string();
    let named = regex::Regex::new(r#"\{"\$oid":"<oid:(\d+)>"\}"#).unwrap();
    let text = named.replace_all(&text, |found: &regex::Captures| {
        format!("{{\"$oid\":\"{}\"}}", ids[found[1].parse::<usize>().unwrap() - 1])
    });
    serde_json::from_str(&text).unwrap()
}

fn collect(value: &Bson, ids: &mut Vec<bson::oid::ObjectId>) {
    match value {
        Bson::ObjectId(id) => ids.push(*id),
        Bson::Array(items) => items.iter().for_each(|item| collect(item, ids)),
        Bson::Document(document) => document.values().for_each(|value| collect(value, ids)),
        _ => {}
    }
}
