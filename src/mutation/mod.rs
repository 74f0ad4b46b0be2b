//! Systems in, scorecards out: mutation testing of the suite. A mutant is a system that extends another and breaks one thing;
//! the suite proves with it that it can fail.

mod empty;
pub mod generated;
mod ground;
mod matrix;
mod mutants;
mod watch;

pub use empty::passing_on_nothing;
pub use ground::Ground;
pub use matrix::{Fate, Matrix, MutantReport};
pub use mutants::{Mutant, find, run};
