//! A suite as `cargo test`: every run is a test with its path as the name. One more face over a run, never the engine.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::cluster;
use crate::engine::Interrupt;
use crate::event::{Event, Stamped};
use crate::exit::Exit;
use crate::report::render_finished;
use crate::run::{Prepared, Request, RunError, prepare, runtime};
use crate::source::Diagnostic;
use crate::suite::Selection;
use crate::verdict::Verdict;

/// How wide failures are printed.
const WIDTH: usize = 120;

/// Runs the suite in `folder` under the arguments of `cargo test`: filters, `--exact`, `--skip`, `--list`, `--ignored`,
/// `--test-threads`. Hidden scenarios are ignored tests. The servers are started once, when the first test begins, and only
/// those that the chosen tests need. It ends with the exit code of `polyspec run` on the same runs, and where `CI` is set it
/// is as strict: a scenario that is skipped is a failed test, nothing becomes pending, and what is pending is a failure.
///
/// In `tests/conformance.rs` of any crate, with `harness = false`:
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     polyspec::conformance(env!("CARGO_MANIFEST_DIR"))
/// }
/// ```
pub fn conformance(folder: impl AsRef<Path>) -> ExitCode {
    Conformance::new(folder).run()
}

/// [`conformance`] with options that the files of a suite cannot give themselves.
/// ```no_run
/// fn main() -> std::process::ExitCode {
///     polyspec::Conformance::new(env!("CARGO_MANIFEST_DIR")).allow_run(true).run()
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Conformance {
    folder: PathBuf,
    allow_run: bool,
}

impl Conformance {
    /// The suite in `folder`.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self { folder: folder.as_ref().to_path_buf(), allow_run: false }
    }

    /// Whether steps may start programs (`run`). Where they may not, their scenarios are skipped.
    pub fn allow_run(self, allow_run: bool) -> Self {
        Self { allow_run, ..self }
    }

    /// Runs the suite under the arguments of `cargo test`.
    pub fn run(self) -> ExitCode {
        let mut arguments = Arguments::from_args();
        let strict = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        let request = Request { allow_run: self.allow_run, ..request(&self.folder, &arguments, !strict) };
        let prepared = match prepare(request) {
            Ok(prepared) => prepared,
            Err(errors) => return refuse(&errors, Exit::Input),
        };
        let pending = if strict && !arguments.list { prepared.pending() } else { vec![] };
        if !pending.is_empty() {
            return refuse(&pending, Exit::Fail);
        }
        let jobs = prepared.request.jobs;
        let board = Arc::new(Board::new(prepared, &arguments, strict));
        if board.leaves_all_out(&arguments) {
            let none = Diagnostic::nowhere("all scenarios of this suite are hidden");
            return refuse(&[none.help("run them with `--ignored`")], Exit::Input);
        }
        let trials = board.trials();
        // Every test waits for its verdict, so there may be as many threads as workers without a core being wanted for them.
        arguments.test_threads = arguments.test_threads.or(Some(jobs));
        let conclusion = libtest_mimic::run(&arguments, trials);
        match board.finish() {
            Some(exit) if exit != Exit::Pass => exit.into(),
            _ => conclusion.exit_code(),
        }
    }
}

fn request(folder: &Path, arguments: &Arguments, records: bool) -> Request {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    Request {
        suite: folder.to_path_buf(),
        cwd: folder.to_path_buf(),
        selection: Selection { hidden: true, ..Selection::default() },
        system: None,
        endpoints: BTreeMap::new(),
        profile: None,
        jobs: arguments.test_threads.unwrap_or(cores).max(1),
        keep: false,
        allow_run: false,
        allow_cluster_changes: false,
        fail_fast: false,
        records,
        cluster: cluster::Options::from_environment(|name| std::env::var_os(name)),
        seed: 0,
    }
}

fn refuse(errors: &[Diagnostic], exit: Exit) -> ExitCode {
    let mut out = std::io::stderr().lock();
    for error in errors {
        // Whoever reads it may have gone.
        let _ = writeln!(out, "{}\n", error.render(false));
    }
    exit.into()
}

/// Where verdicts are put up for the tests that wait for them.
struct Board {
    prepared: Mutex<Option<Prepared>>,
    names: Vec<(String, bool)>,
    strict: bool,
    results: Mutex<Results>,
    changed: Condvar,
    begun: OnceLock<()>,
}

#[derive(Default)]
struct Results {
    verdicts: BTreeMap<String, Result<(), String>>,
    over: Option<End>,
}

/// How the run ended.
struct End {
    /// What a test without a verdict is told.
    cause: String,
    /// The exit code that `polyspec run` would have.
    exit: Exit,
}

/// The stack of the thread that runs scenarios, as large as a main thread's is by default: unoptimised code takes much.
const STACK: usize = 8 << 20;

