//! The servers as [`Health`](super::health::Health) sees them.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Context;
use crate::backend::mongo::{self, MongoClients};
use crate::backend::pg::PgNode;
use crate::event::Event;
use crate::model::{Engine, NodeName};

/// How long a node may take to answer a question that asks nothing of it.
const ANSWERS: Duration = Duration::from_secs(15);

/// What can be asked of servers, and done for them.
#[async_trait]
pub(super) trait Ward: Send + Sync {
    /// The nodes of an engine that have ended or hang though nobody here did that, each with what it does.
    async fn unwell(&self, engine: Engine) -> Vec<(NodeName, String)>;

    /// Returns once every node of an engine answers: with what one has just recovered from, if it has.
    async fn answers(&self, engine: Engine) -> Result<Option<String>, String>;

    /// Brings these nodes back; without any, restarts all of the engine.
    async fn bring_back(&self, engine: Engine, nodes: Vec<NodeName>) -> Result<(), String>;

    /// Whether anything can be brought back: only servers of polyspec's own.
    fn can_bring_back(&self) -> bool;

    /// Reports something.
    fn say(&self, message: String);
}

/// The servers of a run.
pub(super) struct LiveServers<'a> {
    pub context: Context<'a>,
    pub clients: Option<Arc<MongoClients>>,
}

#[async_trait]
impl Ward for LiveServers<'_> {
    async fn unwell(&self, engine: Engine) -> Vec<(NodeName, String)> {
        self.context.host.unwell(engine).await
    }

    async fn answers(&self, engine: Engine) -> Result<Option<String>, String> {
        let answers = async {
            match (engine, &self.clients) {
                (Engine::Pg, _) => {
                    let mut recovered = None;
                    for node in &self.context.servers.pg {
                        if node.answers().await? {
                            recovered = Some(format!("{} crashed and recovered", node.name));
                        }
                    }
                    Ok(recovered)
                }
                (Engine::Mongo, Some(clients)) => mongo::answers(clients, ANSWERS).await.map(|()| None),
                (Engine::Mongo, None) => Ok(None),
            }
        };
        match tokio::time::timeout(ANSWERS * 2, answers).await {
            Ok(answered) => answered.map_err(|error: crate::backend::BackendError| error.to_string()),
            Err(_) => Err(format!("a server of {engine} does not answer")),
        }
    }

    async fn bring_back(&self, engine: Engine, nodes: Vec<NodeName>) -> Result<(), String> {
        let done = match nodes.is_empty() {
            true => self.context.host.restart_all(engine).await,
            false => self.context.host.bring_back(nodes).await,
        };
        if engine == Engine::Pg {
            self.context.servers.pg.iter().for_each(PgNode::forget);
        }
        done
    }

    fn can_bring_back(&self) -> bool {
        self.context.host.owns_nodes()
    }

    fn say(&self, message: String) {
        self.context.reporting.send(Event::Warning { message });
    }
}
