//! Talks to PostgreSQL and MongoDB: sessions, statements, EXPLAIN, blocking detection, barriers, copies of databases, and
//! the bridge to the `sqllogictest` crate. The only room that imports a driver.

mod error;
pub mod mongo;
pub mod pg;
mod sink;
pub mod slt;

pub use error::BackendError;
pub use sink::RowSink;
