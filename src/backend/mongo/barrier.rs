//! The barrier between members: every one has applied what the primary had written when the barrier began.

use std::time::{Duration, Instant};

use bson::{Document, Timestamp, doc};
use futures::future::try_join_all;

use super::{MongoClients, Target, error};
use crate::backend::BackendError;

/// How often a member is asked how far it is.
const INTERVAL: Duration = Duration::from_millis(4);

/// Waits until every member has applied what the primary has written so far, and returns how long that took. Each member is
/// asked for its own opTime: the primary's view of the others is a heartbeat old. It waits as long as it takes: the caller
/// sets the limit.
pub async fn catch_up(clients: &MongoClients) -> Result<Duration, BackendError> {
    let begun = Instant::now();
    let status = status(clients, &Target::Primary).await?;
    let target = applied(&status).unwrap_or(Timestamp { time: 0, increment: 0 });
    try_join_all((0..clients.set.members.len()).map(|at| reached(clients, Target::Member(at), target))).await?;
    Ok(begun.elapsed())
}

async fn reached(clients: &MongoClients, member: Target, target: Timestamp) -> Result<(), BackendError> {
    loop {
        match status(clients, &member).await {
            Ok(status) if applied(&status).is_some_and(|applied| applied >= target) => return Ok(()),
            // A member that was started a moment ago refuses questions for a while (KeyNotFound, NotYetInitialized).
            Ok(_) | Err(BackendError::Refused { .. } | BackendError::Lost { .. }) => tokio::time::sleep(INTERVAL).await,
            Err(error) => return Err(error),
        }
    }
}

async fn status(clients: &MongoClients, target: &Target) -> Result<Document, BackendError> {
    let admin = clients.client(target).await?.database("admin");
    let mut action = admin.run_command(doc! { "replSetGetStatus": 1 });
    if let Some(criteria) = target.criteria() {
        action = action.selection_criteria(criteria);
    }
    action.await.map_err(|error| error::of_own(&clients.name(target), "asking how far the members are", &error))
}

fn applied(status: &Document) -> Option<Timestamp> {
    status.get_document("optimes").ok()?.get_document("appliedOpTime").ok()?.get_timestamp("ts").ok()
}

/// Makes the primary step down and waits until another member is primary; returns how long that took.
pub async fn step_down(clients: &MongoClients, limit: Duration) -> Result<Duration, BackendError> {
    let begun = Instant::now();
    let before = clients.primary().await?;
    let command = doc! { "replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5 };
    let node = clients.name(&Target::Primary);
    if let Err(error) = clients.client(&Target::Primary).await?.database("admin").run_command(command).await
        // The primary may close the connection on its way down: that it went is seen below.
        && let Ok(refused) = error::of_command(&node, &error)
    {
        return Err(BackendError::Refused {
            node,
            doing: "making the primary step down".into(),
            error: Box::new(refused),
        });
    }
    loop {
        match clients.primary().await {
            Ok(now) if !now.is_empty() && now != before => return Ok(begun.elapsed()),
            _ if begun.elapsed() > limit => return Err(BackendError::Silent { node, limit }),
            _ => tokio::time::sleep(INTERVAL).await,
        }
    }
}
