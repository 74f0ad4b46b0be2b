//! Answers questions about values of a type, over a connection of its own that is closed before anyone can count it: the
//! scenario's sessions and their transactions are left alone, and what is not committed yet is not seen. Every question is
//! asked in a transaction that is rolled back: what the scenario's own functions do there, like a notification, comes to nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use super::PgNode;
use super::wire::{Collected, Loss, Wire};
use crate::backend::BackendError;
use crate::observation::{Answer, Answers, OutputSettings, Question, Relation, ServerError, SqlType};
use crate::variables::quote_literal;

/// A value that takes longer to be read, or waits for a lock of the scenario's, is one that the server cannot tell.
const LIMITS: &str = "SET statement_timeout = '5s'; SET lock_timeout = '1s'; ";

/// How many questions are under way at a time.
const FLIGHT: usize = 300;

/// How long the server may take to end the session.
const GOODBYE: Duration = Duration::from_secs(2);

/// No operator (undefined_function), and a notation that the type does not have (feature_not_supported).
const NO_OPERATOR: &str = "42883";

/// SQLSTATE read_only_sql_transaction.
const READ_ONLY: &str = "25006";

/// What a server says to one statement: the only cell, or its refusal.
type Said = Result<Option<String>, Box<ServerError>>;

/// Asks `node` as the role of scenarios.
///
/// # Errors
/// The server is not reached, or the connection is lost.
pub async fn answer(node: &PgNode, database: &str, questions: Vec<Question>) -> Result<Answers, BackendError> {
    let mut asker = Asker { wire: node.open_beside(database).await?, node: node.name.to_string() };
    let answers = asker.answer_all(questions).await;
    asker.wire.close(GOODBYE).await;
    answers
}

struct Asker {
    wire: Wire,
    node: String,
}

impl Asker {
    async fn answer_all(&mut self, questions: Vec<Question>) -> Result<Answers, BackendError> {
        let mut by_settings: BTreeMap<Option<OutputSettings>, Vec<Question>> = BTreeMap::new();
        for question in questions {
            by_settings.entry(question.settings.clone()).or_default().push(question);
        }
        let mut answers = Answers::new();
        for (settings, questions) in by_settings {
            self.set(settings.unwrap_or_default()).await?;
            for some in questions.chunks(FLIGHT) {
                self.answer(some, &mut answers).await?;
            }
        }
        Ok(answers)
    }

    async fn answer(&mut self, questions: &[Question], answers: &mut Answers) -> Result<(), BackendError> {
        let names = self.names(questions).await?;
        let mut asked = vec![];
        for question in questions {
            match &names[&question.sql_type] {
                Some(name) if !question.expected.contains('\0') => asked.push((question, statements(question, name))),
                Some(_) => {
                    answers.insert(question.clone(), Answer::NotAValue("no text of the server's holds a NUL".into()));
                }
                None => {
                    let why = "another connection does not see the type; it is not committed yet".to_string();
                    answers.insert(question.clone(), Answer::Unknown(why));
                }
            }
        }
        let said = self.say(asked.iter().flat_map(|(_, statements)| statements)).await?;
        let mut said = said.into_iter();
        for (question, _) in asked {
            if let (Some(related), Some(expected), Some(actual)) = (said.next(), said.next(), said.next()) {
                for refused in [&related, &expected, &actual].into_iter().filter_map(|said| said.as_ref().err()) {
                    self.refuse_writing(question, refused)?;
                }
                answers.insert(question.clone(), reading(question.relation, (related, expected, actual)));
            }
        }
        Ok(())
    }

    /// A type whose check writes cannot be asked about without a trace: a number of a sequence is never given back.
    fn refuse_writing(&self, question: &Question, refused: &ServerError) -> Result<(), BackendError> {
        if refused.sqlstate.as_deref() != Some(READ_ONLY) {
            return Ok(());
        }
        Err(BackendError::Other(format!(
            "{}: values of type {} cannot be compared, because a check of theirs writes ({READ_ONLY} {}), and polyspec asks the \
             server without a trace: cast the values to text",
            self.node, question.sql_type.name, refused.message
        )))
    }

    /// The types as SQL names them, of those that this connection sees.
    async fn names(&mut self, questions: &[Question]) -> Result<BTreeMap<SqlType, Option<String>>, BackendError> {
        let mut types: Vec<&SqlType> = questions.iter().map(|question| &question.sql_type).collect();
        types.sort_unstable();
        types.dedup();
        let lookups: Vec<String> = types.iter().map(|sql_type| lookup(sql_type)).collect();
        let said = self.say(&lookups).await?;
        Ok(types.into_iter().cloned().zip(said.into_iter().map(Result::unwrap_or_default)).collect())
    }

    /// What the server says to each statement. They travel together, and each is undone before the next.
    async fn say(&mut self, statements: impl IntoIterator<Item = &String>) -> Result<Vec<Said>, BackendError> {
        let alone = |statement: &String| [format!("BEGIN; {statement}"), "ROLLBACK".to_string()];
        let texts: Vec<String> = statements.into_iter().flat_map(alone).collect();
        let cell = |answer: Result<Collected, ServerError>| match answer {
            Ok(collected) => Ok(collected.rows.into_iter().next().and_then(|row| row.into_iter().next().flatten())),
            Err(refused) => Err(Box::new(refused)),
        };
        let answers = self.wire.pipeline(&texts).await.map_err(|loss| self.lost(loss))?;
        Ok(answers.into_iter().step_by(2).map(cell).collect())
    }

    async fn set(&mut self, settings: OutputSettings) -> Result<(), BackendError> {
        let setting = |name: &str, value: &str| match value {
            "" => format!("RESET {name}"),
            value => format!("SET {name} = {}", quote_literal(value)),
        };
        let path = settings.search_path.map_or_else(
            || "RESET search_path".to_string(),
            |path| format!("SELECT pg_catalog.set_config('search_path', {}, false)", quote_literal(&path)),
        );
        let sql = [
            setting("DateStyle", &settings.date_style),
            setting("IntervalStyle", &settings.interval_style),
            setting("TimeZone", &settings.time_zone),
            path,
        ];
        let texts = [format!("{LIMITS}{}", sql.join("; "))];
        let answers = self.wire.pipeline(&texts).await.map_err(|loss| self.lost(loss))?;
        match answers.into_iter().find_map(Result::err) {
            None => Ok(()),
            Some(refused) => Err(BackendError::Refused {
                node: self.node.clone(),
                doing: "setting how values are printed".into(),
                error: Box::new(refused),
            }),
        }
    }

    fn lost(&self, loss: Loss) -> BackendError {
        let cause = match loss {
            Loss::Told(error) => error.message,
            Loss::Silent(cause) | Loss::Protocol(cause) | Loss::Unsent(cause) | Loss::Unusable(cause) => cause,
        };
        BackendError::Lost { node: self.node.clone(), cause, labels: vec![] }
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
