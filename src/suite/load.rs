//! Reads the scenarios, checks them against the register and their systems, and chooses the runs that are wanted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::discovery::{Found, discover};
use super::runs::Run;
use super::sessions::lonely;
use super::uses::{all_steps, check_scenario, uses_any};
use super::{Selection, Suite};
use crate::language::{self, suggest::nearest};
use crate::model::{Body, Format, Scenario, SltRecord, Step};
use crate::source::{Diagnostic, Spanned};

/// What is to be run.
#[derive(Debug)]
pub struct Loaded {
    /// In the order of their paths and cases, or shuffled. At least one.
    pub runs: Vec<Run>,
    /// How many runs the selection left out.
    pub filtered_out: usize,
    /// Warnings about files of which something is run, and names of files that are not used because they are wrong.
    pub warnings: Vec<Diagnostic>,
    /// What is wrong inside scripts of SQL that a step of a run names. A run tells it by the verdict of that scenario.
    pub slips: Vec<Diagnostic>,
    /// The golden files that the scenarios of the suite, wanted or not, use; `None` when some could not be read, so
    /// that nobody can say which goldens are unused.
    pub goldens: Option<Vec<PathBuf>>,
}

/// The scenarios that could be read, and those that could not.
#[derive(Default)]
struct Scenarios {
    good: Vec<(Arc<Scenario>, Vec<Diagnostic>)>,
    broken: Vec<(Found, Vec<Diagnostic>)>,
}

impl Suite {
    /// Reads all scenarios and keeps the runs that `selection` wants.
    ///
    /// # Errors
    /// Everything that is wrong: in the files, in their requirements and `use`s, in the selection; and a selection that
    /// leaves nothing. A file that is wrong, but that the selection's names do not name, is only warned of, so that an
    /// author can run one scenario while another is half written.
    pub fn load(&self, selection: &Selection) -> Result<Loaded, Vec<Diagnostic>> {
        let folder = self.scenarios_folder();
        let discovered = discover(&folder, &self.settings.root.join(&self.settings.requirements), &self.files);
        if !discovered.errors.is_empty() {
            return Err(discovered.errors);
        }
        let scenarios = self.read_all(discovered.found);
        let (blocking, mut warnings) = self.weigh(&scenarios, selection);
        if !blocking.is_empty() {
            return Err(blocking);
        }
        let runs: Vec<_> = scenarios.good.iter().flat_map(|(scenario, _)| runs_of(scenario)).collect();
        self.some_runs(&runs).map_err(|errors| all_errors(errors, &scenarios.broken))?;
        let goldens = scenarios.broken.is_empty().then(|| self.goldens_of(&runs));
        let selected = selection.choose(self, runs).map_err(|errors| all_errors(errors, &scenarios.broken))?;
        warnings.extend(warnings_of(&scenarios, &selected.runs));
        warnings.extend(selected.warnings);
        let slips = self.slips_of(&selected.runs);
        Ok(Loaded { runs: selected.runs, filtered_out: selected.filtered_out, warnings, slips, goldens })
    }

    fn slips_of(&self, runs: &[Run]) -> Vec<Diagnostic> {
        let first_cases = runs.iter().filter(|run| run.case.unwrap_or(0) == 0);
        let steps = first_cases.flat_map(|run| match &run.scenario.body {
            Body::Steps { steps, finally } => steps.iter().chain(finally).collect::<Vec<_>>(),
            Body::Slt(_) => vec![],
        });
        self.check_scripts(steps)
    }

    /// The absolute path of a scenario's file.
    pub fn scenario_file(&self, path: &str) -> PathBuf {
        self.scenarios_folder().join(path)
    }

    pub(super) fn scenarios_folder(&self) -> PathBuf {
        self.settings.root.join(&self.settings.scenarios)
    }

    fn some_runs(&self, runs: &[Run]) -> Result<(), Vec<Diagnostic>> {
        if !runs.is_empty() {
            return Ok(());
        }
        let folder = self.display(&self.scenarios_folder());
        let diagnostic = Diagnostic::nowhere(format!("there are no scenarios in `{folder}`"));
        Err(vec![diagnostic.help("a scenario is a file that ends in `.yaml`, `.yml` or `.slt`")])
    }

