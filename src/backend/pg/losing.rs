//! What a session does when its connection is lost or busy: a loss is told to one step and never passed over in silence.

use std::pin::pin;
use std::time::Duration;

use super::PgSession;
use super::wire::{Address, CancelKey, Loss, Wire};
use crate::backend::BackendError;
use crate::observation::ServerError;

/// How long a server has to answer after it was told to cancel, or to a look at its catalog.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// SQLSTATE admin_shutdown: a session was terminated, or the whole server is going down.
const ADMIN_SHUTDOWN: &str = "57P01";

/// What is to be known about a session whose server has closed it.
const LOST: &str = "the session is gone with all that it held; the next step gets a new connection";

impl PgSession {
    /// Makes sure that the connection is there and free: a loss is told before anything is sent that would never be run.
    pub(super) async fn begin(&mut self) -> Result<Result<(), ServerError>, BackendError> {
        if self.busy && !self.recovered().await {
            self.lost = true;
            return Err(self.gone("an earlier statement was given up and the server did not end it".into()));
        }
        match self.ended.take().map_or_else(|| self.wire.look(), Err) {
            Ok(()) => Ok(Ok(())),
            Err(loss) => self.after_loss(loss).await.map(Err),
        }
    }

    /// Ends an exchange that no one waited for.
    async fn recovered(&mut self) -> bool {
        let (address, key) = self.wire.cancel_key();
        let work = pin!(self.wire.drain());
        let ended = cancelled(&address, key, work).await;
        self.busy = false;
        matches!(ended, Some(Ok(())))
    }

    /// What a step is told of a loss. Last words are the server's answer, unless they are those of a server that goes down.
    pub(super) async fn after_loss(&mut self, loss: Loss) -> Result<ServerError, BackendError> {
        self.notices.extend(self.wire.take_notices());
        match loss {
            Loss::Unsent(cause) | Loss::Unusable(cause) => Err(self.trouble(&cause)),
            Loss::Protocol(cause) => {
                self.lost = true;
                Err(self.trouble(&cause))
            }
            Loss::Silent(cause) => {
                self.lost = true;
                let last = self.notices.last().map(|notice| format!("{cause}: {}", notice.message));
                Err(self.gone(last.unwrap_or(cause)))
            }
            Loss::Told(error) => {
                self.lost = true;
                let goes_down = error.sqlstate.as_deref() == Some(ADMIN_SHUTDOWN) && !self.accepts().await;
                if goes_down {
                    return Err(self.gone(error.message));
                }
                Ok(ServerError { hint: error.hint.clone().or(Some(LOST.into())), ..*error })
            }
        }
    }

    /// Whether the server takes connections.
    async fn accepts(&self) -> bool {
        match tokio::time::timeout(GRACE, Wire::connect(&self.config)).await {
            Ok(Ok(wire)) => {
                wire.close(GRACE).await;
                true
            }
            _ => false,
        }
    }

    /// The breakage of a step that is no one's fault but that of how it is asked.
    pub(super) fn trouble(&self, cause: &str) -> BackendError {
        BackendError::Other(format!("{}: {cause}", self.node))
    }

    fn gone(&self, cause: String) -> BackendError {
        BackendError::Lost { node: self.node.clone(), cause, labels: vec![] }
    }

    pub(super) fn silent(&mut self, limit: Duration) -> BackendError {
        self.lost = true;
        BackendError::Silent { node: self.node.clone(), limit }
    }
}

/// Has the statement cancelled from another connection, and waits for what the server then does; `None` when it does
/// nothing in time.
pub(super) async fn cancelled<T>(address: &Address, key: CancelKey, work: impl Future<Output = T>) -> Option<T> {
    let answer = async {
        let (_, answer) = futures::join!(key.cancel(address), work);
        answer
    };
    tokio::time::timeout(GRACE, answer).await.ok()
}
