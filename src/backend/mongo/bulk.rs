//! Bulk inserts of documents that are made already.

use std::time::Duration;

use bson::raw::{RawArrayBuf, RawDocumentBuf};
use bson::{Document, rawdoc};

use super::{MongoClients, Target, error};
use crate::backend::BackendError;
use crate::observation::{Outcome, Output};

/// Where documents go.
pub struct Bulk<'a> {
    /// The target.
    pub target: &'a Target,
    /// The database.
    pub database: &'a str,
    /// The collection.
    pub collection: &'a str,
    /// The time limit.
    pub limit: Duration,
}

/// Inserts documents in any order, outside of every session, acknowledged by the primary alone. One that is refused does
/// not stop the others; the first refusal is the outcome.
pub async fn insert(
    clients: &MongoClients,
    bulk: Bulk<'_>,
    documents: Vec<RawDocumentBuf>,
) -> Result<Outcome, BackendError> {
    let affected = documents.len() as u64;
    let command = rawdoc! {
        "insert": bulk.collection,
        "ordered": false,
        "writeConcern": { "w": 1 },
        "documents": documents.into_iter().collect::<RawArrayBuf>(),
    };
    send(clients, bulk, command, affected).await
}

/// Waits until a majority has everything that was inserted. (A write that changes nothing waits, under its write concern,
/// for the last operation of the primary; it needs no other right than that to write.)
pub async fn settle(clients: &MongoClients, bulk: Bulk<'_>) -> Result<Outcome, BackendError> {
    let command = rawdoc! {
        "delete": bulk.collection,
        "deletes": [{ "q": { "_id": { "$in": [] } }, "limit": 0 }],
        "writeConcern": { "w": "majority" },
    };
    send(clients, bulk, command, 0).await
}

async fn send(
    clients: &MongoClients,
    bulk: Bulk<'_>,
    command: RawDocumentBuf,
    affected: u64,
) -> Result<Outcome, BackendError> {
    let node = clients.name(bulk.target);
    let database = clients.client(bulk.target).await?.database(bulk.database);
    let reply = tokio::time::timeout(bulk.limit, database.run_raw_command(command)).await;
    let reply = reply.map_err(|_| BackendError::Silent { node: node.clone(), limit: bulk.limit })?;
    match reply {
        Ok(reply) => Ok(outcome(&reply, affected)),
        Err(error) => error::of_command(&node, &error).map(Outcome::Refused),
    }
}

fn outcome(reply: &Document, affected: u64) -> Outcome {
    match error::in_reply(reply) {
        Some(refused) => Outcome::Refused(refused),
        None => Outcome::Output(Output::Sql { rows: None, affected }),
    }
}
