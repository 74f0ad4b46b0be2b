//! `polyspec check`: reads everything, starts nothing.

use super::Context;
use super::args;
use super::reporters::{print, refuse};
use super::run::{request, selection};
use super::say::say;
use crate::exit::Exit;
use crate::run::{Request, prepare};

/// Reads every file of the suite and says what is wrong.
pub(super) fn check(args: &args::Check, context: &Context) -> Exit {
    let base = request(&args.suite, &args::ServerArgs::default(), context);
    match prepare(Request { selection: selection(&args.select, base.seed), ..base }) {
        Ok(prepared) => {
            if let Err(errors) = prepared.suite.survivors() {
                return refuse(&errors, context);
            }
            if !prepared.slips.is_empty() {
                return refuse(&prepared.slips, context);
            }
            print(&prepared.warnings, context);
            let runs = prepared.jobs.len();
            say!("{runs} {} can be run", if runs == 1 { "scenario or case" } else { "scenarios and cases" });
            Exit::Pass
        }
        Err(errors) => refuse(&errors, context),
    }
}
