//! Pairs of values of PostgreSQL: what the server says with its own operators, against what the judge is certain of, and
//! against what it would be told if it asked.

use std::collections::BTreeMap;

use polyspec::internal::compare;
use polyspec::internal::quote_literal;
use polyspec::internal::{Answer, Question, Relation, SqlType};
use polyspec::internal::{Engine, NodeName};
use polyspec::internal::{PgNode, answer};
use rand::rngs::StdRng;
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

use super::values::{Maker, TYPES, near};
use crate::servers::{block_on, url};

/// Pairs of one statement.
const BATCH: usize = 500;

/// Of the pairs of these types most are judged without a server.
const CERTAIN: [&str; 16] = [
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
];

/// Types that no operator compares: they are equal when they are printed alike. (`json` is compared as `jsonb`.)
const PRINTED: [&str; 2] = ["point", "_box"];

const OWN_TYPES: &str = "DROP SCHEMA IF EXISTS differential CASCADE; CREATE SCHEMA differential; \
    CREATE TYPE differential.mood AS ENUM ('sad', 'ok', 'happy'); CREATE TYPE differential._pair AS (a int, b numeric)";

struct Pair {
    expected: String,
    printed: String,
    valid: bool,
    equal: bool,
    less: Option<bool>,
}

/// What judge and server decide otherwise, of so many pairs.
pub fn disagreements(pairs: usize, rng: &mut StdRng) -> Vec<String> {
    block_on(async {
        let (client, connection) = tokio_postgres::connect(&url("pg.a"), NoTls).await.expect("a connection");
        tokio::spawn(connection);
        client.batch_execute(OWN_TYPES).await.expect("types");
        let node = NodeName { engine: Engine::Pg, name: "a".into() };
        let node = PgNode::new(node, &url("pg.a"), &url("pg.a"), true).expect("a node");
        let mut found = vec![];
        for (name, make) in TYPES {
            let sql_type = resolved(&client, name).await;
            let (mut certain, mut equal, mut unequal) = (0, 0, 0);
            let wanted = (pairs / TYPES.len()).max(BATCH / 10);
            for _ in 0..wanted.div_ceil(BATCH) {
                let some = compared(&client, name, *make, wanted.min(BATCH), rng).await;
                equal += some.iter().filter(|pair| pair.equal).count();
                unequal += some.iter().filter(|pair| pair.valid && !pair.equal).count();
                certain += of_type(&node, &sql_type, &some, &mut found).await;
            }
            assert!(equal > 0 && unequal > 0, "{name}: {equal} pairs are equal, {unequal} are not");
            assert!(
                !CERTAIN.contains(name) || certain * 2 > wanted,
                "only {certain} of {wanted} pairs of {name} were certain"
            );
        }
        client.batch_execute("DROP SCHEMA differential CASCADE").await.expect("dropped");
        found
    })
}

async fn resolved(client: &Client, name: &str) -> SqlType {
    let sql = "SELECT t.oid, t.typname::text, e.oid, e.typname::text FROM pg_type t \
        LEFT JOIN pg_type e ON e.oid = t.typelem AND t.typcategory = 'A' WHERE t.oid = to_regtype($1)";
    let quoted = if name.contains('.') { name.to_string() } else { format!("\"{name}\"") };
    let row = client.query_one(sql, &[&quoted]).await.expect("a type");
    let element = row.get::<_, Option<u32>>(2).map(|oid| Box::new(SqlType { name: row.get(3), oid, element: None }));
    SqlType { name: row.get(1), oid: row.get(0), element }
}

