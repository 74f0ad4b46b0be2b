//! Reads a recorded run and hands it to reporters as if it happened now.

use std::io::{self, BufRead};

use serde::Deserialize;

use super::Reporter;
use crate::event::{Event, Stamped, Summary, VERSION};

/// Why a recording could not be replayed to its end. Lines are 1-based.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It could not be read.
    #[error("the recording cannot be read: {0}")]
    Unreadable(io::Error),
    /// Another polyspec wrote it.
    #[error(
        "line {line} of the recording has events of version {found}, and this polyspec reads version {VERSION}; replay it \
         with the polyspec that wrote it"
    )]
    Version {
        /// The line.
        line: usize,
        /// The version that it names.
        found: u64,
    },
    /// A line is not an event.
    #[error("line {line} of the recording is not an event: {reason}; was the run cut short?")]
    Malformed {
        /// The line.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// There is nothing in it.
    #[error("the recording is empty; it is written by a run with JSON lines as a report")]
    Empty,
}

/// The only field that every version has.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

/// Hands every event of the recording to every reporter, in order, and returns the summary if the run came to its end.
/// The caller finishes the reporters, as after a run of its own.
///
/// # Errors
/// At the first line that cannot be used. What came before it was handed on.
pub fn replay(reader: impl BufRead, reporters: &mut [Box<dyn Reporter>]) -> Result<Option<Summary>, ReplayError> {
    let mut summary = None;
    let mut any = false;
    for (index, line) in reader.lines().enumerate() {
        let line = line.map_err(ReplayError::Unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        any = true;
        let stamped = read(&line, index + 1)?;
        reporters.iter_mut().for_each(|reporter| reporter.event(&stamped));
        if let Event::RunFinished { summary: found } = stamped.event {
            summary = Some(found);
        }
    }
    if any { Ok(summary) } else { Err(ReplayError::Empty) }
}

fn read(text: &str, line: usize) -> Result<Stamped, ReplayError> {
    let malformed = |error: serde_json::Error| ReplayError::Malformed { line, reason: error.to_string() };
    let Versioned { version: found } = serde_json::from_str(text).map_err(malformed)?;
    if found != u64::from(VERSION) {
        return Err(ReplayError::Version { line, found });
    }
    serde_json::from_str(text).map_err(malformed)
}
