//! The request to stop, as everybody who waits can see it.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How long polyspec's own work goes on after the request: what was made is dropped within it, or left.
const GRACE: Duration = Duration::from_millis(1500);

/// A request to stop that everybody who waits can see.
#[derive(Clone)]
pub struct Interrupt {
    receiver: watch::Receiver<bool>,
    /// When it was first seen: the grace is one for everything that is left to do.
    seen: Arc<OnceLock<Instant>>,
}

impl Interrupt {
    /// The request, and what makes it by sending `true`.
    pub fn new() -> (watch::Sender<bool>, Self) {
        let (sender, receiver) = watch::channel(false);
        (sender, Self { receiver, seen: Arc::default() })
    }

    /// Returns once somebody wants to stop; never, when nobody can any more.
    pub async fn wait(&self) {
        let mut receiver = self.receiver.clone();
        if receiver.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
        self.seen.get_or_init(Instant::now);
    }

    /// Whether somebody wants to stop.
    pub fn is_set(&self) -> bool {
        *self.receiver.borrow()
    }

    /// Returns once the time is over that cleaning up has after the request.
    pub async fn grace_is_over(&self) {
        self.wait().await;
        let seen = self.seen.get_or_init(Instant::now);
        tokio::time::sleep_until(*seen + GRACE).await;
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn all_that_is_cleaned_up_after_the_request_shares_one_grace() {
        let (stop, interrupt) = Interrupt::new();
        assert!(!interrupt.is_set());
        stop.send(true).expect("somebody listens");
        assert!(interrupt.is_set());
        interrupt.grace_is_over().await;
        assert!(interrupt.clone().grace_is_over().now_or_never().is_some());
    }
}
