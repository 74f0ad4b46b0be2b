//! One run of a scenario: its variables, its own copy of the system, its steps, its teardown, its verdict.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::build::Built;
use super::goldens::Goldens;
use super::health::Health;
use super::place::Place;
use super::sessions::Sessions;
use super::step::{Halt, Stage, breaks};
use super::{Footprint, Host, Job, Options, Reporting};
use crate::backend::mongo::MongoClients;
use crate::backend::pg::PgNode;
use crate::event::Event;
use crate::model::{Body, Datum, Engine, Variables};
use crate::source::Diagnostic;
use crate::system::{Copy, RunId, Servers};
use crate::variables;
use crate::verdict::{Evidence, Verdict};

/// The least time that `finally` has, unless the scenario has less.
const FINALLY_LIMIT: Duration = Duration::from_secs(5);

/// How long the sessions of a scenario may take to end.
const CLOSE_LIMIT: Duration = Duration::from_secs(20);

/// The least time that nodes have to come back after faults.
const RESTORE_LIMIT: Duration = Duration::from_secs(60);

/// SQLSTATEs of a session whose server ended it with another process of its own: crash_shutdown, cannot_connect_now.
const CRASHED: [&str; 2] = ["57P02", "57P03"];

/// What the runs of one worker share.
pub(super) struct Worker<'a> {
    pub servers: &'a Servers,
    pub host: &'a dyn Host,
    pub options: &'a Options,
    pub reporting: &'a Reporting,
    pub run: &'a RunId,
    pub built: &'a Built,
    pub clients: Option<Arc<MongoClients>>,
    pub interrupt: super::Interrupt,
    /// What is known of the servers.
    pub health: &'a Health<'a>,
    /// Who may do steps: as many at a time as the run has jobs. Copies are made and dropped beside them.
    pub steps: &'a Semaphore,
}

/// How a run ended, before the event is made of it.
struct End {
    verdict: Verdict,
    server_time: Duration,
    copy_time: Duration,
    steps: usize,
    pending: Vec<String>,
    kept: Vec<String>,
    /// The run was stopped before the scenario was done: it shows nothing.
    interrupted: bool,
}

impl End {
    fn of(verdict: Verdict) -> Self {
        Self {
            verdict,
            server_time: Duration::ZERO,
            copy_time: Duration::ZERO,
            steps: 0,
            pending: vec![],
            kept: vec![],
            interrupted: false,
        }
    }
}

