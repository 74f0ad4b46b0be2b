//! Servers of our own: finds or fetches server builds, starts, stops, kills and pauses nodes, and leaves nothing behind.
//! The only room that spawns processes. It speaks to servers through signals and files; what needs a driver is handed in
//! as [`MongoBootstrap`].
//!
//! What keeps anything from staying behind when polyspec dies, in order: the parent-death signal of Linux
//! (`process::spawn`), a watchdog at the other end of a pipe (`watchdog`), and a sweep at the next start (`teardown`).

mod account;
mod build;
mod builds;
pub mod control;
pub mod daemon;
mod describe;
pub mod doctor;
mod error;
mod hello;
mod links;
mod log;
mod node;
mod options;
mod owner;
mod ports;
mod process;
pub mod program;
mod progress;
mod run_folder;
mod running;
mod server;
pub mod state;
mod teardown;
#[cfg(test)]
mod tests;
mod watchdog;

pub use describe::{ClusterDescription, Credentials, MemberAddress, NodeDescription};
pub use error::ClusterError;
pub use node::NodeState;
pub use options::{Options, default_cache};
pub use owner::Owner;
pub use progress::Progress;
pub use running::Cluster;
pub use server::mongo::{ELECTION_TIMEOUT_MS, HEARTBEAT_INTERVAL_MS, MongoBootstrap};
pub use state::StateFile;
