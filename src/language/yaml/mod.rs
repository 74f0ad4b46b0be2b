//! The YAML files of a suite: one generic tree with places, checked against tables of keys, decoded by hand into the model.

mod actions;
mod ambiguous;
mod check;
mod core;
mod decoder;
mod error_names;
mod expect;
mod fault;
mod fits;
mod flow;
mod generate;
mod generate_columns;
mod generate_names;
mod keys;
mod keys_generate;
#[cfg(test)]
mod keys_page;
mod keys_suite;
mod keys_workload;
mod names;
mod operators;
mod plan_kinds;
mod program;
mod read;
mod requirements;
mod saved;
mod scenario;
mod schema;
mod sent;
mod settings;
mod shape;
mod steps;
mod survivors;
mod system;
mod tags;
mod tree;
mod workload;

pub use flow::expects;
pub(crate) use requirements::requirements;
pub use saved::wrong_save;
pub(crate) use scenario::{points, read_need, scenario};
pub use schema::{SchemaKind, schema};
pub(crate) use settings::settings;
pub(crate) use survivors::survivors;
pub(crate) use system::system;
pub(crate) use tree::first_line;
