//! The program as a child: what it said and how it ended, never longer than a limit.

use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::world::PROGRAM;

/// How long any run of the program may take before it counts as hung.
const LIMIT: Duration = Duration::from_secs(180);

/// How often a condition is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The program under test in a folder.
pub fn program(folder: &Path) -> Command {
    command(PROGRAM, folder)
}

/// A program in a folder, with an environment in which nothing of the caller's decides how it behaves.
pub fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).stdin(Stdio::null());
    for name in ["CI", "NO_COLOR", "TERM", "COLUMNS", "POLYSPEC_RUN_DIR"] {
        command.env_remove(name);
    }
    command
}

/// How a child ended.
pub struct Ended {
    /// The exit code; `None` after a signal.
    pub code: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: String,
    /// What it wrote to standard error.
    pub stderr: String,
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.map_or("a signal".to_string(), |code| code.to_string());
        write!(f, "exit code {code}\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr)
    }
}

impl Ended {
    /// Asserts the exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Asserts that standard error holds a text.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "standard error lacks `{text}`\n{self}");
        self
    }

    /// Asserts that standard output holds a text.
    #[track_caller]
    pub fn prints(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "standard output lacks `{text}`\n{self}");
        self
    }
}

/// A child that runs. It is killed when it is dropped.
pub struct Running {
    child: Child,
    stdout: File,
    stderr: File,
}

/// Starts a command, its output into files: no pipe can fill up.
pub fn start(mut command: Command) -> Running {
    let file = || tempfile::tempfile().expect("a file");
    let (stdout, stderr) = (file(), file());
    let handle = |file: &File| Stdio::from(file.try_clone().expect("a handle"));
    command.stdout(handle(&stdout)).stderr(handle(&stderr));
    // A group of its own: a signal that a test sends must not reach the test.
    let child = command.process_group(0).spawn().unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    Running { child, stdout, stderr }
}

/// Runs a command to its end.
pub fn finish(command: Command) -> Ended {
    start(command).wait()
}

impl Running {
    /// The process id.
    pub fn pid(&self) -> i32 {
        self.child.id() as i32
    }

    /// Waits for its end and returns the most memory that it had resident before it was last asked, in KiB (`VmHWM` of
    /// proc(5)).
    #[track_caller]
    pub fn wait_with_peak(mut self) -> (Ended, u64) {
        let status = format!("/proc/{}/status", self.pid());
        let mut peak = 0;
        let ended = eventually(LIMIT, || {
            peak = std::fs::read_to_string(&status).ok().as_deref().and_then(high_water_mark).unwrap_or(peak);
            self.has_ended()
        });
        assert!(ended, "it did not end within {LIMIT:?}");
        (self.wait(), peak)
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid()), signal).expect("a signal is sent");
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        content(&self.stderr)
    }

    /// Waits until standard error holds a text.
    #[track_caller]
    pub fn says(&mut self, text: &str) {
        let found = eventually(LIMIT, || self.stderr().contains(text) || self.has_ended());
        let said = self.stderr();
        assert!(found && said.contains(text), "it did not say `{text}` but:\n{said}");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(mut self) -> Ended {
        let ended = eventually(LIMIT, || self.has_ended());
        let (stdout, stderr) = (content(&self.stdout), content(&self.stderr));
        assert!(ended, "it did not end within {LIMIT:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        assert!(!stderr.contains("panicked at"), "it panicked\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
        let code = self.child.wait().map(|status: ExitStatus| status.code()).expect("it has ended");
        Ended { code, stdout, stderr }
    }

    fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("it can be asked").is_some()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn high_water_mark(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The whole content. The child writes through the same open file, so its position must stay where it is.
fn content(file: &File) -> String {
    let length = file.metadata().expect("about the file").len() as usize;
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0).expect("read");
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether a condition came true within a limit.
pub fn eventually(limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
    let begun = Instant::now();
    loop {
        if condition() {
            return true;
        }
        if begun.elapsed() > limit {
            return false;
        }
        std::thread::sleep(LOOK_EVERY);
    }
}
