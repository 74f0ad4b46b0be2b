//! Events: the treaty between what runs and what reports. Every event carries what a reporter needs, so that no reporter
//! asks back; they serialise under a version, so that a run can be replayed into any report without a database.

use serde::{Deserialize, Serialize};

use crate::verdict::{Evidence, Verdict};

/// The version of the serialised form. It grows when a field changes its meaning or goes away.
pub const VERSION: u32 = 1;

/// An event with its number and its time, as one dispatcher stamped it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Stamped {
    /// The version of the events.
    pub version: u32,
    /// 0, 1, 2, … in the order of the dispatcher.
    pub sequence: u64,
    /// Milliseconds since the run began.
    pub at_ms: u64,
    /// The event.
    #[serde(flatten)]
    pub event: Event,
}

/// What can happen.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins: everything is read and chosen, nothing is started.
    RunStarted {
        /// The suite's name.
        suite: String,
        /// The moment, RFC 3339.
        started: String,
        /// How many runs of scenarios (cases counted) were selected.
        selected: usize,
        /// How many were left out by filters.
        filtered_out: usize,
        /// Workers.
        jobs: usize,
        /// The seed of this run.
        seed: u64,
        /// Ids of all requirements of the register, with their titles, in order.
        requirements: Vec<(String, String)>,
    },
    /// Something about servers that a person wants to see: which build was taken and why, a node that is ready.
    ServerNotice {
        /// One line.
        message: String,
    },
    /// Something of the servers or of polyspec itself that is not as it should be and that the run goes on after.
    Warning {
        /// One line.
        message: String,
    },
    /// A server build is being fetched or unpacked.
    Download {
        /// The package.
        name: String,
        /// Bytes so far.
        done: u64,
        /// Bytes in all, if known.
        total: Option<u64>,
    },
    /// Rows are being generated.
    Progress {
        /// The node that gets them.
        what: String,
        /// Rows so far.
        done: u64,
        /// Rows in all.
        total: u64,
    },
    /// All servers that the selection needs are up.
    ServersReady {
        /// Node names.
        nodes: Vec<String>,
        /// Whether polyspec started them for this run.
        owned: bool,
        /// Milliseconds since the first of them was asked for.
        elapsed_ms: u64,
    },
    /// A system was built, to be copied for scenarios.
    SystemReady {
        /// Its folder.
        system: String,
        /// Milliseconds that took.
        elapsed_ms: u64,
    },
    /// A step of a system's build was refused, and the build went on with the next.
    BuildStepFailed {
        /// The system's folder.
        system: String,
        /// What was refused, at least one.
        evidence: Vec<Evidence>,
    },
    /// A run of a scenario begins.
    ScenarioStarted {
        /// Path, and `#case` if there is one.
        name: String,
    },
    /// A step measured a lag.
    LagMeasured {
        /// The scenario's name.
        name: String,
        /// `file:line`.
        place: String,
        /// Milliseconds.
        lag_ms: f64,
    },
    /// A run of a scenario ended.
    ScenarioFinished {
        /// Path, and `#case` if there is one.
        name: String,
        /// The title, with the case's variables.
        title: String,
        /// What it cites.
        requirements: Vec<String>,
        /// Its tags.
        tags: Vec<String>,
        /// How it ended.
        #[serde(flatten)]
        verdict: Verdict,
        /// Milliseconds of the whole run, its copy of the system and its teardown included.
        elapsed_ms: f64,
        /// Milliseconds in which a server had a statement of it.
        server_ms: f64,
        /// Milliseconds in which its own copy of the system was made and dropped.
        #[serde(default)]
        copy_ms: f64,
        /// Steps or records that were run.
        steps: usize,
        /// Golden files for which a pending neighbour was written.
        pending: Vec<String>,
        /// How to connect to the copy that was kept (`--keep`), a line a node.
        kept: Vec<String>,
        /// The command that reruns just this one.
        rerun: String,
    },
    /// Copies of failed scenarios were kept: where they are, and how long.
    CopiesKept {
        /// One line.
        message: String,
    },
    /// Goldens that no selected or unselected scenario uses.
    GoldensUnused {
        /// Paths.
        paths: Vec<String>,
    },
    /// Somebody asked to stop (Ctrl-C): running scenarios are torn down, no new one begins.
    Interrupted,
    /// The run is over.
    RunFinished {
        /// The counts.
        summary: Summary,
    },
}

/// The counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Passed.
    pub passed: usize,
    /// Failed, unexpected passes included.
    pub failed: usize,
    /// Errors of a scenario or of the machinery.
    pub errors: usize,
    /// Skipped.
    pub skipped: usize,
    /// Nothing was proven.
    pub inconclusive: usize,
    /// Failed as their `todo` says.
    pub expected_failures: usize,
    /// Selected, but not begun because the run was stopped.
    pub not_run: usize,
    /// Milliseconds of the whole run.
    pub elapsed_ms: u64,
    /// Requirements that passed: all that cite them passed, and at least one did.
    pub requirements_covered: Vec<String>,
    /// Requirements that a failing, broken or inconclusive scenario cites.
    pub requirements_failing: Vec<String>,
    /// Requirements of the register that nothing in this run proves.
    pub requirements_open: Vec<String>,
}
