//! The live servers: sends orders over the sessions of one run, watches those that wait, and asks beside them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;

use super::Reporting;
use super::generate::{MongoFill, PgFill, Told};
use super::order::{Order, Recipient, SqlText, Work};
use super::sessions::{MongoSlot, PgSlot, Sessions};
use super::transport::{Beginning, Transport, Waiting};
use super::watch::Watch;
use crate::backend::mongo::{self, Command, MongoClients, Target};
use crate::backend::pg::{self, CopyFormat, Parameter, Request};
use crate::backend::{BackendError, RowSink};
use crate::model::{Engine, NodeName};
use crate::observation::{Answers, Observation, Outcome, Output, Question};
use crate::system::Copy;

/// The live servers, as one run of a scenario speaks to them.
pub(super) struct Live {
    copy: Arc<Copy>,
    clients: Option<Arc<MongoClients>>,
    sessions: Sessions,
    /// Where progress is reported.
    reporting: Reporting,
    /// Whether fail points that were set are turned off at the end: those who are beside others leave that to them.
    ends_fail_points: bool,
}

impl Live {
    /// Without sessions yet.
    pub fn new(copy: Arc<Copy>, clients: Option<Arc<MongoClients>>, reporting: Reporting) -> Arc<Self> {
        Arc::new(Self::on(copy, clients, reporting, true))
    }

    fn on(copy: Arc<Copy>, clients: Option<Arc<MongoClients>>, reporting: Reporting, ends_fail_points: bool) -> Self {
        let sessions = Sessions::new(copy.database.clone(), clients.clone());
        Self { copy, clients, sessions, reporting, ends_fail_points }
    }

    fn clients(&self) -> Result<&Arc<MongoClients>, BackendError> {
        self.clients.as_ref().ok_or_else(|| BackendError::Other("there is no MongoDB in this topology".into()))
    }

    async fn run(
        &self,
        order: &Order,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<(Outcome, Option<Arc<PgSlot>>), BackendError> {
        match &order.to {
            Recipient::Pg(name) => {
                let slot = self.pg_slot(name, order.session.as_deref())?;
                Ok((self.on_pg(&slot, order, sink).await?, Some(slot)))
            }
            Recipient::Mongo(target) => {
                let slot = self.sessions.mongo(target, order.session.as_deref())?;
                Ok((self.on_mongo(&slot, target, order, sink).await?, None))
            }
        }
    }

    fn pg_slot(&self, name: &NodeName, session: Option<&str>) -> Result<Arc<PgSlot>, BackendError> {
        let node = self.copy.peers.get(name);
        let node = node.ok_or_else(|| BackendError::Other(format!("{name} has no copy of the system")))?;
        Ok(self.sessions.pg(node, session))
    }

    async fn on_pg(
        &self,
        slot: &PgSlot,
        order: &Order,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        let limit = order.limit;
        match &order.work {
            Work::Sql { texts, parameters } => sql(slot, order, texts, parameters, sink).await,
            Work::ExplainSql(text) => slot.connected().await?.explain(text, limit).await,
            Work::CopyCsv { table, columns, data } => {
                slot.connected().await?.copy(table, columns, (CopyFormat::Csv, data.clone()), limit).await
            }
            Work::Generate(plan) => {
                let fill = PgFill { node: slot.node.clone(), database: self.copy.database.clone(), limit };
                fill.run(plan.clone(), Told::new(&self.reporting, &order.node, plan)).await
            }
            _ => Err(BackendError::Other("this cannot be sent to PostgreSQL".into())),
        }
    }

    async fn on_mongo(
        &self,
        slot: &MongoSlot,
        target: &Target,
        order: &Order,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        let (limit, keep) = (order.limit, order.keep);
        match &order.work {
            Work::Mongo { database, document, start, whole_reply, stream } => {
                let mut session = slot.lock().await;
                if let Some(options) = start
                    && let refused @ Outcome::Refused(_) =
                        session.start_transaction(target, options.clone(), limit).await?
                {
                    return Ok(refused);
                }
                let (document, whole_reply) = (document.clone(), *whole_reply);
                let command = Command { target, database, document, limit, keep, whole_reply };
                match stream {
                    Some(name) => session.open(name, command).await,
                    None => session.run(command, sink).await,
                }
            }
            Work::LoadDocuments { collection, documents } => {
                slot.lock().await.load(target, &self.copy.database, collection, documents, limit).await
            }
            Work::Generate(plan) => {
                let clients = self.clients()?.clone();
                let fill = MongoFill { clients, target: target.clone(), database: self.copy.database.clone(), limit };
                fill.run(plan.clone(), Told::new(&self.reporting, &order.node, plan)).await
            }
            Work::ExplainMongo { database, document } => {
                let command = Command { document: document.clone(), keep, ..Command::of(target, database, limit) };
                slot.lock().await.explain(command).await
            }
            Work::ReadStream { stream, until } => slot.lock().await.read(stream, *until, limit).await,
            Work::Start(options) => slot.lock().await.start_transaction(target, options.clone(), limit).await,
            Work::Commit => slot.lock().await.commit(limit).await,
            Work::Abort => slot.lock().await.abort(limit).await,
            _ => Err(BackendError::Other("this cannot be sent to MongoDB".into())),
        }
    }

    /// A second connection that looks at the session of an order.
    async fn watch(&self, order: &Order) -> Result<Watch, BackendError> {
        match (&order.to, &order.work) {
            // The language lets no such step block: it has connections of its own.
            (_, Work::Generate(_)) => Err(BackendError::Other("a `generate` has no session that could wait".into())),
            (Recipient::Pg(name), _) => {
                let slot = self.pg_slot(name, order.session.as_deref())?;
                let pid = slot.connected().await?.backend_pid();
                Watch::pg(&slot.node, pid).await
            }
            (Recipient::Mongo(target), _) => {
                let slot = self.sessions.mongo(target, order.session.as_deref())?;
                let id = slot.lock().await.id().await?;
                Ok(Watch::mongo(self.clients()?.clone(), id))
            }
        }
    }
}

#[async_trait]
impl Transport for Live {
    fn copy(&self) -> &Copy {
        &self.copy
    }

