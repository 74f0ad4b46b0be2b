//! Reads the generic tree through the YAML crate, and finds the ends of collections, which the crate does not give.

use std::fmt;
use std::sync::Arc;
use std::thread;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_yaml::options::{DuplicateKeyPolicy, MergeKeyPolicy, NonFiniteFloatPolicy};
use serde_yaml::{Options, Spanned as Located};

use super::core::{Plain, resolve};
use super::fault::syntax;
use super::place::bytes;
use super::tags;
use super::tree::{Entry, Node, NodeKind, first_line, trimmed};
use crate::source::{Diagnostic, SourceFile, Span};

/// The most that aliases may unfold to, in parser events: far above any scenario, far below what fills the memory.
const ALIAS_EVENTS: usize = 20_000;

/// How deep collections may nest.
const DEPTH: usize = 64;

/// The stack of the thread that reads: without optimization the crate takes some 35 kB for each level, and the threads of
/// tests and of the runtime have 2 MB in all.
const STACK: usize = 16 << 20;

/// The tree of a YAML file of one document. Null at the root stands for an empty file.
pub(crate) fn tree(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    thread::scope(|scope| {
        let reader = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || read(file));
        let outcome = reader.map_err(|error| error.to_string());
        outcome.and_then(|reader| reader.join().map_err(|_| "the reader of YAML gave up".to_string()))
    })
    .unwrap_or_else(|cause| Err(Diagnostic::nowhere(format!("cannot read `{}`: {cause}", file.name()))))
}

fn read(file: &Arc<SourceFile>) -> Result<Node, Diagnostic> {
    serde_yaml::from_str_with_options::<Located<Raw>>(file.text(), options())
        .map_err(|error| syntax(file, &error))
        .map(|raw| build(file, raw))
        .and_then(|root| tags::refuse(file, &root).map_or(Ok(root), Err))
}

fn options() -> Options {
    serde_yaml::options! {
        budget: serde_yaml::budget! { max_depth: DEPTH, flow_nesting_limit: DEPTH },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: ALIAS_EVENTS },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        leading_zero_numbers_as_strings: true,
        merge_keys: MergeKeyPolicy::Error,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        strict_booleans: true,
        underscored_numbers_as_strings: true,
        with_snippet: false,
    }
}

/// What the crate hands over; a number keeps the value only for spellings that are not decimal.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    Sequence(Vec<Located<Raw>>),
    Mapping(Vec<(Located<String>, Located<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_string()))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Raw, E> {
        Err(E::custom("binary values are not used here"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = vec![];
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::Sequence(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries = vec![];
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        match entries.len() {
            0..=100_000 => Ok(Raw::Mapping(entries)),
            _ => Err(A::Error::custom("a mapping of more than 100000 keys")),
        }
    }
}

fn build(file: &Arc<SourceFile>, raw: Located<Raw>) -> Node {
    let used = bytes(file, &raw.referenced);
    let written = bytes(file, &raw.defined);
    let aliased = raw.referenced != raw.defined;
    let kind = kind(file, raw.value, &trimmed(file, written.0, written.1));
    let end = if aliased { used.1 } else { end_of(file, &kind, used) };
    let span = trimmed(file, used.0, end);
    let head = match &kind {
        NodeKind::Mapping(entries) if !aliased => match (used.0 == used.1, entries.first()) {
            (true, Some(first)) => first.key.span.clone(),
            _ => first_line(&span),
        },
        _ => first_line(&span),
    };
    let written = if aliased { trimmed(file, written.0, written.1) } else { span.clone() };
    Node { kind, span, head, written }
}

fn kind(file: &Arc<SourceFile>, raw: Raw, written: &Span) -> NodeKind {
    match raw {
        Raw::Null | Raw::Bool(_) | Raw::Number(_) | Raw::Text(_) => scalar(raw, written.text()),
        Raw::Sequence(items) => NodeKind::Sequence(items.into_iter().map(|item| build(file, item)).collect()),
        Raw::Mapping(entries) => NodeKind::Mapping(
            entries
                .into_iter()
                .map(|(key, value)| {
                    let (start, end) = bytes(file, &key.referenced);
                    Entry { key: trimmed(file, start, end).of(key.value), value: build(file, value) }
                })
                .collect(),
        ),
    }
}

/// A scalar by the core schema: the crate reads more than that as numbers and truth values, and some of it otherwise.
fn scalar(raw: Raw, written: &str) -> NodeKind {
    let quoted = written.starts_with(['"', '\'', '|', '>', '&', '!']);
    match (raw, if quoted { Plain::Text } else { resolve(written) }) {
        (_, Plain::Null) => NodeKind::Null,
        (_, Plain::Bool(value)) => NodeKind::Bool(value),
        (_, Plain::Number(text)) => NodeKind::Number(text),
        (Raw::Text(text), Plain::Text) => NodeKind::Text(text),
        // Behind an anchor the text that was written begins with it.
        (Raw::Null, Plain::Text) => NodeKind::Null,
        (Raw::Bool(value), Plain::Text) if quoted => NodeKind::Bool(value),
        (Raw::Number(value), Plain::Text) if quoted => NodeKind::Number(value),
        (_, Plain::Text) => NodeKind::Text(written.to_string()),
    }
}

/// The end of a node that begins at `place.0`. The crate gives scalars their end, collections only their beginning:
/// one character for `[` and `{`, none for a block.
fn end_of(file: &Arc<SourceFile>, kind: &NodeKind, place: (usize, usize)) -> usize {
    let inner = match kind {
        NodeKind::Sequence(items) => items.iter().map(|item| item.span.end).max(),
        NodeKind::Mapping(entries) => entries.iter().map(|e| e.value.span.end.max(e.key.span.end)).max(),
        _ => return place.1,
    };
    let inner = inner.unwrap_or(place.1).max(place.1);
    if place.1 > place.0 { closing_bracket(file.text(), inner) } else { inner }
}

/// Past the bracket that closes a flow collection whose last item ends at `from`: only space, commas, colons and comments
/// can come before it.
fn closing_bracket(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text.get(from..).unwrap_or_default().split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        if let Some(bracket) = code.find([']', '}']) {
            return at + bracket + 1;
        }
        at += line.len();
    }
    from
}
