//! The `$$` operators inside expected values: those of MongoDB's Unified Test Format, and ours.

use crate::language::sink::Sink;
use crate::language::suggest::{enumerate, nearest};
use crate::model::{Value, ValueKind};
use crate::source::{Diagnostic, Span, Spanned};

/// All operators that `judge` knows.
pub(crate) const OPERATORS: &[&str] = &[
    "$$exists",
    "$$type",
    "$$unsetOrMatches",
    "$$matchesEntity",
    "$$lte",
    "$$gte",
    "$$lt",
    "$$gt",
    "$$ne",
    "$$regex",
    "$$approx",
    "$$any",
    "$$size",
    "$$ordered",
];

/// Says what is wrong with the operators anywhere inside an expected value.
pub(crate) fn check(value: &Value, sink: &mut Sink) {
    match &value.kind {
        ValueKind::Sequence(items) => items.iter().for_each(|item| check(item, sink)),
        ValueKind::Mapping(fields) => {
            mixed(fields, sink);
            for (key, value) in fields {
                if key.starts_with("$$") {
                    operator(key, value, sink);
                }
                check(value, sink);
            }
        }
        _ => {}
    }
}

/// A mapping is a document or operators, never both.
fn mixed(fields: &[(Spanned<String>, Value)], sink: &mut Sink) {
    let operator = fields.iter().find(|(key, _)| key.starts_with("$$"));
    let field = fields.iter().find(|(key, _)| !key.starts_with("$$"));
    if let (Some((operator, _)), Some((field, _))) = (operator, field) {
        sink.push(
            Diagnostic::error(
                &field.span,
                format!("`{}` stands beside the operator `{}`", field.value, operator.value),
            )
            .label("a field")
            .help("a mapping holds fields or operators; nest the operator under the field that it is for"),
        );
    }
}

fn operator(key: &Spanned<String>, value: &Value, sink: &mut Sink) {
    match key.as_str() {
        "$$exists" => expect(matches!(value.kind, ValueKind::Bool(_)), key, "`true` or `false`", value, sink),
        "$$any" => expect(matches!(value.kind, ValueKind::Bool(true)), key, "`true`", value, sink),
        "$$type" => expect(is_type(value), key, "a type's name or a list of such", value, sink),
        "$$matchesEntity" => expect(is_text(value), key, "the name of a variable", value, sink),
        "$$ordered" => expect(is_ordered(value), key, "a document, whose keys have their order", value, sink),
        "$$size" => expect(is_size(value), key, "a whole number, or operators such as `{ $$gte: 2 }`", value, sink),
        "$$approx" => expect(is_approx(value), key, "a number, or `{ value: 1.5, within: 0.1 }`", value, sink),
        "$$regex" => regex(key, value, sink),
        known if OPERATORS.contains(&known) => {}
        unknown => sink.push(self::unknown(unknown, &key.span)),
    }
}

fn unknown(operator: &str, span: &Span) -> Diagnostic {
    let diagnostic = Diagnostic::error(span, format!("`{operator}` is not an operator")).label("unknown operator");
    match nearest(operator, OPERATORS.iter().copied()) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None => diagnostic.help(format!("the operators are {}", enumerate(OPERATORS, "and"))),
    }
}

fn is_ordered(value: &Value) -> bool {
    matches!(&value.kind, ValueKind::Mapping(fields) if !fields.is_empty() && !fields[0].0.starts_with("$$"))
}

fn expect(holds: bool, key: &str, wanted: &str, value: &Value, sink: &mut Sink) {
    if !holds {
        sink.push(Diagnostic::error(&value.span, format!("`{key}` takes {wanted}")));
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Text(_))
}

fn is_type(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Sequence(items) => !items.is_empty() && items.iter().all(is_text),
        _ => is_text(value),
    }
}

fn is_size(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Number(text) => text.bytes().all(|b| b.is_ascii_digit()),
        ValueKind::Mapping(fields) => !fields.is_empty() && fields.iter().all(|(key, _)| key.starts_with("$$")),
        _ => is_text(value),
    }
}

fn is_approx(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Number(_) => true,
        ValueKind::Mapping(fields) => {
            let has = |name: &str| fields.iter().any(|(key, _)| key.value == name);
            has("value") && has("within") && fields.len() == 2
        }
        _ => is_text(value),
    }
}

/// Text, or `{ pattern, options }`.
fn regex(key: &Spanned<String>, value: &Value, sink: &mut Sink) {
    let pattern = match &value.kind {
        ValueKind::Mapping(fields) => pattern_of(fields),
        _ => Some(value),
    };
    let Some(Value { kind: ValueKind::Text(template), span }) = pattern else {
        return expect(false, key, "a regular expression as text, or `{ pattern: ^a, options: i }`", value, sink);
    };
    let Some(pattern) = template.as_literal() else { return };
    if let Err(diagnostic) = compiles(pattern, span) {
        sink.push(diagnostic);
    }
}

/// The pattern of `{ pattern, options }`; `None` when the mapping is something else.
fn pattern_of(fields: &[(Spanned<String>, Value)]) -> Option<&Value> {
    let known = fields.iter().all(|(key, _)| matches!(key.as_str(), "pattern" | "options"));
    fields.iter().find(|(key, _)| key.value == "pattern").map(|(_, value)| value).filter(|_| known)
}

/// Whether `pattern` is a regular expression of the `regex` crate, within its default limits.
pub(crate) fn compiles(pattern: &str, span: &Span) -> Result<(), Diagnostic> {
    regex::Regex::new(pattern).map(|_| ()).map_err(|error| {
        let text = error.to_string();
        let cause = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string();
        Diagnostic::error(span, format!("not a regular expression: {cause}"))
            .help("put `\\` before a character that is meant as itself")
    })
}
