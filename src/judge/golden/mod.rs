//! Goldens: recorded output as text that is stable, readable, and kept a line a row.
//!
//! ```text
//! # polyspec golden 1: fragmentation/price.yaml
//! == products of each fragment
//! fragment:text | price:numeric
//! products_10_to_100 | 99.99
//! 'NULL' | NULL
//! ```
//!
//! A section is rows (a header of `name:type`, then a line a row), documents (a line of Extended JSON each), a plan's shape,
//! `error: 23505 unique_violation: message`, `affected: n`, `(none)` for no documents, or `ok`. Inside a cell `\` `|` line
//! ends and control characters are escaped by a backslash; text that would look like NULL or like nothing, that begins or
//! ends with a blank, or begins with a quote, stands in quotes. Rows are compared by value and by the family of their types,
//! unless the second line of the file says `# types: exact`. A line that would look like a section's begins with `\`.
//! Nothing is lost: every section reads back as what was recorded, but for what the redactor replaced and for whether the
//! last line of a program had an end.

mod compare;
mod families;
mod merge;
#[cfg(test)]
mod reading;
mod render;
mod sections;
mod text;

pub use compare::{Comparer, Comparison};
pub use merge::{Change, merge};
pub use render::{RowWriter, render};
pub use sections::Sections;
pub(in crate::judge) use text::cell;
