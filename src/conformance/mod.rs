//! A suite as `cargo test`: every run is a test with its path as the name. One more face over a run, never the engine.

mod board;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use libtest_mimic::Arguments;

use crate::cluster;
use crate::exit::Exit;
use crate::run::{MONGO, Request, pg_endpoint, prepare};
use crate::source::Diagnostic;
use crate::suite::Selection;
use board::Board;

/// Runs the suite in `folder` under the arguments of `cargo test`; [`Conformance`] without options.
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

/// A suite as the tests of a crate: every scenario and every case is a test with its path as the name.
///
/// The options are those of `polyspec run` with the same names; what is not set is as there. In `tests/conformance.rs` of
/// any crate, with `harness = false`:
#[doc = concat!("```no_run\n", include_str!("example.rs"), "```")]
///
/// [`run`](Self::run) obeys the arguments of `cargo test` too: filters, `--exact`, `--skip`, `--list`, `--ignored`,
/// `--test-threads`. These choose among what the options have selected.
#[derive(Clone)]
#[must_use = "nothing is run before `run`"]
pub struct Conformance {
    folder: PathBuf,
    selection: Selection,
    system: Option<String>,
    endpoints: BTreeMap<String, String>,
    profile: Option<String>,
    jobs: Option<usize>,
    strict: Option<bool>,
    allow_run: bool,
    allow_cluster_changes: bool,
}

impl Conformance {
    /// The suite in `folder`, which is an absolute path, such as `env!("CARGO_MANIFEST_DIR")`. Other relative paths are
    /// relative to it.
    pub fn new(folder: impl AsRef<Path>) -> Self {
        Self {
            folder: folder.as_ref().to_path_buf(),
            selection: Selection { hidden: true, ..Selection::default() },
            system: None,
            endpoints: BTreeMap::new(),
            profile: None,
            jobs: None,
            strict: None,
            allow_run: false,
            allow_cluster_changes: false,
        }
    }

    /// Uses the endpoints of this profile of `polyspec.yaml`.
    pub fn profile(self, name: impl Into<String>) -> Self {
        Self { profile: Some(name.into()), ..self }
    }

    /// Uses this PostgreSQL server (`postgresql://…`) as the peer `name` of the topology, instead of one of polyspec's own
    /// and before that of a profile. Once for each peer.
    pub fn pg_url(mut self, name: &str, url: impl Into<String>) -> Self {
        self.endpoints.insert(pg_endpoint(name), url.into());
        self
    }

    /// Uses this MongoDB replica set (`mongodb://…`) instead of one of polyspec's own and before that of a profile.
    pub fn mongo_url(mut self, url: impl Into<String>) -> Self {
        self.endpoints.insert(MONGO.into(), url.into());
        self
    }

    /// Runs on the system in this folder instead of the one that the suite or the scenario names. Then no golden becomes
    /// pending.
    pub fn system(self, folder: impl Into<String>) -> Self {
        Self { system: Some(folder.into()), ..self }
    }

    /// Only scenarios that one of these names: a part of a name, a glob, `path#case`, or a file or folder.
    pub fn names(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.names = texts(names);
        self
    }

    /// Not the scenarios that one of these names.
    pub fn exclude(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.exclude = texts(names);
        self
    }

    /// Only scenarios with one of these tags.
    pub fn tags(mut self, tags: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.tags = texts(tags);
        self
    }

    /// Only scenarios that prove one of these requirements, or one below it: `P2` is P2.1, P2.2, ….
    pub fn requirements(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.selection.requirements = texts(ids);
        self
    }

    /// How many scenarios run side by side, at least one; the number of cores when it is not set. `--test-threads` goes
    /// before it.
    pub fn jobs(self, jobs: usize) -> Self {
        Self { jobs: Some(jobs), ..self }
    }

    /// Whether a scenario that is skipped is a failed test; true where `CI` is set when it is not set.
    pub fn strict(self, strict: bool) -> Self {
        Self { strict: Some(strict), ..self }
    }

    /// Whether steps may start programs (`run`). Where they may not, their scenarios are skipped.
    pub fn allow_run(self, allow_run: bool) -> Self {
        Self { allow_run, ..self }
    }

    /// Whether scenarios may change what every database of external servers sees: roles, settings, other databases.
    pub fn allow_cluster_changes(self, allow_cluster_changes: bool) -> Self {
        Self { allow_cluster_changes, ..self }
    }

