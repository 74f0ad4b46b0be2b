//! One node: its port, its processes, its state, and the faults that it can suffer.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::timeout;

use super::ClusterError;
use super::log;
use super::ports::Port;
use super::process::{Ended, ServerProcess, table};
use super::server::{Ground, Server, postgres};
use super::teardown::kill_until_gone;
use crate::model::Engine;

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// How long a signal may take to show in the table of processes.
const SIGNAL_TIMEOUT: Duration = Duration::from_secs(5);
/// How many ports are tried when somebody else keeps taking them.
const PORTS_TRIED: usize = 5;
/// How long a throwaway server may take to go by itself before it is killed.
const QUICK_END: Duration = Duration::from_millis(300);

/// How a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeState {
    /// It accepts connections.
    Running,
    /// It was stopped or killed on purpose, or was not started.
    Stopped,
    /// Its processes are stopped by SIGSTOP; its sockets are open.
    Paused,
    /// The same, of all or some of them, by somebody else.
    Frozen,
    /// It ended by itself; the end of its log.
    Crashed(Vec<String>),
}

impl NodeState {
    /// One word.
    pub fn as_str(&self) -> &'static str {
        match self {
            NodeState::Running => "running",
            NodeState::Stopped => "stopped",
            NodeState::Paused => "paused",
            NodeState::Frozen => "frozen",
            NodeState::Crashed(_) => "crashed",
        }
    }
}

/// A node of a cluster.
pub(crate) struct Node {
    /// Its server.
    pub server: Server,
    ground: Arc<Ground>,
    inner: Mutex<Inner>,
    /// Held during an operation: faults on one node come one after the other.
    gate: tokio::sync::Mutex<()>,
}

struct Inner {
    port: Port,
    process: Option<Arc<ServerProcess>>,
    paused: bool,
}

impl Node {
    /// A node that does not run yet.
    pub(crate) fn new(ground: Arc<Ground>, server: Server) -> Result<Self, ClusterError> {
        let port = Port::free(&ground.options.run_dir)?;
        let inner = Mutex::new(Inner { port, process: None, paused: false });
        Ok(Self { server, ground, inner, gate: tokio::sync::Mutex::new(()) })
    }

    /// Its port.
    pub(crate) fn port(&self) -> u16 {
        self.inner().port.number
    }

    /// Its main process, if that runs.
    pub(crate) fn pid(&self) -> Option<i32> {
        self.living().map(|process| process.pid())
    }

    /// How it is now.
    pub(crate) fn state(&self) -> NodeState {
        let inner = self.inner();
        match &inner.process {
            None => NodeState::Stopped,
            Some(process) if process.ended().is_some() => NodeState::Crashed(self.log_tail(log::TAIL_LINES)),
            Some(_) if inner.paused => NodeState::Paused,
            Some(process) if is_frozen(process.pid()) => NodeState::Frozen,
            Some(_) => NodeState::Running,
        }
    }

    /// The last lines of its log.
    pub(crate) fn log_tail(&self, lines: usize) -> Vec<String> {
        log::tail(&self.server.log, lines)
    }

    /// Starts it for the first time. If somebody else took the port meanwhile, it gets another one.
    pub(crate) async fn start_first(&self) -> Result<(), ClusterError> {
        let _gate = self.gate.lock().await;
        for _ in 1..PORTS_TRIED {
            match self.launch().await {
                Err(ClusterError::StartFailed { log, .. }) if postgres::port_was_taken(&log) => {
                    let port = Port::free(&self.ground.options.run_dir)?;
                    self.inner().port = port;
                }
                result => return result,
            }
        }
        self.launch().await
    }

    /// Starts it, on the same port as before; nothing happens if it runs. Returns once it accepts connections.
    pub(crate) async fn start(&self) -> Result<(), ClusterError> {
        let _gate = self.gate.lock().await;
        match self.state() {
            NodeState::Running => Ok(()),
            NodeState::Paused | NodeState::Frozen => Err(self.wrong_state("start", "resume it")),
            NodeState::Stopped | NodeState::Crashed(_) => self.launch().await,
        }
    }

    /// Stops it in an orderly way, and returns once it is gone. A server that does not stop in time, perhaps because a
    /// client does not let go, is killed.
    pub(crate) async fn stop(&self) -> Result<(), ClusterError> {
        let _gate = self.gate.lock().await;
        self.stop_held().await
    }

    /// SIGKILL. Returns once none of its processes is left.
    pub(crate) async fn kill(&self) -> Result<(), ClusterError> {
        let _gate = self.gate.lock().await;
        self.kill_held().await
    }

    /// SIGSTOP of all its processes. Returns once all of them have stopped.
    pub(crate) async fn pause(&self) -> Result<(), ClusterError> {
        let _gate = self.gate.lock().await;
        let process = self.process_in("pause", &[NodeState::Running, NodeState::Paused, NodeState::Frozen])?;
        // The main process first, so that it cannot make new ones; it cannot reap its children then either, so their
        // numbers stay taken.
        process.signal(Signal::SIGSTOP);
        self.until("paused", || is_stopped(process.pid())).await?;
        self.until("paused", || stop_children(process.pid())).await?;
        self.inner().paused = true;
        Ok(())
    }

    /// SIGCONT of all its processes.
    pub(crate) async fn resume(&self) -> Result<(), ClusterError> {
        let _gate = self.gate.lock().await;
        let process = self.process_in("resume", &[NodeState::Running, NodeState::Paused, NodeState::Frozen])?;
        for child in table::children(process.pid()) {
            let _ = kill(Pid::from_raw(child.pid), Signal::SIGCONT);
        }
        process.signal(Signal::SIGCONT);
        self.until("resumed", || !is_stopped(process.pid())).await?;
        self.inner().paused = false;
        Ok(())
    }

