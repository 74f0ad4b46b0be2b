//! A value that was made, with its type.

use std::borrow::Cow;
use std::fmt::{self, Write};

use bson::Bson;

use super::dates;
use crate::model::Datum;
use crate::variables::sql_text;

/// A value of a cell or a field.
#[derive(Clone, Debug, PartialEq)]
pub enum GeneratedValue<'p> {
    /// NULL.
    Null,
    /// A truth value.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fixed count of digits after the point.
    Decimal {
        /// In units of the last digit.
        units: i64,
        /// Digits after the point; at least one.
        decimals: u32,
    },
    /// Text.
    Text(Cow<'p, str>),
    /// A day, counted from 1970-01-01.
    Date(i64),
    /// A moment, in microseconds since 1970-01-01 UTC.
    Timestamp(i64),
    /// A UUID.
    Uuid([u8; 16]),
    /// An ObjectId.
    ObjectId([u8; 12]),
    /// Another value of BSON.
    Bson(Box<Bson>),
}

impl fmt::Display for GeneratedValue<'_> {
    /// As PostgreSQL reads it; nothing for NULL.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GeneratedValue::Null => Ok(()),
            GeneratedValue::Bool(value) => write!(f, "{value}"),
            GeneratedValue::Int(value) => write!(f, "{value}"),
            GeneratedValue::Decimal { units, decimals } => decimal(f, *units, *decimals),
            GeneratedValue::Text(text) => f.write_str(text),
            GeneratedValue::Date(day) => dates::write_day(f, *day),
            GeneratedValue::Timestamp(micros) => dates::write_moment(f, *micros).and_then(|()| f.write_char('Z')),
            GeneratedValue::Uuid(bytes) => uuid(f, bytes),
            GeneratedValue::ObjectId(bytes) => hexadecimal(f, bytes),
            GeneratedValue::Bson(value) => f.write_str(&sql_text(&Datum::Bson((**value).clone()))),
        }
    }
}

fn decimal(f: &mut fmt::Formatter<'_>, units: i64, decimals: u32) -> fmt::Result {
    let one = 10_u64.pow(decimals);
    let sign = if units < 0 { "-" } else { "" };
    let units = units.unsigned_abs();
    write!(f, "{sign}{}.{:0width$}", units / one, units % one, width = decimals as usize)
}

fn uuid(f: &mut fmt::Formatter<'_>, bytes: &[u8; 16]) -> fmt::Result {
    for (at, part) in [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]].into_iter().enumerate() {
        if at > 0 {
            f.write_char('-')?;
        }
        hexadecimal(f, part)?;
    }
    Ok(())
}

fn hexadecimal(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    bytes.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
}
