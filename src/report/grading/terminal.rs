//! The scorecard for the grader's terminal.

use super::feedback::points;
use crate::grade::{Finding, Grading, RequirementScore};
use crate::source::{visible, visible_lines};

/// How many causes are shown; the rest is in the reports.
const CAUSES: usize = 12;
/// How many runs of a cause are named.
const NAMES: usize = 3;

/// The scorecard: parts and requirements with their points, what the build was refused, and each cause of failures once.
pub fn scorecard(grading: &Grading) -> String {
    let card = &grading.scorecard;
    let mut lines = vec![];
    for part in &card.parts {
        lines.push(format!(
            "{:>6} / {:<4} Part {}: {}",
            points(part.earned),
            points(part.points),
            part.part,
            visible(&part.title)
        ));
        lines.extend(part.requirements.iter().filter(|each| !is_whole(each)).map(line));
    }
    if !grading.build.is_empty() {
        lines.push(String::new());
        lines.push("The build was refused in part; it went on behind each of these:".into());
        lines.extend(grading.build.iter().map(|finding| format!("  {}", told(finding))));
    }
    let causes = grading.causes();
    if !causes.is_empty() {
        lines.push(String::new());
        lines.push("Failures, each cause once:".into());
    }
    for (finding, runs) in causes.iter().take(CAUSES) {
        let names: Vec<_> = runs.iter().take(NAMES).map(|run| visible(&run.name).into_owned()).collect();
        let more = if runs.len() > NAMES { format!(" and {} more", runs.len() - NAMES) } else { String::new() };
        lines.push(format!("  {}", told(finding)));
        lines.push(format!("      {}{more}", names.join(", ")));
    }
    if causes.len() > CAUSES {
        lines.push(format!("  … {} more causes; `--report json=FILE` has all", causes.len() - CAUSES));
    }
    lines.push(String::new());
    lines.push(total(grading));
    lines.join("\n")
}

fn total(grading: &Grading) -> String {
    let card = &grading.scorecard;
    let incomplete = if card.complete { "" } else { "; incomplete: what broke is left out, see `not graded`" };
    format!(
        "{}: {} of {} points ({:.1} %) in {:.1} s{incomplete}",
        visible(&grading.submission),
        points(card.earned()),
        points(card.points()),
        card.percent(),
        grading.seconds
    )
}

fn is_whole(requirement: &RequirementScore) -> bool {
    requirement.failed + requirement.not_examined + requirement.not_graded == 0 && requirement.passed > 0
}

fn line(requirement: &RequirementScore) -> String {
    let counts = [
        (requirement.passed, "passed"),
        (requirement.failed, "failed"),
        (requirement.not_examined, "not examined"),
        (requirement.not_graded, "not graded"),
    ];
    let counts: Vec<_> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    let because = match requirement.because.is_empty() {
        true => String::new(),
        false => format!(", because of {}", requirement.because.join(", ")),
    };
    let counts = if counts.is_empty() { "nothing examines it".into() } else { counts.join(", ") };
    let earned = requirement.earned.map_or("-".into(), points);
    format!("{earned:>12} / {:<4} {:<6} {counts}{because}", points(requirement.points), requirement.id)
}

fn told(finding: &Finding) -> String {
    let place = finding.place.as_ref().map(|place| format!("{}: ", visible(place))).unwrap_or_default();
    let node = finding.node.as_ref().map(|node| format!(" [{}]", visible(node))).unwrap_or_default();
    let said = |line: &&str| !line.rsplit(": ").next().is_some_and(|last| finding.message.ends_with(last));
    let observed = finding.observed.as_ref().and_then(|text| text.lines().next()).filter(said);
    let observed = observed.map(|line| format!(": {}", visible_lines(line))).unwrap_or_default();
    format!("{place}{}{observed}{node}", visible_lines(&finding.message))
}
