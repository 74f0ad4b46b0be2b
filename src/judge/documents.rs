//! Documents and replies of MongoDB against what an author wrote.

use bson::Bson;

use super::actual::Actual;
use super::evidence::{invalid, miss, unsuitable, values_of};
use super::listing::{Difference, Lists, in_any_order, in_order};
use super::matching::{Match, Miss, matches, matches_root};
use super::rows::count;
use super::{ejson, listed, operator, show};
use crate::model::{DocumentsExpectation, Value, ValueKind, Variables};
use crate::observation::Output;
use crate::verdict::Evidence;

/// `documents` and `documents_unordered`.
pub(super) fn documents(expected: &DocumentsExpectation, output: &Output, variables: &Variables) -> Vec<Evidence> {
    match expected.listed.as_ref().map(|list| listed::documents(expected, list, variables)) {
        None => written(expected, output, variables),
        Some(Ok(listed)) => written(&listed.expected, output, &listed.variables),
        Some(Err(diagnostic)) => vec![invalid(&diagnostic)],
    }
}

fn written(expected: &DocumentsExpectation, output: &Output, variables: &Variables) -> Vec<Evidence> {
    let part = if expected.ordered { "documents" } else { "documents_unordered" };
    let Output::Documents(set) = output else {
        return vec![unsuitable(&expected.span, part, "a command that returns a cursor", output)];
    };
    let actual: Vec<Bson> = set.documents.iter().map(|document| Bson::Document(document.clone())).collect();
    let lists = DocumentLists { expected: &expected.documents, actual: &actual, variables };
    match if expected.ordered { in_order(&lists) } else { in_any_order(&lists) } {
        Ok(None) => vec![],
        Ok(Some(difference)) => vec![differs(expected, set.count, difference, variables)],
        Err(Miss::Invalid(diagnostic)) => vec![invalid(&diagnostic)],
        Err(other) => vec![Evidence::at(&expected.span, other.sentence())],
    }
}

fn differs(expected: &DocumentsExpectation, got: u64, difference: Difference, variables: &Variables) -> Evidence {
    let (wanted, got) = (count(expected.documents.len() as u64, "document"), count(got, "document"));
    let (span, reason) = match &difference.first {
        Some((at, Some(miss))) => {
            (&expected.documents[*at].span, Some(format!("document {}, {}", at + 1, miss.sentence())))
        }
        Some((at, None)) => (&expected.documents[*at].span, None),
        None => (&expected.span, None),
    };
    let message = match reason {
        Some(reason) if wanted == got => format!("the documents are not as expected: {reason}"),
        _ if wanted != got => format!("expected {wanted}, got {got}"),
        _ => "the documents are not as expected".to_string(),
    };
    let mut evidence = Evidence::at(span, message);
    (evidence.expected, evidence.actual) = (Some(wanted), Some(got));
    if expected.listed.is_none() {
        evidence.notes = values_of(&expected.documents, variables);
    }
    evidence.diff = Some(difference.diff);
    evidence
}

/// `reply`: more fields may be there, at the root only.
pub(super) fn reply(expected: &Value, output: &Output, variables: &Variables) -> Vec<Evidence> {
    let reply = match output {
        Output::Reply(reply) => reply.clone(),
        Output::Program(end) => end.reply(),
        _ => return vec![unsuitable(&expected.span, "reply", "a command that returns no cursor", output)],
    };
    let actual = Bson::Document(reply);
    match matches_root(expected, &Actual::Bson(&actual), variables) {
        Ok(()) => vec![],
        Err(difference) => {
            let mut evidence = miss(expected, "the reply", &difference, variables);
            evidence.actual = Some(ejson::line(&actual));
            vec![evidence]
        }
    }
}

struct DocumentLists<'a> {
    expected: &'a [Value],
    actual: &'a [Bson],
    variables: &'a Variables,
}

impl Lists for DocumentLists<'_> {
    fn lengths(&self) -> (usize, usize) {
        (self.expected.len(), self.actual.len())
    }

    fn matches(&self, i: usize, j: usize) -> Match {
        matches(&self.expected[i], &Actual::Bson(&self.actual[j]), self.variables)
    }

    fn shared(&self, i: usize, j: usize) -> usize {
        let ValueKind::Mapping(entries) = &self.expected[i].kind else { return 0 };
        let actual = Actual::Bson(&self.actual[j]);
        entries.iter().filter(|(key, value)| matches(value, &actual.field(key), self.variables).is_ok()).count()
    }

    fn expected(&self, i: usize, beside: Option<usize>) -> Vec<String> {
        let actual = beside.map_or(Actual::Missing, |j| Actual::Bson(&self.actual[j]));
        vec![beside_actual(&self.expected[i], &actual, self.variables)]
    }

    fn actual(&self, j: usize) -> Vec<String> {
        vec![ejson::line(&self.actual[j])]
    }

    fn header(&self) -> Option<Vec<String>> {
        None
    }
}

/// The expected value in the order and the notation of what came, so that a difference shows only what differs.
fn beside_actual(expected: &Value, actual: &Actual, variables: &Variables) -> String {
    if matches(expected, actual, variables).is_ok() {
        return actual.show();
    }
    let is_operator = operator::operators(expected).is_some();
    match (&expected.kind, actual.keys(), actual.items()) {
        (ValueKind::Mapping(entries), Some(keys), _) if !is_operator => fields(entries, &keys, actual, variables),
        (ValueKind::Sequence(items), _, Some(got)) => {
            let beside = |(at, item)| beside_actual(item, got.get(at).unwrap_or(&Actual::Missing), variables);
            format!("[{}]", items.iter().enumerate().map(beside).collect::<Vec<_>>().join(","))
        }
        _ => show::value(expected, variables),
    }
}

fn in_own_order(entries: &super::matching::Entries, variables: &Variables) -> String {
    let field = |(key, value): &(crate::source::Spanned<String>, Value)| {
        format!("{}:{}", Bson::String(key.value.clone()).into_relaxed_extjson(), show::value(value, variables))
    };
    format!("{{{}}}", entries.iter().map(field).collect::<Vec<_>>().join(","))
}

fn fields(entries: &super::matching::Entries, keys: &[&str], actual: &Actual, variables: &Variables) -> String {
    let name = |key: &str| Bson::String(key.to_string()).into_relaxed_extjson().to_string();
    let position = |key: &str| keys.iter().position(|known| *known == key).unwrap_or(usize::MAX);
    let mut ordered: Vec<_> = entries
        .iter()
        .filter(|(key, value)| keys.contains(&key.as_str()) || matches(value, &Actual::Missing, variables).is_err())
        .collect();
    ordered.sort_by_key(|(key, _)| position(key));
    let field = |(key, value): &(crate::source::Spanned<String>, Value)| {
        format!("{}:{}", name(key), beside_actual(value, &actual.field(key), variables))
    };
    let shown = format!("{{{}}}", ordered.into_iter().map(field).collect::<Vec<_>>().join(","));
    // What differs in nothing but the order of its keys is shown in its own order.
    if shown == actual.show() { in_own_order(entries, variables) } else { shown }
}
