//! Runs the records of a `.slt` file through the crate's runner, on polyspec's own connections.

mod connection;
mod pending;
mod substitution;
mod variables;

use sqllogictest::{QueryExpect, Record};

use self::connection::{Awaited, Own, Switch};
use self::pending::{Needs, Pending, rows_needed};
use self::substitution::Dialect;
use self::variables::Bound;
use super::host::KeptFile;
use super::order::{Order, Recipient, Work};
use super::outcome::Halt;
use super::stage::Stage;
use crate::backend::slt::{SltConnection, SltMismatch, SltRecordKind, SltRunner, is_left_out};
use crate::judge;
use crate::language::SltSays;
use crate::model::{Engine, NodeSelector, SltRecord, SltScript};
use crate::observation::{Keep, Observation, Outcome, Output, OwnDoing, RowSet, ServerError};
use crate::source::Span;
use crate::verdict::Evidence;

/// Why a record does not hold.
enum Finding {
    /// The machinery or the scenario is wrong.
    Breaks(Evidence),
    /// The system under test is wrong.
    Fails(Evidence),
    /// The same, and this is what the record would have to say.
    Differs(Evidence, Needs),
}

/// One run of a script.
struct Script<'a, 'b> {
    stage: &'a mut Stage<'b>,
    switch: Switch,
    runner: SltRunner<Switch>,
    bound: Bound,
    found: Vec<Finding>,
    pending: Pending,
    /// Records that check something and were sent.
    checked: usize,
    /// Records that `onlyif` or `skipif` left out.
    left_out: usize,
}

/// Runs every record: one that does not hold does not end the file, and neither does one that breaks.
pub(super) async fn run(stage: &mut Stage<'_>, script: &SltScript) -> Result<(), Halt> {
    let switch = Switch::new(stage.transport.clone());
    let runner = SltRunner::new(switch.clone());
    let bound = Bound::new(stage.variables.clone());
    let mut run =
        Script { stage, switch, runner, bound, found: vec![], pending: Pending::default(), checked: 0, left_out: 0 };
    let halt = script.records.iter().position(|record| matches!(record.record, Record::Halt { .. }));
    for record in &script.records[..halt.unwrap_or(script.records.len())] {
        run.record(record).await;
    }
    run.end(halt.map(|at| &script.records[at].span))
}

impl Script<'_, '_> {
    async fn record(&mut self, record: &SltRecord) {
        if !speaks(&record.record) {
            self.bound.control(&record.record);
            // A record that sends nothing holds.
            let _ = self.runner.run(&record.record).await;
            return;
        }
        if is_left_out(&record.record) {
            self.left_out += 1;
            return;
        }
        self.stage.steps += 1;
        self.checked += usize::from(!matches!(record.record, Record::Let { .. }));
        let done = self.send(record).await;
        self.stage.server_time += std::mem::take(&mut self.switch.shared().server_time);
        let needs = match &done {
            Err(Finding::Differs(_, needs)) => needs.clone(),
            _ => Needs::Nothing,
        };
        self.pending.note(record, needs);
        self.found.extend(done.err());
    }

    async fn send(&mut self, record: &SltRecord) -> Result<(), Finding> {
        let breaks = |cause: String| Finding::Breaks(Evidence::at(&record.span, &cause));
        let order = route(self.stage, record).map_err(breaks)?;
        let dialect = if matches!(order.work, Work::Mongo { .. }) { Dialect::Json } else { Dialect::Sql };
        let filled = self.bound.filled(&record.record, dialect).map_err(breaks)?;
        {
            let mut shared = self.switch.shared();
            shared.route = Some(order);
            shared.awaited = Awaited::of(&filled);
        }
        let held = match &filled {
            Record::Let { variables, sql, .. } => self.bind(variables, sql).await,
            _ => self.runner.run(&filled).await,
        };
        let last = std::mem::take(&mut self.switch.shared().last);
        match (last.broken, last.own) {
            (Some(cause), _) => Err(breaks(cause)),
            (None, Some(own)) => Err(of_own(record, own)),
            (None, None) => held.map_err(|mismatch| finding(record, mismatch, last.observation.as_ref())),
        }
    }

