//! What became of a scenario's run on a submission.

use serde::{Deserialize, Serialize};

use crate::source::Diagnostic;
use crate::verdict::{Evidence, Place, Verdict};

/// How a scenario's run counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// The submission does what the scenario asks.
    Passed,
    /// It does not.
    Failed,
    /// It was not asked, because what it stands on failed: neither passed nor failed.
    NotExamined {
        /// The requirement whose probe failed.
        because: String,
    },
    /// A system without anything passes it too: it says nothing about a submission, and earns nothing.
    ProvesNothing,
    /// The machinery or the scenario broke, also the second time: it is left out of the score.
    NotGraded,
}

/// A run of a scenario, or of one of its cases, on a submission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Examination {
    /// Path, and `#case` if there is one.
    pub name: String,
    /// The title, with the case's variables.
    pub title: String,
    /// What it cites.
    pub requirements: Vec<String>,
    /// Its share inside each requirement that it cites; the cases of a scenario divide it.
    pub weight: f64,
    /// Whether only its title and its outcome are shown to the submission's author.
    pub hidden: bool,
    /// How it counts.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// What was seen, the first first.
    pub findings: Vec<Finding>,
    /// Seconds that it took.
    pub seconds: f64,
}

/// Something that was not as expected, in the words that a submission's author gets.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// One sentence.
    pub message: String,
    /// `file:line`, where the scenario asks it.
    pub place: Option<String>,
    /// The lines of the scenario around that place, the statement among them.
    pub excerpt: Vec<String>,
    /// The node that answered.
    pub node: Option<String>,
    /// What was expected.
    pub expected: Option<String>,
    /// What was observed.
    pub observed: Option<String>,
    /// More that helps: the server's DETAIL and HINT.
    pub notes: Vec<String>,
}

impl Outcome {
    /// How a verdict counts, when nothing else stands in its way.
    pub fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass => Outcome::Passed,
            Verdict::Fail { .. } | Verdict::ExpectedFailure { .. } | Verdict::Inconclusive { .. } => Outcome::Failed,
            Verdict::Error { .. } | Verdict::Skip { .. } | Verdict::UnexpectedPass { .. } => Outcome::NotGraded,
        }
    }

    /// The word for tables.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Passed => "passed",
            Outcome::Failed => "failed",
            Outcome::NotExamined { .. } => "not examined",
            Outcome::ProvesNothing => "proves nothing",
            Outcome::NotGraded => "not graded",
        }
    }
}

impl Examination {
    /// How a run ended, with what was seen.
    pub fn conclude(&mut self, verdict: &Verdict, seconds: f64) {
        self.outcome = Outcome::of(verdict);
        self.seconds = seconds;
        self.findings = match verdict {
            Verdict::Inconclusive { reason } | Verdict::Skip { reason } | Verdict::UnexpectedPass { reason } => {
                vec![Finding { message: reason.clone(), ..Finding::default() }]
            }
            _ => verdict.evidence().iter().map(Finding::of).collect(),
        };
    }
}

impl Finding {
    /// Whether another run has seen the same: the same was observed where the same was asked or, for a refusal, anywhere.
    pub fn is_like(&self, other: &Finding) -> bool {
        let refusal = |finding: &Finding| finding.node.as_ref().is_some_and(|node| node.contains(": "));
        match refusal(self) && refusal(other) {
            // Several nodes, or several scenarios, that were refused the same.
            true => self.message == other.message && self.observed == other.observed,
            false => self == other,
        }
    }

    /// What is wrong with a submission's own file.
    pub fn of_diagnostic(diagnostic: &Diagnostic) -> Self {
        let place = diagnostic.span.as_ref().map(Place::of);
        let evidence = Evidence {
            message: diagnostic.message.clone(),
            place,
            notes: diagnostic.help.clone(),
            ..Evidence::default()
        };
        Self::of(&evidence)
    }

    /// The evidence, in text alone.
    pub fn of(evidence: &Evidence) -> Self {
        let place = evidence.place.as_ref();
        let code = |node: &String| match &evidence.code {
            Some(code) => format!("{node}: {code}"),
            None => node.clone(),
        };
        Self {
            message: evidence.message.clone(),
            place: place.map(|place| format!("{}:{}", place.file, place.line)),
            excerpt: place
                .map(|place| place.excerpt.iter().map(|(_, line)| line.clone()).collect())
                .unwrap_or_default(),
            node: evidence.node.as_ref().map(code),
            expected: evidence.expected.clone(),
            observed: evidence.actual.clone(),
            notes: evidence.notes.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_broke_is_not_graded_and_what_proves_nothing_of_a_promise_has_failed() {
        assert_eq!(Outcome::of(&Verdict::Error { evidence: vec![] }), Outcome::NotGraded);
        assert_eq!(Outcome::of(&Verdict::Skip { reason: "no programs".into() }), Outcome::NotGraded);
        assert_eq!(Outcome::of(&Verdict::Inconclusive { reason: "no operation was ok".into() }), Outcome::Failed);
        assert_eq!(Outcome::of(&Verdict::Pass), Outcome::Passed);
    }
}
