//! Random values of PostgreSQL's types as text, other notations of them, and near misses.

use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;

use super::dates;

/// One of several.
pub fn pick<T: Copy>(rng: &mut StdRng, list: &[T]) -> T {
    *list.choose(rng).expect("something to choose from")
}

/// How values of a type are made.
pub type Maker = fn(&mut StdRng) -> String;

/// The types, by their names in `pg_catalog` or, with a schema, those of the test.
pub const TYPES: &[(&str, Maker)] = &[
    ("int2", small),
    ("int4", whole),
    ("int8", whole),
    ("oid", natural),
    ("xid8", natural),
    ("numeric", numeric),
    ("float4", float4),
    ("float8", float8),
    ("bool", truth),
    ("text", text),
    ("varchar", text),
    ("bpchar", text),
    ("name", text),
    ("char", character),
    ("bytea", bytes),
    ("uuid", uuid),
    ("date", dates::date),
    ("time", dates::time),
    ("timestamp", dates::timestamp),
    ("timestamptz", dates::zoned),
    ("jsonb", json),
    ("json", json),
    ("_int4", whole_array),
    ("_numeric", numeric_array),
    ("_text", text_array),
    ("_date", date_array),
    ("interval", dates::interval),
    ("timetz", dates::time_with_zone),
    ("money", money),
    ("inet", inet),
    ("cidr", cidr),
    ("macaddr", mac),
    ("pg_lsn", lsn),
    ("bit", bits),
    ("varbit", bits),
    ("int4range", range),
    ("numrange", numeric_range),
    ("int4multirange", multirange),
    ("tsvector", words),
    ("_interval", interval_array),
    ("_box", boxes),
    ("point", point),
    ("xid", natural),
    ("_float8", float_array),
    ("_bytea", bytes_array),
    ("_timestamptz", zoned_array),
    ("daterange", date_range),
    ("tsrange", local_range),
    ("tstzrange", zoned_range),
    ("tstzmultirange", zoned_multirange),
    ("nummultirange", numeric_multirange),
    ("_tstzrange", zoned_ranges),
    ("differential.mood", mood),
    ("differential._mood", moods),
    ("differential._pair", pair),
    ("differential.__pair", pairs),
    ("differential._cents", prices),
    ("differential._moment", zoned_array),
    ("differential.times", times),
    ("differential._times", times_array),
    ("differential.texts", texts),
    ("differential.mixed", mixed),
    ("differential.nested", nested),
    ("differential.durations", durations),
    ("differential.reals", reals),
];

/// A value and another one that is equal to it, near to it, or any.
pub fn near(rng: &mut StdRng, make: Maker) -> (String, String) {
    let one = make(rng);
    let other = match rng.random_range(0..10) {
        0 => one.clone(),
        1..5 => mutated(rng, &one),
        5 => make(rng),
        // Among a few values of one kind some are equal, and many are neighbours.
        _ => (0..4).map(|_| make(rng)).min_by_key(|other| distance(&one, other)).unwrap_or_default(),
    };
    (one, other)
}

fn distance(one: &str, other: &str) -> usize {
    let common = one.bytes().zip(other.bytes()).take_while(|(one, other)| one == other).count();
    one.len().max(other.len()) - common
}

/// The text with one character changed, left out, doubled or put in.
fn mutated(rng: &mut StdRng, text: &str) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let at = if chars.is_empty() { 0 } else { rng.random_range(0..chars.len()) };
    let odd = pick(rng, &['0', '1', '9', '.', '-', ' ', 'a', 'F', 'e', '"', ',', '\u{a0}', '\\', '{']);
    match rng.random_range(0..4) {
        0 if !chars.is_empty() => chars[at] = odd,
        1 if !chars.is_empty() => drop(chars.remove(at)),
        2 if !chars.is_empty() => chars.insert(at, chars[at]),
        _ => chars.insert(at, odd),
    }
    chars.into_iter().collect()
}

fn small(rng: &mut StdRng) -> String {
    rng.random_range(-12i16..12).to_string()
}

fn whole(rng: &mut StdRng) -> String {
    match rng.random_range(0..6) {
        0 => pick(rng, &["2147483647", "-2147483648", "0", "-0"]).into(),
        1 => format!("{:03}", rng.random_range(0..20)),
        2 => format!("+{}", rng.random_range(0..20)),
        _ => rng.random_range(-20i32..20).to_string(),
    }
}

fn natural(rng: &mut StdRng) -> String {
    rng.random_range(0u32..30).to_string()
}

