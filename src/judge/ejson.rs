//! Values of documents as one line of Extended JSON, version 2: relaxed, and canonical where relaxed would lose the type.

use bson::oid::ObjectId;
use bson::{Bson, Document};
use serde_json::{Map, Value, json};

use crate::model::date_json;

/// A value as one line. Keys keep their order.
pub(super) fn line(value: &Bson) -> String {
    json_of(value, &|id| id.to_hex()).to_string()
}

/// A document as one line.
pub(super) fn document_line(document: &Document) -> String {
    named_line(document, &|id| id.to_hex())
}

/// The same, with names instead of the digits of ObjectIds.
pub(super) fn named_line(document: &Document, name: &dyn Fn(&ObjectId) -> String) -> String {
    object(document, name).to_string()
}

fn object(document: &Document, name: &dyn Fn(&ObjectId) -> String) -> Value {
    let fields = document.iter().map(|(key, value)| (key.clone(), json_of(value, name)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn json_of(value: &Bson, name: &dyn Fn(&ObjectId) -> String) -> Value {
    match value {
        Bson::Document(document) => object(document, name),
        Bson::Array(items) => Value::Array(items.iter().map(|item| json_of(item, name)).collect()),
        Bson::Int64(number) if i32::try_from(*number).is_ok() => json!({ "$numberLong": number.to_string() }),
        Bson::ObjectId(id) => json!({ "$oid": name(id) }),
        Bson::DateTime(time) => date_json(*time),
        other => other.clone().into_relaxed_extjson(),
    }
}

#[cfg(test)]
mod tests {
    use bson::doc;

    use super::*;

    #[test]
    fn every_number_type_can_be_told_from_the_others() {
        let document = doc! { "i": 5, "l": 5_i64, "big": 5_000_000_000_i64, "d": 5.0, "s": "5" };
        let expected = r#"{"i":5,"l":{"$numberLong":"5"},"big":5000000000,"d":5.0,"s":"5"}"#;
        assert_eq!(document_line(&document), expected);
    }

    #[test]
    fn a_line_read_again_is_the_same_document() {
        let document = doc! {
            "z": { "b": [1, 2_i64, { "c": 1.5 }], "a": Bson::Null }, "t": "a\nb", "o": bson::oid::ObjectId::from_bytes([7; 12]),
            "d": bson::DateTime::from_millis(1_700_000_000_123), "n": "1.50".parse::<bson::Decimal128>().unwrap(),
        };
        let line = document_line(&document);
        assert!(!line.contains('\n'));
        let json: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(Bson::try_from(json).unwrap(), Bson::Document(document));
    }
}
