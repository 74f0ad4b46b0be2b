//! Whether the parts of one step fit together: what is expected must be something that the action can give.

use super::alternatives;
use super::commands;
use super::keys::ERROR;
use super::nulls::with_nulls;
use super::plan_kinds;
use super::saved::{command_name, returns_documents, wrong_save};
use super::tree::Node;
use crate::language::sink::Sink;
use crate::language::sql::is_read_only;
use crate::language::suggest::enumerate;
use crate::model::{
    Action, Engine, Expectation, ExplainTarget, NodeSelector, SqlSource, Step, TransactionVerb, Value, ValueKind,
};
use crate::source::{Diagnostic, Span, Spanned};

const SQL_EXPECT: &[&str] = &[
    "rows",
    "rows_unordered",
    "value",
    "columns",
    "affected",
    "empty",
    "error",
    "notices",
    "notifications",
    "agree",
    "recorded",
    "within",
];
/// Of a command that is not known.
const MONGO_EXPECT: &[&str] =
    &["documents", "documents_unordered", "reply", "empty", "error", "agree", "recorded", "within"];
const DOCUMENTS_EXPECT: &[&str] =
    &["documents", "documents_unordered", "empty", "error", "agree", "recorded", "within"];
const REPLY_EXPECT: &[&str] = &["reply", "error", "agree", "within"];
const SQL_ERROR: &[&str] = &["refused", "sqlstate", "message", "detail", "hint", "constraint", "table", "column"];
const MONGO_ERROR: &[&str] = &["refused", "code", "name", "labels", "message"];

/// Says what of a step does not fit the rest of it.
pub(crate) fn check(node: &Node, step: &Step, sink: &mut Sink) {
    engines(step, sink);
    loads(step, sink);
    if let Action::Mongo(command) | Action::Explain(ExplainTarget::Mongo(command)) = &step.action
        && step.expect.iter().flat_map(Expectation::each).all(|expect| expect.error.is_none())
    {
        commands::check(command, sink);
    }
    transaction(node, step, sink);
    eventually(node, step, sink);
    blocks(node, step, sink);
    stream(node, step, sink);
    if step.blocks.is_none() {
        saves(step, &step.action, sink);
    }
    for plan in step.expect.iter().flat_map(Expectation::each).filter_map(|expect| expect.plan.as_ref()) {
        plan_kinds::check(plan, engine(&step.action), sink);
    }
    alternatives::check(node, sink);
    let expect = node.get("expect");
    let alternatives = expect.and_then(|expect| expect.get("one_of")).into_iter().flat_map(Node::entries);
    for expect in expect.into_iter().chain(alternatives.map(|entry| &entry.value)) {
        expected(expect, step, sink);
        together(expect, sink);
        bounds(expect, step, sink);
    }
}

/// The paths of `save` against what `action` gives.
pub(crate) fn saves(step: &Step, action: &Action, sink: &mut Sink) {
    step.save.iter().filter_map(|(_, path)| wrong_save(step, action, path)).for_each(|wrong| sink.push(wrong));
}

/// The engine that the action speaks to; `None` when it is not decided by the action.
pub(crate) fn engine(action: &Action) -> Option<Engine> {
    match action {
        Action::Sql { .. } | Action::Explain(ExplainTarget::Sql(_)) => Some(Engine::Pg),
        Action::Mongo(_) | Action::Explain(ExplainTarget::Mongo(_)) | Action::Transaction => Some(Engine::Mongo),
        _ => None,
    }
}

/// The engine that a step's nodes must be of.
fn engine_of_nodes(action: &Action) -> Option<Engine> {
    match action {
        Action::Generate(spec) => spec.tables.first().map(|table| table.engine),
        other => engine(other),
    }
}

