//! Wires a run over mutants that are made out of the catalogs of the suite's system.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::filling::system_of;
use super::host::SuiteHost;
use super::jobs::under_test;
use super::mutants::{interrupted, without_end};
use super::{Prepared, RunError};
use crate::engine::{Context, Dispatcher, Interrupt, Job, Survey, SystemUnderTest, survey};
use crate::event::Stamped;
use crate::mutation::Ground;
use crate::mutation::generated::{Change, Field, Graded, Scorecard, derive, grade};
use crate::source::Diagnostic;

/// Which generated mutants, and how thoroughly.
pub struct GeneratedRequest {
    /// Only those whose names contain one of these.
    pub names: Vec<String>,
    /// Every scenario on every mutant.
    pub all: bool,
    /// Only tell which there are.
    pub lists: bool,
}

/// What is told while it goes on.
pub enum Told<'a> {
    /// The mutants that there are, before the first is run.
    Derived(&'a [Change]),
    /// What became of one.
    Graded(&'a Graded),
}

impl Prepared {
    /// Makes mutants out of the suite's system and runs the suite over them. `told` hears of each, `sink` gets the events of
    /// the servers.
    ///
    /// # Errors
    /// The suite has no system, or its explanations are wrong; the system cannot be built, or servers do not start.
    pub async fn generated_mutants(
        self,
        request: &GeneratedRequest,
        told: impl FnMut(Told<'_>),
        mut sink: impl FnMut(&Stamped),
        interrupt: Interrupt,
    ) -> Result<Scorecard, RunError> {
        let card = Scorecard { explanations: self.suite.survivors().map_err(RunError::Input)?, ..Scorecard::default() };
        let system = system_of(&self.suite, self.request.system.as_deref()).map_err(RunError::Input)?;
        let system = under_test(&self.suite, system).map_err(RunError::Input)?;
        let obtained = self.servers(&mut sink, &interrupt).await?;
        let host = SuiteHost::new(&self, &obtained);
        let (dispatcher, reporting) = Dispatcher::new();
        let built = async {
            let options = self.options();
            let context = Context { servers: &obtained.servers, host: &host, options: &options, reporting: &reporting };
            let built = tokio::select! {
                built = survey(&system, context) => Some(built),
                () = interrupt.wait() => None,
            };
            drop(reporting);
            built
        };
        let (built, _) = futures::join!(built, dispatcher.drive(without_end(sink)));
        let done = match built {
            None => Err(interrupted()),
            Some(Ok(survey)) => {
                let options = self.options();
                let ground = Ground {
                    servers: &obtained.servers,
                    host: &host,
                    options: &options,
                    all: request.all,
                    interrupt: interrupt.clone(),
                };
                let card = self.graded(request, &survey, &system, &ground, card, told).await;
                let removed = tokio::select! {
                    removed = survey.remove() => removed.map_err(|error| RunError::Machinery(error.to_string())),
                    () = interrupt.grace_is_over() => Ok(()),
                };
                card.and_then(|card| removed.map(|()| card))
            }
            Some(Err(evidence)) => Err(RunError::broken(&evidence)),
        };
        obtained.release().await;
        done
    }

    async fn graded(
        &self,
        request: &GeneratedRequest,
        survey: &Survey,
        system: &Arc<SystemUnderTest>,
        ground: &Ground<'_>,
        mut card: Scorecard,
        mut told: impl FnMut(Told<'_>),
    ) -> Result<Scorecard, RunError> {
        let all = derive(&survey.catalog, &system.system);
        let names: Vec<String> = all.iter().map(|change| change.name.clone()).collect();
        let wanted =
            |name: &str| request.names.is_empty() || request.names.iter().any(|part| name.contains(part.as_str()));
        let changes: Vec<Change> = all.into_iter().filter(|change| wanted(&change.name)).collect();
        if changes.is_empty() {
            let none = Diagnostic::nowhere("no such mutants can be made out of this system");
            let help = "`polyspec mutants --generate --list` prints those that can";
            return Err(RunError::Input(vec![none.help(help)]));
        }
        told(Told::Derived(&changes));
        card.known = Some(names);
        if request.lists {
            return Ok(card);
        }
        let on_it = |job: &&Job| job.system.as_ref().is_some_and(|under| under.fingerprint == system.fingerprint);
        let explained: BTreeSet<String> = card.explanations.iter().map(|each| each.mutant.value.clone()).collect();
        let field = Field { survey, system, jobs: self.jobs.iter().filter(on_it).cloned().collect(), explained };
        (card.graded, card.unfit) = grade(&changes, &field, ground, |graded| told(Told::Graded(graded))).await;
        card.interrupted = ground.interrupt.is_set();
        Ok(card)
    }
}
