//! The report for people: live lines where there is a terminal, a block for everything that is not as it should be at the
//! moment it is known, and a summary.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::block::Finished;
use super::look::{Ink, Look, count, duration};
use super::progress::{Progress, Screen};
use super::timings::Timings;
use super::visible::visible;
use super::{Reporter, summary};
use crate::event::{Event, Stamped, Summary};
use crate::tally::Tally;
use crate::verdict::Verdict;

/// How the report for people looks.
#[derive(Clone, Copy, Debug)]
pub struct TerminalOptions {
    /// Whether colours are used. The caller has asked `NO_COLOR` and the terminal.
    pub color: bool,
    /// Whether live lines are drawn: the output is a terminal that can move its cursor.
    pub interactive: bool,
    /// Columns of a line.
    pub width: usize,
    /// The columns of the terminal at the moment of the call, for the live lines; `width` where it gives none.
    pub width_now: fn() -> Option<usize>,
    /// Whether passed runs and notices are told, evidence of expected failures is shown, and long texts are shown whole.
    pub verbose: bool,
    /// Whether the end says where the time went; `verbose` does so too.
    pub timings: bool,
    /// How many blocks are shown whole; later ones are one line each. `None` is no limit, as is `verbose`.
    pub max_failures_shown: Option<usize>,
}

impl Default for TerminalOptions {
    /// For a file or a pipe: no colours, no live lines, 100 columns.
    fn default() -> Self {
        Self {
            color: false,
            interactive: false,
            width: 100,
            width_now: || None,
            verbose: false,
            timings: false,
            max_failures_shown: Some(25),
        }
    }
}

/// The report for people.
pub struct Terminal {
    options: TerminalOptions,
    look: Look,
    screen: Screen,
    progress: Option<Progress>,
    tally: Tally,
    selected: usize,
    /// Whether nothing was left out: only then it is worth a word what nothing proves.
    whole: bool,
    running: Vec<String>,
    downloads: BTreeSet<String>,
    timings: Timings,
    shown: usize,
    /// Whether the last line is the empty one after a block.
    after_block: bool,
    cut: usize,
    over: bool,
    error: Option<io::Error>,
}

impl Terminal {
    /// A report to `out`. Nothing but what [`TerminalOptions`] allows is written there: no control characters except line
    /// feeds when it is neither `color` nor `interactive`.
    pub fn new(options: TerminalOptions, out: Box<dyn Write + Send>) -> Self {
        let screen = Screen::new(out, options.width, options.width_now);
        Self {
            look: Look { color: options.color, width: options.width, verbose: options.verbose },
            progress: options.interactive.then(|| Progress::new(&screen)),
            options,
            screen,
            tally: Tally::new(),
            selected: 0,
            whole: false,
            running: vec![],
            downloads: BTreeSet::new(),
            timings: Timings::default(),
            shown: 0,
            after_block: false,
            cut: 0,
            over: false,
            error: None,
        }
    }

    fn put(&mut self, text: &str) {
        self.after_block = false;
        let written = match &self.progress {
            Some(progress) => progress.aside(|| self.screen.put(text)),
            None => self.screen.put(text),
        };
        // A reader who has gone (`polyspec run 2>&1 | head -1`) stops nothing; a full disk is told at the end.
        if let Err(error) = written
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.error.get_or_insert(error);
        }
    }

    fn note(&mut self, text: &str) {
        let text = format!("{}\n", self.look.paint(Ink::Dim, &visible(text)));
        self.put(&text);
    }

    fn download(&mut self, name: &str, done: u64, total: Option<u64>) {
        match &mut self.progress {
            Some(progress) => progress.download(name, done, total),
            None if self.downloads.insert(name.to_string()) => {
                let size = total.map(|bytes| format!(" ({:.1} MB)", bytes as f64 / 1e6)).unwrap_or_default();
                self.note(&format!("downloading {name}{size}"));
            }
            None => {}
        }
    }

    fn finished(&mut self, finished: &Finished) {
        self.running.retain(|name| name != finished.name);
        match finished.verdict {
            Verdict::Pass if !self.options.verbose && finished.pending.is_empty() && finished.kept.is_empty() => {}
            Verdict::Pass | Verdict::Skip { .. } | Verdict::ExpectedFailure { .. } => {
                let block = finished.block(&self.look);
                self.put(&block);
            }
            Verdict::Fail { .. }
            | Verdict::Error { .. }
            | Verdict::Inconclusive { .. }
            | Verdict::UnexpectedPass { .. } => self.not_fine(finished),
        }
    }

    fn not_fine(&mut self, finished: &Finished) {
        let limit = self.options.max_failures_shown.filter(|_| !self.options.verbose);
        if limit.is_some_and(|limit| self.shown >= limit) {
            self.cut += 1;
            let head = finished.head(&self.look);
            return self.put(&head);
        }
        self.shown += 1;
        let lead = if self.after_block { "" } else { "\n" };
        let block = format!("{lead}{}\n", finished.block(&self.look));
        self.put(&block);
        self.after_block = true;
    }

    fn status(&self) {
        let Some(progress) = &self.progress else { return };
        let counts = self.tally.summary(0);
        let mut status = format!("{}/{}", self.tally.finished(), self.selected);
        for (number, word) in
            [(counts.failed, "failed"), (counts.errors, "broken"), (counts.inconclusive, "inconclusive")]
        {
            if number > 0 {
                status.push_str(&format!(", {number} {word}"));
            }
        }
        if !self.running.is_empty() {
            status.push_str(&format!("  {}", self.running.join(", ")));
        }
        progress.say(&status);
    }

    fn summary(&mut self, summary: &Summary) {
        self.over = true;
        self.running.clear();
        let mut text = String::from(if self.after_block { "" } else { "\n" });
        if self.cut > 0 {
            text.push_str(&format!("{} not shown in full; --verbose shows them all\n", count(self.cut, "failure")));
        }
        if self.options.verbose || self.options.timings {
            text.push_str(&self.timings.shown(&self.look));
        }
        text.push_str(&summary::requirements(summary, self.whole, &self.look));
        text.push_str(&summary::counts(summary, &self.look));
        self.put(&text);
    }
}