fn engines(step: &Step, sink: &mut Sink) {
    // A program is told of all the nodes that it names, and runs once.
    if matches!(step.action, Action::Run(_)) {
        return;
    }
    let wanted = engine_of_nodes(&step.action).or_else(|| step.on.first().map(|first| first.engine()));
    for selector in step.on.iter().filter(|selector| Some(selector.engine()) != wanted) {
        let message = match engine_of_nodes(&step.action) {
            Some(_) => format!("`{}` does not understand this step", selector.value),
            None => "one step speaks to one engine".to_string(),
        };
        let name = step.action_span.text();
        sink.push(Diagnostic::error(&selector.span, message).help(match engine_of_nodes(&step.action) {
            Some(Engine::Pg) => format!("`{name}` goes to PostgreSQL: `pg`, `pg.apj` or `pg.*`"),
            Some(Engine::Mongo) => {
                format!("`{name}` goes to MongoDB: `mongo`, `mongo.m1`, `mongo.secondary` or `mongo.*`")
            }
            None => "make it two steps, one for each engine".into(),
        }));
    }
}

/// Documents are for MongoDB: PostgreSQL reads CSV alone.
fn loads(step: &Step, sink: &mut Sink) {
    let Action::Load(load) = &step.action else { return };
    let pg = step.on.iter().find(|selector| selector.engine() == Engine::Pg);
    if let Some(selector) = pg.filter(|_| load.file.ends_with(".json") || load.file.ends_with(".jsonl")) {
        let error =
            Diagnostic::error(&selector.span, format!("`{}` holds documents, which go to MongoDB", load.file.value));
        sink.push(error.help("remove `on`, or name nodes of MongoDB; PostgreSQL reads `.csv`"));
    }
}

fn transaction(node: &Node, step: &Step, sink: &mut Sink) {
    let Some(entry) = node.entry("transaction") else { return };
    let place = &entry.key.span;
    match &step.action {
        Action::Mongo(_) | Action::Transaction => {}
        Action::Sql { .. } => {
            let error = Diagnostic::error(place, "`transaction` is for MongoDB");
            return sink.push(error.help("in SQL write BEGIN, COMMIT and ROLLBACK, each a statement in a `session`"));
        }
        _ => return sink.error(place, "`transaction` belongs beside `mongo`, or alone"),
    }
    if step.session.is_none() {
        let error = Diagnostic::error(place, "a transaction needs a session");
        sink.push(error.help("add `session: name`, and the same name to every step of the transaction"));
    }
    let ends = matches!(step.transaction.as_deref(), Some(TransactionVerb::Commit | TransactionVerb::Abort));
    if ends && matches!(step.action, Action::Mongo(_)) {
        let error = Diagnostic::error(&entry.value.head, "the end of a transaction is a step of its own");
        sink.push(error.help("put it in a step of its own, with the same `session`"));
    }
}

fn eventually(node: &Node, step: &Step, sink: &mut Sink) {
    let retries = engine(&step.action).is_some() || matches!(step.action, Action::Run(_));
    let Some(entry) = node.entry("eventually").filter(|_| retries) else { return };
    if step.expect.is_none() && step.golden.is_none() {
        let error = Diagnostic::error(&entry.key.span, "`eventually` has nothing to wait for");
        sink.push(error.help("say with `expect` what must hold in the end"));
    }
    if let Action::Sql { source: SqlSource::Text(template), .. } = &step.action
        && !is_read_only(&with_nulls(template))
    {
        let warning = Diagnostic::error(&step.action_span, "each retry runs this statement again, and it may write");
        sink.push(warning.warning().help("write in a step before, and wait with a query"));
    }
}

fn blocks(node: &Node, step: &Step, sink: &mut Sink) {
    let Some(name) = &step.blocks else { return };
    for key in ["expect", "golden", "eventually", "save"] {
        if let Some(entry) = node.entry(key) {
            let error =
                Diagnostic::error(&entry.key.span, format!("a step that blocks has no outcome yet for `{key}`"));
            sink.push(error.help(format!("put `{key}` in the step with `await: {}`", name.value)));
        }
    }
}