    /// Runs the suite under the arguments of `cargo test`. Hidden scenarios are ignored tests. The servers are started
    /// once, when the first test begins, and only those that the chosen tests need. It ends with the exit code of
    /// `polyspec run` on the same scenarios; where `CI` is set, nothing becomes pending, and what is pending is a failure.
    pub fn run(self) -> ExitCode {
        let mut arguments = Arguments::from_args();
        let ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        let strict = self.strict.unwrap_or(ci);
        let prepared = match prepare(self.request(&arguments, ci)) {
            Ok(prepared) => prepared,
            Err(errors) => return refuse(&errors, Exit::Input),
        };
        print(&prepared.warnings);
        let pending = if ci && !arguments.list { prepared.pending() } else { vec![] };
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

    fn request(self, arguments: &Arguments, ci: bool) -> Request {
        let cores = || std::thread::available_parallelism().map_or(2, usize::from);
        Request {
            suite: self.folder.clone(),
            cwd: self.folder,
            selection: self.selection,
            // What another system gives is not what the suite's own must give.
            records: !ci && self.system.is_none(),
            system: self.system,
            endpoints: self.endpoints,
            profile: self.profile,
            jobs: arguments.test_threads.or(self.jobs).unwrap_or_else(cores).max(1),
            keep: false,
            allow_run: self.allow_run,
            allow_cluster_changes: self.allow_cluster_changes,
            fail_fast: false,
            cluster: cluster::Options::from_environment(|name| std::env::var_os(name)),
            seed: 0,
        }
    }
}

impl fmt::Debug for Conformance {
    /// Without the URLs of servers, which may hold passwords.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { folder, selection, system, endpoints, profile, jobs, strict, allow_run, allow_cluster_changes } =
            self;
        let endpoints: Vec<&String> = endpoints.keys().collect();
        f.debug_struct("Conformance")
            .field("folder", folder)
            .field("selection", selection)
            .field("system", system)
            .field("endpoints", &endpoints)
            .field("profile", profile)
            .field("jobs", jobs)
            .field("strict", strict)
            .field("allow_run", allow_run)
            .field("allow_cluster_changes", allow_cluster_changes)
            .finish()
    }
}

fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Vec<String> {
    texts.into_iter().map(Into::into).collect()
}

fn print(diagnostics: &[Diagnostic]) {
    let mut out = std::io::stderr().lock();
    for diagnostic in diagnostics {
        // Whoever reads it may have gone.
        let _ = writeln!(out, "{}\n", diagnostic.render(false));
    }
}

fn refuse(errors: &[Diagnostic], exit: Exit) -> ExitCode {
    print(errors);
    exit.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(conformance: Conformance, arguments: &[&str]) -> Request {
        let arguments = ["tests"].iter().chain(arguments).map(|argument| argument.to_string());
        conformance.request(&Arguments::from_iter(arguments), false)
    }

    #[test]
    fn options_mean_what_those_of_the_command_line_do() {
        let options = Conformance::new("/suite")
            .profile("staging")
            .pg_url("apj", "postgresql://a")
            .pg_url("pg.emea", "postgresql://b")
            .mongo_url("mongodb://c")
            .system("broken")
            .names(["orders"])
            .exclude(["slow"])
            .tags(["smoke"])
            .requirements(["P2"])
            .jobs(3)
            .allow_run(true)
            .allow_cluster_changes(true);
        let request = request(options, &[]);
        let endpoints: Vec<_> = request.endpoints.iter().map(|(name, url)| (name.as_str(), url.as_str())).collect();
        assert_eq!(endpoints, [("mongo", "mongodb://c"), ("pg.apj", "postgresql://a"), ("pg.emea", "postgresql://b")]);
        assert_eq!((request.profile.as_deref(), request.system.as_deref()), (Some("staging"), Some("broken")));
        let Selection { names, exclude, tags, requirements, .. } = request.selection;
        assert_eq!([names, exclude, tags, requirements], [["orders"], ["slow"], ["smoke"], ["P2"]]);
        assert!(request.allow_run && request.allow_cluster_changes && request.jobs == 3);
        assert!(!request.records, "what another system gives becomes pending");
    }

    #[test]
    fn the_command_line_of_cargo_test_has_the_last_word_on_jobs() {
        let suite = Conformance::new("/suite");
        assert_eq!(request(suite.clone().jobs(3), &["--test-threads=2"]).jobs, 2);
        assert_eq!(request(suite.jobs(0), &[]).jobs, 1);
    }

    #[test]
    fn no_password_of_a_url_is_in_what_is_printed_of_the_options() {
        let suite = Conformance::new("/suite").mongo_url("mongodb://u:secret@h").pg_url("a", "postgresql://u:secret@h");
        let printed = format!("{suite:?}");
        assert!(printed.contains("mongo") && !printed.contains("secret"), "{printed}");
    }
}
