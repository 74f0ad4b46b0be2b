//! What runs share that go over the same servers one after the other: a name for what they make there, and their clients.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use crate::backend::mongo::MongoClients;
use crate::model::Engine;
use crate::system::{RunId, Servers};

/// Runs on the same servers, one after the other. Connecting to a replica set and making a user there takes longer than a
/// short scenario, so that what is made for one run serves the next.
pub struct Series {
    /// What all that they make is named after.
    pub(super) run: RunId,
    /// The clients of the administrator of the replica set, if there is one.
    pub(super) admin: Option<Arc<MongoClients>>,
    /// Each worker's own, whose user's rights go from copy to copy with it.
    workers: Mutex<Vec<Arc<MongoClients>>>,
    engines: Mutex<BTreeSet<Engine>>,
}

impl Series {
    /// Nothing is connected yet.
    pub fn new(servers: &Servers) -> Self {
        let run = RunId::new();
        let admin = servers.mongo.clone().map(|set| Arc::new(MongoClients::new(set, format!("polyspec-{run}"))));
        Self { run, admin, workers: Mutex::default(), engines: Mutex::default() }
    }

    /// The clients of a worker; `None` without a replica set.
    pub(super) fn clients(&self, worker: usize) -> Option<Arc<MongoClients>> {
        let admin = self.admin.as_ref()?;
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        while workers.len() <= worker {
            let number = workers.len();
            let user = format!("{}w{number}", self.run.prefix());
            let clients = MongoClients::for_scenarios(admin, format!("polyspec-{}-{number}", self.run), user);
            workers.push(Arc::new(clients));
        }
        workers.get(worker).cloned()
    }

    /// Notes that a run uses these engines.
    pub(super) fn note(&self, engines: &BTreeSet<Engine>) {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner).extend(engines);
    }

    /// The engines that its runs have used: on another nothing is left of them.
    pub(super) fn engines(&self) -> BTreeSet<Engine> {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Closes every connection.
    pub(super) async fn close(&self) {
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        for clients in workers.iter().chain(&self.admin) {
            clients.close().await;
        }
    }
}
