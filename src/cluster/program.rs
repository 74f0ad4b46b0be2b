//! Programs that are not servers: each in a process group and a fresh folder of its own, with an environment in which nothing
//! is the user's, with a limit on its time and on what it says, and gone with everything that it started when it ends.

use std::io::{Seek, Write};
use std::os::fd::OwnedFd;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use super::account::{Account, give};
use super::options::Options;
use super::process::{Ended, ServerProcess, spawn};
use super::run_folder::{RunFolder, make_folder};

/// How many bytes it may write to its standard output, and as many to its standard error.
pub const OUTPUT_LIMIT: usize = 1 << 20;

/// How long killed processes may take to go away before their folder is removed under them.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// A program and how it is to run.
pub struct Program {
    /// A name to be found on `PATH`, or a path.
    pub program: PathBuf,
    /// Its arguments, each as it is: there is no shell.
    pub arguments: Vec<String>,
    /// What it reads.
    pub input: String,
    /// Variables beside `PATH`, `HOME` and `LANG`.
    pub environment: Vec<(String, String)>,
    /// How long it may take.
    pub limit: Duration,
}

/// How a program ended and what it said.
pub struct ProgramOutput {
    /// The exit code; 128 and the number of the signal that killed it.
    pub exit: i32,
    /// What it wrote to its standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to its standard error.
    pub stderr: Vec<u8>,
}

