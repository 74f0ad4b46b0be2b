//! Pairs of values of PostgreSQL, under random styles of the session: what the server says with its own operators, against
//! what is judged of them once the server has answered what it alone knows.

use std::collections::BTreeSet;
use std::time::Duration;

use polyspec::internal::{
    Answers, Engine, NodeName, Outcome, Output, PgNode, PgSession, Question, Request, RowSet, SqlType, Values, answer,
    quote_literal,
};
use rand::rngs::StdRng;

use super::values::{Maker, TYPES, near, pick};
use crate::servers::{block_on, url};

/// Pairs of one statement.
const BATCH: usize = 500;

/// The limit of one statement.
const LIMIT: Duration = Duration::from_secs(60);

/// Of the pairs of these types most are judged without a server.
const CERTAIN: [&str; 20] = [
    "int4",
    "numeric",
    "float8",
    "float4",
    "bool",
    "bytea",
    "uuid",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "jsonb",
    "_int4",
    "_numeric",
    "_text",
    "text",
    "numrange",
    "differential.mood",
    "differential._pair",
    "differential._cents",
];

/// Types that no operator compares: they are equal when they are printed alike. (`json` is compared as `jsonb`.)
const PRINTED: [&str; 2] = ["point", "_box"];

/// Types whose values the judge reads from their rounded text no more exactly than anyone.
const ROUNDED: [&str; 3] = ["float4", "float8", "_float8"];

const OWN_TYPES: &str = "DROP SCHEMA IF EXISTS differential CASCADE; CREATE SCHEMA differential; \
    CREATE TYPE differential.mood AS ENUM ('sad', 'ok', 'happy'); CREATE TYPE differential._pair AS (a int, b numeric); \
    CREATE DOMAIN differential.cents AS numeric; CREATE DOMAIN differential.moment AS timestamptz; \
    CREATE TYPE differential.times AS (at differential.moment, local timestamp, during interval); \
    CREATE TYPE differential.texts AS (note text, code char(4), raw bytea); \
    CREATE TYPE differential.mixed AS (moods differential.mood[], price differential.cents, data jsonb); \
    CREATE TYPE differential.nested AS (pair differential._pair, times differential.times[], days daterange); \
    CREATE TYPE differential.durations AS RANGE (subtype = interval); \
    CREATE TYPE differential.reals AS RANGE (subtype = float8)";

struct Pair {
    expected: String,
    actual: String,
    valid: bool,
    equal: bool,
    less: Option<bool>,
}

/// Pairs of one statement, with the type and the settings of the session that returned them.
struct Batch {
    pairs: Vec<Pair>,
    set: RowSet,
}

/// What judge and server decide otherwise, of so many pairs.
pub fn disagreements(pairs: usize, rng: &mut StdRng) -> Vec<String> {
    block_on(async {
        let node = NodeName { engine: Engine::Pg, name: "a".into() };
        let node = PgNode::new(node, &url("pg.a"), &url("pg.a"), true).expect("a node");
        let mut session = PgSession::connect(&node, "postgres", "differential").await.expect("a session");
        run(&mut session, OWN_TYPES).await;
        let mut found = vec![];
        for (name, make) in TYPES {
            let (mut certain, mut equal, mut unequal) = (0, 0, 0);
            let wanted = (pairs / TYPES.len()).max(BATCH / 10);
            for _ in 0..(wanted.div_ceil(BATCH)).max(2) {
                let batch = compared(&mut session, name, *make, wanted.min(BATCH), rng).await;
                equal += batch.pairs.iter().filter(|pair| pair.equal).count();
                unequal += batch.pairs.iter().filter(|pair| pair.valid && !pair.equal).count();
                certain += judged(&node, &batch, &mut found).await;
            }
            assert!(equal > 0 && unequal > 0, "{name}: {equal} pairs are equal, {unequal} are not");
            assert!(
                !CERTAIN.contains(name) || certain * 2 > wanted,
                "only {certain} of {wanted} pairs of {name} were certain"
            );
        }
        run(&mut session, "DROP SCHEMA differential CASCADE").await;
        found
    })
}

