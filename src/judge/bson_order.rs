//! The order of values of documents as MongoDB has it (manual, "Comparison/Sort Order").

use std::cmp::Ordering;

use bson::spec::BinarySubtype;
use bson::{Binary, Bson, Document};
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::bson_value::bson_number;
use super::decimal::Decimal;

/// How the limit stands to what came. As a query of the server compares only values of like types, so does this; a limit
/// that is text is read as a date where a date came, as Extended JSON writes it: `2024-01-31` is its midnight in UTC.
pub(super) fn standing(limit: &Bson, got: &Bson) -> Option<Ordering> {
    match (limit, got) {
        (Bson::String(text), Bson::DateTime(got)) => Some(date(text)?.cmp(&got.timestamp_millis())),
        _ if rank(limit) == rank(got) => Some(compare(limit, got)),
        _ => None,
    }
}

fn date(text: &str) -> Option<i64> {
    let instant = text.parse::<jiff::Timestamp>();
    let midnight = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|day| day.timestamp());
    instant.ok().or_else(midnight).map(|instant| instant.as_millisecond())
}

/// The order of any two values: of their types first.
pub(super) fn compare(one: &Bson, other: &Bson) -> Ordering {
    rank(one).cmp(&rank(other)).then_with(|| same_type(one, other))
}

/// The place of a type among the others; types of one place are compared with one another.
fn rank(value: &Bson) -> u8 {
    match value {
        Bson::MinKey => 0,
        Bson::Undefined => 1,
        Bson::Null => 2,
        Bson::Int32(_) | Bson::Int64(_) | Bson::Double(_) | Bson::Decimal128(_) => 3,
        Bson::String(_) | Bson::Symbol(_) => 4,
        Bson::Document(_) => 5,
        Bson::Array(_) => 6,
        Bson::Binary(_) => 7,
        Bson::ObjectId(_) => 8,
        Bson::Boolean(_) => 9,
        Bson::DateTime(_) => 10,
        Bson::Timestamp(_) => 11,
        Bson::RegularExpression(_) => 12,
        Bson::DbPointer(_) => 13,
        Bson::JavaScriptCode(_) => 14,
        Bson::JavaScriptCodeWithScope(_) => 15,
        Bson::MaxKey => 16,
    }
}

fn same_type(one: &Bson, other: &Bson) -> Ordering {
    match (one, other) {
        (Bson::String(one) | Bson::Symbol(one), Bson::String(other) | Bson::Symbol(other)) => one.cmp(other),
        (Bson::Document(one), Bson::Document(other)) => documents(one, other),
        (Bson::Array(one), Bson::Array(other)) => items(one, other),
        (Bson::Binary(one), Bson::Binary(other)) => binary(one).cmp(&binary(other)),
        (Bson::ObjectId(one), Bson::ObjectId(other)) => one.bytes().cmp(&other.bytes()),
        (Bson::Boolean(one), Bson::Boolean(other)) => one.cmp(other),
        (Bson::DateTime(one), Bson::DateTime(other)) => one.cmp(other),
        (Bson::Timestamp(one), Bson::Timestamp(other)) => (one.time, one.increment).cmp(&(other.time, other.increment)),
        (Bson::RegularExpression(one), Bson::RegularExpression(other)) => {
            let parts = |regex: &bson::Regex| (regex.pattern.to_string(), regex.options.to_string());
            parts(one).cmp(&parts(other))
        }
        (Bson::JavaScriptCode(one), Bson::JavaScriptCode(other)) => one.cmp(other),
        (Bson::JavaScriptCodeWithScope(one), Bson::JavaScriptCodeWithScope(other)) => {
            one.code.cmp(&other.code).then_with(|| documents(&one.scope, &other.scope))
        }
        (one, other) => numbers(one, other),
    }
}

/// The length counts before the kind, and the kind before the bytes.
fn binary(value: &Binary) -> (usize, u8, &[u8]) {
    // The old kind of a binary has a second length inside, which the server counts.
    let inner = if value.subtype == BinarySubtype::BinaryOld { 4 } else { 0 };
    (value.bytes.len() + inner, value.subtype.into(), &value.bytes)
}

