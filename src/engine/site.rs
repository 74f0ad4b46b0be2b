//! What a worker asks of the servers beside the steps of a scenario: copies, and what all databases share. The live servers
//! answer in `live_site`; in tests a script does.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::transport::Transport;
use crate::backend::BackendError;
use crate::backend::mongo::SharedState;
use crate::backend::pg::{PgNode, SharedThings};
use crate::model::{Engine, Replication};
use crate::system::{Copy, CopyRequest};

/// What all databases share.
#[derive(Default)]
pub(super) struct Shared {
    /// Each server's own.
    pub pg: Vec<(PgNode, SharedThings)>,
    /// The replica set's.
    pub mongo: Option<SharedState>,
}

/// The servers, as a worker sees them.
#[async_trait]
pub(super) trait Site: Send + Sync {
    /// The major and minor version of an engine; `None` when there is no such engine in this run.
    ///
    /// # Errors
    /// It does not answer.
    async fn version(&self, engine: Engine) -> Result<Option<(u32, u32)>, BackendError>;

    /// Makes a copy. When a part of it fails, what was made is taken away again.
    ///
    /// # Errors
    /// A server does not answer or refuses.
    async fn make(&self, request: CopyRequest<'_>) -> Result<Copy, BackendError>;

    /// Links the peers of a copy, which was made without.
    ///
    /// # Errors
    /// A server does not answer or refuses.
    async fn link(&self, copy: &Copy, replication: &[Replication], cuts: bool) -> Result<(), BackendError>;

    /// Takes a copy away.
    ///
    /// # Errors
    /// A server does not answer or refuses.
    async fn remove(&self, copy: &Copy) -> Result<(), BackendError>;

    /// Sessions on a copy, none of which is made yet.
    fn open(&self, copy: Arc<Copy>) -> Arc<dyn Transport>;

    /// What MongoDB knows the worker by; empty without MongoDB.
    fn app_name(&self) -> &str;

    /// Waits until all members of the replica set, which were brought back, answer as they did before.
    async fn settle(&self, limit: Duration);

    /// Lists what the databases of these engines share.
    ///
    /// # Errors
    /// A server does not answer or refuses.
    async fn shared(&self, engines: &BTreeSet<Engine>) -> Result<Shared, BackendError>;

    /// Makes what the databases of an engine share what it was before; returns in words what cannot be undone.
    ///
    /// # Errors
    /// A server does not answer or refuses.
    async fn undo(&self, engine: Engine, before: &Shared) -> Result<Vec<String>, BackendError>;
}
