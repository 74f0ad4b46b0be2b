//! Wires the grading of submissions: servers once, and on them each submission with its probes first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use super::host::SuiteHost;
use super::jobs::{may_build, under_test};
use super::{Obtained, Prepared, RunError, Submission};
use crate::engine::{self, Context, Dispatcher, Interrupt, Job, Options, SystemUnderTest};
use crate::event::{Event, Stamped};
use crate::grade::{Blocked, Examination, Finding, Grading, Outcome, Standing};
use crate::mutation::{MutationContext, passing_on_nothing};
use crate::source::Diagnostic;
use crate::verdict::Verdict;

/// Grades submissions one after the other on the same servers.
pub struct Grader {
    prepared: Prepared,
    obtained: Obtained,
    blocked: Blocked,
    interrupt: Interrupt,
    /// Runs that a system without anything passes too.
    proving_nothing: BTreeSet<String>,
}

/// The end of a run of a scenario.
struct End {
    name: String,
    title: String,
    verdict: Verdict,
    seconds: f64,
}

impl Grader {
    /// Obtains the servers that the selected scenarios need; events of that go to `sink`.
    ///
    /// # Errors
    /// The servers do not start.
    pub async fn new(
        prepared: Prepared,
        blocked: Blocked,
        sink: impl FnMut(&Stamped),
        interrupt: Interrupt,
    ) -> Result<Self, RunError> {
        let prepared = Prepared { jobs: without_design(prepared.jobs), ..prepared };
        let mut obtained = prepared.servers(sink, &interrupt).await?;
        obtained.servers.keeps_templates = false;
        Ok(Self { prepared, obtained, blocked, interrupt, proving_nothing: BTreeSet::new() })
    }

    /// The suite and what is selected of it.
    pub fn prepared(&self) -> &Prepared {
        &self.prepared
    }

    /// Runs that are known to prove nothing: the empty system passes them.
    pub fn know(&mut self, proving_nothing: BTreeSet<String>) {
        self.proving_nothing = proving_nothing;
    }

    /// Runs everything on an empty database: the names of the runs that pass there, and say nothing about a submission.
    ///
    /// # Errors
    /// What was made could not be dropped, or the run was interrupted.
    pub async fn examine_nothing(&self) -> Result<BTreeSet<String>, RunError> {
        let (host, options) = (SuiteHost::new(&self.prepared, &self.obtained), self.prepared.options());
        let (servers, interrupt) = (&self.obtained.servers, self.interrupt.clone());
        let context = MutationContext {
            servers,
            host: &host,
            options: &options,
            all: true,
            explained: BTreeSet::new(),
            recorded: BTreeMap::new(),
            interrupt,
        };
        let passed = passing_on_nothing(&self.prepared.jobs, &context).await;
        self.uninterrupted()?;
        let cleaned = |cause| RunError::Machinery(format!("cleanup failed: {cause}"));
        passed.map(|names| names.into_iter().collect()).map_err(cleaned)
    }

    /// Grades a submission; `seen` gets what is known after every verdict.
    ///
    /// # Errors
    /// The submission's files are wrong, the servers are lost, or the run was interrupted.
    pub async fn grade(
        &mut self,
        submission: &Submission,
        mut seen: impl FnMut(&Grading),
    ) -> Result<Grading, RunError> {
        let begun = Instant::now();
        let system = self.system(submission).map_err(RunError::Input)?;
        let jobs: Vec<Job> = self.prepared.jobs.iter().map(|job| job.on(system.clone())).collect();
        let mut grading = Grading::new(&submission.name, jobs.iter().map(|job| self.unexamined(job)).collect());
        let (probes, others): (Vec<Job>, Vec<Job>) = jobs.into_iter().partition(|job| job.scenario.probe);
        let standing = Standing::of(self.prepared.suite.register());
        self.examine(probes, &mut grading, &mut seen).await?;
        let failed = failed_probes(&self.prepared.jobs, &grading);
        let (blocked, others): (Vec<Job>, Vec<Job>) =
            others.into_iter().partition(|job| standing.missing(&cited(job), &failed).is_some());
        for job in blocked {
            let because = standing.missing(&cited(&job), &failed).cloned().unwrap_or_default();
            if let Some(examination) = find(&mut grading, &job.name) {
                examination.outcome = Outcome::NotExamined { because };
            }
        }
        self.examine(others.clone(), &mut grading, &mut seen).await?;
        let broken = |job: &Job| grading.examined.iter().any(|each| each.name == job.name && is_broken(each));
        let again: Vec<Job> = others.into_iter().filter(broken).collect();
        if !again.is_empty() {
            self.take_fresh_servers().await?;
            self.examine(again, &mut grading, &mut seen).await?;
        }
        grading.seconds = begun.elapsed().as_secs_f64();
        grading.count(self.prepared.suite.register(), self.blocked);
        Ok(grading)
    }

