//! Values as an author wrote them: a tree with the place of every node, numbers kept as written, variables not yet filled in.

use crate::source::{Span, Spanned};

/// An authored value and its place.
#[derive(Clone, Debug)]
pub struct Value {
    /// What it is.
    pub kind: ValueKind,
    /// Where it was written.
    pub span: Span,
}

/// The shapes of an authored value.
#[derive(Clone, Debug)]
pub enum ValueKind {
    /// `null`, `~`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A plain number, as written: `10.00` stays `10.00`.
    Number(String),
    /// Text, with its variables.
    Text(Template),
    /// A list.
    Sequence(Vec<Value>),
    /// Keys and values in the author's order. A key that begins with `$$` is an operator of the judge.
    Mapping(Vec<(Spanned<String>, Value)>),
}

/// Text in which `${name}` stands for a variable. `$${` is a literal `${`.
#[derive(Clone, Debug)]
pub struct Template {
    /// The parts in order; adjacent literals are one.
    pub parts: Vec<TemplatePart>,
    /// Where the text was written.
    pub span: Span,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// Text as it is.
    Literal(String),
    /// `${name}` or `${name:ident}`.
    Variable {
        /// The variable.
        name: String,
        /// `true` for `${name:ident}`: in SQL a quoted identifier instead of a quoted literal.
        identifier: bool,
        /// Where it was written.
        span: Span,
    },
}

impl Template {
    /// A text without variables.
    pub fn literal(text: impl Into<String>, span: Span) -> Self {
        Self { parts: vec![TemplatePart::Literal(text.into())], span }
    }

    /// The text when there are no variables in it; `None` otherwise.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TemplatePart::Literal(text)] => Some(text),
            _ => None,
        }
    }

    /// The variable's name when the text is one variable and nothing else.
    pub fn as_variable(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [TemplatePart::Variable { name, .. }] => Some(name),
            _ => None,
        }
    }
}