async fn run(session: &mut PgSession, sql: &str) -> Option<RowSet> {
    match session.run(&Request::text(sql, LIMIT), None).await {
        Ok(Outcome::Output(Output::Sql { rows, .. })) => rows,
        other => panic!("{other:?}: {}", sql.chars().take(2_000).collect::<String>()),
    }
}

/// Settings that shape how values are printed and read.
fn style(name: &str, rng: &mut StdRng) -> String {
    let dates = ["ISO, MDY", "ISO, DMY", "SQL, DMY", "SQL, MDY", "Postgres, DMY", "Postgres, MDY", "German, DMY"];
    let intervals = ["postgres", "postgres_verbose", "sql_standard", "iso_8601"];
    let zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "<+05:30>-05:30"];
    let digits = if ROUNDED.contains(&name) { pick(rng, &[-15, 0, 1, 3]) } else { pick(rng, &[1, 3]) };
    format!(
        "SET DateStyle = '{}'; SET IntervalStyle = '{}'; SET TimeZone = '{}'; SET bytea_output = '{}'; \
         SET extra_float_digits = {digits}",
        pick(rng, &dates),
        pick(rng, &intervals),
        pick(rng, &zones),
        pick(rng, &["hex", "escape"]),
    )
}

/// Random pairs, compared by the server in a style that is drawn for them.
async fn compared(session: &mut PgSession, name: &str, make: Maker, count: usize, rng: &mut StdRng) -> Batch {
    run(session, &style(name, rng)).await;
    let quoted = if name.contains('.') { name.to_string() } else { format!("pg_catalog.\"{name}\"") };
    let pairs: Vec<(String, String)> = (0..count).map(|_| near(rng, make)).collect();
    let rows: Vec<String> =
        pairs.iter().map(|(one, other)| format!("({}, {})", quote_literal(one), quote_literal(other))).collect();
    let (equal, less) = match name {
        "json" => ("v.e::jsonb = v.a::jsonb".to_string(), "NULL::bool".to_string()),
        printed if PRINTED.contains(&printed) => {
            (format!("v.e::{quoted}::text = v.a::{quoted}::text"), "NULL::bool".into())
        }
        "xid" => (format!("v.e::{quoted} = v.a::{quoted}"), "NULL::bool".into()),
        _ => {
            let same =
                format!("(v.e::{quoted} = v.a::{quoted}) AND (v.e::{quoted} IS NOT DISTINCT FROM v.a::{quoted})");
            (same, format!("v.e::{quoted} < v.a::{quoted}"))
        }
    };
    let is_valid = |side: &str| format!("pg_input_is_valid(v.{side}, '{quoted}')");
    let sql = format!(
        "SELECT CASE WHEN {a} THEN v.a::{quoted} END, {e}, \
           CASE WHEN {a} AND {e} THEN {equal} END, CASE WHEN {a} AND {e} THEN {less} END \
         FROM (VALUES {}) AS v(e, a)",
        rows.join(", "),
        a = is_valid("a"),
        e = is_valid("e"),
    );
    let set = run(session, &sql).await.expect("rows");
    let pair = |(row, (expected, _)): (&Vec<Option<String>>, (String, String))| {
        let flag = |at: usize| row[at].as_deref().map(|text| text == "t");
        let (equal, less) = (flag(2).unwrap_or(false), flag(3));
        Some(Pair { expected, actual: row[0].clone()?, valid: flag(1)?, equal, less })
    };
    Batch { pairs: set.rows.iter().zip(pairs).filter_map(pair).collect(), set }
}

