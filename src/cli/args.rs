//! What can be written on the command line.

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::model::NodeSelector;

/// Runs scenarios on live PostgreSQL and MongoDB and says what does not hold.
#[derive(Debug, Parser)]
#[command(name = "polyspec", version, about, propagate_version = true, disable_help_subcommand = true)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    /// Show every scenario, not only those that are not fine; `-vv` also shows the work on servers, with times
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(super) verbose: u8,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run scenarios; the servers that they need are started and taken down again
    Run(Run),
    /// Accept what is pending as the new goldens, after two runs that agree
    Bless(Bless),
    /// Walk through what is pending, with its difference, and accept or reject each
    Review(Bless),
    /// Read every file of the suite and say what is wrong, without a server
    Check(Check),
    /// List the scenarios that a selection runs
    List(List),
    /// Grade submissions: run the suite on systems that someone else built, and count the points
    Grade(Grade),
    /// Run the suite over systems that each break one thing, and say which it does not notice
    Mutants(Mutants),
    /// Start the servers of the suite and leave them running; with `--rows`, build the system there and fill it
    Up(Up),
    /// Make realistic rows: into the system on the servers that `up` keeps, or into files
    Generate(Generate),
    /// Stop the servers that `up` started
    Down(Down),
    /// Show the servers that `up` started
    Status(Status),
    /// Say what is there, what is missing, and the command that fixes it
    Doctor(Doctor),
    /// Make reports of a recorded run (`--report json=FILE`)
    Replay(Replay),
    /// Print the JSON Schema of a kind of file, for editors
    Schema(Schema),
}

/// Where the suite is.
#[derive(Args, Clone, Debug)]
pub(super) struct SuiteArgs {
    /// The suite's folder, or one below it
    #[arg(long, short = 'C', value_name = "DIR", default_value = ".", global = true)]
    pub suite: PathBuf,
}

/// Which runs.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct SelectArgs {
    /// Part of a name, a glob, `path#case`, or a file or folder; all scenarios when absent
    pub names: Vec<String>,
    /// Names must match whole
    #[arg(long)]
    pub exact: bool,
    /// Only scenarios with this tag
    #[arg(long = "tag", value_name = "TAG")]
    pub tags: Vec<String>,
    /// Only scenarios that prove this requirement, or one below it (`P2` is P2.1, P2.2, …)
    #[arg(long = "requirement", short = 'r', value_name = "ID")]
    pub requirements: Vec<String>,
    /// Not those that match
    #[arg(long, value_name = "NAME")]
    pub exclude: Vec<String>,
    /// The k-th of n parts of the selection
    #[arg(long, value_name = "K/N", value_parser = shard)]
    pub shard: Option<(u32, u32)>,
    /// In a shuffled order; with a seed, in that one
    #[arg(long, value_name = "SEED", num_args = 0..=1, require_equals = true)]
    pub shuffle: Option<Option<u64>>,
    /// Hidden scenarios too
    #[arg(long)]
    pub hidden: bool,
}

/// On which servers.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct ServerArgs {
    /// A PostgreSQL server to use instead of one of polyspec's own (`apj=postgresql://…`)
    #[arg(long = "pg-url", value_name = "NAME=URL", value_parser = named)]
    pub pg_urls: Vec<(String, String)>,
    /// A MongoDB replica set to use instead of one of polyspec's own
    #[arg(long, value_name = "URL")]
    pub mongo_url: Option<String>,
    /// Use the endpoints of this profile of `polyspec.yaml`
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
}

