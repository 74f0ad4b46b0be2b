//! `polyspec run`.

use std::collections::BTreeMap;

use super::Context;
use super::args;
use super::reporters::{Reporters, print, refuse};
use super::say::aside;
use super::signals::heed_signals;
use crate::engine::Interrupt;
use crate::event::Summary;
use crate::exit::Exit;
use crate::run::{MONGO, Prepared, Request, RunError, pg_endpoint, prepare, runtime};
use crate::source::Diagnostic;
use crate::suite::Selection;

/// Runs what is selected; `verbose` shows what is fine too.
pub(super) fn run(args: &args::Run, verbose: bool, context: &Context) -> Exit {
    let base = request(&args.suite, &args.servers, context);
    let seed = args.select.shuffle.flatten().unwrap_or(base.seed);
    let request = Request {
        selection: selection(&args.select, seed),
        system: args.system.clone(),
        jobs: args.jobs.map_or(context.cores, usize::from),
        keep: args.keep,
        allow_run: args.permit.allow_run,
        allow_cluster_changes: args.permit.allow_cluster_changes,
        fail_fast: args.fail_fast,
        // What another system gives is not what the suite's own must give.
        records: base.records && args.system.is_none(),
        seed,
        ..base
    };
    let prepared = match prepare(request) {
        Ok(prepared) => prepared,
        Err(errors) => return refuse(&errors, context),
    };
    print(&prepared.warnings, context);
    let pending = if context.ci { prepared.pending() } else { vec![] };
    if !pending.is_empty() {
        print(&pending, context);
        return Exit::Fail;
    }
    if args.select.shuffle.is_some() {
        aside!("shuffled with --shuffle={seed}");
    }
    let mut reporters = match Reporters::new(&args.reports, verbose, args.timings, context) {
        Ok(reporters) => reporters,
        Err(error) => return refuse(&[error], context),
    };
    let exit = match carry_out(prepared, 1, &mut reporters, |_| {}) {
        Ok(summary) => end(&summary, args.strict.unwrap_or(context.ci)),
        Err(error) => explain(error, context),
    };
    reporters.finish(exit)
}

/// The exit code, and a word about it where the counts alone do not explain it.
fn end(summary: &Summary, strict: bool) -> Exit {
    let exit = Exit::of(summary, strict);
    if exit != Exit::from(summary) {
        aside!("strict (--strict, or CI is set): a run in which a scenario is skipped does not pass");
    }
    exit
}

/// Runs what was prepared, `passes` times on the same servers; `between` is called after each pass.
pub(super) fn carry_out(
    prepared: Prepared,
    passes: usize,
    reporters: &mut Reporters,
    between: impl FnMut(usize),
) -> Result<Summary, RunError> {
    interruptible(async |interrupt| prepared.execute(passes, between, |event| reporters.event(event), interrupt).await)
}

/// Does work that ends in order when somebody presses Ctrl-C.
pub(super) fn interruptible<T>(work: impl AsyncFnOnce(Interrupt) -> Result<T, RunError>) -> Result<T, RunError> {
    let runtime = runtime().map_err(|error| RunError::Machinery(format!("no threads can be started: {error}")))?;
    let heeding = heed_signals();
    runtime.block_on(work(heeding.interrupt.clone()))
}

/// Prints why there is no summary.
pub(super) fn explain(error: RunError, context: &Context) -> Exit {
    match error {
        RunError::Input(diagnostics) => refuse(&diagnostics, context),
        RunError::Machinery(cause) => {
            aside!("{}", Diagnostic::nowhere(cause).render(context.color));
            Exit::Machinery
        }
    }
}

/// The parts of a request that all commands share.
pub(super) fn request(suite: &args::SuiteArgs, servers: &args::ServerArgs, context: &Context) -> Request {
    let mut endpoints: BTreeMap<String, String> = BTreeMap::new();
    for (name, url) in &servers.pg_urls {
        endpoints.insert(pg_endpoint(name), url.clone());
    }
    endpoints.extend(servers.mongo_url.iter().map(|url| (MONGO.to_string(), url.clone())));
    Request {
        suite: suite.suite.clone(),
        cwd: context.cwd.clone(),
        selection: Selection::default(),
        system: None,
        endpoints,
        profile: servers.profile.clone(),
        jobs: context.cores,
        keep: false,
        allow_run: false,
        allow_cluster_changes: false,
        fail_fast: false,
        records: !context.ci,
        cluster: context.cluster.clone(),
        seed: rand::random::<u32>().into(),
    }
}

/// The request of a command that judges systems by the suite: hidden scenarios are run too, and no golden is written.
pub(super) fn judging(
    base: Request,
    select: args::SelectArgs,
    permit: &args::PermitArgs,
    jobs: Option<u16>,
    context: &Context,
) -> Request {
    Request {
        selection: selection(&args::SelectArgs { hidden: true, ..select }, base.seed),
        jobs: jobs.map_or(context.cores, usize::from),
        records: false,
        allow_run: permit.allow_run,
        allow_cluster_changes: permit.allow_cluster_changes,
        ..base
    }
}

/// What the arguments select.
pub(super) fn selection(args: &args::SelectArgs, seed: u64) -> Selection {
    Selection {
        names: args.names.clone(),
        exact: args.exact,
        tags: args.tags.clone(),
        requirements: args.requirements.clone(),
        exclude: args.exclude.clone(),
        shard: args.shard,
        shuffle: args.shuffle.map(|given| given.unwrap_or(seed)),
        hidden: args.hidden,
    }
}
