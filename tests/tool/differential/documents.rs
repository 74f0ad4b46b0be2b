//! Random values of documents.

use bson::oid::ObjectId;
use bson::spec::BinarySubtype;
use bson::{Binary, Bson, DateTime, Document, Regex, Timestamp};
use rand::Rng;
use rand::rngs::StdRng;

use super::values::pick;

/// Two values, of one type more often than not.
pub fn pair(rng: &mut StdRng) -> (Bson, Bson) {
    let kind = rng.random_range(0..KINDS.len());
    let other = if rng.random_ratio(1, 6) { rng.random_range(0..KINDS.len()) } else { kind };
    (KINDS[kind](rng), KINDS[other](rng))
}

const KINDS: [fn(&mut StdRng) -> Bson; 14] =
    [number, number, decimal, text, document, array, binary, oid, truth, date, stamp, regex, code, ends];

fn number(rng: &mut StdRng) -> Bson {
    match rng.random_range(0..5) {
        0 => Bson::Int32(pick(rng, &[0, 1, -1, i32::MAX, 5])),
        1 => Bson::Int64(pick(rng, &[0, 1, 9_007_199_254_740_992, 9_007_199_254_740_993, i64::MAX, i64::MIN])),
        2 => Bson::Double(pick(rng, &[0.0, -0.0, 0.1, 1.0, 1.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY])),
        3 => Bson::Double(pick(rng, &[9_007_199_254_740_992.0, 9.223_372_036_854_776e18, -1e300, 5e-324])),
        _ => Bson::Double(f64::from_bits(0x3fb9_9999_9999_9998 + rng.random_range(0..4))),
    }
}

fn decimal(rng: &mut StdRng) -> Bson {
    let texts = [
        "0",
        "-0",
        "0.1",
        "0.10",
        "1",
        "1.0",
        "1E400",
        "-1E400",
        "1E-6176",
        "NaN",
        "Infinity",
        "-Infinity",
        "9007199254740993",
        "9223372036854775807",
        "0.1000000000000000055511151231257827",
        "1.5",
        "5",
    ];
    if rng.random_ratio(1, 3) { number(rng) } else { Bson::Decimal128(pick(rng, &texts).parse().expect("a decimal")) }
}

fn text(rng: &mut StdRng) -> Bson {
    let length = rng.random_range(0..3);
    Bson::String((0..length).map(|_| pick(rng, &['a', 'A', 'b', 'é', '😀', '1', '\u{ffff}'])).collect())
}

fn scalar(rng: &mut StdRng) -> Bson {
    pick(rng, &[text, truth, date, oid, |rng: &mut StdRng| Bson::Int32(rng.random_range(0..3))])(rng)
}

/// The order of keys counts for the server: here it is always the same.
fn document(rng: &mut StdRng) -> Bson {
    let mut document = Document::new();
    for key in ["a", "b", "c"] {
        if rng.random() {
            document.insert(key, if rng.random_ratio(1, 4) { array(rng) } else { scalar(rng) });
        }
    }
    Bson::Document(document)
}

fn array(rng: &mut StdRng) -> Bson {
    Bson::Array((0..rng.random_range(0..3)).map(|_| scalar(rng)).collect())
}

fn binary(rng: &mut StdRng) -> Bson {
    let subtype = pick(rng, &[BinarySubtype::Generic, BinarySubtype::Md5, BinarySubtype::UserDefined(0x80)]);
    Bson::Binary(Binary { subtype, bytes: (0..rng.random_range(0..3)).map(|_| pick(rng, &[0, 1, 0xff])).collect() })
}

fn oid(rng: &mut StdRng) -> Bson {
    let mut bytes = [7; 12];
    bytes[rng.random_range(0..12)] = pick(rng, &[6, 7, 8, 0xff]);
    Bson::ObjectId(ObjectId::from_bytes(bytes))
}

fn truth(rng: &mut StdRng) -> Bson {
    Bson::Boolean(rng.random())
}

fn date(rng: &mut StdRng) -> Bson {
    Bson::DateTime(DateTime::from_millis(pick(rng, &[0, 1, -1, 253_402_300_800_000, i64::MIN, i64::MAX])))
}

fn stamp(rng: &mut StdRng) -> Bson {
    Bson::Timestamp(Timestamp { time: pick(rng, &[1, 2, u32::MAX]), increment: pick(rng, &[1, 2, u32::MAX]) })
}

fn regex(rng: &mut StdRng) -> Bson {
    let (pattern, options) = (pick(rng, &["a", "b", "^a"]), pick(rng, &["", "i", "m"]));
    Bson::RegularExpression(Regex {
        pattern: pattern.to_string().try_into().expect("a pattern"),
        options: options.to_string().try_into().expect("options"),
    })
}

fn code(rng: &mut StdRng) -> Bson {
    Bson::JavaScriptCode(pick(rng, &["f()", "g()"]).into())
}

fn ends(rng: &mut StdRng) -> Bson {
    pick(rng, &[|| Bson::MinKey, || Bson::MaxKey, || Bson::Null])()
}
