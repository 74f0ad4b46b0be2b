//! Builds a system once on all servers and reads what it consists of, for whoever makes other systems out of it.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures::future::try_join_all;

use super::build::Builder;
use super::outcome::broken_build;
use super::{Context, SystemUnderTest};
use crate::backend::BackendError;
use crate::backend::mongo::{self, MongoClients};
use crate::backend::pg;
use crate::catalog::Catalog;
use crate::system::{Copy, CopyRequest, RunId, Servers, Template};
use crate::verdict::Evidence;

/// A system that was built, and what it consists of.
pub struct Survey {
    /// The built system. It stays until [`Survey::remove`].
    pub template: Template,
    /// What it consists of.
    pub catalog: Catalog,
    clients: Option<Arc<MongoClients>>,
}

/// Builds the system on every server, unless it stands there already, and reads the catalogs.
///
/// # Errors
/// A step of the build did not hold, or a server did not answer.
pub async fn survey(system: &SystemUnderTest, context: Context<'_>) -> Result<Survey, Vec<Evidence>> {
    let run = RunId::new();
    let set = context.servers.mongo.clone();
    let clients = set.map(|set| {
        let admin = Arc::new(MongoClients::new(set, format!("polyspec-{run}")));
        let user = format!("{}build", run.prefix());
        Arc::new(MongoClients::for_scenarios(&admin, format!("polyspec-{run}-build"), user))
    });
    let builder = Builder { context, run: &run, clients: clients.as_ref() };
    let template = builder.build_on_all(system).await?;
    match read(&template, context.servers, &run, clients.as_deref()).await {
        Ok(catalog) => Ok(Survey { template, catalog, clients }),
        Err(error) => {
            // The first error is what the user must see.
            let _ = template.remove(clients.as_deref()).await;
            Err(vec![broken_build(&system.system.title.span, &error)])
        }
    }
}

/// A template is closed to connections, so a copy is read.
async fn read(
    template: &Template,
    servers: &Servers,
    run: &RunId,
    clients: Option<&MongoClients>,
) -> Result<Catalog, BackendError> {
    let request = CopyRequest {
        template: Some(template),
        pg: servers.pg.clone(),
        mongo: clients.is_some(),
        commands: &BTreeSet::new(),
        replication: &[],
        cuts: false,
        database: run.next_database(),
    };
    let copy = Copy::make(request, clients).await?;
    let catalog = catalog(&copy, clients).await;
    copy.remove(clients).await?;
    catalog
}

async fn catalog(copy: &Copy, clients: Option<&MongoClients>) -> Result<Catalog, BackendError> {
    let peers = copy.peers.values().map(|node| async {
        let catalog = pg::catalog(node, &copy.database).await?;
        Ok::<_, BackendError>((node.name.clone(), catalog))
    });
    let mongo = match clients {
        Some(clients) => mongo::catalog(clients, &copy.database).await?,
        None => vec![],
    };
    Ok(Catalog { pg: try_join_all(peers).await?, mongo })
}

impl Survey {
    /// Drops the built system, unless it stays for later runs, and closes the connections.
    ///
    /// # Errors
    /// A server did not answer.
    pub async fn remove(self) -> Result<(), BackendError> {
        let mut removed = self.template.remove(self.clients.as_deref()).await;
        if let Some(clients) = &self.clients {
            removed = removed.and(mongo::drop_user(clients).await);
            clients.close().await;
            clients.admin().close().await;
        }
        removed
    }
}
