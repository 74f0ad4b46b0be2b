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

/// How wide failures are printed.
const WIDTH: usize = 120;

/// Runs the suite in `folder` under the arguments of `cargo test`: filters, `--exact`, `--skip`, `--list`, `--ignored`,
/// `--test-threads`. Hidden scenarios and those with a `todo` are ignored tests. The servers are started once, when the
/// first test begins, and only those that the chosen tests need.
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
        let request = Request { allow_run: self.allow_run, ..request(&self.folder, &arguments) };
        let prepared = match prepare(request) {
            Ok(prepared) => prepared,
            Err(errors) => return refuse(&errors),
        };
        let jobs = prepared.request.jobs;
        let board = Arc::new(Board::new(prepared, &arguments));
        let trials = board.trials();
        // Every test waits for its verdict, so there may be as many threads as workers without a core being wanted for them.
        arguments.test_threads = arguments.test_threads.or(Some(jobs));
        let conclusion = libtest_mimic::run(&arguments, trials);
        board.finish();
        conclusion.exit_code()
    }
}

fn request(folder: &Path, arguments: &Arguments) -> Request {
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
        fail_fast: false,
        records: true,
        cluster: cluster::Options::from_environment(|name| std::env::var_os(name)),
        seed: 0,
    }
}

fn refuse(errors: &[Diagnostic]) -> ExitCode {
    let mut out = std::io::stderr().lock();
    for error in errors {
        // Whoever reads it may have gone.
        let _ = writeln!(out, "{}\n", error.render(false));
    }
    Exit::Input.into()
}

/// Where verdicts are put up for the tests that wait for them.
struct Board {
    prepared: Mutex<Option<Prepared>>,
    names: Vec<(String, bool)>,
    results: Mutex<Results>,
    changed: Condvar,
    begun: OnceLock<()>,
}

#[derive(Default)]
struct Results {
    verdicts: BTreeMap<String, Result<(), String>>,
    over: Option<String>,
}

impl Board {
    /// Keeps of the jobs those that these arguments choose.
    fn new(mut prepared: Prepared, arguments: &Arguments) -> Self {
        let ignored = |job: &crate::engine::Job| job.scenario.hidden || job.scenario.todo.is_some();
        let names = prepared.jobs.iter().map(|job| (job.name.clone(), ignored(job))).collect();
        prepared.jobs.retain(|job| is_chosen(arguments, &job.name, ignored(job)));
        Self {
            prepared: Mutex::new(Some(prepared)),
            names,
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

    /// Waits until the run, if one began, has taken everything away that it made.
    fn finish(&self) {
        if self.begun.get().is_none() {
            return;
        }
        let results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        let over = self.changed.wait_while(results, |results| results.over.is_none());
        drop(over.unwrap_or_else(PoisonError::into_inner));
    }

    /// The verdict of a run, once there is one. The first who asks begins the run.
    fn verdict(self: &Arc<Self>, name: &str) -> Result<(), Failed> {
        self.begun.get_or_init(|| self.begin());
        let mut results = self.results.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(verdict) = results.verdicts.get(name) {
                return verdict.clone().map_err(Failed::from);
            }
            if let Some(cause) = &results.over {
                return Err(Failed::from(cause.clone()));
            }
            results = self.changed.wait(results).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn begin(self: &Arc<Self>) {
        let board = self.clone();
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::thread::spawn(move || {
            let cause = match prepared.map(|prepared| board.run(prepared)) {
                Some(Err(RunError::Machinery(cause))) => cause,
                Some(Err(RunError::Input(errors))) => {
                    errors.iter().map(|error| error.render(false)).collect::<Vec<_>>().join("\n")
                }
                Some(Ok(())) | None => "the run ended without a verdict for this test".into(),
            };
            board.results.lock().unwrap_or_else(PoisonError::into_inner).over = Some(cause);
            board.changed.notify_all();
        });
    }

    fn run(&self, prepared: Prepared) -> Result<(), RunError> {
        let runtime = runtime().map_err(|error| RunError::Machinery(error.to_string()))?;
        let (_stop, interrupt) = Interrupt::new();
        runtime.block_on(prepared.execute(1, |_| {}, |event| self.put_up(event), interrupt)).map(drop)
    }

    fn put_up(&self, stamped: &Stamped) {
        if let Event::ScenarioFinished { name, verdict, .. } = &stamped.event {
            let result = match verdict.is_fine() {
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
