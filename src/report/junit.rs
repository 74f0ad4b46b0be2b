//! The report for CI servers: JUnit XML, a test suite for each folder of scenarios.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::block::Finished;
use super::file::write_atomically;
use super::look::duration;
use super::visible::{clip, visible, visible_lines};
use super::{Look, Reporter};
use crate::event::{Event, Stamped};
use crate::verdict::Verdict;

/// Characters of a description that CI servers are asked to take.
const DESCRIPTION: usize = 64 * 1024;
/// Characters of an attribute.
const ATTRIBUTE: usize = 1_000;

/// A JUnit file, written when the run is over.
pub struct JUnit {
    path: PathBuf,
    suite: String,
    started: String,
    folders: BTreeMap<String, Vec<TestCase>>,
    lags: BTreeMap<String, String>,
    warnings: String,
    elapsed: Option<Duration>,
}

impl JUnit {
    /// The file will be at `path`; folders on the way are made when it is written.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
            suite: "polyspec".into(),
            started: String::new(),
            folders: BTreeMap::new(),
            lags: BTreeMap::new(),
            warnings: String::new(),
            elapsed: None,
        }
    }

    fn add(&mut self, finished: &Finished) {
        let (folder, _) = finished.name.rsplit_once('/').unwrap_or((".", finished.name));
        let mut case = TestCase::new(attribute(finished.name), status(finished));
        case.set_classname(attribute(folder)).set_time(milliseconds(finished.elapsed_ms));
        if let Some(lags) = self.lags.remove(finished.name) {
            case.set_system_out(clip(&lags, DESCRIPTION));
        }
        self.folders.entry(folder.to_string()).or_default().push(case);
    }

    fn report(&mut self) -> Report {
        let mut report = Report::new(attribute(&self.suite));
        report.timestamp = self.started.parse().ok();
        for (folder, cases) in std::mem::take(&mut self.folders) {
            let time = cases.iter().filter_map(|case| case.time).sum();
            let mut suite = TestSuite::new(attribute(&folder));
            suite.set_time(time).add_test_cases(cases);
            report.add_test_suite(suite);
        }
        if !self.warnings.is_empty() {
            let mut suite = TestSuite::new("polyspec");
            suite.set_system_err(clip(&self.warnings, DESCRIPTION));
            report.add_test_suite(suite);
        }
        match self.elapsed {
            Some(elapsed) => report.set_time(elapsed),
            None => report.add_test_suite(unfinished()),
        };
        report
    }
}

/// A report that ends early must not look like one in which everything passed.
fn unfinished() -> TestSuite {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_type("error").set_message("the run ended before it was finished");
    let mut suite = TestSuite::new("polyspec");
    suite.add_test_case(TestCase::new("the run comes to its end", status));
    suite
}

fn status(finished: &Finished) -> TestCaseStatus {
    let (mut status, message) = match finished.verdict {
        Verdict::Pass => return TestCaseStatus::success(),
        Verdict::Skip { reason } => (TestCaseStatus::skipped(), reason.clone()),
        Verdict::ExpectedFailure { reason, .. } => (TestCaseStatus::skipped(), format!("fails as expected: {reason}")),
        Verdict::Inconclusive { reason } => (TestCaseStatus::non_success(NonSuccessKind::Error), reason.clone()),
        Verdict::Fail { evidence } => (TestCaseStatus::non_success(NonSuccessKind::Failure), first(evidence)),
        Verdict::Error { evidence } => (TestCaseStatus::non_success(NonSuccessKind::Error), first(evidence)),
        Verdict::UnexpectedPass { reason } => {
            (TestCaseStatus::non_success(NonSuccessKind::Failure), format!("passed although it should fail: {reason}"))
        }
    };
    let text = finished.block(&Look::plain(120));
    status.set_type(finished.verdict.word()).set_message(attribute(&message));
    status.set_description(clip(&visible_lines(&text), DESCRIPTION));
    status
}

fn first(evidence: &[crate::verdict::Evidence]) -> String {
    evidence.first().map(|evidence| evidence.message.clone()).unwrap_or_default()
}

/// One line that is fit for an attribute.
fn attribute(text: &str) -> String {
    clip(&visible(text), ATTRIBUTE).into_owned()
}

/// A time that a recording may have made absurd.
fn milliseconds(milliseconds: f64) -> Duration {
    Duration::try_from_secs_f64(milliseconds / 1000.0).unwrap_or_default()
}

impl Reporter for JUnit {
    fn event(&mut self, stamped: &Stamped) {
        match &stamped.event {
            Event::RunStarted { suite, started, .. } => {
                self.suite.clone_from(suite);
                self.started.clone_from(started);
            }
            Event::LagMeasured { name, place, lag_ms } => {
                let line = format!("lag at {}: {}\n", visible(place), duration(*lag_ms));
                self.lags.entry(name.clone()).or_default().push_str(&line);
            }
            Event::ScenarioFinished { .. } => {
                if let Some(finished) = Finished::of(&stamped.event) {
                    self.add(&finished);
                }
            }
            Event::RunFinished { summary } => self.elapsed = Some(Duration::from_millis(summary.elapsed_ms)),
            Event::Warning { message } => self.warnings.push_str(&format!("{}\n", visible(message))),
            Event::ServerNotice { .. }
            | Event::CopiesKept { .. }
            | Event::Download { .. }
            | Event::Progress { .. }
            | Event::ServersReady { .. }
            | Event::SystemReady { .. }
            | Event::BuildStepFailed { .. }
            | Event::ScenarioStarted { .. }
            | Event::GoldensUnused { .. }
            | Event::Interrupted => {}
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        let mut bytes = vec![];
        self.report().serialize(&mut bytes).map_err(io::Error::other)?;
        write_atomically(&self.path, &bytes)
    }
}
