//! What the tests of this room stand on: servers that answer from a script, a world that is made up, and scenarios from the
//! text that an author would write. Time is paused in such a test: it goes on when everybody waits.

mod host;
mod reply;
mod script;
mod site;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

pub(super) use self::host::FakeHost;
pub(super) use self::reply::*;
pub(super) use self::script::Script;
pub(super) use self::site::{Case, Told};
use super::goldens::Goldens;
use super::outcome::{Halt, verdict_of};
use super::stage::Stage;
use super::{Context, Dispatcher, Job, Options, Reporting, SystemUnderTest, Until};
use crate::backend::mongo::MongoSet;
use crate::backend::pg::PgNode;
use crate::event::Event;
use crate::language;
use crate::model::{Body, Engine, NodeName, Scenario, System, Variables};
use crate::source::SourceFile;
use crate::system::{Copy, Servers};
use crate::verdict::{Evidence, Verdict};

/// What was sent and done, in order.
#[derive(Clone, Default)]
pub(super) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    /// Notes a line.
    pub fn note(&self, line: impl Into<String>) {
        self.0.lock().expect("whole").push(line.into());
    }

    /// All lines.
    pub fn lines(&self) -> Vec<String> {
        self.0.lock().expect("whole").clone()
    }

    /// How many lines hold this.
    pub fn count(&self, part: &str) -> usize {
        self.lines().iter().filter(|line| line.contains(part)).count()
    }
}

/// A scenario from its text below the head: `steps:` and what else it has.
pub(super) fn scenario(rest: &str) -> Scenario {
    let text = format!("scenario: What the test says holds\nrequirements: [R1]\n{rest}");
    read("t.yaml", &text)
}

/// A scenario of these steps, which need not expect anything.
pub(super) fn steps_alone(steps: &str) -> Scenario {
    let expects = "  - sql: SELECT 0\n    expect: { value: 0 }\n";
    let mut scenario = scenario(&format!("steps:\n{steps}{expects}"));
    if let Body::Steps { steps, .. } = &mut scenario.body {
        steps.pop();
    }
    scenario
}

/// A `.slt` scenario from its records.
pub(super) fn slt(records: &str) -> Scenario {
    read("t.slt", &format!("# scenario: What the test says holds\n# requirements: R1\n\n{records}"))
}

fn read(name: &str, text: &str) -> Scenario {
    let none = |_: &str| Err(std::io::Error::other("a test has no files"));
    let parsed = language::scenario(&SourceFile::new(name, text), name, &none);
    let said = |errors: Vec<crate::source::Diagnostic>| {
        errors.iter().map(|error| error.render(false)).collect::<Vec<_>>().join("\n")
    };
    parsed.unwrap_or_else(|errors| panic!("{text}\n{}", said(errors))).value
}

/// A system from its text below the head: `build:`, `steps:`, `replication:`.
pub(super) fn system(rest: &str) -> System {
    let build = if rest.contains("build:") { "" } else { "build:\n  - sql: SELECT 0\n" };
    let text = format!("system: What scenarios run on\n{build}{rest}");
    let parsed = language::system(&SourceFile::new("system.yaml", &text), "fixtures/x");
    parsed.unwrap_or_else(|errors| panic!("{text}\n{errors:?}")).value.system
}

/// A job of a scenario, on a system if there is one.
pub(super) fn job(scenario: Scenario, system: Option<System>) -> Job {
    let under_test = |system| Arc::new(SystemUnderTest { system, fingerprint: "f".into(), base: None });
    Job::new("t", Arc::new(scenario), None, system.map(under_test))
}

/// Peers of these names that polyspec owns.
pub(super) fn peers(names: &[&str], owned: bool) -> Vec<PgNode> {
    let url = "postgresql://someone@localhost/x";
    let node = |name: &&str| PgNode::new(NodeName::new(Engine::Pg, *name), url, url, owned).expect("a URL");
    names.iter().map(node).collect()
}

/// A replica set with members of these names that polyspec owns.
pub(super) fn set(names: &[&str], owned: bool) -> MongoSet {
    let member = |name: &&str| (NodeName::new(Engine::Mongo, *name), "mongodb://localhost".to_string());
    MongoSet { url: "mongodb://localhost".into(), members: names.iter().map(member).collect(), owned }
}

/// How to run, with time limits of ten seconds for a scenario and two for a statement.
pub(super) fn options() -> Options {
    Options {
        jobs: 1,
        timeout: Duration::from_secs(10),
        statement_timeout: Duration::from_secs(2),
        keep: false,
        allow_run: true,
        allow_cluster_changes: false,
        redact: vec![],
        confirms: false,
        until: Until::End,
        build_goes_on: false,
    }
}

