//! Finds the scenario files below the scenarios folder.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::files::{Files, unreadable};
use crate::source::Diagnostic;

/// A scenario file that was found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Found {
    /// The path below the scenarios folder, with `/`.
    pub path: String,
    /// The absolute path.
    pub file: PathBuf,
}

/// What was found, sorted by path, and what could not be looked at.
#[derive(Debug, Default)]
pub(super) struct Discovered {
    pub found: Vec<Found>,
    pub errors: Vec<Diagnostic>,
}

/// All `.yaml`, `.yml` and `.slt` files below `folder` but the register; names that begin with `_` or `.` are left out, so
/// that fragments can lie beside the scenarios that include them. A folder is entered once, whatever links lead to it.
pub(super) fn discover(folder: &Path, register: &Path, files: &Files) -> Discovered {
    let mut walk = Walk { files, register, entered: BTreeSet::new(), out: Discovered::default() };
    walk.enter(folder, "");
    walk.out.found.sort();
    walk.out
}

struct Walk<'a> {
    files: &'a Files,
    register: &'a Path,
    entered: BTreeSet<PathBuf>,
    out: Discovered,
}

impl Walk<'_> {
    fn enter(&mut self, folder: &Path, prefix: &str) {
        match folder.canonicalize().and_then(|real| Ok((real, std::fs::read_dir(folder)?))) {
            Err(error) => self.out.errors.push(unreadable(&self.files.display(folder), &error)),
            Ok((real, entries)) => {
                if self.entered.insert(real) {
                    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
                    paths.sort();
                    paths.iter().for_each(|path| self.look(path, prefix));
                }
            }
        }
    }

    fn look(&mut self, path: &Path, prefix: &str) {
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            let shown = self.files.display(path);
            return self.refuse(format!("the name of `{shown}` is not UTF-8"));
        };
        if name.starts_with(['_', '.']) {
            return;
        }
        if path.is_dir() {
            return self.enter(path, &format!("{prefix}{name}/"));
        }
        if is_scenario(name) && path != self.register {
            self.take(path, format!("{prefix}{name}"));
        }
    }

    fn take(&mut self, file: &Path, path: String) {
        if path.contains('#') {
            return self
                .refuse(format!("`{}`: in a name, `#` parts a scenario from its case", self.files.display(file)));
        }
        let real = file.canonicalize();
        if real.is_ok_and(|real| !real.starts_with(&self.files.real_root)) {
            return self.refuse(format!("`{}` is a link that leads out of the suite", self.files.display(file)));
        }
        self.out.found.push(Found { path, file: file.to_path_buf() });
    }

    fn refuse(&mut self, message: String) {
        self.out
            .errors
            .push(Diagnostic::nowhere(message).help("rename it, or put `_` before its name to leave it out"));
    }
}

fn is_scenario(name: &str) -> bool {
    [".yaml", ".yml", ".slt"].iter().any(|ending| name.ends_with(ending))
}
