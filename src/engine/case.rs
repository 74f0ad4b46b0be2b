//! One run of a scenario: its variables, its own copy of the system, its steps, its teardown, its verdict.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, SemaphorePermit};

use super::build::Built;
use super::goldens::Goldens;
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
use crate::verdict::Verdict;

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
        }
    }
}

impl Worker<'_> {
    /// Runs a job and tells of it; returns how it ended. Its copy is made before and dropped after its turn, while others
    /// have theirs; `None` when the run was `over` by the time that it came.
    pub async fn run(&self, job: &Job, over: &dyn Fn() -> bool) -> Option<Verdict> {
        let footprint = Footprint::of(&job.scenario, job.system.as_ref().map(|system| &system.system));
        let begun = Instant::now();
        let place = self.place(job, &footprint).await;
        let made = begun.elapsed();
        let turn = self.steps.acquire().await.ok();
        if over() {
            self.leave(place).await;
            return None;
        }
        self.reporting.send(Event::ScenarioStarted { name: job.name.clone() });
        let began = Instant::now();
        let mut end = match place {
            Place::Own(copy) => self.on_copy(job, &footprint, Arc::new(copy), turn).await,
            Place::Nowhere(verdict) => End::of(verdict),
        };
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
        let mut end = self.carry_out(job, copy.clone()).await;
        if footprint.faults
            && let Err(cause) = self.host.restore(&footprint.disturbs).await
        {
            end.verdict = worse(end.verdict, job, format!("the nodes did not come back: {cause}"));
        }
        if let Some(clients) = self.clients.as_ref().filter(|_| footprint.disturbs.contains(&Engine::Mongo)) {
            super::faults::settle_all(clients, self.options.statement_timeout).await;
        }
        if footprint.disturbs.contains(&Engine::Pg) {
            self.servers.pg.iter().for_each(PgNode::forget);
        }
        drop(turn);
        if self.options.keep && !end.verdict.is_fine() {
            end.kept =
                self.host.how_to_connect(&copy.database, &copy.peers.keys().cloned().collect::<Vec<_>>(), copy.mongo);
            return end;
        }
        let begun = Instant::now();
        if let Err(error) = copy.remove(self.clients.as_deref()).await {
            end.verdict = worse(end.verdict, job, format!("its copy could not be dropped: {error}"));
        }
        end.copy_time += begun.elapsed();
        end
    }

    async fn carry_out(&self, job: &Job, copy: Arc<Copy>) -> End {
        let variables = match variables_of(job, builtin(&copy.database, self.clients.as_deref())) {
            Ok(variables) => variables,
            Err(error) => return End::of(verdict_of(Err(breaks(&error)))),
        };
        let goldens = match Goldens::open(&job.name, self.host, &copy.database, &self.options.redact) {
            Ok(goldens) => goldens,
            Err(error) => return End::of(verdict_of(Err(breaks(&error)))),
        };
        let mut stage = Stage {
            servers: self.servers,
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
        let mut done = self.within(limit, job, body(&mut stage, job)).await;
        if let Body::Steps { finally, .. } = &job.scenario.body
            && !finally.is_empty()
        {
            let last = self.within(limit, job, stage.run_all(finally)).await;
            done = done.and(last);
        }
        stage.blocked.clear();
        super::failpoints::off(&stage).await;
        let (goldens, pending) = stage.goldens.finish(self.host, done.is_ok());
        stage.sessions.close().await;
        let mut verdict = verdict_of(done.and(goldens));
        super::evidence::polish(&mut verdict, &stage.goldens);
        End {
            verdict,
            server_time: stage.server_time,
            copy_time: Duration::ZERO,
            steps: stage.steps,
            pending,
            kept: vec![],
        }
    }

    /// The steps, unless time is over or somebody asks to stop.
    async fn within(
        &self,
        limit: Duration,
        job: &Job,
        steps: impl Future<Output = Result<(), Halt>>,
    ) -> Result<(), Halt> {
        let span = &job.scenario.title.span;
        tokio::select! {
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

/// A teardown that broke makes an error of every verdict, with what was seen before.
fn worse(verdict: Verdict, job: &Job, cause: String) -> Verdict {
    let mut evidence = verdict.evidence().to_vec();
    evidence.push(super::step::plain(&job.scenario.title.span, &cause));
    Verdict::Error { evidence }
}
