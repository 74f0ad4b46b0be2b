//! polyspec: a declarative scenario runner and specification suite for systems made of PostgreSQL and MongoDB.
//!
//! Data flows one way, and each module is a room whose name says what may be touched in it:
//! scenario files → [`language`] → [`model`] → [`suite`] → [`engine`] → [`backend`] on a [`cluster`] → [`observation`] →
//! [`judge`] → [`verdict`] → [`event`] → [`report`]. `docs/architecture.md` has the map.

pub mod backend;
pub mod catalog;
pub mod cli;
pub mod cluster;
mod conformance;
pub mod engine;
pub mod event;
pub mod exit;
pub mod explain;
pub mod generate;
pub mod judge;
pub mod language;
pub mod model;
pub mod mutation;
pub mod observation;
pub mod report;
pub mod run;
pub mod source;
pub mod suite;
pub mod system;
pub mod tally;
pub mod variables;
pub mod verdict;

pub use conformance::{Conformance, conformance};
