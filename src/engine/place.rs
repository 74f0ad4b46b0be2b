//! Where a scenario runs: on a copy of the system of its own.

use std::sync::Arc;

use tokio::time::Instant;

use super::Job;
use super::worker::Worker;
use crate::backend::BackendError;
use crate::model::Engine;
use crate::system::{Copy, CopyRequest};
use crate::verdict::{Evidence, Verdict};

/// Where a job is to run.
pub(super) enum Place {
    /// On a copy of its own.
    Own(Arc<Copy>),
    /// Nowhere: it is over before it has begun.
    Nowhere(Verdict),
}

impl Worker<'_> {
    /// Finds a job its place. Every job has a copy of its own, one that only reads too: it could tell that it shares one by
    /// a lock, a sequence, a view of other sessions, or a setting that keeps the copy from being written.
    pub(super) async fn place(&self, job: &Job) -> Place {
        if let Some(reason) = super::needs::missing(job, self.context, self.site).await {
            return Place::Nowhere(Verdict::Skip { reason });
        }
        if let Some(evidence) = self.reaches_too_far(job) {
            return Place::Nowhere(Verdict::Error { evidence });
        }
        match self.make_copy(job).await {
            Ok(copy) => Place::Own(copy),
            Err(evidence) => Place::Nowhere(Verdict::Error { evidence }),
        }
    }

    /// Drops a copy. One that cannot be dropped here is swept at the end of the run.
    pub(super) async fn drop_copy(&self, copy: &Copy, job: &Job) -> Result<(), BackendError> {
        if self.interrupt.is_set() && self.context.host.servers_end_with_run() {
            return Ok(());
        }
        let engines = job.footprint.engines();
        let drop = || self.health.own(&engines, "dropping a copy", self.site.remove(copy));
        match drop().await {
            // A connection that was idle may have been lost when its server crashed, and dropping can be said twice.
            Err(_) if self.health.lost(&engines).is_none() && !self.interrupt.is_set() => drop().await,
            done => done,
        }
    }

    /// Gives up a place in which nothing was done. What cannot be dropped here is swept at the end of the run.
    pub(super) async fn leave(&self, place: Place, job: &Job) {
        if let Place::Own(copy) = place {
            let _ = self.drop_copy(&copy, job).await;
        }
    }

    /// A copy of a job's own. When a server was lost and has come back, it is made once more.
    async fn make_copy(&self, job: &Job) -> Result<Arc<Copy>, Vec<Evidence>> {
        let span = &job.scenario.title.span;
        let template = match &job.system {
            Some(system) => match self.built.get(&system.fingerprint) {
                Some(Ok(template)) => Some(template),
                Some(Err(evidence)) => return Err(evidence.clone()),
                None => None,
            },
            None => None,
        };
        let goes_on = job.system.as_ref().filter(|system| system.base.is_some());
        let linked = job.system.as_ref().filter(|_| goes_on.is_none());
        let request = || CopyRequest {
            template,
            pg: self.context.servers.having(|peers| job.peers(peers)),
            mongo: job.footprint.uses(Engine::Mongo),
            commands: &job.footprint.commands,
            cuts: job.footprint.cuts,
            replication: linked.map_or(&[], |system| &system.system.replication),
            database: self.run.next_database(),
        };
        let engines = job.footprint.engines();
        if let Some(cause) = self.health.closed(&engines) {
            return Err(vec![Evidence::at(span, &cause)]);
        }
        let begun = Instant::now();
        let make = || self.health.own(&engines, "copying a system", self.site.make(request()));
        let made = match make().await {
            Err(_) if self.health.trouble_since(&engines, begun).is_some() && self.health.lost(&engines).is_none() => {
                make().await
            }
            made => made,
        };
        let made =
            made.map_err(|error| vec![Evidence::at(span, format!("no copy of the system could be made: {error}"))]);
        let copy = Arc::new(made?);
        if let Some(system) = goes_on
            && let Err(evidence) = self.go_on(job, system, &copy).await
        {
            // The first error is what the user must see; what cannot be dropped now is swept at the end of the run.
            let _ = self.drop_copy(&copy, job).await;
            return Err(evidence);
        }
        Ok(copy)
    }
}