/// Why a program gave nothing.
pub enum ProgramError {
    /// It could not be started: the system's words.
    NotStarted(std::io::Error),
    /// It did not end in time and was killed; what it had written to its standard error.
    Late(Vec<u8>),
    /// It wrote more than [`OUTPUT_LIMIT`] to its standard output or its standard error and was killed.
    TooMuch(&'static str),
    /// What it needs could not be made.
    Machinery(String),
}

/// Runs a program to its end. It is killed, with its process group, when the limit is over and when the future is dropped.
///
/// # Errors
/// See [`ProgramError`].
pub async fn run_program(options: &Options, program: Program) -> Result<ProgramOutput, ProgramError> {
    let (limit, broken) = (program.limit, |error: std::io::Error| ProgramError::Machinery(error.to_string()));
    let (stdout, out) = std::io::pipe().map_err(broken)?;
    let (stderr, err) = std::io::pipe().map_err(broken)?;
    let running = Running::start(options, program, (out.into(), err.into()))?;
    let (mut said, mut complained) = (vec![], vec![]);
    let done = async {
        tokio::try_join!(
            read(stdout.into(), &mut said, "standard output"),
            read(stderr.into(), &mut complained, "standard error"),
            async { Ok(running.process.end().await) },
        )
    };
    match tokio::time::timeout(limit, done).await {
        Err(_) => Err(ProgramError::Late(complained)),
        Ok(Err(error)) => Err(error),
        Ok(Ok((_, _, ended))) => {
            Ok(ProgramOutput { exit: ended.map_or(-1, exit_code), stdout: said, stderr: complained })
        }
    }
}

fn exit_code(Ended(status): Ended) -> i32 {
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// Reads to the end, but not more than is allowed.
async fn read(pipe: OwnedFd, into: &mut Vec<u8>, name: &'static str) -> Result<(), ProgramError> {
    let broken = |error: std::io::Error| ProgramError::Machinery(error.to_string());
    let mut pipe = pipe::Receiver::from_owned_fd(pipe).map_err(broken)?;
    while pipe.read_buf(into).await.map_err(broken)? > 0 {
        if into.len() > OUTPUT_LIMIT {
            return Err(ProgramError::TooMuch(name));
        }
    }
    Ok(())
}

/// A program that runs. When it is dropped, its process group is killed and its folder removed.
struct Running {
    process: ServerProcess,
    folder: RunFolder,
}

impl Running {
    fn start(options: &Options, program: Program, (out, err): (OwnedFd, OwnedFd)) -> Result<Self, ProgramError> {
        let account = Account::for_servers().map_err(|error| ProgramError::Machinery(error.to_string()))?;
        let folder = RunFolder::create(&options.run_dir).map_err(|error| ProgramError::Machinery(error.to_string()))?;
        let started = Self::spawn(options, program, &folder, account, (out, err));
        let child = started.inspect_err(|_| drop(std::fs::remove_dir_all(&folder.path)))?;
        Ok(Self { process: ServerProcess::watch_group(child), folder })
    }

    fn spawn(
        options: &Options,
        program: Program,
        folder: &RunFolder,
        account: Option<Account>,
        (out, err): (OwnedFd, OwnedFd),
    ) -> Result<std::process::Child, ProgramError> {
        use std::os::unix::process::CommandExt;
        let broken = |error: std::io::Error| ProgramError::Machinery(error.to_string());
        let home = folder.path.join("home");
        make_folder(&home, 0o700).and_then(|()| give(&home, account.as_ref())).map_err(broken)?;
        let mut command = Command::new(&program.program);
        command.args(&program.arguments).current_dir(&home).env_clear();
        let path = options.search_path.clone().unwrap_or_else(|| "/usr/bin:/bin".into());
        command.env("PATH", path).env("HOME", &home).env("LANG", "C.UTF-8").envs(program.environment);
        command.stdin(input(&program.input).map_err(broken)?).stdout(out).stderr(err);
        if let Some(account) = account {
            command.uid(account.uid).gid(account.gid);
        }
        spawn(command).map_err(ProgramError::NotStarted)
    }
}

/// A file without a name instead of a pipe: nobody has to write while the program reads.
fn input(text: &str) -> std::io::Result<Stdio> {
    if text.is_empty() {
        return Ok(Stdio::null());
    }
    let mut file = tempfile::tempfile()?;
    file.write_all(text.as_bytes())?;
    file.rewind()?;
    Ok(file.into())
}

impl Drop for Running {
    fn drop(&mut self) {
        self.process.signal(Signal::SIGKILL);
        let begun = Instant::now();
        // What was killed may still write for a moment.
        while (self.process.ended().is_none() || std::fs::remove_dir_all(&self.folder.path).is_err())
            && begun.elapsed() < PATIENCE
        {
            std::thread::sleep(LOOK_EVERY);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(folder: &std::path::Path) -> Options {
        let mut options = Options::from_environment(|name| (name == "PATH").then(|| "/usr/bin:/bin".into()));
        options.run_dir = folder.join("polyspec");
        options
    }

    fn shell(script: &str, limit: Duration) -> Program {
        let arguments = vec!["-c".into(), script.into()];
        Program { program: "sh".into(), arguments, input: String::new(), environment: vec![], limit }
    }

    async fn run(program: Program) -> (Result<ProgramOutput, ProgramError>, usize) {
        let folder = tempfile::Builder::new().tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::os::unix::fs::PermissionsExt::from_mode(0o711)).expect("open");
        let done = run_program(&options(folder.path()), program).await;
        let left = std::fs::read_dir(folder.path().join("polyspec")).expect("the folder of runs").count();
        (done, left)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_program_sees_its_own_folder_and_nothing_of_the_users_environment() {
        let mut program = shell("pwd; echo \"$HOME\"; env | cut -d= -f1 | sort | tr '\\n' ' '; cat >&2; exit 3", LONG);
        program.input = "typed".into();
        program.environment = vec![("GIVEN".into(), "a b".into())];
        let (Ok(output), left) = run(program).await else { panic!("it did not run") };
        let said = String::from_utf8(output.stdout).expect("text");
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines[0], lines[1]);
        assert_eq!(lines[2].trim(), "GIVEN HOME LANG PATH PWD", "the shell itself adds PWD");
        assert_eq!((output.exit, output.stderr.as_slice(), left), (3, b"typed".as_slice(), 0));
    }

    #[tokio::test]
    async fn beyond_its_limit_a_program_is_killed_with_all_that_it_started() {
        let script = "sleep 300 & echo $! >&2; (sleep 300; echo never) & wait";
        let (Err(ProgramError::Late(said)), left) = run(shell(script, Duration::from_millis(300))).await else {
            panic!("it was not late")
        };
        let pid: i32 = String::from_utf8(said).expect("text").trim().parse().expect("a number");
        let begun = Instant::now();
        while super::super::process::table::find(pid).is_some_and(|entry| !entry.is_dead()) {
            assert!(begun.elapsed() < LONG, "a grandchild lives");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        assert_eq!(left, 0);
    }

    #[tokio::test]
    async fn what_a_program_leaves_in_the_background_ends_with_it() {
        let begun = Instant::now();
        let (Ok(output), _) = run(shell("sleep 300 & echo done", LONG)).await else { panic!("it did not run") };
        assert_eq!(output.stdout, b"done\n");
        assert!(begun.elapsed() < LONG, "the sleep, which holds its standard output, was waited for");
    }

    #[tokio::test]
    async fn too_much_output_and_a_missing_program_are_told() {
        assert!(matches!(run(shell("yes", LONG)).await.0, Err(ProgramError::TooMuch("standard output"))));
        let missing = Program { program: "no-such-program".into(), ..shell("", LONG) };
        let (Err(ProgramError::NotStarted(error)), left) = run(missing).await else { panic!("it is there") };
        assert_eq!((error.kind(), left), (std::io::ErrorKind::NotFound, 0));
    }

    #[tokio::test]
    async fn a_signal_is_told_as_shells_tell_it() {
        let (Ok(output), _) = run(shell("kill -TERM $$", LONG)).await else { panic!("it did not run") };
        assert_eq!(output.exit, 143);
    }
}
