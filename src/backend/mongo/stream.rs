//! Cursors that never end: change streams and tailable cursors. What is there now comes at once; what comes later is read
//! from the cursor that stays open (manual, "Change Streams", "Tailable Cursors", `getMore`).

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bson::{Bson, Document, Timestamp, doc};

use super::command::{Command, is_change_stream};
use super::limit::{ASK_LIMIT, within};
use super::session::Reply;
use super::{MongoClients, MongoSession, Target, error};
use crate::backend::{BackendError, RowSink};
use crate::observation::{DocumentSet, Keep, Outcome, Output};

/// How long the server waits for something to come, before it returns a batch without documents.
const WAIT: Duration = Duration::from_millis(100);

/// How often a tailable cursor that does not wait by itself is asked.
const INTERVAL: Duration = Duration::from_millis(10);

/// Until when a stream is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Until {
    /// So many documents have come.
    Count(u64),
    /// Everything is read that was written before the reading began.
    Now,
}

/// A cursor that stays open.
pub(super) struct Stream {
    target: Target,
    database: String,
    collection: String,
    /// The cursor; 0 when the server has closed it.
    cursor: i64,
    /// Whether the server waits for documents (`maxTimeMS` of `getMore`).
    waits: bool,
    /// For a change stream: how far it has looked.
    reached: Option<Option<Timestamp>>,
    /// What has come and was not yet read.
    come: VecDeque<Document>,
}

impl Stream {
    fn new(command: &Command<'_>) -> Self {
        let changes = is_change_stream(&command.document);
        Self {
            target: command.target.clone(),
            database: command.database.to_string(),
            collection: String::new(),
            cursor: 0,
            waits: changes || command.document.get("awaitData") == Some(&Bson::Boolean(true)),
            reached: changes.then_some(None),
            come: VecDeque::new(),
        }
    }

    /// Takes in a batch; returns whether it had no documents.
    fn take(&mut self, reply: &mut Document) -> Result<bool, BackendError> {
        let unreadable = || BackendError::Other("a reply has no cursor that can be read".into());
        let cursor = reply.get_document_mut("cursor").map_err(|_| unreadable())?;
        self.cursor = cursor.get_i64("id").map_err(|_| unreadable())?;
        let namespace = cursor.get_str("ns").map_err(|_| unreadable())?;
        self.collection = namespace.split_once('.').map_or("", |(_, collection)| collection).to_string();
        if let Some(reached) = &mut self.reached {
            *reached = cursor.get_document("postBatchResumeToken").ok().and_then(looked).or(*reached);
        }
        let batch = cursor.remove("firstBatch").or_else(|| cursor.remove("nextBatch"));
        let Some(Bson::Array(batch)) = batch else { return Err(unreadable()) };
        let before = self.come.len();
        self.come.extend(batch.into_iter().filter_map(|document| match document {
            Bson::Document(document) => Some(document),
            _ => None,
        }));
        Ok(self.come.len() == before)
    }

    /// Whether everything until `now` was looked at, after a batch that was empty. (How far a change stream has looked is
    /// not known from a server that gives other tokens: then the empty batch alone counts.)
    fn is_at(&self, now: Option<Timestamp>) -> bool {
        match (self.reached, now) {
            (Some(Some(reached)), Some(now)) => reached >= now,
            _ => true,
        }
    }

    fn more(&self, until: Until) -> Document {
        let mut more = doc! { "getMore": self.cursor, "collection": &self.collection };
        if self.waits {
            let wait = if self.reached.is_none() && until == Until::Now { Duration::from_millis(1) } else { WAIT };
            more.insert("maxTimeMS", wait.as_millis() as i64);
        }
        more
    }
}

/// The time that a change stream has looked to, from its resume token: hexadecimal, a byte 82 that says that a timestamp
/// follows, and its eight bytes.
fn looked(token: &Document) -> Option<Timestamp> {
    let data = token.get_str("_data").ok()?.strip_prefix("82")?;
    let number = u64::from_str_radix(data.get(..16)?, 16).ok()?;
    Some(Timestamp { time: (number >> 32) as u32, increment: number as u32 })
}

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
                    Until::Now => {
                        Err(BackendError::Other(format!("the stream has not come to the present in {limit:?}")))
                    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(document: Document) -> Stream {
        let target = Target::Primary;
        Stream::new(&Command { document, ..Command::of(&target, "shop", WAIT) })
    }

    fn changes() -> Stream {
        stream(doc! { "aggregate": "t", "pipeline": [{ "$changeStream": {} }] })
    }

    #[test]
    fn batches_are_taken_in_and_the_cursor_is_followed() {
        let mut stream = stream(doc! { "find": "t", "tailable": true });
        let first = doc! { "id": 7_i64, "ns": "shop.t.x", "firstBatch": [{ "_id": 1 }] };
        assert!(!stream.take(&mut doc! { "cursor": first }).unwrap());
        assert_eq!((stream.cursor, stream.collection.as_str(), stream.come.len()), (7, "t.x", 1));
        assert!(stream.take(&mut doc! { "cursor": { "id": 0_i64, "ns": "shop.t.x", "nextBatch": [] } }).unwrap());
        assert_eq!(stream.cursor, 0);
        assert!(stream.take(&mut doc! { "ok": 1 }).is_err());
    }

    #[test]
    fn a_change_stream_is_at_the_present_when_its_token_says_so() {
        let mut stream = changes();
        let now = Timestamp { time: 0x6565_0000, increment: 3 };
        let batch = |data: &str| {
            let token = doc! { "_data": data };
            doc! { "cursor": { "id": 7_i64, "ns": "shop.t", "nextBatch": [], "postBatchResumeToken": token } }
        };
        stream.take(&mut batch("826565000000000002")).unwrap();
        assert!(!stream.is_at(Some(now)));
        stream.take(&mut batch("8265650000000000032B0229296E04")).unwrap();
        assert!(stream.is_at(Some(now)));
    }

    #[test]
    fn a_token_that_cannot_be_read_says_nothing() {
        for data in ["", "82", "8265650000", "01656500000000000300", "82zz650000000000030000"] {
            assert_eq!(looked(&doc! { "_data": data }), None, "{data}");
        }
        assert!(changes().is_at(Some(Timestamp { time: 1, increment: 1 })));
    }

    #[test]
    fn only_a_cursor_that_waits_is_told_how_long() {
        let tailable = stream(doc! { "find": "t", "tailable": true });
        assert!(!tailable.more(Until::Now).contains_key("maxTimeMS"));
        let waiting = stream(doc! { "find": "t", "tailable": true, "awaitData": true });
        assert_eq!(waiting.more(Until::Now).get("maxTimeMS"), Some(&Bson::Int64(1)));
        assert_eq!(changes().more(Until::Count(1)).get("maxTimeMS"), Some(&Bson::Int64(100)));
    }
}
