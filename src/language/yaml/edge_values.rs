//! Decodes `edge_values`: a type and what is left out of it, into the list of values.

use bson::Bson;

use super::decoder::Decoder;
use super::expect::texts;
use super::tree::Node;
use crate::language::edge::{Edge, EdgeType, day, moment};
use crate::language::suggest::nearest;
use crate::model::{Datum, Engine, Template, Value, ValueKind};
use crate::source::{Diagnostic, Span, Spanned};

/// The key that marks a mapping as a list of edge values.
const EDGE_VALUES: &str = "edge_values";

/// The greatest length that a text may be asked for.
const MAX_LENGTH: usize = 1_000_000;

/// Digits that a decimal number may have: those of Decimal128.
const PRECISION: u32 = 34;

impl Decoder<'_> {
    /// The list that `{ edge_values: … }` stands for; `None` where a node is something else.
    pub(super) fn listed_edges(&mut self, node: &Node) -> Option<Value> {
        let [entry] = node.entries() else { return None };
        if *entry.key != EDGE_VALUES {
            if nearest(&entry.key, [EDGE_VALUES]).is_some() {
                let warning = Diagnostic::error(&entry.key.span, format!("`{}` is a field here", entry.key.value));
                self.sink.push(
                    warning.warning().help(format!("for the values at the edges of a type write `{EDGE_VALUES}`")),
                );
            }
            return None;
        }
        let values = self.edge_values(&entry.value, None).unwrap_or_default();
        let items = values.iter().map(|value| as_value(value, &node.span)).collect();
        Some(Value { kind: ValueKind::Sequence(items), span: node.span.clone() })
    }

    /// The values of a type. In a collection a day or a moment is a date of BSON.
    pub(super) fn edge_values(&mut self, node: &Node, engine: Option<Engine>) -> Option<Vec<Datum>> {
        let (word, options) = match node.entries().first() {
            Some(entry) => (entry.key.clone(), Some(&entry.value)),
            None => (node.scalar()?, None),
        };
        let edge_type = EdgeType::of(&word)?;
        let edge = match options {
            Some(options) => self.edge(edge_type, options)?,
            None => Edge::new(edge_type),
        };
        let in_collection = engine == Some(Engine::Mongo);
        let values = if in_collection { edge.values_of_documents() } else { edge.values() };
        if values.is_empty() {
            let error = Diagnostic::error(&node.head, "no value is left");
            self.sink.push(error.help("leave out less, or allow longer ones"));
            return None;
        }
        Some(values)
    }

    fn edge(&mut self, edge_type: EdgeType, node: &Node) -> Option<Edge> {
        let mut edge = Edge::new(edge_type);
        if let Some(max) = node.scalar_of("max") {
            edge.max = self.within_limits(&max, 1, MAX_LENGTH)?;
        }
        let kinds = |key: &str| -> Vec<String> {
            node.get(key).map(texts).unwrap_or_default().into_iter().map(|kind| kind.value).collect()
        };
        (edge.not, edge.only) = (kinds("not"), kinds("only"));
        if node.get("precision").is_some() || node.get("scale").is_some() {
            edge = edge.clone().with_digits(self.digits(node, edge.digits)?);
        }
        edge.range = self.edge_range(node, &edge)?;
        Some(edge)
    }

    fn digits(&mut self, node: &Node, (precision, scale): (u32, u32)) -> Option<(u32, u32)> {
        let precision = match node.scalar_of("precision") {
            Some(text) => self.within_limits(&text, 1, PRECISION as usize)? as u32,
            None => precision,
        };
        let scale = match node.scalar_of("scale") {
            Some(text) => self.within_limits(&text, 0, precision as usize)? as u32,
            None => scale.min(precision),
        };
        Some((precision, scale))
    }

    fn within_limits(&mut self, text: &Spanned<String>, least: usize, greatest: usize) -> Option<usize> {
        let number = text.parse().ok().filter(|number| (least..=greatest).contains(number));
        if number.is_none() {
            self.sink.error(&text.span, format!("this is a whole number from {least} to {greatest}"));
        }
        number
    }

    fn edge_range(&mut self, node: &Node, edge: &Edge) -> Option<(i128, i128)> {
        let from = self.edge_end(node, "from", edge)?.unwrap_or(edge.range.0);
        let to = self.edge_end(node, "to", edge)?.unwrap_or(edge.range.1);
        if from > to {
            self.sink.push(Diagnostic::error(&node.head, "this range ends before it begins").help("swap its ends"));
            return None;
        }
        Some((from, to))
    }

    /// An end that is given, in the units of the type; `None` when it is wrong.
    fn edge_end(&mut self, node: &Node, key: &str, edge: &Edge) -> Option<Option<i128>> {
        let Some(text) = node.scalar_of(key) else { return Some(None) };
        let (end, form) = match edge.edge_type {
            EdgeType::Date => (day(&text), "write a day, `2024-01-31`".to_string()),
            EdgeType::Timestamp | EdgeType::Datetime => {
                (moment(&text), "write `2024-01-31`, or `2024-01-31T08:00:00Z`".to_string())
            }
            _ => (scaled(&text, edge.digits.1), number_form(edge)),
        };
        let is_time = matches!(edge.edge_type, EdgeType::Date | EdgeType::Timestamp | EdgeType::Datetime);
        let end = end.filter(|end| is_time || (edge.range.0..=edge.range.1).contains(end));
        if end.is_none() {
            self.sink.push(Diagnostic::error(&text.span, format!("`{}` is not allowed here", text.value)).help(form));
        }
        end.map(Some)
    }
}

fn number_form(edge: &Edge) -> String {
    match edge.digits {
        (0, _) => format!("write a whole number from {} to {}", edge.range.0, edge.range.1),
        (precision, scale) => {
            format!("write a number with at most {precision} digits, {scale} of them after the point")
        }
    }
}

/// A number in units of its last digit.
fn scaled(text: &str, scale: u32) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let missing = (scale as usize).checked_sub(fraction.len())?;
    let digits = fraction.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| [whole, fraction, &"0".repeat(missing)].concat().parse().ok()).flatten()
}

/// A value as if an author had written it at `span`.
fn as_value(value: &Datum, span: &Span) -> Value {
    let kind = match value {
        Datum::Null => ValueKind::Null,
        Datum::Bool(truth) => ValueKind::Bool(*truth),
        Datum::Number(number) => ValueKind::Number(number.clone()),
        Datum::Text(text) => ValueKind::Text(Template::literal(text, span.clone())),
        Datum::Bson(value) => return from_json(&Bson::into_canonical_extjson(value.clone()), span),
    };
    Value { kind, span: span.clone() }
}

fn from_json(json: &serde_json::Value, span: &Span) -> Value {
    let text = |text: &str| ValueKind::Text(Template::literal(text, span.clone()));
    let kind = match json {
        serde_json::Value::Null => ValueKind::Null,
        serde_json::Value::Bool(truth) => ValueKind::Bool(*truth),
        serde_json::Value::Number(number) => ValueKind::Number(number.to_string()),
        serde_json::Value::String(value) => text(value),
        serde_json::Value::Array(items) => {
            ValueKind::Sequence(items.iter().map(|item| from_json(item, span)).collect())
        }
        serde_json::Value::Object(fields) => ValueKind::Mapping(
            fields.iter().map(|(key, value)| (span.of(key.clone()), from_json(value, span))).collect(),
        ),
    };
    Value { kind, span: span.clone() }
}
