//! What `up` leaves for later commands: where its cluster is. One file for each suite, readable by its user alone,
//! because it holds passwords.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::build::hex::hex;
use super::run_folder::{self, make_folder, random_word};
use super::{ClusterDescription, ClusterError, Owner};

/// How long the log of a background process that is gone is kept.
const LOG_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
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

/// Makes the folder for state files, open to this user alone, below the folder of runs; removes what dead background
/// processes of any suite left there.
pub fn prepare(state_dir: &Path) -> Result<(), ClusterError> {
    make(state_dir)?;
    sweep(state_dir);
    Ok(())
}

fn make(state_dir: &Path) -> Result<(), ClusterError> {
    if let Some(parent) = state_dir.parent().filter(|parent| !parent.exists()) {
        run_folder::prepare(parent)?;
    }
    match make_folder(state_dir, 0o700) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(ClusterError::folder(state_dir, error, MEND)),
        _ => run_folder::prepare(state_dir),
    }
}

/// The state and the socket go at once, the log, which may say why, after [`LOG_LIFE`]. A socket without a state is left: its
/// process may be starting.
fn sweep(state_dir: &Path) {
    let files = std::fs::read_dir(state_dir).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_up = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("up-"));
    for path in files.filter(of_up) {
        let state = path.with_extension("json");
        let gone = || alive(&state).is_none();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("json") if gone() => forget(&path),
            Some("log") if is_old(&path) && gone() => drop(std::fs::remove_file(&path)),
            _ => {}
        }
    }
}

fn is_old(path: &Path) -> bool {
    let changed = std::fs::metadata(path).and_then(|data| data.modified());
    changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age > LOG_LIFE))
}

/// What a state file says, if it can be read and its process runs.
fn alive(path: &Path) -> Option<StateFile> {
    let state: StateFile = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
    state.owner.is_alive().then_some(state)
}

fn forget(state: &Path) {
    for extension in ["json", "sock"] {
        let _ = std::fs::remove_file(state.with_extension(extension));
    }
}

/// Writes a suite's state, whole or not at all.
pub fn write(state_dir: &Path, state: &StateFile) -> Result<(), ClusterError> {
    make(state_dir)?;
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
    let path = path(state_dir, suite, "json");
    let state = alive(&path);
    if state.is_none() && path.exists() {
        forget(&path);
    }
    state
}

/// Removes a suite's state and its socket.
pub fn remove(state_dir: &Path, suite: &Path) {
    forget(&path(state_dir, suite, "json"));
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    fn state(owner: Owner) -> StateFile {
        let cluster =
            ClusterDescription { nodes: vec![], replica_set_url: None, folder: "/tmp/run".into(), forwards: true };
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
    fn what_dead_processes_of_other_suites_left_is_swept_and_the_living_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let dir = folder.path().join("up");
        let dead =
            StateFile { suite: "/dead".into(), ..state(Owner { started: "never".into(), ..Owner::this_process() }) };
        for state in [&dead, &state(Owner::this_process())] {
            write(&dir, state).expect("written");
            for extension in ["sock", "log"] {
                std::fs::write(path(&dir, &state.suite, extension), "").expect("written");
            }
        }
        let starting = path(&dir, Path::new("/starting"), "sock");
        std::fs::write(&starting, "").expect("written");
        let yesterday = std::time::SystemTime::now() - 2 * LOG_LIFE;
        for log in ["/dead", "/suite"].map(|suite| path(&dir, Path::new(suite), "log")) {
            File::options().write(true).open(log).expect("a log").set_modified(yesterday).expect("old");
        }
        prepare(&dir).expect("swept");
        let there =
            |suite: &str| ["json", "sock", "log"].map(|extension| path(&dir, Path::new(suite), extension).exists());
        assert_eq!((there("/dead"), there("/suite")), ([false; 3], [true; 3]));
        assert!(starting.exists(), "the socket of a process that is starting is gone");
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
