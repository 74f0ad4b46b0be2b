//! The one way to judge a mutant: what does not pass on the system itself shows nothing, and what fails on a mutant kills it
//! only if it fails again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use super::context::MutationContext;
use crate::engine::{Context, Dispatcher, Job, Options, Reporting, Series, Until};
use crate::event::{Event, Stamped};
use crate::verdict::Verdict;

/// The end of a run of a scenario, as far as mutation testing cares.
pub(super) struct End<'e> {
    /// The run's name.
    pub name: &'e str,
    /// What it cites.
    pub requirements: &'e [String],
    /// How it ended.
    pub verdict: &'e Verdict,
    /// How long it took.
    pub seconds: f64,
}

/// Runs the jobs on the system itself: the names of those that pass there (or have nothing to say there), and how long each
/// took.
///
/// # Errors
/// What could not be cleaned up.
pub(super) async fn passing(
    jobs: Vec<Job>,
    series: &Series,
    context: &MutationContext<'_>,
) -> Result<BTreeMap<String, f64>, String> {
    let options = Options { keep: false, until: Until::End, ..context.options.clone() };
    let mut passed = BTreeMap::new();
    let done = run(jobs, series, context, &options, |end| {
        if is_fit(end.verdict) {
            passed.insert(end.name.to_string(), end.seconds);
        }
    });
    done.await.map(|()| passed)
}

/// Whether a scenario that ended so on the system itself can show something on a mutant.
fn is_fit(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::ExpectedFailure { .. } | Verdict::Skip { .. })
}

/// Runs the jobs on a mutant, one that fails twice; `seen` gets the last end of each.
///
/// # Errors
/// What could not be cleaned up.
pub(super) async fn on_mutant(
    jobs: Vec<Job>,
    series: &Series,
    context: &MutationContext<'_>,
    options: &Options,
    mut seen: impl FnMut(End<'_>),
) -> Result<(), String> {
    let options = Options { confirms: true, keep: false, ..options.clone() };
    let mut confirmed = Confirmed::default();
    run(jobs, series, context, &options, |end| {
        if confirmed.counts(end.name, end.verdict) {
            seen(end);
        }
    })
    .await
}

/// Ends what the runs of a series have kept for one another.
///
/// # Errors
/// What could not be cleaned up.
pub(super) async fn end(series: &Series, context: &MutationContext<'_>) -> Result<(), String> {
    let work = async |reporting: Reporting| {
        series.end(of(context, context.options, &reporting), context.interrupt.clone()).await
    };
    drive(work, |_| {}).await
}

/// Runs the jobs; `seen` gets the end of each.
///
/// # Errors
/// What could not be cleaned up.
pub(super) async fn run(
    jobs: Vec<Job>,
    series: &Series,
    context: &MutationContext<'_>,
    options: &Options,
    mut seen: impl FnMut(End<'_>),
) -> Result<(), String> {
    let work = async |reporting: Reporting| {
        series.run(jobs, of(context, options, &reporting), context.interrupt.clone()).await
    };
    drive(work, |event| {
        if let Event::ScenarioFinished { name, requirements, verdict, elapsed_ms, .. } = event {
            seen(End { name, requirements, verdict, seconds: elapsed_ms / 1000.0 });
        }
    })
    .await
}

fn of<'a>(context: &MutationContext<'a>, options: &'a Options, reporting: &'a Reporting) -> Context<'a> {
    Context { servers: context.servers, host: context.host, options, reporting }
}

/// Does work and hands its events to `seen`. No report has the events of a mutant: what its run warns of is the whole
/// command's.
async fn drive<E: Display>(
    work: impl AsyncFnOnce(Reporting) -> Result<(), E>,
    mut seen: impl FnMut(&Event),
) -> Result<(), String> {
    let (dispatcher, reporting) = Dispatcher::new();
    let heard = |stamped: &Stamped| {
        if let Event::Warning { message } = &stamped.event {
            tracing::warn!("{message}");
        }
        seen(&stamped.event);
    };
    let (done, _) = futures::join!(work(reporting), dispatcher.drive(heard));
    done.map_err(|error| error.to_string())
}

/// Which ends count: a first failure does not, whatever comes after it does.
#[derive(Default)]
struct Confirmed {
    suspects: BTreeSet<String>,
}

impl Confirmed {
    fn counts(&mut self, name: &str, verdict: &Verdict) -> bool {
        !matches!(verdict, Verdict::Fail { .. }) || !self.suspects.insert(name.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_counts_when_it_is_the_second_one() {
        let fail = || Verdict::Fail { evidence: vec![] };
        let mut confirmed = Confirmed::default();
        assert!(!confirmed.counts("a", &fail()));
        assert!(!confirmed.counts("b", &fail()));
        assert!(confirmed.counts("a", &fail()));
        assert!(confirmed.counts("b", &Verdict::Pass));
        assert!(confirmed.counts("c", &Verdict::Error { evidence: vec![] }));
    }

    #[test]
    fn what_fails_or_proves_nothing_on_the_system_itself_is_not_fit() {
        assert!(is_fit(&Verdict::Pass));
        assert!(!is_fit(&Verdict::Fail { evidence: vec![] }));
        assert!(!is_fit(&Verdict::Error { evidence: vec![] }));
        assert!(!is_fit(&Verdict::Inconclusive { reason: "nothing".into() }));
    }
}
