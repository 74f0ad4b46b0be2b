//! What a command prints: to standard output, whose reader may have had enough.

use std::fmt::Arguments;
use std::io::{self, Write};

/// Prints a line. That the reader has gone (`polyspec list | head -1`) is no error; anything else is told once it occurs.
pub(super) fn line(text: Arguments<'_>) {
    let mut out = io::stdout().lock();
    match out.write_fmt(text).and_then(|()| out.write_all(b"\n")) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "error: standard output cannot be written: {error}");
        }
        _ => {}
    }
}

/// Like `println!`, but for a reader that may go.
macro_rules! say {
    ($($part:tt)*) => { crate::cli::say::line(format_args!($($part)*)) };
}
pub(super) use say;
