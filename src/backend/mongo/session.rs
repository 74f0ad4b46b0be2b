//! A client session and the commands that run in it: cursors read to their end, errors inside replies seen, a time limit
//! after which the server is told to kill the session's operations.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bson::{Bson, Document, RawDocument, doc};
use futures::future::join_all;
use mongodb::options::TransactionOptions;
use mongodb::{ClientSession, SessionCursor};

use super::{MongoClients, Target, error};
use crate::backend::{BackendError, RowSink};
use crate::explain::from_mongo;
use crate::observation::{DocumentSet, Keep, Keeper, Outcome, Output};

/// How long a server has to answer after it was told to kill an operation.
const KILL_GRACE: Duration = Duration::from_secs(2);

/// Commands whose reply is a cursor.
const CURSOR_COMMANDS: [&str; 4] = ["find", "aggregate", "listCollections", "listIndexes"];

/// Commands that take a read concern outside of a transaction.
const READ_COMMANDS: [&str; 4] = ["find", "aggregate", "count", "distinct"];

/// How many documents one insert of a load carries.
const LOAD_BATCH: usize = 5_000;

/// Fields of a reply that belong to the cluster, not to the command.
const CLUSTER_FIELDS: [&str; 4] = ["$clusterTime", "operationTime", "electionId", "opTime"];

/// A command and its limit.
pub struct Command<'a> {
    /// Where it goes.
    pub target: &'a Target,
    /// The database.
    pub database: &'a str,
    /// The command document.
    pub document: Document,
    /// The time limit.
    pub limit: Duration,
    /// What of the documents of a cursor somebody can use.
    pub keep: Keep,
}

/// A client session: on the set, and beside it one on each member that is spoken to directly, which is told what the
/// session has seen.
pub struct MongoSession {
    clients: Arc<MongoClients>,
    causal: bool,
    sessions: BTreeMap<Target, ClientSession>,
    in_transaction: bool,
    /// A command was sent and its answer not yet read; it stays so when the wait for it is given up.
    busy: bool,
}

impl MongoSession {
    /// A session that begins when it is first used. A causal one reads its own writes wherever it reads.
    pub fn new(clients: Arc<MongoClients>, causal: bool) -> Self {
        Self { clients, causal, sessions: BTreeMap::new(), in_transaction: false, busy: false }
    }

    /// Whether a transaction was started and neither committed nor aborted.
    pub fn in_transaction(&self) -> bool {
        self.in_transaction
    }

    /// The logical session id on the set (`lsid.id`), which the server's own views name.
    pub async fn id(&mut self) -> Result<Bson, BackendError> {
        let id = self.session(&Target::Primary).await?.id().get("id").cloned();
        Ok(id.unwrap_or(Bson::Null))
    }

    async fn session(&mut self, target: &Target) -> Result<&mut ClientSession, BackendError> {
        // The driver routes to primary and secondary within one session of the set's client.
        let key = if matches!(target, Target::Secondary) { Target::Primary } else { target.clone() };
        if !self.sessions.contains_key(&key) {
            let session = self.clients.start_session(&key, self.causal).await?;
            self.sessions.insert(key.clone(), session);
        }
        let seen =
            self.sessions.get(&Target::Primary).map(|main| (main.cluster_time().cloned(), main.operation_time()));
        let session = self.sessions.get_mut(&key).expect("it was inserted above if it was not there");
        if let (true, Some((cluster, operation))) = (key != Target::Primary, seen) {
            cluster.iter().for_each(|time| session.advance_cluster_time(time));
            operation.into_iter().for_each(|time| session.advance_operation_time(time));
        }
        Ok(session)
    }

    /// Starts a transaction with the driver's options (`readConcern`, `writeConcern`, `maxCommitTimeMS`).
    pub async fn start_transaction(&mut self, options: Option<Document>) -> Result<Outcome, BackendError> {
        let node = self.clients.name(&Target::Primary);
        let options = transaction_options(options)?;
        let session = self.session(&Target::Primary).await?;
        let started = session.start_transaction().with_options(options).await;
        self.in_transaction |= started.is_ok();
        nothing(&node, started)
    }

    /// Commits; the driver itself tries once more when the reply is lost.
    pub async fn commit(&mut self, limit: Duration) -> Result<Outcome, BackendError> {
        self.in_transaction = false;
        self.end(limit, true).await
    }

    /// Aborts.
    pub async fn abort(&mut self, limit: Duration) -> Result<Outcome, BackendError> {
        self.in_transaction = false;
        self.end(limit, false).await
    }

    async fn end(&mut self, limit: Duration, commit: bool) -> Result<Outcome, BackendError> {
        let node = self.clients.name(&Target::Primary);
        let clients = self.clients.clone();
        let id = self.id().await?;
        let session = self.session(&Target::Primary).await?;
        let work = async {
            let ended = if commit { session.commit_transaction().await } else { session.abort_transaction().await };
            nothing(&node, ended)
        };
        limited(&clients, &Target::Primary, id, limit, work).await
    }