    fn read_all(&self, found: Vec<Found>) -> Scenarios {
        let mut scenarios = Scenarios::default();
        let mut goldens = BTreeMap::new();
        for found in found {
            let read = self.read_scenario(&found).and_then(|(scenario, warnings)| {
                let wrong = self.wrong_with(&scenario, &mut goldens);
                if wrong.is_empty() { Ok((scenario, warnings)) } else { Err(wrong) }
            });
            match read {
                Ok((scenario, mut warnings)) => {
                    warnings.extend(self.with_all_steps(&scenario, lonely));
                    warnings.extend(self.uncited(&scenario));
                    scenarios.good.push((Arc::new(scenario), warnings));
                }
                Err(errors) => scenarios.broken.push((found, errors)),
            }
        }
        scenarios
    }

    fn read_scenario(&self, found: &Found) -> Result<(Scenario, Vec<Diagnostic>), Vec<Diagnostic>> {
        let source = self.files.read(&found.file).map_err(|error| vec![error])?;
        let parsed = language::scenario(&source, &found.path, &|name| self.read_shown(name))?;
        Ok((parsed.value, parsed.warnings))
    }

    /// What can only be seen with the whole suite in sight.
    fn wrong_with(&self, scenario: &Scenario, goldens: &mut BTreeMap<PathBuf, String>) -> Vec<Diagnostic> {
        let mut wrong: Vec<_> = scenario.requirements.iter().filter_map(|id| self.unknown_requirement(id)).collect();
        wrong.extend(self.shares_golden(scenario, goldens));
        wrong.extend(self.missing_names(scenario));
        if uses_any(scenario) {
            match self.system_of(scenario) {
                Ok(system) => wrong.extend(check_scenario(scenario, system.as_deref())),
                Err(errors) => wrong.extend(errors),
            }
        }
        wrong
    }

    /// Nodes and files that the scenario names and that the suite does not have.
    fn missing_names(&self, scenario: &Scenario) -> Vec<Diagnostic> {
        let needs = scenario.needs.iter().filter_map(|need| self.nodes.check_need(&need.value, &need.span));
        let mut missing: Vec<_> = needs.collect();
        match &scenario.body {
            Body::Steps { steps, finally } => {
                missing.extend(self.nodes.check_steps(steps.iter().chain(finally), true));
                missing.extend(self.check_files(steps.iter().chain(finally)));
            }
            Body::Slt(script) => missing.extend(script.records.iter().filter_map(|record| self.check_record(record))),
        }
        missing
    }

    fn check_record(&self, record: &SltRecord) -> Option<Diagnostic> {
        let (selector, _) = record.connection.as_ref()?;
        self.nodes.check(selector, &record.span)
    }

    /// `a.yaml` and `a.yml` have one golden between them; a `.slt` file has none.
    fn shares_golden(&self, scenario: &Scenario, goldens: &mut BTreeMap<PathBuf, String>) -> Option<Diagnostic> {
        if scenario.format == Format::Slt {
            return None;
        }
        let other = goldens.insert(self.goldens().path(&scenario.path, None), scenario.path.clone())?;
        let message = format!("`{}` and `{other}` would share a golden file", scenario.path);
        Some(Diagnostic::error(&scenario.span, message).help("rename one of them"))
    }

    fn unknown_requirement(&self, id: &Spanned<String>) -> Option<Diagnostic> {
        let known = || self.register.requirements.iter().map(|requirement| requirement.id.as_str());
        if self.register.requirements.is_empty() || known().any(|known| known == id.as_str()) {
            return None;
        }
        let diagnostic = Diagnostic::error(&id.span, format!("the register has no requirement `{}`", id.value));
        Some(match nearest(id, known()) {
            Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
            None => diagnostic.help(format!("add it to `{}`", self.settings.requirements.display())),
        })
    }

