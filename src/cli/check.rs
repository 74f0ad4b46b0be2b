//! `polyspec check`: reads everything, starts nothing.

use super::Context;
use super::args;
use super::reporters::{print, refuse};
use super::run::{request, selection};
use crate::exit::Exit;
use crate::run::{Request, prepare};

/// Reads every file of the suite and says what is wrong.
pub(super) fn check(args: &args::Check, context: &Context) -> Exit {
    let base = request(&args.suite, &args::ServerArgs::default(), context);
    match prepare(Request { selection: selection(&args.select, base.seed), ..base }) {
        Ok(prepared) => {
            print(&prepared.warnings, context);
            println!("{} scenarios and cases can be run", prepared.jobs.len());
            Exit::Pass
        }
        Err(errors) => refuse(&errors, context),
    }
}
