//! Data files for `load`: CSV for tables, JSON lines and EJSON arrays for collections.

use std::iter::Peekable;
use std::str::Chars;

use bson::{Bson, Document};

/// The names of a CSV file's columns: its first record.
pub fn csv_header(data: &[u8]) -> Result<Vec<String>, String> {
    let text = std::str::from_utf8(data).map_err(|_| "this file is not UTF-8")?;
    let record = csv_record(&mut text.chars().peekable())?.unwrap_or_default();
    let names: Vec<String> = record.iter().map(|name| name.trim().to_string()).collect();
    if names.is_empty() || names.iter().any(String::is_empty) {
        return Err("the first line of a CSV file names its columns".into());
    }
    Ok(names)
}

/// The documents of a `.jsonl` file, of a `.json` file with an array, or of a `.csv` file (every value is text).
pub fn documents(name: &str, data: &[u8]) -> Result<Vec<Document>, String> {
    let text = std::str::from_utf8(data).map_err(|_| "this file is not UTF-8")?;
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

fn document(number: usize, value: serde_json::Value) -> Result<Document, String> {
    match Bson::try_from(value) {
        Ok(Bson::Document(document)) => Ok(document),
        Ok(_) => Err(format!("value {number} is not a document")),
        Err(error) => Err(format!("value {number} is not Extended JSON: {error}")),
    }
}

fn csv_documents(text: &str) -> Result<Vec<Document>, String> {
    let mut records = csv_records(text)?.into_iter();
    let header = records.next().unwrap_or_default();
    records
        .enumerate()
        .map(|(at, record)| {
            if record.len() != header.len() {
                return Err(format!("record {} has {} fields, the header {}", at + 1, record.len(), header.len()));
            }
            Ok(header.iter().cloned().zip(record.into_iter().map(Bson::String)).collect())
        })
        .collect()
}

fn csv_records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(|| csv_record(&mut chars).transpose()).collect()
}

/// The next record of RFC 4180: fields may be quoted, a quote inside is doubled, a quoted field may hold line ends. `None` at
/// the end.
fn csv_record(chars: &mut Peekable<Chars<'_>>) -> Result<Option<Vec<String>>, String> {
    let (mut record, mut field, mut quoted) = (vec![], String::new(), false);
    while let Some(next) = chars.next() {
        match next {
            '"' if quoted && chars.peek() == Some(&'"') => field.extend(chars.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut field)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {}
            '\n' if !quoted => {
                record.push(field);
                return Ok(Some(record));
            }
            other => field.push(other),
        }
    }
    if quoted {
        return Err("a quoted field is not closed".into());
    }
    if field.is_empty() && record.is_empty() {
        return Ok(None);
    }
    record.push(field);
    Ok(Some(record))
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
        assert!(csv_header(b"a,,c\n").is_err());
        assert!(csv_header(b"").is_err());
    }

    #[test]
    fn names_of_columns_may_be_quoted_and_hold_commas() {
        let names = csv_header(b"\"Order Id\",\"price, net\", Select\r\n1,2.50,x\n").unwrap();
        assert_eq!(names, ["Order Id", "price, net", "Select"]);
    }

    #[test]
    fn json_lines_keep_extended_types_and_name_the_bad_line() {
        let read = documents("x.jsonl", b"{\"n\": {\"$numberLong\": \"5\"}}\n").unwrap();
        assert_eq!(read, [bson::doc! { "n": 5_i64 }]);
        assert!(documents("x.jsonl", b"{}\n{\n").unwrap_err().starts_with("line 2"));
    }
}
