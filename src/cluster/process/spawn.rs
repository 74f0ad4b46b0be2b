//! Spawning, from one thread that lives as long as polyspec does.
//!
//! Each child is in a session of its own, so that Ctrl-C in the terminal does not reach it, and on Linux it is killed when
//! its parent ends (prctl(2), PR_SET_PDEATHSIG). That signal fires when the *thread* that spawned it ends: threads of a
//! runtime come and go, so none of them may spawn.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError, mpsc};

use crate::cluster::account::Account;

type Job = Box<dyn FnOnce() + Send>;

/// A program of a server build, and how it is to run.
pub(crate) struct Launch {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// The folder that it starts in.
    pub folder: PathBuf,
    /// As whom, if not as us.
    pub account: Option<Account>,
    /// Where standard output and standard error go.
    pub log: File,
    /// What it reads; nothing when absent.
    pub input: Option<File>,
}

impl Launch {
    /// Starts it. Of our environment it sees nothing but the folders of programs: a server must not depend on the
    /// user's locale, time zone or `PG…` variables.
    pub(crate) fn start(self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(&self.args).current_dir(&self.folder);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").env("TZ", "UTC");
        command.stdin(self.input.map_or_else(Stdio::null, Stdio::from));
        command.stdout(self.log.try_clone()?).stderr(self.log);
        if let Some(account) = self.account {
            command.uid(account.uid).gid(account.gid);
        }
        spawn(command)
    }
}

/// Starts a command that ends when we do.
#[expect(unsafe_code, reason = "the parent is followed from between fork and exec on")]
pub(crate) fn spawn(mut command: Command) -> io::Result<Child> {
    let parent = nix::unistd::getpid();
    // SAFETY: between fork and exec only async-signal-safe system calls are made, and no memory is allocated.
    unsafe { command.pre_exec(move || leave_terminal_and_follow(parent)) };
    on_spawner(move || command.spawn())
}

/// Runs in the child, after the change of user (which would clear the parent-death signal).
fn leave_terminal_and_follow(parent: nix::unistd::Pid) -> io::Result<()> {
    nix::unistd::setsid()?;
    #[cfg(target_os = "linux")]
    nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL)?;
    // The parent may have died before the signal was asked for.
    if nix::unistd::getppid() != parent {
        return Err(io::Error::from(io::ErrorKind::Interrupted));
    }
    Ok(())
}

/// Runs `job` on the spawning thread and waits for its result.
fn on_spawner<T: Send + 'static>(job: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    let gone = || io::Error::other("the thread that starts processes has ended");
    let (answer, result) = mpsc::sync_channel(1);
    let job: Job = Box::new(move || {
        let _ = answer.send(job());
    });
    let sender = spawner().lock().unwrap_or_else(PoisonError::into_inner).clone();
    sender.send(job).map_err(|_| gone())?;
    result.recv().map_err(|_| gone())?
}

fn spawner() -> &'static Mutex<mpsc::Sender<Job>> {
    static SPAWNER: OnceLock<Mutex<mpsc::Sender<Job>>> = OnceLock::new();
    SPAWNER.get_or_init(|| {
        let (sender, jobs) = mpsc::channel::<Job>();
        std::thread::spawn(move || jobs.into_iter().for_each(|job| job()));
        Mutex::new(sender)
    })
}
