//! The exit code of a run: one documented type, so that no number is chosen anywhere else.

use std::process::ExitCode;

use crate::event::Summary;

/// How the process ends. Where several apply, the first in the order of [`Exit::from`] counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Everything that was selected is as it should be, and at least one run proved something.
    Pass = 0,
    /// At least one run failed, or passed although its `todo` says that it fails.
    Fail = 1,
    /// The command line or a file of the suite is wrong, or nothing was selected.
    Input = 2,
    /// The machinery broke: a server did not start, a scenario could not be carried out, or the run was interrupted
    /// before every selected scenario had its turn.
    Machinery = 3,
    /// Nothing was proven: a run was inconclusive, or all runs were skipped; where that is strict, one was skipped.
    Inconclusive = 4,
}

impl Exit {
    /// The end of a run. What is `strict` has no room for a run that proves nothing: one that was skipped is then as
    /// inconclusive as all that were.
    pub fn of(summary: &Summary, strict: bool) -> Self {
        match Exit::from(summary) {
            Exit::Pass if strict && summary.skipped > 0 => Exit::Inconclusive,
            exit => exit,
        }
    }
}

impl From<&Summary> for Exit {
    /// Nothing selected is [`Exit::Input`]. Then errors go before failures, because after broken machinery the failures
    /// cannot be trusted; failures before an interruption, because one failure is a result already; and an interruption
    /// before inconclusive runs.
    fn from(summary: &Summary) -> Self {
        let proven = summary.passed + summary.expected_failures;
        let broken = summary.failed + summary.errors + summary.inconclusive;
        match summary {
            _ if proven + broken + summary.skipped + summary.not_run == 0 => Exit::Input,
            Summary { errors: 1.., .. } => Exit::Machinery,
            Summary { failed: 1.., .. } => Exit::Fail,
            Summary { not_run: 1.., .. } => Exit::Machinery,
            Summary { inconclusive: 1.., .. } => Exit::Inconclusive,
            _ if proven == 0 => Exit::Inconclusive,
            _ => Exit::Pass,
        }
    }
}

impl Exit {
    /// Ends the process at once, for when there is no way back to `main`: nothing is cleaned up.
    #[expect(clippy::disallowed_methods, reason = "the one place that ends the process")]
    pub fn now(self) -> ! {
        std::process::exit(self as i32)
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(fill: impl FnOnce(&mut Summary)) -> Exit {
        let mut summary = Summary::default();
        fill(&mut summary);
        Exit::from(&summary)
    }

    #[test]
    fn the_codes_are_those_of_the_manual() {
        let codes = [Exit::Pass, Exit::Fail, Exit::Input, Exit::Machinery, Exit::Inconclusive].map(|exit| exit as u8);
        assert_eq!(codes, [0, 1, 2, 3, 4]);
    }

    #[test]
    fn errors_go_before_failures_and_failures_before_an_interruption() {
        assert_eq!(exit(|s| (s.passed, s.failed, s.errors) = (9, 1, 1)), Exit::Machinery);
        assert_eq!(exit(|s| (s.failed, s.not_run, s.inconclusive) = (1, 3, 1)), Exit::Fail);
        assert_eq!(exit(|s| (s.passed, s.not_run, s.inconclusive) = (1, 3, 1)), Exit::Machinery);
        assert_eq!(exit(|s| (s.passed, s.inconclusive) = (9, 1)), Exit::Inconclusive);
    }

    #[test]
    fn a_strict_run_has_no_room_for_a_skip() {
        let of = |passed, failed, skipped| Summary { passed, failed, skipped, ..Summary::default() };
        assert_eq!(Exit::of(&of(9, 0, 1), true), Exit::Inconclusive);
        assert_eq!(Exit::of(&of(9, 0, 1), false), Exit::Pass);
        assert_eq!(Exit::of(&of(9, 0, 0), true), Exit::Pass);
        assert_eq!(Exit::of(&of(9, 1, 1), true), Exit::Fail);
        assert_eq!(Exit::of(&of(0, 0, 0), true), Exit::Input);
    }

    #[test]
    fn nothing_vacuous_passes() {
        assert_eq!(exit(|_| ()), Exit::Input);
        assert_eq!(exit(|s| s.skipped = 3), Exit::Inconclusive);
        assert_eq!(exit(|s| (s.passed, s.skipped) = (1, 3)), Exit::Pass);
        assert_eq!(exit(|s| s.expected_failures = 1), Exit::Pass);
    }
}
