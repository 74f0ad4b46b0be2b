//! The kill matrix: which mutant was killed, for which requirement, by which scenario.

use std::collections::{BTreeMap, BTreeSet};

use crate::verdict::Verdict;

/// What became of one mutant.
#[derive(Clone, Debug, PartialEq)]
pub struct MutantReport {
    /// Its folder below the folder of mutants.
    pub name: String,
    /// What it breaks, a sentence.
    pub title: String,
    /// For each requirement that it must not meet, the scenarios that cite it and failed.
    pub killers: BTreeMap<String, Vec<String>>,
    /// Scenarios that could not be carried out on it, with the first words of why: a mutant must build and run.
    pub broken: Vec<(String, String)>,
    /// Every scenario that failed.
    pub failed: BTreeSet<String>,
    /// Seconds.
    pub elapsed: f64,
}

/// The word for what became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// For each requirement that it breaks, a scenario failed.
    Killed,
    /// For a requirement that it breaks, nothing failed.
    Survived,
    /// Something could not be carried out and nothing failed.
    Broken,
}

impl MutantReport {
    /// A mutant on which nothing has run.
    pub fn new(name: &str, title: &str, breaks: &[String]) -> Self {
        Self {
            name: name.into(),
            title: title.into(),
            killers: breaks.iter().map(|id| (id.clone(), vec![])).collect(),
            broken: vec![],
            failed: BTreeSet::new(),
            elapsed: 0.0,
        }
    }

    /// Takes in how a run of a scenario ended on it.
    pub fn note(&mut self, scenario: &str, requirements: &[String], verdict: &Verdict) {
        match verdict {
            Verdict::Fail { .. } => {
                self.failed.insert(scenario.to_string());
                for id in requirements {
                    if let Some(killers) = self.killers.get_mut(id) {
                        killers.push(scenario.to_string());
                    }
                }
            }
            Verdict::Error { evidence } => {
                let cause = evidence.first().map(|evidence| evidence.message.clone()).unwrap_or_default();
                self.broken.push((scenario.to_string(), cause));
            }
            Verdict::Pass
            | Verdict::Skip { .. }
            | Verdict::Inconclusive { .. }
            | Verdict::ExpectedFailure { .. }
            | Verdict::UnexpectedPass { .. } => {}
        }
    }

    /// What became of it.
    pub fn fate(&self) -> Fate {
        let killed = !self.killers.is_empty() && self.killers.values().all(|killers| !killers.is_empty());
        match (killed, self.broken.is_empty()) {
            (true, _) => Fate::Killed,
            (false, false) if self.failed.is_empty() => Fate::Broken,
            (false, _) => Fate::Survived,
        }
    }

    /// One line: the fate, the name, and for each requirement who killed it.
    pub fn line(&self) -> String {
        let word = match self.fate() {
            Fate::Killed => "killed",
            Fate::Survived => "SURVIVED",
            Fate::Broken => "BROKEN",
        };
        let killer = |(id, killers): (&String, &Vec<String>)| match killers.first() {
            Some(first) => format!("{id} by {first}"),
            None => format!("{id} by NOTHING"),
        };
        let killers: Vec<String> = self.killers.iter().map(killer).collect();
        let mut line = format!("{word:<8} {:<44} {}", self.name, killers.join("; "));
        if let (Fate::Broken, Some((scenario, cause))) = (self.fate(), self.broken.first()) {
            line.push_str(&format!("\n         {scenario}: {cause}"));
        }
        line
    }
}

/// All mutants against all requirements.
#[derive(Clone, Debug, Default)]
pub struct Matrix {
    /// What became of each.
    pub mutants: Vec<MutantReport>,
    /// Ids of the register that a scenario cites.
    pub requirements: Vec<String>,
    /// Ids of the register that no scenario cites: what is not asked cannot be proven, and every run names it as open.
    pub uncited: Vec<String>,
    /// Every scenario that could have failed; empty when not all were run on all.
    pub scenarios: BTreeSet<String>,
    /// The run was stopped before every mutant had its turn.
    pub interrupted: bool,
    /// Scenarios that do not pass on the system itself: they were left out.
    pub unfit: Vec<String>,
    /// Scenarios that pass on an empty database, so that no system has to do anything for them.
    pub empty: Vec<String>,
}

