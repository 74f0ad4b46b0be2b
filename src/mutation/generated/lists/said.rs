//! A fault of a command in words.

use crate::model::Value;

/// A fault in words.
pub(super) struct Said {
    /// What kind of fault it is.
    pub kind: &'static str,
    /// The fault itself.
    pub says: String,
}

/// A fault and the command that has it.
pub(super) type Wrong = (Said, Value);
