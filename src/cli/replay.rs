//! `polyspec replay`: reports of a run that was recorded, without a server.

use std::fs::File;
use std::io::BufReader;

use super::Context;
use super::args;
use super::reporters::{Reporters, refuse};
use super::say::aside;
use crate::exit::Exit;
use crate::report;
use crate::source::Diagnostic;

/// Reads a recorded run into reports; the exit code is that of the run. `verbose` shows what is fine too.
pub(super) fn replay(args: &args::Replay, verbose: bool, context: &Context) -> Exit {
    let shown = args.file.display();
    let file = match File::open(context.cwd.join(&args.file)) {
        Ok(file) => file,
        Err(error) => return refuse(&[Diagnostic::nowhere(format!("`{shown}` cannot be read: {error}"))], context),
    };
    let mut reporters = match Reporters::new(&args.reports, verbose, args.timings, context) {
        Ok(reporters) => reporters,
        Err(error) => return refuse(&[error], context),
    };
    let replayed = report::replay(BufReader::new(file), reporters.all());
    let exit = match replayed {
        Ok(Some(summary)) => Exit::from(&summary),
        Ok(None) => {
            aside!("warning: `{shown}` ends before the run did");
            Exit::Machinery
        }
        Err(error) => return refuse(&[Diagnostic::nowhere(format!("`{shown}`: {error}"))], context),
    };
    reporters.finish(exit)
}