    /// In a suite with a register a scenario that cites nothing proves nothing.
    fn uncited(&self, scenario: &Scenario) -> Option<Diagnostic> {
        let cites = !scenario.requirements.is_empty() || scenario.design.is_some();
        if cites || self.register.requirements.is_empty() {
            return None;
        }
        let message = "this scenario cites no requirement of the register, so it proves none and brings no points";
        let help = "add `requirements: [ID]`, or `design:` with what the suite's own system has decided";
        Some(Diagnostic::error(&scenario.title.span, message).help(help).warning())
    }

    /// Errors that stop the selection, and warnings that name the broken files which it does not ask for.
    fn weigh(&self, scenarios: &Scenarios, selection: &Selection) -> (Vec<Diagnostic>, Vec<Diagnostic>) {
        let patterns = selection.patterns(&self.files.cwd);
        let mut seen = BTreeSet::new();
        let (mut errors, mut warnings) = (vec![], vec![]);
        for (found, wrong) in &scenarios.broken {
            let asked = patterns.iter().any(|pattern| pattern.may_match(&found.path, &found.file));
            if patterns.is_empty() || asked {
                errors.extend(wrong.iter().filter(|error| seen.insert(error.render(false))).cloned());
            } else {
                let message = format!("`{}` is left out: it has {}", self.display(&found.file), errors_in(wrong.len()));
                warnings.push(Diagnostic::nowhere(message).warning());
            }
        }
        (errors, warnings)
    }

    fn goldens_of(&self, runs: &[Run]) -> Vec<PathBuf> {
        let goldens = self.goldens();
        let using = runs.iter().filter(|run| self.has_golden(&run.scenario));
        using.map(|run| goldens.path(&run.scenario.path, run.case_name())).collect()
    }

    /// Whether a step of the scenario, or of a list that it uses, compares with a golden.
    fn has_golden(&self, scenario: &Scenario) -> bool {
        self.with_all_steps(scenario, |steps| steps.iter().any(|step| step.golden.is_some()))
    }

    /// The sections of its golden that the steps of a scenario name; then with those that lists which it uses name.
    pub fn golden_names(&self, scenario: &Scenario) -> (Vec<Spanned<String>>, Vec<String>) {
        let own = match &scenario.body {
            Body::Steps { steps, finally } => {
                steps.iter().chain(finally).filter_map(|step| step.golden.clone()).collect()
            }
            Body::Slt(_) => vec![],
        };
        let names =
            |steps: &[&Step]| steps.iter().filter_map(|step| Some(step.golden.as_ref()?.value.clone())).collect();
        (own, self.with_all_steps(scenario, names))
    }

    fn with_all_steps<T>(&self, scenario: &Scenario, ask: impl FnOnce(&[&Step]) -> T) -> T {
        let system = if uses_any(scenario) { self.system_of(scenario).ok().flatten() } else { None };
        ask(&all_steps(scenario, system.as_deref()))
    }
}

fn errors_in(count: usize) -> String {
    if count == 1 { "an error".into() } else { format!("{count} errors") }
}

/// The warnings about files of which something is run.
fn warnings_of(scenarios: &Scenarios, runs: &[Run]) -> Vec<Diagnostic> {
    let run: BTreeSet<_> = runs.iter().map(|run| run.scenario.path.as_str()).collect();
    let good = scenarios.good.iter().filter(|(scenario, _)| run.contains(scenario.path.as_str()));
    good.flat_map(|(_, warnings)| warnings.iter().cloned()).collect()
}

/// When nothing is named, what cannot be read may be the reason.
fn all_errors(mut errors: Vec<Diagnostic>, broken: &[(Found, Vec<Diagnostic>)]) -> Vec<Diagnostic> {
    errors.extend(broken.iter().flat_map(|(_, wrong)| wrong.iter().cloned()));
    errors
}

fn runs_of(scenario: &Arc<Scenario>) -> Vec<Run> {
    let run = |case: Option<usize>, name| Run { scenario: scenario.clone(), case, name };
    if scenario.cases.is_empty() {
        return vec![run(None, scenario.path.clone())];
    }
    let cases = scenario.cases.iter().enumerate();
    cases.map(|(index, case)| run(Some(index), format!("{}#{}", scenario.path, case.name))).collect()
}
