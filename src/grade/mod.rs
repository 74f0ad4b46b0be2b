//! Systems in, scorecards out: mutation testing of the suite. A mutant is a system that extends another and breaks one thing;
//! the suite proves with it that it can fail.

pub mod generated;
mod matrix;
mod mutants;
mod watch;

pub use matrix::{Fate, Matrix, MutantReport};
pub use mutants::{Ground, Mutant, find, run};
