//! A scenario: one file, the requirements that it proves, and what it does.

use std::time::Duration;

use super::{Binding, NodeName, NodeSelector, Step};
use crate::source::{Span, Spanned};

/// One scenario file.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The path below the scenarios folder, with `/`; the name in reports and filters.
    pub path: String,
    /// The format of the file.
    pub format: Format,
    /// The sentence that says what holds.
    pub title: Spanned<String>,
    /// Ids of the requirements that it proves; none for one of the system's design.
    pub requirements: Vec<Spanned<String>>,
    /// What its system has decided and no requirement asks for. It is run on that system and on mutants of it only.
    pub design: Option<String>,
    /// Free words to select by.
    pub tags: Vec<Spanned<String>>,
    /// Its share inside the requirement.
    pub points: f64,
    /// Only graders see it run.
    pub hidden: bool,
    /// In grading it runs first: where it fails, what stands on its requirements cannot be examined.
    pub probe: bool,
    /// The folder of the system under test, relative to the suite; the suite's default when absent.
    pub system: Option<Spanned<String>>,
    /// What must be there beyond what the steps imply.
    pub needs: Vec<Spanned<Need>>,
    /// Variables with their values, in order; a later one may use an earlier one.
    pub vars: Vec<Binding>,
    /// One run and one verdict each; empty means one run.
    pub cases: Vec<Case>,
    /// The time limit of one run.
    pub timeout: Option<Duration>,
    /// Why it is expected to fail.
    pub todo: Option<String>,
    /// What it does.
    pub body: Body,
    /// The head of the file.
    pub span: Span,
}

/// The file format of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.yaml` or `.yml`.
    Yaml,
    /// `.slt`, the dialect of the `sqllogictest` crate.
    Slt,
}

/// What a scenario does.
#[derive(Clone, Debug)]
pub enum Body {
    /// The steps of a YAML scenario.
    Steps {
        /// Run in order until one does not hold.
        steps: Vec<Step>,
        /// Always run, also after a failure.
        finally: Vec<Step>,
    },
    /// The records of a `.slt` scenario.
    Slt(SltScript),
}

/// The records of a `.slt` file and of the files that it includes, already parsed.
#[derive(Clone, Debug)]
pub struct SltScript {
    /// In the order in which they run.
    pub records: Vec<SltRecord>,
}

/// A record of the `sqllogictest` crate and its place.
#[derive(Clone, Debug)]
pub struct SltRecord {
    /// The record. Column types are the crate's own defaults (`T`, `I`, `R`, `?`).
    pub record: sqllogictest::Record<sqllogictest::DefaultColumnType>,
    /// The record's lines, from its directive to its last line.
    pub span: Span,
    /// Where it runs: the `connection` line right before it; `None` is the scenario's own connection on any PostgreSQL peer.
    pub connection: Option<(NodeSelector, Option<String>)>,
}

/// One row of `cases`.
#[derive(Clone, Debug)]
pub struct Case {
    /// What follows `#` in the name of the test: the value of the key `case`, else the 1-based number.
    pub name: String,
    /// Its variables.
    pub bindings: Vec<Binding>,
    /// Where it was written.
    pub span: Span,
}

/// Something that must be there for a scenario to be run; if it is not, the scenario is skipped.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// `pg >= 17`, `mongo >= 6.0`: at least this major and minor version.
    Version(super::Engine, u32, u32),
    /// `faults`: nodes that polyspec owns and may stop.
    Faults,
    /// `pg.apj`: this node is in the topology.
    Node(NodeName),
    /// `mongo members >= 3`, `pg members >= 3`: at least so many nodes.
    Members(super::Engine, usize),
}
