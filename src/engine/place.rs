//! Where a scenario runs: a copy of the system of its own, or one that it shares with others that only read.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::case::Worker;
use super::{Footprint, Job};
use crate::backend::BackendError;
use crate::backend::mongo::MongoClients;
use crate::backend::pg::PgNode;
use crate::model::{Engine, System};
use crate::system::{Copy, CopyRequest, Servers};
use crate::verdict::{Evidence, Verdict};

/// Copies that scenarios which only read may share; made when the first of them comes.
#[derive(Default)]
pub(super) struct SharedCopies(tokio::sync::Mutex<BTreeMap<SharedKey, Arc<Copy>>>);

/// A system's fingerprint, the peers' names, and whether MongoDB is there.
type SharedKey = (String, Vec<String>, bool);

/// Where a job is to run.
pub(super) enum Place {
    /// On a copy of its own.
    Own(Copy),
    /// On a copy that others of its kind read, too, with the server refusing every write.
    Shared(Arc<Copy>),
    /// Nowhere: it is over before it has begun.
    Nowhere(Verdict),
}

impl Worker<'_> {
    /// Finds a job its place: a copy is made, or one that is there is shared.
    pub(super) async fn place(&self, job: &Job, footprint: &Footprint) -> Place {
        if let Some(reason) = super::needs::missing(&job.scenario, footprint, self).await {
            return Place::Nowhere(Verdict::Skip { reason });
        }
        if footprint.reads_only
            && !self.options.keep
            && let Some(copy) = self.shared_copy(job, footprint).await
        {
            return Place::Shared(copy);
        }
        match self.make_copy(job, footprint).await {
            Ok(copy) => Place::Own(copy),
            Err(evidence) => Place::Nowhere(Verdict::Error { evidence }),
        }
    }

    /// Gives up a place in which nothing was done. What cannot be dropped here is swept at the end of the run.
    pub(super) async fn leave(&self, place: Place) {
        if let Place::Own(copy) = place {
            let _ = copy.remove(self.clients.as_deref()).await;
        }
    }

    async fn shared_copy(&self, job: &Job, footprint: &Footprint) -> Option<Arc<Copy>> {
        let peers = self.peers_of(job, footprint);
        let names = peers.iter().map(|node| node.name.to_string()).collect();
        let fingerprint = job.system.as_ref().map(|system| system.fingerprint.clone()).unwrap_or_default();
        let key = (fingerprint, names, footprint.uses(Engine::Mongo));
        let mut shared = self.shared.0.lock().await;
        match shared.get(&key) {
            Some(copy) => Some(copy.clone()),
            None => {
                let copy = Arc::new(self.make_copy(job, footprint).await.ok()?);
                Some(shared.entry(key).or_insert(copy).clone())
            }
        }
    }

    /// A copy of a job's own.
    pub(super) async fn make_copy(&self, job: &Job, footprint: &Footprint) -> Result<Copy, Vec<Evidence>> {
        let span = &job.scenario.title.span;
        let template = match &job.system {
            Some(system) => match self.built.get(&system.fingerprint) {
                Some(Ok(template)) => Some(template),
                Some(Err(evidence)) => return Err(evidence.clone()),
                None => None,
            },
            None => None,
        };
        let request = CopyRequest {
            template,
            pg: self.peers_of(job, footprint),
            mongo: footprint.uses(Engine::Mongo),
            cuts: footprint.cuts,
            replication: job.system.as_ref().map_or(&[], |system| &system.system.replication),
            database: self.run.next_database(),
        };
        let made = Copy::make(request, self.clients.as_deref()).await;
        made.map_err(|error| vec![super::step::plain(span, &format!("no copy of the system could be made: {error}"))])
    }

    fn peers_of(&self, job: &Job, footprint: &Footprint) -> Vec<PgNode> {
        match &job.system {
            Some(system) => peers(footprint, self.servers, &system.system),
            None => footprint.peers(self.servers).into_iter().cloned().collect(),
        }
    }
}

/// The peers of a scenario's copy: those that it speaks to, or all when it speaks to several and the system replicates: the
/// way from one to another may lead through a third.
pub(super) fn peers(footprint: &Footprint, servers: &Servers, system: &System) -> Vec<PgNode> {
    let spoken = footprint.peers(servers);
    if spoken.len() > 1 && !system.replication.is_empty() {
        return servers.pg.clone();
    }
    spoken.into_iter().cloned().collect()
}

/// Drops what was shared.
pub(super) async fn drop_shared(shared: SharedCopies, clients: Option<&MongoClients>) -> Result<(), BackendError> {
    for copy in shared.0.into_inner().into_values() {
        copy.remove(clients).await?;
    }
    Ok(())
}
