//! The administrator's connection: what polyspec itself asks of a server, with a limit for each answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Error, Row, SimpleQueryMessage};

use super::error;
use crate::backend::BackendError;

/// How long a server may take for one thing that polyspec asks of it. A copy of a large system takes seconds.
const LIMIT: Duration = Duration::from_secs(60);

/// Connections to the administrator's own database that nobody uses.
pub(super) type Idle = Arc<Mutex<Vec<Client>>>;

/// A connection of the administrator's. One to its own database is given back to the node when it is dropped, unless an
/// answer is still to come: whoever got it next would wait for that.
pub(super) struct AdminConnection {
    node: String,
    client: Option<Client>,
    idle: Option<Idle>,
    waits: AtomicBool,
}

impl AdminConnection {
    /// Takes a connection over; it goes to `idle` in the end.
    pub fn new(node: String, client: Client, idle: Option<Idle>) -> Self {
        Self { node, client: Some(client), idle, waits: AtomicBool::new(false) }
    }

    /// Runs commands.
    pub async fn run(&self, doing: &str, sql: &str) -> Result<(), BackendError> {
        self.ask(doing, async |client| client.batch_execute(sql).await).await
    }

    /// The first cell of the first row as text; empty when there is none or it is NULL.
    pub async fn scalar(&self, doing: &str, sql: &str) -> Result<String, BackendError> {
        Ok(self.column(doing, sql).await?.into_iter().next().unwrap_or_default())
    }

    /// The first cell of every row as text; NULL is left out.
    pub async fn column(&self, doing: &str, sql: &str) -> Result<Vec<String>, BackendError> {
        let messages = self.ask(doing, async |client| client.simple_query(sql).await).await?;
        let first = |message: &SimpleQueryMessage| match message {
            SimpleQueryMessage::Row(row) => row.get(0).map(str::to_string),
            _ => None,
        };
        Ok(messages.iter().filter_map(first).collect())
    }

    /// Typed rows.
    pub async fn rows(
        &self,
        doing: &str,
        sql: &str,
        parameters: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, BackendError> {
        self.ask(doing, async |client| client.query(sql, parameters).await).await
    }

    #[expect(clippy::expect_used, reason = "only `drop` takes the client out")]
    async fn ask<T>(
        &self,
        doing: &str,
        request: impl AsyncFnOnce(&Client) -> Result<T, Error>,
    ) -> Result<T, BackendError> {
        let client = self.client.as_ref().expect("the client is there until the drop");
        self.waits.store(true, Ordering::Relaxed);
        let begun = Instant::now();
        let Ok(answer) = tokio::time::timeout(LIMIT, request(client)).await else {
            let cause = format!("no answer within {LIMIT:?} while polyspec was {doing}");
            return Err(BackendError::Unreachable { node: self.node.clone(), cause });
        };
        self.waits.store(false, Ordering::Relaxed);
        tracing::debug!(node = %self.node, took = ?begun.elapsed(), "{doing}");
        answer.map_err(|error| error::of_own(&self.node, doing, error))
    }
}

impl Drop for AdminConnection {
    fn drop(&mut self) {
        let usable = |client: &Client| !client.is_closed() && !self.waits.load(Ordering::Relaxed);
        if let (Some(client), Some(idle)) = (self.client.take().filter(usable), &self.idle) {
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
        }
    }
}
