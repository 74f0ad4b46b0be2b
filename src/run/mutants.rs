//! Wires a run over mutants, those that someone wrote and those that are generated.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::host::SuiteHost;
use super::jobs::under_test;
use super::{Obtained, Prepared, RunError, obtain};
use crate::engine::{Dispatcher, Interrupt, Job};
use crate::event::{Event, Stamped};
use crate::model::Explanation;
use crate::mutation::{self, Mutant, MutantReport, MutationContext, Proof, Summary};
use crate::source::Diagnostic;

/// Which mutants, and how thoroughly.
pub struct MutantRequest {
    /// The folder of mutants that someone wrote, relative to the suite.
    pub folder: String,
    /// Only those whose names contain one of these.
    pub names: Vec<String>,
    /// Every scenario on every mutant.
    pub all: bool,
}

/// Mutants, and what is run on them.
pub(super) struct Trial<'a> {
    /// The mutants.
    pub mutants: &'a [Mutant],
    /// The runs, each on the system itself.
    pub jobs: Vec<Job>,
    /// Those that are run on an empty database first.
    pub on_nothing: Vec<Job>,
    /// Every run on every mutant that it can notice.
    pub all: bool,
    /// What the suite says about survivors.
    pub explanations: Vec<Explanation>,
}

/// A sink for a part of a run over mutants: its end is not passed on, since it has no scenarios of its own.
pub(super) fn without_end(mut sink: impl FnMut(&Stamped)) -> impl FnMut(&Stamped) {
    move |stamped| {
        if !matches!(stamped.event, Event::RunFinished { .. }) {
            sink(stamped);
        }
    }
}

/// The run was stopped before anything was known.
pub(super) fn interrupted() -> RunError {
    RunError::Machinery("interrupted".into())
}

impl Prepared {
    /// Runs the suite over mutants that someone wrote. `report` gets what became of each as soon as that is known, `sink` the
    /// events of the servers.
    ///
    /// # Errors
    /// The mutants cannot be read, or servers do not start.
    pub async fn mutants(
        self,
        request: &MutantRequest,
        report: impl FnMut(&MutantReport),
        sink: impl FnMut(&Stamped),
        interrupt: Interrupt,
    ) -> Result<Summary, RunError> {
        let explanations = self.suite.survivors().map_err(RunError::Input)?;
        let mutants = self.read_mutants(request).map_err(RunError::Input)?;
        self.forbid_building_programs().map_err(RunError::Input)?;
        let mut obtained = self.servers(sink, &interrupt).await?;
        // A mutant's template is of no use to any later run.
        obtained.servers.keeps_templates = false;
        let on_nothing = self.concerned(request, &mutants);
        let trial = Trial { mutants: &mutants, jobs: self.jobs.clone(), on_nothing, all: request.all, explanations };
        let tested = self.tested(trial, &obtained, interrupt, report).await;
        obtained.release().await;
        let ids = self.suite.register().requirements.iter().map(|each| each.id.value.clone());
        let (cited, uncited) = ids.partition(|id| self.cites(id));
        Ok(Summary { proof: Some(Proof { cited, uncited, whole: request.names.is_empty() }), ..tested })
    }

    /// Runs the suite over mutants.
    pub(super) async fn tested(
        &self,
        trial: Trial<'_>,
        obtained: &Obtained,
        interrupt: Interrupt,
        report: impl FnMut(&MutantReport),
    ) -> Summary {
        let (host, options) = (SuiteHost::new(self, obtained), self.options());
        let Trial { mutants, jobs, on_nothing, all, explanations } = trial;
        let explained: BTreeSet<String> = explanations.iter().map(|each| each.mutant.value.clone()).collect();
        let context = MutationContext {
            servers: &obtained.servers,
            host: &host,
            options: &options,
            all,
            explained,
            recorded: BTreeMap::new(),
            interrupt,
        };
        let empty = mutation::passing_on_nothing(&on_nothing, &context).await;
        let mut summary = mutation::run(mutants, jobs, &context, report).await;
        match empty {
            Ok(empty) => summary.empty = empty,
            Err(error) => summary.trouble = Some(format!("on an empty database: {error}")),
        }
        Summary { explanations, ..summary }
    }

    /// The jobs of the whole suite; where mutants are named, those that cite what these break.
    fn concerned(&self, request: &MutantRequest, mutants: &[Mutant]) -> Vec<Job> {
        let broken = |id: &str| mutants.iter().any(|mutant| mutant.breaks.contains(id));
        let concerns =
            |job: &&Job| request.names.is_empty() || job.scenario.requirements.iter().any(|id| broken(&id.value));
        self.jobs.iter().filter(concerns).cloned().collect()
    }

    fn cites(&self, id: &str) -> bool {
        self.jobs.iter().any(|job| job.scenario.requirements.iter().any(|cited| cited.value == id))
    }

    /// The servers that the jobs need; their events go to `sink`.
    pub(super) async fn servers(
        &self,
        sink: impl FnMut(&Stamped),
        interrupt: &Interrupt,
    ) -> Result<Obtained, RunError> {
        let (dispatcher, reporting) = Dispatcher::new();
        let wanted = self.wanted();
        let obtained = async {
            let obtained = tokio::select! {
                obtained = obtain(&wanted, &reporting) => obtained.map_err(RunError::Machinery),
                () = interrupt.wait() => Err(interrupted()),
            };
            drop(reporting);
            obtained
        };
        futures::join!(obtained, dispatcher.drive(without_end(sink))).0
    }

    fn read_mutants(&self, request: &MutantRequest) -> Result<Vec<Mutant>, Vec<Diagnostic>> {
        let folder = self.suite.settings().root.join(&request.folder);
        let names = mutation::find(&folder, &request.names).map_err(|error| vec![error])?;
        if names.is_empty() {
            let none = Diagnostic::nowhere(format!("there are no such mutants in `{}`", self.suite.display(&folder)));
            return Err(vec![none]);
        }
        let (mut mutants, mut errors) = (vec![], vec![]);
        for name in names {
            match self.read_mutant(&request.folder, &name) {
                Ok(mutant) => mutants.push(mutant),
                Err(found) => errors.extend(found),
            }
        }
        if errors.is_empty() { Ok(mutants) } else { Err(errors) }
    }

    fn read_mutant(&self, folder: &str, name: &str) -> Result<Mutant, Vec<Diagnostic>> {
        let path = Path::new(folder).join(name);
        let system = self.suite.system(&path.to_string_lossy(), None)?;
        super::jobs::may_build(&self.request, &system)?;
        if system.breaks.is_empty() {
            let error = Diagnostic::error(&system.title.span, "this mutant does not say what it breaks");
            return Err(vec![error.help("Add `breaks:` with the ids of the requirements that it must not meet.")]);
        }
        let uncited = system.breaks.iter().filter(|id| !self.cites(&id.value));
        let errors: Vec<_> =
            uncited.map(|id| Diagnostic::error(&id.span, format!("no scenario cites `{}`", id.value))).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(mutation::written(name, under_test(&self.suite, system)?))
    }
}
