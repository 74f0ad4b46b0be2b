//! Answers questions about values of a type, over a connection of its own: the scenario's sessions and their transactions
//! are left alone, and what is not committed yet is not seen.

use std::collections::BTreeMap;

use futures::future::join_all;
use tokio_postgres::{Client, SimpleQueryMessage};

use super::{PgNode, error};
use crate::backend::BackendError;
use crate::observation::{Answer, Answers, OutputSettings, Question, Relation, ServerError, SqlType};
use crate::variables::quote_literal;

/// A value that takes longer to be read, or waits for a lock of the scenario's, is one that the server cannot tell.
const LIMITS: &str = "SET statement_timeout = '5s'; SET lock_timeout = '1s'; ";

/// Statements that are under way at a time.
const FLIGHT: usize = 1_000;

/// No operator (undefined_function), and a notation that the type does not have (feature_not_supported).
const NO_OPERATOR: &str = "42883";

/// What a server says to one statement: the only cell, or its refusal.
type Said = Result<Option<String>, Box<ServerError>>;

/// Asks `node` as the role of scenarios.
///
/// # Errors
/// The server is not reached, or the connection is lost.
pub async fn answer(node: &PgNode, database: &str, questions: Vec<Question>) -> Result<Answers, BackendError> {
    let client = node.connect_beside(database).await?;
    let asker = Asker { client, node: node.name.to_string() };
    let mut by_settings: BTreeMap<Option<OutputSettings>, Vec<Question>> = BTreeMap::new();
    for question in questions {
        by_settings.entry(question.settings.clone()).or_default().push(question);
    }
    let mut answers = Answers::new();
    for (settings, questions) in by_settings {
        asker.set(settings.unwrap_or_default()).await?;
        for some in questions.chunks(FLIGHT / 3) {
            answers.extend(asker.answer(some).await?);
        }
    }
    Ok(answers)
}

struct Asker {
    client: Client,
    node: String,
}

impl Asker {
    async fn answer(&self, questions: &[Question]) -> Result<Answers, BackendError> {
        let names = self.names(questions).await?;
        let ask = async |question: &Question| -> Result<(Question, Answer), BackendError> {
            let Some(name) = &names[&question.sql_type] else {
                let why = "another connection does not see the type; it is not committed yet".to_string();
                return Ok((question.clone(), Answer::Unknown(why)));
            };
            let [related, expected, actual] = statements(question, name);
            let said = futures::try_join!(self.say(&related), self.say(&expected), self.say(&actual))?;
            Ok((question.clone(), reading(question.relation, said)))
        };
        join_all(questions.iter().map(ask)).await.into_iter().collect()
    }

    /// The types as SQL names them, of those that this connection sees.
    async fn names(&self, questions: &[Question]) -> Result<BTreeMap<SqlType, Option<String>>, BackendError> {
        let mut names = BTreeMap::new();
        for question in questions {
            if !names.contains_key(&question.sql_type) {
                let name = self.say(&lookup(&question.sql_type)).await?.unwrap_or_default();
                names.insert(question.sql_type.clone(), name);
            }
        }
        Ok(names)
    }

    /// Statements that are said side by side travel together, each its own transaction.
    async fn say(&self, sql: &str) -> Result<Said, BackendError> {
        let messages = match self.client.simple_query(sql).await {
            Ok(messages) => messages,
            Err(refused) => return error::of_statement(&self.node, refused).map(|refused| Err(Box::new(refused))),
        };
        let cell = messages.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_string),
            _ => None,
        });
        Ok(Ok(cell))
    }

    async fn set(&self, settings: OutputSettings) -> Result<(), BackendError> {
        let setting = |name: &str, value: &str| match value {
            "" => format!("RESET {name}"),
            value => format!("SET {name} = {}", quote_literal(value)),
        };
        let sql = [
            setting("DateStyle", &settings.date_style),
            setting("IntervalStyle", &settings.interval_style),
            setting("TimeZone", &settings.time_zone),
        ];
        self.say(&format!("{LIMITS}{}", sql.join("; "))).await?.map(drop).map_err(|refused| BackendError::Refused {
            node: self.node.clone(),
            doing: "setting how values are printed".into(),
            error: refused,
        })
    }
}

/// The type with its schema, quoted; no row when it is not there.
fn lookup(sql_type: &SqlType) -> String {
    let oid = match sql_type.oid {
        0 => format!("pg_catalog.to_regtype(pg_catalog.quote_ident({}))", quote_literal(&sql_type.name)),
        oid => format!("{oid}::pg_catalog.oid"),
    };
    format!(
        "SELECT pg_catalog.format('%I.%I', n.nspname, t.typname) FROM pg_catalog.pg_type t \
         JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace \
         WHERE t.oid OPERATOR(pg_catalog.=) {oid}"
    )
}

