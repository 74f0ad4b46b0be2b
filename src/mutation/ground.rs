//! What mutation testing needs around it.

use crate::engine::{Host, Interrupt, Options};
use crate::system::Servers;

/// What a run over mutants needs around it.
pub struct Ground<'a> {
    /// The servers.
    pub servers: &'a Servers,
    /// The world of the engine.
    pub host: &'a dyn Host,
    /// The options; how many mutants run side by side are its jobs.
    pub options: &'a Options,
    /// Every scenario that cites what a mutant breaks, instead of until each requirement has a killer.
    pub all: bool,
    /// The wish to stop.
    pub interrupt: Interrupt,
}
