//! Runs the records of a `.slt` file through the crate's runner, on polyspec's own connections.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bson::Bson;
use sqllogictest::{QueryExpect, Record, StatementExpect};

use super::order::{Order, SqlText, Work};
use super::step::{Halt, Stage, plain};
use crate::backend::BackendError;
use crate::backend::slt::{SltConnection, SltMismatch, SltRunner};
use crate::judge;
use crate::model::{Engine, NodeSelector, SltRecord, SltScript};
use crate::observation::{Keep, Outcome};
use crate::verdict::Evidence;

/// What the runner's connection shares with the loop around it.
#[derive(Default)]
struct Shared {
    route: Option<Order>,
    broken: Option<BackendError>,
    server_time: Duration,
}

/// The one connection of the runner: it sends to wherever the current record belongs.
struct Switch(Arc<Mutex<Shared>>);

impl Switch {
    fn order(&self, text: &str) -> Result<Order, String> {
        let shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut order = shared.route.clone().ok_or("there is no connection")?;
        match &mut order.work {
            Work::Sql { texts, .. } => *texts = vec![SqlText::new(text)],
            Work::Mongo { document, .. } => *document = command(text)?,
            _ => {}
        }
        Ok(order)
    }
}

#[async_trait]
impl SltConnection for Switch {
    async fn send(&mut self, text: &str) -> Result<Outcome, String> {
        let order = self.order(text)?;
        let answer = order.run(None).await;
        let mut shared = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match answer {
            Ok(observation) => {
                shared.server_time += observation.elapsed;
                Ok(observation.outcome)
            }
            Err(error) => {
                let text = error.to_string();
                shared.broken = Some(error);
                Err(text)
            }
        }
    }
}

/// The text of a record on a MongoDB connection: one command document in Extended JSON.
fn command(text: &str) -> Result<bson::Document, String> {
    let json: serde_json::Value =
        serde_json::from_str(text).map_err(|error| format!("not a command document in Extended JSON: {error}"))?;
    match Bson::try_from(json) {
        Ok(Bson::Document(document)) => Ok(document),
        Ok(_) => Err("a command is a document".into()),
        Err(error) => Err(format!("not Extended JSON: {error}")),
    }
}

/// Runs every record; a mismatch does not end the file: each is reported, and a rewritten neighbour of the file is kept.
pub(super) async fn run(stage: &mut Stage<'_>, script: &SltScript) -> Result<(), Halt> {
    let shared = Arc::new(Mutex::new(Shared::default()));
    let mut runner = SltRunner::new(Switch(shared.clone()), &["polyspec", "postgres", "postgresql"]);
    let mut mismatches: Vec<Evidence> = vec![];
    let mut rewrites = vec![];
    for record in &script.records {
        if matches!(record.record, Record::Halt { .. }) {
            break;
        }
        if let Some(order) = route(stage, record)? {
            shared.lock().unwrap_or_else(PoisonError::into_inner).route = Some(order);
        }
        stage.steps += usize::from(speaks(record));
        let held = runner.run(&record.record).await;
        let mut state = shared.lock().unwrap_or_else(PoisonError::into_inner);
        stage.server_time += std::mem::take(&mut state.server_time);
        let Err(mismatch) = held else { continue };
        if let Some(error) = state.broken.take() {
            return Err(Halt::Breaks(vec![plain(&record.span, &error.to_string())]));
        }
        drop(state);
        rewrites.extend(rewritten(record, &mismatch).map(|text| (record, text)));
        mismatches.push(evidence(record, mismatch));
    }
    if mismatches.is_empty() {
        return Ok(());
    }
    keep_rewritten(stage, rewrites);
    Err(Halt::Fails(mismatches))
}

fn speaks(record: &SltRecord) -> bool {
    matches!(record.record, Record::Statement { .. } | Record::Query { .. } | Record::Let { .. })
}

