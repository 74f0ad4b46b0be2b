//! Concurrent clients and the faults beside them.

use std::sync::atomic::{AtomicBool, Ordering};

use futures::future::{join, join_all};
use tokio::sync::watch;
use tokio::time::Instant;

use super::outcome::{Halt, Trouble};
use super::stage::Stage;
use super::workload_client::Client;
use super::workload_record::Record;
use crate::model::{Engine, FaultTime, NodeName, NodeSelector, Step, Workload, WorkloadLimit};
use crate::observation::{Observation, Outcome, Output};
use crate::source::Diagnostic;

/// What clients and faults of one workload share.
pub(super) struct Shared<'w> {
    /// What is to be done.
    pub workload: &'w Workload,
    /// When it began.
    pub begun: Instant,
    done: watch::Sender<usize>,
    finished: watch::Sender<bool>,
    stopped: AtomicBool,
}

impl Shared<'_> {
    /// Whether the operation of this number is still to be begun.
    pub fn wants(&self, number: usize) -> bool {
        let within = match self.workload.limit {
            WorkloadLimit::Operations(count) => number < count,
            WorkloadLimit::Time(limit) => self.begun.elapsed() < limit,
        };
        within && !self.stopped.load(Ordering::Relaxed)
    }

    /// Counts an operation that is over, however it ended.
    pub fn note(&self) {
        self.done.send_modify(|done| *done += 1);
    }

    /// Lets no client begin another operation.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Waits for the time of a fault; false when the clients were done before it came.
    async fn due(&self, after: FaultTime) -> bool {
        let (mut done, mut finished) = (self.done.subscribe(), self.finished.subscribe());
        let due = async {
            match after {
                FaultTime::Operations(count) => done.wait_for(|done| *done >= count).await.is_ok(),
                FaultTime::Time(time) => {
                    tokio::time::sleep_until(self.begun + time).await;
                    true
                }
            }
        };
        tokio::select! {
            biased;
            due = due => due,
            _ = finished.wait_for(|finished| *finished) => false,
        }
    }

    /// Injects the faults in order; returns how many had their time.
    async fn inject(&self, stage: &mut Stage<'_>) -> Result<usize, Trouble> {
        for (at, timed) in self.workload.faults.iter().enumerate() {
            if !self.due(timed.after).await {
                return Ok(at);
            }
            if let Err(trouble) = stage.inject(&timed.fault.value).await {
                self.stop();
                return Err(trouble);
            }
        }
        Ok(self.workload.faults.len())
    }
}

impl<'a> Stage<'a> {
    /// Runs a workload. Its observation is a reply that counts the outcomes; what its operations record is kept in the
    /// variable that `recorded` reads.
    pub(super) async fn run_workload(&mut self, step: &Step, workload: &Workload) -> Result<Vec<Observation>, Trouble> {
        let shared = Shared {
            workload,
            begun: Instant::now(),
            done: watch::Sender::new(0),
            finished: watch::Sender::new(false),
            stopped: AtomicBool::new(false),
        };
        let nodes = self.nodes_of_clients(workload)?;
        let clients: Vec<Client> = (0..workload.clients).map(|number| Client::new(&shared, number, &nodes)).collect();
        let work = async {
            let done = join_all(clients.into_iter().map(|client| client.run(self.beside()))).await;
            shared.finished.send_replace(true);
            done
        };
        let mut beside = self.beside();
        let (done, injected) = join(work, shared.inject(&mut beside)).await;
        beside.transport.close().await;
        let mut record = Record::default();
        let mut halted = None;
        for (entries, server_time, halt) in done {
            record.entries.extend(entries);
            self.server_time += server_time;
            halted = halted.or(halt);
        }
        self.conclude(step, workload, record, (halted, injected))
    }

    fn conclude(
        &mut self,
        step: &Step,
        workload: &Workload,
        record: Record,
        (halted, injected): (Option<Halt>, Result<usize, Trouble>),
    ) -> Result<Vec<Observation>, Trouble> {
        if let Some(halt) = halted {
            return Err(Trouble::Halts(halt));
        }
        let injected = injected?;
        let line = step.span.line_column().0;
        if injected < workload.faults.len() {
            let reason = format!("the clients of the workload in line {line} were done before fault {}", injected + 1);
            return Err(Trouble::Halts(Halt::Inconclusive(reason)));
        }
        if record.succeeded() == 0 {
            let causes = record.causes().into_iter().map(|(cause, count)| format!("{count} × {cause}"));
            let causes: Vec<String> = causes.take(3).collect();
            let reason = format!("no operation of the workload in line {line} succeeded: {}", causes.join("; "));
            return Err(Trouble::Halts(Halt::Inconclusive(reason)));
        }
        record.keep(workload.seed, &mut self.variables);
        let outcome = Outcome::Output(Output::Reply(record.summary(workload)));
        Ok(vec![Observation::new("workload", outcome, record.elapsed())])
    }

    /// A stage beside this one: the same run, with sessions and variables of its own, and without goldens.
    fn beside(&self) -> Stage<'a> {
        let transport = self.transport.beside();
        Stage::new(self.context, self.name, self.system, transport, self.variables.clone())
    }

    /// The nodes of `on`, each by itself.
    fn nodes_of_clients(&self, workload: &Workload) -> Result<Vec<NodeSelector>, Trouble> {
        let named = |names: Vec<NodeName>| names.into_iter().map(NodeSelector::Named).collect();
        let mut nodes = vec![];
        for on in &workload.on {
            let found: Vec<NodeSelector> = match &on.value {
                NodeSelector::All(Engine::Mongo) => named(self.members()),
                all @ NodeSelector::All(Engine::Pg) => {
                    named(self.context.servers.peers(all).into_iter().map(|peer| peer.name.clone()).collect())
                }
                one => vec![one.clone()],
            };
            if found.is_empty() {
                let message = format!("there is no node `{}` in this topology", on.value);
                return Err(Diagnostic::error(&on.span, message).into());
            }
            nodes.extend(found);
        }
        Ok(nodes)
    }
}