/// The question itself, and how the server prints each of the two. Records are compared by the default operator classes of
/// their columns' types, whatever operators the search path has.
fn statements(question: &Question, name: &str) -> [String; 3] {
    let cast = |text: &str| format!("CAST({} AS {name})", quote_literal(text));
    let (expected, actual) = (cast(&question.expected), cast(&question.actual));
    let function = match question.relation {
        Relation::Equality => "record_eq",
        Relation::Order => "btrecordcmp",
    };
    let printed = |value: &str| format!("SELECT pg_catalog.format('%s', {value})");
    [format!("SELECT pg_catalog.{function}(ROW({expected}), ROW({actual}))"), printed(&expected), printed(&actual)]
}

fn reading(relation: Relation, (related, expected, actual): (Said, Said, Said)) -> Answer {
    let (expected, actual) = match (expected, actual) {
        (Ok(expected), Ok(actual)) => (expected, actual),
        (_, Err(refused)) => return Answer::Unknown(refused.message),
        (Err(refused), Ok(_)) if refused.sqlstate.as_deref().is_some_and(is_about_values) => {
            return Answer::NotAValue(refused.message);
        }
        (Err(refused), Ok(_)) => return Answer::Unknown(refused.message),
    };
    match (relation, related) {
        (Relation::Equality, Ok(equal)) => Answer::Equality(equal.as_deref() == Some("t")),
        (Relation::Order, Ok(Some(order))) => Answer::Order(order.parse().unwrap_or(0).cmp(&0)),
        (Relation::Equality, Err(refused)) if refused.sqlstate.as_deref() == Some(NO_OPERATOR) => {
            Answer::Equality(expected == actual)
        }
        (Relation::Order, Err(refused)) if refused.sqlstate.as_deref() == Some(NO_OPERATOR) => Answer::NoOrder,
        (Relation::Order, Ok(None)) => Answer::NoOrder,
        (_, Err(refused)) => Answer::Unknown(refused.message),
    }
}

/// What a server refuses in text itself, not because of what is around: a data exception, a violated constraint of a domain,
/// a name that is not there (`regclass`).
fn is_about_values(sqlstate: &str) -> bool {
    ["22", "23", "42", "0A", "2F", "3F", "54"].iter().any(|class| sqlstate.starts_with(class)) || sqlstate == "P0001"
}

#[cfg(test)]
mod tests {
    use std::cmp::Ordering;

    use super::*;

    fn refused(sqlstate: &str) -> Said {
        let refusal = ServerError { sqlstate: Some(sqlstate.into()), message: "no".into(), ..ServerError::default() };
        Err(Box::new(refusal))
    }

    fn cell(text: &str) -> Said {
        Ok(Some(text.into()))
    }

    #[test]
    fn an_answer_is_read_out_of_what_the_server_says() {
        let equality = |said| reading(Relation::Equality, said);
        let order = |said| reading(Relation::Order, said);
        assert_eq!(equality((cell("t"), cell("a"), cell("A"))), Answer::Equality(true));
        assert_eq!(equality((cell("f"), cell("a"), cell("a"))), Answer::Equality(false));
        assert_eq!(equality((refused("42883"), cell("a"), cell("a"))), Answer::Equality(true));
        assert_eq!(equality((refused("22P02"), refused("22P02"), cell("a"))), Answer::NotAValue("no".into()));
        assert_eq!(equality((refused("22P02"), cell("a"), refused("22P02"))), Answer::Unknown("no".into()));
        assert_eq!(equality((refused("55P03"), refused("55P03"), cell("a"))), Answer::Unknown("no".into()));
        assert_eq!(order((cell("-1"), cell("a"), cell("b"))), Answer::Order(Ordering::Less));
        assert_eq!(order((cell("1"), cell("a"), cell("b"))), Answer::Order(Ordering::Greater));
        assert_eq!(order((refused("42883"), cell("a"), cell("b"))), Answer::NoOrder);
    }

    #[test]
    fn what_is_sent_names_everything_in_full() {
        let question = Question {
            node: "pg.main".into(),
            sql_type: SqlType::named("mood"),
            relation: Relation::Equality,
            expected: "it's".into(),
            actual: "ok".into(),
            settings: None,
        };
        let [related, printed, _] = statements(&question, "app.mood");
        assert_eq!(related, "SELECT pg_catalog.record_eq(ROW(CAST('it''s' AS app.mood)), ROW(CAST('ok' AS app.mood)))");
        assert_eq!(printed, "SELECT pg_catalog.format('%s', CAST('it''s' AS app.mood))");
        assert!(lookup(&question.sql_type).contains("to_regtype(pg_catalog.quote_ident('mood'))"));
        assert!(lookup(&SqlType { oid: 17_000, ..question.sql_type }).ends_with("17000::pg_catalog.oid"));
    }
}
