//! Sessions that a scenario names once where two steps were probably meant: a name with a slip in it, a transaction that
//! nothing ends, or the end of one that nothing begins.

use std::collections::BTreeMap;

use crate::language::sql::statements;
use crate::language::suggest::nearest;
use crate::model::{Action, SqlSource, Step, TemplatePart, TransactionVerb};
use crate::source::{Diagnostic, Spanned};

/// Statements whose effect only later statements of their session can see.
const FOR_LATER: [&str; 4] = ["set", "listen", "prepare", "declare"];

/// Warnings about the sessions of these steps: those of a scenario and of the lists that it uses.
pub(super) fn lonely(steps: &[&Step]) -> Vec<Diagnostic> {
    let mut named: BTreeMap<&str, Vec<(&Spanned<String>, &Step)>> = BTreeMap::new();
    for step in steps {
        if let Some(session) = &step.session {
            named.entry(session.as_str()).or_default().push((session, step));
        }
    }
    let alone = named.values().filter_map(|uses| match uses.as_slice() {
        [(session, step)] if step.blocks.is_none() && !matches!(step.action, Action::Use { .. }) => {
            Some((*session, *step))
        }
        _ => None,
    });
    alone.filter_map(|(session, step)| warning(session, step, named.keys().copied())).collect()
}

fn warning<'a>(session: &Spanned<String>, step: &Step, others: impl Iterator<Item = &'a str>) -> Option<Diagnostic> {
    let near = nearest(session, others.filter(|other| *other != session.as_str()));
    let help = match (near, unfinished(step)) {
        (Some(near), _) => format!("did you mean `{near}`?"),
        (None, Some(reason)) => reason.to_string(),
        (None, None) => return None,
    };
    let message = format!("only this step uses the session `{}`", session.value);
    Some(Diagnostic::error(&session.span, message).warning().help(help))
}

/// Why one step of a session is too few.
fn unfinished(step: &Step) -> Option<&'static str> {
    const BEGINS: &str = "it begins a transaction, and no other step is in it: give the others the same `session`";
    const ENDS: &str = "it ends a transaction that no step of this session has begun";
    const PREPARES: &str = "what it sets up is for later steps of the same `session`, and there are none";
    match step.transaction.as_ref().map(|verb| &verb.value) {
        Some(TransactionVerb::Start { .. }) => return Some(BEGINS),
        Some(TransactionVerb::Commit | TransactionVerb::Abort) => return Some(ENDS),
        None => {}
    }
    let Action::Sql { source: SqlSource::Text(template), .. } = &step.action else { return None };
    let literal = |part: &TemplatePart| match part {
        TemplatePart::Literal(text) => text.clone(),
        TemplatePart::Variable { .. } => "NULL".into(),
    };
    let text: String = template.parts.iter().map(literal).collect();
    let (mut open, mut last) = (false, String::new());
    for statement in statements(&text) {
        let mut words = text[statement].split_whitespace().map(str::to_ascii_lowercase);
        last = words.next().unwrap_or_default();
        let to_savepoint = last == "rollback" && words.any(|word| word == "to");
        match last.as_str() {
            "begin" | "start" => open = true,
            "commit" | "end" | "abort" | "rollback" if !open && !to_savepoint => return Some(ENDS),
            "commit" | "end" | "abort" | "rollback" => open = to_savepoint,
            _ => {}
        }
    }
    match open {
        true => Some(BEGINS),
        false => FOR_LATER.contains(&last.as_str()).then_some(PREPARES),
    }
}