/// Adds what is decided otherwise; the number of pairs whose equality was certain.
async fn judged(node: &PgNode, batch: &Batch, found: &mut Vec<String>) -> usize {
    let sql_type = &batch.set.columns[0].sql_type;
    let values = |pair| values(batch, pair);
    let certain = batch.pairs.iter().filter(|pair| values(pair).are_equal(&Answers::new()).is_ok()).count();
    let mut answers = Answers::new();
    loop {
        let open = batch.pairs.iter().flat_map(|pair| open(&values(pair), &answers)).collect::<BTreeSet<_>>();
        if open.is_empty() {
            break;
        }
        answers.extend(answer(node, "postgres", open.into_iter().collect()).await.expect("answers"));
    }
    for pair in &batch.pairs {
        let tell = |what: &str| {
            let valid = if pair.valid { "" } else { " (not valid)" };
            let settings = batch.set.settings.as_ref().map(|settings| format!(" under {settings:?}"));
            format!(
                "{}: {:?}{valid} and {:?}{}: {what}",
                sql_type.name,
                pair.expected,
                pair.actual,
                settings.unwrap_or_default()
            )
        };
        let equal = values(pair).are_equal(&answers).expect("answered");
        if equal != pair.equal && !is_declared(sql_type, pair, equal) {
            found.push(tell(&format!("judged equal {equal}")));
        }
        if let (Some(order), Some(less)) = (values(pair).order(&answers).expect("answered"), pair.less)
            && (order.is_lt() != less || order.is_eq() != pair.equal)
            && !is_declared(sql_type, pair, order.is_eq())
        {
            found.push(tell(&format!("judged {order:?}")));
        }
    }
    certain
}

fn values<'a>(batch: &'a Batch, pair: &'a Pair) -> Values<'a> {
    Values {
        node: "pg.a",
        sql_type: &batch.set.columns[0].sql_type,
        settings: batch.set.settings.as_ref(),
        expected: &pair.expected,
        actual: &pair.actual,
    }
}

fn open(values: &Values, answers: &Answers) -> BTreeSet<Question> {
    let equality = values.are_equal(answers).err().unwrap_or_default();
    let order = values.order(answers).err().unwrap_or_default();
    equality.into_iter().chain(order).collect()
}

/// What the judge decides otherwise on purpose (`docs/language.md`): a number in quotes is a number, also where the type takes
/// only whole ones, and a string of JSON needs no quotes of its own; what the server would round, or a zone that it would drop,
/// makes a value another one.
fn is_declared(sql_type: &SqlType, pair: &Pair, equal: bool) -> bool {
    let holds = |names: &[&str]| sql_type.holds(&|part| names.contains(&part.builtin_name()));
    let is_lenient = equal && !pair.valid && holds(&["int2", "int4", "int8", "oid", "xid8", "xid", "json", "jsonb"]);
    let is_rounded =
        pair.expected.split('.').skip(1).any(|rest| rest.bytes().take_while(u8::is_ascii_digit).count() > 6);
    let is_strict = pair.valid && !equal && holds(&["date", "time", "timestamp", "timestamptz", "timetz", "interval"]);
    let is_alone = sql_type.base().builtin_name() == "timestamptz";
    let is_in_the_first_zone = holds(&["timestamptz"]) && !is_alone && offsets(&pair.actual).len() != 1;
    is_lenient
        || is_in_the_first_zone
        || is_strict && (is_rounded || holds(&["date", "time", "timestamp"]) && names_a_zone(&pair.expected))
}

/// The offsets that the points in time of a value are shown with.
fn offsets(text: &str) -> BTreeSet<&str> {
    let times = text.match_indices(':').map(|(at, _)| &text[at..]);
    let offset = |time: &'_ str| -> Option<(usize, usize)> {
        let begin = time.find(['+', '-'])?;
        let end =
            time[begin + 1..].find(|c: char| !c.is_ascii_digit() && c != ':').map_or(time.len(), |end| begin + 1 + end);
        time[..begin].bytes().all(|byte| byte.is_ascii_digit() || b":.".contains(&byte)).then_some((begin, end))
    };
    times.filter_map(|time| offset(time).map(|(begin, end)| &time[begin..end])).collect()
}

/// An offset or a letter of a zone behind a time of day.
fn names_a_zone(text: &str) -> bool {
    text.find(':').is_some_and(|at| text[at..].contains(['+', '-']) || text.contains(['Z', 'z']))
}
