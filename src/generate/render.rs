//! Rows in the forms that they are sent and stored in.

use std::io::Write;
use std::ops::Range;

use bson::raw::RawDocumentBuf;
use bson::{Binary, DateTime, Decimal128, oid::ObjectId, spec::BinarySubtype};

use super::dates::DAY;
use super::plan::Plan;
use super::value::GeneratedValue;
use crate::model::Engine;

impl Plan {
    /// Rows in the text format of COPY (manual, COPY, "Text Format"): tabs between columns, `\N` for NULL.
    pub fn copy_text(&self, table: usize, rows: Range<u64>) -> Vec<u8> {
        let written = &self.tables[table].written;
        let mut out = Vec::with_capacity((rows.end - rows.start) as usize * 24 * written.len());
        for row in rows {
            for (at, column) in written.iter().enumerate() {
                if at > 0 {
                    out.push(b'\t');
                }
                match self.value(table, *column, row) {
                    GeneratedValue::Null => out.extend_from_slice(b"\\N"),
                    GeneratedValue::Text(text) => escape(&text, &mut out),
                    value @ GeneratedValue::Bson(_) => escape(&value.to_string(), &mut out),
                    other => display(&other, &mut out),
                }
            }
            out.push(b'\n');
        }
        out
    }

    /// The first line of a CSV file.
    pub fn csv_header(&self, table: usize) -> Vec<u8> {
        let mut out = vec![];
        for (at, name) in self.columns(table).iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            quote(name, &mut out);
        }
        out.push(b'\n');
        out
    }

    /// Rows as CSV (RFC 4180, with plain line feeds), without a header. NULL is nothing, an empty text is `""`, as COPY
    /// reads them.
    pub fn csv(&self, table: usize, rows: Range<u64>) -> Vec<u8> {
        let mut out = vec![];
        for row in rows {
            for (at, column) in self.tables[table].written.iter().enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                match self.value(table, *column, row) {
                    GeneratedValue::Text(text) => quote(&text, &mut out),
                    value @ GeneratedValue::Bson(_) => quote(&value.to_string(), &mut out),
                    other => display(&other, &mut out),
                }
            }
            out.push(b'\n');
        }
        out
    }

    /// Rows as JSON, an object a line. Those of a collection are Relaxed Extended JSON, so that `load` and mongoimport read
    /// back the types; those of a table have dates as text and numbers with all their digits.
    pub fn json_lines(&self, table: usize, rows: Range<u64>) -> Vec<u8> {
        let plan = &self.tables[table];
        let mut out = vec![];
        for row in rows {
            for (at, column) in plan.written.iter().enumerate() {
                out.push(if at == 0 { b'{' } else { b',' });
                json_text(&plan.columns[*column].name, &mut out);
                out.push(b':');
                json(&self.value(table, *column, row), plan.engine, &mut out);
            }
            out.extend_from_slice(b"}\n");
        }
        out
    }

    /// Rows as the items of a JSON array, a line each, with a comma after all but the table's last.
    pub fn json_items(&self, table: usize, rows: Range<u64>) -> Vec<u8> {
        let last = rows.end == self.rows(table);
        let lines = self.json_lines(table, rows);
        let mut out = Vec::with_capacity(lines.len() + lines.len() / 64);
        // Within JSON a line feed is escaped: each one ends an object.
        for line in lines.split_inclusive(|byte| *byte == b'\n') {
            out.extend_from_slice(&line[..line.len() - 1]);
            out.extend_from_slice(b",\n");
        }
        if last && out.len() >= 2 {
            out.truncate(out.len() - 2);
            out.push(b'\n');
        }
        out
    }

    /// Rows as documents. A whole number is an int where it fits 32 bits, a day is a date at midnight UTC.
    pub fn documents(&self, table: usize, rows: Range<u64>) -> Vec<RawDocumentBuf> {
        let plan = &self.tables[table];
        let document = |row| {
            let mut document = RawDocumentBuf::new();
            for column in &plan.written {
                append(&mut document, &plan.columns[*column].name, self.value(table, *column, row));
            }
            document
        };
        rows.map(document).collect()
    }
}

