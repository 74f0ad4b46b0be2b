//! The barrier between peers: every subscriber has replayed what every publisher had written when the barrier began.

use std::time::{Duration, Instant};

use futures::future::try_join_all;

use super::{Peers, PgNode};
use crate::backend::BackendError;
use crate::variables::quote_literal;

/// How often a publisher is asked how far its subscribers are.
const INTERVAL: Duration = Duration::from_millis(2);

/// Waits until every subscriber of `database` has replayed what its publishers have written so far, and returns how long
/// that took. Without slots there is nothing to wait for. It waits as long as it takes: the caller sets the limit.
pub async fn catch_up(peers: &Peers, database: &str) -> Result<Duration, BackendError> {
    let begun = Instant::now();
    try_join_all(peers.values().map(|node| replayed(node, database))).await?;
    Ok(begun.elapsed())
}

/// The target is the end of the log at the beginning; a message makes the server flush it (manual, 9.28.6), since walsenders
/// send only what is flushed.
async fn replayed(node: &PgNode, database: &str) -> Result<(), BackendError> {
    let client = node.admin().await?;
    let doing = "asking how far the peers are";
    let flush = if node.version().await?.0 >= 17 { ", true" } else { "" };
    let target = format!("SELECT pg_logical_emit_message(false, 'polyspec', ''{flush})");
    let target = client.scalar(doing, &target).await?;
    let behind = format!(
        "SELECT count(*) FROM pg_replication_slots s LEFT JOIN pg_stat_replication r ON r.pid = s.active_pid \
         WHERE s.database = {} AND coalesce(r.replay_lsn < {target}::pg_lsn, true)",
        quote_literal(database),
        target = quote_literal(&target)
    );
    while client.scalar(doing, &behind).await? != "0" {
        tokio::time::sleep(INTERVAL).await;
    }
    Ok(())
}
