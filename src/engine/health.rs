//! The health of the servers. A node that dies or hangs although no fault did that is reported once and brought back once;
//! scenarios that met it are errors, never failures, and once it cannot be brought back, whoever needs it is an error at
//! once. Work of polyspec's own has its deadline here, too.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::Interrupt;
use super::ward::Ward;
use crate::backend::BackendError;
use crate::model::{Engine, NodeName};

/// How often the nodes are looked at while something takes long.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long nodes may take to come back.
const COMES_BACK: Duration = Duration::from_secs(40);

/// What is known of the servers during a run.
pub(super) struct Health<'a> {
    ward: &'a dyn Ward,
    interrupt: Interrupt,
    /// How long work of polyspec's own may take.
    limit: Duration,
    look_every: Duration,
    pg: tokio::sync::Mutex<()>,
    mongo: tokio::sync::Mutex<()>,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    /// Engines that a scenario disturbs at this moment: it has them to itself, and what it sees there is its own business.
    disturbed: BTreeSet<Engine>,
    /// The last trouble of each engine, and when it was noticed.
    troubles: BTreeMap<Engine, (Instant, String)>,
    /// Engines that do not work any more, and why.
    lost: BTreeMap<Engine, String>,
    /// Engines that work, but on which nothing more may be begun, and why.
    closed: BTreeMap<Engine, String>,
    brought_back: BTreeSet<Engine>,
    /// Engines that are being brought back, why, and whether all of their nodes are restarted. Whoever did that may have
    /// been given up in the middle of it: the next one goes on.
    unfinished: BTreeMap<Engine, (String, bool)>,
}

/// The time in which a scenario disturbs engines.
pub(super) struct Disturbance<'h> {
    seen: &'h Mutex<Seen>,
    engines: BTreeSet<Engine>,
}

impl Drop for Disturbance<'_> {
    fn drop(&mut self) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.disturbed.retain(|engine| !self.engines.contains(engine));
    }
}

impl<'a> Health<'a> {
    /// Nothing has happened yet. `limit` is for each piece of polyspec's own work.
    pub fn new(ward: &'a dyn Ward, interrupt: Interrupt, limit: Duration) -> Self {
        Self {
            ward,
            interrupt,
            limit,
            look_every: LOOK_EVERY,
            pg: tokio::sync::Mutex::default(),
            mongo: tokio::sync::Mutex::default(),
            seen: Mutex::default(),
        }
    }

