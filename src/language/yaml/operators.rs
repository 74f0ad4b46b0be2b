//! The `$$` operators inside expected values: those of MongoDB's Unified Test Format, and ours.

use super::decoder::{Decoder, Standing};
use super::names;
use crate::language::sink::Sink;
use crate::language::suggest::{enumerate, nearest};
use crate::model::{Template, Value, ValueKind, decimal};
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

/// Operators of MongoDB's query language that one writes by a slip for ours.
#[rustfmt::skip]
const OF_QUERIES: &[&str] = &[
    "$any", "$approx", "$eq", "$exists", "$gt", "$gte", "$in", "$lt", "$lte", "$ne", "$nin", "$matchesEntity", "$not", "$ordered", "$regex", "$size", "$type",
    "$unsetOrMatches",
];

/// Keys of documents below which such operators are content: definitions of views, indexes and validators.
const DEFINITIONS: &[&str] = &["filter", "partialFilterExpression", "pipeline", "query", "validator", "viewOn"];

impl Decoder<'_> {
    /// Says what is wrong with the operators anywhere inside an expected value.
    pub fn operators(&mut self, value: &Value) {
        check(value, self.standing, self.sink);
        slips(value, self.sink);
        self.entities(value);
    }

    /// The variables that `$$matchesEntity` names.
    fn entities(&mut self, value: &Value) {
        match &value.kind {
            ValueKind::Sequence(items) => items.iter().for_each(|item| self.entities(item)),
            ValueKind::Mapping(fields) => {
                for (key, value) in fields {
                    match &value.kind {
                        ValueKind::Text(name) if key.as_str() == "$$matchesEntity" => self.entity(name, &value.span),
                        _ => self.entities(value),
                    }
                }
            }
            _ => {}
        }
    }

    fn entity(&mut self, name: &Template, span: &Span) {
        match (name.as_literal(), name.as_variable()) {
            (Some(name), _) => self.look_up(name, span),
            (None, Some(name)) => {
                let error = Diagnostic::error(span, "`$$matchesEntity` takes the name of a variable, not its value");
                self.sink.push(error.help(format!("write `{name}`, or `\"${{{name}}}\"` without the operator")));
            }
            (None, None) => {}
        }
    }
}

fn check(value: &Value, standing: Standing, sink: &mut Sink) {
    match &value.kind {
        ValueKind::Sequence(items) => items.iter().for_each(|item| check(item, standing, sink)),
        ValueKind::Mapping(fields) => {
            mixed(fields, sink);
            for (key, value) in fields {
                if key.starts_with("$$") {
                    operator(key, value, sink);
                }
                if key.as_str() == "$$type" {
                    types(value, standing, sink);
                }
                check(value, standing, sink);
            }
        }
        _ => {}
    }
}

/// The names under `$$type`, where it is known of which engine they are.
fn types(value: &Value, standing: Standing, sink: &mut Sink) {
    let one = std::slice::from_ref(value);
    let names = if let ValueKind::Sequence(items) = &value.kind { items.as_slice() } else { one };
    for name in names {
        let ValueKind::Text(text) = &name.kind else { continue };
        let Some(text) = text.as_literal() else { continue };
        let wrong = match standing {
            Standing::Anywhere => None,
            Standing::Cell => names::cell_type(text, &name.span),
            Standing::Document => names::bson_type(text, &name.span),
        };
        wrong.into_iter().for_each(|wrong| sink.push(wrong));
    }
}

/// `{ $gt: 5 }` where `{ $$gt: 5 }` is meant: it would be compared as a document.
fn slips(value: &Value, sink: &mut Sink) {
    match &value.kind {
        ValueKind::Text(text) => {
            let operator = text.as_literal().filter(|text| OPERATORS.contains(text));
            let warn = |operator| Diagnostic::error(&value.span, format!("`{operator}` is a text here")).warning();
            let help = |operator| format!("an operator is a mapping: `{{ {operator}: … }}`");
            operator.into_iter().for_each(|operator| sink.push(warn(operator).help(help(operator))));
        }
        ValueKind::Sequence(items) => items.iter().for_each(|item| slips(item, sink)),
        ValueKind::Mapping(fields) => {
            if let Some((key, _)) = fields.first().filter(|(key, _)| OF_QUERIES.contains(&key.as_str()))
                && !fields.iter().any(|(key, _)| key.as_str() == "$options")
            {
                return sink.push(one_dollar(key));
            }
            let content = |key: &str| DEFINITIONS.contains(&key) || key == "$$ordered" || is_stage(key);
            fields.iter().filter(|(key, _)| !content(key)).for_each(|(_, value)| slips(value, sink));
        }
        _ => {}
    }
}

