//! Puts a program into the background, and waits until it says that it is ready.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::{ClusterError, StateFile, log, state};

const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A program that is to run in the background, and the suite for which it writes a state file.
pub struct Daemon<'a> {
    /// The program: this one, usually.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Where its state file will be; its log is beside it.
    pub state_dir: &'a Path,
    /// The suite's folder.
    pub suite: &'a Path,
}

impl Daemon<'_> {
    /// Where it writes.
    pub fn log(&self) -> PathBuf {
        state::path(self.state_dir, self.suite, "log")
    }
}

/// Starts it in a session of its own, without a terminal, and returns its state once it has written that. Meanwhile each
/// whole line that it writes goes to `follow`. When this is given up before that, it is killed: its servers end with it.
///
/// # Errors
/// It cannot be started, or it ended before it was ready: then with the end of its log.
pub async fn daemonize(daemon: &Daemon<'_>, follow: &mut dyn FnMut(&str)) -> Result<StateFile, ClusterError> {
    state::prepare(daemon.state_dir)?;
    let failed = |error: io::Error| ClusterError::Spawn { program: daemon.program.clone(), cause: error.to_string() };
    let mut lines = Lines { file: fresh_log(&daemon.log()).map_err(failed)?, rest: vec![] };
    let mut starting = Starting { child: start(daemon).map_err(failed)?, stays: false };
    loop {
        let child = &mut starting.child;
        lines.read_new().iter().for_each(|line| follow(line));
        let ready = state::read(daemon.state_dir, daemon.suite).filter(|state| state.owner.pid == child.id() as i32);
        if let Some(state) = ready {
            starting.stays = true;
            return Ok(state);
        }
        if let Some(status) = child.try_wait().map_err(failed)? {
            let log = log::tail(&daemon.log(), log::TAIL_LINES);
            return Err(ClusterError::Daemon { cause: format!("the background process ended ({status})"), log });
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// A process that is not ready yet.
struct Starting {
    child: Child,
    stays: bool,
}

impl Drop for Starting {
    fn drop(&mut self) {
        if !self.stays {
            // It may have ended by itself.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// An empty log, opened for reading. It is this user's alone.
fn fresh_log(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(true).write(true).read(true).mode(0o600).open(path)
}

#[expect(unsafe_code, reason = "a session of its own is made between fork and exec")]
fn start(daemon: &Daemon<'_>) -> io::Result<Child> {
    let log = OpenOptions::new().append(true).open(daemon.log())?;
    let mut command = Command::new(&daemon.program);
    command.args(&daemon.args).stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    // SAFETY: setsid is async-signal-safe, and nothing is allocated.
    unsafe { command.pre_exec(|| nix::unistd::setsid().map(drop).map_err(Into::into)) };
    command.spawn()
}

/// The lines that have come into a growing file.
pub struct Lines {
    file: File,
    rest: Vec<u8>,
}

impl Lines {
    /// Those that come into this file from now on.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn from_now_on(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, rest: vec![] })
    }

    /// The whole lines that have come since it was last called.
    pub fn read_new(&mut self) -> Vec<String> {
        let position = self.file.stream_position().unwrap_or(0);
        if self.file.read_to_end(&mut self.rest).is_err() {
            let _ = self.file.seek(SeekFrom::Start(position));
        }
        let whole = self.rest.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let lines: Vec<u8> = self.rest.drain(..whole).collect();
        String::from_utf8_lossy(&lines).lines().map(str::to_string).collect()
    }
}
