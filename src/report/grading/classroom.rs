//! The result of an autograding step of GitHub Classroom, as `autograding-grading-reporter` takes it: a test a requirement.

use serde_json::json;

use super::feedback::feedback;
use crate::grade::{Grading, Outcome, RequirementScore};

/// The report.
pub(super) fn render(grading: &Grading) -> String {
    let card = &grading.scorecard;
    let test = |requirement: &RequirementScore| {
        let scale = card.scale_of(&requirement.id);
        let failed = |outcome: &Outcome| matches!(outcome, Outcome::Failed | Outcome::NotExamined { .. });
        let citing = grading.examined.iter().filter(|each| each.requirements.contains(&requirement.id));
        let messages = citing.filter(|each| failed(&each.outcome)).map(|each| {
            let lines = [vec![each.title.clone()], feedback(each)].concat();
            lines.join("\n")
        });
        let earned = requirement.earned.unwrap_or_default();
        json!({
            "name": format!("{} {}", requirement.id, requirement.title),
            "status": if requirement.earned.is_none() { "error" } else if earned < requirement.points { "fail" } else { "pass" },
            "score": earned * scale,
            "max_score": requirement.points * scale,
            "message": messages.collect::<Vec<_>>().join("\n\n"),
        })
    };
    let status = match (card.complete, card.earned() < card.points()) {
        (false, _) => "error",
        (true, true) => "fail",
        (true, false) => "pass",
    };
    let tests: Vec<_> =
        card.requirements().filter(|each| each.earned.is_some() || each.not_graded > 0).map(test).collect();
    let report = json!({ "version": 1, "status": status, "max_score": card.points(), "tests": tests });
    format!("{report:#}\n")
}