/// Random pairs, compared by the server.
async fn compared(client: &Client, name: &str, make: Maker, count: usize, rng: &mut StdRng) -> Vec<Pair> {
    let quoted = if name.contains('.') { name.to_string() } else { format!("pg_catalog.\"{name}\"") };
    let pairs: Vec<(String, String)> = (0..count).map(|_| near(rng, make)).collect();
    let rows: Vec<String> =
        pairs.iter().map(|(one, other)| format!("({}, {})", quote_literal(one), quote_literal(other))).collect();
    let (equal, less) = match name {
        "json" => ("v.e::jsonb = v.a::jsonb".to_string(), "NULL".to_string()),
        printed if PRINTED.contains(&printed) => (format!("v.e::{quoted}::text = v.a::{quoted}::text"), "NULL".into()),
        "xid" => (format!("v.e::{quoted} = v.a::{quoted}"), "NULL".into()),
        _ => {
            let same =
                format!("(v.e::{quoted} = v.a::{quoted}) AND (v.e::{quoted} IS NOT DISTINCT FROM v.a::{quoted})");
            (same, format!("v.e::{quoted} < v.a::{quoted}"))
        }
    };
    let is_valid = |side: &str| format!("pg_input_is_valid(v.{side}, '{quoted}')");
    let sql = format!(
        "SELECT CASE WHEN {a} THEN format('%s', v.a::{quoted}) END, {e}, \
           CASE WHEN {a} AND {e} THEN {equal} END, CASE WHEN {a} AND {e} THEN {less} END \
         FROM (VALUES {}) AS v(e, a)",
        rows.join(", "),
        a = is_valid("a"),
        e = is_valid("e"),
    );
    let messages = client.simple_query(&sql).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    let rows = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row),
        _ => None,
    });
    let pair = |(row, (expected, _)): (&tokio_postgres::SimpleQueryRow, (String, String))| {
        let flag = |at: usize| row.get(at).map(|text| text == "t");
        Some(Pair {
            expected,
            printed: row.get(0)?.to_string(),
            valid: flag(1)?,
            equal: flag(2).unwrap_or(false),
            less: flag(3),
        })
    };
    rows.zip(pairs).filter_map(pair).collect()
}

/// Adds what is decided otherwise; the number of pairs whose equality was certain.
async fn of_type(node: &PgNode, sql_type: &SqlType, pairs: &[Pair], found: &mut Vec<String>) -> usize {
    let (mut certain, mut questions) = (0, vec![]);
    for pair in pairs {
        let judged = compare(sql_type, &pair.expected, &pair.printed);
        let tell = |what: &str| {
            let valid = if pair.valid { "" } else { " (not valid)" };
            format!("{}: {:?}{valid} and {:?}: {what}", sql_type.name, pair.expected, pair.printed)
        };
        match judged.equal {
            Some(equal) if equal != pair.equal && !is_declared(sql_type, pair) => {
                found.push(tell(&format!("judged equal {equal}")));
            }
            Some(_) => {}
            None => questions.push(question(sql_type, pair, Relation::Equality)),
        }
        certain += usize::from(judged.equal.is_some());
        match (judged.order, pair.less) {
            (Some(order), Some(less)) if order.is_lt() != less || order.is_eq() != pair.equal => {
                found.push(tell(&format!("judged {order:?}")));
            }
            (None, Some(_)) => questions.push(question(sql_type, pair, Relation::Order)),
            _ => {}
        }
    }
    asked(node, pairs, questions, found).await;
    certain
}

/// A number in quotes is a number, also where the type takes only whole ones.
fn is_declared(sql_type: &SqlType, pair: &Pair) -> bool {
    let is_whole = ["int2", "int4", "int8", "oid", "xid8", "xid", "_int4"].contains(&sql_type.name.as_str());
    let is_text_of_json = ["json", "jsonb"].contains(&sql_type.name.as_str());
    !pair.valid && (is_whole || is_text_of_json)
}

fn question(sql_type: &SqlType, pair: &Pair, relation: Relation) -> Question {
    Question {
        node: "pg.a".into(),
        sql_type: sql_type.clone(),
        relation,
        expected: pair.expected.clone(),
        actual: pair.printed.clone(),
        settings: None,
    }
}

/// What the server says when it is asked must be what its operators say.
async fn asked(node: &PgNode, pairs: &[Pair], questions: Vec<Question>, found: &mut Vec<String>) {
    let known: BTreeMap<(&str, &str), &Pair> =
        pairs.iter().map(|pair| ((pair.expected.as_str(), pair.printed.as_str()), pair)).collect();
    let answers = answer(node, "postgres", questions).await.expect("answers");
    for (question, answer) in answers {
        let pair = known[&(question.expected.as_str(), question.actual.as_str())];
        let agrees = match &answer {
            Answer::Equality(equal) => pair.valid && *equal == pair.equal,
            Answer::Order(order) => pair.valid && pair.less == Some(order.is_lt()) && pair.equal == order.is_eq(),
            Answer::NotAValue(_) => !pair.valid,
            Answer::NoOrder | Answer::Unknown(_) => false,
        };
        if !agrees {
            found.push(format!(
                "{}: {:?} and {:?}: told {answer:?}",
                question.sql_type.name, question.expected, question.actual
            ));
        }
    }
}
