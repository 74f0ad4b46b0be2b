//! Cursors that never end: change streams and tailable cursors. What is there now comes at once; what comes later is read
//! from the cursor that stays open (manual, "Change Streams", "Tailable Cursors", `getMore`).

use std::time::{Duration, Instant};

use bson::{Timestamp, doc};

use super::command::{Command, Reply};
use super::cursor::{Stream, Until, WAIT};
use super::limit::{ASK_LIMIT, within};
use super::{MongoClients, MongoSession, Target, error};
use crate::backend::{BackendError, RowSink};
use crate::observation::{DocumentSet, Keep, Outcome, Output};

/// How often a tailable cursor that does not wait by itself is asked.
const INTERVAL: Duration = Duration::from_millis(10);

impl MongoSession {
    /// Opens a cursor that never ends, keeps it as `name`, and returns what is there now.
    pub async fn open(&mut self, name: &str, command: Command<'_>) -> Result<Outcome, BackendError> {
        let (begun, limit) = (Instant::now(), command.limit);
        match self.opened(command).await? {
            Ok(stream) => {
                self.streams.insert(name.to_string(), stream);
                self.read(name, Until::Now, limit.saturating_sub(begun.elapsed())).await
            }
            Err(refused) => Ok(refused),
        }
    }

    /// What is there now, and nothing after it.
    pub(super) async fn read_once(
        &mut self,
        command: Command<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        // No stream of a scenario has a name like this.
        const ONCE: &str = "";
        let outcome = self.open(ONCE, command).await;
        self.forget(ONCE).await;
        match (outcome?, sink) {
            (Outcome::Output(Output::Documents(set)), Some(sink)) => {
                let broken = |error| BackendError::Other(format!("the output could not be written: {error}"));
                set.documents.iter().try_for_each(|document| sink.document(document)).map_err(broken)?;
                Ok(Outcome::Output(Output::Streamed { count: set.count }))
            }
            (outcome, _) => Ok(outcome),
        }
    }

    /// Sends the command and takes in its first batch.
    async fn opened(&mut self, mut command: Command<'_>) -> Result<Result<Stream, Outcome>, BackendError> {
        let target = match command.target {
            Target::Secondary => a_secondary(&self.clients).await?,
            other => other.clone(),
        };
        command.target = &target;
        let mut stream = Stream::new(&command);
        match self.send(command, Reply::Plain).await? {
            Outcome::Output(Output::Reply(mut reply)) => {
                stream.take(&mut reply)?;
                Ok(Ok(stream))
            }
            other => Ok(Err(other)),
        }
    }

    /// Reads a stream. Until so many documents have come, or its limit is over; what comes beyond them is for the next
    /// reading.
    pub async fn read(&mut self, name: &str, until: Until, limit: Duration) -> Result<Outcome, BackendError> {
        let gone = || BackendError::Other("there is no open cursor to read from".into());
        let mut stream = self.streams.remove(name).ok_or_else(gone)?;
        let read = self.fill(&mut stream, until, limit).await;
        let taken = match until {
            Until::Count(count) => usize::try_from(count).unwrap_or(usize::MAX).min(stream.come.len()),
            Until::Now => stream.come.len(),
        };
        let documents = match &read {
            Ok(None) => stream.come.drain(..taken).collect(),
            _ => vec![],
        };
        self.streams.insert(name.to_string(), stream);
        Ok(match read? {
            Some(refused) => refused,
            None => Outcome::Output(Output::Documents(DocumentSet::new(documents))),
        })
    }

    /// Lets documents come until there are enough. Returns the refusal of the server, if it refused.
    async fn fill(
        &mut self,
        stream: &mut Stream,
        until: Until,
        limit: Duration,
    ) -> Result<Option<Outcome>, BackendError> {
        let begun = Instant::now();
        let now = match (until, stream.reached) {
            (Until::Now, Some(_)) => Some(self.now(&stream.target, limit).await?),
            _ => None,
        };
        if stream.cursor == 0 && stream.come.is_empty() {
            return Err(BackendError::Other(
                "the stream has ended: the server has closed its cursor (a tailable cursor that finds no document, a \
                 collection that was dropped)"
                    .into(),
            ));
        }
        loop {
            let enough = matches!(until, Until::Count(count) if stream.come.len() as u64 >= count);
            let rest = limit.saturating_sub(begun.elapsed());
            if enough || stream.cursor == 0 {
                return Ok(None);
            }
            if rest.is_zero() {
                return match until {
                    Until::Count(_) => Ok(None),
                    Until::Now => Err(BackendError::Other(format!("the stream has not caught up within {limit:?}"))),
                };
            }
            let document = stream.more(until);
            let (target, database) = (stream.target.clone(), stream.database.clone());
            let command = Command { document, ..Command::of(&target, &database, rest.max(WAIT * 2)) };
            match self.send(command, Reply::Plain).await? {
                Outcome::Output(Output::Reply(mut reply)) => {
                    let empty = stream.take(&mut reply)?;
                    if until == Until::Now && empty && stream.is_at(now) {
                        return Ok(None);
                    }
                    if empty && !stream.waits {
                        tokio::time::sleep(INTERVAL).await;
                    }
                }
                refused => return Ok(Some(refused)),
            }
        }
    }

    /// The time of the last operation of a node.
    async fn now(&mut self, target: &Target, limit: Duration) -> Result<Timestamp, BackendError> {
        let clients = self.clients.clone();
        let ask = async {
            let hello = clients.client(target).await?.database("admin").run_command(doc! { "hello": 1 }).await;
            hello.map_err(|error| error::of_own(&clients.name(target), "asking for the time of its last write", &error))
        };
        let hello = within(&clients, target, limit, ask).await?;
        let last = hello.get_document("lastWrite").ok().and_then(|last| last.get_document("opTime").ok());
        let time = last.and_then(|last| last.get_timestamp("ts").ok());
        time.ok_or_else(|| BackendError::Other("a member does not say what it has written last".into()))
    }

    /// Closes a stream's cursor. What the server answers changes nothing any more.
    async fn forget(&mut self, name: &str) {
        let Some(stream) = self.streams.remove(name).filter(|stream| stream.cursor != 0) else { return };
        let document = doc! { "killCursors": &stream.collection, "cursors": [stream.cursor] };
        let command =
            Command { document, keep: Keep::Count, ..Command::of(&stream.target, &stream.database, WAIT * 5) };
        let _ = self.send(command, Reply::Plain).await;
    }
}

/// A member that is secondary now: a cursor lives on one server.
async fn a_secondary(clients: &MongoClients) -> Result<Target, BackendError> {
    for at in 0..clients.set.members.len() {
        let target = Target::Member(at);
        let ask = async {
            let hello = clients.client(&target).await?.database("admin").run_command(doc! { "hello": 1 }).await;
            hello.map_err(|error| error::of_own(&clients.name(&target), "asking what it is", &error))
        };
        if within(clients, &target, ASK_LIMIT, ask)
            .await
            .is_ok_and(|hello| hello.get_bool("secondary").unwrap_or_default())
        {
            return Ok(target);
        }
    }
    let cause = "no member is a secondary now".to_string();
    Err(BackendError::Unreachable { node: clients.name(&Target::Secondary), cause })
}
