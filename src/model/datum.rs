//! Values at run time: what a variable holds once a case is chosen or a step has saved something.

use std::collections::BTreeMap;

use bson::Bson;

/// The value of a variable.
#[derive(Clone, Debug, PartialEq)]
pub enum Datum {
    /// NULL of SQL, null of a document.
    Null,
    /// A truth value.
    Bool(bool),
    /// A number as written or as PostgreSQL printed it.
    Number(String),
    /// Text, and every value of SQL that is neither a number nor a truth value, in PostgreSQL's output form.
    Text(String),
    /// A value of a document with its own type.
    Bson(Bson),
}

impl Datum {
    /// The value as plain text, for a message or for the inside of a longer text; `NULL` for a null.
    pub fn to_text(&self) -> String {
        match self {
            Datum::Null => "NULL".into(),
            Datum::Bool(value) => value.to_string(),
            Datum::Number(text) | Datum::Text(text) => text.clone(),
            Datum::Bson(Bson::String(text)) => text.clone(),
            Datum::Bson(value) => super::relaxed_json(value).to_string(),
        }
    }
}

/// The variables that a step can see.
pub type Variables = BTreeMap<String, Datum>;
