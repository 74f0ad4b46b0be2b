//! `one_of` under `expect`: at least two outcomes that can be told apart, alone, one level deep.

use super::tree::{Entry, Node, NodeKind};
use crate::language::sink::Sink;
use crate::source::Diagnostic;

/// Says what is wrong with the alternatives of a step.
pub(super) fn check(step: &Node, sink: &mut Sink) {
    let Some(expect) = step.get("expect") else { return };
    let Some(one_of) = expect.entry("one_of") else { return };
    for beside in expect.entries().iter().filter(|entry| entry.key.as_str() != "one_of") {
        let error =
            Diagnostic::error(&beside.key.span, format!("`{}` is not allowed beside `one_of`", beside.key.value));
        sink.push(error.help("write it into each alternative"));
    }
    let alternatives = one_of.value.entries();
    if alternatives.len() < 2 && matches!(one_of.value.kind, NodeKind::Mapping(_)) {
        let error = Diagnostic::error(&one_of.key.span, "`one_of` needs at least two alternatives");
        sink.push(error.help("add another outcome that is right, or write the only one directly under `expect`"));
    }
    for (at, alternative) in alternatives.iter().enumerate() {
        nested(alternative, sink);
        let earlier = alternatives[..at].iter().find(|earlier| same(&earlier.value, &alternative.value));
        if let Some(earlier) = earlier {
            let message = format!("`{}` expects the same as `{}`", alternative.key.value, earlier.key.value);
            sink.push(Diagnostic::error(&alternative.key.span, message).help("remove one of the two"));
        }
    }
}

fn nested(alternative: &Entry, sink: &mut Sink) {
    if let Some(inner) = alternative.value.entry("one_of") {
        let error = Diagnostic::error(&inner.key.span, "an alternative has no alternatives of its own");
        sink.push(error.help("write them beside the others"));
    }
}

/// Whether two nodes are written alike; the order of keys does not count at the root, where it means nothing.
fn same(one: &Node, two: &Node) -> bool {
    let (first, second) = (one.entries(), two.entries());
    let has = |entry: &Entry| two.get(&entry.key).is_some_and(|value| alike(&entry.value, value));
    matches!((&one.kind, &two.kind), (NodeKind::Mapping(_), NodeKind::Mapping(_)))
        && first.len() == second.len()
        && first.iter().all(has)
}

fn alike(one: &Node, two: &Node) -> bool {
    match (&one.kind, &two.kind) {
        (NodeKind::Null, NodeKind::Null) => true,
        (NodeKind::Bool(one), NodeKind::Bool(two)) => one == two,
        (NodeKind::Number(one), NodeKind::Number(two)) | (NodeKind::Text(one), NodeKind::Text(two)) => one == two,
        (NodeKind::Sequence(one), NodeKind::Sequence(two)) => {
            one.len() == two.len() && one.iter().zip(two).all(|(one, two)| alike(one, two))
        }
        (NodeKind::Mapping(one), NodeKind::Mapping(two)) => {
            let pair = |(one, two): (&Entry, &Entry)| one.key.value == two.key.value && alike(&one.value, &two.value);
            one.len() == two.len() && one.iter().zip(two).all(pair)
        }
        _ => false,
    }
}
