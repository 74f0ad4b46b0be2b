//! Who runs beside whom: what disturbs an engine has that engine to itself, what only uses it shares it, and the two engines
//! do not know of each other. So a MongoDB failover is waited for while PostgreSQL works.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Job;
use crate::model::Engine;

/// What something asks of the engines while it runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Claim {
    /// It works with these.
    pub uses: BTreeSet<Engine>,
    /// It disturbs these: faults, fail points, changes that every database sees.
    pub disturbs: BTreeSet<Engine>,
}

impl Claim {
    /// What a job asks for.
    pub fn of(job: &Job) -> Self {
        let footprint = &job.footprint;
        let uses = footprint.engines();
        // What it changes for all is seen by all, and who changed something can be told only when nobody else could.
        Self { uses, disturbs: footprint.alone_on() }
    }

    /// What several ask for together.
    pub fn of_all(jobs: &[Job]) -> Self {
        jobs.iter().map(Self::of).fold(Self::default(), |mut all, one| {
            all.uses.extend(one.uses);
            all.disturbs.extend(one.disturbs);
            all
        })
    }

    /// Whether it has to have an engine to itself.
    pub fn is_disturbing(&self) -> bool {
        !self.disturbs.is_empty()
    }

    fn fits_beside(&self, other: &Self) -> bool {
        let touches = |one: &Self, two: &Self| {
            one.disturbs.iter().any(|engine| two.uses.contains(engine) || two.disturbs.contains(engine))
        };
        !touches(self, other) && !touches(other, self)
    }
}

/// Things that wait for their turn, in order; each begins as soon as it fits beside everything that runs.
pub struct Lanes<T> {
    state: Mutex<State<T>>,
    ended: Notify,
}

struct State<T> {
    waiting: Vec<(T, Claim)>,
    running: Vec<(usize, Claim)>,
    begun: usize,
}

impl<T> Lanes<T> {
    /// Nothing has begun.
    pub fn new(waiting: Vec<(T, Claim)>) -> Self {
        Self { state: Mutex::new(State { waiting, running: vec![], begun: 0 }), ended: Notify::new() }
    }

    /// The first that fits beside what runs; waits while none does, and gives `None` when none is left. It runs until the
    /// turn is dropped.
    pub async fn next(&self) -> Option<(T, Turn<'_, T>)> {
        loop {
            let ended = self.ended.notified();
            tokio::pin!(ended);
            // Enabled before the look, so that an end between the look and the wait is not missed.
            ended.as_mut().enable();
            {
                let mut state = self.state();
                let fits = |claim: &Claim| state.running.iter().all(|(_, other)| claim.fits_beside(other));
                if let Some(at) = state.waiting.iter().position(|(_, claim)| fits(claim)) {
                    let (thing, claim) = state.waiting.remove(at);
                    state.begun += 1;
                    let number = state.begun;
                    state.running.push((number, claim));
                    return Some((thing, Turn { lanes: self, number }));
                }
                if state.waiting.is_empty() {
                    return None;
                }
            }
            ended.await;
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time in which something runs.
pub struct Turn<'a, T> {
    lanes: &'a Lanes<T>,
    number: usize,
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.lanes.state().running.retain(|(number, _)| *number != self.number);
        self.lanes.ended.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    fn claim(uses: &[Engine], disturbs: &[Engine]) -> Claim {
        Claim { uses: uses.iter().copied().collect(), disturbs: disturbs.iter().copied().collect() }
    }

    const PG: &[Engine] = &[Engine::Pg];
    const MONGO: &[Engine] = &[Engine::Mongo];
    const BOTH: &[Engine] = &[Engine::Pg, Engine::Mongo];

    /// The names of those that can run at the same time, in the order in which they begin.
    fn beside(waiting: &[(&'static str, Claim)]) -> Vec<&'static str> {
        let lanes = Lanes::new(waiting.to_vec());
        let mut turns = vec![];
        while let Some(Some((name, turn))) = lanes.next().now_or_never() {
            turns.push((name, turn));
        }
        turns.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn what_disturbs_an_engine_has_it_to_itself() {
        let kill = ("kill", claim(MONGO, MONGO));
        assert_eq!(beside(&[kill.clone(), ("find", claim(MONGO, &[])), ("sql", claim(PG, &[]))]), ["kill", "sql"]);
        assert_eq!(beside(&[("both", claim(BOTH, &[])), kill.clone(), ("find", claim(MONGO, &[]))]), ["both", "find"]);
        assert_eq!(beside(&[kill.clone(), ("crash", claim(PG, PG)), ("neither", claim(&[], &[]))]).len(), 3);
        assert_eq!(beside(&[kill.clone(), ("again", claim(MONGO, MONGO))]), ["kill"]);
    }

    #[tokio::test]
    async fn what_waits_begins_when_what_it_waits_for_ends() {
        let lanes = Lanes::new(vec![("kill", claim(MONGO, MONGO)), ("find", claim(MONGO, &[]))]);
        let (_, turn) = lanes.next().await.unwrap();
        let waits = async { lanes.next().await.map(|(name, _)| name) };
        let ends = async {
            tokio::task::yield_now().await;
            drop(turn);
        };
        assert_eq!(futures::join!(waits, ends).0, Some("find"));
        assert!(lanes.next().await.is_none());
    }
}
