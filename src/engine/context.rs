//! What everything in a run shares.

use super::{Host, Options, Reporting};
use crate::system::Servers;

/// The servers of a run, the world around it, how to run, and where events go.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The servers.
    pub servers: &'a Servers,
    /// Files of the suite, goldens, faults and programs.
    pub host: &'a dyn Host,
    /// How to run.
    pub options: &'a Options,
    /// Where events go.
    pub reporting: &'a Reporting,
}
