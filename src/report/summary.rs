//! The last lines of a run: the counts and the requirements.

use super::Look;
use super::look::{Ink, duration};
use super::visible::visible;
use crate::event::Summary;

/// The counts on one line, `12 passed, 1 failed, 0 errors in 8.2 s`; what did not occur is named only among the first three.
pub(super) fn counts(summary: &Summary, look: &Look) -> String {
    let always = [
        (summary.passed, "passed", Ink::Good),
        (summary.failed, "failed", Ink::Bad),
        (summary.errors, if summary.errors == 1 { "error" } else { "errors" }, Ink::Bad),
    ];
    let if_any = [
        (summary.skipped, "skipped", Ink::Dim),
        (summary.inconclusive, "inconclusive", Ink::Odd),
        (summary.expected_failures, "failed as expected", Ink::Dim),
        (summary.not_run, "not run", Ink::Odd),
    ];
    let shown = always.into_iter().chain(if_any.into_iter().filter(|(number, ..)| *number > 0));
    let parts = shown.map(|(number, word, ink)| {
        let text = format!("{number} {word}");
        if number > 0 { look.paint(ink, &text) } else { text }
    });
    format!("{} in {}\n", parts.collect::<Vec<_>>().join(", "), duration(summary.elapsed_ms as f64))
}

/// How many requirements are covered, and which are not; nothing when there are none. Those that nothing proves are named
/// only after a run of the whole suite: after a part of it they say nothing.
pub(super) fn requirements(summary: &Summary, whole: bool, look: &Look) -> String {
    let (covered, failing, open) =
        (&summary.requirements_covered, &summary.requirements_failing, &summary.requirements_open);
    let total = covered.len() + failing.len() + open.len();
    if total == 0 {
        return String::new();
    }
    let mut out = format!("requirements: {} of {total} covered\n", covered.len());
    for (label, ink, ids) in [("failing", Ink::Bad, failing), ("open", Ink::Odd, open)] {
        if !ids.is_empty() && (whole || label != "open") {
            out.push_str(&wrapped(&format!("  {}: ", look.paint(ink, label)), label.len() + 4, ids, look.width));
        }
    }
    out
}

/// The ids after a label, over as many lines as they need.
fn wrapped(label: &str, indent: usize, ids: &[String], width: usize) -> String {
    let mut out = label.to_string();
    let mut column = indent;
    for (index, id) in ids.iter().enumerate() {
        let word = format!("{}{}", visible(id), if index + 1 < ids.len() { "," } else { "" });
        let length = word.chars().count() + 1;
        if column + length > width.max(40) && index > 0 {
            out.push_str(&format!("\n{}", " ".repeat(indent)));
            column = indent;
        } else if index > 0 {
            out.push(' ');
        }
        out.push_str(&word);
        column += length;
    }
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_occur_is_named_only_among_the_first_three() {
        let look = Look::plain(80);
        let summary = Summary { passed: 12, failed: 1, elapsed_ms: 8_240, ..Summary::default() };
        assert_eq!(counts(&summary, &look), "12 passed, 1 failed, 0 errors in 8.2 s\n");
        let summary = Summary { errors: 1, skipped: 2, inconclusive: 3, expected_failures: 4, not_run: 5, ..summary };
        let expected =
            "12 passed, 1 failed, 1 error, 2 skipped, 3 inconclusive, 4 failed as expected, 5 not run in 8.2 s\n";
        assert_eq!(counts(&summary, &look), expected);
    }

    #[test]
    fn many_open_requirements_go_over_several_lines() {
        let open: Vec<_> = (1..=20).map(|number| format!("P1.{number}")).collect();
        let summary =
            Summary { requirements_covered: vec!["P2.1".into()], requirements_open: open, ..Summary::default() };
        let expected = "requirements: 1 of 21 covered\n\
            \x20 open: P1.1, P1.2, P1.3, P1.4, P1.5,\n\
            \x20       P1.6, P1.7, P1.8, P1.9, P1.10,\n\
            \x20       P1.11, P1.12, P1.13, P1.14,\n\
            \x20       P1.15, P1.16, P1.17, P1.18,\n\
            \x20       P1.19, P1.20\n";
        assert_eq!(requirements(&summary, true, &Look::plain(42)), expected);
    }
}
