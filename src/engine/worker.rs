//! What the scenarios that one worker runs, one after the other, share.

use tokio::sync::Semaphore;

use super::build::Built;
use super::health::Health;
use super::site::Site;
use super::{Context, Interrupt};
use crate::system::RunId;

/// A worker.
pub(super) struct Worker<'a> {
    /// What the run shares.
    pub context: Context<'a>,
    /// The run.
    pub run: &'a RunId,
    /// The systems that were built.
    pub built: &'a Built,
    /// The servers.
    pub site: &'a dyn Site,
    /// The request to stop.
    pub interrupt: Interrupt,
    /// What is known of the servers.
    pub health: &'a Health<'a>,
    /// Who may do steps: as many at a time as the run has jobs. Copies are made and dropped beside them.
    pub steps: &'a Semaphore,
}
