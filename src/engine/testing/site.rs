//! Copies that are made of nothing, and whole runs of a job on them: placed, run, torn down, told.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{Semaphore, watch};

use super::{Bench, Log, Script};
use crate::backend::BackendError;
use crate::backend::mongo::SharedState;
use crate::engine::build::Built;
use crate::engine::health::Health;
use crate::engine::site::{Shared, Site};
use crate::engine::transport::Transport;
use crate::engine::ward::Ward;
use crate::engine::worker::Worker;
use crate::engine::{Interrupt, Job};
use crate::event::Event;
use crate::model::{Engine, NodeName, Replication};
use crate::system::{Copy, CopyRequest, RunId};
use crate::verdict::Verdict;

/// A whole run of a job, and what goes wrong in it.
#[derive(Default)]
pub(in crate::engine) struct Case {
    /// How often what the log says so breaks: `make`, `remove`, `list`, `undo pg`.
    pub breaks: Mutex<Vec<(&'static str, usize)>>,
    /// What cannot be undone.
    pub left: Vec<String>,
    /// Systems that were built.
    pub built: Built,
    /// After how long somebody asks to stop.
    pub stopped_after: Option<Duration>,
    /// Nobody wants the scenario any more by the time of its turn.
    pub over: bool,
    /// The versions of the servers.
    pub version: Option<(u32, u32)>,
}

/// How a job ended.
pub(in crate::engine) struct Told {
    /// What the worker returned.
    pub verdict: Option<Verdict>,
    /// Everything that was reported.
    pub events: Vec<Event>,
    /// What was done, in order.
    pub log: Vec<String>,
    /// By the clock of the test.
    pub elapsed: Duration,
}

struct Stand<'a> {
    case: &'a Case,
    log: Log,
    script: Arc<Script>,
}

impl Stand<'_> {
    fn does(&self, line: &str) -> Result<(), BackendError> {
        self.log.note(line);
        let mut breaks = self.case.breaks.lock().expect("whole");
        match breaks.iter_mut().find(|(part, times)| line.starts_with(part) && *times > 0) {
            Some((_, times)) => {
                *times -= 1;
                Err(BackendError::Other("the script says so".into()))
            }
            None => Ok(()),
        }
    }
}

#[async_trait]
impl Site for Stand<'_> {
    async fn version(&self, _: Engine) -> Result<Option<(u32, u32)>, BackendError> {
        Ok(self.case.version)
    }

    async fn make(&self, request: CopyRequest<'_>) -> Result<Copy, BackendError> {
        let peers: Vec<String> = request.pg.iter().map(|node| node.name.to_string()).collect();
        let mongo = if request.mongo { " mongo" } else { "" };
        self.does(&format!("make {}{mongo}", peers.join(" ")))?;
        let peers = request.pg.into_iter().map(|node| (node.name.clone(), node)).collect();
        Ok(Copy { database: "db_1".into(), peers, mongo: request.mongo, user: None })
    }

    async fn link(&self, _: &Copy, replication: &[Replication], _: bool) -> Result<(), BackendError> {
        self.does(&format!("link {}", replication.len()))
    }

    async fn remove(&self, _: &Copy) -> Result<(), BackendError> {
        self.does("remove")
    }

    fn open(&self, _: Arc<Copy>) -> Arc<dyn Transport> {
        self.script.clone()
    }

    fn app_name(&self) -> &str {
        "worker_1"
    }

    async fn settle(&self, _: Duration) {
        self.log.note("settle all");
    }

    async fn shared(&self, engines: &BTreeSet<Engine>) -> Result<Shared, BackendError> {
        let names: Vec<&str> = engines.iter().map(|engine| engine.as_str()).collect();
        self.does(&format!("list {}", names.join(" ")))?;
        Ok(Shared { pg: vec![], mongo: Some(SharedState::default()) })
    }

    async fn undo(&self, engine: Engine, _: &Shared) -> Result<Vec<String>, BackendError> {
        self.does(&format!("undo {engine}"))?;
        Ok(self.case.left.clone())
    }
}

#[async_trait]
impl Ward for Stand<'_> {
    async fn unwell(&self, _: Engine) -> Vec<(NodeName, String)> {
        vec![]
    }

    async fn answers(&self, engine: Engine) -> Result<Option<String>, String> {
        self.log.note(format!("ask {engine}"));
        Ok(None)
    }

    async fn bring_back(&self, engine: Engine, _: Vec<NodeName>) -> Result<(), String> {
        self.log.note(format!("bring back {engine}"));
        Ok(())
    }

    fn can_bring_back(&self) -> bool {
        true
    }

    fn say(&self, message: String) {
        self.log.note(format!("say {message}"));
    }
}

impl Case {
    /// Places the job, runs it, tears it down, and tells of it.
    pub async fn run(&self, bench: Bench, job: &Job) -> Told {
        let stand = Stand { case: self, log: bench.log.clone(), script: bench.script.clone() };
        let (stop, interrupt) = Interrupt::new();
        let begun = tokio::time::Instant::now();
        let verdict = {
            let health = Health::new(&stand, interrupt.clone(), Duration::from_secs(30));
            let (run, steps) = (RunId::new(), Semaphore::new(1));
            let worker = Worker {
                context: bench.context(),
                run: &run,
                built: &self.built,
                site: &stand,
                interrupt,
                health: &health,
                steps: &steps,
            };
            let over = || self.over;
            let (verdict, ()) = futures::join!(worker.run(job, &over), self.stop(&stop));
            // What is given up says so when the runtime next looks.
            tokio::task::yield_now().await;
            verdict
        };
        let elapsed = begun.elapsed();
        drop(stand);
        let log = bench.log.clone();
        Told { verdict, events: bench.events().await, log: log.lines(), elapsed }
    }

    async fn stop(&self, stop: &watch::Sender<bool>) {
        if let Some(time) = self.stopped_after {
            tokio::time::sleep(time).await;
            stop.send_replace(true);
        }
    }
}
