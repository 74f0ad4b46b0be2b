//! Sees whether a session waits for a lock.

use std::time::Duration;

use super::node::AdminConnection;
use super::{PgNode, error};
use crate::backend::BackendError;

/// How often the server is asked.
const INTERVAL: Duration = Duration::from_millis(4);

/// A connection of its own that watches other backends.
pub struct BlockingMonitor {
    node: String,
    client: AdminConnection,
}

impl BlockingMonitor {
    /// Connects.
    pub async fn connect(node: &PgNode) -> Result<Self, BackendError> {
        Ok(Self { node: node.name.to_string(), client: node.admin().await? })
    }

    /// Returns once backend `pid` waits for a lock that another one holds (manual, 9.27: `pg_blocking_pids`).
    pub async fn blocked(&self, pid: i32) -> Result<(), BackendError> {
        loop {
            let waits: bool = self
                .client
                .query_one("SELECT cardinality(pg_blocking_pids($1)) > 0", &[&pid])
                .await
                .map(|row| row.get(0))
                .map_err(|error| error::of_own(&self.node, "watching for a lock", error))?;
            if waits {
                return Ok(());
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}
