//! Where things lie, and how long to wait.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::Uid;

use super::{ClusterError, state};

/// What the caller decides about a cluster. [`Options::from_environment`] is the only place in this room that reads the
/// environment, so that `main` can do it once.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder that holds `postgres` and `initdb`, from `POLYSPEC_PG_BIN`.
    pub pg_bin: Option<PathBuf>,
    /// The program `mongod`, from `POLYSPEC_MONGOD`.
    pub mongod: Option<PathBuf>,
    /// Folders to look for programs in, as `PATH` writes them.
    pub search_path: Option<OsString>,
    /// Where fetched builds are kept, from `POLYSPEC_CACHE`, else [`default_cache`].
    pub cache: PathBuf,
    /// Below it lies one folder for each running cluster: `polyspec-<uid>` in `POLYSPEC_RUN_DIR`, else in the folder for
    /// temporary files. In memory (the default where there is a file system with room) it takes about 150 MB for an idle
    /// cluster of three peers and three members, and halves the time to start it where the disk is slow.
    pub run_dir: PathBuf,
    /// Where `up` keeps its state file and its control socket.
    pub state_dir: PathBuf,
    /// How long a server may take until it accepts connections.
    pub start_timeout: Duration,
    /// How long an orderly stop may take before the server is forced.
    pub stop_grace: Duration,
    /// Whether nodes reach one another through ways of polyspec's that can be cut. Members of a replica set then have those
    /// as their addresses, for drivers, too, which costs a little time; PostgreSQL peers may use them.
    pub forwards: bool,
}

/// Free bytes from which on clusters live in memory.
const ROOM_IN_MEMORY: u64 = 3 << 30;

impl Options {
    /// The defaults, with what the environment says; `variable` looks a variable up, as `std::env::var_os` does.
    pub fn from_environment(variable: impl Fn(&str) -> Option<OsString>) -> Self {
        // An empty path counts as none.
        let path = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        let temporary = path("TMPDIR").unwrap_or_else(|| PathBuf::from("/tmp"));
        let run_dir = path("POLYSPEC_RUN_DIR").or_else(shared_memory).unwrap_or_else(|| temporary.clone());
        let run_dir = run_dir.join(format!("polyspec-{}", Uid::effective()));
        Self {
            pg_bin: path("POLYSPEC_PG_BIN"),
            mongod: path("POLYSPEC_MONGOD"),
            search_path: variable("PATH"),
            cache: path("POLYSPEC_CACHE").unwrap_or_else(|| default_cache(&temporary)),
            state_dir: run_dir.join("up"),
            run_dir,
            start_timeout: Duration::from_secs(60),
            stop_grace: Duration::from_secs(10),
            forwards: false,
        }
    }

    /// Whether servers can live where these options say: found out before anything is started.
    ///
    /// # Errors
    /// The folder for runs is relative, or so deep that the control socket of `up` below it has no address.
    pub fn check(&self) -> Result<(), ClusterError> {
        let refuse = |cause: String| Err(ClusterError::folder(&self.run_dir, cause, RUN_DIR_FIX));
        if !self.run_dir.is_absolute() {
            return refuse("this path for servers is relative, and they run in folders of their own".into());
        }
        let length = state::path(&self.state_dir, Path::new("/"), "sock").as_os_str().len();
        if length > LONGEST_SOCKET {
            let excess = length - LONGEST_SOCKET;
            return refuse(format!(
                "this path for servers is {excess} bytes too long: a socket below it would have more than {LONGEST_SOCKET}"
            ));
        }
        Ok(())
    }
}

/// Bytes that the address of a Unix socket has at most on Linux, without the zero at its end (unix(7), `sun_path`).
const LONGEST_SOCKET: usize = 107;
const RUN_DIR_FIX: &str = "set POLYSPEC_RUN_DIR (else TMPDIR counts) to a short path that begins with `/`";

/// The file system in memory, when there is one with room: a data folder is about a thousand files, and making them there
/// takes a tenth of the time that a disk takes. What is in it dies with the cluster anyway.
fn shared_memory() -> Option<PathBuf> {
    let folder = PathBuf::from("/dev/shm");
    let room = nix::sys::statvfs::statvfs(&folder).ok()?;
    let free = (room.blocks_available() as u64).saturating_mul(room.fragment_size() as u64);
    let writable = nix::unistd::access(&folder, nix::unistd::AccessFlags::W_OK).is_ok();
    (free >= ROOM_IN_MEMORY && writable).then_some(folder)
}

/// The cache folder of this user. Root's is `/var/cache/polyspec`: root's servers run as an unprivileged account, which
/// cannot enter root's home. A user without a home has it in `temporary`.
pub fn default_cache(temporary: &std::path::Path) -> PathBuf {
    if Uid::effective().is_root() {
        return PathBuf::from("/var/cache/polyspec");
    }
    match directories::ProjectDirs::from("", "", "polyspec") {
        Some(folders) => folders.cache_dir().to_path_buf(),
        None => temporary.join(format!("polyspec-cache-{}", Uid::effective())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(run_dir: &str) -> Result<(), String> {
        let run_dir = run_dir.to_string();
        let options = Options::from_environment(|name| (name == "POLYSPEC_RUN_DIR").then(|| run_dir.clone().into()));
        options.check().map_err(|error| error.to_string())
    }

    #[test]
    fn a_folder_for_runs_is_absolute_and_short() {
        assert!(checked("/tmp").is_ok());
        assert!(
            checked("runs").is_err_and(|error| error.contains("is relative") && error.contains("POLYSPEC_RUN_DIR"))
        );
        assert!(checked(&format!("/{}", "x".repeat(100))).is_err_and(|error| error.contains("bytes too long")));
    }
}
