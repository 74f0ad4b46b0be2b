//! From a request to jobs: the suite is read, runs are chosen, each is bound to its system. Nothing is started.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::sections::{Misfits, misfits};
use super::{Request, SharedSuite, Wanted};
use crate::engine::{Job, SystemUnderTest};
use crate::judge;
use crate::model::{Action, Body, SqlSource, Step, System};
use crate::source::{Diagnostic, Spanned};
use crate::suite::{Run, Suite};

/// A request that was read and found right.
pub struct Prepared {
    /// The suite.
    pub suite: SharedSuite,
    /// The request.
    pub request: Request,
    /// What is to be run, in order.
    pub jobs: Vec<Job>,
    /// How many runs were left out by filters.
    pub filtered_out: usize,
    /// What may be not as its author means it.
    pub warnings: Vec<Diagnostic>,
    /// What `check` refuses and a run tells by the verdicts of the scenarios: sections that goldens and steps do not share
    /// (so that they can be accepted), and scripts of SQL that cannot be read.
    pub slips: Vec<Diagnostic>,
    /// Goldens that scenarios of the suite use; `None` when not all scenarios could be read.
    pub goldens: Option<Vec<PathBuf>>,
}

impl Prepared {
    /// The servers that the jobs need.
    pub(super) fn wanted(&self) -> Wanted<'_> {
        Wanted { suite: &self.suite, request: &self.request, jobs: &self.jobs, all: false }
    }

    /// What is pending in the suite: in CI no one looks at it, so that it must not be there.
    pub fn pending(&self) -> Vec<Diagnostic> {
        let goldens = self.suite.goldens().pending().unwrap_or_default();
        let review = self.request.command("review");
        let diagnostic = |pending: crate::suite::Pending| {
            Diagnostic::nowhere(format!("`{}` is pending", self.suite.display(&pending.pending)))
                .help(format!("Look at it with `{review}` on your own machine, and commit what you accept."))
        };
        goldens.into_iter().chain(self.suite.rewritten()).map(diagnostic).collect()
    }

    /// Whether all systems can be built: one whose build starts programs, only where that is allowed.
    pub(super) fn forbid_building_programs(&self) -> Result<(), Vec<Diagnostic>> {
        let systems = self.jobs.iter().filter_map(|job| job.system.as_ref());
        systems.map(|system| may_build(&self.request, &system.system)).find(Result::is_err).unwrap_or(Ok(()))
    }
}

/// Reads the suite and binds what the request selects.
///
/// # Errors
/// Everything that is wrong with the suite, its files or the selection.
pub fn prepare(mut request: Request) -> Result<Prepared, Vec<Diagnostic>> {
    let mut suite = Suite::open(&request.suite, &request.cwd)?;
    request.endpoints = super::endpoints::resolve(suite.settings(), &request)?;
    suite.also_at(&request.endpoints);
    let suite = Arc::new(suite);
    let loaded = suite.load(&request.selection)?;
    let unusable: Vec<Diagnostic> =
        loaded.runs.iter().filter(|run| run.case.unwrap_or(0) == 0).flat_map(unusable).collect();
    if !unusable.is_empty() {
        return Err(unusable);
    }
    let mut jobs = vec![];
    let mut filtered_out = loaded.filtered_out;
    for run in &loaded.runs {
        match is_of_another_design(&suite, &request, run)? {
            true => filtered_out += 1,
            false => jobs.push(job(&suite, &request, run)?),
        }
    }
    if jobs.is_empty() && !loaded.runs.is_empty() {
        let none = Diagnostic::nowhere("all scenarios that are left are of the design of the suite's own system");
        return Err(vec![none.help("another system is not held to it: leave `--system` or a filter out")]);
    }
    let mut warnings: Vec<_> = suite.warnings().iter().cloned().chain(loaded.warnings).collect();
    // A system that several extend is read for each.
    let mut seen = BTreeSet::new();
    let of_systems = suite.take_system_warnings().into_iter().filter(|warning| seen.insert(warning.render(false)));
    warnings.extend(of_systems);
    let mut slips = loaded.slips;
    for Misfits { stray, unrecorded } in loaded.runs.iter().map(|run| misfits(&suite, run, &request.command("review")))
    {
        slips.extend(stray);
        warnings.extend(unrecorded);
    }
    Ok(Prepared { suite, request, jobs, filtered_out, warnings, slips, goldens: loaded.goldens })
}

