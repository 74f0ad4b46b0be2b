//! Errors that are no answer of the system under test: polyspec cancelled the statement, made the copy read-only, or the
//! connection is gone. They meet only an expectation that names them.

use super::error::{describe, describe_awaited, part};
use crate::model::{AwaitedError, Variables};
use crate::observation::{OwnDoing, ServerError};
use crate::verdict::Evidence;

/// Why `error` does not count as the error that is expected; `None` when it does, or is the server's own.
pub(super) fn refuses(awaited: &AwaitedError, error: &ServerError, variables: &Variables) -> Option<Evidence> {
    let own = error.own.as_ref()?;
    let named = is_named(awaited, error, variables);
    if named && *own == OwnDoing::Disconnected {
        return None;
    }
    let mut evidence = Evidence::at(&awaited.span, sentence(own));
    evidence.expected = Some(describe_awaited(awaited, variables));
    describe(&mut evidence, error);
    // Who expects a cancel expects one by the system: that it did not come within the limit is the system's failure.
    evidence.unusable = !(named && *own == OwnDoing::Cancelled);
    if *own == OwnDoing::Disconnected {
        evidence.notes.push("to expect a lost connection, write `error: { sqlstate: \"08\" }`".into());
    }
    Some(evidence)
}

fn sentence(own: &OwnDoing) -> &'static str {
    match own {
        OwnDoing::Cancelled => {
            "polyspec cancelled the statement when its time limit was over: the server refused nothing"
        }
        OwnDoing::Disconnected => "the connection was lost, and this expectation does not name that",
    }
}

/// Whether a code, a name or (of a lost connection) a label is asked for that this error has.
fn is_named(awaited: &AwaitedError, error: &ServerError, variables: &Variables) -> bool {
    let codes = [("sqlstate", &awaited.sqlstate), ("code", &awaited.code), ("name", &awaited.name)];
    let mut named = codes.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?)));
    let lost = error.own == Some(OwnDoing::Disconnected);
    let mut labels = awaited.labels.iter().flat_map(|labels| &labels.value);
    named.any(|(name, value)| part(name, value, error, variables).is_ok())
        || lost && labels.any(|label| error.labels.contains(&label.value))
}
