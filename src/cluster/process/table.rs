//! The table of processes: who is whose child, who is stopped, and which processes belong to a run.
//!
//! On Linux it is read from `/proc` (proc(5)); only files that everybody may read are used, because root in a container
//! often may not look into another user's process (`cwd`, `exe`). Elsewhere `ps` says the same (POSIX names of columns).

use std::path::Path;
use std::process::Command;

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The process.
    pub pid: i32,
    /// Its parent.
    pub parent: i32,
    /// `R`, `S`, `D`, `T` (stopped), `Z` (dead, not yet reaped) and others.
    pub state: char,
    /// When it started: clock ticks since boot on Linux, a date elsewhere. Only ever compared.
    pub started: String,
}

impl Entry {
    /// Dead, only its number is still taken.
    pub(crate) fn is_dead(&self) -> bool {
        matches!(self.state, 'Z' | 'X')
    }

    /// Stopped by SIGSTOP.
    pub(crate) fn is_stopped(&self) -> bool {
        matches!(self.state, 'T' | 't')
    }
}

/// All processes.
pub(crate) fn all() -> Vec<Entry> {
    if !has_proc() {
        return from_ps(&["-ax"]);
    }
    let folders = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    folders.filter_map(|folder| folder.file_name().to_str()?.parse().ok()).filter_map(from_proc).collect()
}

/// One process.
pub(crate) fn find(pid: i32) -> Option<Entry> {
    if has_proc() { from_proc(pid) } else { from_ps(&["-p", &pid.to_string()]).into_iter().next() }
}

/// The living children of a process.
pub(crate) fn children(parent: i32) -> Vec<Entry> {
    all().into_iter().filter(|entry| entry.parent == parent && !entry.is_dead()).collect()
}

/// The name of the program, and the command line with spaces between its words.
pub(crate) fn command(pid: i32) -> Option<(String, String)> {
    if !has_proc() {
        let line = ps(&["-ww", "-p", &pid.to_string(), "-o", "command="])?.trim().to_string();
        return Some((program_of(&line), line));
    }
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_string();
    let line = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let words = line.split(|byte| *byte == 0).filter(|word| !word.is_empty());
    Some((name, words.map(String::from_utf8_lossy).collect::<Vec<_>>().join(" ")))
}

/// Every living process of PostgreSQL whose command line holds one of `marks`, each a run folder's name and perhaps more.
/// The main process has it in its arguments, each other one in its title, because it is the start of `cluster_name`.
pub(crate) fn postgres_processes(marks: &[&str]) -> Vec<i32> {
    let ours = |pid: i32| {
        command(pid).is_some_and(|(name, line)| {
            matches!(name.as_str(), "postgres" | "initdb") && marks.iter().any(|mark| line.contains(mark))
        })
    };
    all().into_iter().filter(|entry| !entry.is_dead() && ours(entry.pid)).map(|entry| entry.pid).collect()
}

/// Whether the process is alive, is the one that started then, and its command line names `mark`.
pub(crate) fn is_same(pid: i32, started: &str, mark: &str) -> bool {
    find(pid).is_some_and(|entry| !entry.is_dead() && entry.started == started)
        && command(pid).is_some_and(|(_, line)| line.contains(mark))
}

fn has_proc() -> bool {
    Path::new("/proc/self/stat").exists()
}

fn from_proc(pid: i32) -> Option<Entry> {
    parse_stat(pid, &std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// The name of the program stands in parentheses and may hold any character: fields are counted from the last one.
fn parse_stat(pid: i32, line: &str) -> Option<Entry> {
    let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
    Some(Entry {
        pid,
        state: fields.first()?.chars().next()?,
        parent: fields.get(1)?.parse().ok()?,
        started: fields.get(19)?.to_string(),
    })
}

fn from_ps(which: &[&str]) -> Vec<Entry> {
    let columns = ["-o", "pid=", "-o", "ppid=", "-o", "state=", "-o", "lstart="];
    let text = ps(&[which, &columns].concat()).unwrap_or_default();
    text.lines().filter_map(parse_ps).collect()
}

fn parse_ps(line: &str) -> Option<Entry> {
    let mut words = line.split_whitespace();
    Some(Entry {
        pid: words.next()?.parse().ok()?,
        parent: words.next()?.parse().ok()?,
        state: words.next()?.chars().next()?,
        started: words.collect::<Vec<_>>().join(" "),
    })
}

fn ps(args: &[&str]) -> Option<String> {
    let output = Command::new("ps").args(args).output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// `postgres: name: walwriter` and `/x/bin/postgres -D …` are both `postgres`.
fn program_of(line: &str) -> String {
    let first = line.split_whitespace().next().unwrap_or_default().trim_end_matches(':');
    first.rsplit('/').next().unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_name_with_parentheses_and_spaces_does_not_shift_the_fields() {
        let line = "7 (a) b (c) T 1 7 7 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 2 3";
        let entry = parse_stat(7, line).expect("parsed");
        assert_eq!(entry, Entry { pid: 7, parent: 1, state: 'T', started: "98765".into() });
        assert!(entry.is_stopped());
        assert_eq!(parse_stat(7, "7 (cut off"), None);
    }

    #[test]
    fn both_sources_know_this_process() {
        let own = std::process::id() as i32;
        let parent = nix::unistd::getppid().as_raw();
        assert_eq!(find(own).map(|entry| entry.parent), Some(parent));
        assert!(all().iter().any(|entry| entry.pid == own));
        let line = " 12   1 Ss   Mon Jan  5 20:50:00 2026";
        let entry = parse_ps(line).expect("parsed");
        assert_eq!((entry.pid, entry.state, entry.started.as_str()), (12, 'S', "Mon Jan 5 20:50:00 2026"));
    }

    #[test]
    fn a_title_and_a_path_name_the_same_program() {
        assert_eq!(program_of("postgres: run-x/pg.apj: walwriter "), "postgres");
        assert_eq!(program_of("/opt/bin/postgres -D /tmp/run-x"), "postgres");
    }
}
