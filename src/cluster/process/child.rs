//! A child process: how it is signalled, and how its end is noticed.

use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::{Arc, Mutex, PoisonError};

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use tokio::sync::watch;

use super::table;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended(pub ExitStatus);

impl Ended {
    /// `it exited with code 1`, `it was killed by signal 9`.
    pub(crate) fn sentence(self) -> String {
        match (self.0.code(), self.0.signal()) {
            (Some(code), _) => format!("it exited with code {code}"),
            (None, Some(signal)) => format!("it was killed by signal {signal}"),
            (None, None) => "it ended".into(),
        }
    }
}

/// A child whose end a thread of its own awaits.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    pid: i32,
    /// Whether what it has started, and has not left its process group, shares its fate.
    group: bool,
    /// Held while the child is reaped and while it is signalled, so that a signal never meets another process that got
    /// the same number.
    reaped: Arc<Mutex<bool>>,
    ended: watch::Receiver<Option<Ended>>,
}

impl ServerProcess {
    /// Takes over a child that was just spawned.
    pub(crate) fn watch(child: Child) -> Self {
        Self::take_over(child, false)
    }

    /// The same for one that leads a process group: signals go to the group, and what is left of it is killed when it ends.
    pub(crate) fn watch_group(child: Child) -> Self {
        Self::take_over(child, true)
    }

    fn take_over(mut child: Child, group: bool) -> Self {
        let (sender, ended) = watch::channel(None);
        let reaped = Arc::new(Mutex::new(false));
        let (pid, lock) = (child.id() as i32, reaped.clone());
        std::thread::spawn(move || {
            await_end(pid);
            let mut reaped = lock.lock().unwrap_or_else(PoisonError::into_inner);
            if group {
                // Its number, which is the group's, is taken until it is reaped.
                let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
            }
            let status = child.wait().unwrap_or_else(|_| ExitStatus::from_raw(0));
            *reaped = true;
            let _ = sender.send(Some(Ended(status)));
        });
        Self { pid, group, reaped, ended }
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    /// When it started, as the process table says; it tells two processes of one number apart.
    pub(crate) fn started(&self) -> Option<String> {
        table::find(self.pid).map(|entry| entry.started)
    }

    /// How it ended, if it has.
    pub(crate) fn ended(&self) -> Option<Ended> {
        *self.ended.borrow()
    }

    /// Waits for its end.
    pub(crate) async fn end(&self) -> Option<Ended> {
        let mut ended = self.ended.clone();
        ended.wait_for(Option::is_some).await.ok().and_then(|ended| *ended)
    }

    /// Signals it; nothing happens if it has ended.
    pub(crate) fn signal(&self, signal: Signal) {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if !*reaped {
            let send = if self.group { killpg } else { kill };
            let _ = send(Pid::from_raw(self.pid), Some(signal));
        }
    }
}

/// Blocks until the child has ended, and leaves it as a zombie, so that its number stays taken (waitid(2), WNOWAIT).
#[expect(unsafe_code, reason = "no crate waits for a child without reaping it")]
fn await_end(pid: i32) {
    use nix::libc;
    loop {
        // SAFETY: `siginfo_t` is plain data for which zeroes are valid, and waitid only writes into it.
        let result = unsafe {
            let mut info: libc::siginfo_t = std::mem::zeroed();
            libc::waitid(libc::P_PID, pid as libc::id_t, &mut info, libc::WEXITED | libc::WNOWAIT)
        };
        if result == 0 || io::Error::last_os_error().kind() != io::ErrorKind::Interrupted {
            return;
        }
    }
}
