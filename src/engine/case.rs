//! One run of a scenario: its variables, its own copy of the system, its steps, its teardown, its verdict.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::goldens::Goldens;
use super::outcome::{Halt, verdict_of};
use super::place::Place;
use super::sessions::builtin;
use super::stage::Stage;
use super::worker::Worker;
use super::{Context, Footprint, Job};
use crate::backend::pg::PgNode;
use crate::event::Event;
use crate::model::{Body, Engine, Variables};
use crate::source::Diagnostic;
use crate::system::Copy;
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
        let begun = Instant::now();
        let place = tokio::select! {
            place = Box::pin(self.place(job)) => place,
            // What is half made is swept at the end of the run.
            () = self.interrupt.wait() => return None,
        };
        let made = begun.elapsed();
        let turn = self.steps.acquire().await.ok();
        if over() {
            self.leave(place, job).await;
            return None;
        }
        tracing::debug!(scenario = job.name, ?made, "a copy is ready");
        self.context.reporting.send(Event::ScenarioStarted { name: job.name.clone() });
        let began = Instant::now();
        let mut end = match place {
            Place::Own(copy) => Box::pin(self.on_copy(job, copy, turn)).await,
            Place::Nowhere(verdict) => End::of(verdict),
        };
        if end.interrupted {
            return None;
        }
        end.copy_time += made;
        end.verdict = with_todo(job, end.verdict);
        let verdict = end.verdict.clone();
        tracing::debug!(scenario = job.name, took = ?began.elapsed(), "a scenario ended: {}", verdict.word());
        self.context.reporting.send(Event::ScenarioFinished {
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

    async fn on_copy(&self, job: &Job, copy: Arc<Copy>, turn: Option<SemaphorePermit<'_>>) -> End {
        let footprint = &job.footprint;
        let begun = Instant::now();
        let before = match self.before(footprint).await {
            Ok(before) => before,
            Err(error) => {
                let cause = format!("what databases share could not be listed: {error}");
                let _ = self.drop_copy(&copy, job).await;
                return End::of(Verdict::Error { evidence: vec![Evidence::at(&job.scenario.title.span, &cause)] });
            }
        };
        let disturbance = self.health.disturb(&footprint.disturbs);
        let mut end = self.carry_out(job, copy.clone()).await;
        if let Err(cause) = self.restored(footprint).await {
            end.verdict = worse(end.verdict, job, cause);
        }
        drop(disturbance);
        let left_by_run = self.interrupt.is_set() && self.context.host.servers_end_with_run();
        if !left_by_run && let Err(cause) = self.undo(Engine::Mongo, &before).await {
            end.verdict = worse(end.verdict, job, cause);
        }
        end.verdict = self.unless_servers_failed(end.verdict, job, begun).await;
        drop(turn);
        let keeps = self.context.options.keep && !end.verdict.is_fine();
        if keeps && let Err(cause) = self.undo(Engine::Pg, &before).await {
            end.verdict = worse(end.verdict, job, cause);
        }
        if keeps {
            end.kept = self.context.host.how_to_connect(
                &copy.database,
                &copy.peers.keys().cloned().collect::<Vec<_>>(),
                copy.mongo,
            );
            return end;
        }
        let begun = Instant::now();
        if let Err(error) = self.drop_copy(&copy, job).await {
            end.verdict = worse(end.verdict, job, format!("its copy could not be dropped: {error}"));
        }
        if !left_by_run && let Err(cause) = self.undo(Engine::Pg, &before).await {
            end.verdict = worse(end.verdict, job, cause);
        }
        end.copy_time += begun.elapsed();
        end
    }

    /// Undoes the faults of a scenario, within the time limit of a scenario.
    async fn restored(&self, footprint: &Footprint) -> Result<(), String> {
        if !footprint.faults || (self.interrupt.is_set() && self.context.host.servers_end_with_run()) {
            return Ok(());
        }
        let restored = async {
            self.context.host.restore(&footprint.disturbs).await?;
            if footprint.disturbs.contains(&Engine::Mongo) {
                self.site.settle(self.context.options.statement_timeout).await;
            }
            Ok(())
        };
        let limit = self.context.options.timeout.max(RESTORE_LIMIT);
        let restored = tokio::select! {
            restored = tokio::time::timeout(limit, restored) => {
                restored.unwrap_or_else(|_| Err(format!("it took longer than {limit:?}")))
            }
            () = self.interrupt.grace_is_over() => Err("the run was interrupted".to_string()),
        };
        if footprint.disturbs.contains(&Engine::Pg) {
            self.context.servers.pg.iter().for_each(PgNode::forget);
        }
        restored.map_err(|cause| {
            let cause = format!("the nodes did not recover: {cause}");
            for engine in &footprint.disturbs {
                self.health.lose(*engine, cause.clone());
            }
            cause
        })
    }

    /// A verdict that blames the system although a server died or hung, which was no fault of the scenario's, is an error.
    async fn unless_servers_failed(&self, verdict: Verdict, job: &Job, begun: Instant) -> Verdict {
        let mut engines = job.footprint.engines();
        engines.retain(|engine| !job.footprint.disturbs.contains(engine));
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
                let mut evidence = vec![Evidence::at(&job.scenario.title.span, &cause)];
                evidence.extend(verdict.evidence().iter().filter(|evidence| evidence.message != cause).cloned());
                Verdict::Error { evidence }
            }
            None => verdict,
        }
    }

    async fn carry_out(&self, job: &Job, copy: Arc<Copy>) -> End {
        let variables = match variables_of(job, builtin(&copy.database, self.site.app_name())) {
            Ok(variables) => variables,
            Err(error) => return End::of(verdict_of(Err(Halt::mistake(&error)))),
        };
        let goldens = match Goldens::open(&job.name, self.context.host, &copy, &self.context.options.redact) {
            Ok(goldens) => goldens,
            Err(error) => return End::of(verdict_of(Err(Halt::mistake(&error)))),
        };
        let servers = self.context.servers.for_copy(&copy);
        let context = Context { servers: &servers, ..self.context };
        let system = job.system.as_ref().map(|system| &system.system);
        let transport = self.site.open(copy);
        let mut stage = Stage { goldens, ..Stage::new(context, &job.name, system, transport, variables) };
        let limit = job.scenario.timeout.unwrap_or(self.context.options.timeout);
        let begun = Instant::now();
        let mut done = self.within(limit, job, body(&mut stage, job)).await;
        if let Body::Steps { finally, .. } = &job.scenario.body
            && !finally.is_empty()
            && !self.interrupt.is_set()
        {
            // A server that has eaten up the time of the steps must not have it twice.
            let left = limit.saturating_sub(begun.elapsed()).max(FINALLY_LIMIT.min(limit));
            let last = self.within(left, job, stage.run_all(finally)).await;
            done = done.and(last);
        }
        let interrupted = self.interrupt.is_set() && done.is_err();
        stage.blocked.clear();
        let (goldens, pending) = stage.goldens.finish(self.context.host, done.is_ok());
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
        tokio::select! {
            _ = tokio::time::timeout(CLOSE_LIMIT, stage.transport.close()) => {}
            () = self.interrupt.grace_is_over() => {}
        }
    }

    /// The steps, unless time is over, a server fails, or somebody asks to stop.
    async fn within(
        &self,
        limit: Duration,
        job: &Job,
        steps: impl Future<Output = Result<(), Halt>>,
    ) -> Result<(), Halt> {
        let span = &job.scenario.title.span;
        let engines = job.footprint.engines();
        tokio::select! {
            cause = self.health.fails(&engines) => Err(Halt::Breaks(vec![Evidence::at(span, &cause)])),
            done = tokio::time::timeout(limit, steps) => done.unwrap_or_else(|_| {
                let late = format!("the scenario was not done after {limit:?}");
                Err(Halt::Fails(vec![Evidence::at(span, &late)]))
            }),
            () = self.interrupt.wait() => Err(Halt::Breaks(vec![Evidence::at(span, "the run was interrupted")])),
        }
    }
}

async fn body(stage: &mut Stage<'_>, job: &Job) -> Result<(), Halt> {
    match &job.scenario.body {
        Body::Steps { steps, .. } => stage.run_all(steps).await,
        Body::Slt(script) => super::slt::run(stage, script).await,
    }
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
    evidence.push(Evidence::at(&job.scenario.title.span, &cause));
    Verdict::Error { evidence }
}
