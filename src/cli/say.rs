//! What a command prints. Whoever reads it may have had enough: that is no error and never a panic.

use std::fmt::Arguments;
use std::io::{self, Write};
use std::sync::OnceLock;

use crate::exit::Exit;
use crate::source::visible;

/// Why standard output could not be written, once it could not.
static FAILED: OnceLock<String> = OnceLock::new();

/// Prints a line to standard output. That the reader has gone (`polyspec list | head -1`) is no error; anything else is
/// kept for [`settle`].
pub(super) fn line(text: Arguments<'_>) {
    let mut out = io::stdout().lock();
    keep(out.write_fmt(text).and_then(|()| out.write_all(b"\n")));
}

/// Prints a line to standard error, if anyone is there to read it: there is no other place to complain about it.
pub(super) fn line_aside(text: Arguments<'_>) {
    let mut out = io::stderr().lock();
    let _ = out.write_fmt(text).and_then(|()| out.write_all(b"\n"));
}

/// How a line begins that warns of something.
pub(super) const WARNING: &str = "warning: ";

/// Prints what polyspec's own work warns of.
pub(super) fn warning(message: &str) {
    line_aside(format_args!("{WARNING}{}", visible(message)));
}

/// The exit code of a command whose output may not have arrived: half a list is no list.
pub(super) fn settle(exit: Exit) -> Exit {
    keep(io::stdout().flush());
    let Some(cause) = FAILED.get() else { return exit };
    line_aside(format_args!("error: standard output cannot be written: {cause}"));
    Exit::Machinery
}

fn keep(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        let _ = FAILED.set(error.to_string());
    }
}

/// Like `println!`, but for a reader that may go.
macro_rules! say {
    ($($part:tt)*) => { crate::cli::say::line(format_args!($($part)*)) };
}
pub(super) use say;

/// Like `eprintln!`, but for a reader that may go.
macro_rules! aside {
    ($($part:tt)*) => { crate::cli::say::line_aside(format_args!($($part)*)) };
}
pub(super) use aside;
