//! A scenario's own copy of a system.

use std::collections::BTreeSet;

use futures::future::{join, try_join_all};

use super::{Servers, Template};
use crate::backend::BackendError;
use crate::backend::mongo::{self, MongoClients, MongoUser};
use crate::backend::pg::{self, Peers, PgNode, Role};
use crate::model::Replication;

/// What a copy must have.
pub struct CopyRequest<'a> {
    /// The built system; `None` is an empty one.
    pub template: Option<&'a Template>,
    /// Peers that the scenario speaks to.
    pub pg: Vec<PgNode>,
    /// Whether it speaks to MongoDB.
    pub mongo: bool,
    /// Commands of MongoDB that it names.
    pub commands: &'a BTreeSet<String>,
    /// Replication between the peers, set up when there is more than one.
    pub replication: &'a [Replication],
    /// Whether the links between the peers can be cut.
    pub cuts: bool,
    /// The copy's database name.
    pub database: String,
}

/// A database on every server that a scenario uses, and the replication between them.
pub struct Copy {
    /// The database's name, the same on every server.
    pub database: String,
    /// The peers that have it, each with the copy's own role where polyspec owns the server.
    pub peers: Peers,
    /// Whether the replica set has it.
    pub mongo: bool,
    /// Its user there, on servers that polyspec owns.
    pub user: Option<MongoUser>,
}

impl Copy {
    /// Its own role, on servers that polyspec owns.
    pub fn role(&self) -> Option<&Role> {
        self.peers.values().find_map(PgNode::role)
    }

    /// Makes the copy. When a part of it fails, what was made is taken away again.
    pub async fn make(request: CopyRequest<'_>, clients: Option<&MongoClients>) -> Result<Self, BackendError> {
        let role = Role::of(&request.database);
        let copy = Self {
            database: request.database.clone(),
            peers: request.pg.iter().map(|node| (node.name.clone(), node.with_role(&role))).collect(),
            mongo: request.mongo,
            user: clients.filter(|_| request.mongo).and_then(MongoClients::user).cloned(),
        };
        match copy.fill(&request, clients).await {
            Ok(()) => Ok(copy),
            Err(error) => {
                // The first error is what the user must see; what cannot be dropped now is swept at the end of the run.
                let _ = copy.remove(clients).await;
                Err(error)
            }
        }
    }

    async fn fill(&self, request: &CopyRequest<'_>, clients: Option<&MongoClients>) -> Result<(), BackendError> {
        let peers = try_join_all(self.peers.values().map(|node| self.fill_peer(request, node)));
        let (peers, mongo) = join(peers, self.fill_mongo(request, clients)).await;
        peers.and(mongo)?;
        self.link(request.replication, request.cuts).await
    }

    /// Sets up the replication between the peers, when there is more than one.
    ///
    /// # Errors
    /// A server does not answer or refuses.
    pub async fn link(&self, replication: &[Replication], cuts: bool) -> Result<(), BackendError> {
        match self.peers.len() > 1 {
            true => pg::link(&self.peers, &self.database, replication, cuts).await,
            false => Ok(()),
        }
    }

    async fn fill_peer(&self, request: &CopyRequest<'_>, node: &PgNode) -> Result<(), BackendError> {
        match request.template.filter(|template| template.pg.iter().any(|built| built.name == node.name)) {
            Some(template) => pg::copy_database(node, &template.database, &self.database).await,
            None => pg::create_database(node, &self.database).await,
        }
    }

    async fn fill_mongo(&self, request: &CopyRequest<'_>, clients: Option<&MongoClients>) -> Result<(), BackendError> {
        let Some(clients) = clients.filter(|_| self.mongo) else { return Ok(()) };
        mongo::admit(clients, &self.database, request.commands).await?;
        match request.template.filter(|template| template.mongo) {
            Some(template) => mongo::copy_database(clients, &template.database, &self.database).await,
            None => mongo::replicated(clients, &self.database).await,
        }
    }

    /// Takes the copy away: replication first, then the databases.
    pub async fn remove(&self, clients: Option<&MongoClients>) -> Result<(), BackendError> {
        let pg = async {
            pg::unlink(&self.peers, &self.database).await?;
            try_join_all(self.peers.values().map(|node| pg::remove_database(node, &self.database))).await
        };
        let mongo = async {
            match clients.filter(|_| self.mongo) {
                Some(clients) => mongo::drop_database(clients, &self.database).await,
                None => Ok(()),
            }
        };
        let (pg, mongo) = join(pg, mongo).await;
        pg.map(drop).and(mongo)
    }
}

impl Servers {
    /// The same servers for a copy: its peers are used by its own role.
    pub fn for_copy(&self, copy: &Copy) -> Self {
        let own = |node: &PgNode| copy.peers.get(&node.name).unwrap_or(node).clone();
        Self { pg: self.pg.iter().map(own).collect(), ..self.clone() }
    }
}
