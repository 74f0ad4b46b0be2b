//! `polyspec mutants`.

use super::Context;
use super::args;
use super::reporters::{Reporters, print, refuse};
use super::run::{explain, interruptible, judging, request};
use super::say::{aside, say};
use crate::exit::Exit;
use crate::mutation::Summary;
use crate::run::{GeneratedRequest, MutantRequest, Prepared, Progress, RunError, prepare};
use crate::source::{visible, visible_lines};

/// Runs the suite over mutants and prints what became of each, and a summary.
pub(super) fn mutants(args: &args::Mutants, context: &Context) -> Exit {
    let base = request(&args.suite, &args.servers, context);
    let select = args::SelectArgs::default();
    let prepared = match prepare(judging(base, select, &args.permit, args.jobs, context)) {
        Ok(prepared) => prepared,
        Err(errors) => return refuse(&errors, context),
    };
    let reporters = match Reporters::new(&[], false, false, context) {
        Ok(reporters) => reporters,
        Err(error) => return refuse(&[error], context),
    };
    let done = match args.generate {
        true => generated(args, prepared, reporters),
        false => written(args, prepared, reporters).map(Some),
    };
    match done {
        Ok(None) => Exit::Pass,
        Ok(Some(summary)) => {
            say!("\n{}", visible_lines(&summary.text()));
            print(&summary.out_of_date(), context);
            exit(&summary)
        }
        Err(error) => explain(error, context),
    }
}

/// Mutants that someone wrote.
fn written(args: &args::Mutants, prepared: Prepared, mut reporters: Reporters) -> Result<Summary, RunError> {
    let folder = args.mutants.clone();
    let folder = folder.unwrap_or_else(|| prepared.suite.settings().mutants.to_string_lossy().into_owned());
    let wanted = MutantRequest { folder, names: args.names.clone(), all: args.all };
    let report = |report: &crate::mutation::MutantReport| say!("{}", visible_lines(&report.line()));
    let sink = |event: &crate::event::Stamped| reporters.event(event);
    interruptible(async |interrupt| prepared.mutants(&wanted, report, sink, interrupt).await)
}

/// Mutants that are generated from the catalogs; none where they are only listed.
fn generated(args: &args::Mutants, prepared: Prepared, mut reporters: Reporters) -> Result<Option<Summary>, RunError> {
    let seed = args.seed.unwrap_or_else(|| rand::random::<u32>().into());
    if args.sample.is_some() && args.seed.is_none() {
        aside!("sampled with --seed {seed}");
    }
    let sample = args.sample.map(|size| (size, seed));
    let wanted = GeneratedRequest { names: args.names.clone(), all: args.all, sample, lists: args.list };
    let report = |progress: Progress<'_>| match progress {
        Progress::Derived(changes) if args.list => {
            changes.iter().for_each(|change| say!("{}\n    {}", visible(&change.name), visible_lines(&change.text())));
        }
        Progress::Derived(_) => {}
        Progress::Done(report) => say!("{}", visible_lines(&report.line())),
    };
    let sink = |event: &crate::event::Stamped| reporters.event(event);
    let summary = interruptible(async |interrupt| prepared.generated_mutants(&wanted, report, sink, interrupt).await)?;
    Ok((!args.list).then_some(summary))
}

/// Survivors and unproven requirements are failures of the suite.
fn exit(summary: &Summary) -> Exit {
    match (summary.is_broken(), summary.is_enough()) {
        (true, _) => Exit::Machinery,
        (false, true) => Exit::Pass,
        (false, false) => Exit::Fail,
    }
}
