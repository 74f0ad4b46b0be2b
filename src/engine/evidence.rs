//! The last hand on evidence before it leaves the engine.

use super::goldens::Goldens;
use crate::verdict::Verdict;

/// Takes secrets and what changes from run to run out of a verdict.
pub(super) fn polish(verdict: &mut Verdict, goldens: &Goldens) {
    match verdict {
        Verdict::Fail { evidence } | Verdict::Error { evidence } | Verdict::ExpectedFailure { evidence, .. } => {
            evidence.iter_mut().for_each(|evidence| goldens.redact(evidence));
        }
        Verdict::Pass | Verdict::Skip { .. } | Verdict::Inconclusive { .. } | Verdict::UnexpectedPass { .. } => {}
    }
}
