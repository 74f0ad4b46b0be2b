//! Mutants that no one wrote: the catalogs of the built system are read, and each thing in them is removed or weakened, one a
//! mutant.

mod change;
mod mongo;
mod partitions;
mod postgres;
mod replication;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use change::Change;

use super::mutant::{Hints, Mutant, Noticed};
use crate::catalog::Catalog;
use crate::engine::{Survey, SystemUnderTest};
use crate::model::System;
use change::Edit;

/// Every change to a built system, by name.
pub fn derive(catalog: &Catalog, system: &System) -> Vec<Change> {
    let pg = catalog.pg.iter().flat_map(|(peer, catalog)| postgres::changes(peer, catalog));
    let mut changes = change::merged(pg);
    changes.extend(replication::changes(&system.replication));
    changes.extend(catalog.mongo.iter().flat_map(mongo::changes));
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}

/// The built system itself: what it consists of is there already.
pub fn built(system: &SystemUnderTest, survey: &Survey) -> Arc<SystemUnderTest> {
    let unchanged = System { build: vec![], ..system.system.clone() };
    Arc::new(SystemUnderTest { system: unchanged, base: Some(survey.template.clone()), ..system.clone() })
}

/// The mutant that a change makes of the built system.
pub fn mutant(change: &Change, built: &SystemUnderTest) -> Mutant {
    let replication = match &change.edit {
        Edit::Replication { declared, .. } => declared.clone(),
        Edit::Sql { .. } | Edit::Mongo(_) => built.system.replication.clone(),
    };
    let system =
        System { title: change.span().of(change.text()), build: change.steps(), replication, ..built.system.clone() };
    let noticed = match &change.edit {
        Edit::Sql { on, .. } => Noticed::OnPeers(on.clone()),
        Edit::Mongo(_) => Noticed::OnMongo,
        Edit::Replication { .. } => Noticed::OnLinks,
    };
    Mutant {
        name: change.name.clone(),
        change: change.text(),
        breaks: Default::default(),
        system: Arc::new(SystemUnderTest {
            system,
            fingerprint: format!("{}_{}", built.fingerprint, change.name),
            base: built.base.clone(),
        }),
        source: Some(change.source()),
        noticed,
        hints: hints(change),
    }
}

/// What mutants have in common: the object that they change, the thing of it, and how.
fn hints(change: &Change) -> Hints {
    let thing = change.name.strip_suffix(change.kind()).unwrap_or(&change.name);
    let how = format!("{}.{}", change.engine(), change.kind());
    let topics = vec![change.object.clone(), thing.to_string(), how];
    Hints { object: change.object.clone(), words: change.words.clone(), topics }
}