/// A cursor that stays open is one of a node, and never ends by itself.
fn stream(node: &Node, step: &Step, sink: &mut Sink) {
    let Some(name) = &step.stream else { return };
    if let Action::Mongo(command) = &step.action
        && !never_ends(command)
    {
        let error = Diagnostic::error(&name.span, "the cursor of this command ends by itself");
        sink.push(error.help(
            "a stream is an `aggregate` whose pipeline begins with `$changeStream`, or a `find` with `tailable: true`",
        ));
    }
    let judged = ["expect", "golden", "save"].iter().any(|key| node.get(key).is_some());
    if let Action::Mongo(command) = &step.action
        && !judged
        && begins_with_documents(command)
    {
        let warning =
            Diagnostic::error(&name.span, "what is there when the stream opens is judged by no step").warning();
        sink.push(warning.help(format!(
            "this step returns it, and `await: {}` only what comes later: add `expect: {{ documents: … }}` here",
            name.value
        )));
    }
    for key in ["eventually", "blocks", "transaction"] {
        if let Some(entry) = node.entry(key) {
            let error = Diagnostic::error(&entry.key.span, format!("`{key}` has no meaning beside `stream`"));
            sink.push(error.help(format!("wait with `await: {}`", name.value)));
        }
    }
    let several = |selector: &Spanned<NodeSelector>| matches!(selector.value, NodeSelector::All(_));
    if let Some(on) = node.entry("on").filter(|_| step.on.len() > 1 || step.on.iter().any(several)) {
        let error = Diagnostic::error(&on.key.span, "a stream is read from one node");
        sink.push(error.help("make it a step for each node, each with a `stream` of its own"));
    }
}

/// Whether a command opens a tailable cursor or a change stream, as far as its text says.
fn never_ends(command: &Value) -> bool {
    is_tailable(command) || change_stream(command).is_some()
}

/// Whether the cursor returns at once what is there already: a tailable one all of the collection, a change stream only what
/// came after the point from which it resumes.
fn begins_with_documents(command: &Value) -> bool {
    let resumes = |stream: &Value| {
        ["resumeAfter", "startAfter", "startAtOperationTime"].iter().any(|key| field(stream, key).is_some())
    };
    is_tailable(command) || change_stream(command).is_some_and(resumes)
}

fn is_tailable(command: &Value) -> bool {
    field(command, "tailable").is_some_and(|value| matches!(value.kind, ValueKind::Bool(true)))
}

/// What stands under `$changeStream` in the first stage of a pipeline.
fn change_stream(command: &Value) -> Option<&Value> {
    let ValueKind::Sequence(stages) = &field(command, "pipeline")?.kind else { return None };
    field(stages.first()?, "$changeStream")
}

fn field<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let ValueKind::Mapping(entries) = &value.kind else { return None };
    entries.iter().find(|(key, _)| key.as_str() == name).map(|(_, value)| value)
}

fn expected(expect: &Node, step: &Step, sink: &mut Sink) {
    let (keys, errors): (&[&str], &[&str]) = match (&step.action, engine(&step.action)) {
        (Action::Explain(_), Some(Engine::Pg)) => (&["plan", "error", "agree", "within"], SQL_ERROR),
        (Action::Explain(_), _) => (&["plan", "error", "agree", "within"], MONGO_ERROR),
        (Action::Transaction, _) => (&["error"], MONGO_ERROR),
        (_, Some(Engine::Pg)) => (SQL_EXPECT, SQL_ERROR),
        (Action::Mongo(command), _) => match (commands::is_known(command), returns_documents(command)) {
            (false, _) => (MONGO_EXPECT, MONGO_ERROR),
            (true, true) => (DOCUMENTS_EXPECT, MONGO_ERROR),
            (true, false) => (REPLY_EXPECT, MONGO_ERROR),
        },
        (Action::Load(_) | Action::Generate(_), _) => (&["affected", "error"], &[]),
        (Action::CatchUp(_), _) => (&["within"], &[]),
        (Action::Workload(_), _) => (&["reply"], &[]),
        (Action::Run(_), _) => (&["reply", "within"], &[]),
        (Action::Await(_) | Action::Use { .. }, _) => return,
        _ => (&[], &[]),
    };
    let action = match &step.action {
        Action::Mongo(command) => command_name(command).unwrap_or("mongo"),
        _ => step.action_span.text(),
    };
    misplaced(expect, keys, &format!("`{action}`"), sink);
    if let Some(error) = expect.get("error").filter(|_| !errors.is_empty()) {
        misplaced(error, errors, &format!("an error of `{action}`"), sink);
    }
}

