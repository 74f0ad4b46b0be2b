//! Ends every process of a run and removes its folder: for a cluster that is over, for one that could not start, and for
//! one whose owner is gone.

use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::owner::Owner;
use super::ports;
use super::process::table;
use super::run_folder::{OWNER, PIDS, PREFIX, UNFINISHED};

/// How long killed processes may take to go away; a process in an uninterruptible wait is left to its fate.
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// A folder that was begun so long ago and still has no name is nobody's.
const UNFINISHED_AGE: Duration = Duration::from_secs(60);

/// Kills what runs there, and removes the folder. Stopped processes die of SIGKILL as well.
pub(crate) fn destroy(run: &Path) -> std::io::Result<()> {
    let Some(mark) = run.file_name().map(|name| name.to_string_lossy().into_owned()) else { return Ok(()) };
    kill_until_gone(|| {
        let mut pids = recorded(run, &mark);
        pids.extend(table::postgres_processes(&[&mark]));
        pids
    });
    shared_memory_segments(run).into_iter().for_each(remove_segment);
    match std::fs::remove_dir_all(run) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Kills until `living` finds nothing more. False if patience ran out.
pub(crate) fn kill_until_gone(living: impl Fn() -> Vec<i32>) -> bool {
    let begun = Instant::now();
    loop {
        let pids = living();
        if pids.is_empty() {
            return true;
        }
        if begun.elapsed() > PATIENCE {
            return false;
        }
        for pid in pids {
            let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

/// Cleans up after every polyspec of this user that ended without doing so itself.
pub fn sweep(run_dir: &Path) {
    for entry in std::fs::read_dir(run_dir).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let orphaned = match () {
            () if name.starts_with(PREFIX) => is_orphaned(&entry.path()),
            () if name.starts_with(UNFINISHED) => is_old(&entry),
            () => false,
        };
        if orphaned && let Err(error) = destroy(&entry.path()) {
            tracing::warn!("{}: left over, and could not be removed: {error}", entry.path().display());
        }
    }
    ports::sweep(run_dir);
}

/// Nobody holds its lock, and its owner does not run. Both must hold: a lock says nothing on some network file systems,
/// and a process of another container is not in our table.
fn is_orphaned(run: &Path) -> bool {
    let Ok(file) = std::fs::File::open(run.join(OWNER)) else { return true };
    if file.try_lock().is_err() {
        return false;
    }
    !serde_json::from_reader::<_, Owner>(file).is_ok_and(|owner| owner.is_alive())
}

fn is_old(entry: &std::fs::DirEntry) -> bool {
    let age = entry.metadata().and_then(|meta| meta.modified()).map(|modified| modified.elapsed().unwrap_or_default());
    age.is_ok_and(|age| age > UNFINISHED_AGE)
}

/// Recorded processes that are really still the ones that were recorded.
fn recorded(run: &Path, mark: &str) -> Vec<i32> {
    let entries = std::fs::read_dir(run.join(PIDS)).into_iter().flatten().flatten();
    let living = entries.filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let started = std::fs::read_to_string(entry.path()).ok()?;
        table::is_same(pid, &started, mark).then_some(pid)
    });
    living.collect()
}

/// PostgreSQL keeps one small System V segment for each data folder; a killed server leaves it in the system. Its key and
/// id stand in line 7 of `postmaster.pid` (src/include/utils/pidfile.h).
fn shared_memory_segments(run: &Path) -> Vec<(i32, i32)> {
    let folders = std::fs::read_dir(run).into_iter().flatten().flatten();
    let files = folders.filter_map(|folder| std::fs::read_to_string(folder.path().join("data/postmaster.pid")).ok());
    files.filter_map(|text| key_and_id(&text)).collect()
}

fn key_and_id(postmaster_pid: &str) -> Option<(i32, i32)> {
    let mut words = postmaster_pid.lines().nth(6)?.split_whitespace();
    // The key is printed as unsigned long, of a signed 32-bit number.
    Some((words.next()?.parse::<u64>().ok()? as i32, words.next()?.parse().ok()?))
}

/// Removes the segment if it is still the one with that key and nobody uses it.
#[expect(unsafe_code, reason = "no crate has shmctl")]
fn remove_segment((key, id): (i32, i32)) {
    use nix::libc;
    // SAFETY: `shmid_ds` is plain data for which zeroes are valid; shmctl only writes into it.
    unsafe {
        let mut about: libc::shmid_ds = std::mem::zeroed();
        let there = libc::shmctl(id, libc::IPC_STAT, &mut about) == 0;
        let same = libc::shmget(key, 0, 0) == id;
        if there && same && about.shm_nattch == 0 {
            libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_segment_of_a_killed_server_is_read_from_its_pid_file() {
        let text = "123\n/tmp/x\n1700000000\n20001\n\n127.0.0.1\n  1234567     65538\nready   \n";
        assert_eq!(key_and_id(text), Some((1_234_567, 65_538)));
        assert_eq!(key_and_id("123\n/tmp/x\n"), None);
    }

    #[test]
    fn a_sweep_leaves_alone_what_has_an_owner_and_what_it_does_not_know() {
        let parent = tempfile::tempdir().expect("a folder");
        let run_dir = parent.path().join("polyspec");
        let owned = super::super::run_folder::RunFolder::create(&run_dir).expect("made");
        let foreign = run_dir.join("notes");
        std::fs::create_dir(&foreign).expect("made");
        sweep(&run_dir);
        assert!(owned.path.exists() && foreign.exists());
    }

    #[test]
    fn a_sweep_removes_a_folder_whose_owner_is_gone() {
        let parent = tempfile::tempdir().expect("a folder");
        let run = parent.path().join("run-orphan");
        std::fs::create_dir(&run).expect("made");
        std::fs::write(run.join(OWNER), r#"{"pid":1,"started":"never","boot":"another"}"#).expect("written");
        sweep(parent.path());
        assert!(!run.exists());
    }
}
