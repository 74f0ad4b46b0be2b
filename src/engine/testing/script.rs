//! Servers that answer from a script: what is sent is matched by its text, noted, and answered without any server.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;

use super::{Log, Reply};
use crate::backend::{BackendError, RowSink};
use crate::engine::order::{Order, Work};
use crate::engine::transport::{Beginning, Transport, Waiting};
use crate::model::{Engine, NodeName};
use crate::observation::{Answers, Observation, Outcome, Output, Question};
use crate::system::Copy;

/// Sessions whose servers answer from a script. Those beside them share it.
pub(in crate::engine) struct Script {
    copy: Arc<Copy>,
    lines: Arc<Lines>,
    /// 0 is the scenario's own; sessions beside are numbered as they are made: of a workload first those of its faults, then
    /// those of each client.
    number: usize,
}

/// What the script says, and to whom it was said.
struct Lines {
    rules: Mutex<Vec<(String, VecDeque<Reply>)>>,
    log: Log,
    beside: AtomicUsize,
}

impl Script {
    /// Servers that do all that they are told and say nothing.
    pub fn new(copy: Arc<Copy>, log: Log) -> Self {
        let lines = Lines { rules: Mutex::default(), log, beside: AtomicUsize::new(0) };
        Self { copy, lines: Arc::new(lines), number: 0 }
    }

    /// What is answered to orders whose line holds `part`: one after the other, the last for all that follow. A line is
    /// `pg.a/session: text`; those of sessions beside begin with their number, as in `1> pg.a: text`. What was said first
    /// counts.
    pub fn on(&self, part: &str, replies: impl IntoIterator<Item = Reply>) {
        self.lines.rules.lock().expect("whole").push((part.into(), replies.into_iter().collect()));
    }

    fn note(&self, what: impl std::fmt::Display) {
        self.lines.log.note(format!("{}{what}", self.who()));
    }

    fn who(&self) -> String {
        if self.number == 0 { String::new() } else { format!("{}> ", self.number) }
    }

    fn reply(&self, order: &Order) -> Reply {
        let session = order.session.as_ref().map(|session| format!("/{session}")).unwrap_or_default();
        let line = format!("{}{session}: {}", order.node, text(&order.work));
        self.note(&line);
        let line = format!("{}{line}", self.who());
        let mut rules = self.lines.rules.lock().expect("whole");
        let rule = rules.iter_mut().find(|(part, _)| line.contains(part.as_str()));
        match rule.map(|(_, replies)| replies) {
            Some(replies) if replies.len() > 1 => replies.pop_front().expect("there are several"),
            Some(replies) => replies.front().expect("a rule has a reply").clone(),
            None => Reply::of(Outcome::Output(silence(&order.work))),
        }
    }
}

/// Says when a task that waits is given up.
struct GivenUp(Log, Option<String>);

impl GivenUp {
    fn ended(mut self) {
        self.1 = None;
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        self.1.take().into_iter().for_each(|line| self.0.note(line));
    }
}

#[async_trait]
impl Transport for Script {
    fn copy(&self) -> &Copy {
        &self.copy
    }

    async fn send(&self, order: &Order, sink: Option<&mut (dyn RowSink + '_)>) -> Result<Observation, BackendError> {
        let mut observation = self.reply(order).come(order).await?;
        if let (Some(sink), Outcome::Output(Output::Sql { rows: Some(rows), .. })) = (sink, &observation.outcome) {
            sink.columns(&rows.columns).expect("a sink that takes all");
            for row in &rows.rows {
                let cells: Vec<Option<&str>> = row.iter().map(Option::as_deref).collect();
                sink.row(&cells).expect("a sink that takes all");
            }
            observation.outcome = Outcome::Output(Output::Streamed { count: rows.count });
        }
        Ok(observation)
    }

    async fn begin(self: Arc<Self>, order: Order) -> Result<Beginning, BackendError> {
        let reply = self.reply(&order);
        if !reply.waits {
            return reply.come(&order).await.map(|observation| Beginning::Returned(Box::new(observation)));
        }
        let given_up = GivenUp(self.lines.log.clone(), Some(format!("{} given up", order.node)));
        Ok(Beginning::Waits(Waiting::new(tokio::spawn(async move {
            let got = reply.come(&order).await;
            given_up.ended();
            got
        }))))
    }

    async fn ask(&self, questions: BTreeSet<Question>) -> Result<Answers, BackendError> {
        Err(BackendError::Other(format!("the script has no answer to {} questions", questions.len())))
    }

    async fn forget_notifications(&self, session: Option<&str>) {
        self.note(format!("forget notifications of {}", session.unwrap_or("its own")));
    }

    async fn reset(&self, _: Duration) {
        self.note("reset");
    }

    async fn close(&self) {
        self.note("close");
    }

    fn beside(&self) -> Arc<dyn Transport> {
        let number = self.lines.beside.fetch_add(1, Ordering::Relaxed) + 1;
        Arc::new(Self { copy: self.copy.clone(), lines: self.lines.clone(), number })
    }

    async fn primary(&self) -> Result<Option<NodeName>, BackendError> {
        Ok(Some(NodeName::new(Engine::Mongo, "m2")))
    }

    async fn step_down(&self, _: Duration) -> Result<Duration, BackendError> {
        self.note("step down");
        Ok(Duration::from_millis(300))
    }

    async fn catch_up(&self, engine: Engine) -> Result<Duration, BackendError> {
        let line = format!("catch up {engine}");
        self.note(&line);
        let mut rules = self.lines.rules.lock().expect("whole").clone();
        let reply =
            rules.iter_mut().find(|(part, _)| line.contains(part.as_str())).and_then(|(_, all)| all.pop_front());
        let lag = reply.map_or(Duration::ZERO, |reply| reply.after);
        tokio::time::sleep(lag).await;
        Ok(lag)
    }

    async fn settle(&self, node: &NodeName, _: Duration) {
        self.note(format!("settle {node}"));
    }
}

/// An order as the log has it.
fn text(work: &Work) -> String {
    match work {
        Work::Sql { texts, parameters } => {
            let texts: Vec<&str> = texts.iter().map(|text| text.sql.as_str()).collect();
            let given: Vec<&str> = parameters.iter().map(|each| each.text.as_deref().unwrap_or("NULL")).collect();
            if given.is_empty() { texts.join("; ") } else { format!("{} ({})", texts.join("; "), given.join(", ")) }
        }
        Work::ExplainSql(text) => format!("EXPLAIN {text}"),
        Work::CopyCsv { table, columns, .. } => format!("copy into {table} ({})", columns.join(", ")),
        Work::Mongo { document, start, .. } => format!("{}{document}", if start.is_some() { "start, " } else { "" }),
        Work::LoadDocuments { collection, documents } => format!("load {} into {collection}", documents.len()),
        Work::Generate(_) => "generate".into(),
        Work::ExplainMongo { document, .. } => format!("explain {document}"),
        Work::ReadStream { stream, until } => format!("read {stream} {until:?}"),
        Work::Start(_) => "start".into(),
        Work::Commit => "commit".into(),
        Work::Abort => "abort".into(),
    }
}

/// What a server says that has nothing to say.
fn silence(work: &Work) -> Output {
    match work {
        Work::Sql { .. } | Work::CopyCsv { .. } => Output::Sql { rows: None, affected: 0 },
        Work::Mongo { .. } | Work::LoadDocuments { .. } => Output::Reply(bson::doc! { "ok": 1 }),
        _ => Output::Nothing,
    }
}
