//! JUnit XML of a graded submission: a suite a requirement, a case a run.

use std::io;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::feedback::feedback;
use crate::grade::{Examination, Grading, Outcome};
use crate::source::visible_lines;

/// The report.
pub(super) fn render(grading: &Grading) -> io::Result<String> {
    let mut report = Report::new(visible_lines(&grading.submission));
    for requirement in grading.scorecard.requirements() {
        let mut suite = TestSuite::new(visible_lines(&format!("{} {}", requirement.id, requirement.title)));
        let citing = grading.examined.iter().filter(|each| each.requirements.first() == Some(&requirement.id));
        suite.add_test_cases(citing.map(|each| case(&requirement.id, each)));
        report.add_test_suite(suite);
    }
    report.to_string().map_err(io::Error::other)
}

fn case(requirement: &str, examination: &Examination) -> TestCase {
    let shown = Examination { hidden: false, ..examination.clone() };
    let mut case = TestCase::new(visible_lines(&examination.name), status(&examination.outcome, &feedback(&shown)));
    case.set_classname(requirement).set_time(std::time::Duration::from_secs_f64(examination.seconds.max(0.0)));
    case
}

fn status(outcome: &Outcome, lines: &[String]) -> TestCaseStatus {
    let mut status = match outcome {
        Outcome::Passed => return TestCaseStatus::success(),
        Outcome::ProvesNothing | Outcome::NotExamined { .. } => TestCaseStatus::skipped(),
        Outcome::Failed => TestCaseStatus::non_success(NonSuccessKind::Failure),
        Outcome::NotGraded => TestCaseStatus::non_success(NonSuccessKind::Error),
    };
    status.set_message(lines.first().cloned().unwrap_or_else(|| outcome.word().into()));
    if lines.len() > 1 {
        status.set_description(lines.join("\n"));
    }
    status
}
