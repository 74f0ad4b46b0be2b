//! What the engine is given to do.

use std::sync::Arc;
use std::time::Duration;

use super::Footprint;
use crate::model::{Case, NodeName, Scenario, System};
use crate::system::Template;

/// One run of a scenario, or of one of its cases.
#[derive(Clone, Debug)]
pub struct Job {
    /// Path, and `#case` if there is one.
    pub name: String,
    /// The scenario.
    pub scenario: Arc<Scenario>,
    /// The index into its cases.
    pub case: Option<usize>,
    /// What it runs on; `None` is an empty database.
    pub system: Option<Arc<SystemUnderTest>>,
    /// What it asks of the servers.
    pub footprint: Footprint,
    /// The command that reruns just this one.
    pub rerun: String,
}

impl Job {
    /// A run of a scenario on a system, without a command that reruns it.
    pub fn new(name: &str, scenario: Arc<Scenario>, case: Option<usize>, system: Option<Arc<SystemUnderTest>>) -> Self {
        let footprint = Footprint::of(&scenario, system.as_ref().map(|system| &system.system));
        Self { name: name.into(), scenario, case, system, footprint, rerun: String::new() }
    }

    /// The same run on another system.
    pub fn on(&self, system: Arc<SystemUnderTest>) -> Self {
        let job = Self::new(&self.name, self.scenario.clone(), self.case, Some(system));
        Self { rerun: self.rerun.clone(), ..job }
    }

    /// Whether its system replicates from peer to peer.
    pub fn replicates(&self) -> bool {
        self.system.as_ref().is_some_and(|system| !system.system.replication.is_empty())
    }

    /// Those of these peers that its copy of the system needs.
    pub fn peers(&self, peers: &[NodeName]) -> Vec<NodeName> {
        self.footprint.copied(peers, self.replicates())
    }

    /// The case of this run.
    pub fn case(&self) -> Option<&Case> {
        self.case.and_then(|at| self.scenario.cases.get(at))
    }
}

/// A system and what tells it from every other.
#[derive(Clone, Debug)]
pub struct SystemUnderTest {
    /// The system.
    pub system: System,
    /// A hash of everything that its build depends on, in lower-case hexadecimal: two that are equal build the same.
    pub fingerprint: String,
    /// A built system, on every server, that the build goes on from in each copy; without one it begins with nothing.
    pub base: Option<Template>,
}

/// How to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// Workers.
    pub jobs: usize,
    /// The time limit of a scenario that names none.
    pub timeout: Duration,
    /// The time limit of a statement that names none.
    pub statement_timeout: Duration,
    /// Copies of failed scenarios are kept.
    pub keep: bool,
    /// Steps may start programs.
    pub allow_run: bool,
    /// Scenarios may change what every database of someone else's servers sees.
    pub allow_cluster_changes: bool,
    /// What else is replaced by a name in goldens and reports.
    pub redact: Vec<crate::model::Redaction>,
    /// A scenario that fails is run once more at once, and only its second end counts: a busy machine alone fails nothing.
    pub confirms: bool,
    /// When no new scenario begins any more.
    pub until: Until,
    /// A build step that the servers refuse is reported and the build goes on with the next, so that a submission is judged
    /// by what it has.
    pub build_goes_on: bool,
}

/// When a run has seen enough.
#[derive(Clone, Debug)]
pub enum Until {
    /// When all are done.
    End,
    /// After the first scenario that is not fine.
    FirstFailure,
    /// After the first scenario that fails; one that could not be carried out shows nothing.
    AnyFails,
    /// When for each of these requirements a scenario that cites it has failed; scenarios that could only show again what
    /// was seen are left out.
    EachFails(std::collections::BTreeSet<String>),
}
