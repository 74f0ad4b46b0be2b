//! The examples of `docs/language.md`: every block of YAML there is a file or a part of one that can be read.

use std::collections::BTreeSet;
use std::path::Path;

use super::{requirements, scenario, settings, survivors, system};
use crate::source::{Diagnostic, SourceFile};

const PAGE: &str = include_str!("../../docs/language.md");

/// The blocks of YAML with the lines that they begin on.
fn blocks() -> Vec<(usize, String)> {
    let mut blocks = vec![];
    let mut open: Option<(usize, String)> = None;
    for (index, line) in PAGE.lines().enumerate() {
        match &mut open {
            Some(_) if line == "```" => blocks.extend(open.take()),
            Some((_, text)) => text.extend([line, "\n"]),
            None if line == "```yaml" => open = Some((index + 2, String::new())),
            None => {}
        }
    }
    blocks
}

/// Variables that the text uses and does not keep itself, which a scenario or a caller would give.
fn free_variables(text: &str) -> BTreeSet<&str> {
    let pieces = text.split("${").skip(1);
    let names = pieces.filter_map(|piece| piece.split(['}', ':']).next());
    let is_bound = |name: &&str| text.contains(&format!("{name}: value")) || BUILT_IN.contains(name);
    names.filter(|name| !is_bound(name)).collect()
}

/// Variables that nobody needs to give.
const BUILT_IN: [&str; 5] = ["database", "node", "app_name", "operation", "client"];

/// Steps become a whole scenario.
fn around(steps: &str) -> String {
    let vars: String = free_variables(steps).iter().map(|name| format!("  {name}: 1\n")).collect();
    let vars = if vars.is_empty() { vars } else { format!("vars:\n{vars}") };
    let steps: String = steps.lines().map(|line| format!("  {line}\n")).collect();
    format!(
        "scenario: An example\nrequirements: [E1]\n{vars}steps:\n{steps}  - sql: SELECT 1\n    expect: {{ value: 1 }}\n"
    )
}

fn faults(text: &str) -> Vec<Diagnostic> {
    let file = |text: &str| SourceFile::new("docs/language.md", text);
    let read = |name: &str| Err(std::io::Error::other(name.to_string()));
    let first = text.split(':').next().unwrap_or_default();
    match first {
        "suite" => settings(&file(text), Path::new("/suite")).err(),
        "system" => system(&file(text), "system").err(),
        "parts" => requirements(&file(text)).err(),
        "survivors" => survivors(&file(text)).err(),
        "scenario" if text.contains("steps:") => scenario(&file(text), "example.yaml", &read).err(),
        "scenario" => {
            let whole = format!("{text}steps:\n  - sql: SELECT 1\n    expect: {{ value: 1 }}\n");
            scenario(&file(&whole), "example.yaml", &read).err()
        }
        _ => scenario(&file(&around(text)), "example.yaml", &read).err(),
    }
    .unwrap_or_default()
}

#[test]
fn every_example_of_the_language_can_be_read() {
    let blocks = blocks();
    assert!(blocks.len() > 20, "only {} blocks were found", blocks.len());
    let found = blocks.iter().flat_map(|(line, text)| {
        faults(text)
            .into_iter()
            .map(move |fault| format!("the block at docs/language.md:{line}: {}", fault.render(false)))
    });
    let found: Vec<String> = found.collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}
