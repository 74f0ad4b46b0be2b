//! `results.json` of a Gradescope autograder: a test a requirement (Gradescope, "Autograder Specifications", output format).

use serde_json::{Value, json};

use super::feedback::feedback;
use crate::grade::{Examination, Grading, Outcome, RequirementScore};

/// Characters of output that a test has at most: a student reads it in a browser.
const OUTPUT: usize = 20_000;

/// The report. It is whole JSON after every verdict, so that a time-out leaves what was known.
pub(super) fn render(grading: &Grading) -> String {
    let card = &grading.scorecard;
    let test = |requirement: &RequirementScore| test(grading, requirement);
    let report = json!({
        "score": rounded(card.earned()),
        "execution_time": grading.seconds.round(),
        "output": summary(grading),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": card.requirements().filter(|each| each.earned.is_some() || each.not_graded > 0).map(test).collect::<Vec<_>>(),
    });
    format!("{report:#}\n")
}

fn summary(grading: &Grading) -> String {
    let mut lines: Vec<String> = vec![];
    if !grading.scorecard.complete {
        lines.push("Not everything was graded.".into());
    }
    for finding in &grading.build {
        let place = finding.place.clone().unwrap_or_default();
        lines.push(format!("The build was refused at {place}: {}", finding.message));
        lines.extend(finding.observed.iter().map(|text| format!("    {text}")));
    }
    lines.join("\n")
}

/// The points of a requirement are those that its part gives it: a part's points are its requirements' together.
fn test(grading: &Grading, requirement: &RequirementScore) -> Value {
    let scale = grading.scorecard.scale_of(&requirement.id);
    let citing = grading.examined.iter().filter(|each| each.requirements.contains(&requirement.id));
    let mut output: String = citing.map(told).collect::<Vec<_>>().join("\n");
    if let Some((at, _)) = output.char_indices().nth(OUTPUT) {
        output.truncate(at);
        output.push_str("\n…");
    }
    let whole = requirement.failed + requirement.not_examined + requirement.not_graded == 0;
    json!({
        "number": requirement.id,
        "name": requirement.title,
        "score": rounded(requirement.earned.unwrap_or_default() * scale),
        "max_score": rounded(requirement.points * scale),
        "status": if whole { "passed" } else { "failed" },
        "output": output,
        "output_format": "text",
        "visibility": "visible",
    })
}

fn told(examination: &Examination) -> String {
    let mut lines = vec![format!("{}: {}", examination.outcome.word(), examination.title)];
    if examination.outcome != Outcome::Passed {
        lines.extend(feedback(examination).iter().flat_map(|text| text.lines()).map(|line| format!("    {line}")));
    }
    lines.join("\n")
}

fn rounded(points: f64) -> f64 {
    (points * 1000.0).round() / 1000.0
}
