//! Provisions a database that stays: a system is built into it on all servers, linked, and filled by the system's named lists
//! of steps, for people to look at.

use std::sync::Arc;
use std::time::Duration;

use futures::future::{join, try_join_all};

use super::build::Builder;
use super::live::Live;
use super::outcome::broken_build;
use super::sessions::builtin;
use super::stage::Stage;
use super::{Context, SystemUnderTest};
use crate::backend::BackendError;
use crate::backend::mongo::{self, MongoClients};
use crate::backend::pg::{self, PgNode};
use crate::model::{Engine, NodeSelector, Variables};
use crate::system::{Copy, RunId, Servers};
use crate::verdict::Evidence;

/// How long peers may take to have what was filled in: a row takes them longer than it took its writer.
const CATCH_UP: Duration = Duration::from_secs(3600);

/// What is to be provisioned.
pub struct Provision<'a> {
    /// The system.
    pub system: &'a SystemUnderTest,
    /// The database, the same on every server.
    pub database: &'a str,
    /// Whether it may be built where it is not there yet. On somebody else's servers it must be there.
    pub builds: bool,
    /// Whether a database of that name is dropped first.
    pub replaces: bool,
    /// Lists of the system's that are run once it is built.
    pub lists: Vec<&'a str>,
    /// The node that steps without one run on, instead of the first.
    pub on: Option<NodeSelector>,
    /// What the lists see.
    pub variables: Variables,
}

/// Builds what is not there and runs the lists; says whether it was built.
///
/// # Errors
/// A step of the build or of a list that did not hold, or a server that did not answer.
pub async fn provision(request: &Provision<'_>, context: Context<'_>) -> Result<bool, Vec<Evidence>> {
    let run = RunId::new();
    let clients = context.servers.mongo.clone().map(|set| Arc::new(MongoClients::new(set, format!("polyspec-{run}"))));
    let done = async {
        let built = request.build(context, &run, clients.as_ref()).await?;
        request.fill(context, clients.as_ref()).await?;
        Ok(built)
    }
    .await;
    if let Some(clients) = &clients {
        clients.close().await;
    }
    done
}

impl Provision<'_> {
    fn broken(&self, error: &BackendError) -> Vec<Evidence> {
        vec![broken_build(&self.system.system.title.span, error)]
    }

    async fn build(
        &self,
        context: Context<'_>,
        run: &RunId,
        clients: Option<&Arc<MongoClients>>,
    ) -> Result<bool, Vec<Evidence>> {
        if !self.builds {
            return Ok(false);
        }
        let broken = |error| self.broken(&error);
        let peers = peers(context.servers);
        if self.replaces {
            self.drop(&peers, clients).await.map_err(broken)?;
        }
        let (missing, mongo) = self.missing(context, clients).await.map_err(broken)?;
        let makes = missing.iter().map(|node| pg::create_database(node, self.database));
        try_join_all(makes).await.map_err(broken)?;
        let builder = Builder { context, run, clients };
        let (pg, documents) = join(
            builder.half(self.system, self.database, Engine::Pg, &missing, false),
            builder.half(self.system, self.database, Engine::Mongo, &[], mongo),
        )
        .await;
        pg.and(documents)?;
        if !missing.is_empty() && peers.len() > 1 {
            pg::link(&peers, self.database, &self.system.system.replication, false).await.map_err(broken)?;
        }
        Ok(mongo || !missing.is_empty())
    }

    async fn drop(&self, peers: &pg::Peers, clients: Option<&Arc<MongoClients>>) -> Result<(), BackendError> {
        pg::unlink(peers, self.database).await?;
        try_join_all(peers.values().map(|node| pg::drop_database(node, self.database))).await?;
        match clients {
            Some(clients) => mongo::drop_database(clients, self.database).await,
            None => Ok(()),
        }
    }

    /// The peers that do not have the database, and whether the replica set lacks it. One half of a mesh cannot be added.
    async fn missing(
        &self,
        context: Context<'_>,
        clients: Option<&Arc<MongoClients>>,
    ) -> Result<(Vec<PgNode>, bool), BackendError> {
        let mut missing = vec![];
        for node in &context.servers.pg {
            let found = pg::orphaned_databases(node, self.database).await?;
            if !found.iter().any(|name| name == self.database) {
                missing.push(node.clone());
            }
        }
        if !missing.is_empty() && missing.len() < context.servers.pg.len() {
            let message =
                format!("only some peers have the database `{}`: build it anew with --replace", self.database);
            return Err(BackendError::Other(message));
        }
        let mongo = match clients {
            Some(clients) => !mongo::databases(clients, self.database).await?.iter().any(|name| name == self.database),
            None => false,
        };
        Ok((missing, mongo))
    }

    async fn fill(&self, context: Context<'_>, clients: Option<&Arc<MongoClients>>) -> Result<(), Vec<Evidence>> {
        let mongo = clients.is_some();
        let copy = Arc::new(Copy { database: self.database.into(), peers: peers(context.servers), mongo, user: None });
        let mut variables = builtin(self.database, clients.map_or("", |clients| &clients.app_name));
        variables.extend(self.variables.clone());
        let transport = Live::new(copy.clone(), clients.cloned(), context.reporting.clone());
        let mut stage = Stage::new(context, &self.system.system.path, Some(&self.system.system), transport, variables);
        let mut done = Ok(());
        for list in &self.lists {
            let mut steps = self.system.system.steps.get(*list).cloned().unwrap_or_default();
            if let Some(on) = &self.on {
                for step in steps.iter_mut().filter(|step| step.on.is_empty()) {
                    step.on = vec![step.action_span.of(on.clone())];
                }
            }
            done = done.and(stage.run_all(&steps).await);
        }
        stage.transport.close().await;
        done.map_err(|halt| halt.into_evidence(&self.system.system.title.span))?;
        self.settle(&copy, clients).await
    }

    /// Waits until every member has everything.
    async fn settle(&self, copy: &Copy, clients: Option<&Arc<MongoClients>>) -> Result<(), Vec<Evidence>> {
        if !self.builds {
            return Ok(());
        }
        let settled = async {
            if copy.peers.len() > 1 {
                pg::catch_up(&copy.peers, &copy.database).await?;
            }
            match clients {
                Some(clients) => mongo::catch_up(clients).await.map(drop),
                None => Ok(()),
            }
        };
        match tokio::time::timeout(CATCH_UP, settled).await {
            Ok(settled) => settled.map_err(|error| self.broken(&error)),
            Err(_) => {
                Err(vec![Evidence::at(&self.system.system.title.span, "not every peer has caught up after an hour")])
            }
        }
    }
}

fn peers(servers: &Servers) -> pg::Peers {
    servers.pg.iter().map(|node| (node.name.clone(), node.clone())).collect()
}
