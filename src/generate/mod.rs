//! Seeded rows: each value is a pure function of the seed, its table, its column and the number of its row. So rows can be
//! made in any order by any number of threads, and a reference is right without asking anybody: the row that it refers to
//! is made again where it is needed. Nothing here reads, writes or waits.

mod dates;
mod people;
mod places;
mod plan;
mod random;
mod render;
mod rows;
mod sequence;
#[cfg(test)]
mod tests;
mod value;

pub use plan::{Plan, Reserve};
pub use random::SplitMix64;
