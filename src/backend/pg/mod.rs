//! PostgreSQL: sessions and their statements, copies of databases, replication between peers, barriers, blocking.

mod admin;
mod answers;
mod asides;
mod barrier;
mod catalog;
mod conditions;
mod copy;
mod databases;
mod error;
mod explain;
mod guard;
mod lists;
mod losing;
mod monitor;
mod node;
mod parameter;
mod pieces;
mod replication;
mod role;
mod rounding;
mod session;
mod shared;
mod styles;
#[cfg(test)]
mod tests;
mod types;
mod wire;

pub use answers::answer;
pub use barrier::catch_up;
pub use catalog::catalog;
pub use copy::CopyFormat;
pub use databases::{
    copy_database, create_database, drop_database, freeze_database, is_frozen, leftovers, orphaned_databases,
    remove_database,
};
pub use monitor::BlockingMonitor;
pub use node::PgNode;
pub use parameter::Parameter;
pub use replication::{Peers, link, unlink};
pub use role::Role;
pub use session::{PgSession, Request};
pub use shared::{SharedThings, left_behind, restore_shared, shared_things};