    /// Ends it quickly: its data are thrown away.
    pub(crate) async fn end_quickly(&self) {
        let Some(process) = self.living() else { return };
        let quick = match (self.server.node.engine, self.inner().paused) {
            (Engine::Pg, false) => Signal::SIGQUIT,
            _ => Signal::SIGKILL,
        };
        process.signal(quick);
        let _ = timeout(QUICK_END, process.end()).await;
    }

    async fn launch(&self) -> Result<(), ClusterError> {
        self.remove_remains().await;
        let since = log::length(&self.server.log);
        let process = Arc::new(self.server.start(&self.ground, self.port())?);
        let begun = Instant::now();
        tracing::debug!(node = %self.server.node, pid = process.pid(), port = self.port(), "starts");
        {
            let mut inner = self.inner();
            inner.process = Some(process.clone());
            inner.paused = false;
        }
        let limit = self.ground.options.start_timeout;
        let result = tokio::select! {
            ended = process.end() => Err(self.did_not_start(ended, since)),
            ready = timeout(limit, self.until_ready(&process)) => ready.map_err(|_| self.timed_out("ready", limit)),
        };
        match &result {
            Ok(()) => tracing::debug!(node = %self.server.node, took = ?begun.elapsed(), "is ready"),
            Err(_) => self.kill_held().await?,
        }
        result
    }

    async fn until_ready(&self, process: &ServerProcess) {
        while !self.server.is_ready(&self.ground, process.pid(), self.port()).await {
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn stop_held(&self) -> Result<(), ClusterError> {
        let Some(process) = self.living() else { return self.kill_held().await };
        if self.inner().paused {
            return Err(self.wrong_state("stop", "resume it, or kill it"));
        }
        process.signal(self.server.stop_signal());
        let grace = self.ground.options.stop_grace;
        if timeout(grace, process.end()).await.is_err() {
            tracing::warn!("{}: did not stop within {} s, and is killed", self.server.node, grace.as_secs());
        }
        self.kill_held().await
    }

    /// Kills what is left of it, and forgets it.
    async fn kill_held(&self) -> Result<(), ClusterError> {
        let process = self.inner().process.clone();
        if let Some(process) = &process {
            process.signal(Signal::SIGKILL);
            if timeout(SIGNAL_TIMEOUT, process.end()).await.is_err() {
                return Err(self.timed_out("gone", SIGNAL_TIMEOUT));
            }
            self.ground.run.forget(process.pid());
        }
        if !self.remove_remains().await {
            return Err(self.timed_out("gone", SIGNAL_TIMEOUT));
        }
        let mut inner = self.inner();
        inner.process = None;
        inner.paused = false;
        Ok(())
    }

    /// Kills processes of PostgreSQL that have outlived their main process: a new one refuses to start beside them.
    async fn remove_remains(&self) -> bool {
        if self.server.node.engine == Engine::Mongo {
            return true;
        }
        let marks = postgres::marks(&self.server);
        let kill = move || {
            let marks: Vec<&str> = marks.iter().map(String::as_str).collect();
            kill_until_gone(|| table::postgres_processes(&marks))
        };
        tokio::task::spawn_blocking(kill).await.unwrap_or(false)
    }

    async fn until(&self, awaited: &'static str, holds: impl Fn() -> bool) -> Result<(), ClusterError> {
        let begun = Instant::now();
        while !holds() {
            if begun.elapsed() > SIGNAL_TIMEOUT {
                return Err(self.timed_out(awaited, SIGNAL_TIMEOUT));
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(())
    }

    fn process_in(&self, operation: &'static str, states: &[NodeState]) -> Result<Arc<ServerProcess>, ClusterError> {
        let process = self.living().filter(|_| states.contains(&self.state()));
        process.ok_or_else(|| self.wrong_state(operation, "start it"))
    }

    /// Its main process, if that has not ended.
    fn living(&self) -> Option<Arc<ServerProcess>> {
        self.inner().process.clone().filter(|process| process.ended().is_none())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn did_not_start(&self, ended: Option<Ended>, since: u64) -> ClusterError {
        let log = log::tail_since(&self.server.log, since, log::TAIL_LINES);
        let cause = ended.map_or("its end was not noticed".into(), Ended::sentence);
        super::build::missing_library(&self.server.build.server(), &log.join("\n"))
            .unwrap_or_else(|| ClusterError::StartFailed { node: self.server.node.clone(), cause, log })
    }

    fn timed_out(&self, awaited: &'static str, after: Duration) -> ClusterError {
        let log = self.log_tail(log::TAIL_LINES);
        ClusterError::TimedOut { node: self.server.node.clone(), awaited, after, log }
    }

    fn wrong_state(&self, operation: &'static str, fix: &'static str) -> ClusterError {
        let state = self.state().as_str().into();
        ClusterError::WrongState { node: self.server.node.clone(), operation, state, fix }
    }
}

/// Whether a process or one of its children is stopped.
fn is_frozen(pid: i32) -> bool {
    table::find(pid).is_some_and(|entry| entry.is_stopped())
        || table::children(pid).iter().any(|child| child.is_stopped())
}

fn is_stopped(pid: i32) -> bool {
    table::find(pid).is_none_or(|entry| entry.is_stopped() || entry.is_dead())
}

/// Stops the children that still run; true when there was none.
fn stop_children(parent: i32) -> bool {
    let running: Vec<_> = table::children(parent).into_iter().filter(|child| !child.is_stopped()).collect();
    for child in &running {
        let _ = kill(Pid::from_raw(child.pid), Signal::SIGSTOP);
    }
    running.is_empty()
}
