//! Time limits: after one the server is told to kill what the session does, and nothing waits longer than a grace.

use std::pin::pin;
use std::time::{Duration, Instant};

use bson::{Bson, doc};
use futures::future::join_all;

use super::{MongoClients, Target, error};
use crate::backend::BackendError;
use crate::observation::{Outcome, ServerError};

/// How long a server has to answer after it was told to kill an operation.
pub(super) const KILL_GRACE: Duration = Duration::from_secs(2);

/// How long polyspec waits for what it asks for itself: who is primary, a version, a list of names.
pub(super) const ASK_LIMIT: Duration = Duration::from_secs(15);

/// How long it waits for a copy to be made.
pub(super) const COPY_LIMIT: Duration = Duration::from_secs(120);

/// How long it waits for a copy to be dropped.
pub(super) const DROP_LIMIT: Duration = Duration::from_secs(30);

/// Waits for something that polyspec asks for itself.
///
/// # Errors
/// Its own; `Silent` when the limit is over.
pub(super) async fn within<T>(
    clients: &MongoClients,
    target: &Target,
    limit: Duration,
    work: impl Future<Output = Result<T, BackendError>>,
) -> Result<T, BackendError> {
    let silent = |_| BackendError::Silent { node: clients.name(target), limit };
    tokio::time::timeout(limit, work).await.map_err(silent)?
}

/// The same for what is asked of the primary through the driver.
pub(super) async fn own<T>(
    clients: &MongoClients,
    limit: Duration,
    doing: &str,
    work: impl Future<Output = mongodb::error::Result<T>>,
) -> Result<T, BackendError> {
    let named = async { work.await.map_err(|error| error::of_own(&clients.name(&Target::Primary), doing, &error)) };
    let begun = Instant::now();
    let done = within(clients, &Target::Primary, limit, named).await;
    tracing::debug!(node = %clients.name(&Target::Primary), took = ?begun.elapsed(), "{doing}");
    done
}

/// What became of work that has a limit.
pub(super) struct Limited {
    /// The answer.
    pub answer: Result<Outcome, BackendError>,
    /// polyspec has killed the session's operations, and with them its transaction.
    pub killed: bool,
}

/// Runs `work`; when the limit is over, kills the session's operations from another connection and waits for the answer no
/// longer than the grace. (The driver closes a connection whose answer nobody waits for any more.)
pub(super) async fn limited(
    clients: &MongoClients,
    target: &Target,
    id: Bson,
    limit: Duration,
    work: impl Future<Output = Result<Outcome, BackendError>>,
) -> Limited {
    let mut work = pin!(work);
    if let Ok(answer) = tokio::time::timeout(limit, &mut work).await {
        return Limited { answer, killed: false };
    }
    let both = async { futures::join!(kill_session(clients, target, id), work).1 };
    let answer = match tokio::time::timeout(KILL_GRACE, both).await {
        Ok(Ok(Outcome::Refused(refused))) => Ok(Outcome::Refused(refused.cancelled_after(limit))),
        Ok(Ok(Outcome::Output(_))) => Ok(Outcome::Refused(ServerError::late(limit))),
        Ok(broken) => broken,
        Err(_) => Err(BackendError::Silent { node: clients.name(target), limit }),
    };
    Limited { answer, killed: true }
}

/// Kills a session where it may be at work: a member kills only what runs on itself, and which secondary the driver chose
/// nobody knows. One that answers is enough: the others may be down.
pub(super) async fn kill_session(clients: &MongoClients, target: &Target, id: Bson) -> Result<(), BackendError> {
    let targets = match target {
        Target::Secondary => (0..clients.set.members.len()).map(Target::Member).collect(),
        other => vec![other.clone()],
    };
    let killed = join_all(targets.iter().map(|target| kill_session_on(clients, target, &id))).await;
    let (done, mut failed): (Vec<_>, Vec<_>) = killed.into_iter().partition(Result::is_ok);
    if done.is_empty() { failed.pop().unwrap_or(Ok(())) } else { Ok(()) }
}

async fn kill_session_on(clients: &MongoClients, target: &Target, id: &Bson) -> Result<(), BackendError> {
    within(clients, target, KILL_GRACE, async {
        let admin = clients.client(target).await?.database("admin");
        let mut kill = admin.run_command(doc! { "killSessions": [{ "id": id }] });
        if let Some(criteria) = target.criteria() {
            kill = kill.selection_criteria(criteria);
        }
        kill.await.map(drop).map_err(|error| error::of_own(&clients.name(target), "killing a session", &error))
    })
    .await
}
