//! Decodes the register of requirements.

use std::sync::Arc;

use super::ambiguous::cut_off;
use super::expect::texts;
use super::keys_suite::REQUIREMENTS;
use super::scenario::points;
use super::tree::Node;
use super::{check, read};
use crate::language::Parsed;
use crate::language::sink::Sink;
use crate::language::suggest::nearest;
use crate::model::{Requirement, RequirementPart, RequirementsRegister};
use crate::source::{Diagnostic, SourceFile, Spanned};

/// Reads the register.
pub(crate) fn requirements(file: &Arc<SourceFile>) -> Result<Parsed<RequirementsRegister>, Vec<Diagnostic>> {
    let root = read::tree(file).map_err(|diagnostic| vec![diagnostic])?;
    let mut sink = Sink::default();
    check::root(&root, &REQUIREMENTS, &mut sink);
    let items = |key: &str| root.get(key).map(Node::items).unwrap_or_default();
    let prose =
        |node: &Node| ["title", "source"].into_iter().filter_map(|key| node.get(key).cloned()).collect::<Vec<_>>();
    items("parts").iter().chain(items("requirements")).flat_map(prose).for_each(|text| cut_off(&text, true, &mut sink));
    let parts: Vec<RequirementPart> = items("parts").iter().filter_map(|node| part(node, &mut sink)).collect();
    let mut register = RequirementsRegister { parts, requirements: vec![] };
    for node in items("requirements") {
        if let Some(requirement) = requirement(node, &register, &mut sink) {
            register.requirements.push(requirement);
        }
    }
    grounds(&register, &mut sink);
    sink.finish(Some(register))
}

fn part(node: &Node, sink: &mut Sink) -> Option<RequirementPart> {
    Some(RequirementPart {
        part: node.scalar_of("part")?.parse().ok()?,
        title: node.scalar_of("title")?.value,
        points: points(&node.scalar_of("points")?, sink),
    })
}

fn requirement(node: &Node, register: &RequirementsRegister, sink: &mut Sink) -> Option<Requirement> {
    let (id, part) = (node.scalar_of("id")?, node.scalar_of("part")?);
    if let Some(first) = register.requirements.iter().find(|other| other.id.value == id.value) {
        let line = first.id.span.line_column().0;
        let error = Diagnostic::error(&id.span, format!("`{}` is in the register twice", id.value));
        sink.push(error.label(format!("also in line {line}")));
    }
    let number: u32 = part.parse().ok()?;
    if !register.parts.iter().any(|other| other.part == number) {
        sink.push(Diagnostic::error(&part.span, format!("there is no part {number}")).help("add it under `parts`"));
    }
    Some(Requirement {
        id,
        part: number,
        title: node.scalar_of("title")?.value,
        points: node.scalar_of("points").map_or(1.0, |text| points(&text, sink)),
        source: node.scalar_of("source")?.value,
        stands_on: node.get("stands_on").map(texts).unwrap_or_default(),
    })
}

/// What requirements stand on is in the register, and none stands on itself, by way of others neither.
fn grounds(register: &RequirementsRegister, sink: &mut Sink) {
    let find = |id: &str| register.requirements.iter().find(|other| other.id.value == id);
    for requirement in &register.requirements {
        for id in requirement.stands_on.iter().filter(|id| find(id).is_none()) {
            let error = Diagnostic::error(&id.span, format!("the register has no requirement `{}`", id.value));
            let near = nearest(id, register.requirements.iter().map(|other| other.id.as_str()));
            sink.push(
                error.help(near.map_or("name one of this file".into(), |near| format!("did you mean `{near}`?"))),
            );
        }
        let (mut below, mut at): (Vec<&Spanned<String>>, usize) = (requirement.stands_on.iter().collect(), 0);
        while let Some(id) = below.get(at).copied() {
            at += 1;
            let next = find(id).map(|other| other.stands_on.as_slice()).unwrap_or_default();
            let new: Vec<_> = next.iter().filter(|next| !below.iter().any(|known| known.value == next.value)).collect();
            below.extend(new);
        }
        if below.iter().any(|id| id.value == requirement.id.value) {
            let error = Diagnostic::error(&requirement.id.span, format!("`{}` stands on itself", requirement.id.value));
            sink.push(error.help("remove the `stands_on` that closes the circle"));
        }
    }
}
