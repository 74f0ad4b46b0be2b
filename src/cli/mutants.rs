//! `polyspec mutants`.

use super::Context;
use super::args;
use super::reporters::{Reporters, refuse};
use super::run::{explain, request, selection};
use crate::engine::Interrupt;
use crate::exit::Exit;
use crate::grade::{Fate, Matrix};
use crate::run::{MutantRequest, Request, RunError, prepare, runtime};

/// Runs the suite over mutants and prints the kill matrix.
pub(super) fn mutants(args: &args::Mutants, context: &Context) -> Exit {
    let base = request(&args.suite, &args.servers, context);
    let select = args::SelectArgs { hidden: true, ..args::SelectArgs::default() };
    let request = Request {
        selection: selection(&select, base.seed),
        jobs: args.jobs.map_or(context.cores, usize::from),
        records: false,
        allow_run: args.permit.allow_run,
        ..base
    };
    let prepared = match prepare(request) {
        Ok(prepared) => prepared,
        Err(errors) => return refuse(&errors, context),
    };
    let mut reporters = match Reporters::new(&[], false, false, context) {
        Ok(reporters) => reporters,
        Err(error) => return refuse(&[error], context),
    };
    let wanted = MutantRequest { folder: args.mutants.clone(), names: args.names.clone(), all: args.all };
    let matrix = runtime().map_err(|error| RunError::Machinery(error.to_string())).and_then(|runtime| {
        runtime.block_on(async {
            let (stop, interrupt) = Interrupt::new();
            let listener = tokio::spawn(async move {
                if tokio::signal::ctrl_c().await.is_ok() {
                    let _ = stop.send(true);
                    std::future::pending::<()>().await;
                }
            });
            let told = |report: &crate::grade::MutantReport| println!("{}", report.line());
            let matrix = prepared.mutants(&wanted, told, |event| reporters.event(event), interrupt).await;
            listener.abort();
            matrix
        })
    });
    match matrix {
        Ok(matrix) => {
            println!("\n{}", matrix.summary());
            exit(&matrix, args)
        }
        Err(error) => explain(error, context),
    }
}

/// Survivors and unproven requirements are failures of the suite; a requirement counts only when all mutants were run.
fn exit(matrix: &Matrix, args: &args::Mutants) -> Exit {
    let unproven = args.names.is_empty() && !matrix.unproven().is_empty();
    match (matrix.count(Fate::Broken), matrix.count(Fate::Survived)) {
        (1.., _) => Exit::Machinery,
        (_, 1..) => Exit::Fail,
        _ if unproven => Exit::Fail,
        _ => Exit::Pass,
    }
}
