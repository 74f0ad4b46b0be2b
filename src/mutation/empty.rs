//! The first mutant: a system without anything. A scenario that passes on an empty database asks nothing of a system.

use super::ground::Ground;
use super::watch;
use crate::engine::{Job, Options, Until};
use crate::verdict::Verdict;

/// Runs the jobs that prove a requirement of a system on an empty database in its place: the names of those that pass, in
/// order, and what could not be taken away, if something could not.
pub async fn passing_on_nothing(jobs: &[Job], ground: &Ground<'_>) -> (Vec<String>, Option<String>) {
    let options = Options { keep: false, until: Until::End, ..ground.options.clone() };
    let jobs = jobs.iter().filter(|job| asks_a_system(job)).map(on_nothing).collect();
    let mut passed = vec![];
    let done = watch::run(jobs, ground, &options, |end| {
        if matches!(end.verdict, Verdict::Pass) {
            passed.push(end.name.to_string());
        }
    });
    let left = done.await.err();
    passed.sort();
    (passed, left)
}

/// One that cites nothing, or only the design of its system, carries no points; one without a system asks the servers.
fn asks_a_system(job: &Job) -> bool {
    job.system.is_some() && !job.scenario.requirements.is_empty() && job.scenario.design.is_none()
}

fn on_nothing(job: &Job) -> Job {
    Job::new(&job.name, job.scenario.clone(), job.case, None)
}
