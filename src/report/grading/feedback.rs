//! What a report says of a run, as lines, and of points.

use crate::grade::{Examination, Outcome};
use crate::source::visible_lines;

/// Points without superfluous digits: `7.5`, `10`.
pub(super) fn points(points: f64) -> String {
    let text = format!("{points:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

/// What a submission's author is told of a run, as lines; nothing of a hidden one.
pub(super) fn feedback(examination: &Examination) -> Vec<String> {
    if examination.hidden {
        return vec![];
    }
    if let Outcome::NotExamined { because } = &examination.outcome {
        return vec![format!("Not examined, because of {because}.")];
    }
    let mut lines = vec![];
    for finding in &examination.findings {
        lines.push(visible_lines(&finding.message));
        let said = [("expected", &finding.expected), ("observed", &finding.observed), ("node", &finding.node)];
        for (word, text) in said {
            if let Some(text) = text {
                lines.push(format!("{word}: {}", visible_lines(text)));
            }
        }
        lines.extend(finding.notes.iter().map(|note| format!("note: {}", visible_lines(note))));
        if let Some(place) = &finding.place {
            lines.push(format!("asked at {place}:"));
            lines.extend(finding.excerpt.iter().map(|line| format!("    {}", visible_lines(line))));
        }
    }
    lines
}
