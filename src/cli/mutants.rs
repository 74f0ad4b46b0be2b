//! `polyspec mutants`.

use super::Context;
use super::args;
use super::reporters::{Reporters, print, refuse};
use super::run::{explain, interruptible, request, selection};
use super::say::say;
use crate::exit::Exit;
use crate::mutation::generated::Scorecard;
use crate::mutation::{Fate, Matrix};
use crate::run::{GeneratedRequest, MutantRequest, Prepared, Request, RunError, Told, prepare};
use crate::source::{visible, visible_lines};

/// Runs the suite over mutants and prints the kill matrix, or the scorecard of generated ones.
pub(super) fn mutants(args: &args::Mutants, context: &Context) -> Exit {
    let base = request(&args.suite, &args.servers, context);
    let select = args::SelectArgs { hidden: true, ..args::SelectArgs::default() };
    let request = Request {
        selection: selection(&select, base.seed),
        jobs: args.jobs.map_or(context.cores, usize::from),
        records: false,
        allow_run: args.permit.allow_run,
        allow_cluster_changes: args.permit.allow_cluster_changes,
        ..base
    };
    let prepared = match prepare(request) {
        Ok(prepared) => prepared,
        Err(errors) => return refuse(&errors, context),
    };
    let reporters = match Reporters::new(&[], false, false, context) {
        Ok(reporters) => reporters,
        Err(error) => return refuse(&[error], context),
    };
    let done =
        if args.generate { generated(args, prepared, reporters, context) } else { written(args, prepared, reporters) };
    done.unwrap_or_else(|error| explain(error, context))
}

/// Mutants that somebody wrote.
fn written(args: &args::Mutants, prepared: Prepared, mut reporters: Reporters) -> Result<Exit, RunError> {
    let folder = args.mutants.clone();
    let folder = folder.unwrap_or_else(|| prepared.suite.settings().mutants.to_string_lossy().into_owned());
    let wanted = MutantRequest { folder, names: args.names.clone(), all: args.all };
    let told = |report: &crate::mutation::MutantReport| say!("{}", report.line());
    let matrix = interruptible(async |interrupt| {
        prepared.mutants(&wanted, told, |event| reporters.event(event), interrupt).await
    })?;
    say!("\n{}", matrix.summary());
    Ok(exit(&matrix, args))
}

/// Mutants that are made out of catalogs.
fn generated(
    args: &args::Mutants,
    prepared: Prepared,
    mut reporters: Reporters,
    context: &Context,
) -> Result<Exit, RunError> {
    let wanted = GeneratedRequest { names: args.names.clone(), all: args.all, lists: args.list };
    let told = |told: Told<'_>| match told {
        Told::Derived(changes) if args.list => {
            changes.iter().for_each(|change| say!("{}\n    {}", visible(&change.name), visible_lines(&change.told())));
        }
        Told::Derived(_) => {}
        Told::Graded(graded) => say!("{}", visible_lines(&graded.line())),
    };
    let sink = |event: &crate::event::Stamped| reporters.event(event);
    let card = interruptible(async |interrupt| prepared.generated_mutants(&wanted, told, sink, interrupt).await)?;
    if args.list {
        return Ok(Exit::Pass);
    }
    say!("\n{}", card.summary());
    print(&card.out_of_date(), context);
    Ok(exit_of(&card))
}

/// Survivors, unproven requirements and scenarios that ask nothing of a system are failures of the suite; a requirement
/// counts only when all mutants were run.
fn exit(matrix: &Matrix, args: &args::Mutants) -> Exit {
    let unproven = args.names.is_empty() && !matrix.unproven().is_empty();
    match (matrix.count(Fate::Broken), matrix.count(Fate::Survived)) {
        _ if matrix.interrupted => Exit::Machinery,
        (1.., _) => Exit::Machinery,
        (_, 1..) => Exit::Fail,
        _ if unproven || !matrix.empty.is_empty() => Exit::Fail,
        _ => Exit::Pass,
    }
}

fn exit_of(card: &Scorecard) -> Exit {
    match (card.interrupted || card.broken() > 0, card.is_enough()) {
        (true, _) => Exit::Machinery,
        (false, true) => Exit::Pass,
        (false, false) => Exit::Fail,
    }
}
