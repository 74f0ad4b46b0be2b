//! Runs that own their servers: whatever ends them, nothing of them stays, and nothing of others is touched.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use nix::sys::signal::Signal;
use nix::unistd::Pid;

use crate::children::{Running, eventually};
use crate::suite::Suite;
use crate::trials;

const SOON: Duration = Duration::from_secs(30);

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_run_that_is_killed_leaves_no_server_and_no_folder,
        a_run_that_is_interrupted_sums_up_and_leaves_nothing,
        a_run_that_is_terminated_sums_up_and_leaves_nothing,
        a_run_that_is_interrupted_while_its_system_is_built_ends_soon,
        two_runs_side_by_side_do_not_disturb_one_another,
        two_runs_side_by_side_on_one_cluster_build_a_system_once,
        up_keeps_servers_until_down_and_both_may_be_said_twice,
        up_that_is_interrupted_leaves_no_servers,
        mutants_that_are_terminated_leave_nothing_and_prove_nothing,
        files_of_rows_that_are_interrupted_have_no_name_yet,
        a_run_whose_thread_hangs_ends_all_the_same,
        a_second_signal_ends_a_run_at_once,
        a_peer_that_somebody_stops_is_brought_back_once,
        a_run_is_interrupted_although_a_peer_was_stopped_by_somebody,
        members_that_somebody_kills_are_brought_back_once,
        a_process_of_a_peer_that_somebody_kills_makes_one_error,
        every_command_that_starts_servers_warns_of_what_it_could_not_sweep,
        down_warns_of_a_folder_that_it_could_not_remove,
    ]
}

/// How soon a run must be over after a signal.
const AFTER_A_SIGNAL: Duration = Duration::from_secs(6);

const PASSES: &str = "  - sql: SELECT 1\n    expect: { value: 1 }";
const HANGS: &str = "  - sql: SELECT pg_sleep(300)::text\n    timeout: 5min\n    expect: { value: '' }";
const MONGO: &str = "  - mongo: { insert: t, documents: [{ _id: 1 }] }\n    expect: { reply: { n: 1 } }";

/// A run on servers of its own, in the middle of a scenario that hangs.
fn hanging(suite: &Suite) -> Running {
    let mut running = suite.start(&["run"]);
    running.says("servers started");
    assert!(processes(suite.run_dir()) > 1, "its servers run: {}", running.stderr());
    running
}

fn suite() -> Suite {
    Suite::owning().headed("hangs", "timeout: 5min", HANGS).scenario("mongo", MONGO)
}

/// Processes whose command line, or folder, names this folder; without this process's own.
fn processes(folder: &Path) -> usize {
    let folder = folder.to_string_lossy().into_owned();
    let names = |entry: std::fs::DirEntry| {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let cwd = std::fs::read_link(entry.path().join("cwd")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(&folder) || cwd.starts_with(Path::new(&folder))
    };
    std::fs::read_dir("/proc")
        .expect("a table of processes")
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit()))
        .filter_map(|entry| names(entry).then_some(()))
        .count()
}

fn run_folders(run_dir: &Path) -> Vec<String> {
    let below = run_dir.join(format!("polyspec-{}", nix::unistd::Uid::effective()));
    let entries = std::fs::read_dir(below).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| name.contains("run-")).collect()
}

#[track_caller]
fn assert_nothing_left(suite: &Suite) {
    let gone = || processes(suite.run_dir()) == 0 && run_folders(suite.run_dir()).is_empty();
    let left = || (processes(suite.run_dir()), run_folders(suite.run_dir()));
    assert!(eventually(SOON, gone), "processes and folders that are left: {:?}", left());
}

fn a_run_that_is_killed_leaves_no_server_and_no_folder() {
    let suite = suite();
    let running = hanging(&suite);
    running.signal(Signal::SIGKILL);
    assert_eq!(running.wait().code, None);
    assert_nothing_left(&suite);
    suite.run(&["run", "mongo"]).exits(0).says("1 passed");
    assert_nothing_left(&suite);
}

fn a_run_that_is_interrupted_sums_up_and_leaves_nothing() {
    ends_in_order(Signal::SIGINT);
}

fn a_run_that_is_terminated_sums_up_and_leaves_nothing() {
    ends_in_order(Signal::SIGTERM);
}

fn ends_in_order(signal: Signal) {
    let suite = Suite::owning().headed("hangs", "timeout: 5min", HANGS);
    let running = hanging(&suite);
    running.signal(signal);
    running.wait().exits(3).says("0 passed, 0 failed").says("interrupted");
    assert_nothing_left(&suite);
}

