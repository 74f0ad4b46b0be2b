//! What is said about one run of a scenario that ended: a line, or a block with all evidence.

use super::look::{Ink, duration};
use super::visible::{visible, visible_lines};
use super::{Look, render_evidence};
use crate::event::Event;
use crate::verdict::Verdict;

/// The parts of `ScenarioFinished` that reports for people show.
pub(super) struct Finished<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub requirements: &'a [String],
    pub verdict: &'a Verdict,
    pub elapsed_ms: f64,
    pub pending: &'a [String],
    pub kept: &'a [String],
    pub rerun: &'a str,
}

impl<'a> Finished<'a> {
    /// The parts, when the event is the end of a run.
    pub fn of(event: &'a Event) -> Option<Self> {
        match event {
            Event::ScenarioFinished {
                name, title, requirements, verdict, elapsed_ms, pending, kept, rerun, ..
            } => {
                let elapsed_ms = *elapsed_ms;
                Some(Self { name, title, requirements, verdict, elapsed_ms, pending, kept, rerun })
            }
            _ => None,
        }
    }

    /// Everything that is worth saying: a line for a run that is fine, a block for one that is not. Ends in a line feed.
    pub fn block(&self, look: &Look) -> String {
        let mut out = self.head(look);
        if let Some(reason) = self.reason() {
            out.push_str(&format!("  {}\n", visible_lines(reason).replace('\n', "\n  ")));
        }
        if !self.verdict.is_fine() || look.verbose {
            for evidence in self.verdict.evidence() {
                out.push('\n');
                out.push_str(&render_evidence(evidence, self.verdict.word(), look));
            }
        }
        out.push_str(&self.tail());
        out
    }

    /// The verdict, the name, the title and the requirements on one line.
    pub fn head(&self, look: &Look) -> String {
        let word = look.paint(self.ink(), &format!("{:<5}", self.verdict.word().to_uppercase()));
        let name = look.paint(Ink::Bold, &visible(self.name));
        let cited =
            if self.requirements.is_empty() { String::new() } else { format!(" [{}]", self.requirements.join(", ")) };
        let took = look.paint(Ink::Dim, &format!("({})", duration(self.elapsed_ms)));
        format!("{word} {name}: {}{} {took}\n", visible(self.title), visible(&cited))
    }

    fn ink(&self) -> Ink {
        match self.verdict {
            Verdict::Pass => Ink::Good,
            Verdict::Fail { .. } | Verdict::Error { .. } | Verdict::UnexpectedPass { .. } => Ink::Bad,
            Verdict::Inconclusive { .. } => Ink::Odd,
            Verdict::Skip { .. } | Verdict::ExpectedFailure { .. } => Ink::Dim,
        }
    }

    fn reason(&self) -> Option<&str> {
        match self.verdict {
            Verdict::Pass | Verdict::Fail { .. } | Verdict::Error { .. } => None,
            Verdict::Skip { reason }
            | Verdict::Inconclusive { reason }
            | Verdict::ExpectedFailure { reason, .. }
            | Verdict::UnexpectedPass { reason } => Some(reason),
        }
    }

    /// The command that accepts what is pending: names are quoted in `rerun`, and what it allows is allowed again.
    fn acceptance(&self) -> String {
        match self.rerun.strip_prefix("polyspec run") {
            Some(again) => format!("polyspec bless{}", again.replacen(" --exact", "", 1)),
            None => format!("polyspec bless {}", self.name),
        }
    }

    /// What can be done next.
    fn tail(&self) -> String {
        let pending = self.pending.iter().map(|path| format!("  pending: {}\n", visible(path)));
        let mut out: String = pending.collect();
        if !self.pending.is_empty() {
            out.push_str(&format!("           accept with: {}\n", visible(&self.acceptance())));
        }
        out.extend(self.kept.iter().map(|line| format!("     kept: {}\n", visible(line))));
        if !self.verdict.is_fine() && !self.rerun.is_empty() {
            out.push_str(&format!("    rerun: {}\n", visible(self.rerun)));
        }
        if out.is_empty() { out } else { format!("\n{out}") }
    }
}
