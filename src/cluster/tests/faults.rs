//! Roles, and what can happen to a node.

use std::time::{Duration, Instant};

use super::super::{ClusterError, NodeState};
use super::{block_on, described, mongo, pg, psql, shared};
use crate::cluster::process::table;
use crate::model::NodeFault;

#[test]
fn three_peers_and_three_members_come_up() {
    let (cluster, topology) = (shared(), super::topology());
    assert_eq!(cluster.nodes(), topology.nodes());
    let description = cluster.describe();
    let ports: std::collections::BTreeSet<u16> = description.nodes.iter().map(|node| node.port).collect();
    assert_eq!(ports.len(), 6);
    assert!(description.replica_set_url.is_some_and(|url| url.contains("replicaSet=rs0")));
}

#[test]
fn the_app_role_may_what_it_must_and_no_more() {
    let node = described(shared(), &pg("apj"));
    let app = node.app_url.expect("an app role");
    assert_eq!(psql(&app, "SELECT current_user").as_deref(), Ok("app"));
    assert!(psql(&app, "SET deadlock_timeout = '1s'").is_err_and(|error| error.contains("permission denied")));
    assert_eq!(psql(&app, "SELECT pg_has_role('pg_read_all_stats', 'member')").as_deref(), Ok("t"));
    assert!(psql(&app, "CREATE DATABASE mine").is_err_and(|error| error.contains("permission denied")));
    assert!(psql(&app, "COPY (SELECT 1) TO PROGRAM 'cat'").is_err_and(|error| error.contains("permission denied")));
    assert_eq!(psql(&node.admin_url, "SELECT usesuper FROM pg_user WHERE usename = current_user").as_deref(), Ok("t"));
}

#[test]
fn nobody_gets_in_without_a_password() {
    let node = described(shared(), &pg("apj"));
    let url = format!("postgresql://polyspec:wrong@127.0.0.1:{}/postgres", node.port);
    assert!(psql(&url, "SELECT 1").is_err_and(|error| error.contains("password authentication failed")));
}

#[test]
fn settings_of_the_topology_reach_a_peer_and_a_durable_one_syncs() {
    let url = described(shared(), &pg("apj")).admin_url;
    let show = |setting: &str| psql(&url, &format!("SHOW {setting}")).expect("shown");
    assert_eq!((show("work_mem"), show("fsync"), show("synchronous_commit")), ("5MB".into(), "on".into(), "on".into()));
    assert_eq!(show("max_active_replication_origins"), "50");
}

#[test]
fn a_paused_peer_answers_again_only_after_it_is_resumed() {
    let (cluster, node) = (shared(), pg("emea"));
    let described = described(cluster, &node);
    block_on(cluster.inject(&node, NodeFault::Pause)).expect("paused");
    assert_eq!(cluster.state(&node).expect("known"), NodeState::Paused);
    let main = described.pid.expect("a process");
    let processes = [vec![table::find(main).expect("there")], table::children(main)].concat();
    assert!(processes.len() > 3 && processes.iter().all(|entry| entry.is_stopped()), "{processes:?}");
    assert!(matches!(block_on(cluster.inject(&node, NodeFault::Stop)), Err(ClusterError::WrongState { .. })));
    block_on(cluster.inject(&node, NodeFault::Resume)).expect("resumed");
    assert_eq!(psql(&described.admin_url, "SELECT 1").as_deref(), Ok("1"));
}

#[test]
fn a_peer_keeps_its_port_and_its_data_through_stop_and_kill() {
    let (cluster, node) = (shared(), pg("latam"));
    let before = described(cluster, &node);
    psql(&before.admin_url, "CREATE TABLE kept (i int); INSERT INTO kept VALUES (7)").expect("written");
    block_on(cluster.inject(&node, NodeFault::Stop)).expect("stopped");
    assert_eq!(cluster.state(&node).expect("known"), NodeState::Stopped);
    assert!(psql(&before.admin_url, "SELECT 1").is_err());
    block_on(cluster.inject(&node, NodeFault::Start)).expect("started");
    block_on(cluster.inject(&node, NodeFault::Kill)).expect("killed");
    assert!(table::postgres_processes(&[&format!("{}:", mark(&before.log))]).is_empty());
    block_on(cluster.inject(&node, NodeFault::Start)).expect("started");
    let after = described(cluster, &node);
    assert_eq!((before.port, &before.admin_url), (after.port, &after.admin_url));
    assert_ne!(before.pid, after.pid);
    assert_eq!(psql(&after.admin_url, "SELECT i FROM kept").as_deref(), Ok("7"));
    // A peer that dies by itself: here of somebody else's signal.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(after.pid.expect("a process")), nix::sys::signal::SIGKILL)
        .expect("signalled");
    until(|| matches!(cluster.state(&node), Ok(NodeState::Crashed(log)) if !log.is_empty()));
    block_on(cluster.inject(&node, NodeFault::Start)).expect("started");
    assert_eq!(psql(&after.admin_url, "SELECT i FROM kept").as_deref(), Ok("7"));
}

#[test]
fn a_member_is_paused_resumed_stopped_started_and_killed() {
    let (cluster, node) = (shared(), mongo("m3"));
    let before = described(cluster, &node);
    block_on(cluster.inject(&node, NodeFault::Pause)).expect("paused");
    assert_eq!(cluster.state(&node).expect("known"), NodeState::Paused);
    block_on(cluster.inject(&node, NodeFault::Resume)).expect("resumed");
    let begun = Instant::now();
    block_on(cluster.inject(&node, NodeFault::Stop)).expect("stopped");
    println!("mongod stopped in {} ms", begun.elapsed().as_millis());
    block_on(cluster.inject(&node, NodeFault::Start)).expect("started");
    block_on(cluster.inject(&node, NodeFault::Kill)).expect("killed");
    assert_eq!(cluster.state(&node).expect("known"), NodeState::Stopped);
    block_on(cluster.inject(&node, NodeFault::Start)).expect("started");
    assert_eq!(described(cluster, &node).port, before.port);
}

#[test]
fn an_unknown_node_is_answered_with_the_known_ones() {
    let error = shared().state(&pg("nowhere")).expect_err("unknown").to_string();
    assert!(error.starts_with("pg.nowhere: this cluster has no such node; it has pg.apj, pg.emea"), "{error}");
}

/// `run-…/pg.apj`, from the path of a node's log.
fn mark(log: &std::path::Path) -> String {
    let run = log.parent().and_then(|run| run.file_name()).expect("a run folder").to_string_lossy().into_owned();
    format!("{run}/{}", log.file_stem().expect("a name").to_string_lossy())
}

/// Waits for a condition, for at most ten seconds.
pub fn until(holds: impl Fn() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(10), "it did not come true");
        std::thread::sleep(Duration::from_millis(10));
    }
}
