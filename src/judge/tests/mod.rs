//! `judge` itself: every part of `expect`, where it holds and where it must fail, and what the evidence says.

mod cells;
mod diffs;
mod documents;
mod errors;
mod nodes;
mod operators;
mod parts;
mod plans;
mod properties;
mod questions;
mod rows;

use std::time::Duration;

use bson::doc;
use proptest::prelude::*;

use super::testing::*;
use crate::explain::{Plan, PlanNode};
use crate::model::{ColumnExpectation, Expectation};
use crate::observation::{DocumentSet, Outcome, Output, ServerError};
use crate::verdict::{DiffSide, Evidence};

pub(super) fn with(change: impl FnOnce(&mut Expectation)) -> Expectation {
    let mut expect = expectation();
    change(&mut expect);
    expect
}

pub(super) fn table() -> Outcome {
    returned(&["id:int4", "price:numeric", "name:text"], &[&["1", "10.00", "Lamp"], &["2", "20.50", "\\N"]]).outcome
}

pub(super) fn rows_of(json: &str, ordered: bool) -> Expectation {
    with(|expect| expect.rows = Some(rows_expectation(json, ordered)))
}

pub(super) fn line(evidence: &Evidence) -> usize {
    evidence.place.as_ref().unwrap().line
}

pub(super) fn refusal() -> ServerError {
    ServerError {
        sqlstate: Some("23505".into()),
        name: Some("unique_violation".into()),
        message: "duplicate key value violates unique constraint \"customer_pkey\"".into(),
        detail: Some("Key (id)=(1) already exists.".into()),
        hint: Some("Use another.".into()),
        constraint: Some("customer_pkey".into()),
        table: Some("customer".into()),
        column: Some("id".into()),
        position: Some(10),
        ..ServerError::default()
    }
}