fn numeric(rng: &mut StdRng) -> String {
    match rng.random_range(0..10) {
        0 => pick(rng, &["NaN", "Infinity", "-Infinity", "inf", "nan", "-inf"]).into(),
        1 => format!("{}e{}", rng.random_range(-12..12), rng.random_range(-3..4)),
        2 => format!("12345678901234567890123456789.{}", rng.random_range(0..100)),
        3 => format!("{}.{}00", rng.random_range(-3..3), rng.random_range(0..10)),
        4 => format!(".{}", rng.random_range(0..100)),
        _ => format!("{}.{}", rng.random_range(-3..3), rng.random_range(0..100)),
    }
}

fn float8(rng: &mut StdRng) -> String {
    match rng.random_range(0..4) {
        0 => numeric(rng),
        1 => {
            let number = f64::from_bits(0x3fb9_9999_9999_9990 + rng.random_range(0..20));
            if rng.random() { format!("{number}") } else { format!("{number:.25}") }
        }
        2 => format!("{:e}", f64::from_bits(rng.random())),
        _ => format!("{}", rng.random_range(-20..20)),
    }
}

fn float4(rng: &mut StdRng) -> String {
    match rng.random_range(0..3) {
        0 => float8(rng),
        1 => {
            let number = f32::from_bits(0x3f80_0000 + rng.random_range(0..4));
            format!("{:.*}", rng.random_range(6..25), f64::from(number) + rng.random_range(-9..9) as f64 * 1e-9)
        }
        _ => format!("{:e}", f32::from_bits(rng.random())),
    }
}

fn truth(rng: &mut StdRng) -> String {
    pick(rng, &["t", "f", "true", "FALSE", "yes", "no", "on", "off", "of", "1", "0", "y", " true ", "tru"]).into()
}

fn text(rng: &mut StdRng) -> String {
    let length = rng.random_range(0..6);
    (0..length).map(|_| pick(rng, &['a', 'A', 'b', 'B', ' ', 'é', '\u{a0}', '1', '"', '\\', '\t', '{', '😀'])).collect()
}

fn character(rng: &mut StdRng) -> String {
    pick(rng, &['a', 'b', 'A', 'B', '1', ' ', '~']).to_string()
}

fn bytes(rng: &mut StdRng) -> String {
    let bytes: Vec<u8> = (0..rng.random_range(0..4)).map(|_| pick(rng, &[0, 1, b'a', b'\\', 0xde, 0xff])).collect();
    if rng.random() {
        let hex = bytes.iter().map(|byte| if rng.random() { format!("{byte:02x}") } else { format!("{byte:02X} ") });
        return format!("\\x{}", hex.collect::<String>());
    }
    let escaped = |byte: &u8| match byte {
        b'a' => "a".to_string(),
        b'\\' => "\\\\".to_string(),
        byte => format!("\\{byte:03o}"),
    };
    bytes.iter().map(escaped).collect()
}

fn uuid(rng: &mut StdRng) -> String {
    let digits = format!("a0eebc999c0b4ef8bb6d6bb9bd380a1{:x}", rng.random_range(0..3));
    let parts = [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]];
    match rng.random_range(0..4) {
        0 => digits,
        1 => format!("{{{}}}", parts.join("-")),
        2 => parts.join("-").to_uppercase(),
        _ => parts.join("-"),
    }
}

fn json(rng: &mut StdRng) -> String {
    match rng.random_range(0..9) {
        0 => pick(rng, &["null", "true", "false", "\"true\"", "\"1\"", "{}", "[]", "\"\""]).into(),
        1 => pick(rng, &["1", "1.0", "1e0", "10", "-0", "0", "12345678901234567890.10"]).into(),
        2 => format!("[{},{}]", json(rng), json(rng)),
        3 => format!("{{\"a\":{}, \"b\" : {}}}", json(rng), json(rng)),
        4 => format!("{{\"b\":{},\"a\":{}}}", json(rng), json(rng)),
        5 => format!("{{\"a\":{},\"a\":{}}}", json(rng), json(rng)),
        6 => pick(rng, &["\"é\"", "\"\\u00e9\"", "\"a\\nb\"", "\"\\\"\"", "\"a b\""]).into(),
        _ => rng.random_range(0..4).to_string(),
    }
}

