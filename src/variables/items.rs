//! The type that PostgreSQL would give the items of a list, had they been written as constants (manual, 4.1.2.6 and 10.5).

use bson::Bson;
use bson::spec::BinarySubtype;

/// The name of the type in `pg_type`: whole numbers are `int4`, or `int8` where one does not fit, with fractions among them
/// `numeric`; `None` when the items have no type in common, or there are none. Lists inside are further dimensions.
pub fn type_of_items(items: &[Bson]) -> Option<&'static str> {
    let mut common = None;
    for item in leaves(items) {
        let Some(one) = type_of(item)? else { continue };
        common = Some(match common {
            None => one,
            Some(common) => joined(common, one)?,
        });
    }
    common
}

fn leaves(items: &[Bson]) -> Vec<&Bson> {
    let mut found = vec![];
    for item in items {
        match item {
            Bson::Array(inner) => found.extend(leaves(inner)),
            other => found.push(other),
        }
    }
    found
}

/// `Some(None)` for NULL, which every type has.
fn type_of(item: &Bson) -> Option<Option<&'static str>> {
    Some(Some(match item {
        Bson::Null | Bson::Undefined => return Some(None),
        Bson::Boolean(_) => "bool",
        Bson::Int32(_) => "int4",
        Bson::Int64(_) => "int8",
        Bson::Double(_) | Bson::Decimal128(_) => "numeric",
        Bson::String(_) | Bson::Symbol(_) | Bson::ObjectId(_) => "text",
        Bson::DateTime(_) => "timestamptz",
        Bson::Binary(binary) if binary.subtype == BinarySubtype::Uuid => "uuid",
        Bson::Binary(_) => "bytea",
        Bson::Document(_) => "jsonb",
        _ => return None,
    }))
}

/// Numbers have a type in common, other types only with themselves.
fn joined(one: &'static str, other: &'static str) -> Option<&'static str> {
    const NUMBERS: [&str; 3] = ["int4", "int8", "numeric"];
    let rank = |name| NUMBERS.iter().position(|number| *number == name);
    match (rank(one), rank(other)) {
        (Some(one), Some(other)) => Some(NUMBERS[one.max(other)]),
        _ => (one == other).then_some(one),
    }
}

#[cfg(test)]
mod tests {
    use bson::{bson, doc};

    use super::*;

    fn of(list: Bson) -> Option<&'static str> {
        let Bson::Array(items) = list else { panic!("a list") };
        type_of_items(&items)
    }

    #[test]
    fn items_have_the_type_that_their_constants_would_have() {
        assert_eq!(of(bson!([1, 2])), Some("int4"));
        assert_eq!(of(bson!([1, 3_000_000_000_i64])), Some("int8"));
        assert_eq!(of(bson!([1, null, 1.5])), Some("numeric"));
        assert_eq!(of(bson!([[true], [false]])), Some("bool"));
        assert_eq!(of(bson!(["a", null])), Some("text"));
        assert_eq!(of(bson!([{ "a": 1 }])), Some("jsonb"));
        assert_eq!(type_of_items(&[Bson::from(bson::Uuid::from_bytes([7; 16]))]), Some("uuid"));
    }

    #[test]
    fn items_of_several_types_and_no_items_have_none() {
        for list in
            [bson!([]), bson!([null]), bson!([1, "a"]), bson!([true, 1]), Bson::Array(vec![doc! {}.into(), 1.into()])]
        {
            assert_eq!(of(list.clone()), None, "{list}");
        }
    }
}