/// What the files of a suite cannot allow themselves.
#[derive(Args, Clone, Debug, Default)]
pub(super) struct PermitArgs {
    /// Let steps start programs (`run`)
    #[arg(long)]
    pub allow_run: bool,
    /// Let scenarios change what every database of external servers sees: roles, settings, other databases
    #[arg(long)]
    pub allow_cluster_changes: bool,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Run {
    #[command(flatten)]
    pub suite: SuiteArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    #[command(flatten)]
    pub servers: ServerArgs,
    #[command(flatten)]
    pub permit: PermitArgs,
    /// Run on this system instead of the one that the suite or the scenario names
    #[arg(long, value_name = "DIR")]
    pub system: Option<String>,
    /// How many scenarios run side by side [default: the number of cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// Keep the copies of failed scenarios and print how to connect to them
    #[arg(long)]
    pub keep: bool,
    /// Let no scenario be skipped: the run then ends with 4 [default: true where `CI` is set]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub strict: Option<bool>,
    /// Begin no new scenario after the first that is not fine
    #[arg(long)]
    pub fail_fast: bool,
    /// Write a report: `junit=FILE` or `json=FILE`
    #[arg(long = "report", value_name = "KIND=FILE", value_parser = named)]
    pub reports: Vec<(String, String)>,
    /// Show where the time goes
    #[arg(long)]
    pub timings: bool,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Bless {
    #[command(flatten)]
    pub suite: SuiteArgs,
    #[command(flatten)]
    pub servers: ServerArgs,
    #[command(flatten)]
    pub permit: PermitArgs,
    /// Part of a name, a glob, `path#case`, or a file; everything that is pending when absent
    pub names: Vec<String>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Check {
    #[command(flatten)]
    pub suite: SuiteArgs,
    #[command(flatten)]
    pub select: SelectArgs,
}

#[derive(Args, Clone, Debug)]
pub(super) struct List {
    #[command(flatten)]
    pub suite: SuiteArgs,
    #[command(flatten)]
    pub select: SelectArgs,
    /// As JSON, a line a run
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Grade {
    #[command(flatten)]
    pub suite: SuiteArgs,
    #[command(flatten)]
    pub servers: ServerArgs,
    #[command(flatten)]
    pub permit: PermitArgs,
    /// Submissions: folders or zips with a `system.yaml`
    #[arg(required = true)]
    pub paths: Vec<PathBuf>,
    /// Only scenarios that prove this requirement, or one below it (`P2` is P2.1, P2.2, …)
    #[arg(long = "requirement", short = 'r', value_name = "ID")]
    pub requirements: Vec<String>,
    /// Write a report of the one submission: `gradescope=FILE`, `classroom=`, `markdown=`, `json=`, `csv=` or `junit=`
    #[arg(long = "report", value_name = "KIND=FILE", value_parser = named)]
    pub reports: Vec<(String, String)>,
    /// For a course: below this folder a folder for each submission with its reports, and a table of all. What was graded
    /// before is kept as long as the submission and the suite are the same
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Grade these submissions of `--out` anew, whatever is kept of them; all of them without a name
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true, requires = "out")]
    pub regrade: Option<Option<String>>,
    /// What becomes of the points of what could not be examined
    #[arg(long, value_enum, default_value = "zero")]
    pub blocked: BlockedPoints,
    /// How many scenarios run side by side [default: the number of cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// End with 1 where a submission has fewer per cent of the points than this
    #[arg(long, value_name = "PERCENT")]
    pub min: Option<f64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum BlockedPoints {
    /// They are lost with what they stand on
    Zero,
    /// The rest is scaled to them
    Scaled,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Mutants {
    #[command(flatten)]
    pub suite: SuiteArgs,
    #[command(flatten)]
    pub servers: ServerArgs,
    #[command(flatten)]
    pub permit: PermitArgs,
    /// Only mutants whose names contain one of these; all when absent
    pub names: Vec<String>,
    /// The folder of mutants [default: that of the suite, `fixtures/mutants` if it names none]
    #[arg(long, value_name = "DIR", conflicts_with = "generate")]
    pub mutants: Option<String>,
    /// Generate the mutants from the suite's system: its catalogs, its data, its code, its lists of steps, its replication
    #[arg(long)]
    pub generate: bool,
    /// Only so many of the generated mutants: some of each kind, on each thing that they change
    #[arg(long, value_name = "N", requires = "generate")]
    pub sample: Option<usize>,
    /// The same seed draws the same sample [default: a random one, which is printed]
    #[arg(long, value_name = "SEED", requires = "sample")]
    pub seed: Option<u64>,
    /// Only print the generated mutants and what each changes
    #[arg(long, requires = "generate")]
    pub list: bool,
    /// Run every scenario that cites what a mutant breaks, not only until one has failed, and name those that never fail
    #[arg(long)]
    pub all: bool,
    /// How many mutants run side by side [default: the number of cores]
    #[arg(long, short, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Up {
    #[command(flatten)]
    pub suite: SuiteArgs,
    #[command(flatten)]
    pub permit: PermitArgs,
    /// Print the URLs as JSON
    #[arg(long)]
    pub json: bool,
    /// Build this system on them, in a database named as its folder, to be looked at
    #[arg(long, value_name = "DIR", conflicts_with_all = ["json", "foreground"])]
    pub system: Option<String>,
    /// And fill it: so many rows in each table and each collection (the suite's own system without `--system`)
    #[arg(long, value_name = "N", conflicts_with_all = ["json", "foreground"])]
    pub rows: Option<u64>,
    /// The same seed makes the same rows [default: a random one, which is printed]
    #[arg(long, value_name = "SEED", requires = "rows")]
    pub seed: Option<String>,
    /// Drop the database of that name first
    #[arg(long)]
    pub replace: bool,
    /// Stay in the foreground (this is what `up` starts in the background)
    #[arg(long, hide = true)]
    pub foreground: bool,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Generate {
    #[command(flatten)]
    pub suite: SuiteArgs,
    #[command(flatten)]
    pub servers: ServerArgs,
    #[command(flatten)]
    pub permit: PermitArgs,
    /// How many rows each table and each collection gets
    #[arg(long, value_name = "N")]
    pub rows: u64,
    /// The same seed makes the same rows [default: a random one, which is printed]
    #[arg(long, value_name = "SEED")]
    pub seed: Option<String>,
    /// The system whose rows are made, if not the suite's own
    #[arg(long, value_name = "DIR")]
    pub system: Option<String>,
    /// The node that gets the rows of tables (`pg.emea`), instead of the first
    #[arg(long, value_name = "NODE", value_parser = node, conflicts_with = "out")]
    pub on: Option<NodeSelector>,
    /// The database to fill, which must be there; needed with `--pg-url` and `--mongo-url`
    #[arg(long, value_name = "NAME", conflicts_with = "out")]
    pub database: Option<String>,
    /// Write files below this folder instead; no server is needed
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The form of the files
    #[arg(long, default_value = "csv", requires = "out")]
    pub format: Format,
    /// Only files of this table or collection
    #[arg(long = "table", value_name = "NAME", requires = "out")]
    pub tables: Vec<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Format {
    /// Comma-separated values with a header
    Csv,
    /// An array of objects, in Extended JSON for collections
    Json,
    /// An object a line, in Extended JSON for collections
    Jsonl,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Down {
    #[command(flatten)]
    pub suite: SuiteArgs,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Status {
    #[command(flatten)]
    pub suite: SuiteArgs,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Doctor {
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Replay {
    /// The recorded run, as `--report json=FILE` wrote it
    pub file: PathBuf,
    /// Write a report: `junit=FILE` or `json=FILE`
    #[arg(long = "report", value_name = "KIND=FILE", value_parser = named)]
    pub reports: Vec<(String, String)>,
    /// Show where the time goes
    #[arg(long)]
    pub timings: bool,
}

#[derive(Args, Clone, Debug)]
pub(super) struct Schema {
    /// The kind of file
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Kind {
    Scenario,
    System,
    Settings,
    Requirements,
    Survivors,
}

fn node(text: &str) -> Result<NodeSelector, String> {
    crate::language::node_selector(text)
}

fn named(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => Ok((name.into(), value.into())),
        _ => Err("write it as NAME=VALUE".into()),
    }
}

fn shard(text: &str) -> Result<(u32, u32), String> {
    let parts = text.split_once('/').and_then(|(k, n)| Some((k.parse().ok()?, n.parse().ok()?)));
    parts.filter(|(k, n)| 1 <= *k && k <= n).ok_or_else(|| "write it as K/N with K from 1 to N".into())
}
