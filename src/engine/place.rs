//! Where a scenario runs: on a copy of the system of its own.

use std::time::Instant;

use super::case::Worker;
use super::{Footprint, Job};
use crate::backend::BackendError;
use crate::backend::pg::PgNode;
use crate::model::{Engine, System};
use crate::system::{Copy, CopyRequest, Servers};
use crate::verdict::{Evidence, Verdict};

/// Where a job is to run.
pub(super) enum Place {
    /// On a copy of its own.
    Own(Copy),
    /// Nowhere: it is over before it has begun.
    Nowhere(Verdict),
}

impl Worker<'_> {
    /// Finds a job its place. Every job has a copy of its own, one that only reads too: it could tell that it shares one by
    /// a lock, a sequence, a view of other sessions, or a setting that keeps the copy from being written.
    pub(super) async fn place(&self, job: &Job, footprint: &Footprint) -> Place {
        if let Some(reason) = super::needs::missing(&job.scenario, footprint, self).await {
            return Place::Nowhere(Verdict::Skip { reason });
        }
        if let Some(evidence) = self.reaches_too_far(job, footprint) {
            return Place::Nowhere(Verdict::Error { evidence });
        }
        match self.make_copy(job, footprint).await {
            Ok(copy) => Place::Own(copy),
            Err(evidence) => Place::Nowhere(Verdict::Error { evidence }),
        }
    }

    /// Drops a copy. One that cannot be dropped here is swept at the end of the run.
    pub(super) async fn drop_copy(&self, copy: &Copy, footprint: &Footprint) -> Result<(), BackendError> {
        if self.interrupt.is_set() && self.host.servers_end_with_run() {
            return Ok(());
        }
        let engines = footprint.engines();
        let drop = || self.health.own(&engines, "dropping a copy", copy.remove(self.clients.as_deref()));
        match drop().await {
            // A connection that was idle may have been lost when its server crashed, and dropping can be said twice.
            Err(_) if self.health.lost(&engines).is_none() && !self.interrupt.is_set() => drop().await,
            done => done,
        }
    }

    /// Gives up a place in which nothing was done. What cannot be dropped here is swept at the end of the run.
    pub(super) async fn leave(&self, place: Place, footprint: &Footprint) {
        if let Place::Own(copy) = place {
            let _ = self.drop_copy(&copy, footprint).await;
        }
    }

    /// A copy of a job's own. When a server was lost and has come back, it is made once more.
    async fn make_copy(&self, job: &Job, footprint: &Footprint) -> Result<Copy, Vec<Evidence>> {
        let span = &job.scenario.title.span;
        let template = match &job.system {
            Some(system) => match self.built.get(&system.fingerprint) {
                Some(Ok(template)) => Some(template),
                Some(Err(evidence)) => return Err(evidence.clone()),
                None => None,
            },
            None => None,
        };
        let request = || CopyRequest {
            template,
            pg: self.peers_of(job, footprint),
            mongo: footprint.uses(Engine::Mongo),
            cuts: footprint.cuts,
            replication: job.system.as_ref().map_or(&[], |system| &system.system.replication),
            database: self.run.next_database(),
        };
        let engines = footprint.engines();
        if let Some(cause) = self.health.closed(&engines) {
            return Err(vec![super::step::plain(span, &cause)]);
        }
        let begun = Instant::now();
        let make = || self.health.own(&engines, "copying a system", Copy::make(request(), self.clients.as_deref()));
        let made = match make().await {
            Err(_) if self.health.trouble_since(&engines, begun).is_some() && self.health.lost(&engines).is_none() => {
                make().await
            }
            made => made,
        };
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