/// The keys of `node` that what the action gives does not have. Unknown keys are said elsewhere.
pub(crate) fn misplaced(node: &Node, allowed: &[&str], what: &str, sink: &mut Sink) {
    // Whatever a step may expect, it may expect one of several such.
    let either = |key: &str| key == "one_of" && !allowed.is_empty();
    let fits = |key: &str| allowed.contains(&key) || either(key);
    for entry in node.entries().iter().filter(|entry| !fits(&entry.key)) {
        let known = super::keys::EXPECT.key(&entry.key).is_some() || ERROR.key(&entry.key).is_some();
        if !known {
            continue;
        }
        let error = Diagnostic::error(&entry.key.span, format!("{what} gives nothing for `{}`", entry.key.value));
        sink.push(match allowed.is_empty() {
            true => error.help("remove `expect`: the step must merely succeed"),
            false => error.help(format!("allowed here: {}", enumerate(allowed, "and"))),
        });
    }
}

/// The expectation of an `await` is held against the step that blocked.
pub(crate) fn expected_of_await(expect: &Expectation, blocked: &Step, sink: &mut Sink) {
    expect.each().for_each(|expect| part_of_await(expect, blocked, sink));
}

fn part_of_await(expect: &Expectation, blocked: &Step, sink: &mut Sink) {
    let documents = expect.documents.as_ref().map(|documents| ("documents", &documents.span));
    let rows = expect.rows.as_ref().map(|rows| ("rows", &rows.span));
    let value = expect.value.as_ref().map(|value| ("value", &value.span));
    let columns = expect.columns.as_ref().map(|columns| ("columns", &columns.span));
    let affected = expect.affected.as_ref().map(|affected| ("affected", &affected.span));
    let reply = expect.reply.as_ref().map(|reply| ("reply", &reply.span));
    let plan = expect.plan.as_ref().map(|plan| ("plan", &plan.span));
    let notices = expect.notices.as_ref().map(|notices| ("notices", &notices.span));
    let notifications = expect.notifications.as_ref().map(|list| ("notifications", &list.span));
    let wrong: Vec<Option<(&str, &Span)>> = match engine(&blocked.action) {
        Some(Engine::Mongo) => vec![rows, value, columns, affected, plan, notices, notifications],
        _ => vec![documents, reply, plan],
    };
    for (key, span) in wrong.into_iter().flatten() {
        let action = blocked.action_span.text();
        let line = blocked.span.line_column().0;
        sink.error(span, format!("the step in line {line} is `{action}`, which gives nothing for `{key}`"));
    }
}

/// A statement cannot fail and give a result.
fn together(expect: &Node, sink: &mut Sink) {
    let Some(error) = expect.entry("error") else { return };
    let beside = ["error", "notices", "notifications", "agree", "within"];
    let result = expect.entries().iter().find(|entry| !beside.contains(&entry.key.as_str()));
    if let Some(result) = result.filter(|entry| super::keys::EXPECT.key(&entry.key).is_some()) {
        let message = format!("a statement that fails gives nothing for `{}`", result.key.value);
        let line = error.key.span.line_column().0;
        sink.push(Diagnostic::error(&result.key.span, message).label(format!("`error` is in line {line}")));
    }
}

fn bounds(expect: &Node, step: &Step, sink: &mut Sink) {
    let many = step.on.len() > 1 || step.on.iter().any(|selector| matches!(selector.value, NodeSelector::All(_)));
    let elsewhere = matches!(step.action, Action::Await(_) | Action::Use { .. });
    if let Some(entry) = expect.entry("agree").filter(|_| !many && !elsewhere) {
        let error = Diagnostic::error(&entry.key.span, "one node always agrees with itself");
        sink.push(error.help("name several nodes: `on: [pg.apj, pg.emea]` or `on: pg.*`"));
    }
    let measured = step.eventually.is_some() || matches!(step.action, Action::CatchUp(_));
    if let Some(entry) = expect.entry("within").filter(|_| !measured) {
        let error = Diagnostic::error(&entry.key.span, "no lag is measured here");
        sink.push(error.help("`within` bounds the lag of `eventually` or of `catch_up`"));
    }
}
