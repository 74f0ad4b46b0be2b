//! The one connection of the crate's runner: it sends to wherever the current record belongs, and tells answers of the system
//! under test from what polyspec itself has done and from broken machinery.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bson::Bson;
use sqllogictest::{ExpectedError, QueryExpect, Record, StatementExpect};

use crate::backend::BackendError;
use crate::backend::slt::{SltConnection, SltRecordKind};
use crate::engine::order::{Order, SqlText, Work};
use crate::engine::transport::Transport;
use crate::language::sql;
use crate::observation::{Observation, Outcome, OwnDoing, ServerError};

/// What the connection shares with the loop around it.
#[derive(Default)]
pub(super) struct Shared {
    /// Where the current record goes.
    pub route: Option<Order>,
    /// What it expects.
    pub awaited: Awaited,
    /// Time in which a server had a statement.
    pub server_time: Duration,
    /// What the last text that was sent came to.
    pub last: Last,
}

/// How a text that was sent ended.
#[derive(Default)]
pub(super) struct Last {
    /// The answer.
    pub observation: Option<Observation>,
    /// Why the machinery gave none.
    pub broken: Option<String>,
    /// An error that is no answer of the system under test, where an error is expected.
    pub own: Option<Own>,
}

/// An error that is no answer of the system under test.
#[derive(Debug, PartialEq)]
pub(super) enum Own {
    /// The record does not name it.
    Unnamed(Box<ServerError>),
    /// The record names a cancel, and it was polyspec who told the server to.
    Cancelled(Box<ServerError>),
}

/// Which error a record expects.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Awaited {
    /// None.
    #[default]
    Success,
    /// Any, or one with some message.
    Error,
    /// One with this SQLSTATE.
    State(String),
}

impl Awaited {
    /// What a record expects.
    pub fn of(record: &SltRecordKind) -> Self {
        let (Record::Statement { expected: StatementExpect::Error(error), .. }
        | Record::Query { expected: QueryExpect::Error(error), .. }) = record
        else {
            return Awaited::Success;
        };
        match error {
            ExpectedError::SqlState(state) => Awaited::State(state.clone()),
            _ => Awaited::Error,
        }
    }

    /// Whether the SQLSTATE of a lost connection is what is expected: its own, or one of class 08.
    fn names_loss(&self, error: &ServerError) -> bool {
        matches!(self, Awaited::State(state) if state.starts_with("08") || error.sqlstate.as_ref() == Some(state))
    }

    /// What `error`, which is no answer of the system under test, means to a record that expects this.
    fn weigh(&self, error: ServerError) -> Result<ServerError, Own> {
        match (self, &error.own) {
            (Awaited::Success, _) | (_, None) => Ok(error),
            (Awaited::State(state), Some(OwnDoing::Disconnected)) if self.names_loss(&error) => {
                Ok(ServerError { sqlstate: Some(state.clone()), ..error })
            }
            (Awaited::State(state), Some(OwnDoing::Cancelled)) if error.sqlstate.as_ref() == Some(state) => {
                Err(Own::Cancelled(error.into()))
            }
            _ => Err(Own::Unnamed(error.into())),
        }
    }
}

/// The runner's connection.
#[derive(Clone)]
pub(super) struct Switch {
    transport: Arc<dyn Transport>,
    shared: Arc<Mutex<Shared>>,
}

impl Switch {
    /// A connection that has not sent anything.
    pub fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, shared: Arc::default() }
    }

    /// What the loop and the connection share.
    pub fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn order(&self, text: &str) -> Result<Order, String> {
        let mut order = self.shared().route.clone().ok_or("there is no connection")?;
        match &mut order.work {
            Work::Sql { texts, .. } => {
                no_data(text)?;
                *texts = vec![SqlText::new(text)];
            }
            Work::Mongo { document, .. } => *document = command(text)?,
            _ => {}
        }
        Ok(order)
    }

    fn broken(&self, cause: String) -> Result<Outcome, String> {
        self.shared().last.broken = Some(cause.clone());
        Err(cause)
    }

    fn refused(&self, observation: Observation, error: ServerError) -> Outcome {
        let mut shared = self.shared();
        let weighed = shared.awaited.weigh(error.clone());
        let shown = weighed.as_ref().map_or(error, ServerError::clone);
        shared.last.own = weighed.err();
        shared.last.observation = Some(Observation { outcome: Outcome::Refused(shown.clone()), ..observation });
        Outcome::Refused(shown)
    }
}

