//! A client session and what runs in it: commands and transactions, each with a time limit. A step that is believed to run
//! in a transaction never runs outside of it: after an error inside, or after the server has given the transaction up, the
//! driver still sends its number, and the server answers NoSuchTransaction (251).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;
use std::time::Duration;

use bson::{Bson, Document, doc};
use futures::future::join_all;
use mongodb::ClientSession;
use mongodb::options::SelectionCriteria;

use super::command::{
    Command, Reply, documents, has_cursor, never_ends, nothing, read_after, replied, transaction_options, with_cursor,
};
use super::cursor::Stream;
use super::limit::{KILL_GRACE, Limited, kill_session, limited, within};
use super::{MongoClients, Target, error, user};
use crate::backend::{BackendError, RowSink};
use crate::explain::from_mongo;
use crate::observation::{Outcome, Output, OwnDoing};

/// How many documents one insert of a load carries.
const LOAD_BATCH: usize = 5_000;

/// How many documents the server sends at once after the first batch: without a number it fills 16 MB, of which the driver
/// holds two copies.
const BATCH: u32 = 2_000;

/// The code of NoSuchTransaction.
const NO_SUCH_TRANSACTION: i32 = 251;

/// A client session: on the set, and beside it one on each member that is spoken to directly, which is told what the
/// session has seen.
pub struct MongoSession {
    pub(super) clients: Arc<MongoClients>,
    causal: bool,
    sessions: BTreeMap<Target, ClientSession>,
    /// Where a transaction was started that was neither committed nor aborted.
    transaction: Option<Target>,
    /// polyspec has killed the session's operations, and with them the transaction that is open.
    killed: bool,
    /// Something of this session may still be there on the server: a command whose answer nobody waits for any more, a
    /// commit whose result is not known.
    leftover: bool,
    /// Cursors that stay open.
    pub(super) streams: BTreeMap<String, Stream>,
}

/// The session that serves a target: the driver routes to primary and secondary within one session of the set's client.
fn key_of(target: &Target) -> Target {
    if matches!(target, Target::Secondary) { Target::Primary } else { target.clone() }
}

impl MongoSession {
    /// A session that begins when it is first used. A causal one reads its own writes wherever it reads.
    pub fn new(clients: Arc<MongoClients>, causal: bool) -> Self {
        let (sessions, streams) = (BTreeMap::new(), BTreeMap::new());
        Self { clients, causal, sessions, transaction: None, killed: false, leftover: false, streams }
    }

    /// Whether a transaction was started and neither committed nor aborted.
    pub fn in_transaction(&self) -> bool {
        self.transaction.is_some()
    }

    /// The logical session id on the set (`lsid.id`), which the server's own views name.
    pub async fn id(&mut self) -> Result<Bson, BackendError> {
        self.id_on(&Target::Primary).await
    }

    pub(super) async fn id_on(&mut self, target: &Target) -> Result<Bson, BackendError> {
        let id = self.session(target).await?.id().get("id").cloned();
        Ok(id.unwrap_or(Bson::Null))
    }

