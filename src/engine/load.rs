//! Data files for `load`: CSV for tables, JSON lines and EJSON arrays for collections.

use std::io::Read;

use bson::{Bson, Document};
use csv::{ReaderBuilder, StringRecord};

/// A record that no file has. It follows each file, and a quotation that is not closed swallows it.
const END: &str = "\0";

/// A CSV file as COPY reads it: the names of its columns, and the file from the line that has them.
pub fn csv_table(data: &[u8]) -> Result<(Vec<String>, Vec<u8>), String> {
    let text = text(data)?.trim_start_matches(['\r', '\n']);
    Ok((names(records(text).next())?, text.into()))
}

/// The documents of a `.jsonl` file, of a `.json` file with an array, or of a `.csv` file (every value is text).
pub fn documents(name: &str, data: &[u8]) -> Result<Vec<Document>, String> {
    let text = text(data)?;
    if name.ends_with(".csv") {
        return csv_documents(text);
    }
    let values: Vec<serde_json::Value> = if name.ends_with(".jsonl") {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        lines
            .map(|(at, line)| serde_json::from_str(line).map_err(|error| format!("line {}: {error}", at + 1)))
            .collect::<Result<_, _>>()?
    } else {
        serde_json::from_str(text).map_err(|error| format!("not an array of documents: {error}"))?
    };
    values.into_iter().enumerate().map(|(at, value)| document(at + 1, value)).collect()
}

/// Without the mark that some programs write in front.
fn text(data: &[u8]) -> Result<&str, String> {
    let text = std::str::from_utf8(data).map_err(|_| "this file is not in UTF-8")?;
    Ok(text.trim_start_matches('\u{feff}'))
}

fn document(number: usize, value: serde_json::Value) -> Result<Document, String> {
    match Bson::try_from(value) {
        Ok(Bson::Document(document)) => Ok(document),
        Ok(_) => Err(format!("value {number} is not a document")),
        Err(error) => Err(format!("value {number} is not Extended JSON: {error}")),
    }
}

fn csv_documents(text: &str) -> Result<Vec<Document>, String> {
    let mut records = records(text);
    let names = names(records.next())?;
    records
        .enumerate()
        .map(|(at, record)| {
            let record = record?;
            if record.len() != names.len() {
                return Err(format!("record {} has {} fields, the header {}", at + 1, record.len(), names.len()));
            }
            Ok(names.iter().cloned().zip(record.iter().map(Bson::from)).collect())
        })
        .collect()
}

/// Record by record; the first has the names of the columns. Blank lines are no records.
fn records(text: &str) -> impl Iterator<Item = Result<StringRecord, String>> {
    let whole = text.as_bytes().chain(b"\n".as_slice()).chain(END.as_bytes());
    let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(whole);
    let records = reader.into_records().map(|record| closed(record.map_err(|error| error.to_string())?));
    records.take_while(|record| !matches!(record, Ok(record) if record == [END].as_slice()))
}

fn closed(record: StringRecord) -> Result<StringRecord, String> {
    let swallowed =
        record.iter().next_back().and_then(|field| field.strip_suffix(END)).is_some_and(|rest| rest.ends_with('\n'));
    if swallowed { Err("a quoted field is not closed".into()) } else { Ok(record) }
}

const NO_NAMES: &str = "the first line of a CSV file names its columns";

fn names(first: Option<Result<StringRecord, String>>) -> Result<Vec<String>, String> {
    let record = first.ok_or(NO_NAMES)??;
    let names: Vec<String> = record.iter().map(|name| name.trim().to_string()).collect();
    if names.iter().any(String::is_empty) {
        return Err(NO_NAMES.into());
    }
    match names.iter().enumerate().find(|(at, name)| names[..*at].contains(name)) {
        Some((_, name)) => Err(format!("the first line of this CSV file names the column `{name}` twice")),
        None => Ok(names),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_fields_keep_commas_quotes_and_line_ends() {
        let read = documents("x.csv", b"name,address\n\"Ann \"\"A\"\" Lee\",\"1 Road,\nTown\"\n").unwrap();
        assert_eq!(read, [bson::doc! { "name": "Ann \"A\" Lee", "address": "1 Road,\nTown" }]);
    }

    #[test]
    fn a_record_of_another_width_is_refused_with_its_number() {
        assert_eq!(documents("x.csv", b"a,b\n1,2\n3\n").unwrap_err(), "record 2 has 1 fields, the header 2");
        assert_eq!(csv_table(b"a,,c\n").unwrap_err(), NO_NAMES);
        assert_eq!(csv_table(b"").unwrap_err(), NO_NAMES);
        assert_eq!(
            documents("x.csv", b"a,b,a\n").unwrap_err(),
            "the first line of this CSV file names the column `a` twice"
        );
    }

    #[test]
    fn names_of_columns_may_be_quoted_and_hold_commas() {
        let (names, _) = csv_table(b"\"Order Id\",\"price, net\", Select\r\n1,2.50,x\n").unwrap();
        assert_eq!(names, ["Order Id", "price, net", "Select"]);
    }

    #[test]
    fn a_quote_inside_a_field_is_a_quote() {
        assert_eq!(
            documents("x.csv", b"size,note\n3\" pipe,a\n").unwrap(),
            [bson::doc! { "size": "3\" pipe", "note": "a" }]
        );
    }

    #[test]
    fn a_field_that_is_not_closed_is_refused_although_the_record_is_as_wide_as_the_header() {
        assert_eq!(documents("x.csv", b"a,b\n1,\"2\n3,4\n").unwrap_err(), "a quoted field is not closed");
        assert_eq!(csv_table(b"a,\"b\n1,2\n").unwrap_err(), "a quoted field is not closed");
    }

    #[test]
    fn blank_lines_are_no_records() {
        let read = documents("x.csv", b"\n\na,b\r\n\r\n1,2\r\n\r\n").unwrap();
        assert_eq!(read, [bson::doc! { "a": "1", "b": "2" }]);
    }

    #[test]
    fn a_byte_order_mark_and_blank_lines_before_the_names_are_not_sent_to_copy() {
        let (names, data) = csv_table(b"\xEF\xBB\xBF\r\n\"id\",name\r\n1,\r\n").unwrap();
        assert_eq!(names, ["id", "name"]);
        assert_eq!(data, b"\"id\",name\r\n1,\r\n");
        assert_eq!(documents("x.jsonl", b"\xEF\xBB\xBF{}\n").unwrap(), [bson::doc! {}]);
    }

    #[test]
    fn json_lines_keep_extended_types_and_name_the_bad_line() {
        let read = documents("x.jsonl", b"{\"n\": {\"$numberLong\": \"5\"}}\n").unwrap();
        assert_eq!(read, [bson::doc! { "n": 5_i64 }]);
        assert!(documents("x.jsonl", b"{}\n{\n").unwrap_err().starts_with("line 2"));
    }
}
