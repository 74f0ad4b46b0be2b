//! The state of one run of a scenario, of a build, or of a client of a workload.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Context;
use super::blocked::Blocked;
use super::goldens::Goldens;
use super::outcome::Failure;
use super::sessions::{MongoSlot, Sessions};
use crate::model::{Step, System, Variables};

/// The state.
pub struct Stage<'a> {
    /// What the run shares; its servers are those of the copy.
    pub context: Context<'a>,
    /// The name of the run.
    pub name: &'a str,
    /// The system, for `use`.
    pub system: Option<&'a System>,
    /// The sessions.
    pub sessions: Sessions,
    /// The variables.
    pub variables: Variables,
    /// The comparison with the golden file.
    pub goldens: Goldens,
    /// Cursors that stay open: the session of each, and the node.
    pub streams: BTreeMap<String, (MongoSlot, String)>,
    /// Steps that wait on a lock.
    pub blocked: BTreeMap<String, Blocked>,
    /// Time in which a server had a statement.
    pub server_time: Duration,
    /// Steps that were run.
    pub steps: usize,
    /// Why the last step that did not hold did not.
    pub failure: Option<Failure>,
    /// The list that is being retried, if one is.
    pub retry: Option<Retry>,
}

/// A list of steps that is retried until it holds.
pub struct Retry {
    /// When the first try began.
    pub since: Instant,
    /// A lag was found greater than its bound; it would only grow.
    pub late: bool,
}

impl<'a> Stage<'a> {
    /// Before the first step, without goldens.
    pub fn new(
        context: Context<'a>,
        name: &'a str,
        system: Option<&'a System>,
        sessions: Sessions,
        variables: Variables,
    ) -> Self {
        Self {
            context,
            name,
            system,
            sessions,
            variables,
            goldens: Goldens::none(),
            streams: BTreeMap::new(),
            blocked: BTreeMap::new(),
            server_time: Duration::ZERO,
            steps: 0,
            failure: None,
            retry: None,
        }
    }

    /// The time limit of a step's statement.
    pub fn limit(&self, step: &Step) -> Duration {
        step.timeout.as_ref().map_or(self.context.options.statement_timeout, |limit| limit.value)
    }
}
