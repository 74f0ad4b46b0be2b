//! The end of a program: 0, unless the author says what else.

use crate::model::{Step, Value, ValueKind};
use crate::observation::ProgramEnd;
use crate::verdict::Evidence;

/// How many of the last lines of standard error are shown.
const LINES: usize = 20;

/// A program that failed although nobody expected an exit code.
pub(super) fn check(step: &Step, end: &ProgramEnd) -> Option<Evidence> {
    let reply = step.expect.as_ref().and_then(|expect| expect.reply.as_ref());
    if end.exit == 0 || reply.is_some_and(names_exit) {
        return None;
    }
    let mut evidence = Evidence::at(&step.action_span, format!("the program ended with {}", end.exit));
    (evidence.expected, evidence.actual) = (Some("0".into()), Some(end.exit.to_string()));
    evidence.notes = vec![match end.stderr.trim_end() {
        "" => "it said nothing on its standard error".to_string(),
        said => format!("standard error: {}", last_lines(said)),
    }];
    Some(evidence)
}

fn names_exit(reply: &Value) -> bool {
    matches!(&reply.kind, ValueKind::Mapping(fields) if fields.iter().any(|(name, _)| name.value == "exit"))
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let left_out = lines.len().saturating_sub(LINES);
    let shown = lines[left_out..].join("\n");
    if left_out > 0 { format!("… {left_out} lines, then\n{shown}") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::testing::{expectation, step, value_at};

    fn ended(exit: i32, stderr: &str) -> ProgramEnd {
        ProgramEnd { exit, stdout: String::new(), stderr: stderr.into() }
    }

    #[test]
    fn a_program_must_end_with_0_unless_its_exit_code_is_expected() {
        let mut step = step(None);
        assert_eq!(check(&step, &ended(0, "")), None);
        assert!(check(&step, &ended(3, "")).is_some());
        let mut expect = expectation();
        expect.reply = Some(value_at(r#"{"stdout": ""}"#, 5));
        step.expect = Some(expect.clone());
        assert!(check(&step, &ended(3, "")).is_some(), "an expectation of something else excuses nothing");
        expect.reply = Some(value_at(r#"{"exit": 3}"#, 5));
        step.expect = Some(expect);
        assert_eq!(check(&step, &ended(3, "")), None);
    }

    #[test]
    fn a_failure_shows_the_end_of_standard_error() {
        let many: String = (1..=30).map(|line| format!("line {line}\n")).collect();
        let evidence = check(&step(None), &ended(1, &many)).expect("a failure");
        assert!(evidence.notes[0].starts_with("standard error: … 10 lines, then\nline 11\n"), "{:?}", evidence.notes);
    }
}
