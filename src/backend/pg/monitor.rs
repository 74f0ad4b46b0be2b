//! Sees whether a session waits for a lock.

use std::time::Duration;

use super::PgNode;
use super::admin::AdminConnection;
use crate::backend::BackendError;

/// How often the server is asked.
const INTERVAL: Duration = Duration::from_millis(4);

/// The longest `deadlock_timeout`, in milliseconds, that is waited for.
const SOON: f64 = 50.0;

/// Whether a backend waits, and has waited for five times the time after which it looks for a deadlock.
const WAITS: &str = "SELECT cardinality(pg_blocking_pids($1)) > 0 AND (patience > $2 OR EXISTS (SELECT FROM pg_locks \
     WHERE pid = $1 AND NOT granted AND clock_timestamp() - waitstart > 5 * patience * interval '1 ms')) \
     FROM (SELECT setting::float8 AS patience FROM pg_settings WHERE name = 'deadlock_timeout')";

/// A connection of its own that watches other backends.
pub struct BlockingMonitor {
    client: AdminConnection,
}

impl BlockingMonitor {
    /// Connects.
    pub async fn connect(node: &PgNode) -> Result<Self, BackendError> {
        Ok(Self { client: node.admin().await? })
    }

    /// Returns once backend `pid` waits for a lock that another one holds (manual, 9.27: `pg_blocking_pids`), and, where
    /// servers look for deadlocks soon, has looked for one: it does so once a wait (manual, 20.12, `deadlock_timeout`), so
    /// that whoever closes a circle later finds the deadlock and is its victim.
    pub async fn blocked(&self, pid: i32) -> Result<(), BackendError> {
        loop {
            let rows = self.client.rows("watching for a lock", WAITS, &[&pid, &SOON]).await?;
            if rows.first().is_some_and(|row| row.get(0)) {
                return Ok(());
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}
