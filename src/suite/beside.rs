//! Files that steps name: they are there, and scripts can be read. Found before anything runs.

use std::path::Path;

use super::Suite;
use crate::language::sql;
use crate::model::{Action, SqlSource, Step};
use crate::source::{Diagnostic, Spanned};

impl Suite {
    /// Files that these steps name, in workloads too, and that are not there.
    pub(super) fn check_files<'a>(&self, steps: impl IntoIterator<Item = &'a Step>) -> Vec<Diagnostic> {
        let named = steps.into_iter().flat_map(named);
        named.filter_map(|file| self.resolve_beside(&file).err()).collect()
    }

    /// What is wrong inside the scripts that these steps name.
    pub(super) fn check_scripts<'a>(&self, steps: impl IntoIterator<Item = &'a Step>) -> Vec<Diagnostic> {
        let scripts = steps.into_iter().filter_map(|step| match &step.action {
            Action::Sql { source: SqlSource::File(file), .. } => Some(file),
            _ => None,
        });
        scripts.filter_map(|file| self.check_script(file).err()).flatten().collect()
    }

    fn check_script(&self, file: &Spanned<String>) -> Result<(), Vec<Diagnostic>> {
        let path = self.resolve_beside(file).map_err(|error| vec![error])?;
        let unreadable = |error| vec![Diagnostic { span: Some(file.span.clone()), ..error }];
        let source = self.files.read(&path).map_err(unreadable)?;
        sql::script(&source).map(drop)
    }
}

/// The files that a step names, as they are written.
fn named(step: &Step) -> Vec<Spanned<String>> {
    match &step.action {
        Action::Sql { source: SqlSource::File(file), .. } => vec![file.clone()],
        Action::Load(load) => vec![load.file.clone()],
        Action::Run(program) => {
            let path = program.program.as_literal().filter(|path| lies_beside(path));
            path.map(|path| program.program.span.of(path.to_string())).into_iter().collect()
        }
        Action::Workload(workload) => workload.mix.iter().flat_map(|each| &each.steps).flat_map(named).collect(),
        _ => vec![],
    }
}

/// Whether a program is named by a path from the file that says so: others are looked for on `PATH`, or are the machine's.
pub fn lies_beside(program: &str) -> bool {
    program.contains('/') && !Path::new(program).is_absolute()
}
