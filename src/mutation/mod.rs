//! Mutants in, a summary out: mutation testing of the suite. A mutant is a system that goes on from another and has one fault;
//! the suite proves with it that it can fail.

mod context;
mod empty;
pub mod generated;
mod likelihood;
mod mutant;
mod report;
mod runner;
mod summary;
mod watch;
mod written;

pub use context::MutationContext;
pub use empty::passing_on_nothing;
pub use mutant::Mutant;
pub use report::MutantReport;
pub use runner::run;
pub use summary::{Proof, Summary};
pub use written::{find, written};
