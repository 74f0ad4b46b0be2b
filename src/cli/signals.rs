//! Signals that ask this process to end: SIGINT (Ctrl-C) and SIGTERM (what `kill`, containers and build servers send).
//!
//! They are listened to by a thread of its own, since the one that does the work may be in a call that does not return. The
//! first one asks for an orderly end; a second one, or the end of the time that the first one gives, ends the process at
//! once. Whatever servers it has started end with it (`cluster::watchdog`).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::say::aside;
use crate::engine::Interrupt;
use crate::exit::Exit;

/// How long an orderly end may take.
const LIMIT: Duration = Duration::from_millis(4500);

/// How long it may take to say why.
const SAYS: Duration = Duration::from_millis(50);

/// The listener of this process.
static LISTENER: OnceLock<Listener> = OnceLock::new();

struct Listener {
    interrupt: Interrupt,
    /// Whether somebody heeds the request. If nobody does, a signal ends the process at once.
    heeded: Arc<AtomicBool>,
}

/// Work that heeds the request to stop, as long as this lives.
pub struct Heeding {
    /// The request.
    pub interrupt: Interrupt,
}

impl Drop for Heeding {
    fn drop(&mut self) {
        if let Some(listener) = LISTENER.get() {
            listener.heeded.store(false, Ordering::Relaxed);
        }
    }
}

/// Begins to listen, if this process does not yet, for work that ends in order when it is asked to.
pub fn heed_signals() -> Heeding {
    let listener = LISTENER.get_or_init(listen);
    listener.heeded.store(true, Ordering::Relaxed);
    Heeding { interrupt: listener.interrupt.clone() }
}

fn listen() -> Listener {
    let (stop, interrupt) = Interrupt::new();
    let heeded = Arc::new(AtomicBool::new(true));
    let seen = heeded.clone();
    // Without a thread signals do what they do to every process: they end it.
    let _ = std::thread::Builder::new().name("signals".into()).spawn(move || {
        if let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() {
            runtime.block_on(watch_signals(stop, seen));
        }
    });
    Listener { interrupt, heeded }
}

async fn watch_signals(stop: watch::Sender<bool>, heeded: Arc<AtomicBool>) {
    let (Ok(mut interrupted), Ok(mut terminated)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    next(&mut interrupted, &mut terminated).await;
    // Asked before: work that ends at once heeds nothing any more by the time that it has ended.
    let is_heeded = heeded.load(Ordering::Relaxed);
    let _ = stop.send(true);
    if is_heeded {
        let why = tokio::select! {
            () = next(&mut interrupted, &mut terminated) => "ended at once by a second signal".to_string(),
            () = tokio::time::sleep(LIMIT) => format!("not done {LIMIT:?} after the signal: ended at once"),
        };
        // A pipe that nobody empties must not hold up the end either.
        std::thread::spawn(move || aside!("{why}"));
        tokio::time::sleep(SAYS).await;
    }
    Exit::Machinery.now();
}

async fn next(interrupted: &mut Signal, terminated: &mut Signal) {
    tokio::select! {
        _ = interrupted.recv() => {}
        _ = terminated.recv() => {}
    }
}
