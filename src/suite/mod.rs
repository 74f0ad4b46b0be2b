//! The files of the suite: its settings, its register of requirements, its scenarios and systems, and its goldens. The only
//! room that writes under the golden folder. It follows no path that leads out of the suite.

mod beside;
mod discovery;
mod files;
mod goldens;
mod load;
mod nodes;
mod pattern;
mod resolve;
mod rewritten;
mod runs;
mod selection;
mod sessions;
mod systems;
#[cfg(test)]
mod test_names;
#[cfg(test)]
mod test_suite;
mod uses;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use beside::lies_beside;
pub use goldens::{Goldens, Pending, Spool};
pub use runs::Run;
pub use selection::Selection;

use crate::language;
use crate::model::{Explanation, RequirementsRegister, Settings, System};
use crate::source::Diagnostic;
use files::Files;
use nodes::Nodes;

/// The file that makes a folder a suite.
pub const SETTINGS: &str = "polyspec.yaml";

/// A suite that was found and whose settings and register were read.
pub struct Suite {
    settings: Settings,
    register: RequirementsRegister,
    warnings: Vec<Diagnostic>,
    files: Files,
    nodes: Nodes,
    systems: Mutex<BTreeMap<PathBuf, Arc<System>>>,
    system_warnings: Mutex<Vec<Diagnostic>>,
}

impl Suite {
    /// Finds `polyspec.yaml` in `start` or in the nearest folder above it (`start` may also be the file itself), and reads
    /// it and the register. `cwd` is the absolute folder in which the user stands: files are shown relative to it.
    ///
    /// # Errors
    /// There is no suite, or its settings or its register are wrong: everything that is.
    pub fn open(start: &Path, cwd: &Path) -> Result<Suite, Vec<Diagnostic>> {
        let start = files::normal(&cwd.join(start));
        let path = find_settings(&start).ok_or_else(|| vec![no_suite(&start)])?;
        let root = path.parent().unwrap_or(Path::new("/")).to_path_buf();
        let files = Files::new(&root, cwd).map_err(|error| vec![error])?;
        let source = files.read(&path).map_err(|error| vec![error])?;
        let parsed = language::settings(&source, &root)?;
        let mut warnings = parsed.warnings;
        let settings = parsed.value;
        let leaving = folders_outside(&settings, &source);
        if !leaving.is_empty() {
            return Err(leaving);
        }
        let register = read_register(&settings, &files, &mut warnings)?;
        let nodes = Nodes::of(&settings);
        Ok(Suite {
            settings,
            register,
            warnings,
            files,
            nodes,
            systems: Mutex::default(),
            system_warnings: Mutex::default(),
        })
    }

    /// Takes it that these endpoints, by node name or `mongo`, are the suite's too: the command line gives them.
    pub fn also_at<'a>(&mut self, endpoints: impl IntoIterator<Item = (&'a String, &'a String)>) {
        for (name, url) in endpoints {
            self.nodes.add(&self.settings.topology, name, url);
        }
    }

    /// What `polyspec.yaml` says.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The register of requirements; empty when the suite has none.
    pub fn register(&self) -> &RequirementsRegister {
        &self.register
    }

    /// Explanations of generated mutants that survive; none when the suite has no such file.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn survivors(&self) -> Result<Vec<Explanation>, Vec<Diagnostic>> {
        let path = self.settings.root.join(&self.settings.survivors);
        if !path.exists() {
            return Ok(vec![]);
        }
        let source = self.files.read(&path).map_err(|error| vec![error])?;
        Ok(language::survivors(&source)?.value)
    }

    /// Warnings about the settings and the register.
    pub fn warnings(&self) -> &[Diagnostic] {
        &self.warnings
    }

    /// Warnings about the systems that were read since this was asked last.
    pub fn take_system_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut self.system_warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The goldens of this suite.
    pub fn goldens(&self) -> Goldens {
        Goldens::new(&self.settings.root.join(&self.settings.golden))
    }

    /// A path as the user knows it: relative to where they stand.
    pub fn display(&self, path: &Path) -> String {
        self.files.display(path)
    }
}

fn find_settings(start: &Path) -> Option<PathBuf> {
    if start.is_file() && start.file_name().is_some_and(|name| name == SETTINGS) {
        return Some(start.to_path_buf());
    }
    start.ancestors().map(|folder| folder.join(SETTINGS)).find(|path| path.is_file())
}

fn no_suite(start: &Path) -> Diagnostic {
    Diagnostic::nowhere(format!("there is no `{SETTINGS}` in `{}` or in a folder above it", start.display()))
        .help("run this in the folder of a suite or below it, or name that folder on the command line")
}

/// Folders of the settings that lie outside of the suite. They are plain paths, so the file is all the place there is.
fn folders_outside(settings: &Settings, source: &Arc<crate::source::SourceFile>) -> Vec<Diagnostic> {
    let folders = [
        ("scenarios", &settings.scenarios),
        ("golden", &settings.golden),
        ("requirements", &settings.requirements),
        ("mutants", &settings.mutants),
        ("survivors", &settings.survivors),
    ];
    let outside = folders.into_iter().filter(|(_, path)| !files::stays_inside(path));
    let diagnostic = |(key, path): (&str, &PathBuf)| {
        Diagnostic::nowhere(format!("`{key}: {}` in `{}` leads out of the suite", path.display(), source.name()))
            .help(format!("give a path below the folder of `{SETTINGS}`"))
    };
    outside.map(diagnostic).collect()
}

fn read_register(
    settings: &Settings,
    files: &Files,
    warnings: &mut Vec<Diagnostic>,
) -> Result<RequirementsRegister, Vec<Diagnostic>> {
    let path = settings.root.join(&settings.requirements);
    if !path.exists() {
        return Ok(RequirementsRegister::default());
    }
    let source = files.read(&path).map_err(|error| vec![error])?;
    let parsed = language::requirements(&source)?;
    warnings.extend(parsed.warnings);
    Ok(parsed.value)
}