fn array(rng: &mut StdRng, item: Maker) -> String {
    let length = rng.random_range(0..4);
    let quoted = |text: String| match text.as_str() {
        plain if !plain.is_empty() && plain.bytes().all(|byte| byte.is_ascii_digit()) => text,
        _ => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
    };
    let item = |rng: &mut StdRng| if rng.random_ratio(1, 8) { "NULL".into() } else { quoted(item(rng)) };
    let items: Vec<String> = (0..length).map(|_| item(rng)).collect();
    let blank = pick(rng, &["", "", " "]);
    let body = format!("{{{blank}{}{blank}}}", items.join(&format!("{blank},")));
    match rng.random_range(0..8) {
        0 if length > 0 => {
            let lower = rng.random_range(0..3);
            format!("[{lower}:{}]={body}", lower + length - 1)
        }
        1 if length > 0 => format!("{{{body},{body}}}"),
        _ => body,
    }
}

fn whole_array(rng: &mut StdRng) -> String {
    array(rng, |rng| rng.random_range(0..4).to_string())
}

fn numeric_array(rng: &mut StdRng) -> String {
    array(rng, numeric)
}

fn text_array(rng: &mut StdRng) -> String {
    array(rng, text)
}

fn date_array(rng: &mut StdRng) -> String {
    array(rng, dates::date)
}

fn interval_array(rng: &mut StdRng) -> String {
    array(rng, dates::interval)
}

fn money(rng: &mut StdRng) -> String {
    format!("{}{}.{}", pick(rng, &["", "$", "-"]), rng.random_range(0..1200), rng.random_range(10..13))
}

fn inet(rng: &mut StdRng) -> String {
    let mask = pick(rng, &["", "/32", "/24", "/8"]);
    format!("{}.0.0.{}{mask}", rng.random_range(9..11), rng.random_range(0..3))
}

fn cidr(rng: &mut StdRng) -> String {
    pick(rng, &["10.0.0.0/8", "10.0.0.0", "10", "10.0.0.0/24", "9.0.0.0/8", "::1", "::1/128"]).into()
}

fn mac(rng: &mut StdRng) -> String {
    pick(rng, &["08:00:2b:01:02:03", "08002b:010203", "08-00-2B-01-02-03", "08:00:2b:01:02:04", "0800.2b01.0203"])
        .into()
}

fn lsn(rng: &mut StdRng) -> String {
    format!("{:X}/{:X}", rng.random_range(0..2), rng.random_range(0..20))
}

fn bits(rng: &mut StdRng) -> String {
    (0..rng.random_range(1..4)).map(|_| pick(rng, &['0', '1'])).collect()
}

fn range(rng: &mut StdRng) -> String {
    let from = rng.random_range(0..3);
    let (open, close) = (pick(rng, &["[", "("]), pick(rng, &["]", ")"]));
    pick(rng, &[0u32, 1, 2, 3])
        .checked_sub(1)
        .map_or("empty".into(), |more| format!("{open}{from},{}{close}", from + more))
}

fn numeric_range(rng: &mut StdRng) -> String {
    let zeros = pick(rng, &["", ".0", ".00"]);
    format!("[{}{zeros},{}{})", rng.random_range(0..2), rng.random_range(2..4), pick(rng, &["", ".0", ".50", ".5"]))
}

fn multirange(rng: &mut StdRng) -> String {
    format!("{{{},{}}}", range(rng), range(rng)).replace("empty", "[1,1)")
}

fn words(rng: &mut StdRng) -> String {
    (0..rng.random_range(0..3)).map(|_| pick(rng, &["a ", "b ", "c:1 "])).collect()
}

fn boxes(rng: &mut StdRng) -> String {
    format!("{{({},1),(0,0);({0},3),(2,2)}}", rng.random_range(1..3))
}

fn point(rng: &mut StdRng) -> String {
    format!("({}{},{})", rng.random_range(1..3), pick(rng, &["", ".0"]), rng.random_range(1..3))
}

fn mood(rng: &mut StdRng) -> String {
    pick(rng, &["sad", "ok", "happy"]).into()
}

fn pair(rng: &mut StdRng) -> String {
    format!("({},{}{})", rng.random_range(0..2), rng.random_range(0..2), pick(rng, &["", ".0", ".5", ".50"]))
}

/// A row of such fields, one of them NULL now and then, with quotes where the server needs them.
fn row(rng: &mut StdRng, fields: &[Maker]) -> String {
    let special = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | '-' | ':' | '+');
    let field = |make: &Maker| {
        let text = make(rng);
        match rng.random_range(0..10) {
            0 => String::new(),
            1..3 => in_quotes(&text),
            _ if text.is_empty() || text.contains(special) => in_quotes(&text),
            _ => text,
        }
    };
    format!("({})", fields.iter().map(field).collect::<Vec<_>>().join(","))
}

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""))
}