    async fn bind(&mut self, names: &[String], sql: &str) -> Result<(), SltMismatch> {
        // Why nothing came is in what the connection shares.
        let _ = self.switch.send(sql).await;
        let bound = self.bound.bind(names, self.switch.shared().last.observation.as_ref());
        let no_value = |cause| format!("the variable gets no value: {cause}");
        bound.map_err(|cause| SltMismatch::Other { message: no_value(cause), expected: None, actual: None })
    }

    fn end(mut self, halt: Option<&Span>) -> Result<(), Halt> {
        let breaks = self.found.iter().any(|finding| matches!(finding, Finding::Breaks(_)));
        let differs = self.found.iter().all(|finding| matches!(finding, Finding::Differs(..)));
        let note = if differs { self.keep() } else { None };
        let mut evidence: Vec<Evidence> = self.found.into_iter().map(Finding::evidence).collect();
        match evidence.first_mut() {
            None if self.checked == 0 => Err(Halt::Inconclusive(nothing_sent(self.left_out, halt))),
            None => Ok(()),
            Some(first) => {
                first.notes.extend(note);
                Err(if breaks { Halt::Breaks(evidence) } else { Halt::Fails(evidence) })
            }
        }
    }

    /// Keeps a neighbour of every file that has to read otherwise. Only where every record that does not hold would then hold:
    /// what follows a refused statement may be its consequence. Returns why nothing is kept.
    fn keep(&mut self) -> Option<String> {
        let texts = match self.pending.texts() {
            Ok(texts) => texts,
            Err(cause) => return Some(format!("nothing is kept to be accepted: {cause}")),
        };
        let mut notes = vec![];
        for (file, text) in texts {
            match self.stage.context.host.keep_pending_file(self.stage.name, &file, text.as_deref()) {
                Ok(KeptFile::Nothing) => {}
                Ok(KeptFile::Pending(path)) => self.stage.goldens.note_pending(Some(path)),
                Ok(KeptFile::Disputed(other)) => notes.push(format!(
                    "nothing is kept to be accepted: {other} includes `{file}` too and would have it read differently"
                )),
                Err(error) if text.is_some() => notes.push(format!("the result could not be kept: {error}")),
                Err(error) => tracing::warn!(%error, "an older pending file could not be removed"),
            }
        }
        notes.into_iter().next()
    }
}

impl Finding {
    fn evidence(self) -> Evidence {
        match self {
            Finding::Breaks(evidence) | Finding::Fails(evidence) | Finding::Differs(evidence, _) => evidence,
        }
    }
}

fn speaks(record: &SltRecordKind) -> bool {
    matches!(record, Record::Statement { .. } | Record::Query { .. } | Record::Let { .. })
}

fn nothing_sent(left_out: usize, halt: Option<&Span>) -> String {
    match (left_out, halt) {
        (0, Some(span)) => format!("`halt` in line {} comes before every record", span.line_column().0),
        (0, None) => "no record was sent".into(),
        (_, Some(span)) => {
            format!("`onlyif` and `skipif` leave out every record before `halt` in line {}", span.line_column().0)
        }
        (_, None) => "`onlyif` and `skipif` leave out every record".into(),
    }
}

