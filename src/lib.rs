//! polyspec: a declarative scenario runner and specification suite for systems made of PostgreSQL and MongoDB.
//!
//! Data flows one way, and each module is a room whose name says what may be touched in it:
//! scenario files → [`language`] → [`model`] → [`suite`] → [`engine`] → [`backend`] on a [`cluster`] → [`observation`] →
//! [`judge`] → [`verdict`] → [`event`] → [`report`]. `docs/architecture.md` has the map.

pub mod event;
pub mod explain;
pub mod judge;
pub mod model;
pub mod observation;
pub mod source;
pub mod variables;
pub mod verdict;
