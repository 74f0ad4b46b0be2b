//! What differs between the two servers: how they are prepared, started, found to be ready, and told to stop.

pub(crate) mod mongo;
pub(crate) mod postgres;

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nix::sys::signal::Signal;

use super::account::{Account, give};
use super::build::Build;
use super::options::Options;
use super::process::{Launch, ServerProcess};
use super::run_folder::{RunFolder, make_folder};
use super::{ClusterError, MongoBootstrap};
use crate::model::{Engine, NodeName};

/// What all nodes of a cluster stand on.
pub(crate) struct Ground {
    /// The run folder.
    pub run: RunFolder,
    /// As whom servers run, if not as us.
    pub account: Option<Account>,
    /// What the caller decided.
    pub options: Options,
    /// Speaks to mongod.
    pub bootstrap: Arc<dyn MongoBootstrap>,
}

/// A server that can be started on a port.
#[derive(Debug)]
pub(crate) struct Server {
    /// The node.
    pub node: NodeName,
    /// Its build.
    pub build: Build,
    /// The node's folder below the run folder; the servers' account owns it.
    pub folder: PathBuf,
    /// Its log: what it writes to standard output and standard error.
    pub log: PathBuf,
    /// `run-…/pg.apj`.
    pub mark: String,
    /// The replica set, for MongoDB.
    pub replica_set: Option<String>,
}

impl Server {
    /// The server of a node; its folders are made.
    pub(crate) fn new(
        ground: &Ground,
        node: NodeName,
        build: Build,
        replica_set: Option<String>,
    ) -> Result<Self, ClusterError> {
        let folder = ground.run.path.join(node.to_string());
        let make = || {
            make_folder(&folder, 0o700)?;
            make_folder(&folder.join("data"), 0o700)?;
            give(&folder.join("data"), ground.account.as_ref())?;
            give(&folder, ground.account.as_ref())
        };
        make().map_err(|error| ClusterError::folder(&folder, error, "free some space and try again"))?;
        let log = ground.run.path.join(format!("{node}.log"));
        let mark = format!("{}/{node}", ground.run.mark());
        Ok(Self { node, build, folder, log, mark, replica_set })
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// Starts the server's main process.
    pub(crate) fn start(&self, ground: &Ground, port: u16) -> Result<ServerProcess, ClusterError> {
        let args = match self.node.engine {
            Engine::Pg => postgres::arguments(self, port),
            Engine::Mongo => mongo::arguments(self, port),
        };
        self.run(ground, &self.build.server(), args, None)
    }

    /// Starts a program of the build in the node's folder, and writes its process down.
    pub(crate) fn run(
        &self,
        ground: &Ground,
        program: &Path,
        args: Vec<OsString>,
        input: Option<std::fs::File>,
    ) -> Result<ServerProcess, ClusterError> {
        let failed = |error: std::io::Error| ClusterError::Spawn { program: program.into(), cause: error.to_string() };
        // What servers log, statements with their values say, is its owner's alone.
        let log = OpenOptions::new().create(true).append(true).mode(0o600).open(&self.log).map_err(failed)?;
        let (program, folder) = (program.to_path_buf(), self.folder.clone());
        let launch = Launch { program: program.clone(), args, folder, account: ground.account.clone(), log, input };
        let process = ServerProcess::watch(launch.start().map_err(failed)?);
        ground.run.record(&process).map_err(failed)?;
        Ok(process)
    }

    /// Whether the server, whose main process is `pid`, accepts connections.
    pub(crate) async fn is_ready(&self, ground: &Ground, pid: i32, port: u16) -> bool {
        match self.node.engine {
            Engine::Pg => postgres::is_ready(&self.data(), pid),
            Engine::Mongo => mongo::is_ready(ground.bootstrap.as_ref(), &self.node.name, port).await,
        }
    }

    /// The signal that asks for an orderly stop: PostgreSQL's fast shutdown (manual 18.5, "Shutting Down the Server"),
    /// mongod's clean one.
    pub(crate) fn stop_signal(&self) -> Signal {
        match self.node.engine {
            Engine::Pg => Signal::SIGINT,
            Engine::Mongo => Signal::SIGTERM,
        }
    }
}
