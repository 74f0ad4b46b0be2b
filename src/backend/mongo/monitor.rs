//! Sees whether a session's operation waits for another one.

use std::time::Duration;

use bson::{Bson, Document, doc};
use futures::TryStreamExt;

use super::{MongoClients, Target, error};
use crate::backend::BackendError;

/// How often the server is asked.
const INTERVAL: Duration = Duration::from_millis(5);

/// How many times a write must have been tried anew before it counts as waiting.
const CONFLICTS: i64 = 2;

/// Returns once an operation of session `id` waits: for a lock, or, as a write outside a transaction does behind one, by
/// trying anew after each write conflict (manual, `$currentOp`: `waitingForLock`, `writeConflicts`).
pub async fn blocked(clients: &MongoClients, id: &Bson) -> Result<(), BackendError> {
    let admin = clients.client(&Target::Primary).await?.database("admin");
    let pipeline = [
        doc! { "$currentOp": { "allUsers": true, "localOps": true } },
        doc! { "$match": { "lsid.id": id, "active": true } },
    ];
    loop {
        let found = async { admin.aggregate(pipeline.clone()).await?.try_collect::<Vec<Document>>().await };
        let found = found
            .await
            .map_err(|error| error::of_own(&clients.name(&Target::Primary), "watching for a lock", &error))?;
        if found.iter().any(waits) {
            return Ok(());
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

fn waits(operation: &Document) -> bool {
    let conflicts = match operation.get("writeConflicts") {
        Some(Bson::Int32(count)) => i64::from(*count),
        Some(Bson::Int64(count)) => *count,
        _ => 0,
    };
    operation.get_bool("waitingForLock").unwrap_or_default() || conflicts >= CONFLICTS
}
