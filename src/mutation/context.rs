//! What mutation testing needs around it.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Host, Interrupt, Options};
use crate::system::Servers;

/// What a run over mutants needs around it.
pub struct MutationContext<'a> {
    /// The servers.
    pub servers: &'a Servers,
    /// The world of the engine.
    pub host: &'a dyn Host,
    /// The options; how many mutants run side by side are its jobs.
    pub options: &'a Options,
    /// Every scenario that can notice a mutant is run on it, not only until it is killed.
    pub all: bool,
    /// Names of mutants that the suite explains: nothing costly is run any more to kill them.
    pub explained: BTreeSet<String>,
    /// Runs that killed a mutant when it was last run, by its name: they come first.
    pub recorded: BTreeMap<String, Vec<String>>,
    /// The request to stop.
    pub interrupt: Interrupt,
}
