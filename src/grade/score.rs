//! Points: what was examined, by the register.

use serde::{Deserialize, Serialize};

use super::{Examination, Outcome};
use crate::model::RequirementsRegister;

/// What becomes of the points of what could not be examined.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blocked {
    /// They are lost with what they stand on.
    #[default]
    Zero,
    /// The rest of the requirement, or else of the part, is scaled to them.
    Scaled,
}

/// The score of a submission.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    /// Parts in the register's order.
    pub parts: Vec<PartScore>,
    /// Whether everything was graded: nothing was left out because the machinery broke.
    pub complete: bool,
}

/// The score of a part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartScore {
    /// The part's number.
    pub part: u32,
    /// Its title.
    pub title: String,
    /// Its points.
    pub points: f64,
    /// Those that were earned.
    pub earned: f64,
    /// Its requirements in the register's order.
    pub requirements: Vec<RequirementScore>,
}

/// The score of a requirement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequirementScore {
    /// The id.
    pub id: String,
    /// What must hold.
    pub title: String,
    /// Its share of its part's points.
    pub points: f64,
    /// Those that were earned; `None` when nothing could be counted, so that the rest of the part carries its points.
    pub earned: Option<f64>,
    /// How many runs that cite it passed.
    pub passed: usize,
    /// How many failed.
    pub failed: usize,
    /// How many were not examined.
    pub not_examined: usize,
    /// How many were left out because the machinery or the scenario broke.
    pub not_graded: usize,
    /// The requirements because of which some were not examined.
    pub because: Vec<String>,
}

impl Scorecard {
    /// Adds up what was examined. A requirement earns the share of its points that the weight of what passed has in the weight
    /// of what counts; a part earns the share that its requirements earn together.
    pub fn new(register: &RequirementsRegister, examined: &[Examination], blocked: Blocked) -> Self {
        let score = |id: &str, title: &str, points: f64| requirement(id, title, points, examined, blocked);
        let parts = register.parts.iter().map(|part| {
            let own = register.requirements.iter().filter(|each| each.part == part.part);
            let requirements: Vec<_> = own.map(|each| score(&each.id, &each.title, each.points)).collect();
            let counted = || requirements.iter().filter_map(|each| each.earned.map(|earned| (each.points, earned)));
            let (most, earned) =
                counted().fold((0.0, 0.0), |(most, sum), (points, earned)| (most + points, sum + earned));
            let earned = if most > 0.0 { part.points * earned / most } else { 0.0 };
            PartScore { part: part.part, title: part.title.clone(), points: part.points, earned, requirements }
        });
        let complete = !examined.iter().any(|each| each.outcome == Outcome::NotGraded);
        Self { parts: parts.collect(), complete }
    }

    /// Points that were earned.
    pub fn earned(&self) -> f64 {
        self.parts.iter().map(|part| part.earned).sum()
    }

    /// Points that can be earned.
    pub fn points(&self) -> f64 {
        self.parts.iter().map(|part| part.points).sum()
    }

    /// Per cent of the points, 0 to 100.
    pub fn percent(&self) -> f64 {
        if self.points() > 0.0 { 100.0 * self.earned() / self.points() } else { 0.0 }
    }

    /// What a point of a requirement is worth in points of the whole: a part's points are those of its requirements that
    /// were counted.
    pub fn scale_of(&self, id: &str) -> f64 {
        let has = |part: &&PartScore| part.requirements.iter().any(|each| each.id == id);
        let Some(part) = self.parts.iter().find(has) else { return 1.0 };
        let counted = part.requirements.iter().filter(|each| each.earned.is_some());
        let sum: f64 = counted.map(|each| each.points).sum();
        if sum > 0.0 { part.points / sum } else { 1.0 }
    }

    /// All requirements, in order.
    pub fn requirements(&self) -> impl Iterator<Item = &RequirementScore> {
        self.parts.iter().flat_map(|part| &part.requirements)
    }
}

fn requirement(id: &str, title: &str, points: f64, examined: &[Examination], blocked: Blocked) -> RequirementScore {
    let citing: Vec<_> = examined.iter().filter(|each| each.requirements.iter().any(|cited| cited == id)).collect();
    let weight = |counts: &dyn Fn(&Outcome) -> bool| -> f64 {
        citing.iter().filter(|each| counts(&each.outcome)).map(|each| each.weight).fold(0.0, |sum, weight| sum + weight)
    };
    let passed = weight(&|outcome| *outcome == Outcome::Passed);
    let counted = weight(&|outcome| match outcome {
        Outcome::Passed | Outcome::Failed => true,
        // That a probe of this requirement itself failed is its own loss, whatever becomes of what stands on it.
        Outcome::NotExamined { because } => blocked == Blocked::Zero || because == id,
        Outcome::ProvesNothing | Outcome::NotGraded => false,
    });
    let count = |is: &dyn Fn(&Outcome) -> bool| citing.iter().filter(|each| is(&each.outcome)).count();
    let mut because: Vec<String> = vec![];
    for each in &citing {
        if let Outcome::NotExamined { because: id } = &each.outcome
            && !because.contains(id)
        {
            because.push(id.clone());
        }
    }
    RequirementScore {
        id: id.into(),
        title: title.into(),
        points,
        earned: (counted > 0.0).then(|| points * passed / counted),
        passed: count(&|outcome| *outcome == Outcome::Passed),
        failed: count(&|outcome| *outcome == Outcome::Failed),
        not_examined: count(&|outcome| matches!(outcome, Outcome::NotExamined { .. })),
        not_graded: count(&|outcome| *outcome == Outcome::NotGraded),
        because,
    }
}

