//! Grading: what became of each scenario on a submission, and the points that the register gives for it. Pure: nothing here
//! runs anything or prints.

mod examination;
mod grading;
mod score;
mod standing;

pub use examination::{Examination, Finding, Outcome};
pub use grading::Grading;
#[cfg(test)]
pub use score::PartScore;
pub use score::{Blocked, RequirementScore, Scorecard};
pub use standing::Standing;