fn a_run_that_is_interrupted_while_its_system_is_built_ends_soon() {
    let suite = Suite::owning()
        .settings("system: slow\nstatement_timeout: 5min")
        .file("slow/system.yaml", "system: Slow\nbuild:\n  - sql: SELECT pg_sleep(300)\n")
        .scenario("a", PASSES);
    let running = hanging(&suite);
    running.signal(Signal::SIGINT);
    running.wait().exits(3).says("1 not run");
    assert_nothing_left(&suite);
}

fn two_runs_side_by_side_do_not_disturb_one_another() {
    let suite = Suite::owning().scenario("a", PASSES);
    let (one, two) = (suite.start(&["run"]), suite.start(&["run"]));
    one.wait().exits(0).says("1 passed");
    two.wait().exits(0).says("1 passed");
    assert_nothing_left(&suite);
}

fn two_runs_side_by_side_on_one_cluster_build_a_system_once() {
    let system = "system: Counted\nbuild:\n  - sql: CREATE TABLE t AS SELECT pg_sleep(0.5)::text\n  - on: mongo\n    mongo: { create: t }\n";
    let steps = "  - sql: SELECT count(*) FROM t\n    expect: { value: 1 }\n  - mongo: { count: t }\n    expect: { reply: { n: 0 } }";
    let suite = Suite::shared().settings("system: counted").file("counted/system.yaml", system).scenario("a", steps);
    let runs: Vec<Running> = (0..3).map(|_| suite.start(&["run"])).collect();
    for run in runs {
        run.wait().exits(0).says("1 passed");
    }
}

fn up_keeps_servers_until_down_and_both_may_be_said_twice() {
    let suite =
        Suite::owning().file("polyspec.yaml", "suite: One\ntopology: { pg: { peers: [a] } }\n").scenario("a", PASSES);
    suite.run(&["status"]).exits(0).prints("no servers are up");
    suite.run(&["up"]).exits(0).prints("the servers are up").prints("pg.a");
    suite.run(&["up"]).exits(0).prints("the servers were up already");
    suite.run(&["status"]).exits(0).prints("running");
    suite.run(&["run"]).exits(0).says("1 passed");
    suite.run(&["down"]).exits(0).prints("the servers are down");
    suite.run(&["down"]).exits(0).prints("no servers are up");
    assert_nothing_left(&suite);
}

/// Processes of a node, by what they call themselves, that do something: `SELECT`, or anything when that is empty.
fn processes_of(suite: &Suite, node: &str, doing: &str) -> Vec<Pid> {
    let runs = run_folders(suite.run_dir());
    let of_node = |entry: std::fs::DirEntry| {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).into_owned();
        let ours = runs.iter().any(|run| command.contains(&format!("{run}/{node}")));
        (ours && command.contains(doing))
            .then(|| entry.file_name().to_string_lossy().parse().ok().map(Pid::from_raw))?
    };
    std::fs::read_dir("/proc").expect("a table of processes").flatten().filter_map(of_node).collect()
}

fn signal_all(processes: &[Pid], signal: Signal) {
    assert!(!processes.is_empty(), "there is somebody to signal");
    for process in processes {
        let _ = nix::sys::signal::kill(*process, signal);
    }
}

/// A run in the middle of `pg_sleep`, with scenarios that come after it.
fn asleep(suite: &Suite) -> Running {
    let running = suite.start(&["run", "--jobs", "1"]);
    let sleeps = eventually(SOON, || !processes_of(suite, "pg.a", " SELECT").is_empty());
    assert!(sleeps, "it does not sleep: {}", running.stderr());
    running
}

fn sleeper() -> Suite {
    let suite = Suite::owning().headed("hangs", "timeout: 5min", HANGS);
    suite.scenario("next", PASSES).scenario("over", PASSES)
}

fn a_peer_that_somebody_stops_is_brought_back_once() {
    let suite = sleeper();
    let running = asleep(&suite);
    signal_all(&processes_of(&suite, "pg.a", ""), Signal::SIGSTOP);
    let ended = running.wait().exits(3).says("2 passed, 0 failed, 1 error");
    assert_eq!(ended.stderr.matches("are brought back").count(), 1, "{ended}");
    assert_nothing_left(&suite);
}

