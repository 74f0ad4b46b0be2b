//! Decodes the register of requirements.

use std::sync::Arc;

use super::ambiguous::cut_off;
use super::keys_suite::REQUIREMENTS;
use super::scenario::points;
use super::tree::Node;
use super::{check, read};
use crate::language::Parsed;
use crate::language::sink::Sink;
use crate::model::{Requirement, RequirementPart, RequirementsRegister};
use crate::source::{Diagnostic, SourceFile};

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
    })
}
