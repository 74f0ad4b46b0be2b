//! What steps ask of the servers. The live servers answer in `live`; in tests a script does, so that everything above needs
//! no server.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use tokio::task::JoinHandle;

use super::order::Order;
use crate::backend::{BackendError, RowSink};
use crate::model::{Engine, NodeName};
use crate::observation::{Answers, Observation, Question};
use crate::system::Copy;

/// The sessions of one run of a scenario on its copy of the system, and what can be asked of the servers beside them.
#[async_trait]
pub(super) trait Transport: Send + Sync {
    /// The copy.
    fn copy(&self) -> &Copy;

    /// Sends an order over its session, which is made when it is first used, and returns the answer. Rows go to `sink` if
    /// there is one.
    ///
    /// # Errors
    /// There is no answer. What a server refuses is an answer.
    async fn send(&self, order: &Order, sink: Option<&mut (dyn RowSink + '_)>) -> Result<Observation, BackendError>;

    /// Sends an order in a task of its own, and returns once its server says that it waits on a lock, or once it returned.
    ///
    /// # Errors
    /// There is no answer, or the server cannot be watched.
    async fn begin(self: Arc<Self>, order: Order) -> Result<Beginning, BackendError>;

    /// Asks the servers about values, over connections of polyspec's own.
    ///
    /// # Errors
    /// A server that must be asked cannot be asked.
    async fn ask(&self, questions: BTreeSet<Question>) -> Result<Answers, BackendError>;

    /// Forgets the notifications that a step has looked at, in the session of this name on every peer.
    async fn forget_notifications(&self, session: Option<&str>);

    /// Ends what is open: transactions are aborted, PostgreSQL connections closed. What comes next begins afresh.
    async fn reset(&self, limit: Duration);

    /// Turns off the fail points that were set, when they are this run's alone, and ends every session that no task holds any
    /// more; open transactions end with them.
    async fn close(&self);

    /// Sessions of their own on the same copy.
    fn beside(&self) -> Arc<dyn Transport>;

    /// The member that is primary now; `None` when it is none that the topology names.
    async fn primary(&self) -> Result<Option<NodeName>, BackendError>;

    /// Makes the primary step down; returns after how long there was another.
    async fn step_down(&self, limit: Duration) -> Result<Duration, BackendError>;

    /// Waits until every member of an engine has what was written so far; returns how long that took.
    async fn catch_up(&self, engine: Engine) -> Result<Duration, BackendError>;

    /// Waits until a member that was brought back answers as it did before.
    async fn settle(&self, node: &NodeName, limit: Duration);
}

/// How an order that should wait on a lock began.
pub(super) enum Beginning {
    /// Its server says that it waits.
    Waits(Waiting),
    /// It returned at once.
    Returned(Box<Observation>),
}

/// An order that waits on a lock. It does not outlive this.
pub(super) struct Waiting(JoinHandle<Result<Observation, BackendError>>);

impl Waiting {
    /// The order that a task has sent.
    pub fn new(task: JoinHandle<Result<Observation, BackendError>>) -> Self {
        Self(task)
    }

    /// The answer, once there is one.
    pub async fn outcome(mut self) -> Result<Observation, BackendError> {
        self.returned().await
    }

    /// The answer, once there is one; to be asked for once.
    pub async fn returned(&mut self) -> Result<Observation, BackendError> {
        (&mut self.0).await.unwrap_or_else(|error| Err(BackendError::Other(format!("a step's task ended: {error}"))))
    }
}

impl Drop for Waiting {
    /// A step that no step awaits any more must not outlive its scenario.
    fn drop(&mut self) {
        self.0.abort();
    }
}