/// A range of such bounds; most are in order.
fn range_of(rng: &mut StdRng, bounds: &[&str]) -> String {
    if rng.random_ratio(1, 12) {
        return "empty".into();
    }
    let (from, to) = (rng.random_range(0..bounds.len()), rng.random_range(0..bounds.len()));
    let (from, to) = if rng.random_ratio(1, 10) { (from, to) } else { (from.min(to), from.max(to)) };
    let bound = |rng: &mut StdRng, at: usize| match rng.random_range(0..9) {
        0 => String::new(),
        _ => in_quotes(bounds[at]),
    };
    let (open, close) = (pick(rng, &["[", "[", "("]), pick(rng, &["]", ")", ")"]));
    format!("{open}{},{}{close}", bound(rng, from), bound(rng, to))
}

fn several(rng: &mut StdRng, make: Maker) -> String {
    let ranges: Vec<String> = (0..rng.random_range(0..3)).map(|_| make(rng)).collect();
    format!("{{{}}}", ranges.join(","))
}

fn float_array(rng: &mut StdRng) -> String {
    array(rng, float8)
}

fn bytes_array(rng: &mut StdRng) -> String {
    array(rng, bytes)
}

fn zoned_array(rng: &mut StdRng) -> String {
    array(rng, dates::some_instant)
}

fn date_range(rng: &mut StdRng) -> String {
    range_of(rng, &["2024-01-30", "2024-01-31", "2024-02-01", "2024-02-02", "infinity"])
}

fn local_range(rng: &mut StdRng) -> String {
    range_of(rng, &["2024-01-31", "2024-01-31 00:00:00", "2024-01-31T10:00", "2024-01-31 10:00:00.5", "infinity"])
}

fn zoned_range(rng: &mut StdRng) -> String {
    range_of(
        rng,
        &[
            "2024-01-31 12:00:00+02",
            "2024-01-31 10:00:00Z",
            "2024-01-31 10:00",
            "2024-07-31 10:00",
            "2024-07-31 10:00+00",
        ],
    )
}

fn zoned_ranges(rng: &mut StdRng) -> String {
    array(rng, zoned_range)
}

fn zoned_multirange(rng: &mut StdRng) -> String {
    several(rng, zoned_range)
}

fn numeric_multirange(rng: &mut StdRng) -> String {
    several(rng, numeric_range)
}

fn moods(rng: &mut StdRng) -> String {
    array(rng, mood)
}

fn pairs(rng: &mut StdRng) -> String {
    array(rng, pair)
}

fn price(rng: &mut StdRng) -> String {
    pick(rng, &["1", "1.0", "1.00", "2", "2.50", "2.5", "NaN"]).into()
}

fn prices(rng: &mut StdRng) -> String {
    array(rng, price)
}

fn few_bytes(rng: &mut StdRng) -> String {
    pick(rng, &["\\x61", "a", "\\x6162", "ab", "\\141", "\\x00"]).into()
}

fn few_texts(rng: &mut StdRng) -> String {
    pick(rng, &["a", "a ", "A", "", "a,b", "(a)", "\"", "1"]).into()
}

fn few_codes(rng: &mut StdRng) -> String {
    pick(rng, &["a", "a ", "a   ", "ab", ""]).into()
}

fn few_json(rng: &mut StdRng) -> String {
    pick(rng, &["{\"a\": 1}", "{\"a\":1.0}", "{\"a\":2}", "null", "\"x\"", "[1, 2]", "[1,2.0]"]).into()
}

fn few_days(rng: &mut StdRng) -> String {
    range_of(rng, &["2024-01-31", "2024-02-01", "2024-02-02"])
}

fn few_moods(rng: &mut StdRng) -> String {
    pick(rng, &["{sad}", "{ok,sad}", "{}", "{\"sad\"}"]).into()
}

fn times(rng: &mut StdRng) -> String {
    row(rng, &[dates::some_instant, dates::some_local, dates::some_interval])
}

fn times_array(rng: &mut StdRng) -> String {
    array(rng, times)
}

fn texts(rng: &mut StdRng) -> String {
    row(rng, &[few_texts, few_codes, few_bytes])
}

fn mixed(rng: &mut StdRng) -> String {
    row(rng, &[few_moods, price, few_json])
}

fn nested(rng: &mut StdRng) -> String {
    row(rng, &[pair, times_array, few_days])
}

fn durations(rng: &mut StdRng) -> String {
    range_of(rng, &["1 day", "24:00:00", "23:00:00", "1 mon", "30 days", "-1 day +02:00:00"])
}

fn reals(rng: &mut StdRng) -> String {
    range_of(rng, &["-1", "0", "0.1", "0.1000000000000000055", "1e0", "1.0", "2"])
}
