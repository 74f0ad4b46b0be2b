//! Names of what polyspec makes on a server, so that it can tell its own from everybody else's.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// What every database of polyspec's begins with.
const PREFIX: &str = "polyspec_";

/// A run's own name on the servers; no two runs have the same.
#[derive(Debug)]
pub struct RunId {
    id: String,
    next: AtomicU64,
}

impl RunId {
    /// A new, random one.
    pub fn new() -> Self {
        Self { id: format!("{:08x}", rand::random::<u32>()), next: AtomicU64::new(0) }
    }

    /// What every private database of this run begins with.
    pub fn prefix(&self) -> String {
        format!("{PREFIX}{}_", self.id)
    }

    /// A name that this run has not used: for a copy, or for a template that only this run knows. Short, since a replication
    /// slot's name is made of it and of two nodes' names (63 bytes in all).
    pub fn next_database(&self) -> String {
        format!("{}{}", self.prefix(), self.next.fetch_add(1, Ordering::Relaxed))
    }
}

impl Default for RunId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// The name of a template that later runs use again on a cluster that stays: it says what it was built from.
pub(super) fn shared_template(fingerprint: &str) -> String {
    format!("{PREFIX}t_{fingerprint}")
}
