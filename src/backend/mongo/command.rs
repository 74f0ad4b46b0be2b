//! Commands as documents: which of them return a cursor, which read, what a causally consistent session adds, and what of
//! a reply belongs to the command.

use std::time::Duration;

use bson::{Bson, Document, RawDocument, doc};
use mongodb::options::TransactionOptions;
use mongodb::{ClientSession, SessionCursor};

use super::{Target, error};
use crate::backend::{BackendError, RowSink};
use crate::observation::{DocumentSet, Keep, Keeper, Outcome, Output};

/// Commands whose reply is a cursor.
const CURSOR_COMMANDS: [&str; 4] = ["find", "aggregate", "listCollections", "listIndexes"];

/// Commands that take a read concern outside of a transaction.
const READ_COMMANDS: [&str; 4] = ["find", "aggregate", "count", "distinct"];

/// Levels of a read concern that can wait for a time (manual, "Read Concern": `afterClusterTime`).
const CAUSAL_LEVELS: [&str; 3] = ["local", "majority", "snapshot"];

/// Fields of a reply that belong to the cluster, not to the command.
const CLUSTER_FIELDS: [&str; 4] = ["$clusterTime", "operationTime", "electionId", "opTime"];

/// How a reply is read.
pub(super) enum Reply<'a, 'b> {
    /// A cursor is read to its end, into the sink if there is one.
    Cursor(Option<&'a mut (dyn RowSink + 'b)>),
    /// A cursor stays as it is.
    Plain,
}

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
    /// A reply with `writeErrors` or a `writeConcernError` is an answer and no refusal.
    pub whole_reply: bool,
}

impl<'a> Command<'a> {
    /// A command without content, of which everything is kept.
    pub fn of(target: &'a Target, database: &'a str, limit: Duration) -> Self {
        Self { target, database, document: Document::new(), limit, keep: Keep::All, whole_reply: false }
    }
}

/// The name of a command, its first key.
pub(super) fn name(document: &Document) -> &str {
    document.keys().next().map_or("", String::as_str)
}

/// Whether the reply of a command is a cursor.
pub(super) fn has_cursor(document: &Document) -> bool {
    CURSOR_COMMANDS.contains(&name(document)) && !document.contains_key("explain")
}

/// An aggregate needs a `cursor`, which can be left out in a scenario.
pub(super) fn with_cursor(mut document: Document) -> Document {
    if name(&document) == "aggregate" && !document.contains_key("cursor") && !document.contains_key("explain") {
        document.insert("cursor", doc! {});
    }
    document
}

/// A reading of the session's own writes: not before the last operation that the session has seen. A level that cannot
/// wait for a time is left as it is written.
pub(super) fn read_after(document: &mut Document, session: &ClientSession) {
    let Some(time) = session.operation_time().filter(|_| READ_COMMANDS.contains(&name(document))) else { return };
    let mut concern = document.get_document("readConcern").cloned().unwrap_or_default();
    let waits = concern.get_str("level").map_or(true, |level| CAUSAL_LEVELS.contains(&level));
    if waits && !concern.contains_key("atClusterTime") && !concern.contains_key("afterClusterTime") {
        concern.insert("afterClusterTime", time);
        document.insert("readConcern", concern);
    }
}

/// The driver's options of a transaction.
pub(super) fn transaction_options(options: Option<Document>) -> Result<Option<TransactionOptions>, BackendError> {
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

/// The outcome of what returns nothing.
pub(super) fn nothing(node: &str, result: mongodb::error::Result<()>) -> Result<Outcome, BackendError> {
    match result {
        Ok(()) => Ok(Outcome::Output(Output::Nothing)),
        Err(error) => error::of_command(node, &error).map(Outcome::Refused),
    }
}

/// The outcome of a command without a cursor. Errors inside the reply (`whole`: no, they are a part of it) refuse it.
pub(super) fn replied(
    node: &str,
    reply: mongodb::error::Result<Document>,
    whole: bool,
) -> Result<Outcome, BackendError> {
    match reply {
        Ok(reply) => Ok(reply_outcome(reply, whole)),
        Err(error) => error::of_command(node, &error).map(Outcome::Refused),
    }
}

fn reply_outcome(mut reply: Document, whole: bool) -> Outcome {
    if let Some(refused) = error::in_reply(&reply).filter(|_| !whole) {
        return Outcome::Refused(refused);
    }
    CLUSTER_FIELDS.iter().for_each(|field| {
        reply.remove(field);
    });
    Outcome::Output(Output::Reply(reply))
}

/// Reads a cursor to its end. What is not kept is not decoded either.
pub(super) async fn documents(
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

/// Whether a cursor waits for what comes when it is at its end: a change stream, or a tailable cursor.
pub(super) fn never_ends(document: &Document) -> bool {
    match name(document) {
        "find" => document.get("tailable") == Some(&Bson::Boolean(true)),
        "aggregate" => is_change_stream(document),
        _ => false,
    }
}

/// Whether a command opens a change stream: `$changeStream` is the first stage (manual, "Change Streams").
pub(super) fn is_change_stream(document: &Document) -> bool {
    let stages = document.get_array("pipeline").map(Vec::as_slice).unwrap_or_default();
    let first = stages.first().and_then(Bson::as_document);
    first.is_some_and(|stage| stage.contains_key("$changeStream")) && !document.contains_key("explain")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_never_ends_when_it_is_tailable_or_a_change_stream() {
        let stream = doc! { "aggregate": "t", "pipeline": [{ "$changeStream": {} }, { "$match": {} }] };
        assert!(never_ends(&stream));
        assert!(never_ends(&doc! { "find": "t", "tailable": true, "awaitData": true }));
        let ends = [
            doc! { "find": "t" },
            doc! { "find": "t", "tailable": false },
            doc! { "aggregate": "t", "pipeline": [{ "$match": {} }, { "$changeStream": {} }] },
            doc! { "aggregate": "t", "pipeline": [{ "$changeStream": {} }], "explain": true },
            doc! { "insert": "t", "tailable": true },
            doc! {},
        ];
        assert!(ends.iter().all(|document| !never_ends(document)));
    }

    #[test]
    fn an_aggregate_has_a_cursor_unless_it_is_explained() {
        assert!(with_cursor(doc! { "aggregate": "t", "pipeline": [] }).contains_key("cursor"));
        let own = doc! { "aggregate": "t", "pipeline": [], "cursor": { "batchSize": 1 } };
        assert_eq!(with_cursor(own.clone()), own);
        let explained = doc! { "aggregate": "t", "pipeline": [], "explain": true };
        assert_eq!(with_cursor(explained.clone()), explained);
        assert_eq!(with_cursor(doc! { "find": "t" }), doc! { "find": "t" });
    }
}
