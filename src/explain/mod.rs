//! Raw EXPLAIN of either engine → one plan tree. Pure.

mod mongo;
mod mongo_pipeline;
mod mongo_reply;
mod plan;
mod postgres;
mod shape;

pub use mongo_reply::from_mongo;
pub use plan::{Plan, PlanNode};
pub use postgres::from_postgres_text;
pub use shape::shape;