    /// Runs a command. Documents of a cursor go to `sink` if there is one, else into the outcome.
    pub async fn run(
        &mut self,
        command: Command<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        self.busy = true;
        let outcome = self.send(command, sink).await;
        self.busy = false;
        outcome
    }

    async fn send(
        &mut self,
        command: Command<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        let clients = self.clients.clone();
        let node = clients.name(command.target);
        let client = clients.client(command.target).await?;
        let (causal, in_transaction) = (self.causal, self.in_transaction);
        let session = self.session(command.target).await?;
        let id = session.id().get("id").cloned().unwrap_or(Bson::Null);
        let mut document = command.document;
        let name = document.keys().next().cloned().unwrap_or_default();
        clients.note_fail_point(&document);
        if causal && !in_transaction && READ_COMMANDS.contains(&name.as_str()) {
            read_after(&mut document, session);
        }
        let criteria = if in_transaction { None } else { command.target.criteria() };
        let database = client.database(command.database);
        let work = async {
            if CURSOR_COMMANDS.contains(&name.as_str()) && !document.contains_key("explain") {
                if name == "aggregate" && !document.contains_key("cursor") {
                    document.insert("cursor", doc! {});
                }
                let mut action = database.run_cursor_command(document);
                if let Some(criteria) = criteria {
                    action = action.selection_criteria(criteria);
                }
                return match action.session(&mut *session).await {
                    Ok(cursor) => documents(&node, cursor, session, command.keep, sink).await,
                    Err(error) => error::of_command(&node, &error).map(Outcome::Refused),
                };
            }
            let mut action = database.run_command(document).session(session);
            if let Some(criteria) = criteria {
                action = action.selection_criteria(criteria);
            }
            match action.await {
                Ok(reply) => Ok(reply_outcome(reply)),
                Err(error) => error::of_command(&node, &error).map(Outcome::Refused),
            }
        };
        limited(&clients, command.target, id, command.limit, work).await
    }

    /// Inserts documents, all or none, as COPY does: in a transaction of its own unless the session is in one.
    pub async fn load(
        &mut self,
        target: &Target,
        database: &str,
        collection: &str,
        documents: &[Document],
        limit: Duration,
    ) -> Result<Outcome, BackendError> {
        let own = !self.in_transaction;
        if own && let refused @ Outcome::Refused(_) = self.start_transaction(None).await? {
            return Ok(refused);
        }
        for batch in documents.chunks(LOAD_BATCH) {
            let document = doc! { "insert": collection, "documents": batch };
            let inserted = self.run(Command { target, database, document, limit, keep: Keep::All }, None).await;
            if !matches!(inserted, Ok(Outcome::Output(_))) {
                if own {
                    // What was inserted must go, whatever the abort itself answers.
                    let _ = self.abort(limit).await;
                }
                return inserted;
            }
        }
        let ended = if own { self.commit(limit).await? } else { Outcome::Output(Output::Nothing) };
        let affected = documents.len() as u64;
        Ok(match ended {
            Outcome::Output(_) => Outcome::Output(Output::Sql { rows: None, affected }),
            refused => refused,
        })
    }

    /// Asks for the plan of a command with execution statistics.
    pub async fn explain(&mut self, command: Command<'_>) -> Result<Outcome, BackendError> {
        let node = self.clients.name(command.target);
        let mut explained = command.document;
        if explained.keys().next().is_some_and(|name| name == "aggregate") && !explained.contains_key("cursor") {
            explained.insert("cursor", doc! {});
        }
        let document = doc! { "explain": explained, "verbosity": "executionStats" };
        match self.run(Command { document, ..command }, None).await? {
            Outcome::Output(Output::Reply(reply)) => from_mongo(&reply)
                .map(|plan| Outcome::Output(Output::Plan(plan)))
                .map_err(|error| BackendError::Other(format!("the plan of {node} could not be read: {error}"))),
            other => Ok(other),
        }
    }

    /// Ends the session on the server where it holds something there: an open transaction, a command that nobody waits for.
    pub async fn close(self) -> Result<(), BackendError> {
        if !self.in_transaction && !self.busy {
            return Ok(());
        }
        for (key, session) in &self.sessions {
            // What nobody waits for may be on a secondary; a transaction is on the primary.
            let target = if self.busy && *key == Target::Primary { &Target::Secondary } else { key };
            kill_session(&self.clients, target, session.id().get("id").cloned().unwrap_or(Bson::Null)).await?;
        }
        Ok(())
    }
}

/// A reading of the session's own writes: not before the last operation that the session has seen.
fn read_after(document: &mut Document, session: &ClientSession) {
    let Some(time) = session.operation_time() else { return };
    let mut concern = document.get_document("readConcern").cloned().unwrap_or_default();
    if !concern.contains_key("atClusterTime") && !concern.get_str("level").is_ok_and(|level| level == "linearizable") {
        concern.insert("afterClusterTime", time);
        document.insert("readConcern", concern);
    }
}

