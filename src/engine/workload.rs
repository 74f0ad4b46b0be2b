//! Concurrent clients and the faults beside them.

use futures::future::{join, join_all};

use super::outcome::{Halt, Trouble};
use super::stage::Stage;
use super::workload_client::Client;
use super::workload_record::Record;
use super::workload_shared::Shared;
use crate::model::{Engine, NodeName, NodeSelector, Step, Workload};
use crate::observation::{Observation, Outcome, Output};
use crate::source::Diagnostic;

impl<'a> Stage<'a> {
    /// Runs a workload. Its observation is a reply that counts the outcomes; what its operations record is kept in the
    /// variable that `recorded` reads.
    pub(super) async fn run_workload(&mut self, step: &Step, workload: &Workload) -> Result<Vec<Observation>, Trouble> {
        let shared = Shared::new(workload);
        let nodes = self.nodes_of_clients(workload)?;
        let clients: Vec<Client> = (0..workload.clients).map(|number| Client::new(&shared, number, &nodes)).collect();
        let work = async {
            let done = join_all(clients.into_iter().map(|client| client.run(self.beside()))).await;
            shared.finish();
            done
        };
        let mut beside = self.beside();
        let (done, injected) = join(work, inject(&shared, &mut beside)).await;
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

/// Injects the faults in order; returns how many had their time.
async fn inject(shared: &Shared<'_>, stage: &mut Stage<'_>) -> Result<usize, Trouble> {
    for (at, timed) in shared.workload.faults.iter().enumerate() {
        if !shared.due(timed.after).await {
            return Ok(at);
        }
        if let Err(trouble) = stage.inject(&timed.fault.value).await {
            shared.stop();
            return Err(trouble);
        }
    }
    Ok(shared.workload.faults.len())
}
