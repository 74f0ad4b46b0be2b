//! Values as authors write them, with one place otherwise.

use crate::model::{Template, TemplatePart, Value, ValueKind};
use crate::source::Span;

/// A step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hop {
    /// The value of a key.
    Key(String),
    /// An item of a list.
    Item(usize),
}

/// The way to a place in a value.
pub(super) type Path = Vec<Hop>;

/// Every place in a value, itself first, in the order of the text.
pub(super) fn places(value: &Value) -> Vec<(Path, &Value)> {
    let below = |hop: Hop, inner| {
        places(inner).into_iter().map(move |(path, value)| ([vec![hop.clone()], path].concat(), value))
    };
    let mut found = vec![(vec![], value)];
    match &value.kind {
        ValueKind::Sequence(items) => {
            found.extend(items.iter().enumerate().flat_map(|(at, item)| below(Hop::Item(at), item)));
        }
        ValueKind::Mapping(entries) => {
            found.extend(entries.iter().flat_map(|(key, item)| below(Hop::Key(key.value.clone()), item)));
        }
        _ => {}
    }
    found
}

/// The last key on the way to a place; items of lists are of their list's key.
pub(super) fn key_of(path: &[Hop]) -> Option<&str> {
    path.iter().rev().find_map(|hop| match hop {
        Hop::Key(key) => Some(key.as_str()),
        Hop::Item(_) => None,
    })
}

/// The entries of a mapping; none of anything else.
pub(super) fn entries(value: &Value) -> Vec<(&str, &Value)> {
    match &value.kind {
        ValueKind::Mapping(entries) => entries.iter().map(|(key, value)| (key.as_str(), value)).collect(),
        _ => vec![],
    }
}

/// The value of a key of a mapping.
pub(super) fn get<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    entries(value).into_iter().find(|(known, _)| *known == key).map(|(_, value)| value)
}

/// The items of a list; none of anything else.
pub(super) fn items(value: &Value) -> &[Value] {
    match &value.kind {
        ValueKind::Sequence(items) => items,
        _ => &[],
    }
}

/// The value with another at a place; with `None` the place is removed.
pub(super) fn with(value: &Value, path: &[Hop], new: Option<Value>) -> Value {
    let Some((hop, rest)) = path.split_first() else { return new.unwrap_or_else(|| value.clone()) };
    let mut changed = value.clone();
    match (&mut changed.kind, hop) {
        (ValueKind::Mapping(entries), Hop::Key(key)) => match (rest, &new) {
            ([], None) => entries.retain(|(known, _)| known.value != *key),
            _ => {
                if let Some((_, inner)) = entries.iter_mut().find(|(known, _)| known.value == *key) {
                    *inner = with(inner, rest, new);
                } else if let ([], Some(new)) = (rest, new) {
                    entries.push((value.span.of(key.clone()), new));
                }
            }
        },
        (ValueKind::Sequence(items), Hop::Item(at)) if *at < items.len() => match (rest, &new) {
            ([], None) => drop(items.remove(*at)),
            _ => items[*at] = with(&items[*at], rest, new),
        },
        _ => {}
    }
    changed
}

/// The value with another name for the key at a place.
pub(super) fn renamed(value: &Value, path: &[Hop], name: &str) -> Value {
    let Some((Hop::Key(old), parent)) = path.split_last() else { return value.clone() };
    let places = places(value);
    let Some((_, mapping)) = places.iter().find(|(known, _)| known.as_slice() == parent) else { return value.clone() };
    let mut mapping = (*mapping).clone();
    if let ValueKind::Mapping(entries) = &mut mapping.kind {
        for (key, _) in entries.iter_mut().filter(|(key, _)| key.value == *old) {
            key.value = name.to_string();
        }
    }
    with(value, parent, Some(mapping))
}

/// A value of this kind, at the place of another.
pub(super) fn of(span: &Span, kind: ValueKind) -> Value {
    Value { kind, span: span.clone() }
}

/// A number.
pub(super) fn number(span: &Span, number: i64) -> Value {
    of(span, ValueKind::Number(number.to_string()))
}

/// A text without variables.
pub(super) fn text(span: &Span, text: &str) -> Value {
    of(span, ValueKind::Text(Template::literal(text, span.clone())))
}

/// A mapping.
pub(super) fn mapping(span: &Span, entries: Vec<(&str, Value)>) -> Value {
    of(span, ValueKind::Mapping(entries.into_iter().map(|(key, value)| (span.of(key.to_string()), value)).collect()))
}

/// The number that a value is written as.
pub(super) fn as_number(value: &Value) -> Option<i64> {
    match &value.kind {
        ValueKind::Number(number) => number.parse().ok(),
        _ => None,
    }
}

/// The text of a value that is one, with its variables.
pub(super) fn as_text(value: &Value) -> Option<&Template> {
    match &value.kind {
        ValueKind::Text(template) => Some(template),
        _ => None,
    }
}

/// The value as one line of JSON, variables as they are written.
pub(super) fn shown(value: &Value) -> String {
    match &value.kind {
        ValueKind::Null => "null".into(),
        ValueKind::Bool(value) => value.to_string(),
        ValueKind::Number(number) => number.clone(),
        ValueKind::Text(template) => format!("{:?}", written(template)),
        ValueKind::Sequence(items) => {
            format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", "))
        }
        ValueKind::Mapping(_) => {
            let entry = |(key, value): (&str, &Value)| format!("{key}: {}", shown(value));
            format!("{{ {} }}", entries(value).into_iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

fn written(template: &Template) -> String {
    let part = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => text.clone(),
        TemplatePart::Variable { name, .. } => format!("${{{name}}}"),
    };
    template.parts.iter().map(part).collect()
}
