//! Runs that own their servers: whatever ends them, nothing of them stays, and nothing of others is touched.

use std::path::Path;
use std::time::Duration;

use libtest_mimic::Trial;
use nix::sys::signal::Signal;

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
    ]
}

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
