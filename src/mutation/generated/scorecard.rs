//! The scorecard of generated mutants: how many the suite kills, what survives, and what was said about that.

use std::collections::BTreeMap;

use crate::model::Explanation;
use crate::source::Diagnostic;

/// The share of killed mutants, in percent, that a suite needs.
const NEEDED: usize = 95;

/// What became of a generated mutant.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// These scenarios failed on it.
    Killed {
        /// Their names, the first first.
        by: Vec<String>,
    },
    /// No scenario failed on it.
    Survived,
    /// The server refused the change, since something depends on what it changes.
    NotApplicable {
        /// The refusal.
        cause: String,
    },
    /// No scenario failed, and one could not be carried out.
    Broken {
        /// Which, and why.
        cause: String,
    },
}

/// One generated mutant and what became of it.
#[derive(Clone, Debug)]
pub struct Graded {
    /// Its name.
    pub name: String,
    /// What was changed.
    pub change: String,
    /// What became of it.
    pub outcome: Outcome,
    /// How many scenarios were run on it.
    pub scenarios: usize,
    /// Seconds.
    pub elapsed: f64,
}

impl Graded {
    /// One line: the fate, the name and who killed it.
    pub fn line(&self) -> String {
        let (word, rest) = match &self.outcome {
            Outcome::Killed { by } => ("killed", format!("by {}", by.join(", "))),
            Outcome::Survived => ("SURVIVED", self.change.clone()),
            Outcome::NotApplicable { cause } => ("refused", cause.clone()),
            Outcome::Broken { cause } => ("BROKEN", cause.clone()),
        };
        format!("{word:<8} {:<60} {rest} ({} run, {:.1} s)", self.name, self.scenarios, self.elapsed)
    }
}

/// All of them.
#[derive(Clone, Debug, Default)]
pub struct Scorecard {
    /// By name.
    pub graded: Vec<Graded>,
    /// What the suite says about survivors.
    pub explanations: Vec<Explanation>,
    /// Names of all mutants that there are, whether they were asked for or not.
    pub known: Option<Vec<String>>,
    /// Scenarios that were left out, since they do not pass on the system itself.
    pub unfit: Vec<String>,
    /// Whether it was interrupted: then nothing follows from what is missing.
    pub interrupted: bool,
}

impl Scorecard {
    /// Mutants that a scenario could kill.
    pub fn counted(&self) -> usize {
        self.graded.iter().filter(|each| !matches!(each.outcome, Outcome::NotApplicable { .. })).count()
    }

    /// Mutants that were killed.
    pub fn killed(&self) -> usize {
        self.graded.iter().filter(|each| matches!(each.outcome, Outcome::Killed { .. })).count()
    }

    /// Mutants of which nothing can be said.
    pub fn broken(&self) -> usize {
        self.graded.iter().filter(|each| matches!(each.outcome, Outcome::Broken { .. })).count()
    }

    /// Survivors with their explanations.
    pub fn survivors(&self) -> Vec<(&Graded, Option<&Explanation>)> {
        let explained: BTreeMap<&str, &Explanation> =
            self.explanations.iter().map(|each| (each.mutant.value.as_str(), each)).collect();
        let survived = self.graded.iter().filter(|each| each.outcome == Outcome::Survived);
        survived.map(|each| (each, explained.get(each.name.as_str()).copied())).collect()
    }

    /// Whether enough were killed and every survivor is explained.
    pub fn is_enough(&self) -> bool {
        let explained = self.survivors().iter().all(|(_, explanation)| explanation.is_some());
        self.counted() > 0 && self.killed() * 100 >= self.counted() * NEEDED && explained && self.unfit.is_empty()
    }

    /// Explanations of what needs none.
    pub fn out_of_date(&self) -> Vec<Diagnostic> {
        self.explanations.iter().filter_map(|each| self.out_of_date_by(each)).collect()
    }

    fn out_of_date_by(&self, explanation: &Explanation) -> Option<Diagnostic> {
        let name = &explanation.mutant.value;
        let graded = self.graded.iter().find(|graded| graded.name == *name);
        let cause = match graded.map(|graded| &graded.outcome) {
            Some(Outcome::Killed { by }) => format!("{} kills this mutant", by.first()?),
            Some(Outcome::NotApplicable { cause }) => format!("this mutant cannot be made: {cause}"),
            Some(Outcome::Survived | Outcome::Broken { .. }) => return None,
            None if self.known.as_ref().is_some_and(|known| !known.contains(name)) => "there is no such mutant".into(),
            None => return None,
        };
        let help = "take the explanation away";
        Some(Diagnostic::error(&explanation.mutant.span, format!("out of date: {cause}")).warning().help(help))
    }

    /// The summary for people.
    pub fn summary(&self) -> String {
        let mut lines = vec![];
        for (survivor, explanation) in self.survivors() {
            lines.push(format!("survived: {}\n    {}", survivor.name, survivor.change));
            lines.push(match explanation {
                Some(explanation) => format!("    explained: {}", explanation.because),
                None => "    NOT EXPLAINED".into(),
            });
        }
        for each in &self.graded {
            if let Outcome::NotApplicable { cause } = &each.outcome {
                lines.push(format!("not applicable: {}: {cause}", each.name));
            }
        }
        lines.extend(
            self.unfit.iter().map(|name| format!("left out, since it does not pass on the system itself: {name}")),
        );
        lines.push(self.totals());
        lines.join("\n")
    }

    fn totals(&self) -> String {
        let (killed, counted) = (self.killed(), self.counted());
        #[expect(clippy::cast_precision_loss, reason = "there are not so many mutants")]
        let share = 100.0 * killed as f64 / counted.max(1) as f64;
        let survivors = self.survivors();
        let explained = survivors.iter().filter(|(_, explanation)| explanation.is_some()).count();
        let mut text = format!("killed {killed} of {counted} ({share:.1} %)");
        text.push_str(&format!("; {} survived, {explained} of them explained", survivors.len()));
        let refused = self.graded.len() - counted;
        if refused > 0 {
            text.push_str(&format!("; {refused} not applicable"));
        }
        if self.broken() > 0 {
            text.push_str(&format!("; {} broken", self.broken()));
        }
        text
    }
}
