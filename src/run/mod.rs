//! Wires a run together: suite → jobs → servers → engine → events. The command line and the test harness are two faces of
//! it.

mod baseline;
mod bootstrap;
mod control;
mod database;
mod endpoints;
mod files;
mod filling;
mod generated;
mod grading;
mod host;
mod jobs;
mod log;
mod mutants;
mod sections;
mod servers;
mod submission;
mod warnings;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

pub use baseline::Baseline;
pub use bootstrap::Bootstrap;
pub use database::{DatabaseRequest, provide_database};
pub use endpoints::{MONGO, pg_endpoint};
pub use files::{FileFormat, Files, write_files};
pub use generated::{GeneratedRequest, Progress};
pub use grading::Grader;
pub use jobs::{Prepared, prepare, quoted};
pub use log::listen;
pub use mutants::MutantRequest;
pub use servers::{Obtained, Wanted, obtain};
pub use submission::Submission;

use crate::cluster;
use crate::engine::{self, Context, Dispatcher, Interrupt, Reporting};
use crate::event::{Event, Stamped, Summary};
use crate::source::Diagnostic;
use crate::suite::Selection;
use crate::verdict::Evidence;

/// What somebody wants to be run.
#[derive(Clone, Debug)]
pub struct Request {
    /// A folder of the suite, or below it.
    pub suite: PathBuf,
    /// Where the user stands; an absolute path.
    pub cwd: PathBuf,
    /// Which runs.
    pub selection: Selection,
    /// A system to run on instead of the scenarios' own.
    pub system: Option<String>,
    /// Servers that exist already, by node name ([`pg_endpoint`]) or [`MONGO`]; they go before those of a profile and of the settings, which are
    /// among them once the request was prepared.
    pub endpoints: BTreeMap<String, String>,
    /// A set of endpoints of the settings.
    pub profile: Option<String>,
    /// Workers.
    pub jobs: usize,
    /// Copies of failed scenarios are kept.
    pub keep: bool,
    /// Steps may start programs.
    pub allow_run: bool,
    /// Scenarios may change what every database of someone else's servers sees.
    pub allow_cluster_changes: bool,
    /// No new scenario begins after the first that is not fine.
    pub fail_fast: bool,
    /// Pending goldens may be written.
    pub records: bool,
    /// Where servers come from and where they live.
    pub cluster: cluster::Options,
    /// The seed of this run.
    pub seed: u64,
}

impl Request {
    /// The beginning of a command of polyspec for this suite, as it works where the user stands.
    pub fn command(&self, verb: &str) -> String {
        match self.suite == Path::new(".") || self.suite == self.cwd {
            true => format!("polyspec {verb}"),
            false => format!("polyspec {verb} -C {}", quoted(&self.suite.to_string_lossy())),
        }
    }
}

/// Why a run ended without a summary.
#[derive(Debug)]
pub enum RunError {
    /// The input is wrong.
    Input(Vec<Diagnostic>),
    /// The machinery broke.
    Machinery(String),
}

impl RunError {
    /// A step of a system did not hold: what was found, in one paragraph.
    pub(super) fn broken(evidence: &[Evidence]) -> Self {
        let told = evidence.iter().map(|evidence| {
            let place =
                evidence.place.as_ref().map(|place| format!("{}:{}: ", place.file, place.line)).unwrap_or_default();
            let actual = evidence.actual.as_ref().map(|actual| format!(": {actual}")).unwrap_or_default();
            let notes: String = evidence.notes.iter().map(|note| format!(" ({note})")).collect();
            format!("{place}{}{actual}{notes}", evidence.message)
        });
        Self::Machinery(told.collect::<Vec<_>>().join("\n"))
    }
}

impl Prepared {
    /// Obtains the servers, runs everything `passes` times, gives the servers back, and hands every event to `sink`.
    /// `between` is called after each pass, with its number.
    pub async fn execute(
        self,
        passes: usize,
        between: impl FnMut(usize),
        sink: impl FnMut(&Stamped),
        interrupt: Interrupt,
    ) -> Result<Summary, RunError> {
        let (dispatcher, reporting) = Dispatcher::new();
        log::hear(false);
        let listening = warnings::Listening::to(&reporting);
        let work = async {
            let done = self.work(passes, between, reporting.clone(), interrupt).await;
            drop((listening, reporting));
            done
        };
        let (done, summary) = futures::join!(work, dispatcher.drive(sink));
        done.map(|()| summary)
    }

