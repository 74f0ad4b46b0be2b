//! What became of one mutant.

use std::collections::BTreeSet;

use super::mutant::Mutant;
use crate::verdict::Verdict;

/// One mutant and what became of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MutantReport {
    /// Its name.
    pub name: String,
    /// What is different.
    pub change: String,
    /// Ids of the requirements that it must not meet; none of one that was generated.
    pub breaks: BTreeSet<String>,
    /// The runs that failed on it, the first first.
    pub killers: Vec<Killer>,
    /// Why a server refused the change: something depends on what it changes.
    pub refused: Option<String>,
    /// Runs that could not be carried out on it, with the first words of why: a mutant must build and run.
    pub errors: Vec<(String, String)>,
    /// How many runs were made on it.
    pub runs: usize,
    /// Seconds.
    pub elapsed: f64,
}

/// A run that failed on a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Killer {
    /// The run's name: the path of the scenario, and `#case` if there is one.
    pub run: String,
    /// What it cites.
    pub requirements: Vec<String>,
}

impl Killer {
    /// The path of the scenario.
    pub fn scenario(&self) -> &str {
        self.run.split('#').next().unwrap_or(&self.run)
    }
}

/// What became of a mutant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// For each requirement that it breaks, a scenario failed; if none says what it breaks, any scenario.
    Killed,
    /// Nothing failed that should have.
    Survived,
    /// The server refused the change.
    NotApplicable,
    /// Something could not be carried out and nothing failed.
    Broken,
}

impl MutantReport {
    /// A mutant on which nothing has run.
    pub fn new(mutant: &Mutant) -> Self {
        let Mutant { name, change, breaks, .. } = mutant.clone();
        Self { name, change, breaks, ..Self::default() }
    }

    /// Takes in how a run ended on it. `source` is the file of its change: an error there is a refusal.
    pub fn note(&mut self, run: &str, requirements: &[String], verdict: &Verdict, source: Option<&str>) {
        self.runs += 1;
        match verdict {
            Verdict::Fail { .. } => {
                self.killers.push(Killer { run: run.to_string(), requirements: requirements.to_vec() });
            }
            Verdict::Error { evidence } => {
                let first = evidence.first();
                let place = first.and_then(|first| first.place.as_ref()).map(|place| place.file.as_str());
                let refused = source.is_some() && place == source;
                let said = first.map(|first| first.actual.as_ref().filter(|_| refused).unwrap_or(&first.message));
                let cause = said.and_then(|said| said.lines().next()).unwrap_or_default().to_string();
                if refused {
                    self.refused = Some(cause);
                } else {
                    self.errors.push((run.to_string(), cause));
                }
            }
            Verdict::Pass
            | Verdict::Skip { .. }
            | Verdict::Inconclusive { .. }
            | Verdict::ExpectedFailure { .. }
            | Verdict::UnexpectedPass { .. } => {}
        }
    }

    /// The runs that failed and cite a requirement.
    pub fn killers_of<'r>(&'r self, requirement: &'r str) -> impl Iterator<Item = &'r Killer> {
        self.killers.iter().filter(move |killer| killer.requirements.iter().any(|id| id == requirement))
    }

    /// Requirements that it breaks and for which nothing has failed yet.
    pub fn open(&self) -> BTreeSet<String> {
        self.breaks.iter().filter(|id| self.killers_of(id).next().is_none()).cloned().collect()
    }

    /// What became of it.
    pub fn outcome(&self) -> Outcome {
        let killed = !self.killers.is_empty() && self.open().is_empty();
        match (&self.refused, killed) {
            (Some(_), _) => Outcome::NotApplicable,
            (None, true) => Outcome::Killed,
            (None, false) if self.killers.is_empty() && !self.errors.is_empty() => Outcome::Broken,
            (None, false) => Outcome::Survived,
        }
    }

    /// One line: the outcome, the name and who killed it, and how long that took.
    pub fn line(&self) -> String {
        let (word, rest) = match self.outcome() {
            Outcome::Killed => ("killed", self.killed_by()),
            Outcome::Survived if self.breaks.is_empty() => ("SURVIVED", self.change.clone()),
            Outcome::Survived => ("SURVIVED", self.killed_by()),
            Outcome::NotApplicable => ("refused", self.refused.clone().unwrap_or_default()),
            Outcome::Broken => ("BROKEN", self.first_error()),
        };
        format!("{word:<8} {:<44} {rest} ({:.1} s)", self.name, self.elapsed)
    }

    fn killed_by(&self) -> String {
        let first = |killer: Option<&Killer>| killer.map_or("NOTHING", |killer| &killer.run).to_string();
        if self.breaks.is_empty() {
            return format!("by {}", first(self.killers.first()));
        }
        let by = |id: &String| format!("{id} by {}", first(self.killers_of(id).next()));
        self.breaks.iter().map(by).collect::<Vec<_>>().join("; ")
    }

    /// The first run that could not be carried out, and why.
    pub fn first_error(&self) -> String {
        self.errors.first().map(|(run, cause)| format!("{run}: {cause}")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::{Evidence, Place};

    fn fail() -> Verdict {
        Verdict::Fail { evidence: vec![] }
    }

    fn error(file: Option<&str>) -> Verdict {
        let place = file.map(|file| Place { file: file.into(), ..Place::default() });
        Verdict::Error { evidence: vec![Evidence { message: "no build".into(), place, ..Evidence::default() }] }
    }

    fn breaking(ids: &[&str]) -> MutantReport {
        MutantReport { breaks: ids.iter().map(|id| id.to_string()).collect(), ..MutantReport::default() }
    }

    #[test]
    fn a_mutant_is_killed_only_when_each_requirement_that_it_breaks_has_a_killer() {
        let mut report = breaking(&["P1.1", "P1.2"]);
        report.note("a.yaml", &["P1.1".into()], &fail(), None);
        assert_eq!(report.outcome(), Outcome::Survived);
        assert!(report.line().contains("P1.1 by a.yaml; P1.2 by NOTHING"), "{}", report.line());
        report.note("b.yaml", &["P1.2".into(), "P9.9".into()], &fail(), None);
        assert_eq!(report.outcome(), Outcome::Killed);
    }

    #[test]
    fn one_that_says_nothing_of_requirements_is_killed_by_any_scenario() {
        let mut report = breaking(&[]);
        report.note("a.yaml", &[], &Verdict::Pass, None);
        assert_eq!(report.outcome(), Outcome::Survived);
        report.note("b.yaml", &[], &fail(), None);
        assert_eq!(report.outcome(), Outcome::Killed);
        assert_eq!(report.runs, 2);
    }

    #[test]
    fn an_error_kills_nothing_and_a_refusal_of_the_change_is_no_error() {
        let mut report = breaking(&["P1.1"]);
        report.note("a.yaml", &["P1.1".into()], &error(None), None);
        assert_eq!(report.outcome(), Outcome::Broken);
        report.note("a.yaml", &["P1.1".into()], &Verdict::Pass, None);
        assert_eq!(report.outcome(), Outcome::Broken);

        let mut report = breaking(&[]);
        report.note("a.yaml", &[], &error(Some("a.yaml")), Some("mutant m"));
        assert_eq!(report.outcome(), Outcome::Broken);
        report.note("a.yaml", &[], &error(Some("mutant m")), Some("mutant m"));
        assert_eq!(report.outcome(), Outcome::NotApplicable);
    }
}
