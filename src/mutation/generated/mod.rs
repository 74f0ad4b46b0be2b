//! Mutants that no one wrote. The catalogs of the built system are read, and each thing in them is removed or weakened, one a
//! mutant; data is changed on its way in, code has one word otherwise, and so have the lists of steps.

mod change;
mod code;
mod data;
mod lists;
mod mongo;
mod partitions;
mod postgres;
mod replication;
mod sample;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use change::Change;
pub use sample::sample;

use super::mutant::{Hints, Mutant, Noticed};
use crate::catalog::{Catalog, PgCatalog};
use crate::engine::{Survey, SystemUnderTest};
use crate::model::{NodeName, System};
use change::Edit;

/// Every change to a built system, by name.
pub fn derive(catalog: &Catalog, system: &System) -> Vec<Change> {
    let of_peer = |(peer, catalog): &(NodeName, PgCatalog)| {
        let changes = postgres::changes(peer, catalog).into_iter().chain(data::changes(peer, catalog));
        changes.chain(code::changes(peer, catalog)).collect::<Vec<_>>()
    };
    let mut changes = change::merged(catalog.pg.iter().flat_map(of_peer));
    if let [_, .., (peer, last)] = catalog.pg.as_slice() {
        changes.extend(data::at_one_peer(peer, last));
    }
    changes.extend(replication::changes(&system.replication));
    changes.extend(catalog.mongo.iter().flat_map(mongo::changes));
    if !catalog.mongo.is_empty() {
        changes.extend(lists::changes(&system.steps));
    }
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
    let mut system = System { title: change.span().of(change.text()), build: change.steps(), ..built.system.clone() };
    match &change.edit {
        Edit::Replication { declared, .. } => system.replication = declared.clone(),
        Edit::List { list, steps, .. } => drop(system.steps.insert(list.clone(), steps.clone())),
        Edit::Sql { .. } | Edit::Mongo(_) => {}
    }
    let noticed = match &change.edit {
        Edit::Sql { on, .. } => Noticed::OnPeers(on.clone()),
        Edit::Mongo(_) => Noticed::OnMongo,
        Edit::List { list, .. } => Noticed::InLists([list.clone()].into()),
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
    let thing = change.name.strip_suffix(change.kind.as_str()).unwrap_or(&change.name);
    let how = format!("{}.{}", change.engine(), change.kind);
    let topics = vec![change.object.clone(), thing.to_string(), how];
    Hints { object: change.object.clone(), words: change.words.clone(), topics }
}