    async fn send(&self, order: &Order, sink: Option<&mut (dyn RowSink + '_)>) -> Result<Observation, BackendError> {
        let begun = Instant::now();
        let (outcome, slot) = self.run(order, sink).await?;
        let mut observation = Observation::new(&order.node, outcome, begun.elapsed());
        if let (Some(slot), Work::Sql { .. }) = (slot, &order.work) {
            slot.told(&mut observation).await;
        }
        Ok(observation)
    }

    async fn begin(self: Arc<Self>, order: Order) -> Result<Beginning, BackendError> {
        let watch = self.watch(&order).await?;
        let mut waiting = Waiting::new(tokio::spawn(async move { self.send(&order, None).await }));
        tokio::select! {
            biased;
            returned = waiting.returned() => Ok(Beginning::Returned(Box::new(returned?))),
            seen = watch.seen() => seen.map(|()| Beginning::Waits(waiting)),
        }
    }

    async fn ask(&self, questions: BTreeSet<Question>) -> Result<Answers, BackendError> {
        let mut answers = Answers::new();
        for node in self.copy.peers.values() {
            let name = node.name.to_string();
            let of_node: Vec<Question> = questions.iter().filter(|question| question.node == name).cloned().collect();
            if !of_node.is_empty() {
                answers.extend(pg::answer(node, &self.copy.database, of_node).await?);
            }
        }
        match questions.iter().find(|question| !answers.contains_key(question)) {
            None => Ok(answers),
            Some(open) => Err(BackendError::Other(format!("no server can be asked about the values of {}", open.node))),
        }
    }

    async fn forget_notifications(&self, session: Option<&str>) {
        self.sessions.forget_notifications(session).await;
    }

    async fn reset(&self, limit: Duration) {
        self.sessions.reset(limit).await;
    }

    async fn close(&self) {
        if let Some(clients) = self.clients.as_ref().filter(|_| self.ends_fail_points) {
            super::failpoints::off(clients).await;
        }
        self.sessions.close().await;
    }

    fn beside(&self) -> Arc<dyn Transport> {
        Arc::new(Self::on(self.copy.clone(), self.clients.clone(), self.reporting.clone(), false))
    }

    async fn primary(&self) -> Result<Option<NodeName>, BackendError> {
        match &self.clients {
            Some(clients) => clients.primary_member().await,
            None => Ok(None),
        }
    }

    async fn step_down(&self, limit: Duration) -> Result<Duration, BackendError> {
        mongo::step_down(self.clients()?, limit).await
    }

    async fn catch_up(&self, engine: Engine) -> Result<Duration, BackendError> {
        match engine {
            Engine::Pg => pg::catch_up(&self.copy.peers, &self.copy.database).await,
            Engine::Mongo => mongo::catch_up(self.clients()?).await,
        }
    }

    async fn settle(&self, node: &NodeName, limit: Duration) {
        let Some(clients) = &self.clients else { return };
        if let Some(at) = clients.set.members.iter().position(|(name, _)| name == node) {
            mongo::settled(clients, at, limit).await;
        }
    }
}

/// Sends texts one after the other until one is refused; the answer to the last is the answer.
async fn sql(
    slot: &PgSlot,
    order: &Order,
    texts: &[SqlText],
    parameters: &[Parameter],
    mut sink: Option<&mut (dyn RowSink + '_)>,
) -> Result<Outcome, BackendError> {
    let mut connected = slot.connected().await?;
    let begun = Instant::now();
    let mut outcome = Outcome::Output(Output::Nothing);
    for (at, text) in texts.iter().enumerate() {
        let limit = if at == 0 { order.limit } else { order.limit.saturating_sub(begun.elapsed()) };
        let stdin = text.stdin.clone();
        let request = Request { parameters, stdin, keep: order.keep, ..Request::text(&text.sql, limit) };
        outcome = connected.run(&request, sink.take().filter(|_| texts.len() == 1)).await?;
        if matches!(outcome, Outcome::Refused(_)) {
            break;
        }
    }
    Ok(outcome)
}
