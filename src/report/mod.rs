//! Reports: each consumes stamped events and asks nothing back. Reporters match events exhaustively, so that a new event
//! stops the compiler where a decision is due, and each touches nothing but its own output.

mod block;
mod diff;
mod evidence;
mod file;
pub mod grading;
#[cfg(test)]
mod hostile;
mod json_lines;
mod junit;
mod look;
mod progress;
mod replay;
#[cfg(test)]
mod snapshots;
mod summary;
mod terminal;
#[cfg(test)]
mod test_events;
mod timings;
mod visible;

use std::io;

pub use diff::render_diff;
pub use evidence::render_evidence;
pub use json_lines::JsonLines;
pub use junit::JUnit;
pub use look::Look;
pub use replay::replay;
pub use terminal::{Terminal, TerminalOptions};

use crate::event::Stamped;

/// Something that tells people or machines about a run.
pub trait Reporter: Send {
    /// Takes the next event in, in the order of the dispatcher. It cannot fail: what goes wrong with the output is kept
    /// for [`Reporter::finish`], so that a full disk does not stop a run.
    fn event(&mut self, event: &Stamped);

    /// Writes what is left. Call it once, after the last event, also when the run was cut short.
    ///
    /// # Errors
    /// The first error that the output gave since the run began.
    fn finish(&mut self) -> io::Result<()>;
}

/// A run of a scenario that ended, as text without colours: a line when it is fine, else a block with all evidence. Empty
/// for any other event.
pub fn render_finished(event: &crate::event::Event, width: usize) -> String {
    block::Finished::of(event).map(|finished| finished.block(&Look::plain(width))).unwrap_or_default()
}
