//! Systems under test: a folder with `system.yaml`, merged with the systems that it extends.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

use super::Suite;
use super::files::normal;
use super::uses::check_lists;
use crate::language::{self, suggest::nearest};
use crate::model::{Scenario, System};
use crate::source::{Diagnostic, Span, Spanned};

/// The file that makes a folder a system.
const SYSTEM: &str = "system.yaml";
/// A chain of systems that extend one another is no longer than this.
const LONGEST_CHAIN: usize = 32;

impl Suite {
    /// The system in the folder `name`, relative to the suite. Without a place in a file (`cited` is `None`) the name came
    /// from the command line: then it may also be a folder anywhere, relative to where the user stands.
    ///
    /// What is extended is merged in: its build steps come first; its replication stands unless the extending system has
    /// its own; its named lists of steps stand unless the extending system has one of that name.
    ///
    /// # Errors
    /// There is no such system, or it or one that it extends is wrong.
    pub fn system(&self, name: &str, cited: Option<&Span>) -> Result<Arc<System>, Vec<Diagnostic>> {
        let folder = self.system_folder(name, cited).map_err(|error| vec![error])?;
        let known = self.systems.lock().unwrap_or_else(PoisonError::into_inner).get(&folder).cloned();
        if let Some(system) = known {
            return Ok(system);
        }
        let system = Arc::new(self.merged(&folder, cited, &mut vec![])?);
        check_lists(&system)?;
        self.check_system(&system)?;
        self.systems.lock().unwrap_or_else(PoisonError::into_inner).insert(folder, system.clone());
        Ok(system)
    }

    /// The system that a scenario runs on: its own, else the suite's; `None` when neither names one.
    ///
    /// # Errors
    /// As [`Suite::system`].
    pub fn system_of(&self, scenario: &Scenario) -> Result<Option<Arc<System>>, Vec<Diagnostic>> {
        let name = scenario.system.as_ref().or(self.settings.system.as_ref());
        name.map(|name| self.system(name, Some(&name.span))).transpose()
    }

    /// Nodes and files that the steps of a system name and that are not there.
    fn check_system(&self, system: &System) -> Result<(), Vec<Diagnostic>> {
        let steps = || system.build.iter().chain(system.steps.values().flatten());
        let mut missing = self.nodes.check_steps(steps(), false);
        missing.extend(self.check_files(steps()));
        missing.extend(system.fill.iter().filter_map(|name| unknown_list(system, name)));
        if missing.is_empty() {
            missing = self.check_scripts(steps());
        }
        if missing.is_empty() { Ok(()) } else { Err(missing) }
    }

    fn system_folder(&self, name: &str, cited: Option<&Span>) -> Result<PathBuf, Diagnostic> {
        match cited {
            Some(span) => self.resolve(&self.files.root, &span.of(name.to_string())),
            None => {
                let bases = [&self.files.root, &self.files.cwd];
                let mut folders = bases.into_iter().map(|base| normal(&base.join(name)));
                folders.find(|folder| folder.join(SYSTEM).is_file()).ok_or_else(|| {
                    Diagnostic::nowhere(format!("there is no `{SYSTEM}` in `{name}`"))
                        .help("name the folder of a system, relative to the suite or to the current folder")
                })
            }
        }
    }

    /// Reads the system in `folder` and all that it extends; `chain` are the folders that led here.
    fn merged(&self, folder: &Path, cited: Option<&Span>, chain: &mut Vec<PathBuf>) -> Result<System, Vec<Diagnostic>> {
        let (system, extends) = self.read_system(folder, cited)?;
        let Some(extends) = extends else { return Ok(system) };
        chain.push(real(folder));
        let parent = self.resolve(folder, &extends).map_err(|error| vec![error])?;
        if chain.contains(&real(&parent)) {
            return Err(vec![self.circle(&extends, &parent)]);
        }
        if chain.len() >= LONGEST_CHAIN {
            return Err(vec![Diagnostic::error(&extends.span, "more systems extend one another than can be followed")]);
        }
        Ok(extended(self.merged(&parent, Some(&extends.span), chain)?, system))
    }

    fn circle(&self, extends: &Spanned<String>, parent: &Path) -> Diagnostic {
        let message = format!("`{}` extends itself, in a circle that closes here", self.display(parent));
        Diagnostic::error(&extends.span, message).help("let one of the systems in the circle extend none")
    }

    fn read_system(
        &self,
        folder: &Path,
        cited: Option<&Span>,
    ) -> Result<(System, Option<Spanned<String>>), Vec<Diagnostic>> {
        let path = folder.join(SYSTEM);
        let source = self.files.read(&path).map_err(|error| match cited {
            Some(span) => vec![Diagnostic { span: Some(span.clone()), ..error }],
            None => vec![error],
        })?;
        let shown = match folder.strip_prefix(&self.files.root) {
            Ok(inside) => inside.to_string_lossy().replace('\\', "/"),
            Err(_) => self.display(folder),
        };
        let parsed = language::system(&source, &shown)?;
        self.system_warnings.lock().unwrap_or_else(PoisonError::into_inner).extend(parsed.warnings);
        Ok((parsed.value.system, parsed.value.extends))
    }
}

/// A list that `fill` names and that the system does not have.
fn unknown_list(system: &System, name: &Spanned<String>) -> Option<Diagnostic> {
    if system.steps.contains_key(&name.value) {
        return None;
    }
    let error = Diagnostic::error(&name.span, format!("the system has no list of steps named `{}`", name.value));
    Some(match nearest(name, system.steps.keys().map(String::as_str)) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help(format!("add `{}` under `steps`, with a `generate`", name.value)),
    })
}

fn real(folder: &Path) -> PathBuf {
    folder.canonicalize().unwrap_or_else(|_| folder.to_path_buf())
}

fn extended(parent: System, child: System) -> System {
    let mut build = parent.build;
    build.extend(child.build);
    let mut steps = parent.steps;
    steps.extend(child.steps);
    let replication = if child.replication.is_empty() { parent.replication } else { child.replication };
    let fill = if child.fill.is_empty() { parent.fill } else { child.fill };
    System { build, steps, replication, fill, ..child }
}
