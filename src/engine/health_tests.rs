//! Servers of which a test decides how they are.

use std::sync::atomic::Ordering::Relaxed;

use async_trait::async_trait;
use futures::FutureExt;

use super::*;

/// Servers of which a test decides how they are.
#[derive(Default)]
struct Patients {
    unwell: Mutex<Vec<(NodeName, String)>>,
    answers: Mutex<Option<String>>,
    /// Whether bringing them back helps.
    incurable: bool,
    external: bool,
    said: Mutex<Vec<String>>,
    brought_back: Mutex<Vec<Vec<NodeName>>>,
    /// How often bringing them back takes for ever.
    slow: std::sync::atomic::AtomicUsize,
}

#[async_trait]
impl Ward for Patients {
    async fn unwell(&self, _: Engine) -> Vec<(NodeName, String)> {
        self.unwell.lock().expect("whole").clone()
    }
    async fn answers(&self, _: Engine) -> Result<Option<String>, String> {
        self.answers.lock().expect("whole").clone().map_or(Ok(None), Err)
    }
    async fn bring_back(&self, _: Engine, nodes: Vec<NodeName>) -> Result<(), String> {
        self.brought_back.lock().expect("whole").push(nodes);
        let slow = self.slow.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1));
        if slow.is_ok() {
            return std::future::pending().await;
        }
        if self.incurable {
            return Err("no port".into());
        }
        self.unwell.lock().expect("whole").clear();
        *self.answers.lock().expect("whole") = None;
        Ok(())
    }
    fn can_bring_back(&self) -> bool {
        !self.external
    }
    fn say(&self, message: String) {
        self.said.lock().expect("whole").push(message);
    }
}

impl Patients {
    fn fall_ill(&self) {
        let node = NodeName::new(Engine::Pg, "a");
        *self.unwell.lock().expect("whole") = vec![(node, "has ended".into())];
    }
    fn count(&self) -> (usize, usize) {
        (self.said.lock().expect("whole").len(), self.brought_back.lock().expect("whole").len())
    }
}

fn health(patients: &Patients) -> Health<'_> {
    let (_, interrupt) = Interrupt::new();
    let look_every = Duration::from_millis(5);
    Health { look_every, ..Health::new(patients, interrupt, Duration::from_millis(50)) }
}

fn pg() -> BTreeSet<Engine> {
    [Engine::Pg].into()
}

#[tokio::test(start_paused = true)]
async fn servers_are_brought_back_once_and_then_given_up() {
    let patients = Patients::default();
    let health = health(&patients);
    let begun = Instant::now();
    assert_eq!(health.examine(&pg(), true).await, None);
    patients.fall_ill();
    assert_eq!(health.examine(&pg(), false).await.as_deref(), Some("pg.a has ended"));
    assert!(health.trouble_since(&pg(), begun).is_some() && health.lost(&pg()).is_none());
    assert_eq!(health.examine(&pg(), true).await, None);
    patients.fall_ill();
    assert!(health.examine(&pg(), false).await.is_some() && health.lost(&pg()).is_some());
    assert!(health.examine(&pg(), false).await.is_some(), "what is given up stays so");
    assert_eq!(patients.count(), (2, 1), "each is said once: {:?}", patients.said);
    assert!(health.lost(&[Engine::Mongo].into()).is_none());
}

#[tokio::test(start_paused = true)]
async fn what_does_not_come_back_and_what_is_somebody_elses_is_given_up() {
    for patients in
        [Patients { incurable: true, ..Patients::default() }, Patients { external: true, ..Patients::default() }]
    {
        let health = health(&patients);
        *patients.answers.lock().expect("whole") = Some("pg.a does not answer".into());
        assert_eq!(health.examine(&pg(), false).await, None, "nobody asks");
        assert!(health.examine(&pg(), true).await.is_some_and(|cause| cause.contains("does not answer")));
        let own = health.own(&pg(), "copying", async { Ok(()) }).await;
        assert!(own.is_err(), "nothing is begun on it any more");
    }
}

#[tokio::test(start_paused = true)]
async fn own_work_ends_when_a_server_dies_or_its_time_is_over() {
    let patients = Patients::default();
    let mut health = health(&patients);
    let hangs = || std::future::pending::<Result<(), BackendError>>();
    let stuck = health.own(&pg(), "copying", hangs()).await.expect_err("late").to_string();
    assert_eq!(stuck, "copying was not done after 50ms");
    assert_eq!(patients.count(), (1, 1));
    health.limit = Duration::from_secs(3600);
    patients.fall_ill();
    let died = health.own(&pg(), "copying", hangs()).await.expect_err("died").to_string();
    assert!(died.contains("pg.a has ended"), "{died}");
}

#[tokio::test(start_paused = true)]
async fn several_that_are_stuck_bring_the_servers_back_once() {
    let patients = Patients::default();
    let health = health(&patients);
    let hangs = || std::future::pending::<Result<(), BackendError>>();
    let engines = pg();
    let work = (0..3).map(|_| health.own(&engines, "copying", hangs()));
    let done = futures::future::join_all(work).await;
    assert!(done.iter().all(Result::is_err) && health.lost(&pg()).is_none());
    assert_eq!(patients.count(), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nobody_looks_at_what_a_scenario_disturbs() {
    let patients = Patients::default();
    let health = health(&patients);
    patients.fall_ill();
    let disturbance = health.disturb(&pg());
    assert_eq!(health.examine(&pg(), true).await, None);
    assert!(health.fails(&pg()).now_or_never().is_none());
    drop(disturbance);
    assert!(health.examine(&pg(), true).await.is_some());
}

/// Work that is done, or a scenario that ends, gives up the look at the servers that goes on beside it.
#[tokio::test(start_paused = true)]
async fn whoever_is_given_up_while_bringing_servers_back_is_relieved_by_the_next() {
    let patients = Patients { slow: 1.into(), ..Patients::default() };
    let health = health(&patients);
    patients.fall_ill();
    assert!(health.examine(&pg(), false).now_or_never().is_none(), "it takes for ever");
    let begun = Instant::now();
    assert_eq!(health.examine(&pg(), false).await.as_deref(), Some("pg.a has ended"));
    assert!(health.trouble_since(&pg(), begun).is_some(), "whoever began meanwhile has met it");
    assert!(health.lost(&pg()).is_none(), "it is the same time, not the second");
    assert_eq!(patients.count(), (1, 2));
    assert_eq!(health.examine(&pg(), false).await, None);
}
