//! Folds the ends of runs into the counts of a run and the state of each requirement.

use std::collections::BTreeMap;

use crate::event::{Event, Summary};
use crate::verdict::Verdict;

/// The counts so far. Feed it every event with [`Tally::note`]; ask with [`Tally::summary`] at any time.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    selected: usize,
    counts: Summary,
    register: Vec<String>,
    cited: BTreeMap<String, Cited>,
}

/// What the runs that cite a requirement have shown.
#[derive(Clone, Copy, Debug, Default)]
struct Cited {
    passed: bool,
    skipped: bool,
    failing: bool,
}

impl Tally {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes an event in: `RunStarted` brings the selection and the register, `ScenarioFinished` is counted, all others
    /// leave the counts alone.
    pub fn note(&mut self, event: &Event) {
        match event {
            Event::RunStarted { selected, requirements, .. } => {
                self.selected = *selected;
                self.register = requirements.iter().map(|(id, _)| id.clone()).collect();
            }
            Event::ScenarioFinished { verdict, requirements, .. } => {
                self.count(verdict);
                for id in requirements {
                    self.cited.entry(id.clone()).or_default().note(verdict);
                }
            }
            Event::ServerNotice { .. }
            | Event::Warning { .. }
            | Event::CopiesKept { .. }
            | Event::Download { .. }
            | Event::Progress { .. }
            | Event::ServersReady { .. }
            | Event::SystemReady { .. }
            | Event::BuildStepFailed { .. }
            | Event::ScenarioStarted { .. }
            | Event::LagMeasured { .. }
            | Event::GoldensUnused { .. }
            | Event::Interrupted
            | Event::RunFinished { .. } => {}
        }
    }

    fn count(&mut self, verdict: &Verdict) {
        let counts = &mut self.counts;
        let counter = match verdict {
            Verdict::Pass => &mut counts.passed,
            Verdict::Fail { .. } | Verdict::UnexpectedPass { .. } => &mut counts.failed,
            Verdict::Error { .. } => &mut counts.errors,
            Verdict::Skip { .. } => &mut counts.skipped,
            Verdict::Inconclusive { .. } => &mut counts.inconclusive,
            Verdict::ExpectedFailure { .. } => &mut counts.expected_failures,
        };
        *counter += 1;
    }

    /// How many runs have ended.
    pub fn finished(&self) -> usize {
        let counts = &self.counts;
        counts.passed + counts.failed + counts.errors + counts.skipped + counts.inconclusive + counts.expected_failures
    }

    /// The counts of everything that was noted; a run that has not ended counts as not run. Requirements come in the
    /// register's order, then those that the register does not know by name; without a register nothing is covered.
    ///
    /// A requirement is failing when a failing, broken or inconclusive run cites it; covered when a run of it passed and
    /// every other passed or failed as its `todo` says (a skipped one proves nothing, so it keeps its requirement open).
    /// What an expected failure shows is that the requirement does not hold yet: alone it covers nothing.
    pub fn summary(&self, elapsed_ms: u64) -> Summary {
        let mut summary = self.counts.clone();
        summary.elapsed_ms = elapsed_ms;
        summary.not_run = self.selected.saturating_sub(self.finished());
        if self.register.is_empty() {
            return summary;
        }
        let unregistered = self.cited.keys().filter(|id| !self.register.contains(id));
        for id in self.register.iter().chain(unregistered) {
            let cited = self.cited.get(id).copied().unwrap_or_default();
            let list = match cited {
                Cited { failing: true, .. } => &mut summary.requirements_failing,
                Cited { passed: true, skipped: false, .. } => &mut summary.requirements_covered,
                _ => &mut summary.requirements_open,
            };
            list.push(id.clone());
        }
        summary
    }
}

impl Cited {
    fn note(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Pass => self.passed = true,
            Verdict::Skip { .. } => self.skipped = true,
            Verdict::ExpectedFailure { .. } => {}
            Verdict::Fail { .. }
            | Verdict::Error { .. }
            | Verdict::Inconclusive { .. }
            | Verdict::UnexpectedPass { .. } => self.failing = true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The counts of a recorded run.
    fn summarise<'a>(events: impl IntoIterator<Item = &'a Event>, elapsed_ms: u64) -> Summary {
        let mut tally = Tally::new();
        events.into_iter().for_each(|event| tally.note(event));
        tally.summary(elapsed_ms)
    }

    fn started(selected: usize, ids: &[&str]) -> Event {
        Event::RunStarted {
            suite: "shop".into(),
            started: "2026-01-01T00:00:00Z".into(),
            selected,
            filtered_out: 0,
            jobs: 1,
            seed: 1,
            requirements: ids.iter().map(|id| (id.to_string(), String::new())).collect(),
        }
    }

    fn finished(ids: &[&str], verdict: Verdict) -> Event {
        Event::ScenarioFinished {
            name: "a.yaml".into(),
            title: "A".into(),
            requirements: ids.iter().map(|id| id.to_string()).collect(),
            tags: vec![],
            verdict,
            elapsed_ms: 1.0,
            server_ms: 1.0,
            copy_ms: 0.0,
            steps: 1,
            pending: vec![],
            kept: vec![],
            rerun: String::new(),
        }
    }

    fn fail() -> Verdict {
        Verdict::Fail { evidence: vec![] }
    }

    fn skip() -> Verdict {
        Verdict::Skip { reason: "no faults".into() }
    }

    fn todo() -> Verdict {
        Verdict::ExpectedFailure { reason: "later".into(), evidence: vec![] }
    }

    #[test]
    fn every_verdict_has_its_counter_and_what_did_not_end_was_not_run() {
        let events = [
            started(9, &[]),
            finished(&[], Verdict::Pass),
            finished(&[], fail()),
            finished(&[], Verdict::UnexpectedPass { reason: "later".into() }),
            finished(&[], Verdict::Error { evidence: vec![] }),
            finished(&[], skip()),
            finished(&[], Verdict::Inconclusive { reason: "no commit".into() }),
            finished(&[], todo()),
        ];
        let summary = summarise(&events, 12);
        let expected = Summary {
            passed: 1,
            failed: 2,
            errors: 1,
            skipped: 1,
            inconclusive: 1,
            expected_failures: 1,
            not_run: 2,
            elapsed_ms: 12,
            ..Summary::default()
        };
        assert_eq!(summary, expected);
    }

    #[test]
    fn one_failing_run_makes_a_requirement_failing_however_many_pass() {
        let events = [started(2, &["P1"]), finished(&["P1"], Verdict::Pass), finished(&["P1"], fail())];
        assert_eq!(summarise(&events, 0).requirements_failing, ["P1"]);
    }

    #[test]
    fn a_requirement_is_covered_only_when_something_passed_and_nothing_was_skipped() {
        let events = [
            started(6, &["pass", "pass+todo", "todo", "pass+skip", "none"]),
            finished(&["pass", "pass+todo", "pass+skip"], Verdict::Pass),
            finished(&["pass+todo", "todo"], todo()),
            finished(&["pass+skip"], skip()),
        ];
        let summary = summarise(&events, 0);
        assert_eq!(summary.requirements_covered, ["pass", "pass+todo"]);
        assert_eq!(summary.requirements_open, ["todo", "pass+skip", "none"]);
        assert!(summary.requirements_failing.is_empty());
    }

    #[test]
    fn requirements_keep_the_order_of_the_register_and_unknown_ones_come_last() {
        let events = [started(1, &["P10", "P2"]), finished(&["P2", "A1", "P10"], Verdict::Pass)];
        assert_eq!(summarise(&events, 0).requirements_covered, ["P10", "P2", "A1"]);
    }
}