impl Reporter for Terminal {
    fn event(&mut self, stamped: &Stamped) {
        self.tally.note(&stamped.event);
        self.timings.note(&stamped.event);
        match &stamped.event {
            Event::RunStarted { suite, selected, filtered_out, jobs, seed, .. } => {
                self.selected = *selected;
                self.whole = *filtered_out == 0;
                let left_out = if *filtered_out > 0 { format!(", {filtered_out} left out") } else { String::new() };
                let (scenarios, workers) = (count(*selected, "scenario"), count(*jobs, "worker"));
                self.note(&format!("{suite}: {scenarios}{left_out}; {workers}; seed {seed}"));
            }
            Event::CopiesKept { message } => self.note(message),
            Event::Warning { message } => {
                let word = self.look.paint(Ink::Odd, "warning");
                let text = format!("{word}: {}\n", visible(message));
                self.put(&text);
            }
            Event::ServerNotice { message } => {
                if self.options.verbose {
                    self.note(message);
                } else if let Some(progress) = &self.progress {
                    progress.say(message);
                }
            }
            Event::Download { name, done, total } => self.download(name, *done, *total),
            Event::Progress { what, done, total } => {
                if let Some(progress) = &mut self.progress {
                    progress.rows(what, *done, *total);
                }
            }
            Event::ServersReady { nodes, owned, elapsed_ms } => {
                let whose = if *owned { "started" } else { "found" };
                let took = duration(*elapsed_ms as f64);
                self.note(&format!("servers {whose} in {took}: {}", nodes.join(", ")));
            }
            // Grading, which alone lets a build go on, shows it with the score.
            Event::BuildStepFailed { .. } => {}
            Event::SystemReady { system, elapsed_ms } => {
                if self.options.verbose {
                    self.note(&format!("system {system} built in {}", duration(*elapsed_ms as f64)));
                }
            }
            Event::ScenarioStarted { name } => {
                self.running.push(name.clone());
                self.status();
            }
            Event::LagMeasured { name, place, lag_ms } => {
                if self.options.verbose {
                    self.note(&format!("lag of {name} at {place}: {}", duration(*lag_ms)));
                }
            }
            Event::ScenarioFinished { .. } => {
                if let Some(finished) = Finished::of(&stamped.event) {
                    self.finished(&finished);
                }
                self.status();
            }
            Event::GoldensUnused { paths } => {
                let lines: String = paths.iter().map(|path| format!("\n  {}", visible(path))).collect();
                let word = self.look.paint(Ink::Odd, "warning");
                let text = format!("{word}: no scenario uses these golden files:{lines}\n");
                self.put(&text);
            }
            Event::Interrupted => self.note("interrupted: what runs is torn down, nothing new begins"),
            Event::RunFinished { summary } => self.summary(summary),
        }
    }

    fn finish(&mut self) -> io::Result<()> {
        if !self.over {
            let word = self.look.paint(Ink::Bad, "error");
            let text = format!("{word}: the run ended before it was finished; what is above is not all\n");
            self.put(&text);
        }
        if let Some(mut progress) = self.progress.take() {
            progress.end();
        }
        self.error.take().map_or(Ok(()), Err)
    }
}