impl Worker<'_> {
    /// Runs a job and tells of it; returns how it ended. Its copy is made before and dropped after its turn, while others
    /// have theirs; `None` when the run was `over` by the time that it came, or was stopped before it was done.
    pub async fn run(&self, job: &Job, over: &dyn Fn() -> bool) -> Option<Verdict> {
        let footprint = Footprint::of(&job.scenario, job.system.as_ref().map(|system| &system.system));
        let begun = Instant::now();
        let place = tokio::select! {
            place = Box::pin(self.place(job, &footprint)) => place,
            // What is half made is swept at the end of the run.
            () = self.interrupt.wait() => return None,
        };
        let made = begun.elapsed();
        let turn = self.steps.acquire().await.ok();
        if over() {
            self.leave(place, &footprint).await;
            return None;
        }
        self.reporting.send(Event::ScenarioStarted { name: job.name.clone() });
        let began = Instant::now();
        let mut end = match place {
            Place::Own(copy) => Box::pin(self.on_copy(job, &footprint, Arc::new(copy), turn)).await,
            Place::Nowhere(verdict) => End::of(verdict),
        };
        if end.interrupted {
            return None;
        }
        end.copy_time += made;
        end.verdict = with_todo(job, end.verdict);
        let verdict = end.verdict.clone();
        self.reporting.send(Event::ScenarioFinished {
            name: job.name.clone(),
            title: title(job),
            requirements: job.scenario.requirements.iter().map(|id| id.value.clone()).collect(),
            tags: job.scenario.tags.iter().map(|tag| tag.value.clone()).collect(),
            verdict: end.verdict,
            elapsed_ms: (made + began.elapsed()).as_secs_f64() * 1000.0,
            server_ms: end.server_time.as_secs_f64() * 1000.0,
            copy_ms: end.copy_time.as_secs_f64() * 1000.0,
            steps: end.steps,
            pending: end.pending,
            kept: end.kept,
            rerun: job.rerun.clone(),
        });
        Some(verdict)
    }

    async fn on_copy(
        &self,
        job: &Job,
        footprint: &Footprint,
        copy: Arc<Copy>,
        turn: Option<SemaphorePermit<'_>>,
    ) -> End {
        let begun = Instant::now();
        let before = match self.before(footprint).await {
            Ok(before) => before,
            Err(error) => {
                let cause = format!("what databases share could not be listed: {error}");
                let _ = self.drop_copy(&copy, footprint).await;
                return End::of(Verdict::Error {
                    evidence: vec![super::step::plain(&job.scenario.title.span, &cause)],
                });
            }
        };
        let disturbance = self.health.disturb(&footprint.disturbs);
        let mut end = self.carry_out(job, copy.clone(), footprint).await;
        if let Err(cause) = self.restored(footprint).await {
            end.verdict = worse(end.verdict, job, cause);
        }
        drop(disturbance);
        let left_by_run = self.interrupt.is_set() && self.host.servers_end_with_run();
        if !left_by_run && let Err(cause) = self.undo_in_mongo(&before).await {
            end.verdict = worse(end.verdict, job, cause);
        }
        end.verdict = self.unless_servers_failed(end.verdict, job, footprint, begun).await;
        drop(turn);
        let keeps = self.options.keep && !end.verdict.is_fine();
        if keeps && let Err(cause) = self.undo_in_pg(&before).await {
            end.verdict = worse(end.verdict, job, cause);
        }
        if keeps {
            end.kept =
                self.host.how_to_connect(&copy.database, &copy.peers.keys().cloned().collect::<Vec<_>>(), copy.mongo);
            return end;
        }
        let begun = Instant::now();
        if let Err(error) = self.drop_copy(&copy, footprint).await {
            end.verdict = worse(end.verdict, job, format!("its copy could not be dropped: {error}"));
        }
        if !left_by_run && let Err(cause) = self.undo_in_pg(&before).await {
            end.verdict = worse(end.verdict, job, cause);
        }
        end.copy_time += begun.elapsed();
        end
    }

    /// Undoes the faults of a scenario, within the time limit of a scenario.
    async fn restored(&self, footprint: &Footprint) -> Result<(), String> {
        if !footprint.faults || (self.interrupt.is_set() && self.host.servers_end_with_run()) {
            return Ok(());
        }
        let restored = async {
            self.host.restore(&footprint.disturbs).await?;
            if let Some(clients) = self.clients.as_ref().filter(|_| footprint.disturbs.contains(&Engine::Mongo)) {
                super::faults::settle_all(clients, self.options.statement_timeout).await;
            }
            Ok(())
        };
        let limit = self.options.timeout.max(RESTORE_LIMIT);
        let restored = tokio::select! {
            restored = tokio::time::timeout(limit, restored) => {
                restored.unwrap_or_else(|_| Err(format!("it took longer than {limit:?}")))
            }
            () = self.interrupt.grace_is_over() => Err("the run was interrupted".to_string()),
        };
        if footprint.disturbs.contains(&Engine::Pg) {
            self.servers.pg.iter().for_each(PgNode::forget);
        }
        restored.map_err(|cause| {
            let cause = format!("the nodes did not come back: {cause}");
            for engine in &footprint.disturbs {
                self.health.lose(*engine, cause.clone());
            }
            cause
        })
    }

    /// A verdict that blames the system although a server died or hung, which was no fault of the scenario's, is an error.
    async fn unless_servers_failed(
        &self,
        verdict: Verdict,
        job: &Job,
        footprint: &Footprint,
        begun: Instant,
    ) -> Verdict {
        let mut engines = footprint.engines();
        engines.retain(|engine| !footprint.disturbs.contains(engine));
        let asks = match &verdict {
            Verdict::Fail { evidence } => evidence.iter().any(is_of_a_crash),
            Verdict::Error { .. } => true,
            _ => return verdict,
        };
        if self.interrupt.is_set() {
            return verdict;
        }
        // What was seen of a crash is trouble, even if the server has recovered by now.
        if asks && matches!(verdict, Verdict::Fail { .. }) {
            self.health.note(Engine::Pg, "a process of the server crashed");
        }
        let found = self.health.examine(&engines, asks).await;
        match found.or_else(|| self.health.trouble_since(&engines, begun)) {
            Some(cause) => {
                let mut evidence = vec![super::step::plain(&job.scenario.title.span, &cause)];
                evidence.extend(verdict.evidence().iter().filter(|evidence| evidence.message != cause).cloned());
                Verdict::Error { evidence }
            }
            None => verdict,
        }
    }

    async fn carry_out(&self, job: &Job, copy: Arc<Copy>, footprint: &Footprint) -> End {
        let variables = match variables_of(job, builtin(&copy.database, self.clients.as_deref())) {
            Ok(variables) => variables,
            Err(error) => return End::of(verdict_of(Err(breaks(&error)))),
        };
        let goldens = match Goldens::open(&job.name, self.host, &copy, &self.options.redact) {
            Ok(goldens) => goldens,
            Err(error) => return End::of(verdict_of(Err(breaks(&error)))),
        };
        let servers = self.servers.for_copy(&copy);
        let mut stage = Stage {
            servers: &servers,
            host: self.host,
            options: self.options,
            reporting: self.reporting,
            name: &job.name,
            system: job.system.as_ref().map(|system| &system.system),
            sessions: Sessions::new(copy, self.clients.clone()),
            variables,
            goldens,
            streams: BTreeMap::new(),
            blocked: BTreeMap::new(),
            server_time: Duration::ZERO,
            steps: 0,
            failure: None,
            retry: None,
        };
        let limit = job.scenario.timeout.unwrap_or(self.options.timeout);
        let begun = Instant::now();
        let mut done = self.within(limit, job, footprint, body(&mut stage, job)).await;
        if let Body::Steps { finally, .. } = &job.scenario.body
            && !finally.is_empty()
            && !self.interrupt.is_set()
        {
            // A server that has eaten up the time of the steps must not have it twice.
            let left = limit.saturating_sub(begun.elapsed()).max(FINALLY_LIMIT.min(limit));
            let last = self.within(left, job, footprint, stage.run_all(finally)).await;
            done = done.and(last);
        }
        let interrupted = self.interrupt.is_set() && done.is_err();
        stage.blocked.clear();
        let (goldens, pending) = stage.goldens.finish(self.host, done.is_ok());
        self.close(&mut stage).await;
        let mut verdict = verdict_of(done.and(goldens));
        super::evidence::polish(&mut verdict, &stage.goldens);
        End {
            verdict,
            server_time: stage.server_time,
            copy_time: Duration::ZERO,
            steps: stage.steps,
            pending,
            kept: vec![],
            interrupted,
        }
    }

    /// Ends what a scenario holds on the servers. What does not end in time ends with its copy.
    async fn close(&self, stage: &mut Stage<'_>) {
        let closed = async {
            super::failpoints::off(stage).await;
            stage.sessions.close().await;
        };
        tokio::select! {
            _ = tokio::time::timeout(CLOSE_LIMIT, closed) => {}
            () = self.interrupt.grace_is_over() => {}
        }
    }

    /// The steps, unless time is over, a server fails, or somebody asks to stop.
    async fn within(
        &self,
        limit: Duration,
        job: &Job,
        footprint: &Footprint,
        steps: impl Future<Output = Result<(), Halt>>,
    ) -> Result<(), Halt> {
        let span = &job.scenario.title.span;
        let engines = footprint.engines();
        tokio::select! {
            cause = self.health.fails(&engines) => Err(Halt::Breaks(vec![super::step::plain(span, &cause)])),
            done = tokio::time::timeout(limit, steps) => done.unwrap_or_else(|_| {
                let late = format!("the scenario was not done after {limit:?}");
                Err(Halt::Fails(vec![super::step::plain(span, &late)]))
            }),
            () = self.interrupt.wait() => Err(Halt::Breaks(vec![super::step::plain(span, "the run was interrupted")])),
        }
    }
}