fn a_run_is_interrupted_although_a_peer_was_stopped_by_somebody() {
    let suite = sleeper();
    let running = asleep(&suite);
    signal_all(&processes_of(&suite, "pg.a", ""), Signal::SIGSTOP);
    let begun = Instant::now();
    running.signal(Signal::SIGINT);
    running.wait().exits(3).says("0 passed, 0 failed, 0 errors, 3 not run");
    assert!(begun.elapsed() < AFTER_A_SIGNAL, "it took {:?}", begun.elapsed());
    assert_nothing_left(&suite);
}

fn members_that_somebody_kills_are_brought_back_once() {
    // The pipe is opened by the scenario: before that nothing that happens is the scenario's to meet.
    let reads = "  - load: { file: pipe.jsonl, into: t }
    expect: { affected: 1 }
  - mongo: { find: t, filter: { $where: 'sleep(300000) || true' } }
    timeout: 5min
    expect: { documents: [] }";
    let suite = Suite::owning().headed("hangs", "timeout: 5min", reads).scenario("next", MONGO).scenario("over", MONGO);
    let path = suite.path("scenarios/pipe.jsonl");
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let mut running = suite.start(&["run", "--jobs", "1"]);
    running.says("servers started");
    let mut pipe = OpenOptions::new().write(true).open(&path).expect("somebody reads it");
    for member in ["mongo.m2", "mongo.m3"] {
        signal_all(&processes_of(&suite, member, ""), Signal::SIGKILL);
    }
    pipe.write_all(b"{ \"_id\": 1 }\n").expect("written");
    drop(pipe);
    let ended = running.wait().exits(3).says("2 passed, 0 failed, 1 error");
    assert_eq!(ended.stderr.matches("are brought back").count(), 1, "{ended}");
    assert_nothing_left(&suite);
}

fn a_process_of_a_peer_that_somebody_kills_makes_one_error() {
    let suite = sleeper();
    let running = asleep(&suite);
    signal_all(&processes_of(&suite, "pg.a", " SELECT"), Signal::SIGKILL);
    running.wait().exits(3).says("2 passed, 0 failed, 1 error");
    assert_nothing_left(&suite);
}

