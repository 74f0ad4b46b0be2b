//! A workload: concurrent clients, what they do, and the faults beside them.

use std::time::Duration;

use super::{Fault, NodeSelector, Step, Value};
use crate::source::Spanned;

/// `workload:` of a step.
#[derive(Clone, Debug)]
pub struct Workload {
    /// How many clients there are, each with sessions of its own.
    pub clients: usize,
    /// When they are done.
    pub limit: WorkloadLimit,
    /// What the choice of operations and the values that they draw come from.
    pub seed: u64,
    /// Where the clients are, one after the other round robin; empty means the default of each step's engine.
    pub on: Vec<Spanned<NodeSelector>>,
    /// What they do.
    pub mix: Vec<Operation>,
    /// Faults beside the clients, in order.
    pub faults: Vec<TimedFault>,
}

/// When the clients of a workload are done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkloadLimit {
    /// After so many operations of all clients.
    Operations(usize),
    /// After this time; operations that have begun are finished.
    Time(Duration),
}

/// One kind of operation.
#[derive(Clone, Debug)]
pub struct Operation {
    /// What it is called in the record.
    pub name: Spanned<String>,
    /// How often it is chosen, as against the others.
    pub weight: u64,
    /// How many times it is tried again after a conflict that the server calls transient.
    pub retry: usize,
    /// Values drawn from the seed, as variables of its steps.
    pub draw: Vec<(Spanned<String>, Draw)>,
    /// The steps; all of them hold, or the operation has not succeeded.
    pub steps: Vec<Step>,
    /// The key of what it writes: kept with the outcome, for `recorded`.
    pub record: Option<Value>,
    /// A number that never decreases from one success of a client to its next.
    pub monotonic: Option<Value>,
    /// What its steps expect must hold every time: if it does not, the system is wrong.
    pub invariant: bool,
}

/// What a value is drawn from.
#[derive(Clone, Debug)]
pub enum Draw {
    /// One of these.
    OneOf(Vec<Value>),
    /// These in order, one for each operation, and again from the first.
    InTurn(Vec<Value>),
    /// A whole number from the first to the second, both included.
    Between(i64, i64),
}

/// A fault and its time.
#[derive(Clone, Debug)]
pub struct TimedFault {
    /// When.
    pub after: FaultTime,
    /// What.
    pub fault: Spanned<Fault>,
}

/// When a fault of a workload is injected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultTime {
    /// Once so many operations are done.
    Operations(usize),
    /// This long after the beginning.
    Time(Duration),
}
