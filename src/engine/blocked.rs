//! Steps that wait on a lock: they run in a task of their own, are seen waiting, and are collected later.

use tokio::task::JoinHandle;

use super::order::{Order, Work};
use crate::backend::BackendError;
use crate::backend::mongo::{self, MongoClients};
use crate::backend::pg::BlockingMonitor;
use crate::observation::Observation;

/// A step that was seen waiting.
pub struct Blocked {
    /// The step, whose expectation is that of its `await`, or its own.
    pub step: crate::model::Step,
    task: JoinHandle<Result<Observation, BackendError>>,
}

/// How a step that should wait began.
pub enum Beginning {
    /// It was seen waiting.
    Waits(Box<Blocked>),
    /// It came back at once.
    Returned(Box<Observation>),
}

impl Blocked {
    /// The outcome, once there is one.
    pub async fn outcome(mut self) -> Result<Observation, BackendError> {
        (&mut self.task).await.unwrap_or_else(|error| Err(BackendError::Other(format!("a step's task ended: {error}"))))
    }
}

impl Drop for Blocked {
    /// A step that nobody awaits any more must not outlive its scenario.
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts an order and watches until its server says that it waits, or until it returns.
pub async fn begin(
    step: &crate::model::Step,
    order: Order,
    clients: Option<&MongoClients>,
) -> Result<Beginning, BackendError> {
    let watch = Watch::of(&order, clients).await?;
    let task = tokio::spawn(async move { order.run(None).await });
    let mut blocked = Blocked { step: step.clone(), task };
    let returned = tokio::select! {
        biased;
        returned = &mut blocked.task => returned,
        seen = watch.seen() => return seen.map(|()| Beginning::Waits(Box::new(blocked))),
    };
    returned
        .unwrap_or_else(|error| Err(BackendError::Other(format!("a step's task ended: {error}"))))
        .map(|observation| Beginning::Returned(Box::new(observation)))
}

/// A second connection that looks at the first.
enum Watch<'a> {
    Pg(BlockingMonitor, i32),
    Mongo(&'a MongoClients, bson::Bson),
}

impl<'a> Watch<'a> {
    async fn of(order: &Order, clients: Option<&'a MongoClients>) -> Result<Self, BackendError> {
        match &order.work {
            Work::Sql { slot, .. } | Work::ExplainSql { slot, .. } | Work::CopyCsv { slot, .. } => {
                let pid = slot.connected().await?.session().backend_pid();
                Ok(Watch::Pg(BlockingMonitor::connect(&slot.node).await?, pid))
            }
            // The language lets no such step block: it has connections of its own.
            Work::GeneratePg { .. } | Work::GenerateMongo { .. } => {
                Err(BackendError::Other("a `generate` has no session that could wait".into()))
            }
            Work::Mongo { slot, .. }
            | Work::LoadDocuments { slot, .. }
            | Work::ExplainMongo { slot, .. }
            | Work::ReadStream { slot, .. }
            | Work::Start(slot, ..)
            | Work::Commit(slot)
            | Work::Abort(slot) => {
                let clients = clients.ok_or_else(|| BackendError::Other("there is no MongoDB here".into()))?;
                Ok(Watch::Mongo(clients, slot.lock().await.id().await?))
            }
        }
    }

    async fn seen(&self) -> Result<(), BackendError> {
        match self {
            Watch::Pg(monitor, pid) => monitor.blocked(*pid).await,
            Watch::Mongo(clients, id) => mongo::blocked(clients, id).await,
        }
    }
}