/// Where a record goes.
fn route(stage: &Stage<'_>, record: &SltRecord) -> Result<Order, String> {
    let (selector, session) = match &record.connection {
        Some((selector, session)) => (selector.clone(), session.clone()),
        None => (NodeSelector::Any(Engine::Pg), None),
    };
    let limit = stage.context.options.statement_timeout;
    let keep = kept(&record.record);
    let none = || format!("there is no node `{selector}` in this topology");
    match selector.engine() {
        Engine::Pg => {
            let peer = *stage.context.servers.peers(&selector).first().ok_or_else(none)?;
            let to = Recipient::Pg(peer.name.clone());
            let work = Work::Sql { texts: vec![], parameters: vec![] };
            Ok(Order { node: peer.name.to_string(), to, session, work, limit, keep })
        }
        Engine::Mongo => {
            let set = stage.context.servers.mongo.as_ref().ok_or_else(none)?;
            let target = set.targets(&selector).into_iter().next().ok_or_else(none)?;
            let database = stage.transport.copy().database.clone();
            let (document, start) = (bson::Document::new(), None);
            let work = Work::Mongo { database, document, start, whole_reply: false, stream: None };
            Ok(Order { node: set.name(&target), to: Recipient::Mongo(target), session, work, limit, keep })
        }
    }
}

/// What of a result is looked at.
fn kept(record: &SltRecordKind) -> Keep {
    match record {
        Record::Query { expected: QueryExpect::Results { .. }, .. } => Keep::All,
        Record::Let { .. } => Keep::First(2),
        _ => Keep::Count,
    }
}

/// An error that no record expects by accident.
fn of_own(record: &SltRecord, own: Own) -> Finding {
    let evidence = |message: &str, error: &ServerError, note: Option<String>| Evidence {
        code: code(error),
        actual: Some(error.message.clone()),
        notes: note.into_iter().collect(),
        ..Evidence::at(&record.span, message)
    };
    match own {
        Own::Cancelled(error) => {
            let message = "polyspec cancelled the statement, and not the system under test";
            Finding::Fails(evidence(message, &error, error.hint.clone()))
        }
        Own::Unnamed(error) => {
            let message = "the error received is not the system's answer, and the record does not name it";
            let lost = error.own == Some(OwnDoing::Disconnected);
            let state = error.sqlstate.as_deref().filter(|_| lost);
            let note =
                state.map(|state| format!("a record that expects this names it: `error ({state})` or `error (08006)`"));
            Finding::Breaks(evidence(message, &error, note.or(error.hint.clone())))
        }
    }
}

fn finding(record: &SltRecord, mismatch: SltMismatch, got: Option<&Observation>) -> Finding {
    match mismatch {
        SltMismatch::Rows { expected, actual } => {
            let lines: Vec<String> = actual.iter().map(|row| row.join(" ")).collect();
            let evidence = Evidence {
                diff: Some(judge::diff_lines(&expected, &split(&lines))),
                ..Evidence::at(&record.span, "the rows differ")
            };
            Finding::Differs(evidence, rows_needed(record, &actual, got.and_then(rows_of)))
        }
        SltMismatch::Count { expected, actual } => {
            let evidence = Evidence {
                expected: Some(format!("{expected} rows")),
                actual: Some(format!("{actual} rows")),
                ..Evidence::at(&record.span, "the number of affected rows differs")
            };
            Finding::Differs(evidence, Needs::Other(SltSays::Count(actual)))
        }
        SltMismatch::Other { message, expected, actual } => {
            let code = got.and_then(refusal).and_then(code);
            Finding::Fails(Evidence { code, expected, actual, ..Evidence::at(&record.span, &message) })
        }
    }
}

/// A row of several lines is shown as such.
fn split(rows: &[String]) -> Vec<String> {
    rows.iter().flat_map(|row| row.split('\n')).map(str::to_string).collect()
}

fn rows_of(got: &Observation) -> Option<&RowSet> {
    match &got.outcome {
        Outcome::Output(Output::Sql { rows, .. }) => rows.as_ref(),
        _ => None,
    }
}

fn refusal(got: &Observation) -> Option<&ServerError> {
    match &got.outcome {
        Outcome::Refused(error) => Some(error),
        Outcome::Output(_) => None,
    }
}

/// `23505 unique_violation`, `11000 DuplicateKey`.
fn code(error: &ServerError) -> Option<String> {
    let number = error.sqlstate.clone().or_else(|| error.code.map(|code| code.to_string()));
    let words: Vec<String> = number.into_iter().chain(error.name.clone()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}
