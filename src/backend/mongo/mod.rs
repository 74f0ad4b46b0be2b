//! MongoDB: client sessions and their commands, copies of databases, barriers, blocking.

mod answers;
mod barrier;
mod bootstrap;
mod bulk;
mod catalog;
mod client;
mod codes;
mod command;
mod copy;
mod cursor;
mod error;
mod limit;
mod monitor;
mod session;
mod shared;
mod stream;
mod user;

pub use answers::answers;
pub use barrier::{catch_up, settled, step_down};
pub use bootstrap::{Address, NewSet, initiate, ping};
pub use bulk::{Bulk, insert, settle};
pub use catalog::catalog;
pub use client::{CONFIGURE_FAIL_POINT, MongoClients, MongoSet, Target, members};
pub use command::Command;
pub use copy::{copy_database, databases, drop_database, mark};
pub use cursor::Until;
pub use monitor::blocked;
pub use session::MongoSession;
pub use shared::{SharedState, differences, restore_state, shared_state, unlock};
pub use user::{MongoUser, admit, drop_user, drop_users, replicated};
