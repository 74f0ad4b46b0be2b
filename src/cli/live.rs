//! A live bar for each node or table that is being filled; on something that is no terminal, a line when it is full.

use std::collections::BTreeMap;
use std::time::Instant;

use indicatif::{HumanCount, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::Context;
use super::say::{WARNING, aside};
use crate::event::{Event, Stamped};
use crate::source::visible;

/// The form of a bar.
const BAR: &str = "  {msg:14} [{bar:30}] {human_pos}/{human_len} rows, {per_sec}, {eta} left";

/// The bars.
pub(super) struct Live {
    lines: MultiProgress,
    bars: BTreeMap<String, (ProgressBar, Instant)>,
}

impl Live {
    /// No bars yet.
    pub fn new(context: &Context) -> Self {
        let target = if context.interactive { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Self { lines: MultiProgress::with_draw_target(target), bars: BTreeMap::new() }
    }

    /// Shows what an event says.
    pub fn event(&mut self, event: &Stamped) {
        match &event.event {
            Event::Progress { what, done, total } => self.moved(what, *done, *total),
            Event::ServerNotice { message } => self.line(message),
            Event::Warning { message } => self.line(&format!("{WARNING}{message}")),
            _ => {}
        }
    }

    /// So many rows are done.
    pub fn moved(&mut self, what: &str, done: u64, total: u64) {
        let style = || ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar());
        let (bar, begun) = self.bars.entry(what.to_string()).or_insert_with(|| {
            let bar = self.lines.add(ProgressBar::new(total).with_style(style()));
            (bar.with_message(what.to_string()), Instant::now())
        });
        bar.set_position(done);
        if done < total {
            return;
        }
        let seconds = begun.elapsed().as_secs_f64();
        bar.finish_and_clear();
        self.bars.remove(what);
        let line = format!("{what}: {} rows in {seconds:.1} s{}", HumanCount(total), rate(total, seconds));
        self.line(&line);
    }

    /// A line of its own, above the bars where there are any. That no one reads it stops nothing.
    fn line(&self, text: &str) {
        let text = visible(text);
        match self.lines.is_hidden() {
            true => aside!("{text}"),
            false => drop(self.lines.println(text)),
        }
    }
}

/// How many a second; of what was there at once nothing can be said.
fn rate(total: u64, seconds: f64) -> String {
    match seconds >= 0.1 {
        true => format!(", {} a second", HumanCount((total as f64 / seconds) as u64)),
        false => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_one_that_indicatif_knows() {
        assert!(ProgressStyle::with_template(BAR).is_ok());
    }
}
