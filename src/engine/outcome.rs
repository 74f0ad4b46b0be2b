//! How steps end when they do not hold, and the evidence of it.

use std::time::Duration;

use crate::backend::BackendError;
use crate::model::{Expectation, Step};
use crate::observation::{Observation, Outcome, ServerError};
use crate::source::{Diagnostic, Span};
use crate::verdict::{Evidence, Place, Verdict};

/// Why the steps of a scenario did not go on.
#[derive(Debug)]
pub enum Halt {
    /// The system under test is wrong.
    Fails(Vec<Evidence>),
    /// The scenario or the machinery is wrong.
    Breaks(Vec<Evidence>),
    /// Nothing was proven.
    Inconclusive(String),
}

impl Halt {
    /// A mistake of the author's that shows only at run time.
    pub fn mistake(error: &Diagnostic) -> Self {
        Halt::Breaks(vec![Evidence {
            message: error.message.clone(),
            place: error.span.as_ref().map(Place::of),
            notes: error.help.clone(),
            ..Evidence::default()
        }])
    }

    /// What does not hold, or what is wrong with the scenario: `Ok` only when there is none.
    pub fn unless_empty(evidence: Vec<Evidence>) -> Result<(), Self> {
        if evidence.iter().any(|evidence| evidence.unusable) {
            return Err(Halt::Breaks(evidence));
        }
        if evidence.is_empty() { Ok(()) } else { Err(Halt::Fails(evidence)) }
    }

    /// The evidence; a reason without any is evidence at `span`.
    pub fn into_evidence(self, span: &Span) -> Vec<Evidence> {
        match self {
            Halt::Fails(evidence) | Halt::Breaks(evidence) => evidence,
            Halt::Inconclusive(reason) => vec![Evidence::at(span, reason)],
        }
    }

    /// With a note on each piece of evidence.
    pub fn with_note(mut self, note: &str) -> Self {
        if let Halt::Fails(evidence) | Halt::Breaks(evidence) = &mut self {
            evidence.iter_mut().for_each(|each| each.notes.push(note.to_string()));
        }
        self
    }
}

/// The verdict on steps that ended so.
pub(super) fn verdict_of(done: Result<(), Halt>) -> Verdict {
    match done {
        Ok(()) => Verdict::Pass,
        Err(Halt::Fails(evidence)) => Verdict::Fail { evidence },
        Err(Halt::Breaks(evidence)) => Verdict::Error { evidence },
        Err(Halt::Inconclusive(reason)) => Verdict::Inconclusive { reason },
    }
}

/// What a server did when a step did not hold, for whoever takes that as one of several outcomes.
#[derive(Clone, Debug)]
pub enum Failure {
    /// It refused.
    Refused(ServerError),
    /// It gave no answer.
    Silent(BackendError),
    /// It answered something else than what was expected.
    Unexpected,
}

/// What went wrong while a step was sent.
pub(super) enum Trouble {
    /// A mistake of the author's.
    Mistake(Diagnostic),
    /// The machinery's.
    Backend(BackendError),
    /// Final whatever `eventually` says.
    Halts(Halt),
}

impl From<Diagnostic> for Trouble {
    fn from(error: Diagnostic) -> Self {
        Trouble::Mistake(error)
    }
}

impl From<BackendError> for Trouble {
    fn from(error: BackendError) -> Self {
        Trouble::Backend(error)
    }
}

impl Trouble {
    /// The end of the scenario at this step.
    pub fn into_halt(self, step: &Step) -> Halt {
        match self {
            Trouble::Mistake(error) => Halt::mistake(&error),
            Trouble::Backend(error) => Halt::Breaks(vec![broken(step, &error)]),
            Trouble::Halts(halt) => halt,
        }
    }
}

/// Evidence of a step that could not be carried out.
pub(super) fn broken(step: &Step, error: &BackendError) -> Evidence {
    Evidence::at(&step.action_span, error.to_string())
}

/// Evidence of a system that could not be built.
pub(super) fn broken_build(span: &Span, error: &BackendError) -> Evidence {
    Evidence::at(span, format!("the system could not be built: {error}"))
}

/// Evidence of a scenario or a system that must not run on these servers.
pub(super) fn too_far(span: &Span, what: &str) -> Evidence {
    let message = format!("`{what}` changes what every database sees, and these servers are not polyspec's own");
    let note = "nothing was sent; allow it with --allow-cluster-changes, or run it on servers of polyspec's own";
    Evidence { notes: vec![note.into()], ..Evidence::at(span, &message) }
}

/// A connection that is gone is what a step may expect; for every other step it is a breakage.
pub(super) fn refused(step: &Step, node: &str, error: BackendError) -> Result<Observation, BackendError> {
    match expects_error(step) {
        true => as_refusal(node, error),
        false => Err(error),
    }
}

/// Whether a step may end in an error and hold.
pub(super) fn expects_error(step: &Step) -> bool {
    step.expect.iter().flat_map(Expectation::each).any(|expect| expect.error.is_some())
}

/// A lost connection as an answer; every other breakage stays one.
pub(super) fn as_refusal(node: &str, error: BackendError) -> Result<Observation, BackendError> {
    let refusal = error.as_refusal().ok_or(error)?;
    Ok(Observation::new(node, Outcome::Refused(refusal), Duration::ZERO))
}
