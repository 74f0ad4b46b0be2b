//! Verdicts and their evidence: passive, serialisable nouns. A wrong row is data here; broken machinery is a verdict of
//! its own.

use serde::{Deserialize, Serialize};

use crate::source::Span;

/// How a run of a scenario (or of one of its cases) ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// Everything that was expected came.
    Pass,
    /// The system under test is wrong.
    Fail {
        /// What was seen, at least one.
        evidence: Vec<Evidence>,
    },
    /// The scenario or the machinery is wrong.
    Error {
        /// What went wrong, at least one.
        evidence: Vec<Evidence>,
    },
    /// Something that the scenario needs is missing.
    Skip {
        /// What.
        reason: String,
    },
    /// Nothing was proven.
    Inconclusive {
        /// Why.
        reason: String,
    },
    /// It failed, as its `todo` says.
    ExpectedFailure {
        /// The `todo`.
        reason: String,
        /// What was seen.
        evidence: Vec<Evidence>,
    },
    /// It passed although its `todo` says that it fails; counted as a failure, so that the `todo` goes away.
    UnexpectedPass {
        /// The `todo`.
        reason: String,
    },
}

/// One thing that was not as expected.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// One sentence: what does not hold.
    pub message: String,
    /// Where the expectation was written.
    pub place: Option<Place>,
    /// The node that answered.
    pub node: Option<String>,
    /// SQLSTATE or MongoDB code with its name, when a server refused something: `23505 unique_violation`.
    pub code: Option<String>,
    /// What was expected, as text of one or more lines.
    pub expected: Option<String>,
    /// What came, as text of one or more lines.
    pub actual: Option<String>,
    /// The difference, row by row.
    pub diff: Option<Diff>,
    /// More that helps: the server's DETAIL and HINT, values of variables, a nondeterminism that was seen.
    pub notes: Vec<String>,
    /// Whether the scenario is wrong rather than the system: an expectation that cannot be used, which shows only when its
    /// variables have their values.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unusable: bool,
}

impl Evidence {
    /// A sentence about what was written at `span`.
    pub fn at(span: &Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), place: Some(Place::of(span)), ..Self::default() }
    }
}

/// A place in a file together with the lines around it, so that a report needs no file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The file as it is shown.
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// How many characters are underlined on that line, at least 1.
    pub width: usize,
    /// The lines around with their numbers.
    pub excerpt: Vec<(usize, String)>,
}

/// A difference between two lists of rows, documents or lines.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// What the columns are, when rows are compared.
    pub header: Option<String>,
    /// The lines in order.
    pub lines: Vec<DiffLine>,
    /// How many more lines differ that are not shown.
    pub omitted: usize,
}

/// A line of a difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiffLine {
    /// Which side it is on.
    pub side: DiffSide,
    /// The text.
    pub text: String,
    /// Ranges of characters in `text` that differ from the line's counterpart.
    pub marks: Vec<(usize, usize)>,
}

/// The side of a line of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiffSide {
    /// On both sides.
    Same,
    /// Expected, and missing.
    Missing,
    /// Came, and was not expected.
    Extra,
    /// A number of equal lines that are left out; `text` says how many.
    Gap,
}

impl Place {
    /// The place of a span with two lines of context on each side.
    pub fn of(span: &Span) -> Self {
        let (line, column) = span.line_column();
        let (end_line, end_column) = span.file.line_column(span.end);
        let line_width = span.file.line(line).map_or(1, |text| text.chars().count() + 1);
        let until = if end_line == line { end_column } else { line_width };
        let excerpt = (line.saturating_sub(2).max(1)..=line + 2)
            .filter_map(|number| span.file.line(number).map(|text| (number, text.to_string())))
            .collect();
        Self { file: span.file.name().to_string(), line, column, width: until.saturating_sub(column).max(1), excerpt }
    }
}

impl Verdict {
    /// Whether the run is as it should be: passed, skipped, or failed as its `todo` says.
    pub fn is_fine(&self) -> bool {
        matches!(self, Verdict::Pass | Verdict::Skip { .. } | Verdict::ExpectedFailure { .. })
    }

    /// The word for summaries and reports.
    pub fn word(&self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Fail { .. } => "fail",
            Verdict::Error { .. } => "error",
            Verdict::Skip { .. } => "skip",
            Verdict::Inconclusive { .. } => "inconclusive",
            Verdict::ExpectedFailure { .. } => "expected failure",
            Verdict::UnexpectedPass { .. } => "unexpected pass",
        }
    }

    /// What was seen, if anything.
    pub fn evidence(&self) -> &[Evidence] {
        match self {
            Verdict::Fail { evidence } | Verdict::Error { evidence } | Verdict::ExpectedFailure { evidence, .. } => {
                evidence
            }
            _ => &[],
        }
    }
}
