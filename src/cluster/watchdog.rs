//! A small shell process that outlives us, and ends our servers when we die without doing so: even by SIGKILL, and even
//! servers that are stopped.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use super::ClusterError;

const SCRIPT: &str = include_str!("watchdog.sh");

/// The watchdog of one run. Its standard input is a pipe that only we hold.
#[derive(Debug)]
pub(crate) struct Watchdog {
    child: Child,
    pipe: Option<ChildStdin>,
}

impl Watchdog {
    /// Starts it, in a session of its own, so that Ctrl-C in the terminal does not end it before us.
    #[expect(unsafe_code, reason = "a session of its own is made between fork and exec")]
    pub(crate) fn start(run: &Path) -> Result<Self, ClusterError> {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", SCRIPT, "polyspec-watchdog"]).arg(run).current_dir("/");
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        // SAFETY: setsid is async-signal-safe, and nothing is allocated.
        unsafe { command.pre_exec(|| nix::unistd::setsid().map(drop).map_err(Into::into)) };
        let spawned = command.spawn();
        let mut child =
            spawned.map_err(|error| ClusterError::Spawn { program: "/bin/sh".into(), cause: error.to_string() })?;
        let pipe = child.stdin.take();
        Ok(Self { child, pipe })
    }

    /// Sends it home: we have cleaned up ourselves.
    pub(crate) fn dismiss(&mut self) {
        if let Some(mut pipe) = self.pipe.take() {
            let _ = pipe.write_all(b"done\n");
            drop(pipe);
            let _ = self.child.wait();
        }
    }
}
