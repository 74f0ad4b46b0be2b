//! The table of what was measured, each figure with its target.

use crate::measure;

/// What a figure should be.
#[derive(Clone, Copy)]
pub enum Target {
    /// No less.
    AtLeast(f64),
    /// No more.
    AtMost(f64),
    /// Shown for comparison.
    None,
}

struct Line {
    what: String,
    sides: String,
    figure: f64,
    unit: &'static str,
    target: Target,
}

/// Lines in the order in which they were measured.
#[derive(Default)]
pub struct Table(Vec<Line>);

impl Table {
    /// Adds a figure; it is also printed at once, since the whole takes minutes.
    pub fn add(
        &mut self,
        what: impl Into<String>,
        sides: impl Into<String>,
        figure: f64,
        unit: &'static str,
        target: Target,
    ) {
        let line = Line { what: what.into(), sides: sides.into(), figure, unit, target };
        println!("{}", line.render());
        self.0.push(line);
    }

    /// The whole table.
    pub fn render(&self, repetitions: usize) -> String {
        let head = format!("{:<47} {:<37} {:>11}  {:>9}", "what", "measured", "figure", "target");
        let lines: Vec<String> = self.0.iter().map(Line::render).collect();
        format!("\nmedians of {repetitions}, {}\n{head}\n{}", measure::load(), lines.join("\n"))
    }
}

impl Line {
    fn render(&self) -> String {
        let (target, word) = match self.target {
            Target::AtLeast(least) => (format!(">= {least}"), if self.figure >= least { "met" } else { "MISSED" }),
            Target::AtMost(most) => (format!("<= {most}"), if self.figure <= most { "met" } else { "MISSED" }),
            Target::None => (String::new(), ""),
        };
        let figure = format!("{:.2} {}", self.figure, self.unit);
        let line = format!("{:<47} {:<37} {figure:>11}  {target:>9}  {word}", self.what, self.sides);
        line.trim_end().to_string()
    }
}
