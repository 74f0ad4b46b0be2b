//! Values in the notation that PostgreSQL reads: the inside of a literal, and the value of a parameter.

use bson::spec::BinarySubtype;
use bson::{Binary, Bson};

use crate::model::{Datum, decimal, relaxed_json};

/// The value as PostgreSQL reads it, whatever type its place asks for: a date as an instant in UTC, a UUID, an ObjectId as
/// its 24 digits, other bytes as `\x…`, a list as an array, a document as JSON. NULL has no text; here it is `NULL`.
pub fn sql_text(datum: &Datum) -> String {
    match datum {
        Datum::Bson(value) => bson_text(value),
        Datum::Number(number) => decimal(number).into_owned(),
        other => other.to_text(),
    }
}

fn bson_text(value: &Bson) -> String {
    match value {
        Bson::Null | Bson::Undefined => "NULL".into(),
        Bson::String(text) | Bson::Symbol(text) => text.clone(),
        Bson::Boolean(value) => value.to_string(),
        Bson::Int32(number) => number.to_string(),
        Bson::Int64(number) => number.to_string(),
        Bson::Double(number) if number.is_infinite() => if *number > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        Bson::Double(number) => number.to_string(),
        Bson::Decimal128(number) => number.to_string(),
        Bson::ObjectId(id) => id.to_hex(),
        Bson::DateTime(time) => instant(time.timestamp_millis()),
        Bson::Binary(binary) => binary_text(binary),
        Bson::Array(items) => array(items),
        other => relaxed_json(other).to_string(),
    }
}

fn binary_text(binary: &Binary) -> String {
    let hex: String = binary.bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    match (binary.subtype, hex.len()) {
        (BinarySubtype::Uuid, 32) => [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-"),
        _ => format!("\\x{hex}"),
    }
}

/// An array (manual, 8.15.2); lists inside are its further dimensions.
fn array(items: &[Bson]) -> String {
    let item = |item: &Bson| match item {
        Bson::Null | Bson::Undefined => "NULL".into(),
        Bson::Array(inner) => array(inner),
        other => format!("\"{}\"", bson_text(other).replace('\\', "\\\\").replace('"', "\\\"")),
    };
    format!("{{{}}}", items.iter().map(item).collect::<Vec<_>>().join(","))
}

/// Milliseconds since 1970 as `2024-01-31 10:00:00.5+00`, before the year 1 with `BC` (manual, 8.5.1.3).
fn instant(millis: i64) -> String {
    let (days, of_day) = (millis.div_euclid(86_400_000), millis.rem_euclid(86_400_000));
    let (year, month, day) = civil(days);
    let (year, era) = if year > 0 { (year, "") } else { (1 - year, " BC") };
    let (seconds, fraction) = (of_day / 1000, of_day % 1000);
    let fraction = if fraction == 0 { String::new() } else { format!(".{fraction:03}") };
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}{fraction}+00{era}")
}

/// The date of a number of days since 1970, by a count of years that begin in March.
fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use bson::{DateTime, doc};
    use proptest::prelude::*;

    use super::*;

    fn text(value: impl Into<Bson>) -> String {
        sql_text(&Datum::Bson(value.into()))
    }

    #[test]
    fn values_of_documents_have_the_notation_of_sql() {
        assert_eq!(text(bson::oid::ObjectId::from_bytes([7; 12])), "070707070707070707070707");
        assert_eq!(text("1.50".parse::<bson::Decimal128>().unwrap()), "1.50");
        assert_eq!(text(f64::NEG_INFINITY), "-Infinity");
        assert_eq!(text(DateTime::from_millis(1_714_557_600_250)), "2024-05-01 10:00:00.250+00");
        assert_eq!(text(DateTime::from_millis(253_402_300_800_000)), "10000-01-01 00:00:00+00");
        assert_eq!(text(DateTime::from_millis(-62_167_219_200_000)), "0001-01-01 00:00:00+00 BC");
        let uuid = "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11";
        assert_eq!(text(bson::Uuid::parse_str(uuid).unwrap()), uuid);
        assert_eq!(text(Binary { subtype: BinarySubtype::Generic, bytes: vec![0xde, 0xad] }), "\\xdead");
        assert_eq!(text(doc! { "a": 1 }), r#"{"a":1}"#);
    }

    #[test]
    fn a_list_is_an_array_of_any_depth() {
        let list = vec![Bson::Int32(1), Bson::Null, Bson::String("NULL".into()), Bson::String("a\"\\,".into())];
        assert_eq!(text(list), r#"{"1",NULL,"NULL","a\"\\,"}"#);
        let inner = |number: i32| Bson::Array(vec![Bson::Int32(number)]);
        assert_eq!(text(vec![inner(1), inner(2)]), r#"{{"1"},{"2"}}"#);
        assert_eq!(text(Vec::<Bson>::new()), "{}");
    }

    proptest! {
        #[test]
        fn dates_are_those_of_the_calendar(day in -719_162i64..2_932_897) {
            let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(day)).unwrap();
            prop_assert_eq!(civil(day), (date.year().into(), date.month().into(), date.day().into()));
        }
    }
}
