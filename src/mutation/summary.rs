//! All mutants of a run: how many the suite kills, what survives and what was said about that, and what that proves.

use std::collections::{BTreeMap, BTreeSet};

use super::report::{Killer, MutantReport, Outcome};
use crate::model::Explanation;
use crate::source::Diagnostic;

/// The share of killed mutants, in percent, that a suite needs.
const NEEDED: usize = 95;

/// All mutants of a run.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// What became of each, by name.
    pub mutants: Vec<MutantReport>,
    /// What the suite says about survivors.
    pub explanations: Vec<Explanation>,
    /// Names of all mutants that there are, whether they were asked for or not; `None` when that was not looked up.
    pub known: Option<Vec<String>>,
    /// What the mutants prove of the register; `None` when they do not say what they break.
    pub proof: Option<Proof>,
    /// Every scenario that could have failed; empty when not all were run on all.
    pub scenarios: BTreeSet<String>,
    /// Runs that were left out, since they do not pass on the system itself.
    pub unfit: Vec<String>,
    /// Runs that pass on an empty database, so that no system has to do anything for them.
    pub empty: Vec<String>,
    /// What could not be cleaned up, or what else went wrong beside the mutants.
    pub trouble: Option<String>,
    /// Whether it was interrupted: then nothing follows from what is missing.
    pub interrupted: bool,
    /// Seconds from the first mutant to the last.
    pub elapsed: f64,
}

/// Requirements, and whether they are to be proven.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// Ids of the register that a scenario cites.
    pub cited: Vec<String>,
    /// Ids of the register that no scenario cites: what is not asked cannot be proven.
    pub uncited: Vec<String>,
    /// Whether all mutants were run, so that an unproven requirement is a gap.
    pub whole: bool,
}

impl Summary {
    /// How many mutants met an outcome.
    pub fn count(&self, outcome: Outcome) -> usize {
        self.mutants.iter().filter(|mutant| mutant.outcome() == outcome).count()
    }

    /// Mutants that a scenario could kill.
    pub fn counted(&self) -> usize {
        self.mutants.len() - self.count(Outcome::NotApplicable)
    }

    /// Survivors with their explanations.
    pub fn survivors(&self) -> Vec<(&MutantReport, Option<&Explanation>)> {
        let explained: BTreeMap<&str, &Explanation> =
            self.explanations.iter().map(|each| (each.mutant.value.as_str(), each)).collect();
        let survived = self.mutants.iter().filter(|each| each.outcome() == Outcome::Survived);
        survived.map(|each| (each, explained.get(each.name.as_str()).copied())).collect()
    }

    /// Whether it says nothing: it was interrupted, something is broken.
    pub fn is_broken(&self) -> bool {
        self.interrupted || self.trouble.is_some() || self.count(Outcome::Broken) > 0
    }

    /// Whether enough were killed, every survivor is explained, every scenario took part and asks something of a system, and what is cited is proven.
    pub fn is_enough(&self) -> bool {
        let explained = self.survivors().iter().all(|(_, explanation)| explanation.is_some());
        let proven = self.proof.as_ref().is_none_or(|proof| !proof.whole || self.unproven().is_empty());
        let share = self.count(Outcome::Killed) * 100 >= self.counted() * NEEDED;
        self.counted() > 0 && share && explained && self.unfit.is_empty() && self.empty.is_empty() && proven
    }

    /// Requirements that no mutant proves.
    pub fn unproven(&self) -> Vec<&str> {
        let proven = |id: &str| self.mutants.iter().any(|mutant| mutant.breaks.contains(id) && has_killer(mutant, id));
        let cited = self.proof.iter().flat_map(|proof| &proof.cited);
        cited.map(String::as_str).filter(|id| !proven(id)).collect()
    }

    /// Scenarios that never failed on any mutant, when all were run on all.
    pub fn idle(&self) -> Vec<&str> {
        let failed: BTreeSet<&str> = self.mutants.iter().flat_map(|each| &each.killers).map(Killer::scenario).collect();
        self.scenarios.iter().map(String::as_str).filter(|scenario| !failed.contains(scenario)).collect()
    }

    /// Explanations of what needs none.
    pub fn out_of_date(&self) -> Vec<Diagnostic> {
        self.explanations.iter().filter_map(|each| self.out_of_date_by(each)).collect()
    }

    fn out_of_date_by(&self, explanation: &Explanation) -> Option<Diagnostic> {
        let name = &explanation.mutant.value;
        let report = self.mutants.iter().find(|report| report.name == *name);
        let cause = match report.map(|report| (report, report.outcome())) {
            Some((report, Outcome::Killed)) => format!("{} kills this mutant", report.killers.first()?.run),
            Some((report, Outcome::NotApplicable)) => {
                format!("this mutant cannot be made: {}", report.refused.as_deref()?)
            }
            Some((_, Outcome::Survived | Outcome::Broken)) => return None,
            None if self.known.as_ref().is_some_and(|known| !known.contains(name)) => "there is no such mutant".into(),
            None => return None,
        };
        let help = "remove the explanation";
        Some(Diagnostic::error(&explanation.mutant.span, format!("out of date: {cause}")).warning().help(help))
    }

