//! The beginning and the end of clusters.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use nix::sys::signal::{SIGKILL, kill};
use nix::unistd::Pid;

use super::faults::until;
use super::{block_on, mongo, pg, scratch, start, topology};
use crate::cluster::process::table;
use crate::cluster::teardown::sweep;
use crate::model::{NodeFault, NodeName};

/// Set in the process that acts as the owner of a cluster.
const ACT: &str = "POLYSPEC_TEST_OWNS_A_CLUSTER_IN";

#[test]
fn two_clusters_live_side_by_side_and_end_on_their_own() {
    let folder = scratch();
    block_on(async {
        let wanted = || vec![pg("emea")];
        let (topology, run_dir) = (topology(), folder.path().join("run"));
        let (one, two) = tokio::join!(start(&run_dir, wanted(), &topology), start(&run_dir, wanted(), &topology));
        assert_ne!(one.describe().nodes[0].port, two.describe().nodes[0].port);
        let begun = Instant::now();
        one.shutdown().await;
        println!("shut down in {} ms", begun.elapsed().as_millis());
        assert!(!one.describe().folder.exists());
        assert_eq!(super::psql(&two.describe().nodes[0].admin_url, "SHOW fsync").as_deref(), Ok("off"));
        let run = two.describe().folder;
        drop(two);
        assert!(nothing_left(&run), "dropping a cluster ends it");
    });
}

#[test]
fn a_server_that_cannot_start_says_why_and_leaves_nothing() {
    let folder = scratch();
    let run_dir = folder.path().join("run");
    let mut topology = topology();
    topology.pg.as_mut().expect("peers").settings.insert("work_mem".into(), "a lot".into());
    let started = block_on(super::Cluster::start(
        super::options(&run_dir),
        vec![pg("apj")],
        &topology,
        &|_| (),
        std::sync::Arc::new(super::Driver),
    ));
    let error = started.err().expect("refused").to_string();
    assert!(error.starts_with("pg.apj: did not start: it exited with code 1\nthe end of its log:"), "{error}");
    assert!(error.contains("invalid value for parameter \"work_mem\""), "{error}");
    let left: Vec<_> = std::fs::read_dir(&run_dir).expect("there").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["ports"]);
}

/// Does nothing unless another test runs this program as the owner of a cluster.
#[test]
fn acts_as_an_owner() {
    let Some(run_dir) = std::env::var_os(ACT) else { return };
    let topology = topology();
    let wanted: Vec<NodeName> = vec![pg("apj"), pg("emea"), mongo("m1")];
    let cluster = block_on(start(Path::new(&run_dir), wanted, &topology));
    block_on(cluster.inject(&pg("emea"), NodeFault::Pause)).expect("paused");
    block_on(cluster.inject(&mongo("m2"), NodeFault::Pause)).expect("paused");
    println!("owned: {}", cluster.describe().folder.display());
    loop {
        std::thread::park();
    }
}

/// A process that owns a cluster in `run_dir`, and the cluster's run folder.
fn owner(run_dir: &Path) -> (Child, PathBuf) {
    let program = std::env::current_exe().expect("this program");
    let mut owner = Command::new(program)
        .args(["cluster::tests::life::acts_as_an_owner", "--exact", "--nocapture"])
        .env(ACT, run_dir)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the owner starts");
    let lines = BufReader::new(owner.stdout.take().expect("its output")).lines();
    let run = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("owned: ").map(PathBuf::from));
    let run = run.expect("the owner says where its cluster is");
    assert!(run.exists() && !left_over(&run).is_empty());
    (owner, run)
}

fn kill_and_reap(mut owner: Child) {
    owner.kill().expect("killed");
    owner.wait().expect("reaped");
}

#[test]
fn nothing_is_left_of_an_owner_that_was_killed() {
    let folder = scratch();
    let (owner, run) = owner(&folder.path().join("run"));
    kill_and_reap(owner);
    let begun = Instant::now();
    until(|| nothing_left(&run));
    println!("gone after {} ms", begun.elapsed().as_millis());
}

#[test]
fn a_sweep_ends_what_an_owner_and_its_watchdog_left() {
    let folder = scratch();
    let run_dir = folder.path().join("run");
    let (owner, run) = owner(&run_dir);
    sweep(&run_dir);
    assert!(run.exists(), "a sweep leaves a living owner alone");
    let watchdog = left_over(&run).into_iter().find(|pid| table::command(*pid).is_some_and(|(name, _)| name == "sh"));
    kill(Pid::from_raw(watchdog.expect("a watchdog")), SIGKILL).expect("killed");
    kill_and_reap(owner);
    assert!(!left_over(&run).is_empty(), "paused processes of PostgreSQL are left");
    sweep(&run_dir);
    assert!(nothing_left(&run));
}

fn nothing_left(run: &Path) -> bool {
    !run.exists() && left_over(run).is_empty()
}

/// Every living process whose command line names the run, and the watchdog with them.
fn left_over(run: &Path) -> Vec<i32> {
    let mark = run.file_name().expect("a name").to_string_lossy().into_owned();
    let named = |pid| table::command(pid).is_some_and(|(_, line)| line.contains(&mark));
    table::all().into_iter().filter(|entry| !entry.is_dead() && named(entry.pid)).map(|entry| entry.pid).collect()
}
