//! Somebody wants this process to end.

use tokio::signal::unix::{SignalKind, signal};

/// Returns at the next SIGINT (Ctrl-C) or SIGTERM (what `kill`, containers and build servers send). Never, where no signal
/// can be listened to.
pub async fn stop_wanted() {
    let (Ok(mut interrupted), Ok(mut terminated)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
}