    /// The summary for people.
    pub fn text(&self) -> String {
        let mut lines = vec![];
        for (survivor, explanation) in self.survivors() {
            lines.push(format!("survived: {}\n    {}", survivor.name, survivor.change));
            lines.push(match explanation {
                Some(explanation) => format!("    explained: {}", explanation.because),
                None => "    NOT EXPLAINED".into(),
            });
        }
        for each in &self.mutants {
            if let (Outcome::NotApplicable, Some(cause)) = (each.outcome(), &each.refused) {
                lines.push(format!("not applicable: {}: {cause}", each.name));
            }
        }
        lines.extend(self.interrupted.then(|| "interrupted: not every mutant was run".to_string()));
        lines.extend(self.trouble.iter().cloned());
        lines.extend(
            self.unfit.iter().map(|name| format!("left out, since it does not pass on the system itself: {name}")),
        );
        lines.extend(self.empty.iter().map(|name| format!("passes on an empty database, and proves nothing: {name}")));
        lines.push(self.totals());
        lines.extend(self.proof.iter().flat_map(|proof| self.proven(proof)));
        if !self.scenarios.is_empty() {
            lines.push(format!("scenarios that never killed anything: {}", self.idle().join(", ")));
        }
        lines.join("\n")
    }

    fn totals(&self) -> String {
        let (killed, counted) = (self.count(Outcome::Killed), self.counted());
        #[expect(clippy::cast_precision_loss, reason = "there are not so many mutants")]
        let of = |part: f64, whole: usize| part / whole.max(1) as f64;
        #[expect(clippy::cast_precision_loss, reason = "there are not so many mutants")]
        let share = of(100.0 * killed as f64, counted);
        let survivors = self.survivors();
        let explained = survivors.iter().filter(|(_, explanation)| explanation.is_some()).count();
        let mut text = format!("killed {killed} of {counted} ({share:.1} %)");
        text.push_str(&format!("; {} survived, {explained} of them explained", survivors.len()));
        for (outcome, word) in [(Outcome::NotApplicable, "not applicable"), (Outcome::Broken, "broken")] {
            if self.count(outcome) > 0 {
                text.push_str(&format!("; {} {word}", self.count(outcome)));
            }
        }
        text.push_str(&format!("; {:.2} s a mutant", of(self.elapsed, self.mutants.len())));
        text
    }

    fn proven(&self, proof: &Proof) -> Vec<String> {
        let unproven = self.unproven();
        let cited = proof.cited.len();
        let mut lines = vec![format!("{} of {cited} requirements are proven", cited - unproven.len())];
        lines.extend((!unproven.is_empty()).then(|| format!("  no mutant proves: {}", unproven.join(", "))));
        lines.extend((!proof.uncited.is_empty()).then(|| format!("  no scenario cites: {}", proof.uncited.join(", "))));
        lines
    }
}

fn has_killer(mutant: &MutantReport, requirement: &str) -> bool {
    mutant.killers_of(requirement).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceFile, Span};

    fn report(name: &str, killer: Option<&str>) -> MutantReport {
        let killers = killer.map(|run| Killer { run: run.into(), requirements: vec!["P1.1".into()] });
        MutantReport {
            name: name.into(),
            change: "DROP".into(),
            killers: killers.into_iter().collect(),
            ..Default::default()
        }
    }

    fn refused(name: &str) -> MutantReport {
        MutantReport { refused: Some("it cannot".into()), ..report(name, None) }
    }

    fn explained(mutant: &str) -> Explanation {
        let span = Span::new(&SourceFile::new("s.yaml", mutant), 0, mutant.len());
        Explanation { mutant: span.of(mutant.into()), because: "nobody can tell".into() }
    }

    #[test]
    fn nineteen_of_twenty_are_enough_when_the_last_is_explained() {
        let mut all: Vec<MutantReport> = (0..19).map(|at| report(&format!("k{at}"), Some("a.yaml"))).collect();
        all.push(report("s", None));
        all.push(refused("n"));
        let mut summary = Summary { mutants: all, ..Summary::default() };
        assert!(!summary.is_enough(), "the survivor is not explained");
        assert!(summary.text().contains("NOT EXPLAINED") && summary.text().contains("not applicable: n: it cannot"));
        summary.explanations = vec![explained("s")];
        assert!(summary.is_enough());
        let totals = "killed 19 of 20 (95.0 %); 1 survived, 1 of them explained; 1 not applicable; 0.00 s a mutant";
        assert!(summary.text().ends_with(totals), "{}", summary.text());
        summary.mutants.remove(0);
        assert!(!summary.is_enough(), "18 of 19 are less than 95 %");
    }

    #[test]
    fn an_explanation_of_what_needs_none_is_out_of_date() {
        let summary = Summary {
            mutants: vec![report("k", Some("a.yaml")), report("s", None)],
            explanations: ["k", "s", "gone", "elsewhere"].map(explained).to_vec(),
            known: Some(vec!["k".into(), "s".into(), "elsewhere".into()]),
            ..Summary::default()
        };
        let said: Vec<String> = summary.out_of_date().iter().map(|each| each.message.clone()).collect();
        assert_eq!(said, ["out of date: a.yaml kills this mutant", "out of date: there is no such mutant"]);
    }

    #[test]
    fn a_requirement_without_a_killed_mutant_is_unproven() {
        let breaks = ["P1.1".to_string(), "P1.2".into()].into();
        let proof = Proof { cited: vec!["P1.1".into(), "P1.2".into()], uncited: vec![], whole: true };
        let mut summary = Summary {
            mutants: vec![MutantReport { breaks, ..report("m", Some("a.yaml#case")) }],
            proof: Some(proof),
            scenarios: ["a.yaml".to_string(), "b.yaml".to_string()].into(),
            ..Summary::default()
        };
        assert_eq!(summary.unproven(), ["P1.2"]);
        assert_eq!(summary.idle(), ["b.yaml"]);
        summary.mutants[0].breaks.remove("P1.2");
        assert!(!summary.is_enough(), "nothing proves P1.2");
        summary.proof = summary.proof.map(|proof| Proof { whole: false, ..proof });
        assert!(summary.is_enough(), "only some mutants were asked for");
    }
}
