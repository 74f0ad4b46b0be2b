//! What only a server knows: whether two values of a type are equal, and which one is less. The judge asks, the backend
//! answers; both sides are plain data, so that a judgement stays a pure function of its answers.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use super::{OutputSettings, SqlType};

/// Two values of one type of PostgreSQL, for the server that returned one of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// The node that answered the step: its database knows the type.
    pub node: String,
    /// The type of both.
    pub sql_type: SqlType,
    /// What is asked.
    pub relation: Relation,
    /// What was written, as text in the notation of the type.
    pub expected: String,
    /// What the server printed.
    pub actual: String,
    /// Settings under which both are read; `None` for polyspec's own.
    pub settings: Option<OutputSettings>,
}

/// What is asked about two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Relation {
    /// Whether they are equal.
    Equality,
    /// Which one is less.
    Order,
}

/// What the server says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Whether they are equal: by the equality of the type's default operator class (manual, 36.16.6), or, when it has
    /// none, because the server prints both alike.
    Equality(bool),
    /// How the expected value stands to the actual one in the type's default order.
    Order(Ordering),
    /// The type has no order.
    NoOrder,
    /// What was written is no value of the type; the server's message.
    NotAValue(String),
    /// The server cannot say, because another connection does not see the type or cannot read its values; why.
    Unknown(String),
}

/// The answers that are known.
pub type Answers = BTreeMap<Question, Answer>;
