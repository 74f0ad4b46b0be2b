//! A step: it sends something to a live node and says what is expected back.

use std::sync::Arc;
use std::time::Duration;

use super::{Binding, Engine, Expectation, Generate, NodeName, NodeSelector, Program, Template, Value, Workload};
use crate::source::{Span, Spanned};

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// The whole step.
    pub span: Span,
    /// What it does.
    pub action: Action,
    /// The place of the action's key.
    pub action_span: Span,
    /// The nodes; empty means the default of the action's engine (`pg` or `mongo`).
    pub on: Vec<Spanned<NodeSelector>>,
    /// A named connection or client session.
    pub session: Option<Spanned<String>>,
    /// For MongoDB: what happens to the session's transaction, before the command (`start`) or instead of one.
    pub transaction: Option<Spanned<TransactionVerb>>,
    /// What must come back; without one the step must merely succeed.
    pub expect: Option<Expectation>,
    /// The section of the golden file that the output is compared with.
    pub golden: Option<Spanned<String>>,
    /// Retry until `expect` holds, for at most this long.
    pub eventually: Option<Spanned<Duration>>,
    /// The cursor of the command never ends and stays open (a change stream, a tailable cursor); the name is for `await`.
    pub stream: Option<Spanned<String>>,
    /// The step must be seen waiting on a lock; the name is for `await`.
    pub blocks: Option<Spanned<String>>,
    /// Variables to keep: name and path (`0.0`, `documents.0._id`, `value`).
    pub save: Vec<(Spanned<String>, Spanned<String>)>,
    /// The time limit of one statement, instead of the suite's.
    pub timeout: Option<Spanned<Duration>>,
}

impl Step {
    /// Where it runs without `on`; `None` when it speaks to no node by itself.
    pub fn default_selector(&self) -> Option<NodeSelector> {
        let engine = match &self.action {
            Action::Sql { .. } | Action::Explain(ExplainTarget::Sql(_)) => Engine::Pg,
            Action::Mongo(_) | Action::Explain(ExplainTarget::Mongo(_)) | Action::Transaction => Engine::Mongo,
            Action::Load(load) if load.file.ends_with(".csv") => Engine::Pg,
            Action::Load(_) => Engine::Mongo,
            Action::Generate(spec) => spec.tables.first()?.engine,
            _ => return None,
        };
        Some(NodeSelector::Any(engine))
    }
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends SQL. `params` are the values of `$1` and so on.
    Sql {
        /// The statements.
        source: SqlSource,
        /// Values for the placeholders; with any, the text must be one statement.
        params: Vec<Value>,
        /// What `COPY … FROM STDIN` reads, plain text; with it, the text is this one statement.
        stdin: Option<Template>,
    },
    /// Sends a command document.
    Mongo(Value),
    /// Asks for the plan, with execution statistics.
    Explain(ExplainTarget),
    /// Reads a data file into a table or a collection.
    Load(Load),
    /// Makes seeded rows.
    Generate(Arc<Generate>),
    /// Injects a fault.
    Fault(Fault),
    /// Waits until every member of the engine has replayed what was written so far.
    CatchUp(Engine),
    /// Runs concurrent clients.
    Workload(Workload),
    /// Collects the outcome of a step that `blocks`, or reads on from one that opened a `stream`.
    Await(Spanned<String>),
    /// Runs a named list of steps.
    Use {
        /// The list.
        name: Spanned<String>,
        /// Variables that the list sees.
        with: Vec<Binding>,
    },
    /// Starts a program.
    Run(Program),
    /// `transaction:` alone.
    Transaction,
}

/// SQL in the step itself, or a file beside the file that names it.
#[derive(Clone, Debug)]
pub enum SqlSource {
    /// The text.
    Text(Template),
    /// `sql: { file: schema.sql }`: relative to the folder of the file that says so; sent as it is, no variables.
    File(Spanned<String>),
}

/// What is to be explained.
#[derive(Clone, Debug)]
pub enum ExplainTarget {
    /// A statement, without the word EXPLAIN.
    Sql(Template),
    /// A command document, without the wrapping `explain`.
    Mongo(Value),
}

/// `load: { file: F, into: T }`.
#[derive(Clone, Debug)]
pub struct Load {
    /// The file, beside the file that names it: `.csv`, `.jsonl`, `.json` (an EJSON array).
    pub file: Spanned<String>,
    /// The table or the collection.
    pub into: Spanned<String>,
}

/// A fault; most take one node or a list.
#[derive(Clone, Debug)]
pub enum Fault {
    /// An orderly shutdown.
    Stop(Vec<Spanned<NodeSelector>>),
    /// Starts a node that was stopped or killed.
    Start(Vec<Spanned<NodeSelector>>),
    /// Stop, then start.
    Restart(Vec<Spanned<NodeSelector>>),
    /// SIGKILL.
    Kill(Vec<Spanned<NodeSelector>>),
    /// SIGSTOP of the server's processes.
    Pause(Vec<Spanned<NodeSelector>>),
    /// SIGCONT after a pause.
    Resume(Vec<Spanned<NodeSelector>>),
    /// The primary of the replica set steps down and another is elected.
    StepDown,
    /// Cuts the nodes of each group off from those of every other group; one group from every other node of its engine.
    Cut(Vec<Vec<Spanned<NodeSelector>>>),
    /// Ends every cut that one of the nodes is part of; without nodes, all.
    Heal(Vec<Spanned<NodeName>>),
}

/// What a step does with the MongoDB transaction of its session.
#[derive(Clone, Debug)]
pub enum TransactionVerb {
    /// Starts one. The options are those of the driver: `readConcern`, `writeConcern`, `maxCommitTimeMS`.
    Start {
        /// A mapping, when options were given.
        options: Option<Value>,
    },
    /// Commits it.
    Commit,
    /// Aborts it.
    Abort,
}
