//! The sessions of one run of a scenario: made when they are first used, kept until its end, never shared with another.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard};

use crate::backend::BackendError;
use crate::backend::mongo::{MongoClients, MongoSession, Target};
use crate::backend::pg::{PgNode, PgSession};
use crate::model::{Datum, NodeName, Variables};
use crate::observation::Observation;

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
    pub async fn connected(&self) -> Result<MappedMutexGuard<'_, PgSession>, BackendError> {
        let mut slot = self.session.lock().await;
        let session = match slot.take().filter(|session| !session.is_lost()) {
            Some(session) => session,
            None => PgSession::connect(&self.node, &self.database, "polyspec").await?,
        };
        Ok(MutexGuard::map(slot, |slot| slot.insert(session)))
    }

    /// Adds what the server said beside its last answer, and what it was notified of.
    pub async fn told(&self, observation: &mut Observation) {
        if let Some(session) = self.session.lock().await.as_mut() {
            observation.notices = session.take_notices();
            observation.notifications = session.notifications().to_vec();
        }
    }
}

/// A MongoDB session.
pub type MongoSlot = Arc<Mutex<MongoSession>>;

/// Sessions by who they are; locked only while one is looked up.
type Slots<K, V> = std::sync::Mutex<BTreeMap<K, V>>;

/// The sessions of a run.
pub struct Sessions {
    database: String,
    clients: Option<Arc<MongoClients>>,
    pg: Slots<(NodeName, Option<String>), Arc<PgSlot>>,
    mongo: Slots<(Option<String>, Option<Target>), MongoSlot>,
}

fn locked<T>(map: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    map.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sessions {
    /// No sessions yet.
    pub fn new(database: String, clients: Option<Arc<MongoClients>>) -> Self {
        Self { database, clients, pg: Default::default(), mongo: Default::default() }
    }

    /// The session `name` on a peer; `None` is the scenario's own.
    pub fn pg(&self, node: &PgNode, name: Option<&str>) -> Arc<PgSlot> {
        let slot = || PgSlot { node: node.clone(), database: self.database.clone(), session: Mutex::new(None) };
        let key = (node.name.clone(), name.map(str::to_string));
        locked(&self.pg).entry(key).or_insert_with(|| Arc::new(slot())).clone()
    }

    /// Forgets the notifications that a step has looked at, in the session of this name on every peer.
    pub async fn forget_notifications(&self, name: Option<&str>) {
        let of_name = |((_, session), _): &(&(NodeName, Option<String>), &Arc<PgSlot>)| session.as_deref() == name;
        let slots: Vec<_> = locked(&self.pg).iter().filter(of_name).map(|(_, slot)| slot.clone()).collect();
        for slot in slots {
            if let Some(session) = slot.session.lock().await.as_mut() {
                session.forget_notifications();
            }
        }
    }

    /// The client session `name`; it is causally consistent. Without a name, the scenario's own on each target, not causal.
    pub fn mongo(&self, target: &Target, name: Option<&str>) -> Result<MongoSlot, BackendError> {
        let clients = self.clients.clone().ok_or_else(|| BackendError::Other("there is no MongoDB here".into()))?;
        let key = match name {
            Some(name) => (Some(name.to_string()), None),
            None => (None, Some(target.clone())),
        };
        let session = || Arc::new(Mutex::new(MongoSession::new(clients, name.is_some())));
        Ok(locked(&self.mongo).entry(key).or_insert_with(session).clone())
    }

    /// Ends what is open: transactions are aborted, PostgreSQL connections closed. What comes next begins afresh.
    pub async fn reset(&self, limit: Duration) {
        locked(&self.pg).clear();
        let slots: Vec<MongoSlot> = locked(&self.mongo).values().cloned().collect();
        for slot in slots {
            let mut session = slot.lock().await;
            if session.in_transaction() {
                // A transaction that cannot be aborted now ends with its server's time limit.
                let _ = session.abort(limit).await;
            }
        }
    }

    /// Ends every session that no task holds any more; open transactions end with them.
    pub async fn close(&self) {
        locked(&self.pg).clear();
        let slots = std::mem::take(&mut *locked(&self.mongo));
        for slot in slots.into_values() {
            if let Some(session) = Arc::into_inner(slot) {
                // A session that cannot be ended now ends by itself with its server's time limit.
                let _ = session.into_inner().close().await;
            }
        }
    }
}

/// Variables that every scenario has: `database` (its copy), `app_name` (what MongoDB knows its worker by).
pub(super) fn builtin(database: &str, app_name: &str) -> Variables {
    let text = |text: &str| Datum::Text(text.into());
    [("database".into(), text(database)), ("app_name".into(), text(app_name))].into()
}
