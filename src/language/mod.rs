//! Text → model: scenarios (YAML and `.slt`), `polyspec.yaml`, `system.yaml` and the requirements register. Pure: no network,
//! no processes, no environment; an included file is read by a closure that the caller passes.

mod duration;
mod edge;
mod need;
mod parsed;
mod selector;
mod sink;
mod slt;
pub mod sql;
pub(crate) mod suggest;
mod template;
mod yaml;

#[cfg(test)]
mod docs_examples;
#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use parsed::Parsed;
pub use selector::node_selector;
pub use slt::{SltEdit, SltSays, slt_rewritten, slt_rows};
pub use yaml::{SchemaKind, expects, schema, wrong_save};

use crate::model::{Explanation, RequirementsRegister, Scenario, Settings, System};
use crate::source::{Diagnostic, SourceFile, Spanned};

/// `system.yaml` as it was written: what it extends is not merged in yet.
#[derive(Clone, Debug)]
pub struct SystemFile {
    /// The folder of the system that it extends.
    pub extends: Option<Spanned<String>>,
    /// What it says itself.
    pub system: System,
}

/// Reads a scenario. `path` is its path below the scenarios folder; the extension decides the format. `read` gives a file
/// that an `.slt` includes, by the name that is to be shown: the including file's own with its last part replaced.
///
/// # Errors
/// Everything that is wrong with the file, in the order of the file.
pub fn scenario(
    file: &Arc<SourceFile>,
    path: &str,
    read: &dyn Fn(&str) -> io::Result<Arc<SourceFile>>,
) -> Result<Parsed<Scenario>, Vec<Diagnostic>> {
    match Path::new(path).extension().and_then(|extension| extension.to_str()) {
        Some("yaml" | "yml") => yaml::scenario(file, path),
        Some("slt") => slt::scenario(file, path, read),
        _ => Err(vec![
            Diagnostic::nowhere(format!("`{}` is not a scenario", file.name()))
                .help("a scenario ends in `.yaml` or `.slt`"),
        ]),
    }
}

/// Reads `polyspec.yaml`, which lies in the folder `root`.
///
/// # Errors
/// Everything that is wrong with the file, in the order of the file.
pub fn settings(file: &Arc<SourceFile>, root: &Path) -> Result<Parsed<Settings>, Vec<Diagnostic>> {
    yaml::settings(file, root)
}

/// Reads the `system.yaml` of the folder that the suite names `path`.
///
/// # Errors
/// Everything that is wrong with the file, in the order of the file.
pub fn system(file: &Arc<SourceFile>, path: &str) -> Result<Parsed<SystemFile>, Vec<Diagnostic>> {
    yaml::system(file, path)
}

/// Reads the register of requirements.
///
/// # Errors
/// Everything that is wrong with the file, in the order of the file.
pub fn requirements(file: &Arc<SourceFile>) -> Result<Parsed<RequirementsRegister>, Vec<Diagnostic>> {
    yaml::requirements(file)
}

/// Reads the explanations of generated mutants that survive.
///
/// # Errors
/// Everything that is wrong with the file, in the order of the file.
pub fn survivors(file: &Arc<SourceFile>) -> Result<Parsed<Vec<Explanation>>, Vec<Diagnostic>> {
    yaml::survivors(file)
}
