//! Whether the members of a replica set answer.

use std::time::{Duration, Instant};

use bson::doc;
use futures::future::try_join_all;

use super::{MongoClients, Target, error};
use crate::backend::BackendError;

/// How often it is asked who is primary.
const INTERVAL: Duration = Duration::from_millis(50);

/// Returns once every member answers and one of them is primary. A member that was started a moment ago refuses its users
/// until it has read who they are.
///
/// # Errors
/// A member has not answered within the limit, or there is no primary.
pub async fn answers(clients: &MongoClients, limit: Duration) -> Result<(), BackendError> {
    let clients = clients.admin();
    let begun = Instant::now();
    let members = (0..clients.set.members.len()).map(|at| async move {
        loop {
            match pinged(clients, Target::Member(at)).await {
                Err(_) if begun.elapsed() < limit => tokio::time::sleep(INTERVAL).await,
                done => return done,
            }
        }
    });
    try_join_all(members).await?;
    while clients.primary().await?.is_empty() {
        if begun.elapsed() > limit {
            return Err(BackendError::Other(format!("the replica set has had no primary for {limit:?}")));
        }
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(())
}

async fn pinged(clients: &MongoClients, member: Target) -> Result<(), BackendError> {
    let admin = clients.client(&member).await?.database("admin");
    let mut ping = admin.run_command(doc! { "ping": 1 });
    if let Some(criteria) = member.criteria() {
        ping = ping.selection_criteria(criteria);
    }
    let pinged = ping.await.map(drop);
    pinged.map_err(|error| error::of_own(&clients.name(&member), "asking whether it answers", &error))
}
