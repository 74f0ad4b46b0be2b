//! YAML text → one generic tree in which every node knows its place. Numbers keep their spelling, quoted scalars are text.

use std::sync::Arc;

use crate::source::{SourceFile, Span, Spanned};

/// A node of a YAML file.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The whole of it, where it is used: of an alias, the alias.
    pub span: Span,
    /// What to point at when the node as a whole is meant: its first key or its one line.
    pub head: Span,
    /// Where its text was written: differs from `span` for an alias.
    pub written: Span,
}

/// The shapes of a node.
#[derive(Clone, Debug)]
pub(crate) enum NodeKind {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A plain number, as written.
    Number(String),
    /// Text.
    Text(String),
    /// A list.
    Sequence(Vec<Node>),
    /// A mapping in the author's order; keys may be there twice.
    Mapping(Vec<Entry>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The key.
    pub key: Spanned<String>,
    /// The value.
    pub value: Node,
}

impl Node {
    /// The value under `key`; the first one when the key is there twice.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The key `key` and its value.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| *entry.key == key)
    }

    /// Keys and values; none when it is not a mapping.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            NodeKind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items; none when it is not a list.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// The items of a list, or the node itself.
    pub fn one_or_many(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Sequence(items) => items,
            _ => std::slice::from_ref(self),
        }
    }

    /// The text of a scalar as written, with its place; `None` for null and for collections.
    pub fn scalar(&self) -> Option<Spanned<String>> {
        let text = match &self.kind {
            NodeKind::Text(text) | NodeKind::Number(text) => text.clone(),
            NodeKind::Bool(value) => value.to_string(),
            _ => return None,
        };
        Some(self.span.of(text))
    }

    /// The text of a plain scalar of one line, as written; `None` when it is quoted or no scalar.
    pub fn plain(&self) -> Option<&str> {
        let text = self.written.text();
        let scalar = !matches!(self.kind, NodeKind::Sequence(_) | NodeKind::Mapping(_));
        (scalar && !text.starts_with(['"', '\'', '|', '>', '&', '!']) && !text.contains('\n')).then_some(text)
    }

    /// The text under `key`, as written.
    pub fn scalar_of(&self, key: &str) -> Option<Spanned<String>> {
        self.get(key)?.scalar()
    }

    /// What it is, for a message.
    pub fn describe(&self) -> String {
        match &self.kind {
            NodeKind::Null => "nothing".into(),
            NodeKind::Bool(value) => format!("`{value}`"),
            NodeKind::Number(text) => format!("the number {text}"),
            NodeKind::Text(_) => "text".into(),
            NodeKind::Sequence(_) => "a list".into(),
            NodeKind::Mapping(_) => "a mapping".into(),
        }
    }
}

/// The first line of `span`: a caret under many lines says less than one under the first.
pub(crate) fn first_line(span: &Span) -> Span {
    let length = span.text().find('\n').map_or(span.end - span.start, |at| span.text()[..at].trim_end().len());
    Span::new(&span.file, span.start, span.start + length)
}

/// The bytes from `start` to `end` of `file`, without the space at their end.
pub(crate) fn trimmed(file: &Arc<SourceFile>, start: usize, end: usize) -> Span {
    let span = Span::new(file, start, end);
    let length = span.text().trim_end().len();
    Span::new(file, start, start + length)
}