/// A run whose scenario reads a pipe that nobody writes to, as long as the pipe is held.
fn reads_a_pipe() -> (Suite, Running, File) {
    let suite = Suite::owning().scenario("a", "  - load: { file: pipe.csv, into: t }\n    expect: { affected: 1 }");
    nix::unistd::mkfifo(&suite.path("scenarios/pipe.csv"), nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let running = suite.start(&["run"]);
    // A pipe can be opened for writing only when somebody reads it (fifo(7)).
    let mut open = OpenOptions::new();
    open.write(true).custom_flags(nix::libc::O_NONBLOCK);
    let mut pipe = None;
    let reads = eventually(SOON, || {
        pipe = open.open(suite.path("scenarios/pipe.csv")).ok();
        pipe.is_some()
    });
    assert!(reads, "nobody reads the pipe: {}", running.stderr());
    (suite, running, pipe.expect("open"))
}

fn a_run_whose_thread_hangs_ends_all_the_same() {
    let (suite, running, _pipe) = reads_a_pipe();
    let begun = Instant::now();
    running.signal(Signal::SIGTERM);
    running.wait().exits(3).says("ended at once");
    assert!(begun.elapsed() < AFTER_A_SIGNAL, "it took {:?}", begun.elapsed());
    assert_nothing_left(&suite);
}

fn a_second_signal_ends_a_run_at_once() {
    let (suite, running, _pipe) = reads_a_pipe();
    // The second must not be one with the first.
    let mut sent = 0;
    let ended = eventually(SOON, || {
        running.signal(Signal::SIGINT);
        sent += 1;
        running.stderr().contains("a second signal")
    });
    assert!(ended, "after {sent} signals: {}", running.stderr());
    running.wait().exits(3);
    assert_nothing_left(&suite);
}

fn mutants_that_are_terminated_leave_nothing_and_prove_nothing() {
    let suite = Suite::owning()
        .file("mutants/slow/system.yaml", "system: Slow\nbreaks: [T1]\nbuild:\n  - sql: CREATE TABLE t ()\n")
        .headed("hangs", "timeout: 5min", HANGS);
    let mut running = suite.start(&["mutants", "--mutants", "mutants"]);
    running.says("servers started");
    let begun = Instant::now();
    running.signal(Signal::SIGTERM);
    let ended = running.wait().exits(3);
    assert!(begun.elapsed() < AFTER_A_SIGNAL, "it took {:?}", begun.elapsed());
    assert!(!ended.stdout.contains("SURVIVED") && !ended.stdout.contains("killed  "), "{ended}");
    assert_nothing_left(&suite);
}

fn files_of_rows_that_are_interrupted_have_no_name_yet() {
    let system = "system: Rows\nbuild: []\nfill: [rows]\nsteps:\n  rows:\n    - generate:\n        seed: \"${seed}\"\n        into:\n          - table: t\n            rows: \"${n}\"\n            columns:\n              name: name\n";
    let suite = Suite::owning().settings("system: rows").file("rows/system.yaml", system);
    let running = suite.start(&["generate", "--rows", "50000000", "--out", "out"]);
    let unfinished = suite.path("out/pg/.t.csv.part");
    assert!(eventually(SOON, || unfinished.exists()), "it does not write: {}", running.stderr());
    running.signal(Signal::SIGINT);
    running.wait().exits(3).says("interrupted");
    assert!(!unfinished.exists() && !suite.has("out/pg/t.csv"), "a part of a file was left");
}

/// Something that looks like the folder of a dead run and cannot be removed as one: it is a file.
fn unsweepable(suite: &Suite) -> std::path::PathBuf {
    let below = suite.run_dir().join(format!("polyspec-{}", nix::unistd::Uid::effective()));
    std::fs::create_dir_all(&below).expect("a folder of runs");
    std::fs::set_permissions(&below, std::os::unix::fs::PermissionsExt::from_mode(0o711))
        .expect("the servers may pass");
    let left = below.join("run-left");
    std::fs::write(&left, "").expect("written");
    left
}

fn every_command_that_starts_servers_warns_of_what_it_could_not_sweep() {
    let system = "system: Small\nbuild:\n  - sql: CREATE TABLE t (a int NOT NULL)\nfill: [rows]\nsteps:\n  rows:\n    - sql: INSERT INTO t VALUES (1)\n      expect: { affected: 1 }\n";
    let topology = "suite: One\ntopology: { pg: { peers: [a] } }\nsystem: small\n";
    let mutant = "system: Broken\nextends: ../../small\nbreaks: [T1]\nbuild:\n  - sql: DROP TABLE t\n";
    let reads = "  - sql: SELECT count(*) FROM t\n    expect: { value: 0 }";
    let suite = Suite::owning()
        .file("polyspec.yaml", topology)
        .file("small/system.yaml", system)
        .file("mutants/broken/system.yaml", mutant)
        .scenario("a", reads);
    unsweepable(&suite);
    let commands: [&[&str]; 5] = [
        &["run", "--report", "json=run.json", "--report", "junit=run.xml"],
        &["mutants", "--mutants", "mutants"],
        &["mutants", "--generate", "--list"],
        &["generate", "--rows", "1"],
        &["up", "--rows", "1"],
    ];
    for command in commands {
        let ended = suite.run(command).exits(0);
        let warned =
            ended.stderr.lines().filter(|line| line.contains("warning: ") && line.contains("run-left")).count();
        assert_eq!(warned, 1, "{command:?}: {ended}");
    }
    suite.run(&["down"]).exits(0);
    for report in ["run.json", "run.xml"] {
        assert!(suite.read(report).contains("run-left"), "{report}: {}", suite.read(report));
    }
}

fn down_warns_of_a_folder_that_it_could_not_remove() {
    let suite =
        Suite::owning().file("polyspec.yaml", "suite: One\ntopology: { pg: { peers: [a] } }\n").scenario("a", PASSES);
    suite.run(&["up"]).exits(0);
    let below = suite.run_dir().join(format!("polyspec-{}", nix::unistd::Uid::effective()));
    let run = below.join(run_folders(suite.run_dir()).first().expect("a run"));
    std::fs::rename(&run, below.join("moved")).expect("moved");
    std::fs::write(&run, "").expect("a file in its place");
    suite.run(&["down"]).exits(0).prints("the servers are down").says("warning: ");
    assert_eq!(processes(suite.run_dir()), 0, "its servers have ended all the same");
}

fn up_that_is_interrupted_leaves_no_servers() {
    let suite = Suite::owning();
    let running = suite.start(&["up"]);
    assert!(eventually(SOON, || processes(suite.run_dir()) > 1), "nothing starts: {}", running.stderr());
    running.signal(Signal::SIGINT);
    running.wait().exits(3).says("interrupted");
    assert_nothing_left(&suite);
}
