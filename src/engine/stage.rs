//! The state of one run of a scenario, of a build, or of a client of a workload.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Context;
use super::goldens::Goldens;
use super::order::Recipient;
use super::outcome::Failure;
use super::transport::{Transport, Waiting};
use crate::model::{Step, System, Variables};

/// The state.
pub struct Stage<'a> {
    /// What the run shares; its servers are those of the copy.
    pub context: Context<'a>,
    /// The name of the run.
    pub name: &'a str,
    /// The system, for `use`.
    pub system: Option<&'a System>,
    /// The sessions on its copy.
    pub(super) transport: Arc<dyn Transport>,
    /// A fault was injected: a session that is lost from now on may be lost by its author's will. A step that is tried again
    /// may then go on in a new one, since the last words of a server that a fault has stopped say nothing about the system.
    pub disturbed: bool,
    /// The variables.
    pub variables: Variables,
    /// The comparison with the golden file.
    pub goldens: Goldens,
    /// Cursors that stay open.
    pub streams: BTreeMap<String, Stream>,
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

/// A cursor that stays open.
#[derive(Clone, Debug)]
pub struct Stream {
    /// Where it was opened.
    pub to: Recipient,
    /// In which session.
    pub session: Option<String>,
    /// The node, as it is shown.
    pub node: String,
}

/// A step that waits on a lock.
pub struct Blocked {
    /// The step, whose expectation is that of its `await`, or its own.
    pub step: Step,
    /// Its order.
    pub(super) waiting: Waiting,
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
    pub(super) fn new(
        context: Context<'a>,
        name: &'a str,
        system: Option<&'a System>,
        transport: Arc<dyn Transport>,
        variables: Variables,
    ) -> Self {
        Self {
            context,
            name,
            system,
            transport,
            disturbed: false,
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
