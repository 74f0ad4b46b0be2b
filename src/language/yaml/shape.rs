//! The shapes that keys and values can have. The tables in `keys` are made of these; they drive the check of what an author
//! writes and the JSON Schema for editors alike, so that the two cannot drift apart.

use super::tree::{Node, NodeKind};

/// What may stand under a key.
#[derive(Debug)]
pub(crate) enum Shape {
    /// Anything.
    Any,
    /// Text.
    Text,
    /// Text, a number or a truth value, taken as it is written.
    Scalar,
    /// A number.
    Number,
    /// A whole number that is not negative.
    Whole,
    /// `true` or `false`.
    Bool,
    /// A time with its unit.
    Duration,
    /// One of these words.
    Words(&'static [&'static str]),
    /// A list.
    List(&'static Shape),
    /// A list of at least one.
    Some(&'static Shape),
    /// One, or a list of at least one.
    OneOrMany(&'static Shape),
    /// A mapping of `$$` operators.
    Operators,
    /// A mapping with keys of the author's choice.
    Map(&'static Shape),
    /// A mapping with known keys.
    Table(&'static Table),
    /// A mapping that the first key of the table marks as one; any other mapping is something else.
    Marked(&'static Table),
    /// The first of these that the value looks like.
    Either(&'static [Shape]),
}

/// A mapping with known keys.
#[derive(Debug)]
pub(crate) struct Table {
    /// The noun, with its article.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// The keys.
    pub keys: &'static [Key],
    /// Exactly one of these keys must be there.
    pub one_of: &'static [&'static str],
    /// At most one of these keys may be there.
    pub at_most_one: &'static [&'static str],
    /// A key that may stand instead of `one_of`.
    pub or_alone: Option<&'static str>,
    /// Whether it may be without any key.
    pub may_be_empty: bool,
}

impl Table {
    /// A table without rules on its keys beyond `required`; an empty mapping is refused.
    pub const fn new(name: &'static str, doc: &'static str, keys: &'static [Key]) -> Self {
        Self { name, doc, keys, one_of: &[], at_most_one: &[], or_alone: None, may_be_empty: false }
    }

    /// The key of this name.
    pub fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// A key and what stands under it.
#[derive(Debug)]
pub(crate) struct Key {
    /// The key.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What stands under it.
    pub shape: Shape,
    /// What it means.
    pub doc: &'static str,
}

/// A key that may be absent.
pub(crate) const fn key(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, required: false, shape, doc }
}

/// A key that must be there.
pub(crate) const fn required(name: &'static str, shape: Shape, doc: &'static str) -> Key {
    Key { name, required: true, shape, doc }
}

fn keys_of(table: &Table) -> String {
    let names: Vec<&str> = table.keys.iter().map(|key| key.name).collect();
    super::super::suggest::enumerate(&names, "and")
}

impl Shape {
    /// What it is, for a message.
    pub fn describe(&self) -> String {
        match self {
            Shape::Any => "a value".into(),
            Shape::Text => "text".into(),
            Shape::Scalar => "a word".into(),
            Shape::Number => "a number".into(),
            Shape::Whole => "a whole number".into(),
            Shape::Bool => "`true` or `false`".into(),
            Shape::Duration => "a time (`250ms`, `5s`, `1min`)".into(),
            Shape::Words(words) => super::super::suggest::enumerate(words, "or"),
            Shape::List(Shape::Any) => "a list".into(),
            Shape::List(item) | Shape::Some(item) => format!("a list, each item {}", item.describe()),
            Shape::OneOrMany(item) => format!("{}, or a list of such", item.describe()),
            Shape::Operators => "an operator (`{ $$regex: … }`)".into(),
            Shape::Map(_) => "a mapping".into(),
            Shape::Table(table) | Shape::Marked(table) => format!("a mapping ({})", table.name),
            Shape::Either(shapes) => shapes.iter().map(Shape::describe).collect::<Vec<_>>().join(", or "),
        }
    }

    /// How a value of this shape is written, as a fix; `None` where a message has said so already.
    pub fn form(&self) -> Option<String> {
        Some(match self {
            Shape::Text => "write text".into(),
            Shape::Scalar => "write one word, or text in quotes".into(),
            Shape::Number | Shape::Whole => "write a number without quotes".into(),
            Shape::Bool => "write `true` or `false`".into(),
            Shape::Duration => "write a time with its unit, such as `5s`".into(),
            Shape::List(Shape::List(_)) => "write a list of lists: `[[1, a], [2, b]]`".into(),
            Shape::List(Shape::Table(table)) | Shape::Some(Shape::Table(table)) => {
                format!("write a list, each item with some of the keys {}", keys_of(table))
            }
            Shape::List(_) | Shape::Some(_) => "write a list: `[ … ]`".into(),
            Shape::Map(_) => "write a mapping: `{ name: value }`".into(),
            Shape::Table(table) | Shape::Marked(table) => {
                format!("write a mapping with some of the keys {}", keys_of(table))
            }
            Shape::Either(shapes) => shapes.iter().filter_map(Shape::form).collect::<Vec<_>>().join("; or "),
            Shape::OneOrMany(item) => item.form()?,
            Shape::Any | Shape::Words(_) | Shape::Operators => return None,
        })
    }

    /// Whether this is a list, and a node of this kind one of its items.
    pub fn fits_as_item(&self, node: &Node) -> bool {
        matches!(self, Shape::List(item) | Shape::Some(item) if item.fits(node))
    }

    /// Whether a node of this kind can be meant as this shape; what is inside is not looked at.
    pub fn fits(&self, node: &Node) -> bool {
        match (self, &node.kind) {
            (Shape::Any, _)
            | (Shape::Text, NodeKind::Text(_))
            | (Shape::Number, NodeKind::Number(_))
            | (Shape::Bool, NodeKind::Bool(_))
            | (Shape::Scalar | Shape::Duration, NodeKind::Text(_) | NodeKind::Number(_))
            | (Shape::Scalar, NodeKind::Bool(_))
            | (Shape::List(_) | Shape::Some(_), NodeKind::Sequence(_))
            | (Shape::Map(_) | Shape::Table(_), NodeKind::Mapping(_)) => true,
            (Shape::Whole, NodeKind::Number(text)) => text.bytes().all(|b| b.is_ascii_digit()),
            (Shape::Words(_), NodeKind::Text(_)) => true,
            (Shape::Operators, NodeKind::Mapping(entries)) => {
                entries.first().is_some_and(|entry| entry.key.starts_with("$$"))
            }
            (Shape::Marked(table), NodeKind::Mapping(entries)) => {
                entries.first().zip(table.keys.first()).is_some_and(|(entry, mark)| *entry.key == *mark.name)
            }
            (Shape::OneOrMany(item), kind) => matches!(kind, NodeKind::Sequence(_)) || item.fits(node),
            (Shape::Either(shapes), _) => shapes.iter().any(|shape| shape.fits(node)),
            _ => false,
        }
    }
}
