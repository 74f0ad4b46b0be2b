//! Where the tests of the harness wait for the verdicts of one run, which the first of them begins.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::engine::{Interrupt, Job};
use crate::event::{Event, Stamped};
use crate::exit::Exit;
use crate::report::render_finished;
use crate::run::{Prepared, RunError, runtime};
use crate::verdict::Verdict;

/// How wide failures are printed.
const WIDTH: usize = 120;

/// Where verdicts are put up for the tests that wait for them.
pub(super) struct Board {
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
    pub fn new(mut prepared: Prepared, arguments: &Arguments, strict: bool) -> Self {
        let ignored = |job: &Job| job.scenario.hidden;
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

    pub fn trials(self: &Arc<Self>) -> Vec<Trial> {
        let trial = |(name, ignored): &(String, bool)| {
            let (board, wanted) = (self.clone(), name.clone());
            Trial::test(name.clone(), move || board.verdict(&wanted)).with_ignored_flag(*ignored)
        };
        self.names.iter().map(trial).collect()
    }

    /// Whether nothing is to be run although nothing was left out on purpose, as in a run that selects nothing.
    pub fn leaves_all_out(&self, arguments: &Arguments) -> bool {
        let chosen = arguments.list || arguments.ignored || arguments.filter.is_some() || !arguments.skip.is_empty();
        !chosen && !arguments.include_ignored && self.names.iter().all(|(_, ignored)| *ignored)
    }

    /// Waits until the run, if one began, has taken everything away that it made; how it ended.
    pub fn finish(&self) -> Option<Exit> {
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
