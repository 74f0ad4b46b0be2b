//! The live lines at the bottom of a terminal: counts, what is running, and a bar for each download and each node that gets rows.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

use super::visible::{clip, visible};

/// An output that the report's own lines and the live lines share.
#[derive(Clone)]
pub(super) struct Screen {
    out: Arc<Mutex<Box<dyn Write + Send>>>,
    width: usize,
    width_now: fn() -> Option<usize>,
}

impl Screen {
    /// The output, `width` columns wide unless `width_now` knows better at the moment.
    pub fn new(out: Box<dyn Write + Send>, width: usize, width_now: fn() -> Option<usize>) -> Self {
        Self { out: Arc::new(Mutex::new(out)), width, width_now }
    }

    fn columns(&self) -> usize {
        (self.width_now)().unwrap_or(self.width)
    }

    /// Writes the text and flushes, so that a person sees it at once.
    pub fn put(&self, text: &str) -> io::Result<()> {
        let mut out = self.lock();
        out.write_all(text.as_bytes())?;
        out.flush()
    }

    fn lock(&self) -> MutexGuard<'_, Box<dyn Write + Send>> {
        self.out.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a part of the live lines. indicatif panics when it cannot draw them, and a terminal may go while a run goes on.
    fn draw(&self, part: &str) -> io::Result<()> {
        let _ = self.lock().write_all(part.as_bytes());
        Ok(())
    }

    /// Moves the cursor (ECMA-48, 8.3.18 to 8.3.22).
    fn cursor(&self, count: usize, direction: char) -> io::Result<()> {
        if count == 0 { Ok(()) } else { self.draw(&format!("\x1b[{count}{direction}")) }
    }
}

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Screen({} columns)", self.width)
    }
}

impl TermLike for Screen {
    fn width(&self) -> u16 {
        u16::try_from(self.columns()).unwrap_or(u16::MAX)
    }

    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        self.cursor(n, 'A')
    }

    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        self.cursor(n, 'B')
    }

    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        self.cursor(n, 'C')
    }

    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        self.cursor(n, 'D')
    }

    fn write_line(&self, s: &str) -> io::Result<()> {
        self.draw(&format!("{s}\n"))
    }

    fn write_str(&self, s: &str) -> io::Result<()> {
        self.draw(s)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.draw("\r\x1b[2K")
    }

    fn flush(&self) -> io::Result<()> {
        let _ = self.lock().flush();
        Ok(())
    }
}

/// The bar of generated rows.
const ROWS: &str = "  {msg} [{bar:30}] {human_pos}/{human_len} rows, {per_sec}";

/// The live lines.
pub(super) struct Progress {
    lines: MultiProgress,
    status: ProgressBar,
    bars: BTreeMap<String, ProgressBar>,
    screen: Screen,
}

impl Progress {
    /// Draws on the screen from now on, and ten times a second so that the time goes on.
    pub fn new(screen: &Screen) -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::term_like(Box::new(screen.clone())));
        let status = lines.add(ProgressBar::new_spinner().with_style(style("{spinner} {elapsed} {msg}")));
        status.enable_steady_tick(Duration::from_millis(100));
        Self { lines, status, bars: BTreeMap::new(), screen: screen.clone() }
    }

    /// What the status line says.
    pub fn say(&self, message: &str) {
        let room = self.screen.columns().saturating_sub(12).max(20);
        self.status.set_message(clip(&visible(message), room).into_owned());
    }

    /// Moves the bar of a download; the bar goes away when everything is there.
    pub fn download(&mut self, name: &str, done: u64, total: Option<u64>) {
        let bar = self.bars.entry(name.to_string()).or_insert_with(|| {
            let bar = self.lines.add(ProgressBar::no_length());
            bar.set_message(visible(name).into_owned());
            bar
        });
        if let Some(total) = total {
            bar.set_style(style("  {msg} [{bar:30}] {bytes}/{total_bytes}"));
            bar.set_length(total);
        } else {
            bar.set_style(style("  {msg} {bytes}"));
        }
        bar.set_position(done);
        if total.is_some_and(|total| done >= total) {
            bar.finish_and_clear();
            self.bars.remove(name);
        }
    }

    /// Moves the bar of rows that are made for a node; the bar goes away when all are there.
    pub fn rows(&mut self, node: &str, done: u64, total: u64) {
        let bar = self.bars.entry(node.to_string()).or_insert_with(|| {
            let bar = self.lines.add(ProgressBar::new(total).with_style(style(ROWS)));
            bar.set_message(visible(node).into_owned());
            bar
        });
        bar.set_position(done);
        if done >= total {
            bar.finish_and_clear();
            self.bars.remove(node);
        }
    }

    /// Takes the live lines away while `write` puts other lines on the screen.
    pub fn aside<T>(&self, write: impl FnOnce() -> T) -> T {
        self.lines.suspend(write)
    }

    /// Takes the live lines away for good.
    pub fn end(&mut self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
        self.bars.clear();
        self.status.finish_and_clear();
    }
}

/// A template of indicatif; the plain style if the template is wrong, which a test would see.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_are_templates_that_indicatif_knows() {
        for template in
            [ROWS, "{spinner} {elapsed} {msg}", "  {msg} [{bar:30}] {bytes}/{total_bytes}", "  {msg} {bytes}"]
        {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
