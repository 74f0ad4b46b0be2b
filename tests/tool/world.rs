//! The cluster that tests share, and the folder in which everything of this process lies.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use polyspec::internal::{ClusterDescription, StateFile, state};
use tempfile::TempDir;

use crate::children;

/// What every suite of these tests declares, so that it fits on the shared cluster.
pub const TOPOLOGY: &str = "topology:
  pg: { version: 18, peers: [a, b] }
  mongo: { version: 6, members: [m1, m2, m3] }
";

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_polyspec");

static WORLD: OnceLock<World> = OnceLock::new();
static GUARD: Mutex<Option<Guard>> = Mutex::new(None);

/// Tests that share the cluster hold it for reading; those that harm nodes, or look at everything on them, for writing.
static CLUSTER: RwLock<()> = RwLock::new(());

/// The shared cluster.
pub struct World {
    /// Where `polyspec up` keeps what it must remember.
    run_dir: PathBuf,
    up: StateFile,
}

/// Takes the cluster down and removes every folder when this process ends, even by SIGKILL: a shell that waits for the end
/// of a pipe which only this process holds.
struct Guard(Child);

impl Guard {
    fn start(suite: &Path, base: &Path) -> Self {
        let script = r#"trap '' HUP INT TERM; read -r _; "$1" down -C "$2"; rm -rf "$3""#;
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script, "guard", PROGRAM]).arg(suite).arg(base).current_dir("/");
        command.env("POLYSPEC_RUN_DIR", base);
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        Self(command.spawn().expect("a guard starts"))
    }

    fn dismiss(mut self) {
        drop(self.0.stdin.take());
        self.0.wait().expect("the guard ends");
    }
}

/// The right to use the shared cluster.
pub enum Hold {
    /// Beside other tests.
    Shared {
        /// The lock.
        _guard: RwLockReadGuard<'static, ()>,
    },
    /// Alone.
    Alone {
        /// The lock.
        _guard: RwLockWriteGuard<'static, ()>,
    },
}

/// Uses the cluster beside other tests.
pub fn shared() -> Hold {
    Hold::Shared { _guard: CLUSTER.read().unwrap_or_else(PoisonError::into_inner) }
}

/// Uses the cluster alone.
pub fn alone() -> Hold {
    Hold::Alone { _guard: CLUSTER.write().unwrap_or_else(PoisonError::into_inner) }
}

/// A folder for a test inside the folder of all.
pub fn scratch() -> TempDir {
    folder_in(base())
}

/// The folder of all tests, in memory where there is one; the guard removes it.
fn base() -> &'static Path {
    static BASE: OnceLock<PathBuf> = OnceLock::new();
    BASE.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let base = folder_in(if memory.is_dir() { memory.to_path_buf() } else { std::env::temp_dir() }).keep();
        *GUARD.lock().unwrap_or_else(PoisonError::into_inner) = Some(Guard::start(&base.join("shared"), &base));
        base
    })
}

/// Servers that run as another account can pass through it.
fn folder_in(parent: impl AsRef<Path>) -> TempDir {
    let folder = tempfile::Builder::new().prefix("polyspec-tool-").tempdir_in(parent).expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o711)).expect("open to pass");
    folder
}

/// The shared cluster, started when it is first wanted.
pub fn world() -> &'static World {
    WORLD.get_or_init(World::start)
}

/// Ends the shared cluster, if there is one.
pub fn take_down() {
    if let Some(guard) = GUARD.lock().unwrap_or_else(PoisonError::into_inner).take() {
        guard.dismiss();
    }
}

impl World {
    fn start() -> Self {
        let run_dir = base().to_path_buf();
        let suite = run_dir.join("shared");
        std::fs::create_dir_all(suite.join("scenarios")).expect("a suite folder");
        std::fs::write(suite.join("polyspec.yaml"), format!("suite: Shared\n{TOPOLOGY}")).expect("written");
        let mut command = children::program(&suite);
        command.arg("up").env("POLYSPEC_RUN_DIR", &run_dir);
        let up = children::finish(command);
        assert_eq!(up.code, Some(0), "{up}");
        let state_dir = state_dir(&run_dir);
        let up = state::read(&state_dir, &suite).expect("the state of a cluster that is up");
        Self { run_dir, up }
    }

    /// How the nodes are reached.
    pub fn cluster(&self) -> &ClusterDescription {
        &self.up.cluster
    }

    /// The folder for runs and for the state of `up`.
    pub fn run_dir(&self) -> &Path {
        &self.run_dir
    }

    /// Makes `polyspec run` in `suite` use this cluster, as if it had been started by `polyspec up` there.
    pub fn lend(&self, suite: &Path) {
        let up = StateFile { suite: suite.to_path_buf(), ..self.up.clone() };
        state::write(&state_dir(&self.run_dir), &up).expect("the state is written");
    }
}

/// Where polyspec keeps the state of `up` below a folder for runs.
pub fn state_dir(run_dir: &Path) -> PathBuf {
    run_dir.join(format!("polyspec-{}", nix::unistd::Uid::effective())).join("up")
}