fn display(value: &GeneratedValue<'_>, out: &mut Vec<u8>) {
    // Writing to a Vec cannot fail.
    let _ = write!(out, "{value}");
}

fn escape(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            other => out.push(other),
        }
    }
}

fn quote(text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() && !text.contains([',', '"', '\n', '\r']) && text.trim() == text {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

fn json_text(text: &str, out: &mut Vec<u8>) {
    // Writing text to a Vec cannot fail.
    let _ = serde_json::to_writer(out, text);
}

fn json(value: &GeneratedValue<'_>, engine: Engine, out: &mut Vec<u8>) {
    let extended = match (value, engine) {
        (GeneratedValue::Null, _) => return out.extend_from_slice(b"null"),
        (GeneratedValue::Bool(_) | GeneratedValue::Int(_), _) => return display(value, out),
        (GeneratedValue::Decimal { .. }, Engine::Pg) => return display(value, out),
        (GeneratedValue::Text(text), _) => return json_text(text, out),
        (_, Engine::Pg) => return json_text(&value.to_string(), out),
        (GeneratedValue::Decimal { .. }, _) => ("$numberDecimal", value.to_string()),
        (GeneratedValue::Date(day), _) => ("$date", GeneratedValue::Timestamp(day * DAY).to_string()),
        // A date of MongoDB counts milliseconds.
        (GeneratedValue::Timestamp(micros), _) => {
            ("$date", GeneratedValue::Timestamp(micros.div_euclid(1000) * 1000).to_string())
        }
        // Canonical: a long stays one where it fits an int.
        (GeneratedValue::Bson(value), _) => {
            let _ = write!(out, "{}", (**value).clone().into_canonical_extjson());
            return;
        }
        (GeneratedValue::Uuid(_), _) => ("$uuid", value.to_string()),
        (GeneratedValue::ObjectId(_), _) => ("$oid", value.to_string()),
    };
    let _ = write!(out, "{{\"{}\":\"{}\"}}", extended.0, extended.1);
}

fn append(document: &mut RawDocumentBuf, name: &str, value: GeneratedValue<'_>) {
    // Names were read from text and hold no NUL: the language refuses one.
    let Ok(name) = bson::raw::CString::try_from(name) else { return };
    match value {
        GeneratedValue::Null => document.append(name, bson::RawBson::Null),
        GeneratedValue::Bool(value) => document.append(name, value),
        GeneratedValue::Int(value) => match i32::try_from(value) {
            Ok(value) => document.append(name, value),
            Err(_) => document.append(name, value),
        },
        GeneratedValue::Decimal { .. } => {
            // A number of at most 19 digits is one of the 34 that a Decimal128 has.
            let decimal = value.to_string().parse::<Decimal128>();
            document.append(name, decimal.map_or(bson::RawBson::Null, bson::RawBson::Decimal128));
        }
        GeneratedValue::Text(text) => document.append(name, &*text),
        GeneratedValue::Date(day) => document.append(name, DateTime::from_millis(day * (DAY / 1000))),
        GeneratedValue::Timestamp(micros) => document.append(name, DateTime::from_millis(micros.div_euclid(1000))),
        GeneratedValue::Uuid(bytes) => {
            document.append(name, Binary { subtype: BinarySubtype::Uuid, bytes: bytes.to_vec() })
        }
        GeneratedValue::ObjectId(bytes) => document.append(name, ObjectId::from_bytes(bytes)),
        // What came out of text or of a literal is no broken BSON.
        GeneratedValue::Bson(value) => {
            document.append(name, bson::RawBson::try_from(*value).unwrap_or(bson::RawBson::Null));
        }
    }
}
