//! A variable and its value.

use super::Value;
use crate::source::Spanned;

/// A variable and the value it is given.
#[derive(Clone, Debug)]
pub struct Binding {
    /// The name: a letter or `_`, then letters, digits and `_`.
    pub name: Spanned<String>,
    /// The value.
    pub value: Value,
}
