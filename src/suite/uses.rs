//! `use`: every list that is named is there, and no list uses itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::language::suggest::nearest;
use crate::language::{expects, wrong_save};
use crate::model::{Action, Body, Scenario, Step, System};
use crate::source::{Diagnostic, Spanned};

type Lists = BTreeMap<String, Vec<Step>>;

/// The lists that a scenario uses, against those of the system that it runs on.
pub(super) fn check_scenario(scenario: &Scenario, system: Option<&System>) -> Vec<Diagnostic> {
    let none = Lists::new();
    let lists = system.map_or(&none, |system| &system.steps);
    let unknown: Vec<_> = used_by(scenario).filter_map(|name| unknown(name, lists, system)).collect();
    if !unknown.is_empty() {
        return unknown;
    }
    let (steps, finally) = own_steps(scenario);
    let saves = steps.iter().chain(finally).flat_map(|step| wrong_saves(step, lists));
    vacuous(scenario, system).into_iter().chain(saves).collect()
}

/// Paths beside `use` that the last step of the list cannot give.
fn wrong_saves(step: &Step, lists: &Lists) -> Vec<Diagnostic> {
    let Action::Use { name, .. } = &step.action else { return vec![] };
    let Some(last) = lists.get(name.as_str()).and_then(|list| list.last()) else { return vec![] };
    step.save.iter().filter_map(|(_, path)| wrong_save(step, &last.action, path)).collect()
}

/// A scenario whose steps, with those of the lists that it uses, expect nothing.
fn vacuous(scenario: &Scenario, system: Option<&System>) -> Option<Diagnostic> {
    if matches!(scenario.body, Body::Slt(_)) || all_steps(scenario, system).into_iter().any(expects) {
        return None;
    }
    let error =
        Diagnostic::error(&scenario.title.span, "this scenario expects nothing: it would pass whatever comes back");
    Some(error.help("add `expect` or `golden` to a step, or to a step of a list that it uses"))
}

/// Whether the scenario uses any list.
pub(super) fn uses_any(scenario: &Scenario) -> bool {
    used_by(scenario).next().is_some()
}

fn used_by(scenario: &Scenario) -> impl Iterator<Item = &Spanned<String>> {
    let (steps, finally) = own_steps(scenario);
    used(steps).chain(used(finally))
}

fn own_steps(scenario: &Scenario) -> (&[Step], &[Step]) {
    match &scenario.body {
        Body::Steps { steps, finally } => (steps, finally),
        Body::Slt(_) => (&[], &[]),
    }
}

/// The steps of the scenario and of all lists that it uses, directly or by way of others.
pub(super) fn all_steps<'a>(scenario: &'a Scenario, system: Option<&'a System>) -> Vec<&'a Step> {
    let (steps, finally) = own_steps(scenario);
    let mut all: Vec<_> = steps.iter().chain(finally).collect();
    let mut seen = BTreeSet::new();
    let mut at = 0;
    while let Some(step) = all.get(at) {
        at += 1;
        if let (Action::Use { name, .. }, Some(system)) = (&step.action, system)
            && seen.insert(name.as_str())
        {
            all.extend(system.steps.get(name.as_str()).into_iter().flatten());
        }
    }
    all
}

fn used(steps: &[Step]) -> impl Iterator<Item = &Spanned<String>> {
    steps.iter().filter_map(|step| match &step.action {
        Action::Use { name, .. } => Some(name),
        _ => None,
    })
}

fn unknown(name: &Spanned<String>, lists: &Lists, system: Option<&System>) -> Option<Diagnostic> {
    if lists.contains_key(name.as_str()) {
        return None;
    }
    let message = match system {
        Some(system) => format!("the system `{}` has no list of steps `{}`", system.path, name.value),
        None => format!("there is no system that could have a list of steps `{}`", name.value),
    };
    let diagnostic = Diagnostic::error(&name.span, message);
    Some(match nearest(name, lists.keys().map(String::as_str)) {
        Some(near) => diagnostic.help(format!("did you mean `{near}`?")),
        None if system.is_none() => diagnostic.help("name a `system` here or in `polyspec.yaml`"),
        None => diagnostic.help("add the list under `steps` of its `system.yaml`"),
    })
}

/// The lists of a system, and its build: what they use is there, and no list uses itself by way of others.
pub(super) fn check_lists(system: &System) -> Result<(), Vec<Diagnostic>> {
    let all = system.steps.values().map(Vec::as_slice).chain([system.build.as_slice()]);
    let mut found: Vec<_> = all.flat_map(used).filter_map(|name| unknown(name, &system.steps, Some(system))).collect();
    let mut done = vec![];
    for name in system.steps.keys() {
        walk(name, &system.steps, &mut vec![], &mut done, &mut found);
    }
    if found.is_empty() { Ok(()) } else { Err(found) }
}

fn walk<'a>(
    name: &'a str,
    lists: &'a Lists,
    path: &mut Vec<&'a str>,
    done: &mut Vec<&'a str>,
    found: &mut Vec<Diagnostic>,
) {
    if done.contains(&name) {
        return;
    }
    path.push(name);
    for next in used(lists.get(name).map_or(&[], Vec::as_slice)) {
        if path.contains(&next.as_str()) {
            let message = format!("the list of steps `{}` uses itself, in a circle that closes here", next.value);
            found.push(Diagnostic::error(&next.span, message).help("take one `use` out of the circle"));
        } else {
            walk(next, lists, path, done, found);
        }
    }
    path.pop();
    done.push(name);
}