#[cfg(test)]
pub(super) mod testing {
    use crate::model::{Requirement, RequirementPart, RequirementsRegister};
    use crate::source::{SourceFile, Span};

    /// A register of one part with ten points: ids, their points, and what they stand on.
    pub fn register(requirements: &[(&str, f64, &[&str])]) -> RequirementsRegister {
        let span = Span::new(&SourceFile::new("register", ""), 0, 0);
        let requirement = |(id, points, stands_on): &(&str, f64, &[&str])| Requirement {
            id: span.of(id.to_string()),
            part: 1,
            title: format!("{id} holds"),
            points: *points,
            source: String::new(),
            stands_on: stands_on.iter().map(|id| span.of(id.to_string())).collect(),
        };
        RequirementsRegister {
            parts: vec![RequirementPart { part: 1, title: "Part".into(), points: 10.0 }],
            requirements: requirements.iter().map(requirement).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::testing::register;
    use super::*;

    fn examined(requirement: &str, weight: f64, outcome: Outcome) -> Examination {
        Examination {
            name: "s.yaml".into(),
            title: "t".into(),
            requirements: vec![requirement.into()],
            weight,
            hidden: false,
            outcome,
            findings: vec![],
            seconds: 0.0,
        }
    }

    fn not_examined() -> Outcome {
        Outcome::NotExamined { because: "A".into() }
    }

    #[test]
    fn a_requirement_earns_the_share_of_what_passed_by_weight() {
        let runs = [examined("A", 3.0, Outcome::Passed), examined("A", 1.0, Outcome::Failed)];
        let card = Scorecard::new(&register(&[("A", 2.0, &[])]), &runs, Blocked::Zero);
        assert_eq!(card.parts[0].requirements[0].earned, Some(1.5));
        assert_eq!((card.earned(), card.points(), card.percent()), (7.5, 10.0, 75.0));
    }

    #[test]
    fn what_proves_nothing_or_broke_is_left_out_of_both_sides() {
        let runs = [
            examined("A", 1.0, Outcome::Failed),
            examined("A", 5.0, Outcome::ProvesNothing),
            examined("A", 5.0, Outcome::NotGraded),
            examined("B", 1.0, Outcome::NotGraded),
        ];
        let card = Scorecard::new(&register(&[("A", 1.0, &[]), ("B", 1.0, &[])]), &runs, Blocked::Zero);
        assert_eq!(card.earned(), 0.0);
        assert_eq!(card.parts[0].requirements[1].earned, None, "its points are carried by the rest of the part");
        assert!(!card.complete);
    }

    #[test]
    fn what_was_not_examined_loses_its_points_or_leaves_them_to_the_rest() {
        let runs = [
            examined("A", 1.0, Outcome::Failed),
            examined("B", 1.0, not_examined()),
            examined("C", 1.0, Outcome::Passed),
        ];
        let register = register(&[("A", 1.0, &[]), ("B", 2.0, &["A"]), ("C", 1.0, &[])]);
        assert_eq!(Scorecard::new(&register, &runs, Blocked::Zero).earned(), 2.5);
        assert_eq!(Scorecard::new(&register, &runs, Blocked::Scaled).earned(), 5.0);
        assert_eq!(Scorecard::new(&register, &runs, Blocked::Zero).parts[0].requirements[1].because, ["A"]);
        let own = [examined("A", 1.0, not_examined()), examined("C", 1.0, Outcome::Passed)];
        assert_eq!(
            Scorecard::new(&register, &own, Blocked::Scaled).earned(),
            5.0,
            "a failed probe is its own requirement's loss"
        );
    }

    #[test]
    fn a_system_that_passes_nothing_that_counts_has_no_points() {
        let runs = [examined("A", 1.0, Outcome::ProvesNothing), examined("B", 1.0, Outcome::Failed)];
        let card = Scorecard::new(&register(&[("A", 9.0, &[]), ("B", 1.0, &[])]), &runs, Blocked::Zero);
        assert_eq!(card.earned(), 0.0);
        assert!(card.complete);
    }
}