    /// A submission whose files are wrong: it has nothing that could be examined, so that it earns nothing.
    pub fn unreadable(&self, submission: &Submission, errors: &[Diagnostic]) -> Grading {
        let mut grading =
            Grading::new(&submission.name, self.prepared.jobs.iter().map(|job| self.unexamined(job)).collect());
        for examination in grading.examined.iter_mut().filter(|each| is_broken(each)) {
            examination.outcome = Outcome::Failed;
        }
        grading.build = errors.iter().map(Finding::of_diagnostic).collect();
        grading.count(self.prepared.suite.register(), self.blocked);
        grading
    }

    /// What broke may have been the servers' doing: those of `up` or of someone else stay, polyspec's own are replaced.
    async fn take_fresh_servers(&mut self) -> Result<(), RunError> {
        let mut fresh = self.prepared.servers(|_| {}, &self.interrupt).await?;
        fresh.servers.keeps_templates = false;
        std::mem::replace(&mut self.obtained, fresh).release().await;
        Ok(())
    }

    /// Gives the servers back.
    pub async fn release(self) {
        self.obtained.release().await;
    }

    fn system(&self, submission: &Submission) -> Result<Arc<SystemUnderTest>, Vec<Diagnostic>> {
        let system = self.prepared.suite.system(&submission.folder.to_string_lossy(), None)?;
        may_build(&self.prepared.request, &system)?;
        under_test(&self.prepared.suite, system)
    }

    fn unexamined(&self, job: &Job) -> Examination {
        let proves_nothing = self.proving_nothing.contains(&job.name);
        Examination {
            name: job.name.clone(),
            title: job.scenario.title.value.clone(),
            requirements: cited(job),
            weight: job.scenario.points / job.scenario.cases.len().max(1) as f64,
            hidden: job.scenario.hidden,
            outcome: if proves_nothing { Outcome::ProvesNothing } else { Outcome::NotGraded },
            findings: vec![],
            seconds: 0.0,
        }
    }

    async fn examine(
        &self,
        jobs: Vec<Job>,
        grading: &mut Grading,
        seen: &mut impl FnMut(&Grading),
    ) -> Result<(), RunError> {
        let register = self.prepared.suite.register();
        let mut refused = vec![];
        let proves_nothing = |name: &str| self.proving_nothing.contains(name);
        self.run(
            jobs,
            |finding| refused.push(finding),
            |end| {
                if let Some(examination) = find(grading, &end.name).filter(|each| !proves_nothing(&each.name)) {
                    examination.title = end.title;
                    examination.conclude(&end.verdict, end.seconds);
                }
                grading.count(register, self.blocked);
                seen(grading);
            },
        )
        .await?;
        for finding in refused {
            if !grading.build.iter().any(|known| known.is_like(&finding)) {
                grading.build.push(finding);
            }
        }
        self.uninterrupted()
    }

    async fn run(
        &self,
        jobs: Vec<Job>,
        mut refused: impl FnMut(Finding),
        mut ended: impl FnMut(End),
    ) -> Result<(), RunError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let options = Options { build_goes_on: true, keep: false, ..self.prepared.options() };
        let host = SuiteHost::new(&self.prepared, &self.obtained);
        let (dispatcher, reporting) = Dispatcher::new();
        let work = async {
            let context =
                Context { servers: &self.obtained.servers, host: &host, options: &options, reporting: &reporting };
            let done = engine::run(jobs, context, self.interrupt.clone()).await;
            drop(reporting);
            done
        };
        let told = dispatcher.drive(|stamped| match &stamped.event {
            Event::ScenarioFinished { name, title, verdict, elapsed_ms, .. } => ended(End {
                name: name.clone(),
                title: title.clone(),
                verdict: verdict.clone(),
                seconds: elapsed_ms / 1000.0,
            }),
            Event::BuildStepFailed { evidence, .. } => evidence.iter().map(Finding::of).for_each(&mut refused),
            Event::Warning { message } => tracing::warn!("{message}"),
            _ => {}
        });
        let (done, _) = futures::join!(work, told);
        done.map_err(|error| RunError::Machinery(format!("cleanup failed: {error}")))
    }

    fn uninterrupted(&self) -> Result<(), RunError> {
        match self.interrupt.is_set() {
            true => Err(RunError::Machinery("interrupted".into())),
            false => Ok(()),
        }
    }
}

/// What the suite's own system has decided is not asked of others.
fn without_design(jobs: Vec<Job>) -> Vec<Job> {
    jobs.into_iter().filter(|job| job.scenario.design.is_none()).collect()
}

fn cited(job: &Job) -> Vec<String> {
    job.scenario.requirements.iter().map(|id| id.value.clone()).collect()
}

fn is_broken(examination: &Examination) -> bool {
    examination.outcome == Outcome::NotGraded
}

fn find<'g>(grading: &'g mut Grading, name: &str) -> Option<&'g mut Examination> {
    grading.examined.iter_mut().find(|each| each.name == name)
}

/// Requirements of which a probe failed.
fn failed_probes(jobs: &[Job], grading: &Grading) -> BTreeSet<String> {
    let outcome: BTreeMap<&str, &Outcome> =
        grading.examined.iter().map(|each| (each.name.as_str(), &each.outcome)).collect();
    let failed = |job: &&Job| job.scenario.probe && outcome.get(job.name.as_str()) == Some(&&Outcome::Failed);
    jobs.iter().filter(failed).flat_map(cited).collect()
}
