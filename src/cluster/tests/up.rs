//! A cluster in the background, used by another process.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::faults::until;
use super::{block_on, options, pg, psql, scratch, start, topology};
use crate::cluster::control::{self, Client};
use crate::cluster::daemon::{Daemon, daemonize};
use crate::cluster::process::table;
use crate::cluster::{ClusterError, Owner, StateFile, doctor, state};
use crate::model::NodeFault;

/// Set in the process that acts as the background process of `up`.
const ACT: &str = "POLYSPEC_TEST_IS_UP_IN";

/// The suite of these tests.
fn suite() -> &'static Path {
    Path::new("/a/suite")
}

/// Does nothing unless another test runs this program in the background.
#[test]
fn acts_as_a_daemon() {
    let Some(run_dir) = std::env::var_os(ACT).map(PathBuf::from) else { return };
    let state_dir = options(&run_dir).state_dir;
    block_on(async {
        let cluster = Arc::new(start(&run_dir, vec![pg("emea")], &topology()).await);
        let socket = state::path(&state_dir, suite(), "sock");
        let state = StateFile {
            suite: suite().into(),
            owner: Owner::this_process(),
            socket: socket.clone(),
            cluster: cluster.describe(),
        };
        let listener = control::listen(&socket).await.expect("a socket");
        state::write(&state_dir, &state).expect("written");
        control::serve(cluster, listener, move || state::remove(&state_dir, suite())).await;
    });
}

/// The state of a background process of its own, and the lines that it wrote until it was ready.
async fn up(run_dir: &Path, extra: &[&str]) -> (Result<StateFile, ClusterError>, Vec<String>) {
    let mut args: Vec<OsString> = vec![format!("{ACT}={}", run_dir.display()).into()];
    args.push(std::env::current_exe().expect("this program").into());
    args.extend(["cluster::tests::up::acts_as_a_daemon", "--exact", "--nocapture"].map(Into::into));
    args.extend(extra.iter().map(Into::into));
    let state_dir = options(run_dir).state_dir;
    let daemon = Daemon { program: "/usr/bin/env".into(), args, state_dir: &state_dir, suite: suite() };
    let mut lines = vec![];
    let state = daemonize(&daemon, &mut |line| lines.push(line.to_string())).await;
    (state, lines)
}

#[test]
fn another_process_injects_faults_into_a_background_cluster_and_takes_it_down() {
    let folder = scratch();
    let (run_dir, node) = (folder.path().join("run"), pg("emea"));
    block_on(async {
        let (state, lines) = up(&run_dir, &[]).await;
        let state = state.unwrap_or_else(|error| panic!("{error}"));
        assert!(lines.iter().any(|line| line.contains("pg.emea: ready")), "{lines:?}");
        assert_eq!(psql(&state.cluster.nodes[0].admin_url, "SELECT 1").as_deref(), Ok("1"));
        let client = Client::new(&state.socket);
        client.inject(&node, NodeFault::Pause).await.expect("paused");
        assert_eq!(client.status().await.expect("status").states, [("pg.emea".into(), "paused".into())]);
        client.inject(&node, NodeFault::Resume).await.expect("resumed");
        client.inject(&node, NodeFault::Kill).await.expect("killed");
        assert_eq!(client.status().await.expect("status").states, [("pg.emea".into(), "stopped".into())]);
        client.inject(&node, NodeFault::Start).await.expect("started");
        let unknown = client.inject(&pg("nowhere"), NodeFault::Stop).await.expect_err("unknown").to_string();
        assert!(unknown.contains("pg.nowhere: this cluster has no such node"), "{unknown}");
        client.shutdown().await.expect("shut down");
        assert!(!state.cluster.folder.exists());
        until(|| !state.owner.is_alive());
        assert_eq!(state::read(&options(&run_dir).state_dir, suite()), None);
    });
}

#[test]
fn a_background_process_that_was_killed_leaves_no_server_and_no_state() {
    let folder = scratch();
    let run_dir = folder.path().join("run");
    let (state, _) = block_on(up(&run_dir, &[]));
    let state = state.unwrap_or_else(|error| panic!("{error}"));
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(state.owner.pid), nix::sys::signal::SIGKILL).expect("signalled");
    until(|| !state.cluster.folder.exists());
    until(|| state::read(&options(&run_dir).state_dir, suite()).is_none());
    let server = state.cluster.nodes[0].pid.expect("a process");
    assert!(table::find(server).is_none_or(|entry| entry.is_dead()));
}

#[test]
fn a_background_process_that_ends_early_is_reported_with_its_log() {
    let folder = scratch();
    let (state, _) = block_on(up(&folder.path().join("run"), &["--no-such-option"]));
    let error = state.expect_err("it ended").to_string();
    assert!(error.contains("the background process ended") && error.contains("no-such-option"), "{error}");
}

#[test]
fn the_doctor_finds_this_machine_fit() {
    let folder = scratch();
    super::shared();
    let findings = doctor::examine(&options(&folder.path().join("run")));
    for finding in &findings {
        println!("{:?} {}: {} {}", finding.status, finding.what, finding.detail, finding.fix.as_deref().unwrap_or(""));
    }
    assert!(findings.iter().all(|finding| finding.status != doctor::FindingStatus::Missing), "{findings:?}");
    assert!(findings.iter().any(|finding| finding.what == "PostgreSQL 18.4"));
}
