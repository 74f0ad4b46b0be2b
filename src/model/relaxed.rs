//! Values of documents as relaxed Extended JSON, version 2, with every date that there is.

use bson::{Bson, DateTime};
use serde_json::{Map, Value, json};

/// The last millisecond of the year 9999, the end of what the notation of ISO 8601 can say with four digits.
const LAST: i64 = 253_402_300_799_999;

/// The value; dates that the short notation cannot say are their milliseconds, each told from the others.
pub fn relaxed_json(value: &Bson) -> Value {
    match value {
        Bson::Document(document) => {
            Value::Object(document.iter().map(|(key, value)| (key.clone(), relaxed_json(value))).collect::<Map<_, _>>())
        }
        Bson::Array(items) => Value::Array(items.iter().map(relaxed_json).collect()),
        Bson::DateTime(time) => date_json(*time),
        other => other.clone().into_relaxed_extjson(),
    }
}

/// A date from 1970 to 9999 as text, any other as `$numberLong` (Extended JSON, "Relaxed Extended JSON of dates").
pub fn date_json(time: DateTime) -> Value {
    let millis = time.timestamp_millis();
    match time.try_to_rfc3339_string() {
        Ok(text) if (0..=LAST).contains(&millis) => json!({ "$date": text }),
        _ => json!({ "$date": { "$numberLong": millis.to_string() } }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_date_is_told_from_the_others_and_reads_back() {
        let millis = [i64::MIN, -62_135_596_800_001, -1, 0, 1, LAST, LAST + 1, LAST + 86_400_000, i64::MAX];
        let shown: Vec<Value> = millis.iter().map(|millis| date_json(DateTime::from_millis(*millis))).collect();
        for (at, (json, millis)) in shown.iter().zip(millis).enumerate() {
            assert!(!shown[..at].contains(json), "{json}");
            assert_eq!(Bson::try_from(json.clone()).unwrap(), Bson::DateTime(DateTime::from_millis(millis)));
        }
        assert_eq!(shown[3], json!({ "$date": "1970-01-01T00:00:00Z" }));
    }
}
