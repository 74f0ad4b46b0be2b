//! Wires a run over mutants that are generated from the catalogs of the suite's system.

use std::sync::Arc;

use super::filling::system_of;
use super::host::SuiteHost;
use super::jobs::under_test;
use super::mutants::{Trial, interrupted, without_end};
use super::{Obtained, Prepared, RunError};
use crate::engine::{Context, Dispatcher, Interrupt, Job, Survey, SystemUnderTest, survey};
use crate::event::Stamped;
use crate::model::Explanation;
use crate::mutation::generated::{Change, built, derive, mutant, sample};
use crate::mutation::{Mutant, MutantReport, Summary};
use crate::source::Diagnostic;

/// Which generated mutants, and how thoroughly.
pub struct GeneratedRequest {
    /// Only those whose names contain one of these.
    pub names: Vec<String>,
    /// Every scenario on every mutant.
    pub all: bool,
    /// Only a sample of so many, drawn with a seed.
    pub sample: Option<(usize, u64)>,
    /// Only list them.
    pub lists: bool,
}

/// What is reported while it goes on.
pub enum Progress<'a> {
    /// The mutants that there are, before the first is run.
    Derived(&'a [Change]),
    /// What became of one.
    Done(&'a MutantReport),
}

impl Prepared {
    /// Makes mutants of the suite's system and runs the suite over them. `report` hears of each, `sink` gets the events of
    /// the servers.
    ///
    /// # Errors
    /// The suite has no system, or its explanations are wrong; the system cannot be built, or servers do not start.
    pub async fn generated_mutants(
        self,
        request: &GeneratedRequest,
        report: impl FnMut(Progress<'_>),
        mut sink: impl FnMut(&Stamped),
        interrupt: Interrupt,
    ) -> Result<Summary, RunError> {
        let explanations = self.suite.survivors().map_err(RunError::Input)?;
        let system = system_of(&self.suite, self.request.system.as_deref()).map_err(RunError::Input)?;
        let system = under_test(&self.suite, system).map_err(RunError::Input)?;
        let obtained = self.servers(&mut sink, &interrupt).await?;
        let done = match self.surveyed(&system, &obtained, sink, &interrupt).await {
            Err(error) => Err(error),
            Ok(survey) => {
                let tested =
                    self.derived(request, (&survey, &system), explanations, &obtained, &interrupt, report).await;
                let removed = tokio::select! {
                    removed = survey.remove() => removed.map_err(|error| RunError::Machinery(error.to_string())),
                    () = interrupt.grace_is_over() => Ok(()),
                };
                tested.and_then(|summary| removed.map(|()| summary))
            }
        };
        obtained.release().await;
        done
    }

    /// Builds the system and reads what it consists of.
    async fn surveyed(
        &self,
        system: &SystemUnderTest,
        obtained: &Obtained,
        sink: impl FnMut(&Stamped),
        interrupt: &Interrupt,
    ) -> Result<Survey, RunError> {
        let (host, options) = (SuiteHost::new(self, obtained), self.options());
        let (dispatcher, reporting) = Dispatcher::new();
        let surveyed = async {
            let context = Context { servers: &obtained.servers, host: &host, options: &options, reporting: &reporting };
            let surveyed = tokio::select! {
                surveyed = survey(system, context) => {
                    surveyed.map_err(|evidence| RunError::broken(&evidence))
                }
                () = interrupt.wait() => Err(interrupted()),
            };
            drop(reporting);
            surveyed
        };
        futures::join!(surveyed, dispatcher.drive(without_end(sink))).0
    }

    async fn derived(
        &self,
        request: &GeneratedRequest,
        (survey, system): (&Survey, &Arc<SystemUnderTest>),
        explanations: Vec<Explanation>,
        obtained: &Obtained,
        interrupt: &Interrupt,
        mut report: impl FnMut(Progress<'_>),
    ) -> Result<Summary, RunError> {
        let all = derive(&survey.catalog, &system.system);
        let known = Some(all.iter().map(|change| change.name.clone()).collect());
        let wanted =
            |name: &str| request.names.is_empty() || request.names.iter().any(|part| name.contains(part.as_str()));
        let mut changes: Vec<Change> = all.into_iter().filter(|change| wanted(&change.name)).collect();
        if let Some((size, seed)) = request.sample {
            changes = sample(changes, size, seed);
        }
        if changes.is_empty() {
            let none = Diagnostic::nowhere("no such mutants can be made out of this system");
            let help = "`polyspec mutants --generate --list` prints those that can";
            return Err(RunError::Input(vec![none.help(help)]));
        }
        report(Progress::Derived(&changes));
        if request.lists {
            return Ok(Summary { known, ..Summary::default() });
        }
        let built = built(system, survey);
        let mutants: Vec<Mutant> = changes.iter().map(|change| mutant(change, &built)).collect();
        let on_it = |job: &&Job| job.system.as_ref().is_some_and(|under| under.fingerprint == system.fingerprint);
        let jobs: Vec<Job> = self.jobs.iter().filter(on_it).map(|job| job.on(built.clone())).collect();
        let done = |done: &MutantReport| report(Progress::Done(done));
        let trial = Trial { mutants: &mutants, jobs, on_nothing: vec![], all: request.all, explanations };
        let tested = self.tested(trial, obtained, interrupt.clone(), done).await;
        Ok(Summary { known, ..tested })
    }
}
