//! A cursor that stays open: what a batch says of it, how far it has looked, and the command that reads on.

use std::collections::VecDeque;
use std::time::Duration;

use bson::{Bson, Document, Timestamp, doc};

use super::Target;
use super::command::{Command, is_change_stream};
use crate::backend::BackendError;

/// How long the server waits for something to come, before it returns a batch without documents.
pub(super) const WAIT: Duration = Duration::from_millis(100);

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
    /// Where it is.
    pub target: Target,
    /// Its database.
    pub database: String,
    /// Its collection.
    pub collection: String,
    /// The cursor; 0 when the server has closed it.
    pub cursor: i64,
    /// Whether the server waits for documents (`maxTimeMS` of `getMore`).
    pub waits: bool,
    /// For a change stream: how far it has looked.
    pub reached: Option<Option<Timestamp>>,
    /// What has come and was not yet read.
    pub come: VecDeque<Document>,
}

impl Stream {
    /// What a command opens, before its reply.
    pub fn new(command: &Command<'_>) -> Self {
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
    pub fn take(&mut self, reply: &mut Document) -> Result<bool, BackendError> {
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
    pub fn is_at(&self, now: Option<Timestamp>) -> bool {
        match (self.reached, now) {
            (Some(Some(reached)), Some(now)) => reached >= now,
            _ => true,
        }
    }

    /// The command that reads on.
    pub fn more(&self, until: Until) -> Document {
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
