//! What a scenario leaves on the servers beside its databases: on polyspec's own it is undone; on someone else's it must not
//! come to be.

use std::collections::BTreeSet;

use super::outcome::too_far;
use super::worker::Worker;
use super::{Footprint, Job};
use crate::backend::BackendError;
use crate::backend::mongo::{self, SharedState};
use crate::backend::pg::{self, PgNode, SharedThings};
use crate::model::{Action, Body, Engine, SqlSource, Step};
use crate::source::Span;
use crate::verdict::Evidence;

/// What all databases shared before the scenario.
#[derive(Default)]
pub(super) struct Before {
    pg: Vec<(PgNode, SharedThings)>,
    mongo: Option<SharedState>,
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
        let list = async {
            let mut before = Before::default();
            if engines.contains(&Engine::Pg) {
                for node in &self.context.servers.pg {
                    before.pg.push((node.clone(), pg::shared_things(node).await?));
                }
            }
            if let Some(clients) = self.clients.as_ref().filter(|_| engines.contains(&Engine::Mongo)) {
                before.mongo = Some(mongo::shared_state(clients).await?);
            }
            Ok(before)
        };
        self.health.own(&engines, "listing what databases share", list).await
    }

    /// Undoes what a scenario changed in MongoDB beside its database. This comes before the database is dropped: under a lock
    /// it could not be.
    pub(super) async fn undo_in_mongo(&self, before: &Before) -> Result<(), String> {
        let (Some(before), Some(clients)) = (&before.mongo, &self.clients) else { return Ok(()) };
        let undo = async {
            mongo::unlock(clients).await?;
            let after = mongo::shared_state(clients).await?;
            if mongo::differences(before, &after).is_empty() {
                return Ok(vec![]);
            }
            let undone = mongo::restore_state(clients, before, &after).await;
            let left = mongo::differences(before, &mongo::shared_state(clients).await?);
            if left.is_empty() { Ok(left) } else { undone.map(|()| left) }
        };
        let left = self.health.own(&[Engine::Mongo].into(), "undoing what a scenario has changed", undo).await;
        self.left(Engine::Mongo, left)
    }

    /// The same in PostgreSQL, after its databases are dropped: roles may own something in them.
    pub(super) async fn undo_in_pg(&self, before: &Before) -> Result<(), String> {
        if before.pg.is_empty() {
            return Ok(());
        }
        let undo = async {
            let mut all = vec![];
            for (node, before) in &before.pg {
                let after = pg::shared_things(node).await?;
                if pg::left_behind(before, &after).is_empty() {
                    continue;
                }
                let undone = pg::restore_shared(node, before, &after).await;
                let left = pg::left_behind(before, &pg::shared_things(node).await?);
                if !left.is_empty() {
                    undone?;
                    all.extend(left);
                }
            }
            Ok(all)
        };
        let left = self.health.own(&[Engine::Pg].into(), "undoing what a scenario has changed", undo).await;
        self.left(Engine::Pg, left)
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
