//! One folder for each running cluster: data, logs, the owner and the processes, so that whoever comes later can tell
//! what of it is left over.

use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::Uid;
use rand::Rng;
use rand::distr::Alphanumeric;

use super::ClusterError;
use super::owner::Owner;
use super::process::ServerProcess;

/// Begins the name of every run folder.
pub(crate) const PREFIX: &str = "run-";
/// Begins the name of one that is being made.
pub(crate) const UNFINISHED: &str = ".new-";
/// The owner's file.
pub(crate) const OWNER: &str = "owner.json";
/// The folder with a file for each process, whose name is its number and whose content is its start.
pub(crate) const PIDS: &str = "pids";

const MEND: &str = "set POLYSPEC_RUN_DIR to a folder that you own, or remove this one if it is yours";

/// The folder of a running cluster.
#[derive(Debug)]
pub(crate) struct RunFolder {
    /// Where it lies. Its name has enough chance in it to be nobody else's.
    pub path: PathBuf,
    /// Held as long as the owner lives: the system releases it however the owner ends.
    _lock: File,
}

impl RunFolder {
    /// Makes one below `run_dir`. It gets its name only once it has its owner.
    pub(crate) fn create(run_dir: &Path) -> Result<Self, ClusterError> {
        prepare(run_dir)?;
        let chance = random_word(16).to_ascii_lowercase();
        let (unfinished, path) =
            (run_dir.join(format!("{UNFINISHED}{chance}")), run_dir.join(format!("{PREFIX}{chance}")));
        let make = || -> io::Result<File> {
            make_folder(&unfinished, 0o711)?;
            make_folder(&unfinished.join(PIDS), 0o700)?;
            let lock = File::create(unfinished.join(OWNER))?;
            lock.try_lock().map_err(io::Error::from)?;
            serde_json::to_writer(&lock, &Owner::this_process())?;
            std::fs::rename(&unfinished, &path)?;
            Ok(lock)
        };
        let lock =
            make().map_err(|error| ClusterError::folder(&path, error, "free some space, or set POLYSPEC_RUN_DIR"))?;
        Ok(Self { path, _lock: lock })
    }

    /// Its name, which every process of the run carries in its command line.
    pub(crate) fn mark(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// Writes down a process, so that it can be found again by whoever cleans up.
    pub(crate) fn record(&self, process: &ServerProcess) -> io::Result<()> {
        let path = self.path.join(PIDS).join(process.pid().to_string());
        std::fs::write(path, process.started().unwrap_or_default())
    }

    /// Forgets a process that has ended.
    pub(crate) fn forget(&self, pid: i32) {
        let _ = std::fs::remove_file(self.path.join(PIDS).join(pid.to_string()));
    }
}

/// The folder that holds all run folders of this user. Everybody may pass through (as root, servers run as another
/// account), nobody else may write; one that somebody else made is refused.
pub(crate) fn prepare(run_dir: &Path) -> Result<(), ClusterError> {
    let refuse = |cause: String| Err(ClusterError::folder(run_dir, cause, MEND));
    match make_folder(run_dir, 0o711) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return refuse(error.to_string()),
        _ => {}
    }
    let meta = std::fs::symlink_metadata(run_dir).map_err(|error| ClusterError::folder(run_dir, error, MEND))?;
    if !meta.is_dir() {
        return refuse("it is not a folder".into());
    }
    if meta.uid() != Uid::effective().as_raw() {
        return refuse(format!("it belongs to the user {}", meta.uid()));
    }
    if meta.mode() & 0o022 != 0 {
        return refuse("others may write in it".into());
    }
    Ok(())
}

/// Makes a folder with exactly these permissions, whatever the process's mask is.
pub(crate) fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    DirBuilder::new().mode(mode).create(path)?;
    std::fs::set_permissions(path, Permissions::from_mode(mode))
}

/// Letters and digits that nobody can guess.
pub(crate) fn random_word(length: usize) -> String {
    rand::rng().sample_iter(Alphanumeric).take(length).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_which_others_may_write_is_refused() {
        let parent = tempfile::tempdir().expect("a folder");
        let run_dir = parent.path().join("polyspec");
        make_folder(&run_dir, 0o777).expect("made");
        let error = prepare(&run_dir).expect_err("refused").to_string();
        assert!(error.contains("others may write in it"), "{error}");
    }

    #[test]
    fn a_link_to_a_folder_is_refused() {
        let parent = tempfile::tempdir().expect("a folder");
        let run_dir = parent.path().join("polyspec");
        std::os::unix::fs::symlink(parent.path(), &run_dir).expect("made");
        assert!(prepare(&run_dir).is_err());
    }
}
