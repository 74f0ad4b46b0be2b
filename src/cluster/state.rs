//! What `up` leaves for later commands: where its cluster is. One file for each suite, readable by its user alone,
//! because it holds passwords.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::build::cache::hex;
use super::run_folder::{self, make_folder, random_word};
use super::{ClusterDescription, ClusterError, Owner};

const MEND: &str = "make the folder writable, or set POLYSPEC_RUN_DIR";

/// A cluster that runs in the background.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateFile {
    /// The suite's folder.
    pub suite: PathBuf,
    /// The background process.
    pub owner: Owner,
    /// Its control socket.
    pub socket: PathBuf,
    /// The cluster. Holds passwords.
    pub cluster: ClusterDescription,
}

/// The path of a suite's file of this kind: `up-<hash of the suite's folder>.<extension>`. Short, because the path of a
/// socket has at most about 100 bytes (unix(7)).
pub fn path(state_dir: &Path, suite: &Path, extension: &str) -> PathBuf {
    let suite = suite.canonicalize().unwrap_or_else(|_| suite.to_path_buf());
    let hash = hex(&Sha256::digest(suite.as_os_str().as_encoded_bytes()));
    state_dir.join(format!("up-{}.{extension}", &hash[..16]))
}

/// Makes the folder for state files, open to this user alone, below the folder of runs.
pub fn prepare(state_dir: &Path) -> Result<(), ClusterError> {
    if let Some(parent) = state_dir.parent().filter(|parent| !parent.exists()) {
        run_folder::prepare(parent)?;
    }
    match make_folder(state_dir, 0o700) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(ClusterError::folder(state_dir, error, MEND)),
        _ => run_folder::prepare(state_dir),
    }
}

/// Writes a suite's state, whole or not at all.
pub fn write(state_dir: &Path, state: &StateFile) -> Result<(), ClusterError> {
    prepare(state_dir)?;
    let path = path(state_dir, &state.suite, "json");
    let fresh = path.with_extension(format!("{}.new", random_word(8)));
    let write = || -> io::Result<()> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(&serde_json::to_vec_pretty(state)?)?;
        std::fs::rename(&fresh, &path)
    };
    write().map_err(|error| ClusterError::folder(&path, error, MEND))
}

/// A suite's state, if its background process runs. What a dead one left is removed.
pub fn read(state_dir: &Path, suite: &Path) -> Option<StateFile> {
    let text = std::fs::read(path(state_dir, suite, "json")).ok()?;
    let state: Option<StateFile> = serde_json::from_slice(&text).ok();
    let state = state.filter(|state| state.owner.is_alive());
    if state.is_none() {
        remove(state_dir, suite);
    }
    state
}

/// Removes a suite's state and its socket.
pub fn remove(state_dir: &Path, suite: &Path) {
    for extension in ["json", "sock"] {
        let _ = std::fs::remove_file(path(state_dir, suite, extension));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(owner: Owner) -> StateFile {
        let cluster = ClusterDescription { nodes: vec![], replica_set_url: None, folder: "/tmp/run".into() };
        StateFile { suite: "/suite".into(), owner, socket: "/tmp/up.sock".into(), cluster }
    }

    #[test]
    fn a_state_is_read_back_and_is_nobody_elses_to_read() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("a folder");
        let (dir, state) = (folder.path().join("up"), state(Owner::this_process()));
        write(&dir, &state).expect("written");
        let mode = std::fs::metadata(path(&dir, Path::new("/suite"), "json")).expect("there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(read(&dir, Path::new("/suite")), Some(state));
        assert_eq!(read(&dir, Path::new("/other")), None);
    }

    #[test]
    fn the_state_of_a_dead_process_and_a_damaged_one_are_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let (dir, suite) = (folder.path().join("up"), Path::new("/suite"));
        write(&dir, &state(Owner { started: "never".into(), ..Owner::this_process() })).expect("written");
        assert_eq!(read(&dir, suite), None);
        assert!(!path(&dir, suite, "json").exists());
        std::fs::write(path(&dir, suite, "json"), "{").expect("written");
        assert_eq!(read(&dir, suite), None);
        assert!(!path(&dir, suite, "json").exists());
    }
}