/// `$match`, `$expr`: what stands below is a part of a pipeline.
fn is_stage(key: &str) -> bool {
    key.starts_with('$') && !key.starts_with("$$")
}

fn one_dollar(key: &Spanned<String>) -> Diagnostic {
    let message = format!("`{}` is compared as the field of a document here", key.value);
    let warning = Diagnostic::error(&key.span, message).warning().label("operators of expectations have two `$`");
    let ours = format!("${}", key.value);
    let warning = match (OPERATORS.contains(&ours.as_str()), key.as_str()) {
        (true, _) => warning.help(format!("write `{ours}`")),
        (false, "$eq") => warning.help("write the value itself"),
        (false, _) => warning.help(format!("the operators are {}", enumerate(OPERATORS, "and"))),
    };
    warning.help(format!("if a document is meant, write `{{ $$ordered: {{ {}: … }} }}`", key.value))
}

/// A mapping is a document or operators, never both.
fn mixed(fields: &[(Spanned<String>, Value)], sink: &mut Sink) {
    let operator = fields.iter().find(|(key, _)| key.starts_with("$$"));
    let field = fields.iter().find(|(key, _)| !key.starts_with("$$"));
    if let (Some((operator, _)), Some((field, _))) = (operator, field) {
        sink.push(
            Diagnostic::error(&field.span, format!("`{}` is beside the operator `{}`", field.value, operator.value))
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
        "$$matchesEntity" => expect(is_name(value), key, "the name of a variable", value, sink),
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
        sink.push(Diagnostic::error(&value.span, format!("`{key}` takes {wanted}")).help(example(key)));
    }
}

fn is_text(value: &Value) -> bool {
    matches!(value.kind, ValueKind::Text(_))
}

fn example(key: &str) -> &'static str {
    match key {
        "$$exists" => "write `{ $$exists: true }`",
        "$$any" => "write `{ $$any: true }`",
        "$$type" => "write `{ $$type: int }` or `{ $$type: [int, long] }`",
        "$$matchesEntity" => "write `{ $$matchesEntity: name }`",
        "$$ordered" => "write `{ $$ordered: { b: 1, a: 2 } }`",
        "$$size" => "write `{ $$size: 2 }`",
        "$$approx" => "write `{ $$approx: 0.5 }`",
        _ => "write `{ $$regex: \"^a\" }`",
    }
}

fn is_name(value: &Value) -> bool {
    matches!(&value.kind, ValueKind::Text(template) if template.as_literal() != Some(""))
}

/// A number in quotes, `NaN` and `Infinity` without.
fn is_number(value: &Value) -> bool {
    matches!(&value.kind, ValueKind::Text(text) if text.as_literal().is_some_and(|text| text.parse::<f64>().is_ok()))
}

/// Text of which a part is known only later.
fn is_variable(value: &Value) -> bool {
    matches!(&value.kind, ValueKind::Text(template) if template.as_literal().is_none())
}

fn is_type(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Sequence(items) => !items.is_empty() && items.iter().all(is_text),
        _ => is_text(value),
    }
}

fn is_size(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Number(text) => decimal(text).bytes().all(|b| b.is_ascii_digit()),
        ValueKind::Mapping(fields) => !fields.is_empty() && fields.iter().all(|(key, _)| key.starts_with("$$")),
        _ => is_variable(value),
    }
}

fn is_approx(value: &Value) -> bool {
    match &value.kind {
        ValueKind::Number(_) => true,
        ValueKind::Mapping(fields) => {
            let has = |name: &str| fields.iter().any(|(key, _)| key.value == name);
            has("value") && has("within") && fields.len() == 2
        }
        _ => is_variable(value) || is_number(value),
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
