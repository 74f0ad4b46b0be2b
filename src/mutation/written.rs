//! Mutants that someone wrote: folders with a system that extends another and says what it breaks.

use std::path::Path;
use std::sync::Arc;

use super::mutant::{Hints, Mutant, Noticed};
use crate::engine::SystemUnderTest;
use crate::source::Diagnostic;

/// The folders below `folder` that hold a system, by name; only those whose names contain one of `names`, if there are any.
///
/// # Errors
/// The folder cannot be read.
pub fn find(folder: &Path, names: &[String]) -> Result<Vec<String>, Diagnostic> {
    let entries = std::fs::read_dir(folder).map_err(|error| {
        Diagnostic::nowhere(format!("the mutants in `{}` cannot be read: {error}", folder.display()))
            .help("Name the folder of mutants with `--mutants DIR`.")
    })?;
    let wanted = |name: &String| names.is_empty() || names.iter().any(|part| name.contains(part.as_str()));
    let mut found: Vec<String> = entries
        .flatten()
        .filter(|entry| entry.path().join("system.yaml").is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(wanted)
        .collect();
    found.sort();
    Ok(found)
}

/// The mutant of a system that says what it breaks; `name` is its folder.
pub fn written(name: &str, system: Arc<SystemUnderTest>) -> Mutant {
    let breaks: Vec<String> = system.system.breaks.iter().map(|id| id.value.clone()).collect();
    Mutant {
        name: name.into(),
        change: system.system.title.value.clone(),
        noticed: Noticed::ByRequirement,
        hints: Hints { topics: breaks.clone(), ..Hints::default() },
        breaks: breaks.into_iter().collect(),
        source: None,
        system,
    }
}
