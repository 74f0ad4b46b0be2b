//! How two values stand to one another as it is judged here, for tests that hold it against servers.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use bson::Bson;

use super::desk::{Desk, Standing};
use super::place::Place;
use super::{bson_order, bson_value, cell};
use crate::model::Datum;
use crate::observation::{Answers, OutputSettings, Question, SqlType};

/// Two values of a type of PostgreSQL.
#[derive(Clone, Copy, Debug)]
pub struct Values<'a> {
    /// The node that returned one of them.
    pub node: &'a str,
    /// The type of both.
    pub sql_type: &'a SqlType,
    /// The settings of the session, when they are not polyspec's own.
    pub settings: Option<&'a OutputSettings>,
    /// What is expected, as text.
    pub expected: &'a str,
    /// What came, in the style that polyspec reads.
    pub actual: &'a str,
}

impl Values<'_> {
    /// Whether they are equal.
    ///
    /// # Errors
    /// The questions that a server has to answer first.
    pub fn are_equal(&self, answers: &Answers) -> Result<bool, BTreeSet<Question>> {
        let expected = Datum::Text(self.expected.to_string());
        self.asking(answers, |place| cell::equals(&expected, place, Some(self.actual)))
    }

    /// How the expected value stands to the other one; `None` for values without an order.
    ///
    /// # Errors
    /// The questions that a server has to answer first.
    pub fn order(&self, answers: &Answers) -> Result<Option<Ordering>, BTreeSet<Question>> {
        let limit = Datum::Text(self.expected.to_string());
        self.asking(answers, |place| match cell::order(&limit, place, self.actual) {
            Standing::Is(order) => Some(order),
            Standing::Apart | Standing::NoOrder | Standing::Open => None,
        })
    }

    fn asking<T>(&self, answers: &Answers, judge: impl Fn(Place) -> T) -> Result<T, BTreeSet<Question>> {
        let desk = Desk::new(self.node, self.settings, answers);
        let judged = judge(Place { sql_type: self.sql_type, desk: Some(&desk) });
        let open = desk.close().0;
        if open.is_empty() { Ok(judged) } else { Err(open) }
    }
}

/// Whether two values of documents are equal, and how the expected one stands to the other; `None` for values without an order.
pub fn compare_bson(expected: &Bson, actual: &Bson) -> (bool, Option<Ordering>) {
    (bson_value::equal(expected, actual), bson_order::standing(expected, actual))
}
