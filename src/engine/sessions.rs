//! The sessions of one run of a scenario: made when they are first used, kept until its end, never shared with another.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};

use crate::backend::BackendError;
use crate::backend::mongo::{MongoClients, MongoSession, Target};
use crate::backend::pg::{PgNode, PgSession};
use crate::model::{Datum, NodeName, Variables};
use crate::observation::Observation;
use crate::system::Copy;

/// A PostgreSQL session that connects when it is used. After its connection was lost, the next step is told so, and only
/// the one after that gets a new connection: what the old one held is gone.
pub struct PgSlot {
    /// The server.
    pub node: PgNode,
    database: String,
    session: Mutex<Option<PgSession>>,
}

impl PgSlot {
    /// The session, connected.
    pub async fn connected(&self) -> Result<ConnectedPg<'_>, BackendError> {
        let mut session = self.session.lock().await;
        if session.as_ref().is_none_or(PgSession::is_lost) {
            *session = Some(PgSession::connect(&self.node, &self.database, "polyspec").await?);
        }
        Ok(ConnectedPg(session))
    }

    /// Adds what the server said beside its last answer, and what it was notified of.
    pub async fn told(&self, observation: &mut Observation) {
        if let Some(session) = self.session.lock().await.as_mut() {
            observation.notices = session.take_notices();
            observation.notifications = session.notifications().to_vec();
        }
    }
}

/// A locked slot whose session is connected.
pub struct ConnectedPg<'a>(MutexGuard<'a, Option<PgSession>>);

impl ConnectedPg<'_> {
    /// The session.
    pub fn session(&mut self) -> &mut PgSession {
        self.0.as_mut().expect("a connected slot has a session")
    }
}

/// A MongoDB session.
pub type MongoSlot = Arc<Mutex<MongoSession>>;

/// The sessions of a run.
pub struct Sessions {
    copy: Arc<Copy>,
    clients: Option<Arc<MongoClients>>,
    pg: BTreeMap<(NodeName, Option<String>), Arc<PgSlot>>,
    mongo: BTreeMap<(Option<String>, Option<Target>), MongoSlot>,
    disturbed: bool,
}

impl Sessions {
    /// No sessions yet.
    pub fn new(copy: Arc<Copy>, clients: Option<Arc<MongoClients>>) -> Self {
        Self { copy, clients, pg: BTreeMap::new(), mongo: BTreeMap::new(), disturbed: false }
    }

    /// A fault is injected: a session that is lost from now on may be lost by its author's will.
    pub fn disturb(&mut self) {
        self.disturbed = true;
    }

    /// Whether a step that is tried again may go on after its session was lost with the server's last words: those of a
    /// server that a fault has stopped say nothing about the system.
    pub fn may_be_lost(&self) -> bool {
        self.disturbed
    }

    /// The copy that they are on.
    pub fn copy(&self) -> &Arc<Copy> {
        &self.copy
    }

    /// The MongoDB clients, when there is a replica set.
    pub fn clients(&self) -> Option<&Arc<MongoClients>> {
        self.clients.as_ref()
    }

    /// The session `name` on a peer; `None` is the scenario's own.
    pub fn pg(&mut self, node: &PgNode, name: Option<&str>) -> Arc<PgSlot> {
        let slot = || PgSlot { node: node.clone(), database: self.copy.database.clone(), session: Mutex::new(None) };
        let key = (node.name.clone(), name.map(str::to_string));
        self.pg.entry(key).or_insert_with(|| Arc::new(slot())).clone()
    }

    /// Forgets the notifications that a step has looked at, in the session of this name on every peer.
    pub async fn forget_notifications(&self, name: Option<&str>) {
        for (_, slot) in self.pg.iter().filter(|((_, session), _)| session.as_deref() == name) {
            if let Some(session) = slot.session.lock().await.as_mut() {
                session.forget_notifications();
            }
        }
    }

    /// The client session `name`; it is causally consistent. Without a name, the scenario's own on each target, not causal.
    pub fn mongo(&mut self, target: &Target, name: Option<&str>) -> Result<MongoSlot, BackendError> {
        let clients = self.clients.clone().ok_or_else(|| BackendError::Other("there is no MongoDB here".into()))?;
        let key = match name {
            Some(name) => (Some(name.to_string()), None),
            None => (None, Some(target.clone())),
        };
        let session = || Arc::new(Mutex::new(MongoSession::new(clients, name.is_some())));
        Ok(self.mongo.entry(key).or_insert_with(session).clone())
    }

    /// Ends what is open: transactions are aborted, PostgreSQL connections closed. What comes next begins afresh.
    pub async fn reset(&mut self, limit: Duration) {
        self.pg.clear();
        for slot in self.mongo.values() {
            let mut session = slot.lock().await;
            if session.in_transaction() {
                // A transaction that cannot be aborted now ends with its server's time limit.
                let _ = session.abort(limit).await;
            }
        }
    }

    /// Ends every session that no task holds any more; open transactions end with them.
    pub async fn close(&mut self) {
        self.pg.clear();
        for (_, slot) in std::mem::take(&mut self.mongo) {
            if let Some(session) = Arc::into_inner(slot) {
                // A session that cannot be ended now ends by itself with its server's time limit.
                let _ = session.into_inner().close().await;
            }
        }
    }
}

/// Variables that every scenario has: `database` (its copy), `app_name` (what MongoDB knows its worker by).
pub(super) fn builtin(database: &str, clients: Option<&MongoClients>) -> Variables {
    let app_name = clients.map_or_else(String::new, |clients| clients.app_name.clone());
    [("database".into(), Datum::Text(database.into())), ("app_name".into(), Datum::Text(app_name))].into()
}