fn transaction_options(options: Option<Document>) -> Result<Option<TransactionOptions>, BackendError> {
    let Some(document) = options else { return Ok(None) };
    let bad = |error: bson::error::Error| BackendError::Other(format!("these options of a transaction: {error}"));
    let mut read: TransactionOptions = bson::deserialize_from_document(document.clone()).map_err(bad)?;
    // Both concerns are fields that the driver's options do not read by themselves.
    if let Ok(concern) = document.get_document("readConcern") {
        read.read_concern = Some(bson::deserialize_from_document(concern.clone()).map_err(bad)?);
    }
    if let Ok(concern) = document.get_document("writeConcern") {
        read.write_concern = Some(bson::deserialize_from_document(concern.clone()).map_err(bad)?);
    }
    Ok(Some(read))
}

fn nothing(node: &str, result: mongodb::error::Result<()>) -> Result<Outcome, BackendError> {
    match result {
        Ok(()) => Ok(Outcome::Output(Output::Nothing)),
        Err(error) => error::of_command(node, &error).map(Outcome::Refused),
    }
}

fn reply_outcome(mut reply: Document) -> Outcome {
    if let Some(refused) = error::in_reply(&reply) {
        return Outcome::Refused(refused);
    }
    CLUSTER_FIELDS.iter().for_each(|field| {
        reply.remove(field);
    });
    Outcome::Output(Output::Reply(reply))
}

/// Reads a cursor to its end. What is not kept is not decoded either.
async fn documents(
    node: &str,
    mut cursor: SessionCursor<Document>,
    session: &mut ClientSession,
    keep: Keep,
    mut sink: Option<&mut (dyn RowSink + '_)>,
) -> Result<Outcome, BackendError> {
    let (mut kept, mut keeper) = (vec![], Keeper::new(keep));
    loop {
        match cursor.advance(session).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => return error::of_command(node, &error).map(Outcome::Refused),
        }
        let raw = cursor.current();
        let wanted = keeper.takes(raw.as_bytes().len());
        match &mut sink {
            Some(sink) => sink
                .document(&decoded(node, raw)?)
                .map_err(|error| BackendError::Other(format!("the output could not be written: {error}")))?,
            None if wanted => kept.push(decoded(node, raw)?),
            None => {}
        }
    }
    let count = keeper.count();
    let kept = DocumentSet { documents: kept, count };
    Ok(Outcome::Output(if sink.is_some() { Output::Streamed { count } } else { Output::Documents(kept) }))
}

fn decoded(node: &str, raw: &RawDocument) -> Result<Document, BackendError> {
    Document::try_from(raw)
        .map_err(|error| BackendError::Other(format!("{node} returned a document that cannot be read: {error}")))
}

/// Runs `work`; when the limit is over, kills the session's operations from another connection and waits for the answer.
async fn limited(
    clients: &MongoClients,
    target: &Target,
    id: Bson,
    limit: Duration,
    work: impl Future<Output = Result<Outcome, BackendError>>,
) -> Result<Outcome, BackendError> {
    let mut work = pin!(work);
    if let Ok(done) = tokio::time::timeout(limit, &mut work).await {
        return done;
    }
    let answer = async {
        let (_, answer) = futures::join!(kill_session(clients, target, id), work);
        answer
    };
    let silent = |_| BackendError::Silent { node: clients.name(target), limit };
    match tokio::time::timeout(KILL_GRACE, answer).await.map_err(silent)?? {
        Outcome::Refused(refused) => Ok(Outcome::Refused(refused.cancelled_after(limit))),
        output => Ok(output),
    }
}

/// Kills a session where it may be at work: a member kills only what runs on itself, and which secondary the driver chose
/// nobody knows. One that answers is enough: the others may be down.
async fn kill_session(clients: &MongoClients, target: &Target, id: Bson) -> Result<(), BackendError> {
    let targets = match target {
        Target::Secondary => (0..clients.set.members.len()).map(Target::Member).collect(),
        other => vec![other.clone()],
    };
    let killed = join_all(targets.iter().map(|target| kill_session_on(clients, target, &id))).await;
    let (done, mut failed): (Vec<_>, Vec<_>) = killed.into_iter().partition(Result::is_ok);
    if done.is_empty() { failed.pop().unwrap_or(Ok(())) } else { Ok(()) }
}

async fn kill_session_on(clients: &MongoClients, target: &Target, id: &Bson) -> Result<(), BackendError> {
    let admin = clients.client(target).await?.database("admin");
    let mut kill = admin.run_command(doc! { "killSessions": [{ "id": id }] });
    if let Some(criteria) = target.criteria() {
        kill = kill.selection_criteria(criteria);
    }
    let silent = |_| BackendError::Silent { node: clients.name(target), limit: KILL_GRACE };
    let killed = tokio::time::timeout(KILL_GRACE, async { kill.await }).await.map_err(silent)?;
    killed.map(drop).map_err(|error| error::of_own(&clients.name(target), "killing a session", &error))
}