#[async_trait]
impl SltConnection for Switch {
    async fn send(&mut self, text: &str) -> Result<Outcome, String> {
        self.shared().last = Last::default();
        let order = match self.order(text) {
            Ok(order) => order,
            Err(cause) => return self.broken(cause),
        };
        match self.transport.send(&order, None).await {
            Ok(observation) => {
                self.shared().server_time += observation.elapsed;
                let outcome = observation.outcome.clone();
                if let Outcome::Refused(error) = outcome {
                    return Ok(self.refused(observation, error));
                }
                self.shared().last.observation = Some(observation);
                Ok(outcome)
            }
            Err(error) => self.lost(&order.node, &error),
        }
    }
}

impl Switch {
    /// A lost connection is an answer only to a record that names it.
    fn lost(&self, node: &str, error: &BackendError) -> Result<Outcome, String> {
        let refusal = error.as_refusal().filter(|refusal| self.shared().awaited.names_loss(refusal));
        match refusal {
            None => self.broken(error.to_string()),
            Some(refusal) => {
                let observation = Observation::new(node, Outcome::Refused(refusal.clone()), Duration::ZERO);
                Ok(self.refused(observation, refusal))
            }
        }
    }
}

/// A record has no rows to give: the refusal of COPY without them would be polyspec's doing.
fn no_data(text: &str) -> Result<(), String> {
    match sql::statements(text).into_iter().any(|part| sql::copies_from_stdin(&text[part])) {
        false => Ok(()),
        true => Err("a record has no rows for COPY FROM STDIN: write INSERT, or a step of YAML with `stdin`".into()),
    }
}

/// The text of a record on a MongoDB connection: one command document in Extended JSON.
fn command(text: &str) -> Result<bson::Document, String> {
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("not a command document in Extended JSON: {error}"))?;
    match Bson::try_from(json) {
        Ok(Bson::Document(document)) => Ok(document),
        Ok(_) => Err("a command is a document".into()),
        Err(error) => Err(format!("not Extended JSON: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn awaited(record: &str) -> Awaited {
        let records = sqllogictest::parse(&format!("{record}\nSELECT 1\n")).unwrap();
        Awaited::of(&records[0])
    }

    fn error(sqlstate: &str, own: Option<OwnDoing>) -> ServerError {
        ServerError { sqlstate: Some(sqlstate.into()), own, ..ServerError::default() }
    }

    #[test]
    fn what_polyspec_does_meets_no_expected_error_that_does_not_name_it() {
        for record in ["statement error", "query error", "statement error 57014", "query error (22012)"] {
            for own in [error("57014", Some(OwnDoing::Cancelled)), error("57P01", Some(OwnDoing::Disconnected))] {
                assert_eq!(awaited(record).weigh(own.clone()), Err(Own::Unnamed(own.into())), "{record}");
            }
        }
        let cancelled = error("57014", Some(OwnDoing::Cancelled));
        assert_eq!(awaited("statement error (57014)").weigh(cancelled.clone()), Err(Own::Cancelled(cancelled.into())));
    }

    #[test]
    fn a_lost_connection_is_named_by_its_sqlstate_or_by_one_of_class_08() {
        for state in ["57P01", "08006", "08003"] {
            let lost = error("57P01", Some(OwnDoing::Disconnected));
            let weighed = awaited(&format!("statement error ({state})")).weigh(lost).unwrap();
            assert_eq!(weighed.sqlstate.as_deref(), Some(state));
        }
    }

    #[test]
    fn what_the_server_refuses_is_its_own_answer() {
        let refused = error("57014", None);
        assert_eq!(awaited("statement error").weigh(refused.clone()), Ok(refused));
        let cancelled = error("57014", Some(OwnDoing::Cancelled));
        assert_eq!(awaited("statement ok").weigh(cancelled.clone()), Ok(cancelled));
    }
}