impl Board {
    /// Keeps of the jobs those that these arguments choose.
    fn new(mut prepared: Prepared, arguments: &Arguments, strict: bool) -> Self {
        let ignored = |job: &crate::engine::Job| job.scenario.hidden;
        let names = prepared.jobs.iter().map(|job| (job.name.clone(), ignored(job))).collect();
        prepared.jobs.retain(|job| is_chosen(arguments, &job.name, ignored(job)));
        Self {
            prepared: Mutex::new(Some(prepared)),
            names,
            strict,
            results: Mutex::default(),
            changed: Condvar::new(),
            begun: OnceLock::new(),
        }
    }

    fn trials(self: &Arc<Self>) -> Vec<Trial> {
        let trial = |(name, ignored): &(String, bool)| {
            let (board, wanted) = (self.clone(), name.clone());
            Trial::test(name.clone(), move || board.verdict(&wanted)).with_ignored_flag(*ignored)
        };
        self.names.iter().map(trial).collect()
    }

    /// Whether nothing is to be run although nothing was left out on purpose, as in a run that selects nothing.
    fn leaves_all_out(&self, arguments: &Arguments) -> bool {
        let chosen = arguments.list || arguments.ignored || arguments.filter.is_some() || !arguments.skip.is_empty();
        !chosen && !arguments.include_ignored && self.names.iter().all(|(_, ignored)| *ignored)
    }

    /// Waits until the run, if one began, has taken everything away that it made; how it ended.
    fn finish(&self) -> Option<Exit> {
        self.begun.get()?;
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let over = self.changed.wait_while(results, |results| results.over.is_none());
        over.unwrap_or_else(PoisonError::into_inner).over.as_ref().map(|end| end.exit)
    }

    /// The verdict of a run, once there is one. The first who asks begins the run.
    fn verdict(self: &Arc<Self>, name: &str) -> Result<(), Failed> {
        self.begun.get_or_init(|| self.begin());
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(verdict) = results.verdicts.get(name) {
                return verdict.clone().map_err(Failed::from);
            }
            if let Some(end) = &results.over {
                return Err(Failed::from(end.cause.clone()));
            }
            results = self.changed.wait(results).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn begin(self: &Arc<Self>) {
        let board = self.clone();
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).take();
        let runs = std::thread::Builder::new().stack_size(STACK).spawn(move || {
            let end = match prepared.map(|prepared| board.run(prepared)) {
                Some(Err(RunError::Machinery(cause))) => End { cause, exit: Exit::Machinery },
                Some(Err(RunError::Input(errors))) => {
                    let errors: Vec<String> = errors.iter().map(|error| error.render(false)).collect();
                    End { cause: errors.join("\n"), exit: Exit::Input }
                }
                Some(Ok(exit)) => End { cause: "the run ended without a verdict for this test".into(), exit },
                None => End { cause: "the run began twice".into(), exit: Exit::Machinery },
            };
            board.over(end);
        });
        if let Err(error) = runs {
            self.over(End { cause: format!("no thread can be started: {error}"), exit: Exit::Machinery });
        }
    }

    fn over(&self, end: End) {
        self.results.lock().unwrap_or_else(PoisonError::into_inner).over = Some(end);
        self.changed.notify_all();
    }

    fn run(&self, prepared: Prepared) -> Result<Exit, RunError> {
        let runtime = runtime().map_err(|error| RunError::Machinery(error.to_string()))?;
        let (_stop, interrupt) = Interrupt::new();
        let summary = runtime.block_on(prepared.execute(1, |_| {}, |event| self.put_up(event), interrupt))?;
        Ok(Exit::of(&summary, self.strict))
    }

    fn put_up(&self, stamped: &Stamped) {
        if let Event::ScenarioFinished { name, verdict, .. } = &stamped.event {
            let too_little = self.strict && matches!(verdict, Verdict::Skip { .. });
            let result = match verdict.is_fine() && !too_little {
                true => Ok(()),
                false => Err(render_finished(&stamped.event, WIDTH)),
            };
            self.results.lock().unwrap_or_else(PoisonError::into_inner).verdicts.insert(name.clone(), result);
            self.changed.notify_all();
        }
    }
}

/// Whether the harness will run a test, by the rules of `cargo test`.
fn is_chosen(arguments: &Arguments, name: &str, ignored: bool) -> bool {
    let matches = |filter: &String| if arguments.exact { name == filter } else { name.contains(filter.as_str()) };
    let wanted = arguments.filter.as_ref().is_none_or(matches) && !arguments.skip.iter().any(matches);
    wanted
        && match ignored {
            true => arguments.ignored || arguments.include_ignored,
            false => !arguments.ignored,
        }
}
