//! The edge values of a description: the same description gives the same values in the same order.

use bson::Bson;

use super::spec::{Edge, EdgeType};
use super::text::MAX_TEXT;
use super::{numbers, text, times};
use crate::model::Datum;

impl Edge {
    /// All values of a type.
    pub fn new(edge_type: EdgeType) -> Self {
        let digits = numbers::digits(edge_type);
        let range = match edge_type {
            EdgeType::Date => times::DAYS,
            EdgeType::Timestamp | EdgeType::Datetime => times::MOMENTS,
            _ => numbers::range(edge_type, digits),
        };
        Self { edge_type, max: MAX_TEXT, not: vec![], only: vec![], digits, range }
    }

    /// The whole range that numbers with these digits have.
    pub fn with_digits(self, digits: (u32, u32)) -> Self {
        Self { digits, range: numbers::range(self.edge_type, digits), ..self }
    }

    /// The same for a document of MongoDB: days are dates at midnight UTC, moments dates, numbers with decimals Decimal128.
    pub fn values_of_documents(self) -> Vec<Datum> {
        match self.edge_type {
            EdgeType::Date => times::midnights(self.range).into_iter().map(Datum::Bson).collect(),
            EdgeType::Timestamp => Self { edge_type: EdgeType::Datetime, ..self }.values(),
            EdgeType::Numeric => Self { edge_type: EdgeType::Decimal, ..self }.values(),
            _ => self.values(),
        }
    }

    /// The values, each once. There may be none: of the kinds that are wanted, all may be left out.
    pub fn values(&self) -> Vec<Datum> {
        match self.edge_type {
            EdgeType::Text => text::texts(self).into_iter().map(Datum::Text).collect(),
            EdgeType::Email => text::emails(self).into_iter().map(Datum::Text).collect(),
            EdgeType::Date => times::days(self.range).into_iter().map(Datum::Text).collect(),
            EdgeType::Timestamp => times::timestamps(self.range).into_iter().map(Datum::Text).collect(),
            EdgeType::Datetime => times::datetimes(self.range).into_iter().map(Datum::Bson).collect(),
            EdgeType::Json => documents().into_iter().map(|document| Datum::Bson(Bson::Document(document))).collect(),
            EdgeType::Double => {
                numbers::doubles().into_iter().map(|number| Datum::Bson(Bson::Double(number))).collect()
            }
            _ => numbers::numbers(self),
        }
    }
}

/// Documents that JSON can say: depth, every kind of value, names that are hard to keep.
fn documents() -> Vec<bson::Document> {
    let deep = (0..40).fold(Bson::Int32(0), |inner, _| Bson::Document(bson::doc! { "a": inner }));
    let texts: Vec<Bson> = text::texts(&Edge { max: 100, ..Edge::new(EdgeType::Text) })
        .into_iter()
        .filter(|text| !text.contains('\0'))
        .map(Bson::String)
        .collect();
    vec![
        bson::doc! {},
        bson::doc! { "a": null, "b": true, "c": false, "d": "", "e": [], "f": {} },
        bson::doc! { "a": { "b": { "c": [[], [[]], [{}], [null]] } } },
        bson::doc! { "deep": deep },
        bson::doc! { "whole": [0, -1, i32::MAX, i32::MIN, i64::MAX, i64::MIN] },
        bson::doc! { "fractions": [0.1, -0.5, 1e-7, 1.5e300, 100.01] },
        bson::doc! { "": 1, " ": 2, "a b": 3, "ä": 4, "a\"b": 5, "a'b": 6, "a\\b": 7, "😀": 8, "A": 9, "a": 10 },
        bson::doc! { "z": 1, "a": 2, "m": 3 },
        bson::doc! { "numbers": ["1", 1, "1.0", "true", true, "null", null] },
        bson::doc! { "texts": texts },
    ]
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::super::text::TEXT_KINDS;
    use super::*;

    fn shown(edge: &Edge) -> Vec<String> {
        edge.values().iter().map(Datum::to_text).collect()
    }

    #[test]
    fn every_type_has_many_values_and_none_twice() {
        for (word, edge_type) in EdgeType::WORDS {
            let values = shown(&Edge::new(edge_type));
            assert!(values.len() >= 10, "{word} has {}", values.len());
            let distinct: BTreeSet<&String> = values.iter().collect();
            assert_eq!(distinct.len(), values.len(), "{word}");
        }
    }

    #[test]
    fn what_is_left_out_is_not_there_and_what_alone_is_wanted_is() {
        for kind in TEXT_KINDS {
            let only = shown(&Edge { only: vec![kind.to_string()], ..Edge::new(EdgeType::Text) });
            let rest = shown(&Edge { not: vec![kind.to_string()], ..Edge::new(EdgeType::Text) });
            let all = shown(&Edge::new(EdgeType::Text));
            assert!(!only.is_empty(), "{kind}");
            assert_eq!(only.len() + rest.len(), all.len(), "{kind}");
            assert!(only.iter().all(|text| !rest.contains(text)), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_longer_than_allowed_and_one_is_as_long(max in 1_usize..400) {
            for edge_type in [EdgeType::Text, EdgeType::Email] {
                let lengths: Vec<usize> = Edge { max, ..Edge::new(edge_type) }
                    .values()
                    .iter()
                    .map(|text| text.to_text().chars().count())
                    .collect();
                prop_assert!(lengths.iter().all(|length| *length <= max));
                prop_assert!(edge_type == EdgeType::Email || lengths.contains(&max));
            }
        }

        #[test]
        fn numbers_and_days_lie_in_their_range_with_both_ends(one in -60_000_i128..60_000, other in -60_000_i128..60_000) {
            let range = (one.min(other), one.max(other));
            for edge_type in [EdgeType::Integer, EdgeType::Bigint, EdgeType::Long, EdgeType::Date, EdgeType::Timestamp] {
                let values = Edge { range, ..Edge::new(edge_type) }.values();
                prop_assert!(!values.is_empty());
            }
            let whole = |edge_type| -> Vec<i128> {
                shown(&Edge { range, ..Edge::new(edge_type) }).iter().map(|text| text.parse().unwrap()).collect()
            };
            let numbers = whole(EdgeType::Integer);
            prop_assert!(numbers.iter().all(|number| (range.0..=range.1).contains(number)));
            prop_assert!(numbers.contains(&range.0) && numbers.contains(&range.1));
        }

        #[test]
        fn decimal_numbers_keep_within_their_digits(precision in 1_u32..30, scale in 0_u32..30) {
            prop_assume!(scale <= precision);
            for text in shown(&Edge::new(EdgeType::Numeric).with_digits((precision, scale))) {
                let digits = text.trim_start_matches('-');
                let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
                prop_assert_eq!(fraction.len(), scale as usize);
                prop_assert!(whole.trim_start_matches('0').len() + fraction.len() <= precision as usize, "{}", text);
            }
        }
    }
}
