//! Looks at a session from beside: does what it does wait on a lock?

use std::sync::Arc;

use bson::Bson;

use crate::backend::BackendError;
use crate::backend::mongo::{self, MongoClients};
use crate::backend::pg::{BlockingMonitor, PgNode};

/// A second connection that looks at a session.
pub(super) enum Watch {
    Pg(BlockingMonitor, i32),
    Mongo(Arc<MongoClients>, Bson),
}

impl Watch {
    /// Looks at the server process of a session.
    pub async fn pg(node: &PgNode, pid: i32) -> Result<Self, BackendError> {
        Ok(Watch::Pg(BlockingMonitor::connect(node).await?, pid))
    }

    /// Looks at a client session by its id.
    pub fn mongo(clients: Arc<MongoClients>, id: Bson) -> Self {
        Watch::Mongo(clients, id)
    }

    /// Returns once the server says that the session waits.
    pub async fn seen(&self) -> Result<(), BackendError> {
        match self {
            Watch::Pg(monitor, pid) => monitor.blocked(*pid).await,
            Watch::Mongo(clients, id) => mongo::blocked(clients, id).await,
        }
    }
}
