//! How two values stand to one another as far as that is judged here, for tests that hold it against servers.

use std::cmp::Ordering;

use bson::Bson;

use super::cell::{self, Place};
use super::desk::{Desk, Standing};
use super::{bson_order, bson_value};
use crate::model::Datum;
use crate::observation::{Answers, SqlType};

/// What is certain about two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Whether they are equal; `None` when a server is asked.
    pub equal: Option<bool>,
    /// How the expected value stands to the actual one; `None` when a server is asked, and for values without an order.
    pub order: Option<Ordering>,
}

/// A value of SQL as text, and one as the server prints it.
pub fn compare(sql_type: &SqlType, expected: &str, actual: &str) -> Compared {
    let answers = Answers::new();
    let limit = Datum::Text(expected.to_string());
    let desk = Desk::new("", None, &answers);
    let equal = cell::equals(&limit, Place { sql_type, desk: Some(&desk) }, Some(actual));
    let equal = desk.close().0.is_empty().then_some(equal);
    let desk = Desk::new("", None, &answers);
    let order = match cell::order(&limit, Place { sql_type, desk: Some(&desk) }, actual) {
        Standing::Is(order) => Some(order),
        Standing::Apart | Standing::NoOrder | Standing::Open => None,
    };
    Compared { equal, order }
}

/// Two values of documents.
pub fn compare_bson(expected: &Bson, actual: &Bson) -> Compared {
    Compared { equal: Some(bson_value::equal(expected, actual)), order: bson_order::standing(expected, actual) }
}
