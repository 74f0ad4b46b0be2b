//! A temporary suite and the servers that `polyspec up` keeps for it. They go down when it is dropped, in a panic too.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use polyspec::internal::Verdict;
use polyspec::internal::{ClusterDescription, NodeDescription};
use polyspec::internal::{Event, Stamped};

use crate::measure::{Measured, go_on};

/// The program that is measured.
pub const POLYSPEC: &str = env!("CARGO_BIN_EXE_polyspec");

/// One peer and nothing else.
pub const ONE_PEER: &str = "suite: Benchmarks\ntopology:\n  pg: { version: 18, peers: [solo] }\n\
                            timeout: 600s\nstatement_timeout: 300s\n";

/// A suite in a temporary folder.
pub struct Suite {
    folder: tempfile::TempDir,
    is_up: bool,
}

/// A run that has ended.
pub struct Run {
    /// From exec to exit.
    pub elapsed: Duration,
    /// Its events, in order.
    pub events: Vec<Stamped>,
    stdout: String,
}

impl Suite {
    /// A suite with these settings and no scenario.
    pub fn new(settings: &str) -> Measured<Self> {
        let suite = Self { folder: tempfile::Builder::new().prefix("polyspec-bench-").tempdir()?, is_up: false };
        suite.write("polyspec.yaml", settings)?;
        Ok(suite)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the suite.
    pub fn write(&self, name: &str, text: &str) -> Measured<PathBuf> {
        let path = self.path().join(name);
        path.parent().map(std::fs::create_dir_all).transpose()?;
        std::fs::write(&path, text)?;
        Ok(path)
    }

    /// Starts the servers and leaves them running.
    pub fn up(&mut self) -> Measured<ClusterDescription> {
        self.is_up = true;
        let done = self.command("up").arg("--json").output()?;
        match done.status.success() {
            true => Ok(serde_json::from_slice(&done.stdout)?),
            false => Err(told("polyspec up", &done).into()),
        }
    }

    /// Takes the servers down.
    pub fn down(&mut self) -> Measured<()> {
        if std::mem::take(&mut self.is_up) {
            self.command("down").output()?;
        }
        Ok(())
    }

    /// A command line of polyspec on this suite. A build server would forbid pending goldens.
    pub fn command(&self, command: &str) -> Command {
        let mut line = Command::new(POLYSPEC);
        line.arg(command).arg("--suite").arg(self.path()).env_remove("CI").stdin(Stdio::null());
        line
    }

    /// `polyspec run` with these arguments, timed as a whole process.
    pub fn run(&self, args: &[&str]) -> Measured<Run> {
        go_on()?;
        let report = self.path().join("events.json");
        let mut line = self.command("run");
        line.arg("--report").arg(format!("json={}", report.display())).args(args);
        let begun = Instant::now();
        let done = line.output()?;
        let elapsed = begun.elapsed();
        go_on()?;
        let text = std::fs::read_to_string(&report).map_err(|_| told("polyspec run", &done))?;
        let events = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
        Ok(Run { elapsed, events, stdout: told("polyspec run", &done) })
    }
}

impl Drop for Suite {
    fn drop(&mut self) {
        if let Err(error) = self.down() {
            eprintln!("the servers of {} could not be taken down: {error}", self.path().display());
        }
    }
}

impl Run {
    /// The run itself when every scenario passed.
    pub fn passed(self) -> Measured<Self> {
        let fine = |event: &Stamped| match &event.event {
            Event::ScenarioFinished { verdict, .. } => matches!(verdict, Verdict::Pass),
            _ => true,
        };
        let finished = |event: &Stamped| matches!(event.event, Event::ScenarioFinished { .. });
        match self.events.iter().any(finished) && self.events.iter().all(fine) {
            true => Ok(self),
            false => Err(format!("not every scenario passed:\n{}", self.stdout).into()),
        }
    }

    /// What the only scenario's failing value was: the way by which a scenario tells what the server's clock showed.
    pub fn told_value(&self) -> Measured<String> {
        let value = self.events.iter().find_map(|event| match &event.event {
            Event::ScenarioFinished { verdict, .. } => verdict.evidence().first()?.actual.clone(),
            _ => None,
        });
        value.ok_or_else(|| format!("the scenario told nothing:\n{}", self.stdout).into())
    }
}

/// A node of a cluster.
pub fn node<'a>(cluster: &'a ClusterDescription, name: &str) -> Measured<&'a NodeDescription> {
    let found = cluster.nodes.iter().find(|node| node.name == name);
    found.ok_or_else(|| format!("the cluster has no {name}").into())
}

/// What a program said, for an error.
pub fn told(program: &str, output: &Output) -> String {
    let [stdout, stderr] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    format!("{program} ended with {}\n{stdout}{stderr}", output.status)
}
