//! polyspec: a declarative scenario runner and specification suite for systems made of PostgreSQL and MongoDB.
//!
//! The crate is a program, `polyspec`, and a test harness: [`Conformance`] runs a suite as the tests of a crate. These, and
//! [`conformance()`], are all that the crate offers; everything else is internal.

mod backend;
mod catalog;
mod cli;
mod cluster;
mod conformance;
mod engine;
mod event;
mod exit;
mod explain;
mod generate;
mod grade;
#[doc(hidden)]
pub mod internal;
mod judge;
mod language;
mod model;
mod mutation;
mod observation;
mod report;
mod run;
#[cfg(test)]
mod snapshot;
mod source;
mod suite;
mod system;
mod tally;
mod variables;
mod verdict;

pub use conformance::{Conformance, conformance};
