//! The barrier between members: every one has applied what the primary had written when the barrier began.

use std::time::{Duration, Instant};

use bson::{Document, Timestamp, doc};
use futures::future::{join_all, try_join_all};

use super::limit::{ASK_LIMIT, within};
use super::{MongoClients, Target, error};
use crate::backend::BackendError;

/// How often a member is asked how far it is.
const INTERVAL: Duration = Duration::from_millis(4);

/// The code of KeyNotFound.
const KEY_NOT_FOUND: i32 = 211;

/// How long a member is asked something that can also be left out.
const SHORT_LIMIT: Duration = Duration::from_millis(500);

/// Waits until every member has applied what the primary has written so far, and returns how long that took. Each member is
/// asked for its own opTime: the primary's view of the others is a heartbeat old. It waits as long as it takes: the caller
/// sets the limit.
pub async fn catch_up(clients: &MongoClients) -> Result<Duration, BackendError> {
    let clients = clients.admin();
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
    within(clients, target, ASK_LIMIT, async {
        let admin = clients.client(target).await?.database("admin");
        let mut action = admin.run_command(doc! { "replSetGetStatus": 1 });
        if let Some(criteria) = target.criteria() {
            action = action.selection_criteria(criteria);
        }
        action.await.map_err(|error| error::of_own(&clients.name(target), "asking how far the members are", &error))
    })
    .await
}

fn applied(status: &Document) -> Option<Timestamp> {
    status.get_document("optimes").ok()?.get_document("appliedOpTime").ok()?.get_timestamp("ts").ok()
}

/// Waits while a member that was started a moment ago refuses whoever knows the time of the cluster: it has to read the keys
/// by which that time is signed first (KeyNotFound, 211). What else it answers is not this function's business, and it
/// waits no longer than the limit: without a majority there may be no keys to read.
pub async fn settled(clients: &MongoClients, at: usize, limit: Duration) {
    let clients = clients.admin();
    let reads = async {
        while probe(clients, &Target::Member(at)).await == Some(KEY_NOT_FOUND) {
            tokio::time::sleep(INTERVAL).await;
        }
    };
    // Whoever speaks to the member next sees what it says.
    let _ = tokio::time::timeout(limit, reads).await;
}

/// The code with which a member refuses a read by somebody who knows the primary's time.
async fn probe(clients: &MongoClients, member: &Target) -> Option<i32> {
    let mut primary = clients.start_session(&Target::Primary, false).await.ok()?;
    let admin = clients.client(&Target::Primary).await.ok()?.database("admin");
    let told = admin.run_command(doc! { "ping": 1 }).session(&mut primary);
    // Without a primary there is no newer time to be told.
    let _ = tokio::time::timeout(SHORT_LIMIT, told).await;
    let mut session = clients.start_session(member, false).await.ok()?;
    if let Some(time) = primary.cluster_time() {
        session.advance_cluster_time(time);
    }
    let admin = clients.client(member).await.ok()?.database("admin");
    let mut read = admin.run_command(doc! { "find": "system.version", "limit": 1 }).session(&mut session);
    if let Some(criteria) = member.criteria() {
        read = read.selection_criteria(criteria);
    }
    error::of_command(&clients.name(member), &read.await.err()?).ok()?.code
}

/// Makes the primary step down and waits until another member is primary; returns how long that took. The one that stepped
/// down may be elected again from then on: its ten seconds are there for the election, not for the scenarios after this one.
pub async fn step_down(clients: &MongoClients, limit: Duration) -> Result<Duration, BackendError> {
    let clients = clients.admin();
    let begun = Instant::now();
    let before = clients.primary().await?;
    let command = doc! { "replSetStepDown": 10, "secondaryCatchUpPeriodSecs": 5 };
    let node = clients.name(&Target::Primary);
    let admin = clients.client(&Target::Primary).await?.database("admin");
    let down = async { Ok(admin.run_command(command).await) };
    if let Err(error) = within(clients, &Target::Primary, limit, down).await?
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
            Ok(now) if !now.is_empty() && now != before => break,
            _ if begun.elapsed() > limit => return Err(BackendError::Silent { node, limit }),
            _ => tokio::time::sleep(INTERVAL).await,
        }
    }
    let took = begun.elapsed();
    unfreeze(clients).await;
    Ok(took)
}

/// Lets every member be elected that may. Whoever cannot be asked, or is the primary, has nothing to be freed of.
async fn unfreeze(clients: &MongoClients) {
    let free = |at| async move {
        let admin = clients.client(&Target::Member(at)).await.ok()?.database("admin");
        let freed = admin.run_command(doc! { "replSetFreeze": 0 });
        tokio::time::timeout(SHORT_LIMIT, freed).await.ok()?.ok()
    };
    join_all((0..clients.set.members.len()).map(free)).await;
}
