//! Reports of a graded submission. What students get (Gradescope, Markdown, GitHub Classroom) shows of a hidden scenario its
//! title and its outcome, nothing else; what graders get (the terminal, JSON, CSV, JUnit) shows all.

mod classroom;
mod csv;
mod feedback;
mod gradescope;
mod junit;
mod markdown;
mod terminal;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;

pub use csv::{course, statistics};
pub use terminal::scorecard;

pub use super::file::write_atomically;
use crate::grade::Grading;

/// A form of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `results.json` of a Gradescope autograder.
    Gradescope,
    /// The result of GitHub Classroom's autograding.
    Classroom,
    /// Feedback for the submission's author.
    Markdown,
    /// Everything.
    Json,
    /// A line a requirement.
    Csv,
    /// JUnit XML.
    JUnit,
}

impl Kind {
    /// All, by the word of the command line.
    pub const ALL: [(&str, Kind); 6] = [
        ("gradescope", Kind::Gradescope),
        ("classroom", Kind::Classroom),
        ("markdown", Kind::Markdown),
        ("json", Kind::Json),
        ("csv", Kind::Csv),
        ("junit", Kind::JUnit),
    ];

    /// The kind of that word.
    pub fn named(word: &str) -> Option<Kind> {
        Self::ALL.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
    }

    /// The report as text.
    ///
    /// # Errors
    /// It cannot be put into its form.
    pub fn render(self, grading: &Grading) -> io::Result<String> {
        match self {
            Kind::Gradescope => Ok(gradescope::render(grading)),
            Kind::Classroom => Ok(classroom::render(grading)),
            Kind::Markdown => Ok(markdown::render(grading)),
            Kind::Json => serde_json::to_string_pretty(grading).map_err(io::Error::other),
            Kind::Csv => csv::requirements(grading),
            Kind::JUnit => junit::render(grading),
        }
    }

    /// Writes the report; a reader never sees half of one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(self, grading: &Grading, path: &Path) -> io::Result<()> {
        write_atomically(path, self.render(grading)?.as_bytes())
    }
}