    pub(super) async fn session(&mut self, target: &Target) -> Result<&mut ClientSession, BackendError> {
        let key = key_of(target);
        let is_main = key == Target::Primary;
        let seen =
            self.sessions.get(&Target::Primary).map(|main| (main.cluster_time().cloned(), main.operation_time()));
        let session = match self.sessions.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let session = self.clients.start_session(entry.key(), self.causal).await?;
                entry.insert(session)
            }
        };
        if let (false, Some((cluster, operation))) = (is_main, seen) {
            cluster.iter().for_each(|time| session.advance_cluster_time(time));
            operation.into_iter().for_each(|time| session.advance_operation_time(time));
        }
        Ok(session)
    }

    /// A step on another node than the open transaction's would run outside of it.
    fn inside(&self, target: &Target) -> Result<bool, BackendError> {
        let Some(open) = &self.transaction else { return Ok(false) };
        if *open == key_of(target) {
            return Ok(true);
        }
        let (here, there) = (self.clients.name(target), self.clients.name(open));
        Err(BackendError::Other(format!(
            "this session has a transaction open on {there}, and a step on {here} would run outside of it: \
             commit or abort it first, or give the step another session"
        )))
    }

    /// Starts a transaction with the driver's options (`readConcern`, `writeConcern`, `maxCommitTimeMS`). Nothing is sent:
    /// the first command begins it on the server.
    pub async fn start_transaction(
        &mut self,
        target: &Target,
        options: Option<Document>,
        limit: Duration,
    ) -> Result<Outcome, BackendError> {
        self.inside(target)?;
        let (clients, node) = (self.clients.clone(), self.clients.name(target));
        let options = transaction_options(options)?;
        let session = within(&clients, target, limit + KILL_GRACE, self.session(target)).await?;
        let start = async { nothing(&node, session.start_transaction().with_options(options).await) };
        let started = within(&clients, target, limit + KILL_GRACE, start).await?;
        self.transaction = Some(key_of(target));
        self.killed = false;
        Ok(started)
    }

    /// Commits; the driver itself tries once more when the reply is lost.
    pub async fn commit(&mut self, limit: Duration) -> Result<Outcome, BackendError> {
        self.end(limit, true).await
    }

    /// Aborts.
    pub async fn abort(&mut self, limit: Duration) -> Result<Outcome, BackendError> {
        self.end(limit, false).await
    }

    async fn end(&mut self, limit: Duration, commit: bool) -> Result<Outcome, BackendError> {
        let target = self.transaction.take().unwrap_or(Target::Primary);
        let (clients, node) = (self.clients.clone(), self.clients.name(&target));
        let id = within(&clients, &target, limit + KILL_GRACE, self.id_on(&target)).await?;
        let session = self.session(&target).await?;
        let work = async {
            let ended = if commit { session.commit_transaction().await } else { session.abort_transaction().await };
            nothing(&node, ended)
        };
        let ended = limited(&clients, &target, id, limit, work).await;
        self.leftover |= !matches!(ended.answer, Ok(Outcome::Output(_)));
        let answer = self.judged(ended.answer);
        self.killed = false;
        answer
    }

    /// After polyspec itself has killed the transaction, that it is gone is no answer of the system's.
    fn judged(&self, answer: Result<Outcome, BackendError>) -> Result<Outcome, BackendError> {
        match answer {
            Ok(Outcome::Refused(mut refused)) if self.killed && refused.code == Some(NO_SUCH_TRANSACTION) => {
                refused.own.get_or_insert(OwnDoing::Cancelled);
                let hint = "polyspec killed the transaction when the time limit of an earlier step was over";
                refused.hint.get_or_insert(hint.into());
                Ok(Outcome::Refused(refused))
            }
            answer => answer,
        }
    }

    /// The session of a target and its id, before something with a limit is sent in it. Until `done`, something may be
    /// left of it on the server, also when the caller gives up waiting.
    pub(super) async fn begin(&mut self, target: &Target, limit: Duration) -> Result<Bson, BackendError> {
        let clients = self.clients.clone();
        let id = within(&clients, target, limit + KILL_GRACE, self.id_on(target)).await?;
        self.leftover = true;
        Ok(id)
    }

    /// What became of what `begin` began; `left` is what was left before.
    pub(super) fn done(&mut self, done: Limited, left: bool) -> Result<Outcome, BackendError> {
        self.leftover = left || done.answer.is_err();
        self.killed |= done.killed && self.transaction.is_some();
        self.judged(done.answer)
    }

    /// Runs a command. Documents of a cursor go to `sink` if there is one, else into the outcome. Of a cursor that never
    /// ends, what is there now comes at once, and the cursor is closed.
    pub async fn run(
        &mut self,
        command: Command<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        if never_ends(&command.document) {
            return self.read_once(command, sink).await;
        }
        self.send(command, Reply::Cursor(sink)).await
    }

    /// Sends a command and reads its reply.
    pub(super) async fn send(
        &mut self,
        mut command: Command<'_>,
        reply: Reply<'_, '_>,
    ) -> Result<Outcome, BackendError> {
        let inside = self.inside(command.target)?;
        let (causal, left, clients) = (self.causal && !inside, self.leftover, self.clients.clone());
        clients.note_fail_point(&command.document);
        user::admit_elsewhere(&clients, command.database, &command.document).await?;
        let (target, limit) = (command.target, command.limit);
        let id = self.begin(target, limit).await?;
        let session = self.session(target).await?;
        if causal {
            read_after(&mut command.document, session);
        }
        // A member that is spoken to directly takes a transaction only as a primary.
        let criteria = target.criteria().filter(|_| !(inside && matches!(target, Target::Member(_))));
        let work = sent(&clients, session, command, criteria, reply);
        let done = limited(&clients, target, id, limit, work).await;
        self.done(done, left)
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
        let own = !self.in_transaction();
        if own && let refused @ Outcome::Refused(_) = self.start_transaction(target, None, limit).await? {
            return Ok(refused);
        }
        for batch in documents.chunks(LOAD_BATCH) {
            let document = doc! { "insert": collection, "documents": batch };
            let inserted = self.run(Command { document, ..Command::of(target, database, limit) }, None).await;
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

    /// Asks for the plan of a command with execution statistics. The server runs what the command reads to count it, and
    /// applies no write: not those of `update`, `delete` and `findAndModify`, nor `$out` and `$merge` (manual, `explain`).
    pub async fn explain(&mut self, command: Command<'_>) -> Result<Outcome, BackendError> {
        let node = self.clients.name(command.target);
        let document = doc! { "explain": with_cursor(command.document), "verbosity": "executionStats" };
        match self.run(Command { document, ..command }, None).await? {
            Outcome::Output(Output::Reply(reply)) => from_mongo(&reply)
                .map(|plan| Outcome::Output(Output::Plan(plan)))
                .map_err(|error| BackendError::Other(format!("the plan of {node} could not be read: {error}"))),
            other => Ok(other),
        }
    }

    /// Ends the session on the server where it holds something there: an open transaction, a cursor that stays open, what
    /// nobody waits for any more. It takes no longer than the grace.
    pub async fn close(self) -> Result<(), BackendError> {
        if self.transaction.is_none() && !self.leftover && self.streams.is_empty() {
            return Ok(());
        }
        let kill = |(key, session): (&Target, &ClientSession)| {
            // What nobody waits for may be on a secondary; a transaction is on the primary.
            let target = if self.leftover && *key == Target::Primary { Target::Secondary } else { key.clone() };
            let (clients, id) = (self.clients.clone(), session.id().get("id").cloned().unwrap_or(Bson::Null));
            async move { kill_session(&clients, &target, id).await }
        };
        join_all(self.sessions.iter().map(kill)).await.into_iter().collect()
    }
}

async fn sent(
    clients: &MongoClients,
    session: &mut ClientSession,
    command: Command<'_>,
    criteria: Option<SelectionCriteria>,
    reply: Reply<'_, '_>,
) -> Result<Outcome, BackendError> {
    let node = clients.name(command.target);
    let database = clients.client(command.target).await?.database(command.database);
    let document = with_cursor(command.document);
    let (Reply::Cursor(sink), true) = (reply, has_cursor(&document)) else {
        let mut action = database.run_command(document);
        if let Some(criteria) = criteria {
            action = action.selection_criteria(criteria);
        }
        let action = action.session(session);
        return replied(&node, action.await, command.whole_reply);
    };
    let mut action = database.run_cursor_command(document).batch_size(BATCH);
    if let Some(criteria) = criteria {
        action = action.selection_criteria(criteria);
    }
    match action.session(&mut *session).await {
        Ok(cursor) => documents(&node, cursor, session, command.keep, sink).await,
        Err(error) => error::of_command(&node, &error).map(Outcome::Refused),
    }
}
