//! What a scenario leaves on the servers beside its databases: on polyspec's own it is undone; on someone else's it must not
//! come to be.

use std::collections::BTreeSet;

use super::outcome::too_far;
use super::site::Shared;
use super::worker::Worker;
use super::{Footprint, Job};
use crate::backend::BackendError;
use crate::model::{Action, Body, Engine, SqlSource, Step};
use crate::source::Span;
use crate::verdict::Evidence;

/// What all databases of these engines shared before the scenario, which may change it.
#[derive(Default)]
pub(super) struct Before {
    engines: BTreeSet<Engine>,
    shared: Shared,
}

impl Worker<'_> {
    /// Why a scenario must not run on these servers: it changes what every database of someone else's servers sees.
    pub(super) fn reaches_too_far(&self, job: &Job) -> Option<Vec<Evidence>> {
        if self.context.options.allow_cluster_changes {
            return None;
        }
        let external = |engine: &Engine| !self.owns(*engine);
        let in_text = job.footprint.reaches.iter().find(|(engine, _)| external(engine)).map(|(_, what)| what.clone());
        let in_files = || self.reach_of_files(job).filter(|_| external(&Engine::Pg));
        let what = in_text.or_else(in_files)?;
        Some(vec![too_far(&job.scenario.title.span, &what)])
    }

    fn owns(&self, engine: Engine) -> bool {
        match engine {
            Engine::Pg => self.context.servers.pg.iter().all(|node| node.owned),
            Engine::Mongo => self.context.servers.mongo.as_ref().is_none_or(|set| set.owned),
        }
    }

    /// What files of SQL that the scenario names would change. One that cannot be read is told of when its turn comes.
    fn reach_of_files(&self, job: &Job) -> Option<String> {
        let Body::Steps { steps, finally } = &job.scenario.body else { return None };
        let file = |step: &Step| match &step.action {
            Action::Sql { source: SqlSource::File(file), .. } => Some((file.span.clone(), file.value.clone())),
            _ => None,
        };
        let read = |(span, path): (Span, String)| {
            let text = String::from_utf8(self.context.host.read(&span, &path).ok()?).ok()?;
            super::reach::of_sql(&text).map(|(_, what)| what)
        };
        steps.iter().chain(finally).filter_map(file).find_map(read)
    }

    /// What the databases share before a scenario that may change it; nothing for any other, and on someone else's servers.
    pub(super) async fn before(&self, footprint: &Footprint) -> Result<Before, BackendError> {
        let engines: BTreeSet<Engine> = footprint.reaches.keys().copied().filter(|engine| self.owns(*engine)).collect();
        if engines.is_empty() {
            return Ok(Before::default());
        }
        let shared = self.health.own(&engines, "listing what databases share", self.site.shared(&engines)).await?;
        Ok(Before { engines, shared })
    }

    /// Undoes what a scenario changed on an engine beside its database: in MongoDB before the database is dropped, which under
    /// a lock it could not be; in PostgreSQL after it, since roles may own something in it.
    pub(super) async fn undo(&self, engine: Engine, before: &Before) -> Result<(), String> {
        if !before.engines.contains(&engine) {
            return Ok(());
        }
        let undo = self.site.undo(engine, &before.shared);
        let left = self.health.own(&[engine].into(), "undoing what a scenario has changed", undo).await;
        self.left(engine, left)
    }

    /// What cannot be undone would be seen by every later scenario: none of them runs there any more.
    fn left(&self, engine: Engine, left: Result<Vec<String>, BackendError>) -> Result<(), String> {
        let cause = match left {
            Ok(left) if left.is_empty() => return Ok(()),
            Ok(left) => format!("it changed what every database sees, and that cannot be undone: {}", left.join(", ")),
            Err(error) => format!("it changed what every database sees, and that could not be undone: {error}"),
        };
        if !self.interrupt.is_set() {
            self.health.close(engine, format!("a scenario has changed the servers of {engine} for all: {cause}"));
        }
        Err(cause)
    }
}
