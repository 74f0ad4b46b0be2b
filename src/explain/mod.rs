//! Raw EXPLAIN of either engine → one plan tree. Pure.

mod plan;

pub use plan::{Plan, PlanNode};