/// Whether a run holds a system to its design, and the request is about another one.
fn is_of_another_design(suite: &Suite, request: &Request, run: &Run) -> Result<bool, Vec<Diagnostic>> {
    let (Some(name), Some(_)) = (&request.system, &run.scenario.design) else { return Ok(false) };
    let (asked, own) = (suite.system(name, None)?, suite.system_of(&run.scenario)?);
    Ok(own.is_none_or(|own| !Arc::ptr_eq(&own, &asked)))
}

/// Expectations of a scenario that could not be used, whatever came back.
fn unusable(run: &Run) -> Vec<Diagnostic> {
    let Body::Steps { steps, finally } = &run.scenario.body else { return vec![] };
    let expectations = steps.iter().chain(finally).filter_map(|step| step.expect.as_ref());
    expectations.flat_map(judge::check).collect()
}

fn job(suite: &Suite, request: &Request, run: &Run) -> Result<Job, Vec<Diagnostic>> {
    let system = match &request.system {
        Some(name) => Some(suite.system(name, None)?),
        None => suite.system_of(&run.scenario)?,
    };
    let system = system.map(|system| under_test(suite, system)).transpose()?;
    let system_option = request.system.as_ref().map(|name| format!(" --system {}", quoted(name))).unwrap_or_default();
    let job = Job::new(&run.name, run.scenario.clone(), run.case, system);
    let mut permission = String::new();
    if job.footprint.runs && request.allow_run {
        permission.push_str(" --allow-run");
    }
    if !job.footprint.reaches.is_empty() && request.allow_cluster_changes {
        permission.push_str(" --allow-cluster-changes");
    }
    let rerun = format!("{} --exact {}{system_option}{permission}", request.command("run"), quoted(&run.name));
    Ok(Job { rerun, ..job })
}

/// A word of a command for a shell.
pub fn quoted(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
    if name.bytes().all(plain) { name.to_string() } else { format!("'{}'", name.replace('\'', "'\\''")) }
}

pub(super) fn under_test(suite: &Suite, system: Arc<System>) -> Result<Arc<SystemUnderTest>, Vec<Diagnostic>> {
    let fingerprint = fingerprint(suite, &system).map_err(|error| vec![error])?;
    Ok(Arc::new(SystemUnderTest { system: (*system).clone(), fingerprint, base: None }))
}

/// Whether this system may be built: no file of a suite or of a system decides by itself that programs are started.
pub(super) fn may_build(request: &Request, system: &System) -> Result<(), Vec<Diagnostic>> {
    let program = system.build.iter().find(|step| matches!(step.action, Action::Run(_)));
    match program.filter(|_| !request.allow_run) {
        None => Ok(()),
        Some(step) => {
            let error = Diagnostic::error(&step.action_span, "the build of this system starts programs");
            Err(vec![error.help("allow it with --allow-run, if you know what it does")])
        }
    }
}

/// A hash of what the build depends on: its steps, the files that they name, and this version of polyspec.
fn fingerprint(suite: &Suite, system: &System) -> Result<String, Diagnostic> {
    let mut hash = Sha256::new();
    hash.update(env!("CARGO_PKG_VERSION"));
    let mut seen = BTreeSet::new();
    for span in system.build.iter().map(|step| &step.span).chain([&system.span]) {
        if seen.insert(span.file.name().to_string()) {
            hash.update(span.file.text());
        }
    }
    for step in &system.build {
        if let Some(file) = files(step) {
            let path = suite.resolve_beside(&file)?;
            let read = std::fs::read(&path);
            hash.update(read.map_err(|error| Diagnostic::error(&file.span, format!("this cannot be read: {error}")))?);
        }
    }
    let digest = hash.finalize();
    Ok(digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

fn files(step: &Step) -> Option<Spanned<String>> {
    match &step.action {
        Action::Sql { source: SqlSource::File(file), .. } => Some(file.clone()),
        Action::Load(load) => Some(load.file.clone()),
        Action::Run(program) => {
            let path = program.program.as_literal().filter(|path| crate::suite::lies_beside(path))?;
            Some(program.program.span.of(path.to_string()))
        }
        _ => None,
    }
}