/// Where a record goes; `None` for one that speaks to nobody.
fn route(stage: &mut Stage<'_>, record: &SltRecord) -> Result<Option<Order>, Halt> {
    if !speaks(record) {
        return Ok(None);
    }
    let (selector, session) = match &record.connection {
        Some((selector, session)) => (selector.clone(), session.as_deref()),
        None => (NodeSelector::Any(Engine::Pg), None),
    };
    let limit = stage.options.statement_timeout;
    let none = || Halt::Breaks(vec![plain(&record.span, &format!("there is no node `{selector}` in this topology"))]);
    let order = match selector.engine() {
        Engine::Pg => {
            let peer = stage.servers.peers(&selector).first().map(|peer| (*peer).clone()).ok_or_else(none)?;
            let slot = stage.sessions.pg(&peer, session);
            let work = Work::Sql { slot, texts: vec![], parameters: vec![] };
            Order { node: peer.name.to_string(), work, limit, keep: Keep::All }
        }
        Engine::Mongo => {
            let clients = stage.sessions.clients().cloned().ok_or_else(none)?;
            let target = clients.targets(&selector).into_iter().next().ok_or_else(none)?;
            let slot = stage.sessions.mongo(&target, session).map_err(|_| none())?;
            let database = stage.sessions.copy().database.clone();
            let node = clients.name(&target);
            let work = Work::Mongo {
                slot,
                target,
                database,
                document: bson::Document::new(),
                start: None,
                whole_reply: false,
                stream: None,
            };
            Order { node, work, limit, keep: Keep::All }
        }
    };
    Ok(Some(order))
}

fn evidence(record: &SltRecord, mismatch: SltMismatch) -> Evidence {
    match mismatch {
        SltMismatch::Rows { expected, actual } => Evidence {
            diff: Some(judge::diff_lines(&lines(&expected), &lines(&actual))),
            ..plain(&record.span, "the rows differ")
        },
        SltMismatch::Count { expected, actual } => Evidence {
            expected: Some(format!("{expected} rows")),
            actual: Some(format!("{actual} rows")),
            ..plain(&record.span, "the number of affected rows differs")
        },
        SltMismatch::Other { message, expected, actual } => {
            Evidence { expected, actual, ..plain(&record.span, &message) }
        }
    }
}

/// Keeps a neighbour of every file that has a mismatch, in which those records read as they would have to, to hold.
fn keep_rewritten(stage: &mut Stage<'_>, rewritten: Vec<(&SltRecord, String)>) {
    let mut files: BTreeMap<String, Vec<(&SltRecord, String)>> = BTreeMap::new();
    for (record, text) in rewritten {
        files.entry(record.span.file.name().to_string()).or_default().push((record, text));
    }
    for (name, mut records) in files {
        records.sort_by_key(|(record, _)| record.span.start);
        let Some(mut text) = records.first().map(|(record, _)| record.span.file.text().to_string()) else { continue };
        for (record, replacement) in records.iter().rev() {
            text.replace_range(record.span.start..record.span.end, replacement.trim_end());
        }
        match stage.host.keep_pending_file(&name, &text) {
            Ok(path) => stage.goldens.note_pending(path),
            Err(error) => tracing::warn!(%error, "a pending file could not be written"),
        }
    }
}

/// The record as it would have to read; `None` when it failed in a way that nobody should accept, such as an error.
fn rewritten(record: &SltRecord, mismatch: &SltMismatch) -> Option<String> {
    let mut record = record.record.clone();
    match (&mut record, mismatch) {
        (Record::Query { expected: QueryExpect::Results { results, .. }, .. }, SltMismatch::Rows { actual, .. }) => {
            *results = actual.lines().map(str::to_string).collect();
        }
        (Record::Statement { expected: StatementExpect::Count(count), .. }, SltMismatch::Count { actual, .. }) => {
            *count = *actual;
        }
        _ => return None,
    }
    Some(record.to_string())
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_string).collect()
}
