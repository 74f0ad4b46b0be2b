//! What a plan must be like, in the same words for both engines.

use std::collections::BTreeSet;

use super::actual::Actual;
use super::evidence::{invalid, miss, unsuitable, values_of};
use super::matching::{Match, Miss, matches};
use super::pairing::pair_up;
use super::{operator, show};
use crate::explain::{Plan, PlanNode, shape};
use crate::model::{PlanExpectation, Value, ValueKind, Variables};
use crate::observation::Output;
use crate::source::{Diagnostic, Span, Spanned};
use crate::verdict::Evidence;

/// All parts of `plan`.
pub(super) fn check(expected: &PlanExpectation, output: &Output, variables: &Variables) -> Vec<Evidence> {
    let Output::Plan(plan) = output else {
        return vec![unsuitable(&expected.span, "plan", "an `explain`", output)];
    };
    let mut found = Vec::new();
    found.extend(
        expected.reads.as_ref().and_then(|reads| reads_exactly(reads, expected.may_read.as_ref(), plan, variables)),
    );
    found.extend(
        expected.never_reads.iter().flat_map(|n| &n.value).filter_map(|name| never_read(name, plan, variables)),
    );
    found.extend(expected.indexes.iter().flat_map(|indexes| &indexes.value).filter_map(|i| index(i, plan, variables)));
    found.extend(expected.forbid.iter().flat_map(|kinds| &kinds.value).filter_map(|kind| forbidden(kind, plan)));
    found.extend(expected.require.iter().flat_map(|kinds| &kinds.value).filter_map(|kind| required(kind, plan)));
    found.extend(expected.examined_per_returned.as_ref().and_then(|limit| examined(limit, plan, variables)));
    found.extend(expected.buffers.as_ref().and_then(|limit| buffers(limit, plan, variables)));
    found
}

/// Evidence that shows the shape of the plan.
fn about(span: &Span, message: String, wanted: String, got: &str, plan: &Plan) -> Evidence {
    let mut evidence = Evidence::at(span, message);
    evidence.expected = Some(wanted);
    evidence.actual = Some(format!("{got}\n{}", shape(plan).join("\n")));
    evidence
}

/// What `may` names counts only where `reads` has no use for it.
fn reads_exactly(
    reads: &Spanned<Vec<Value>>,
    may: Option<&Spanned<Vec<Value>>>,
    plan: &Plan,
    variables: &Variables,
) -> Option<Evidence> {
    let wanted = distinct(&reads.value, variables);
    let named = |values: &[Value], name: &str| {
        values.iter().any(|value| matches(value, &Actual::text_value(name), variables).is_ok())
    };
    let may = may.map(|may| may.value.as_slice()).unwrap_or_default();
    let counts = |name: &&str| !named(may, name) || named(&reads.value, name);
    let got: Vec<&str> = plan.root.relations().into_iter().filter(counts).collect();
    let holds = pair_up(wanted.len(), got.len(), |i, j| matches(wanted[i], &Actual::text_value(got[j]), variables));
    match holds {
        Err(Miss::Invalid(diagnostic)) => return Some(invalid(&diagnostic)),
        Ok(pairs) if pairs.iter().all(Option::is_some) && wanted.len() == got.len() => return None,
        _ => {}
    }
    let wanted = names(wanted.iter().map(|value| show::cell(value, variables)));
    let message = "the plan does not read exactly what it should".to_string();
    let mut evidence = about(&reads.span, message, format!("reads {wanted}"), &format!("reads {}", listed(&got)), plan);
    evidence.notes = values_of(&reads.value, variables);
    Some(evidence)
}

fn never_read(unwanted: &Value, plan: &Plan, variables: &Variables) -> Option<Evidence> {
    let got: Vec<&str> = plan.root.relations().into_iter().collect();
    for name in &got {
        match matches(unwanted, &Actual::text_value(name), variables) {
            Ok(()) => {}
            Err(Miss::Invalid(diagnostic)) => return Some(invalid(&diagnostic)),
            Err(Miss::Differs { .. }) => continue,
        }
        let message = format!("the plan reads `{name}`, which it should not");
        let wanted = format!("never reads {}", show::cell(unwanted, variables));
        let mut evidence = about(&unwanted.span, message, wanted, &format!("reads {}", listed(&got)), plan);
        evidence.notes = values_of([unwanted], variables);
        return Some(evidence);
    }
    None
}

/// A name that is there twice, or comes twice out of variables, is one.
fn distinct<'a>(values: &'a [Value], variables: &Variables) -> Vec<&'a Value> {
    let mut seen = BTreeSet::new();
    values
        .iter()
        .filter(|value| operator::operators(value).is_some() || seen.insert(show::cell(value, variables)))
        .collect()
}

fn listed(got: &[&str]) -> String {
    names(got.iter().map(|name| name.to_string()))
}

fn names(names: impl Iterator<Item = String>) -> String {
    let names: Vec<String> = names.collect();
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}