impl Matrix {
    /// How many mutants met a fate.
    pub fn count(&self, fate: Fate) -> usize {
        self.mutants.iter().filter(|mutant| mutant.fate() == fate).count()
    }

    /// Requirements that no mutant proves.
    pub fn unproven(&self) -> Vec<&str> {
        let proven: BTreeSet<&String> = self
            .mutants
            .iter()
            .flat_map(|mutant| mutant.killers.iter().filter(|(_, killers)| !killers.is_empty()).map(|(id, _)| id))
            .collect();
        self.requirements.iter().filter(|id| !proven.contains(id)).map(String::as_str).collect()
    }

    /// Scenarios that never failed on any mutant, when all were run on all.
    pub fn idle(&self) -> Vec<&str> {
        let failed = |scenario: &&String| self.mutants.iter().any(|mutant| mutant.failed.contains(*scenario));
        self.scenarios.iter().filter(|scenario| !failed(scenario)).map(String::as_str).collect()
    }

    /// The summary for people.
    pub fn summary(&self) -> String {
        let mut lines = vec![];
        if self.interrupted {
            lines.push("interrupted: not every mutant was run".to_string());
        }
        lines.extend(
            self.unfit.iter().map(|name| format!("left out, since it does not pass on the system itself: {name}")),
        );
        lines.extend(self.empty.iter().map(|name| format!("passes on an empty database, and proves nothing: {name}")));
        lines.push(format!(
            "{} mutants: {} killed, {} survived, {} broken",
            self.mutants.len(),
            self.count(Fate::Killed),
            self.count(Fate::Survived),
            self.count(Fate::Broken)
        ));
        let unproven = self.unproven();
        lines.push(format!(
            "{} of {} requirements are proven",
            self.requirements.len() - unproven.len(),
            self.requirements.len()
        ));
        if !unproven.is_empty() {
            lines.push(format!("  no mutant proves: {}", unproven.join(", ")));
        }
        if !self.uncited.is_empty() {
            lines.push(format!("  no scenario cites: {}", self.uncited.join(", ")));
        }
        if !self.scenarios.is_empty() {
            lines.push(format!("scenarios that never killed anything: {}", self.idle().join(", ")));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail() -> Verdict {
        Verdict::Fail { evidence: vec![] }
    }

    fn error() -> Verdict {
        Verdict::Error { evidence: vec![crate::verdict::Evidence { message: "no build".into(), ..Default::default() }] }
    }

    #[test]
    fn a_mutant_is_killed_only_when_each_requirement_that_it_breaks_has_a_killer() {
        let mut mutant = MutantReport::new("m", "t", &["P1.1".into(), "P1.2".into()]);
        mutant.note("a.yaml", &["P1.1".into()], &fail());
        assert_eq!(mutant.fate(), Fate::Survived);
        mutant.note("b.yaml", &["P1.2".into(), "P9.9".into()], &fail());
        assert_eq!(mutant.fate(), Fate::Killed);
    }

    #[test]
    fn an_error_kills_nothing() {
        let mut mutant = MutantReport::new("m", "t", &["P1.1".into()]);
        mutant.note("a.yaml", &["P1.1".into()], &error());
        assert_eq!(mutant.fate(), Fate::Broken);
        mutant.note("a.yaml", &["P1.1".into()], &Verdict::Pass);
        assert_eq!(mutant.fate(), Fate::Broken);
    }

    #[test]
    fn a_requirement_without_a_killed_mutant_is_unproven() {
        let mut mutant = MutantReport::new("m", "t", &["P1.1".into(), "P1.2".into()]);
        mutant.note("a.yaml", &["P1.1".into()], &fail());
        let matrix = Matrix {
            mutants: vec![mutant],
            requirements: vec!["P1.1".into(), "P1.2".into()],
            scenarios: ["a.yaml".to_string(), "b.yaml".to_string()].into(),
            ..Matrix::default()
        };
        assert_eq!(matrix.unproven(), ["P1.2"]);
        assert_eq!(matrix.idle(), ["b.yaml"]);
    }
}
