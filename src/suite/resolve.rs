//! Paths that scenarios and systems name: they lead to files of the suite and nowhere else.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Suite;
use super::files::{normal, read_text};
use crate::source::{Diagnostic, SourceFile, Spanned};

/// Why a path is not followed.
enum Refusal {
    LeadsOut,
    Missing(PathBuf, io::Error),
}

impl Suite {
    /// The existing file or folder that `relative` names, seen from the folder `base`. It lies inside the suite, or inside
    /// `base` when `base` itself lies elsewhere (a submission), also when links are followed.
    ///
    /// # Errors
    /// The path is absolute, leads out, or leads to nothing; at the place where it was written.
    pub fn resolve(&self, base: &Path, relative: &Spanned<String>) -> Result<PathBuf, Diagnostic> {
        self.follow(base, relative).map_err(|refusal| match refusal {
            Refusal::LeadsOut => {
                Diagnostic::error(&relative.span, format!("`{}` leads out of the suite", relative.value))
                    .help("name a file of the suite, relative and without climbing out of it")
            }
            Refusal::Missing(path, error) if error.kind() == io::ErrorKind::NotFound => {
                Diagnostic::error(&relative.span, format!("there is no `{}`", self.display(&path)))
            }
            Refusal::Missing(path, error) => {
                Diagnostic::error(&relative.span, format!("`{}` cannot be read: {error}", self.display(&path)))
            }
        })
    }

    /// The same, seen from the folder of the file in which the path was written, as `load: { file: … }` and
    /// `sql: { file: … }` mean it.
    ///
    /// # Errors
    /// As [`Suite::resolve`].
    pub fn resolve_beside(&self, relative: &Spanned<String>) -> Result<PathBuf, Diagnostic> {
        self.resolve(&self.files.folder_of(relative.span.file.name()), relative)
    }

    /// The text of a file of the suite by the name under which it is shown, which an `include` has made up.
    pub(super) fn read_shown(&self, name: &str) -> io::Result<Arc<SourceFile>> {
        let path = normal(&self.files.cwd.join(name));
        let path = within(path, &self.files.root).map_err(|refusal| match refusal {
            Refusal::LeadsOut => io::Error::new(io::ErrorKind::PermissionDenied, "it leads out of the suite"),
            Refusal::Missing(_, error) => error,
        })?;
        Ok(SourceFile::new(self.display(&path), read_text(&path)?))
    }

    fn follow(&self, base: &Path, relative: &str) -> Result<PathBuf, Refusal> {
        if Path::new(relative).is_absolute() {
            return Err(Refusal::LeadsOut);
        }
        let base = normal(&self.files.cwd.join(base));
        let inside = if base.starts_with(&self.files.root) { &self.files.root } else { &base };
        within(normal(&base.join(relative)), inside)
    }
}

/// The path if it lies in the folder `inside`, as it is written and when links are followed.
fn within(path: PathBuf, inside: &Path) -> Result<PathBuf, Refusal> {
    if !path.starts_with(inside) {
        return Err(Refusal::LeadsOut);
    }
    let real = |path: &Path| path.canonicalize().map_err(|error| Refusal::Missing(path.to_path_buf(), error));
    if real(&path)?.starts_with(real(inside)?) { Ok(path) } else { Err(Refusal::LeadsOut) }
}
