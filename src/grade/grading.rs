//! A submission with everything that was seen of it.

use serde::{Deserialize, Serialize};

use super::{Blocked, Examination, Finding, Outcome, Scorecard};
use crate::model::RequirementsRegister;

/// What grading a submission gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grading {
    /// The submission's name.
    pub submission: String,
    /// The points.
    pub scorecard: Scorecard,
    /// What its build was refused; the build went on behind each.
    pub build: Vec<Finding>,
    /// Every run, in the suite's order.
    pub examined: Vec<Examination>,
    /// Seconds that grading took.
    pub seconds: f64,
}

impl Grading {
    /// Nothing has been examined yet.
    pub fn new(submission: &str, examined: Vec<Examination>) -> Self {
        Self { submission: submission.into(), scorecard: Scorecard::default(), build: vec![], examined, seconds: 0.0 }
    }

    /// Counts the points of what was examined so far.
    pub fn count(&mut self, register: &RequirementsRegister, blocked: Blocked) {
        self.scorecard = Scorecard::new(register, &self.examined, blocked);
    }

    /// The failures, each cause once: what was observed, with the runs that observed it, the cause of most runs first.
    pub fn causes(&self) -> Vec<(&Finding, Vec<&Examination>)> {
        let mut causes: Vec<(&Finding, Vec<&Examination>)> = vec![];
        for examination in self.examined.iter().filter(|each| each.outcome == Outcome::Failed) {
            let Some(finding) = examination.findings.first() else { continue };
            match causes.iter_mut().find(|(known, _)| known.is_like(finding)) {
                Some((_, runs)) => runs.push(examination),
                None => causes.push((finding, vec![examination])),
            }
        }
        causes.sort_by_key(|(_, runs)| std::cmp::Reverse(runs.len()));
        causes
    }
}