async fn body(stage: &mut Stage<'_>, job: &Job) -> Result<(), Halt> {
    match &job.scenario.body {
        Body::Steps { steps, .. } => stage.run_all(steps).await,
        Body::Slt(script) => super::slt::run(stage, script).await,
    }
}

/// Variables that every scenario has: `database` (its copy), `app_name` (what MongoDB knows its worker by).
pub(super) fn builtin(database: &str, clients: Option<&MongoClients>) -> Variables {
    let app_name = clients.map_or_else(String::new, |clients| clients.app_name.clone());
    [("database".into(), Datum::Text(database.into())), ("app_name".into(), Datum::Text(app_name))].into()
}

fn variables_of(job: &Job, mut known: Variables) -> Result<Variables, Diagnostic> {
    let case = job.case().map(|case| case.bindings.as_slice()).unwrap_or_default();
    for binding in job.scenario.vars.iter().chain(case) {
        let value = variables::datum(&binding.value, &known)?;
        known.insert(binding.name.value.clone(), value);
    }
    Ok(known)
}

fn title(job: &Job) -> String {
    let Some(case) = job.case() else { return job.scenario.title.value.clone() };
    let known = variables_of(job, Variables::new()).unwrap_or_default();
    let shown = |name: &str| known.get(name).map(|value| format!("{name}={}", value.to_text()));
    let bindings: Vec<String> = case.bindings.iter().filter_map(|binding| shown(&binding.name.value)).collect();
    format!("{} [{}]", job.scenario.title.value, bindings.join(", "))
}

fn verdict_of(done: Result<(), Halt>) -> Verdict {
    match done {
        Ok(()) => Verdict::Pass,
        Err(Halt::Fails(evidence)) => Verdict::Fail { evidence },
        Err(Halt::Breaks(evidence)) => Verdict::Error { evidence },
        Err(Halt::Inconclusive(reason)) => Verdict::Inconclusive { reason },
    }
}

fn with_todo(job: &Job, verdict: Verdict) -> Verdict {
    match (&job.scenario.todo, verdict) {
        (Some(reason), Verdict::Fail { evidence }) => Verdict::ExpectedFailure { reason: reason.clone(), evidence },
        (Some(reason), Verdict::Pass) => Verdict::UnexpectedPass { reason: reason.clone() },
        (_, verdict) => verdict,
    }
}

/// Whether it shows that the server lost a process and ended all others.
fn is_of_a_crash(evidence: &Evidence) -> bool {
    evidence.code.as_ref().is_some_and(|code| CRASHED.iter().any(|crashed| code.starts_with(crashed)))
}

/// A teardown that broke makes an error of every verdict, with what was seen before.
fn worse(verdict: Verdict, job: &Job, cause: String) -> Verdict {
    let mut evidence = verdict.evidence().to_vec();
    evidence.push(super::step::plain(&job.scenario.title.span, &cause));
    Verdict::Error { evidence }
}
