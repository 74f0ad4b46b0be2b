//! Runs the suite over mutants that somebody wrote: first what cites what they break on the system itself, then on each only the scenarios that cite what it breaks, cheap ones first, until each of its
//! requirements has a scenario that failed.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use futures::future::join_all;

use super::ground::Ground;
use super::matrix::{Matrix, MutantReport};
use super::watch;
use crate::engine::{Claim, Footprint, Job, Lanes, Options, SystemUnderTest, Until};
use crate::model::Engine;
use crate::source::Diagnostic;

/// A system that breaks something.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Its folder below the folder of mutants.
    pub name: String,
    /// The system.
    pub system: Arc<SystemUnderTest>,
}

impl Mutant {
    /// The ids of the requirements that it must not meet.
    pub fn breaks(&self) -> Vec<String> {
        self.system.system.breaks.iter().map(|id| id.value.clone()).collect()
    }

    /// The jobs that run on it: those that cite what it breaks.
    fn jobs(&self, jobs: &[Job]) -> Vec<Job> {
        let breaks = self.breaks();
        let cites = |job: &&Job| job.scenario.requirements.iter().any(|id| breaks.contains(&id.value));
        let mut jobs: Vec<Job> = jobs.iter().filter(cites).map(|job| job.on(self.system.clone())).collect();
        jobs.sort_by_key(cost);
        jobs
    }
}

/// What a job costs, roughly: faults, then several peers, then MongoDB, then the rest.
fn cost(job: &Job) -> u8 {
    let footprint = &job.footprint;
    let peers = footprint.selectors.iter().filter(|selector| selector.engine() == Engine::Pg).count();
    match footprint {
        Footprint { faults: true, .. } => 3,
        _ if peers > 1 => 2,
        _ if footprint.uses(Engine::Mongo) => 1,
        _ => 0,
    }
}

/// The folders below `folder` that hold a system, by name; only those whose names contain one of `names`, if there are any.
///
/// # Errors
/// The folder cannot be read.
pub fn find(folder: &Path, names: &[String]) -> Result<Vec<String>, Diagnostic> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Diagnostic::nowhere(format!("the mutants in `{}` cannot be read: {error}", folder.display()))
            .help("Name the folder of mutants with `--mutants DIR`.")
    })?;
    let wanted = |name: &String| names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));
    let mut found: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("system.yaml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(wanted)
        .collect();
    found.sort();
    Ok(found)
}

/// Runs `jobs` over the mutants; `told` gets each report when it is there. A mutant that needs faults has the engine that
/// they disturb to itself, and comes before those that do not.
pub async fn run(mutants: &[Mutant], jobs: &[Job], ground: &Ground<'_>, told: impl FnMut(&MutantReport)) -> Matrix {
    let (jobs, unfit, failed) = fit(mutants, jobs, ground).await;
    let jobs = jobs.as_slice();
    let claimed = |mutant| (mutant, Claim::of_all(&Mutant::jobs(mutant, jobs)));
    let (mut waiting, others): (Vec<_>, Vec<_>) =
        mutants.iter().map(claimed).partition(|(_, claim)| claim.is_disturbing());
    waiting.extend(others);
    let lanes = Lanes::new(waiting);
    let done = RefCell::new((vec![], told));
    let work = || async {
        while let Some((mutant, _turn)) = lanes.next().await {
            let report = report(mutant, jobs, ground).await;
            // What was seen of a mutant until the run was stopped says nothing about it.
            if ground.interrupt.is_set() {
                break;
            }
            let (reports, told) = &mut *done.borrow_mut();
            told(&report);
            reports.push(report);
        }
    };
    join_all((0..ground.options.jobs.max(1)).map(|_| work())).await;
    let (mut reports, _) = done.into_inner();
    reports.sort_by(|a, b| a.name.cmp(&b.name));
    // One of the design breaks no requirement, and kills no mutant that does.
    let counts = |job: &&Job| ground.all && job.scenario.design.is_none();
    let scenarios = jobs.iter().filter(counts).map(|job| job.scenario.path.clone()).collect();
    let interrupted = ground.interrupt.is_set();
    if let (Some(error), Some(report)) = (failed, reports.first_mut()) {
        report.broken.push(("on the system itself".into(), error));
    }
    Matrix { mutants: reports, scenarios, interrupted, unfit, ..Matrix::default() }
}

/// The jobs that a mutant needs and that pass on the system itself, the names of those that do not, and what went wrong.
async fn fit(mutants: &[Mutant], jobs: &[Job], ground: &Ground<'_>) -> (Vec<Job>, Vec<String>, Option<String>) {
    let broken: BTreeSet<String> = mutants.iter().flat_map(Mutant::breaks).collect();
    let cites = |job: &&Job| job.scenario.requirements.iter().any(|id| broken.contains(&id.value));
    let mut jobs: Vec<Job> = jobs.iter().filter(cites).cloned().collect();
    let (passed, left) = watch::passing(jobs.clone(), ground).await;
    // What was seen until the run was stopped says nothing about the rest.
    if ground.interrupt.is_set() {
        return (jobs, vec![], left);
    }
    let unfit = jobs.iter().filter(|job| !passed.contains_key(&job.name)).map(|job| job.name.clone()).collect();
    jobs.retain(|job| passed.contains_key(&job.name));
    (jobs, unfit, left)
}

async fn report(mutant: &Mutant, jobs: &[Job], ground: &Ground<'_>) -> MutantReport {
    let breaks = mutant.breaks();
    let mut report = MutantReport::new(&mutant.name, &mutant.system.system.title, &breaks);
    let begun = Instant::now();
    let until = if ground.all { Until::End } else { Until::EachFails(breaks.into_iter().collect()) };
    let options = Options { jobs: 1, keep: false, until, ..ground.options.clone() };
    let done = watch::on_mutant(mutant.jobs(jobs), ground, &options, |end| {
        let path = end.name.split('#').next().unwrap_or(end.name);
        report.note(path, end.requirements, end.verdict);
    });
    if let Err(error) = done.await {
        report.broken.push((mutant.name.clone(), error));
    }
    report.elapsed = begun.elapsed().as_secs_f64();
    report
}
