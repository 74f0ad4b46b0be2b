//! Mutants of what a system offers by name: its lists of steps for MongoDB, each with one command, session, transaction or
//! pipeline otherwise. A list is part of the declaration, so nothing is built anew.

mod commands;
mod pipelines;
mod said;
#[cfg(test)]
mod tests;
mod tree;

use std::collections::BTreeMap;

use self::said::{Said, Wrong};
use super::change::Change;
use crate::model::{Action, Engine, Step, TransactionVerb, Value};

/// Every change to the lists.
pub fn changes(lists: &BTreeMap<String, Vec<Step>>) -> Vec<Change> {
    let of = |(name, steps): (&String, &Vec<Step>)| of_list(name, steps);
    lists.iter().flat_map(of).collect()
}

fn of_list(name: &str, steps: &[Step]) -> Vec<Change> {
    let mut found: Vec<Change> = vec![];
    for (at, step) in steps.iter().enumerate() {
        let place = if steps.len() > 1 { format!(" step {}", at + 1) } else { String::new() };
        for (said, made, text) in of_step(steps, at, step) {
            let says = format!("{place}{}{}", if place.is_empty() { " " } else { ": " }, said.says);
            let change = Change::list(name, (&says, said.kind), made, text);
            // The same key may be left out of two places.
            if found.iter().all(|known| known.name != change.name) {
                found.push(change);
            }
        }
    }
    found
}

/// A fault, the list that has it, and what is different in words.
type Made = (Said, Vec<Step>, String);

fn of_step(steps: &[Step], at: usize, step: &Step) -> Vec<Made> {
    let mut found = order(steps, at, step);
    found.extend(session(step).into_iter().chain(transaction(step)).map(|(said, changed)| {
        let text = said.says.clone();
        (said, put(steps, at, changed), text)
    }));
    if let Action::Mongo(command) = &step.action {
        let alone = step.session.is_none() && step.transaction.is_none();
        found.extend(commands::wrong(command, alone).into_iter().map(|(said, changed)| {
            let text = tree::shown(&changed);
            (said, put(steps, at, Step { action: Action::Mongo(changed), ..step.clone() }), text)
        }));
    }
    found
}

fn put(steps: &[Step], at: usize, step: Step) -> Vec<Step> {
    let mut changed = steps.to_vec();
    changed[at] = step;
    changed
}

/// Whether a step is for MongoDB, or uses a list that may be.
fn counts(step: &Step) -> bool {
    let of_mongo = || step.default_selector().is_some_and(|selector| selector.engine() == Engine::Mongo);
    match &step.action {
        Action::Use { .. } => true,
        Action::Mongo(_) | Action::Transaction => of_mongo(),
        _ => false,
    }
}

/// What a step does, in a word: its command, or the list that it uses.
fn what(step: &Step) -> String {
    match (&step.action, &step.transaction) {
        (Action::Use { name, .. }, _) => name.value.clone(),
        (Action::Mongo(command), _) => {
            let key = tree::entries(command).into_iter().map(|(key, _)| key).find(|key| *key != "$db");
            key.unwrap_or_default().to_string()
        }
        (_, Some(verb)) => match verb.value {
            TransactionVerb::Start { .. } => "start".into(),
            TransactionVerb::Commit => "commit".into(),
            TransactionVerb::Abort => "abort".into(),
        },
        _ => String::new(),
    }
}

/// A step left out, sent twice, or after the next.
fn order(steps: &[Step], at: usize, step: &Step) -> Vec<Made> {
    if !counts(step) {
        return vec![];
    }
    let made = |kind: &'static str, says: String, list: Vec<Step>| (Said { kind, says: says.clone() }, list, says);
    let mut found = vec![];
    if steps.len() > 1 {
        let mut less = steps.to_vec();
        less.remove(at);
        found.push(made("a step is left out", format!("{} is left out", what(step)), less));
    }
    if !matches!(what(step).as_str(), "find" | "aggregate" | "count" | "distinct") {
        let mut twice = steps.to_vec();
        // What it saves, and what is expected of it, is of the second.
        let verb = step.transaction.clone().filter(|_| matches!(step.action, Action::Transaction));
        twice.insert(at, Step { expect: None, save: vec![], golden: None, transaction: verb, ..step.clone() });
        let is_start = matches!(step.transaction.as_ref().map(|verb| &verb.value), Some(TransactionVerb::Start { .. }));
        found.extend((!is_start).then(|| made("a step is sent twice", format!("{} is sent twice", what(step)), twice)));
    }
    if let Some(next) = steps.get(at + 1).filter(|next| counts(next)) {
        let mut moved = steps.to_vec();
        moved.swap(at, at + 1);
        found.push(made("steps are exchanged", format!("{} follows {}", what(step), what(next)), moved));
    }
    found
}

/// A command outside of its session.
fn session(step: &Step) -> Vec<(Said, Step)> {
    let sent = matches!(step.action, Action::Mongo(_)) && step.session.is_some();
    let says = Said { kind: "a session is left out", says: "is sent without its session".into() };
    let alone = Step { session: None, transaction: None, ..step.clone() };
    sent.then_some((says, alone)).into_iter().collect()
}

/// A transaction that is not started, started with weaker concerns, or ended the other way.
fn transaction(step: &Step) -> Vec<(Said, Step)> {
    let Some(verb) = &step.transaction else { return vec![] };
    let with = |other: TransactionVerb| Step { transaction: Some(verb.span.of(other)), ..step.clone() };
    let said = |kind: &'static str, says: &str| Said { kind, says: says.into() };
    match &verb.value {
        TransactionVerb::Commit => vec![(said("commit is abort", "commit is abort"), with(TransactionVerb::Abort))],
        TransactionVerb::Abort => vec![(said("abort is commit", "abort is commit"), with(TransactionVerb::Commit))],
        TransactionVerb::Start { options } => {
            let mut found = vec![];
            if !matches!(step.action, Action::Transaction) {
                let none = Step { transaction: None, ..step.clone() };
                found.push((said("no transaction is started", "starts no transaction"), none));
            }
            found.extend(options.iter().flat_map(weaker).map(|(said, options)| {
                let verb = TransactionVerb::Start { options: Some(options) };
                (said, with(verb))
            }));
            found
        }
    }
}

/// The options of a transaction with one concern weaker.
fn weaker(options: &Value) -> Vec<Wrong> {
    let mut found = vec![];
    for (path, value) in tree::places(options) {
        let other = match tree::key_of(&path) {
            Some("level") => tree::text(&value.span, "local"),
            Some("w") => tree::number(&value.span, 1),
            _ => continue,
        };
        let (kind, says) = match tree::key_of(&path) {
            Some("level") => ("a read concern is weaker", "its transaction has read concern local"),
            _ => ("a write concern is weaker", "its transaction has write concern 1"),
        };
        found.push((Said { kind, says: says.into() }, tree::with(options, &path, Some(other))));
    }
    found
}
