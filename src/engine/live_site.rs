//! The live servers, as a worker sees them beside the steps of a scenario.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Context;
use super::live::Live;
use super::site::{Shared, Site};
use super::transport::Transport;
use crate::backend::BackendError;
use crate::backend::mongo::{self, MongoClients, SharedState};
use crate::backend::pg::{self, PgNode, SharedThings};
use crate::model::{Engine, Replication};
use crate::system::{Copy, CopyRequest};

/// The live servers.
pub(super) struct LiveSite<'a> {
    /// What the run shares.
    pub context: Context<'a>,
    /// The worker's clients of MongoDB.
    pub clients: Option<Arc<MongoClients>>,
}

#[async_trait]
impl Site for LiveSite<'_> {
    async fn version(&self, engine: Engine) -> Result<Option<(u32, u32)>, BackendError> {
        match (engine, self.context.servers.pg.first(), &self.clients) {
            (Engine::Pg, Some(node), _) => node.version().await.map(Some),
            (Engine::Mongo, _, Some(clients)) => clients.version().await.map(Some),
            _ => Ok(None),
        }
    }

    async fn make(&self, request: CopyRequest<'_>) -> Result<Copy, BackendError> {
        Copy::make(request, self.clients.as_deref()).await
    }

    async fn link(&self, copy: &Copy, replication: &[Replication], cuts: bool) -> Result<(), BackendError> {
        copy.link(replication, cuts).await
    }

    async fn remove(&self, copy: &Copy) -> Result<(), BackendError> {
        copy.remove(self.clients.as_deref()).await
    }

    fn open(&self, copy: Arc<Copy>) -> Arc<dyn Transport> {
        Live::new(copy, self.clients.clone(), self.context.reporting.clone())
    }

    fn app_name(&self) -> &str {
        self.clients.as_ref().map_or("", |clients| &clients.app_name)
    }

    async fn settle(&self, limit: Duration) {
        let Some(clients) = &self.clients else { return };
        for at in 0..clients.set.members.len() {
            mongo::settled(clients, at, limit).await;
        }
    }

    async fn shared(&self, engines: &BTreeSet<Engine>) -> Result<Shared, BackendError> {
        let mut shared = Shared::default();
        if engines.contains(&Engine::Pg) {
            for node in &self.context.servers.pg {
                shared.pg.push((node.clone(), pg::shared_things(node).await?));
            }
        }
        if let Some(clients) = self.clients.as_ref().filter(|_| engines.contains(&Engine::Mongo)) {
            shared.mongo = Some(mongo::shared_state(clients).await?);
        }
        Ok(shared)
    }

    async fn undo(&self, engine: Engine, before: &Shared) -> Result<Vec<String>, BackendError> {
        match (engine, &before.mongo, &self.clients) {
            (Engine::Pg, ..) => undo_in_pg(&before.pg).await,
            (Engine::Mongo, Some(before), Some(clients)) => undo_in_mongo(before, clients).await,
            (Engine::Mongo, ..) => Ok(vec![]),
        }
    }
}

async fn undo_in_mongo(before: &SharedState, clients: &MongoClients) -> Result<Vec<String>, BackendError> {
    mongo::unlock(clients).await?;
    let after = mongo::shared_state(clients).await?;
    if mongo::differences(before, &after).is_empty() {
        return Ok(vec![]);
    }
    let undone = mongo::restore_state(clients, before, &after).await;
    let left = mongo::differences(before, &mongo::shared_state(clients).await?);
    if left.is_empty() { Ok(left) } else { undone.map(|()| left) }
}

async fn undo_in_pg(before: &[(PgNode, SharedThings)]) -> Result<Vec<String>, BackendError> {
    let mut all = vec![];
    for (node, before) in before {
        let after = pg::shared_things(node).await?;
        if pg::left_behind(before, &after).is_empty() {
            continue;
        }
        let undone = pg::restore_shared(node, before, &after).await;
        let left = pg::left_behind(before, &pg::shared_things(node).await?);
        if !left.is_empty() {
            undone?;
            all.extend(left);
        }
    }
    Ok(all)
}
