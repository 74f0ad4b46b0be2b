//! The reports of a run, as the command line asks for them.

use std::path::Path;

use super::Context;
use super::say::aside;
use crate::event::{Event, Stamped};
use crate::exit::Exit;
use crate::report::{JUnit, JsonLines, Reporter, Terminal, TerminalOptions};
use crate::source::{Diagnostic, Severity};
use crate::verdict::Verdict;

/// Several reports as one.
pub(super) struct Reporters {
    all: Vec<Box<dyn Reporter>>,
    /// Scenarios that differ from their goldens are expected, and are not told of.
    blessing: bool,
}

impl Reporters {
    /// The terminal, and what `--report` names.
    pub fn new(
        reports: &[(String, String)],
        verbose: bool,
        timings: bool,
        context: &Context,
    ) -> Result<Self, Diagnostic> {
        let options = TerminalOptions {
            color: context.color,
            interactive: context.interactive,
            width: context.width,
            width_now: context.width_now,
            verbose,
            timings,
            ..TerminalOptions::default()
        };
        let mut all: Vec<Box<dyn Reporter>> = vec![Box::new(Terminal::new(options, Box::new(std::io::stderr())))];
        for (kind, file) in reports {
            all.push(report(kind, file, context)?);
        }
        Ok(Self { all, blessing: false })
    }

    /// For `bless` and `review`: they show themselves what differs.
    pub fn for_blessing(context: &Context) -> Result<Self, Diagnostic> {
        Ok(Self { blessing: true, ..Self::new(&[], false, false, context)? })
    }

    /// Hands an event to each.
    pub fn event(&mut self, event: &Stamped) {
        let expected = match &event.event {
            Event::ScenarioFinished { verdict: Verdict::Fail { .. }, pending, .. } => !pending.is_empty(),
            Event::RunFinished { .. } => true,
            _ => false,
        };
        if !(self.blessing && expected) {
            self.all.iter_mut().for_each(|reporter| reporter.event(event));
        }
    }

    /// Hands the reports out, for a replay.
    pub fn all(&mut self) -> &mut [Box<dyn Reporter>] {
        &mut self.all
    }

    /// Writes what is left; a report that could not be written is a breakage, whatever the run's verdict was.
    pub fn finish(&mut self, exit: Exit) -> Exit {
        let mut exit = exit;
        for reporter in &mut self.all {
            if let Err(error) = reporter.finish() {
                aside!("error: a report could not be written: {error}");
                exit = Exit::Machinery;
            }
        }
        exit
    }
}

fn report(kind: &str, file: &str, context: &Context) -> Result<Box<dyn Reporter>, Diagnostic> {
    let path = context.cwd.join(Path::new(file));
    match kind {
        "junit" => Ok(Box::new(JUnit::new(&path))),
        "json" => match JsonLines::new(&path) {
            Ok(report) => Ok(Box::new(report)),
            Err(error) => Err(Diagnostic::nowhere(format!("`{file}` cannot be written: {error}"))),
        },
        other => Err(Diagnostic::nowhere(format!("there is no report of the kind `{other}`"))
            .help("The kinds are `junit` and `json`.")),
    }
}

/// Prints diagnostics to standard error.
pub(super) fn print(diagnostics: &[Diagnostic], context: &Context) {
    for diagnostic in diagnostics {
        aside!("{}\n", diagnostic.render(context.color));
    }
}

/// Prints what is wrong with the input, with the number of errors, and gives the exit code for it.
pub(super) fn refuse(diagnostics: &[Diagnostic], context: &Context) -> Exit {
    print(diagnostics, context);
    let errors = diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error).count();
    if errors > 1 {
        aside!("{errors} errors; nothing was run");
    }
    Exit::Input
}
