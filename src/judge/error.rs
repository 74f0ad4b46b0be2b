//! A server's refusal: expected, unexpected, or missing.

use super::actual::Actual;
use super::evidence::{invalid, kind, values_of};
use super::matching::{Match, Miss, matches};
use super::{operator, own, refusal, show};
use crate::model::{Action, AwaitedError, SqlSource, Step, Value, Variables};
use crate::observation::{Output, OwnDoing, ServerError};
use crate::source::Spanned;
use crate::variables;
use crate::verdict::Evidence;

/// `23505 unique_violation`, `11000 DuplicateKey`.
pub(super) fn code(error: &ServerError) -> Option<String> {
    let number = error.sqlstate.clone().or_else(|| error.code.map(|code| code.to_string()));
    let words: Vec<String> = number.into_iter().chain(error.name.clone()).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The statement should have succeeded.
pub(super) fn refused(step: &Step, error: &ServerError, variables: &Variables) -> Evidence {
    let mut evidence = Evidence::at(&step.action_span, format!("the server refused it: {}", error.message));
    evidence.expected = Some("success".into());
    describe(&mut evidence, error);
    evidence.notes.extend(near(step, error, variables));
    evidence
}

pub(super) fn describe(evidence: &mut Evidence, error: &ServerError) {
    evidence.code = code(error);
    evidence.actual = Some(show_error(error));
    let notes = [("DETAIL", &error.detail), ("HINT", &error.hint)];
    evidence.notes.extend(notes.iter().filter_map(|(name, text)| Some(format!("{name}: {}", text.as_ref()?))));
    if !error.labels.is_empty() {
        evidence.notes.push(format!("labels: {}", error.labels.join(", ")));
    }
}

fn show_error(error: &ServerError) -> String {
    code(error).map_or_else(|| error.message.clone(), |code| format!("{code}: {}", error.message))
}

/// The SQL from the position that PostgreSQL points at.
fn near(step: &Step, error: &ServerError, variables: &Variables) -> Option<String> {
    let Action::Sql { source: SqlSource::Text(template), .. } = &step.action else { return None };
    let position = usize::try_from(error.position?).ok()?;
    let sql = variables::sql(template, variables).ok()?;
    let rest: String = sql.chars().skip(position.checked_sub(1)?).take_while(|c| *c != '\n').take(40).collect();
    (!rest.is_empty()).then(|| format!("at character {position} of the SQL: `{rest}`"))
}

/// The statement should have been refused.
pub(super) fn succeeded(awaited: &AwaitedError, output: &Output, variables: &Variables) -> Evidence {
    let mut evidence = Evidence::at(&awaited.span, "it should have been refused, but it succeeded");
    evidence.expected = Some(describe_awaited(awaited, variables));
    evidence.actual = Some(match output {
        Output::Sql { affected, rows } => {
            format!("success: {} rows affected, {} returned", affected, rows.as_ref().map_or(0, |set| set.rows.len()))
        }
        other => format!("success: it returned {}", kind(other)),
    });
    evidence.notes = values_of(named_parts(awaited).into_iter().map(|(_, value)| value), variables);
    evidence
}

fn named_parts(awaited: &AwaitedError) -> Vec<(&'static str, &Value)> {
    let parts = [
        ("sqlstate", &awaited.sqlstate),
        ("code", &awaited.code),
        ("name", &awaited.name),
        ("message", &awaited.message),
        ("detail", &awaited.detail),
        ("hint", &awaited.hint),
        ("constraint", &awaited.constraint),
        ("table", &awaited.table),
        ("column", &awaited.column),
    ];
    parts.into_iter().filter_map(|(name, value)| Some((name, value.as_ref()?))).collect()
}

pub(super) fn describe_awaited(awaited: &AwaitedError, variables: &Variables) -> String {
    let parts = named_parts(awaited);
    let mut shown: Vec<String> =
        parts.iter().map(|(name, value)| format!("{name} {}", show::value(value, variables))).collect();
    shown.extend(awaited.labels.iter().flat_map(|labels| &labels.value).map(|label| format!("label {}", label.value)));
    let noun = if awaited.refused.is_some() { "a refusal for its content" } else { "an error" };
    if shown.is_empty() { noun.into() } else { format!("{noun} with {}", shown.join(", ")) }
}

/// The statement was refused, as it should be: was it refused in the way that it should be?
pub(super) fn check(awaited: &AwaitedError, error: &ServerError, variables: &Variables) -> Vec<Evidence> {
    if let Some(evidence) = own::refuses(awaited, error, variables) {
        return vec![evidence];
    }
    let mut found: Vec<Evidence> = refused_otherwise(awaited, error, variables).into_iter().collect();
    for (name, value) in named_parts(awaited) {
        if let Err(miss) = part(name, value, error, variables) {
            found.push(differs(name, value, &miss, error, variables));
        }
    }
    found
        .extend(awaited.labels.iter().flat_map(|labels| &labels.value).filter_map(|label| missing_label(label, error)));
    found
}

/// It failed, but not for its content.
fn refused_otherwise(awaited: &AwaitedError, error: &ServerError, variables: &Variables) -> Option<Evidence> {
    let asked = awaited.refused.as_ref()?;
    let why = refusal::why_not(error)?;
    let mut evidence = Evidence::at(asked, format!("it failed, but was not refused for its content: {why}"));
    evidence.expected = Some(describe_awaited(awaited, variables));
    describe(&mut evidence, error);
    Some(evidence)
}

pub(super) fn part(name: &str, value: &Value, error: &ServerError, variables: &Variables) -> Match {
    let number = error.code.map(|code| code.to_string());
    let actual = match name {
        "sqlstate" => &error.sqlstate,
        "code" => &number,
        "name" => &error.name,
        "detail" => &error.detail,
        "hint" => &error.hint,
        "constraint" => &error.constraint,
        "table" => &error.table,
        "column" => &error.column,
        _ => &Some(error.message.clone()),
    };
    let is_plain = operator::operators(value).is_none();
    match (name, actual) {
        ("message" | "detail" | "hint", Some(text)) if is_plain => contains(value, text, variables),
        ("sqlstate", Some(state)) if is_plain => class_or_state(value, state, error, variables),
        ("code", Some(code)) => matches(value, &Actual::count(code), variables),
        (_, Some(text)) => matches(value, &Actual::text_value(text), variables),
        (_, None) => matches(value, &Actual::Missing, variables),
    }
}

/// The text that a message must contain.
pub(super) fn contains(value: &Value, message: &str, variables: &Variables) -> Match {
    let wanted = variables::datum(value, variables)?.to_text();
    if message.contains(&wanted) {
        Ok(())
    } else {
        Err(Miss::differs(format!("{message:?} does not contain {wanted:?}")))
    }
}

/// Whether an SQLSTATE is the one that is wanted, or of the class that is wanted: its first two characters (manual,
/// appendix A).
pub(super) fn is_state(state: &str, wanted: &str) -> bool {
    if wanted.len() == 2 { state.starts_with(wanted) } else { state == wanted }
}

/// A state or the class of one. A connection that the server closed with
/// last words of its own (57P01, 25P03) is of class 08 too.
fn class_or_state(value: &Value, state: &str, error: &ServerError, variables: &Variables) -> Match {
    let wanted = variables::datum(value, variables)?.to_text();
    let lost = error.own == Some(OwnDoing::Disconnected) && wanted == "08";
    if lost || is_state(state, &wanted) {
        Ok(())
    } else {
        Err(Miss::differs(format!("expected {wanted}, got {state}")))
    }
}

fn differs(name: &str, value: &Value, miss: &Miss, error: &ServerError, variables: &Variables) -> Evidence {
    if let Miss::Invalid(diagnostic) = miss {
        return invalid(diagnostic);
    }
    let mut evidence =
        Evidence::at(&value.span, format!("it was refused, but with another `{name}`: {}", miss.sentence()));
    evidence.expected = Some(format!("{name} {}", show::value(value, variables)));
    evidence.notes = values_of([value], variables);
    describe(&mut evidence, error);
    evidence
}

fn missing_label(label: &Spanned<String>, error: &ServerError) -> Option<Evidence> {
    if error.labels.contains(&label.value) {
        return None;
    }
    let mut evidence = Evidence::at(&label.span, format!("it was refused, but without the label `{}`", label.value));
    evidence.expected = Some(format!("label {}", label.value));
    describe(&mut evidence, error);
    Some(evidence)
}