    /// Lets a scenario disturb engines until the result is dropped.
    pub fn disturb(&self, engines: &BTreeSet<Engine>) -> Disturbance<'_> {
        self.seen().disturbed.extend(engines);
        Disturbance { seen: &self.seen, engines: engines.clone() }
    }

    /// Why one of these engines does not work any more.
    pub fn lost(&self, engines: &BTreeSet<Engine>) -> Option<String> {
        let seen = self.seen();
        engines.iter().find_map(|engine| seen.lost.get(engine).cloned())
    }

    /// Why nothing may be begun any more on one of these engines.
    pub fn closed(&self, engines: &BTreeSet<Engine>) -> Option<String> {
        let closed =
            || self.seen().closed.iter().find(|(engine, _)| engines.contains(engine)).map(|(_, why)| why.clone());
        self.lost(engines).or_else(closed)
    }

    /// Lets nothing be begun any more on an engine that works.
    pub fn close(&self, engine: Engine, cause: String) {
        self.ward.say(format!("{cause}: nothing runs on {engine} any more"));
        self.seen().closed.insert(engine, cause);
    }

    /// Trouble that was noticed on one of these engines since then.
    pub fn trouble_since(&self, engines: &BTreeSet<Engine>, since: Instant) -> Option<String> {
        let seen = self.seen();
        let trouble = |engine: &Engine| seen.troubles.get(engine).filter(|(at, _)| *at >= since);
        engines.iter().find_map(|engine| trouble(engine).map(|(_, cause)| cause.clone()))
    }

    /// Looks whether the nodes of these engines run, and brings them back if not. With `asks` they are also asked whether
    /// they answer. Returns what is wrong, or was until now.
    pub async fn examine(&self, engines: &BTreeSet<Engine>, asks: bool) -> Option<String> {
        for engine in engines {
            if let Some(cause) = self.examine_one(*engine, asks).await {
                return Some(cause);
            }
        }
        None
    }

    /// Returns once something is wrong with one of these engines, with what it is.
    pub async fn fails(&self, engines: &BTreeSet<Engine>) -> String {
        let begun = Instant::now();
        loop {
            tokio::time::sleep(self.look_every).await;
            if let Some(cause) = self.examine(engines, false).await {
                return cause;
            }
            if let Some(cause) = self.trouble_since(engines, begun) {
                return cause;
            }
        }
    }

    /// Does work of polyspec's own on these engines: until it is done, something is wrong with a server, its time is over,
    /// or the run is to stop and the time for cleaning up is over.
    pub async fn own<T>(
        &self,
        engines: &BTreeSet<Engine>,
        doing: &str,
        work: impl Future<Output = Result<T, BackendError>>,
    ) -> Result<T, BackendError> {
        if let Some(cause) = self.lost(engines) {
            return Err(BackendError::Other(cause));
        }
        let begun = Instant::now();
        tokio::select! {
            done = work => match done {
                Err(error) if error.is_no_answer() => Err(self.explained(engines, error).await),
                done => done,
            },
            cause = self.fails(engines) => Err(BackendError::Other(cause)),
            () = self.interrupt.grace_is_over() => Err(BackendError::Other(format!("{doing}: the run was interrupted"))),
            () = tokio::time::sleep(self.limit) => Err(self.stuck(engines, doing, begun).await),
        }
    }

    async fn explained(&self, engines: &BTreeSet<Engine>, error: BackendError) -> BackendError {
        match self.examine(engines, true).await {
            Some(cause) => BackendError::Other(format!("{error} ({cause})")),
            None => error,
        }
    }

    /// All nodes run, and yet they do not do what polyspec asks of them.
    async fn stuck(&self, engines: &BTreeSet<Engine>, doing: &str, since: Instant) -> BackendError {
        let cause = format!("{doing} was not done after {:?}", self.limit);
        for engine in engines {
            let _one = self.gate(*engine).lock().await;
            // Others may have been stuck for the same reason, and have done what can be done.
            if self.trouble_since(&[*engine].into(), since).is_none() {
                self.fix(*engine, &cause, vec![]).await;
            }
        }
        BackendError::Other(cause)
    }

    async fn examine_one(&self, engine: Engine, asks: bool) -> Option<String> {
        // Whoever comes second finds what the first has done.
        let _one = self.gate(engine).lock().await;
        if let Some(cause) = self.lost(&[engine].into()) {
            return Some(cause);
        }
        if self.seen().disturbed.contains(&engine) {
            return None;
        }
        let unfinished = self.seen().unfinished.get(&engine).cloned();
        if let Some((cause, all)) = unfinished {
            return Some(self.go_on(engine, &cause, all).await);
        }
        let unwell = self.ward.unwell(engine).await;
        if !unwell.is_empty() {
            let causes: Vec<String> = unwell.iter().map(|(node, cause)| format!("{node} {cause}")).collect();
            let nodes = unwell.into_iter().map(|(node, _)| node).collect();
            return Some(self.fix(engine, &causes.join(", "), nodes).await);
        }
        if !asks {
            return None;
        }
        match self.ward.answers(engine).await {
            Ok(None) => None,
            Ok(Some(recovered)) => {
                self.note(engine, &recovered);
                Some(recovered)
            }
            Err(cause) => Some(self.fix(engine, &cause, vec![]).await),
        }
    }

    /// Brings nodes back, or all of the engine's when none is named; gives the engine up the second time, and when it does
    /// not come back. Returns what is to be told.
    async fn fix(&self, engine: Engine, cause: &str, nodes: Vec<NodeName>) -> String {
        self.note(engine, cause);
        if !self.ward.can_bring_back() {
            return self.lose(engine, cause.to_string());
        }
        if !self.seen().brought_back.insert(engine) {
            return self.lose(engine, format!("{cause}, after the servers of {engine} had been brought back once"));
        }
        self.ward.say(format!("{cause}: that was no fault of a scenario's; the servers of {engine} are brought back"));
        self.bring_back(engine, cause, nodes).await
    }

    /// Goes on where somebody was given up while bringing an engine back.
    async fn go_on(&self, engine: Engine, cause: &str, all: bool) -> String {
        let unwell = self.ward.unwell(engine).await;
        let nodes: Vec<NodeName> = unwell.into_iter().map(|(node, _)| node).collect();
        match (all, nodes.is_empty()) {
            (true, _) => self.bring_back(engine, cause, vec![]).await,
            (false, false) => self.bring_back(engine, cause, nodes).await,
            (false, true) => self.answers_again(engine, cause, async { Ok(()) }).await,
        }
    }

    async fn bring_back(&self, engine: Engine, cause: &str, nodes: Vec<NodeName>) -> String {
        self.seen().unfinished.insert(engine, (cause.to_string(), nodes.is_empty()));
        self.answers_again(engine, cause, self.ward.bring_back(engine, nodes)).await
    }

    async fn answers_again(
        &self,
        engine: Engine,
        cause: &str,
        first: impl Future<Output = Result<(), String>>,
    ) -> String {
        let back = async {
            first.await?;
            self.ward.answers(engine).await
        };
        let back = tokio::time::timeout(COMES_BACK, back).await;
        self.seen().unfinished.remove(&engine);
        match back {
            Ok(Ok(_)) => {
                self.note(engine, cause);
                cause.to_string()
            }
            Ok(Err(error)) => self.lose(engine, format!("{cause}, and it did not recover: {error}")),
            Err(_) => self.lose(engine, format!("{cause}, and it did not recover within {COMES_BACK:?}")),
        }
    }

    /// Notes trouble: whoever ran since, and does not hold, is an error.
    pub fn note(&self, engine: Engine, cause: &str) {
        tracing::debug!(%engine, cause, "a server was in trouble");
        self.seen().troubles.insert(engine, (Instant::now(), cause.to_string()));
    }

    /// From now on everything that needs the engine is an error at once.
    pub fn lose(&self, engine: Engine, cause: String) -> String {
        if self.seen().lost.insert(engine, cause.clone()).is_none() {
            self.ward.say(format!("{cause}: nothing runs on {engine} any more"));
        }
        cause
    }

    fn gate(&self, engine: Engine) -> &tokio::sync::Mutex<()> {
        match engine {
            Engine::Pg => &self.pg,
            Engine::Mongo => &self.mongo,
        }
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[path = "health_tests.rs"]
mod tests;
