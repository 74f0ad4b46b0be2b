//! The first mutant: a system without anything. A scenario that passes on an empty database asks nothing of a system.

use super::context::MutationContext;
use super::watch;
use crate::engine::{Job, Options, Series, Until};
use crate::verdict::Verdict;

/// Runs the jobs that prove a requirement of a system on an empty database in its place: the names of those that pass, in
/// order.
///
/// # Errors
/// What could not be cleaned up.
pub async fn passing_on_nothing(jobs: &[Job], context: &MutationContext<'_>) -> Result<Vec<String>, String> {
    let options = Options { keep: false, until: Until::End, ..context.options.clone() };
    let jobs: Vec<Job> = jobs.iter().filter(|job| asks_a_system(job)).map(on_nothing).collect();
    if jobs.is_empty() {
        return Ok(vec![]);
    }
    let series = Series::new(context.servers);
    let mut passed = vec![];
    let done = watch::run(jobs, &series, context, &options, |end| {
        if matches!(end.verdict, Verdict::Pass) {
            passed.push(end.name.to_string());
        }
    });
    let done = done.await;
    let ended = watch::end(&series, context).await;
    passed.sort();
    done.and(ended).map(|()| passed)
}

/// One that cites nothing, or only the design of its system, carries no points; one without a system asks the servers.
fn asks_a_system(job: &Job) -> bool {
    job.system.is_some() && !job.scenario.requirements.is_empty() && job.scenario.design.is_none()
}

fn on_nothing(job: &Job) -> Job {
    Job::new(&job.name, job.scenario.clone(), job.case, None)
}