/// Field by field in their order: the type of the value counts before the name, and the name before the value.
fn documents(one: &Document, other: &Document) -> Ordering {
    for ((key, value), (other_key, other_value)) in one.iter().zip(other) {
        let order = rank(value)
            .cmp(&rank(other_value))
            .then_with(|| key.cmp(other_key))
            .then_with(|| same_type(value, other_value));
        if order.is_ne() {
            return order;
        }
    }
    one.len().cmp(&other.len())
}

fn items(one: &[Bson], other: &[Bson]) -> Ordering {
    let pairs = one.iter().zip(other);
    let first = pairs.map(|(one, other)| compare(one, other)).find(|order| order.is_ne());
    first.unwrap_or_else(|| one.len().cmp(&other.len()))
}

/// Numbers are compared exactly across their types. Not-a-number is less than all of them, and equals itself.
fn numbers(one: &Bson, other: &Bson) -> Ordering {
    let number = |value: &Bson, beside: &Bson| match (value, beside) {
        (Bson::Double(double), Bson::Decimal128(_)) => Decimal::exactly(*double),
        _ => bson_number(value),
    };
    match (number(one, other), number(other, one)) {
        (Some(one), Some(other)) => match (one == Decimal::NaN, other == Decimal::NaN) {
            (false, false) => one.cmp(&other),
            (one_is_nan, other_is_nan) => other_is_nan.cmp(&one_is_nan),
        },
        _ => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    fn decimal(text: &str) -> Bson {
        Bson::Decimal128(text.parse().unwrap())
    }

    #[test]
    fn values_of_each_type_have_the_order_of_the_server() {
        let oid = |last: u8| Bson::ObjectId(bson::oid::ObjectId::from_bytes([7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, last]));
        let stamp = |time, increment| Bson::Timestamp(bson::Timestamp { time, increment });
        let binary = |subtype, bytes: &[u8]| Bson::Binary(Binary { subtype, bytes: bytes.to_vec() });
        let lists: [Vec<Bson>; 9] = [
            vec![
                Bson::Double(f64::NAN),
                Bson::Double(f64::NEG_INFINITY),
                Bson::Int32(-1),
                decimal("0.1"),
                Bson::Double(0.1),
            ],
            vec![Bson::Int64(9_007_199_254_740_992), Bson::Int64(9_007_199_254_740_993), decimal("1E400")],
            vec![oid(1), oid(2)],
            vec![stamp(1, 2), stamp(1, 3), stamp(2, 0), stamp(u32::MAX, 0)],
            vec![Bson::Boolean(false), Bson::Boolean(true)],
            vec![
                binary(BinarySubtype::Uuid, &[9]),
                binary(BinarySubtype::Generic, &[0, 1]),
                binary(BinarySubtype::Uuid, &[0, 0]),
            ],
            vec![doc! { "b": 1 }.into(), doc! { "a": "x" }.into(), doc! { "a": "x", "b": 1 }.into()],
            vec![vec![Bson::Int32(1)].into(), vec![Bson::Int32(1), Bson::Null].into(), vec![Bson::Int32(2)].into()],
            vec![Bson::String("B".into()), Bson::String("a".into()), Bson::Symbol("é".into())],
        ];
        for list in lists {
            for pair in list.windows(2) {
                assert_eq!(standing(&pair[0], &pair[1]), Some(Ordering::Less), "{pair:?}");
                assert_eq!(standing(&pair[1], &pair[0]), Some(Ordering::Greater), "{pair:?}");
            }
        }
    }

    #[test]
    fn values_of_unlike_types_are_not_compared() {
        assert_eq!(standing(&Bson::Int32(1), &Bson::String("a".into())), None);
        assert_eq!(standing(&Bson::Null, &Bson::Int32(1)), None);
    }

    #[test]
    fn text_is_read_as_a_date_where_a_date_came() {
        let got = Bson::DateTime(bson::DateTime::from_millis(1_714_550_400_000));
        let text = |text: &str| standing(&Bson::String(text.into()), &got);
        assert_eq!(text("2024-05-01"), Some(Ordering::Less));
        assert_eq!(text("2024-05-01T08:00:00Z"), Some(Ordering::Equal));
        assert_eq!(text("2024-05-01T10:00:00.001+02:00"), Some(Ordering::Greater));
        assert_eq!(text("soon"), None);
    }
}
