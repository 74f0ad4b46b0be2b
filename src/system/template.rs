//! A built system, frozen: a database on every server that it was built on.

use futures::future::{try_join, try_join_all};

use super::Servers;
use super::naming::{RunId, shared_template};
use crate::backend::BackendError;
use crate::backend::mongo::{MongoClients, databases, drop_database as drop_mongo};
use crate::backend::pg::{self, PgNode, Role};

/// The databases that hold a built system.
#[derive(Clone, Debug)]
pub struct Template {
    /// The database's name, the same on every server.
    pub database: String,
    /// Peers that have it, each with the role that builds it where polyspec owns the server.
    pub pg: Vec<PgNode>,
    /// Whether the replica set has it.
    pub mongo: bool,
    /// Whether it outlives the run.
    pub shared: bool,
}

impl Template {
    /// The template of a system that was built from `fingerprint`, not yet there: shared where the servers keep templates.
    pub fn plan(servers: &Servers, run: &RunId, fingerprint: &str, pg: Vec<PgNode>, mongo: bool) -> Self {
        let shared = servers.keeps_templates;
        let database = if shared { shared_template(fingerprint) } else { run.next_database() };
        let role = Role::of(&database);
        let pg = pg.iter().map(|node| node.with_role(&role)).collect();
        Self { database, pg, mongo, shared }
    }

    /// Of a shared template, the peers that do not have it yet, and whether the replica set lacks it. A database of that
    /// name that was never frozen is the ruin of an interrupted build and is dropped.
    pub async fn missing(&self, clients: Option<&MongoClients>) -> Result<(Vec<PgNode>, bool), BackendError> {
        let peers = try_join_all(self.pg.iter().map(|node| self.peer_missing(node)));
        let mongo = async {
            match clients.filter(|_| self.mongo) {
                Some(clients) => self.mongo_missing(clients).await,
                None => Ok(false),
            }
        };
        let (peers, mongo) = try_join(peers, mongo).await?;
        Ok((peers.into_iter().flatten().collect(), mongo))
    }

    async fn peer_missing(&self, node: &PgNode) -> Result<Option<PgNode>, BackendError> {
        if !self.shared {
            return Ok(Some(node.clone()));
        }
        if pg::is_frozen(node, &self.database).await? {
            return Ok(None);
        }
        pg::remove_database(node, &self.database).await?;
        Ok(Some(node.clone()))
    }

    async fn mongo_missing(&self, clients: &MongoClients) -> Result<bool, BackendError> {
        let ready = databases(clients, &self.ready_mark()).await?.contains(&self.ready_mark());
        if !ready {
            drop_mongo(clients, &self.database).await?;
        }
        Ok(!ready)
    }

    /// Marks the databases as built and closes them.
    pub async fn freeze(&self, peers: &[PgNode], clients: Option<&MongoClients>) -> Result<(), BackendError> {
        try_join_all(peers.iter().map(|node| pg::freeze_database(node, &self.database))).await?;
        if let (Some(clients), true) = (clients, self.shared) {
            crate::backend::mongo::mark(clients, &self.ready_mark()).await?;
        }
        Ok(())
    }

    /// A database whose being there says that the MongoDB template is whole: MongoDB has no flag for it.
    fn ready_mark(&self) -> String {
        format!("{}_ready", self.database)
    }

    /// Drops it, unless it is shared.
    pub async fn remove(&self, clients: Option<&MongoClients>) -> Result<(), BackendError> {
        if self.shared {
            return Ok(());
        }
        try_join_all(self.pg.iter().map(|node| pg::remove_database(node, &self.database))).await?;
        match clients.filter(|_| self.mongo) {
            Some(clients) => drop_mongo(clients, &self.database).await,
            None => Ok(()),
        }
    }
}
