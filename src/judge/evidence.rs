//! Evidence with its place, and with the values that the expectation saw.

use std::collections::BTreeSet;

use super::matching::Miss;
use super::show;
use crate::model::{TemplatePart, Value, ValueKind, Variables};
use crate::observation::Output;
use crate::source::{Diagnostic, Span};
use crate::verdict::{Evidence, Place};

/// A value that is not as expected.
pub(super) fn miss(value: &Value, what: &str, miss: &Miss, variables: &Variables) -> Evidence {
    if let Miss::Invalid(diagnostic) = miss {
        return invalid(diagnostic);
    }
    let mut evidence = Evidence::at(&value.span, format!("{what} is not as expected: {}", miss.sentence()));
    evidence.expected = Some(show::value(value, variables));
    evidence.notes = values_of([value], variables);
    evidence
}

/// An expectation that cannot be used.
pub(super) fn invalid(diagnostic: &Diagnostic) -> Evidence {
    let mut evidence = Evidence {
        message: format!("this expectation cannot be used: {}", diagnostic.message),
        place: diagnostic.span.as_ref().map(Place::of),
        unusable: true,
        ..Evidence::default()
    };
    evidence.notes = diagnostic.help.clone();
    evidence
}

/// A part of `expect` that says nothing about what came.
pub(super) fn unsuitable(span: &Span, part: &str, needs: &str, output: &Output) -> Evidence {
    let mut evidence = Evidence::at(span, format!("`{part}` needs {needs}, but the step returned {}", kind(output)));
    evidence.actual = Some(kind(output).to_string());
    evidence
}

/// What a step returned, in words.
pub(super) fn kind(output: &Output) -> &'static str {
    match output {
        Output::Sql { rows: Some(_), .. } => "rows",
        Output::Sql { rows: None, .. } => "no result set",
        Output::Documents(_) => "documents",
        Output::Reply(_) => "the reply of a command",
        Output::Plan(_) => "a plan",
        Output::Streamed { .. } => "rows that went into a golden and were not kept",
        Output::Program(_) => "the end of a program",
        Output::Nothing => "nothing",
    }
}

/// `price = 100.01` for each variable that the values use.
pub(super) fn values_of<'a>(values: impl IntoIterator<Item = &'a Value>, variables: &Variables) -> Vec<String> {
    let mut names = BTreeSet::new();
    values.into_iter().for_each(|value| collect(value, &mut names));
    let shown = |name: String| variables.get(&name).map(|datum| format!("{name} = {}", show::datum(datum)));
    names.into_iter().filter_map(shown).collect()
}

fn collect(value: &Value, names: &mut BTreeSet<String>) {
    match &value.kind {
        ValueKind::Text(template) => names.extend(template.parts.iter().filter_map(|part| match part {
            TemplatePart::Variable { name, .. } => Some(name.clone()),
            TemplatePart::Literal(_) => None,
        })),
        ValueKind::Sequence(items) => items.iter().for_each(|item| collect(item, names)),
        ValueKind::Mapping(entries) => {
            for (key, item) in entries {
                if let (true, ValueKind::Text(name)) = (key.value == "$$matchesEntity", &item.kind) {
                    names.extend(name.as_literal().map(str::to_string));
                }
                collect(item, names);
            }
        }
        _ => {}
    }
}
