//! `.slt` files that would have to read otherwise to hold: the rewritten text waits beside the file until a person accepts it.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use super::files::normal;
use super::{Pending, Suite};
use crate::source::BYTE_ORDER_MARK;

/// What follows the name of a file in the name of its rewritten neighbour.
const PENDING: &str = ".pending";

impl Suite {
    /// Puts `text` beside the scenario file that is shown as `file`, at once or not at all, and returns where it is.
    ///
    /// # Errors
    /// The disk refuses, or the file is none of the suite's scenarios.
    pub fn keep_rewritten(&self, file: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.script(file)?;
        let folder = path.parent().unwrap_or(Path::new("/"));
        let mut neighbour = tempfile::Builder::new().prefix(".polyspec-").tempfile_in(folder)?;
        // The text as it was read has lost the mark, and a rewritten file keeps what nobody meant to change.
        if is_marked(&path)? {
            neighbour.write_all(BYTE_ORDER_MARK.as_bytes())?;
        }
        neighbour.write_all(text.as_bytes())?;
        neighbour.as_file().set_permissions(fs::metadata(&path)?.permissions())?;
        let pending = neighbour_of(&path);
        neighbour.persist(&pending).map_err(|error| error.error)?;
        Ok(pending)
    }

    /// Removes the rewritten neighbour of a file, if there is one.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn drop_rewritten(&self, file: &str) -> io::Result<()> {
        let Ok(path) = self.script(file) else { return Ok(()) };
        match fs::remove_file(neighbour_of(&path)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// The absolute path of a file that is shown as `file`.
    pub fn shown_file(&self, file: &str) -> PathBuf {
        normal(&self.files.cwd.join(file))
    }

    /// A script of the suite: a scenario, or a file that one includes.
    fn script(&self, file: &str) -> io::Result<PathBuf> {
        let path = self.shown_file(file);
        if path.starts_with(self.scenarios_folder()) && path.is_file() {
            return Ok(path);
        }
        Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("`{file}` does not lie among the scenarios of the suite"),
        ))
    }

    /// Every rewritten neighbour, sorted; `golden` is the file that it would replace.
    pub fn rewritten(&self) -> Vec<Pending> {
        let mut found = vec![];
        let mut folders = vec![self.scenarios_folder()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = fs::read_dir(&folder) else { continue };
            for entry in entries.flatten() {
                let path = entry.path();
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    folders.push(path);
                } else if let Some(golden) = replaced_by(&path) {
                    found.push(Pending { golden, pending: path });
                }
            }
        }
        found.sort();
        found
    }
}

/// The file that a pending neighbour would replace: an included one may have any name.
fn replaced_by(pending: &Path) -> Option<PathBuf> {
    let file = pending.to_str()?.strip_suffix(PENDING).map(PathBuf::from)?;
    (file.is_file() || file.extension().is_some_and(|ending| ending == "slt")).then_some(file)
}

fn is_marked(path: &Path) -> io::Result<bool> {
    let mut begin = vec![];
    fs::File::open(path)?.take(BYTE_ORDER_MARK.len() as u64).read_to_end(&mut begin)?;
    Ok(begin == BYTE_ORDER_MARK.as_bytes())
}

fn neighbour_of(path: &Path) -> PathBuf {
    let mut neighbour = path.as_os_str().to_owned();
    neighbour.push(PENDING);
    neighbour.into()
}