    async fn work(
        self,
        passes: usize,
        mut between: impl FnMut(usize),
        reporting: Reporting,
        interrupt: Interrupt,
    ) -> Result<(), RunError> {
        self.forbid_building_programs().map_err(RunError::Input)?;
        self.announce(passes, &reporting);
        let wanted = self.wanted();
        let obtained = tokio::select! {
            obtained = obtain(&wanted, &reporting) => obtained.map_err(RunError::Machinery)?,
            () = interrupt.wait() => {
                reporting.send(Event::Interrupted);
                return Ok(());
            }
        };
        let options = self.options();
        let host = host::SuiteHost::new(&self, &obtained);
        let context = Context { servers: &obtained.servers, host: &host, options: &options, reporting: &reporting };
        let run = async {
            let mut done = Ok(());
            for pass in 0..passes {
                if interrupt.is_set() {
                    break;
                }
                let jobs = self.jobs.clone();
                let pass_done = engine::run(jobs, context, interrupt.clone()).await;
                done = done.and(pass_done);
                between(pass);
            }
            done
        };
        let told = std::cell::Cell::new(false);
        let tell = async {
            interrupt.wait().await;
            told.set(true);
            reporting.send(Event::Interrupted);
            std::future::pending::<()>().await;
        };
        let done = tokio::select! {
            // Whoever is waited for must not be told before everybody else that the run was stopped.
            biased;
            () = tell => Ok(()),
            done = run => done,
        };
        // The request can come while `run` is looked at and ends for it, so that `tell` is not looked at again.
        if interrupt.is_set() && !told.get() {
            reporting.send(Event::Interrupted);
        }
        if self.request.keep && host.kept_any() && !interrupt.is_set() {
            reporting.send(Event::CopiesKept { message: obtained.stay_notice() });
            obtained.stay(&interrupt).await;
        }
        let paths = self.unused_goldens();
        if !paths.is_empty() {
            reporting.send(Event::GoldensUnused { paths });
        }
        obtained.release().await;
        done.map_err(|error| RunError::Machinery(format!("cleanup failed: {error}")))
    }

    fn announce(&self, passes: usize, reporting: &Reporting) {
        let register = self.suite.register();
        reporting.send(Event::RunStarted {
            suite: self.suite.settings().suite.clone(),
            started: jiff::Timestamp::now().to_string(),
            selected: self.jobs.len() * passes,
            filtered_out: self.filtered_out,
            jobs: self.request.jobs,
            seed: self.request.seed,
            requirements: register
                .requirements
                .iter()
                .map(|each| (each.id.value.clone(), each.title.clone()))
                .collect(),
        });
    }

    /// What the engine is told of the request and the settings.
    pub(super) fn options(&self) -> engine::Options {
        let settings = self.suite.settings();
        engine::Options {
            jobs: self.request.jobs,
            timeout: settings.timeout,
            statement_timeout: settings.statement_timeout,
            keep: self.request.keep,
            allow_run: self.request.allow_run,
            allow_cluster_changes: self.request.allow_cluster_changes,
            redact: settings.redact.clone(),
            confirms: false,
            until: if self.request.fail_fast { engine::Until::FirstFailure } else { engine::Until::End },
            build_goes_on: false,
        }
    }

    /// Goldens that no scenario of the suite uses; none when a scenario could not be read, since then nobody can say.
    fn unused_goldens(&self) -> Vec<String> {
        let Some(used) = &self.goldens else { return vec![] };
        let unused = self.suite.goldens().unused(used).unwrap_or_default();
        unused.iter().map(|path| self.suite.display(path)).collect()
    }
}

/// The runtime that everything asynchronous runs on. It has one thread, since polyspec mostly waits for servers: with
/// several, each statement pays for two wake-ups between the thread that runs scenarios and the one that has its connection.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().thread_keep_alive(Duration::from_secs(1)).build()
}

/// A shared suite.
pub type SharedSuite = Arc<crate::suite::Suite>;