fn index(wanted: &Value, plan: &Plan, variables: &Variables) -> Option<Evidence> {
    let got: Vec<&str> = plan.root.indexes().into_iter().collect();
    for name in &got {
        match matches(wanted, &Actual::text_value(name), variables) {
            Ok(()) => return None,
            Err(Miss::Invalid(diagnostic)) => return Some(invalid(&diagnostic)),
            Err(Miss::Differs { .. }) => {}
        }
    }
    let shown = show::cell(wanted, variables);
    let message = format!("the plan does not use the index `{shown}`");
    let mut evidence =
        about(&wanted.span, message, format!("uses {shown}"), &format!("uses indexes: {}", listed(&got)), plan);
    evidence.notes = values_of([wanted], variables);
    Some(evidence)
}

fn forbidden(kind: &Spanned<String>, plan: &Plan) -> Option<Evidence> {
    let node = plan.root.walk().find(|node| is_kind(node, kind))?;
    let on = node.relation.as_ref().map(|relation| format!(" on `{relation}`")).unwrap_or_default();
    let message = format!("the plan has the forbidden `{}`{on}", node.kind);
    Some(about(&kind.span, message, format!("no {}", kind.value), "the plan:", plan))
}

fn required(kind: &Spanned<String>, plan: &Plan) -> Option<Evidence> {
    if plan.root.walk().any(|node| is_kind(node, kind)) {
        return None;
    }
    let message = format!("the plan has no `{}`", kind.value);
    Some(about(&kind.span, message, kind.value.clone(), "the plan:", plan))
}

/// A kind by the name in either form of EXPLAIN: `Seq Scan`, `SeqScan`; an aggregate also by its name in the text form,
/// `HashAggregate`, and a write, `Insert`.
fn is_kind(node: &PlanNode, kind: &str) -> bool {
    let wanted = plain(kind);
    let strategy = node.conditions.iter().find(|(name, _)| name == "Strategy").map(|(_, value)| value.as_str());
    let prefix = match strategy {
        Some("Hashed") => "hash",
        Some("Sorted") => "group",
        Some("Mixed") => "mixed",
        _ => "",
    };
    let operation = node.conditions.iter().find(|(name, _)| name == "Operation").map(|(_, value)| plain(value));
    let writes = node.kind == "ModifyTable" && operation.as_ref() == Some(&wanted);
    writes || wanted == plain(&node.kind) || !prefix.is_empty() && wanted == format!("{prefix}{}", plain(&node.kind))
}

fn plain(kind: &str) -> String {
    kind.chars().filter(|c| c.is_alphanumeric() || *c == '$').collect::<String>().to_lowercase()
}

fn examined(limit: &Value, plan: &Plan, variables: &Variables) -> Option<Evidence> {
    let ratio = plan.examined as f64 / plan.returned.max(1) as f64;
    let got = format!("{ratio} ({} examined, {} returned)", plan.examined, plan.returned);
    bounded(limit, "examined for each returned", ratio, &got, plan, variables)
}

fn buffers(limit: &Value, plan: &Plan, variables: &Variables) -> Option<Evidence> {
    match plan.buffers {
        Some(buffers) => bounded(limit, "buffers", buffers as f64, &format!("{buffers} buffers"), plan, variables),
        None => Some(Evidence::at(&limit.span, "`buffers` is counted by PostgreSQL only, and this plan has none")),
    }
}

fn bounded(limit: &Value, what: &str, number: f64, got: &str, plan: &Plan, variables: &Variables) -> Option<Evidence> {
    let difference = within(limit, number, variables).err()?;
    let mut evidence = miss(limit, what, &difference, variables);
    if let Miss::Differs { .. } = difference {
        evidence.message = format!("the plan is beyond its bound: {what} {}", difference.sentence());
        evidence.actual = Some(format!("{got}\n{}", shape(plan).join("\n")));
    }
    Some(evidence)
}

/// A number is the greatest that is allowed; `{ max, min }` are both bounds; operators are what they are.
fn within(limit: &Value, number: f64, variables: &Variables) -> Match {
    let text = number.to_string();
    let got = Actual::ratio(&text);
    match &limit.kind {
        ValueKind::Mapping(_) if operator::operators(limit).is_some() => matches(limit, &got, variables),
        ValueKind::Mapping(entries) if !entries.is_empty() => entries.iter().try_for_each(|(key, value)| {
            let name = match key.as_str() {
                "max" => "$$lte",
                "min" => "$$gte",
                _ => return Err(Diagnostic::error(&key.span, "a bound has only `max` and `min`").into()),
            };
            bound(name, key, value, &got, variables)
        }),
        ValueKind::Number(_) | ValueKind::Text(_) => {
            bound("$$lte", &limit.span.of(String::new()), limit, &got, variables)
        }
        _ => Err(Diagnostic::error(&limit.span, "a bound is a number, or `{ max: 1.1, min: 1 }`").into()),
    }
}

fn bound(name: &str, key: &Spanned<String>, value: &Value, got: &Actual, variables: &Variables) -> Match {
    let number = crate::variables::datum(value, variables)?.to_text();
    if super::decimal::Decimal::parse(&crate::model::decimal(&number)).is_none() {
        return Err(Diagnostic::error(&value.span, format!("`{number}` is not a number")).into());
    }
    let entries = [(key.span.of(name.to_string()), value.clone())];
    operator::matches(&entries, got, variables)
}
