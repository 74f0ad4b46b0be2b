//! What the engine asks of the world around it: files of the suite, goldens, and faults on nodes.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::time::Duration;

use async_trait::async_trait;

use crate::backend::mongo::MongoUser;
use crate::backend::pg::Role;
use crate::model::{Engine, NodeFault, NodeName};
use crate::observation::ProgramEnd;
use crate::source::{Diagnostic, Span, Spanned};

/// A program that is to be started.
#[derive(Clone, Debug)]
pub struct Call {
    /// A name to be found on `PATH`, an absolute path, or one relative to the file that names it.
    pub program: Spanned<String>,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// What it reads.
    pub input: String,
    /// What its author adds to its environment.
    pub environment: Vec<(String, String)>,
    /// How long it may take.
    pub limit: Duration,
    /// The database of the copy that it is told of.
    pub database: String,
    /// The peers that have the copy.
    pub peers: Vec<NodeName>,
    /// The copy's own role.
    pub role: Option<Role>,
    /// Whether the replica set has it.
    pub mongo: bool,
    /// The user that it has there.
    pub user: Option<MongoUser>,
}

/// Why a program gave nothing.
#[derive(Debug)]
pub enum CallError {
    /// Its author's doing: there is no such program, it may not be run, it says too much.
    Authors(Diagnostic),
    /// It did not end in time and was killed.
    Late {
        /// What it had written to its standard error.
        stderr: String,
    },
    /// What it needs could not be made.
    Machinery(String),
}

/// What became of a `.slt` file that was rewritten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeptFile {
    /// Nothing is pending.
    Nothing,
    /// It is pending, under this path as it is shown.
    Pending(String),
    /// Another scenario, named here, includes it and would have it read otherwise: nothing is pending.
    Disputed(String),
}

/// The world around the engine.
#[async_trait]
pub trait Host: Send + Sync {
    /// A file that the author named at `from`, relative to the file that names it.
    fn read(&self, from: &Span, relative: &str) -> Result<Vec<u8>, Diagnostic>;

    /// Whether this run records anything beside goldens and `.slt` files.
    fn records(&self) -> bool;

    /// The golden file of a run; `None` when there is none yet.
    fn golden(&self, run: &str) -> io::Result<Option<File>>;

    /// Keeps `content` as the pending neighbour of the run's golden and returns the path as it is shown; `None` when this
    /// run records nothing.
    fn keep_pending(&self, run: &str, content: &mut dyn io::Read) -> io::Result<Option<String>>;

    /// Takes a pending neighbour of an earlier run away: this one agrees with its golden.
    fn drop_pending(&self, run: &str) -> io::Result<()>;

    /// Notes how the scenario `run` would have a `.slt` file read, `None` if it holds as it is, and keeps that as the pending
    /// neighbour of the file unless another scenario that includes it would have it read otherwise.
    fn keep_pending_file(&self, run: &str, file: &str, text: Option<&str>) -> io::Result<KeptFile>;

    /// Injects a fault and returns when it is true.
    async fn inject(&self, node: &NodeName, fault: NodeFault) -> Result<(), String>;

    /// Cuts the nodes of each group off from those of every other group, and returns when no connection between them is
    /// left. One group is cut off from every other node of its engine. Clients reach all of them.
    async fn cut(&self, groups: &[Vec<NodeName>]) -> Result<(), String>;

    /// Ends every cut that one of the nodes is part of; without nodes, all.
    async fn heal(&self, nodes: &[NodeName]) -> Result<(), String>;

    /// Ends every cut between nodes of these engines, brings back every node of theirs that a fault has taken down or
    /// paused, and returns when all answer.
    async fn restore(&self, engines: &BTreeSet<Engine>) -> Result<(), String>;

    /// The nodes of an engine that have ended by themselves, or whose processes somebody else has stopped, each with what it
    /// does in words. Nodes that a fault has taken down or paused are not among them.
    async fn unwell(&self, engine: Engine) -> Vec<(NodeName, String)>;

    /// Brings nodes back that are unwell; returns once they run.
    async fn bring_back(&self, nodes: Vec<NodeName>) -> Result<(), String>;

    /// Kills every node of an engine that polyspec owns and starts it again.
    async fn restart_all(&self, engine: Engine) -> Result<(), String>;

    /// Runs a program to its end. When this is given up, the program is killed, with all that it has started.
    async fn call(&self, call: Call) -> Result<ProgramEnd, CallError>;

    /// How a person connects to a copy that is kept, a line a node.
    fn how_to_connect(&self, database: &str, peers: &[NodeName], mongo: bool) -> Vec<String>;

    /// Values that no golden and no report may show, or that change from run to run, with the names that stand for them:
    /// passwords, ports, folders.
    fn redactions(&self) -> Vec<(String, String)>;

    /// The sole right to build the template `database`, which other runs on these servers may want at the same moment; waits
    /// for it, and gives it back when it is dropped. `None` where no other run can want it.
    async fn hold_template(&self, database: &str) -> io::Result<Option<File>>;

    /// Whether the servers end with this run, so that nothing has to be dropped before they do.
    fn servers_end_with_run(&self) -> bool;

    /// Whether faults can be injected: only on nodes that polyspec owns.
    fn owns_nodes(&self) -> bool;

    /// Whether links between nodes can be cut: only where they were made so when the servers were started.
    fn can_cut(&self) -> bool;
}
