//! What a person who waits for servers wants to see.

use tokio::sync::mpsc;

/// Something that happened on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// One line.
    Notice(String),
    /// A build is being fetched.
    Download {
        /// The package.
        name: String,
        /// Bytes so far.
        done: u64,
        /// Bytes in all.
        total: u64,
    },
}

/// Where progress goes.
pub type OnProgress<'a> = &'a (dyn Fn(Progress) + Send + Sync);

/// Sends progress out of a thread that does blocking work.
#[derive(Clone)]
pub(crate) struct ProgressSender(mpsc::UnboundedSender<Progress>);

impl ProgressSender {
    /// Hands it on; when nobody listens any more it is dropped.
    pub(crate) fn send(&self, progress: Progress) {
        let _ = self.0.send(progress);
    }

    /// A sender to which nobody listens.
    #[cfg(test)]
    pub(crate) fn to_nobody() -> Self {
        Self(mpsc::unbounded_channel().0)
    }

    /// One line.
    pub(crate) fn notice(&self, line: impl Into<String>) {
        self.send(Progress::Notice(line.into()));
    }
}

/// Does blocking work on a thread of its own, and passes its progress on from here.
pub(crate) async fn in_background<T: Send + 'static>(
    progress: OnProgress<'_>,
    work: impl FnOnce(ProgressSender) -> T + Send + 'static,
) -> T {
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let work = tokio::task::spawn_blocking(move || work(ProgressSender(sender)));
    while let Some(event) = receiver.recv().await {
        progress(event);
    }
    work.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))
}
