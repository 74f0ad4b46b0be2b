//! Mutants that nobody wrote: the catalogs of the built system are read, and each thing in them is taken away or weakened,
//! one a mutant.

mod change;
mod likelihood;
mod mongo;
mod partitions;
mod postgres;
mod replication;
mod runner;
mod scorecard;
#[cfg(test)]
mod tests;

pub use change::Change;
pub use runner::{Field, grade};
pub use scorecard::{Graded, Scorecard};

use crate::catalog::Catalog;
use crate::model::System;

/// Every change to a built system, by name.
pub fn derive(catalog: &Catalog, system: &System) -> Vec<Change> {
    let pg = catalog.pg.iter().flat_map(|(peer, catalog)| postgres::changes(peer, catalog));
    let mut changes = change::merged(pg);
    changes.extend(replication::changes(&system.replication));
    changes.extend(catalog.mongo.iter().flat_map(mongo::changes));
    changes.sort_by(|a, b| a.name.cmp(&b.name));
    changes
}
