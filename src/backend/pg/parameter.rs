//! A value of `$1` and so on, in the forms that its place may ask for.

use tokio_postgres::types::Type;

/// A value of `$1` and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parameter {
    /// Its text form; `None` is NULL.
    pub text: Option<String>,
    /// What it is where `json` or `jsonb` is asked for, when that is something else: a list is no array there.
    pub json: Option<String>,
    /// Of a list the type of its items, by the name of `pg_type`, when they have one.
    pub items: Option<&'static str>,
}

impl Parameter {
    /// Whether it is a list.
    pub(super) fn is_list(&self) -> bool {
        self.json.is_some()
    }

    /// The OID of its own type, when it is a list that has one.
    pub(super) fn own_type(&self) -> Option<u32> {
        let known = match self.items? {
            "bool" => Type::BOOL_ARRAY,
            "int4" => Type::INT4_ARRAY,
            "int8" => Type::INT8_ARRAY,
            "numeric" => Type::NUMERIC_ARRAY,
            "text" => Type::TEXT_ARRAY,
            "timestamptz" => Type::TIMESTAMPTZ_ARRAY,
            "uuid" => Type::UUID_ARRAY,
            "bytea" => Type::BYTEA_ARRAY,
            "jsonb" => Type::JSONB_ARRAY,
            _ => return None,
        };
        Some(known.oid())
    }
}
