//! Feedback for the submission's author.

use super::feedback::{feedback, points};
use crate::grade::{Examination, Grading, Outcome, RequirementScore};
use crate::source::visible_lines;

/// The report: the points by part, then each requirement that lost points with what was seen.
pub(super) fn render(grading: &Grading) -> String {
    let card = &grading.scorecard;
    let mut text = format!(
        "# {}\n\n**{} of {} points ({:.1} %)**\n\n",
        prose(&grading.submission),
        points(card.earned()),
        points(card.points()),
        card.percent()
    );
    if !card.complete {
        text.push_str("Not everything was graded: what broke on the grader's side is left out of the score.\n\n");
    }
    text.push_str("| part | points | of |\n| --- | --- | --- |\n");
    for part in &card.parts {
        text.push_str(&format!(
            "| {}: {} | {} | {} |\n",
            part.part,
            prose(&part.title),
            points(part.earned),
            points(part.points)
        ));
    }
    if !grading.build.is_empty() {
        text.push_str("\n## The build\n\nThese steps were refused; the build went on behind each of them.\n");
        for finding in &grading.build {
            let place = finding.place.as_deref().unwrap_or("the build");
            let said = finding.observed.iter().chain(&finding.notes);
            let said: Vec<_> = [&finding.message].into_iter().chain(said).map(|line| visible_lines(line)).collect();
            text.push_str(&format!("\n`{place}`\n\n{}", block(&said.join("\n"))));
        }
    }
    let lost = card.requirements().filter(|each| each.failed + each.not_examined > 0);
    for requirement in lost {
        text.push_str(&section(grading, requirement));
    }
    text
}

fn section(grading: &Grading, requirement: &RequirementScore) -> String {
    let mut text = format!("\n## {}: {}\n", requirement.id, prose(&requirement.title));
    if !requirement.because.is_empty() {
        text.push_str(&format!("\nNot examined in full, because of {}.\n", requirement.because.join(", ")));
    }
    let failed = |each: &&Examination| each.requirements.contains(&requirement.id) && each.outcome == Outcome::Failed;
    for each in grading.examined.iter().filter(failed) {
        text.push_str(&format!("\n### {}\n", prose(&each.title)));
        let lines = feedback(each);
        if !lines.is_empty() {
            text.push_str(&format!("\n{}", block(&lines.join("\n"))));
        }
    }
    text
}

/// A block of code that nothing in it can end.
fn block(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest.max(2) + 1);
    format!("{fence}text\n{text}\n{fence}\n")
}

/// Text of a submission or a suite in which nothing is markup.
fn prose(text: &str) -> String {
    let mut safe = String::new();
    for c in visible_lines(text).chars() {
        if "\\`*_{}[]<>#|!&".contains(c) {
            safe.push('\\');
        }
        safe.push(if c == '\n' { ' ' } else { c });
    }
    safe
}