/// A run's surroundings: three peers `a`, `b`, `c`, three members `m1`, `m2` (the primary), `m3`, and a script for them.
pub(super) struct Bench {
    pub servers: Servers,
    pub host: FakeHost,
    pub options: Options,
    pub system: Option<System>,
    pub script: Arc<Script>,
    pub log: Log,
    pub reporting: Reporting,
    dispatcher: Dispatcher,
}

/// How steps ended.
pub(super) struct Ended {
    pub done: Result<(), Halt>,
    pub variables: Variables,
    pub steps: usize,
    /// By the clock of the test.
    pub elapsed: Duration,
    pub pending: Vec<String>,
}

impl Bench {
    /// Servers that do all that they are told, and no system.
    pub fn new() -> Self {
        let log = Log::default();
        let servers = Servers {
            pg: peers(&["a", "b", "c"], true),
            mongo: Some(set(&["m1", "m2", "m3"], true)),
            keeps_templates: false,
        };
        let peers = servers.pg.iter().map(|node| (node.name.clone(), node.clone())).collect();
        let copy = Arc::new(Copy { database: "db_1".into(), peers, mongo: true, user: None });
        let (dispatcher, reporting) = Dispatcher::new();
        Self {
            servers,
            host: FakeHost::new(log.clone()),
            options: options(),
            system: None,
            script: Arc::new(Script::new(copy, log.clone())),
            log,
            reporting,
            dispatcher,
        }
    }

    /// The same with a system.
    pub fn with_system(rest: &str) -> Self {
        Self { system: Some(system(rest)), ..Self::new() }
    }

    /// What a run shares.
    pub fn context(&self) -> Context<'_> {
        Context { servers: &self.servers, host: &self.host, options: &self.options, reporting: &self.reporting }
    }

    /// A stage before its first step.
    pub fn stage(&self) -> Stage<'_> {
        let copy = crate::engine::transport::Transport::copy(&*self.script);
        let goldens = Goldens::open("t", &self.host, copy, &[]).expect("a golden that can be read");
        let variables = Variables::new();
        let stage = Stage::new(self.context(), "t", self.system.as_ref(), self.script.clone(), variables);
        Stage { goldens, ..stage }
    }

    /// Runs the steps that an author would write below `steps:`.
    pub async fn run(&self, steps: &str) -> Ended {
        self.run_scenario(&steps_alone(steps)).await
    }

    /// Runs the records of a `.slt` file.
    pub async fn run_slt(&self, records: &str) -> Ended {
        self.run_scenario(&slt(records)).await
    }

    async fn run_scenario(&self, scenario: &Scenario) -> Ended {
        let mut stage = self.stage();
        for binding in &scenario.vars {
            let value = crate::variables::datum(&binding.value, &stage.variables).expect("a value");
            stage.variables.insert(binding.name.value.clone(), value);
        }
        let begun = Instant::now();
        let done = match &scenario.body {
            Body::Steps { steps, .. } => stage.run_all(steps).await,
            Body::Slt(script) => super::slt::run(&mut stage, script).await,
        };
        let elapsed = begun.elapsed();
        stage.blocked.clear();
        // What is given up notes it when the runtime next looks.
        tokio::task::yield_now().await;
        let (_, pending) = stage.goldens.finish(&self.host, done.is_ok());
        Ended { done, variables: stage.variables, steps: stage.steps, elapsed, pending }
    }

    /// Everything that was reported; nothing can be reported after that.
    pub async fn events(self) -> Vec<Event> {
        let Self { reporting, dispatcher, .. } = self;
        drop(reporting);
        let mut events = vec![];
        dispatcher.drive(|stamped| events.push(stamped.event.clone())).await;
        events
    }
}

impl Ended {
    /// `pass`, or `fail`, `error`, `inconclusive` with what was said first.
    pub fn said(self) -> String {
        said(&verdict_of(self.done))
    }

    /// The evidence.
    pub fn evidence(self) -> Vec<Evidence> {
        verdict_of(self.done).evidence().to_vec()
    }

    /// A variable as text.
    pub fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).map(|value| value.to_text())
    }
}

/// `pass`, or `fail`, `error`, `skip` and so on with what was said first.
pub(super) fn said(verdict: &Verdict) -> String {
    let first = verdict.evidence().first().map(|first| first.message.clone()).unwrap_or_default();
    match verdict {
        Verdict::Pass => "pass".into(),
        Verdict::Fail { .. } => format!("fail: {first}"),
        Verdict::Error { .. } => format!("error: {first}"),
        Verdict::Skip { reason } => format!("skip: {reason}"),
        Verdict::Inconclusive { reason } => format!("inconclusive: {reason}"),
        Verdict::ExpectedFailure { reason, .. } => format!("expected failure: {reason}"),
        Verdict::UnexpectedPass { reason } => format!("unexpected pass: {reason}"),
    }
}
