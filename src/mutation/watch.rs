//! The one way to judge a mutant: what does not pass on the system itself shows nothing, and what fails on a mutant kills it
//! only if it fails again.

use std::collections::{BTreeMap, BTreeSet};

use super::ground::Ground;
use crate::engine::{self, Context, Dispatcher, Job, Options, Until};
use crate::event::Event;
use crate::verdict::Verdict;

/// The end of a scenario, as far as grading cares.
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
/// took; and what could not be taken away, if something could not.
pub(super) async fn passing(jobs: Vec<Job>, ground: &Ground<'_>) -> (BTreeMap<String, f64>, Option<String>) {
    let options = Options { keep: false, until: Until::End, ..ground.options.clone() };
    let mut passed = BTreeMap::new();
    let done = run(jobs, ground, &options, |end| {
        if is_fit(end.verdict) {
            passed.insert(end.name.to_string(), end.seconds);
        }
    });
    let left = done.await.err();
    (passed, left)
}

/// Whether a scenario that ended so on the system itself can show something on a mutant.
pub(super) fn is_fit(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Pass | Verdict::ExpectedFailure { .. } | Verdict::Skip { .. })
}

/// Runs the jobs on a mutant, one that fails twice; `seen` gets the last end of each. An `Err` says what could not be taken
/// away.
pub(super) async fn on_mutant(
    jobs: Vec<Job>,
    ground: &Ground<'_>,
    options: &Options,
    mut seen: impl FnMut(End<'_>),
) -> Result<(), String> {
    let options = Options { confirms: true, keep: false, ..options.clone() };
    let mut confirmed = Confirmed::default();
    run(jobs, ground, &options, |end| {
        if confirmed.counts(end.name, end.verdict) {
            seen(end);
        }
    })
    .await
}

/// Runs the jobs; `seen` gets the end of each.
pub(super) async fn run(
    jobs: Vec<Job>,
    ground: &Ground<'_>,
    options: &Options,
    mut seen: impl FnMut(End<'_>),
) -> Result<(), String> {
    let (dispatcher, reporting) = Dispatcher::new();
    let work = async {
        let context = Context { servers: ground.servers, host: ground.host, options, reporting: &reporting };
        let done = engine::run(jobs, context, ground.interrupt.clone()).await;
        drop(reporting);
        done
    };
    let ended = |event: &Event| {
        if let Event::ScenarioFinished { name, requirements, verdict, elapsed_ms, .. } = event {
            seen(End { name, requirements, verdict, seconds: elapsed_ms / 1000.0 });
        }
        // No report has the events of a mutant: what its run warns of is the whole command's.
        if let Event::Warning { message } = event {
            tracing::warn!("{message}");
        }
    };
    let mut ended = ended;
    let (done, _) = futures::join!(work, dispatcher.drive(|stamped| ended(&stamped.event)));
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
