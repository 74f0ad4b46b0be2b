//! Reads the suite's text files and names them as the user knows them.

use std::fs;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use crate::source::{Diagnostic, SourceFile};

/// A text file longer than this, in bytes, is not one that a person wrote.
const LONGEST: u64 = 64 * 1024 * 1024;

/// Where the suite lies and where the user stands.
#[derive(Clone, Debug)]
pub(super) struct Files {
    /// The absolute folder of the suite.
    pub root: PathBuf,
    /// The same with its links followed, to see whether a file's real path is inside.
    pub real_root: PathBuf,
    /// The absolute folder in which the user stands.
    pub cwd: PathBuf,
}

impl Files {
    /// The suite in `root`, for a user in `cwd`.
    pub fn new(root: &Path, cwd: &Path) -> Result<Self, Diagnostic> {
        let real_root = root.canonicalize().map_err(|error| unreadable(&root.display().to_string(), &error))?;
        Ok(Self { root: root.to_path_buf(), real_root, cwd: normal(cwd) })
    }

    /// The path relative to where the user stands, with `/`; `folder_of` turns it back.
    pub fn display(&self, path: &Path) -> String {
        let path = normal(path);
        let common = path.components().zip(self.cwd.components()).take_while(|(a, b)| a == b).count();
        let up = self.cwd.components().count() - common;
        let mut parts = vec![String::from(".."); up];
        parts.extend(path.components().skip(common).map(|part| part.as_os_str().to_string_lossy().into_owned()));
        if parts.is_empty() { ".".into() } else { parts.join("/") }
    }

    /// The absolute folder of a file that [`Files::read`] named.
    pub fn folder_of(&self, name: &str) -> PathBuf {
        let path = normal(&self.cwd.join(name));
        path.parent().map_or(path.clone(), Path::to_path_buf)
    }

    /// The text of a file.
    pub fn read(&self, path: &Path) -> Result<Arc<SourceFile>, Diagnostic> {
        let name = self.display(path);
        let text = read_text(path).map_err(|error| unreadable(&name, &error))?;
        Ok(SourceFile::new(name, text))
    }
}

/// The text of a file of reasonable length.
pub(super) fn read_text(path: &Path) -> io::Result<String> {
    let file = fs::File::open(path)?;
    let mut bytes = vec![];
    file.take(LONGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LONGEST {
        return Err(io::Error::other(format!("it is longer than {} MB", LONGEST / 1024 / 1024)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
        io::Error::new(io::ErrorKind::InvalidData, format!("it is not UTF-8 text (line {line}, byte {at})"))
    })
}

/// A file or folder that cannot be read.
pub(super) fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    Diagnostic::nowhere(format!("`{name}` cannot be read: {error}"))
}

/// The path without `.` and, where a name stands before it, without `..`; links are not followed.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            Component::ParentDir if out.has_root() => {}
            _ => out.push(part),
        }
    }
    out
}

/// Whether a relative path leads to its base or below.
pub(super) fn stays_inside(relative: &Path) -> bool {
    relative.is_relative() && !normal(relative).starts_with("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(cwd: &str) -> Files {
        Files { root: "/suite".into(), real_root: "/suite".into(), cwd: cwd.into() }
    }

    #[test]
    fn a_file_is_shown_relative_to_where_the_user_stands_and_found_again() {
        for (cwd, shown) in
            [("/suite", "scenarios/a.yaml"), ("/suite/docs", "../scenarios/a.yaml"), ("/", "suite/scenarios/a.yaml")]
        {
            let files = files(cwd);
            assert_eq!(files.display(Path::new("/suite/scenarios/a.yaml")), shown);
            assert_eq!(files.folder_of(shown), Path::new("/suite/scenarios"));
        }
    }

    #[test]
    fn a_path_that_climbs_out_is_seen() {
        assert!(stays_inside(Path::new("a/../b")) && stays_inside(Path::new(".")));
        for path in ["..", "a/../../b", "/etc/passwd", "./../x"] {
            assert!(!stays_inside(Path::new(path)), "{path}");
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_told_with_their_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"a\nb\xff").unwrap();
        let error = read_text(file.path()).unwrap_err();
        assert_eq!(error.to_string(), "it is not UTF-8 text (line 2, byte 3)");
    }
}
