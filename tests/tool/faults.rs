//! Faults on nodes: they are true when the step is over, they end with the scenario, and they never reach servers of
//! somebody else's.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;
use nix::sys::signal::Signal;

use crate::children::{Ended, eventually};
use crate::servers::{self, block_on, sql_on};
use crate::suite::Suite;
use crate::trials;
use crate::world::world;

const SOON: Duration = Duration::from_secs(30);

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_peer_that_is_killed_and_started_answers_again,
        a_peer_that_is_stopped_is_gone_and_comes_back,
        a_member_that_is_killed_comes_back_with_what_it_missed,
        a_member_is_stopped_started_restarted_paused_and_resumed,
        a_primary_that_steps_down_has_a_successor,
        a_killed_primary_has_a_successor,
        a_paused_node_is_an_error_within_the_limit_and_not_a_hang,
        a_scenario_may_expect_that_a_node_is_silent,
        what_a_scenario_leaves_down_is_restored,
        what_a_killed_run_leaves_down_is_brought_back_by_the_next,
        faults_never_run_beside_other_scenarios,
        faults_are_skipped_on_servers_of_somebody_elses,
        nothing_of_somebody_elses_is_stopped_or_dropped,
        a_fail_point_ends_with_its_scenario_wherever_it_was_set,
    ]
}

/// Runs steps as the only scenario of a suite that has the cluster to itself, and then asserts that every node runs.
fn run(steps: &str) -> Ended {
    let suite = Suite::alone().scenario("fault", steps);
    let ended = suite.run(&["run"]);
    assert_all_run(&suite);
    ended
}

#[track_caller]
fn assert_all_run(suite: &Suite) {
    let status = suite.run(&["status", "--json"]).exits(0);
    for state in ["stopped", "paused", "crashed"] {
        assert!(!status.stdout.contains(state), "a node is {state}\n{status}");
    }
    for node in ["pg.a", "pg.b"] {
        assert_eq!(sql_on(node, "SELECT 1"), ["1"]);
    }
    block_on(async { servers::mongo().await.list_database_names().await }).expect("the replica set answers");
}

fn a_peer_that_is_killed_and_started_answers_again() {
    run("  - on: pg.b
    sql: CREATE TABLE t AS SELECT 7 AS n
  - fault: { kill: pg.b }
  - on: pg.b
    sql: SELECT n FROM t
    expect: { error: { sqlstate: 08 } }
  - fault: { start: pg.b }
  - on: pg.b
    sql: SELECT n FROM t
    expect: { value: 7 }")
    .exits(0);
}

fn a_peer_that_is_stopped_is_gone_and_comes_back() {
    run("  - fault: { stop: [pg.a, pg.b] }
  - on: pg.a
    sql: SELECT 1
    expect: { error: { sqlstate: 08001 } }
  - fault: { start: pg.a }
  - on: pg.a
    sql: SELECT 1
    expect: { value: 1 }
  - fault: { restart: pg.a }
  - on: pg.a
    sql: SELECT 2
    expect: { error: { sqlstate: 57P01 } }
  - on: pg.a
    sql: SELECT 2
    expect: { value: 2 }")
    .exits(0);
}

fn a_member_that_is_killed_comes_back_with_what_it_missed() {
    run("  - fault: { kill: mongo.secondary }
  - mongo: { insert: t, documents: [{ _id: 1 }], writeConcern: { w: 2 } }
  - fault: { start: mongo.* }
  - catch_up: mongo
  - on: [mongo.m1, mongo.m2, mongo.m3]
    mongo: { find: t }
    expect: { documents: [{ _id: 1 }], agree: true }")
    .exits(0);
}

fn a_member_is_stopped_started_restarted_paused_and_resumed() {
    let gone = "  - on: mongo.m3\n    mongo: { find: t }\n    timeout: 1s\n    expect: { error: { name: connection_failure } }";
    let there =
        "  - on: mongo.m3\n    mongo: { find: t }\n    eventually: 20s\n    expect: { documents: [{ _id: 1 }] }";
    let steps = [
        "  - mongo: { insert: t, documents: [{ _id: 1 }], writeConcern: { w: 3 } }",
        "  - fault: { stop: mongo.m3 }",
        gone,
        "  - fault: { start: mongo.m3 }",
        there,
        "  - fault: { restart: mongo.m3 }",
        there,
        "  - fault: { pause: mongo.m3 }",
        gone,
        "  - fault: { resume: mongo.m3 }",
        there,
    ];
    run(&steps.join("\n")).exits(0);
}

fn a_primary_that_steps_down_has_a_successor() {
    run("  - mongo: { insert: t, documents: [{ _id: 1 }], writeConcern: { w: majority } }
  - mongo: { hello: 1 }
    save: { before: primary }
  - fault: { step_down: mongo }
  - mongo: { hello: 1 }
    expect: { reply: { isWritablePrimary: true } }
  - mongo: { insert: t, documents: [{ _id: 2 }] }
    expect: { reply: { n: 1 } }
  - mongo: { find: t, sort: { _id: 1 } }
    expect: { documents: [{ _id: 1 }, { _id: 2 }] }
  - sql: SELECT ${before} <> ''
    expect: { value: true }")
    .exits(0);
}

fn a_killed_primary_has_a_successor() {
    run("  - mongo: { insert: t, documents: [{ _id: 1 }], writeConcern: { w: majority } }
  - fault: { kill: mongo.primary }
  - mongo: { find: t }
    eventually: 30s
    expect: { documents: [{ _id: 1 }] }")
    .exits(0);
}

fn a_paused_node_is_an_error_within_the_limit_and_not_a_hang() {
    let begun = Instant::now();
    let ended = run("  - on: pg.b
    sql: SELECT 1
    expect: { value: 1 }
  - fault: { pause: pg.b }
  - on: pg.b
    sql: SELECT 1
    timeout: 300ms
    expect: { value: 1 }");
    ended.exits(3).says("pg.b gave no answer within 300ms");
    assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
}

fn a_scenario_may_expect_that_a_node_is_silent() {
    run("  - fault: { pause: pg.b }
  - on: pg.b
    sql: SELECT 1
    timeout: 300ms
    expect: { error: { sqlstate: 08 } }
  - on: pg.a
    sql: SELECT 1
    expect: { value: 1 }
  - fault: { resume: pg.b }
  - on: pg.b
    sql: SELECT 1
    expect: { value: 1 }")
    .exits(0);
}

fn what_a_scenario_leaves_down_is_restored() {
    run("  - fault: { kill: pg.b }
  - fault: { pause: pg.a }
  - fault: { stop: mongo.secondary }
  - fault: { pause: mongo.primary }
  - on: pg.b
    sql: SELECT 1
    expect: { value: 1 }")
    .exits(3)
    .says("pg.b cannot be reached");
}

fn what_a_killed_run_leaves_down_is_brought_back_by_the_next() {
    let hangs = "  - fault: { kill: pg.b }
  - fault: { pause: mongo.m3 }
  - on: pg.a
    sql: SELECT pg_sleep(300)::text
    timeout: 5min
    expect: { value: '' }";
    let works = "  - on: pg.b
    sql: SELECT 1
    expect: { value: 1 }
  - on: mongo.m3
    mongo: { ping: 1 }
    expect: { reply: { ok: 1 } }";
    let suite = Suite::alone().headed("hangs", "timeout: 5min", hangs).scenario("works", works);
    let running = suite.start(&["run", "hangs"]);
    let hangs = || servers::is_asleep("pg.a");
    assert!(eventually(SOON, hangs), "it does not hang: {}", running.stderr());
    running.signal(Signal::SIGKILL);
    drop(running.wait());
    suite.run(&["run", "works"]).exits(0).says("1 passed");
    assert_all_run(&suite);
    servers::drop_copies();
}

fn faults_never_run_beside_other_scenarios() {
    let waits = "  - on: pg.b\n    sql: SELECT pg_sleep(0.3)::text\n    expect: { value: '' }";
    let fault = "  - fault: { restart: pg.b }\n  - on: pg.b\n    sql: SELECT 1\n    expect: { value: 1 }";
    let mut suite = Suite::alone().scenario("a_fault", fault).scenario("b_fault", fault);
    for name in ["c", "d", "e"] {
        suite = suite.scenario(name, waits);
    }
    suite.run(&["run", "--jobs", "4"]).exits(0).says("5 passed");
    assert_all_run(&suite);
}

/// The arguments that name the shared cluster's servers.
fn external() -> Vec<String> {
    let pg = |node: &str| format!("{node}={}", servers::url(&format!("pg.{node}")));
    let (a, b) = (pg("a"), pg("b"));
    ["run", "--pg-url", &a, "--pg-url", &b, "--mongo-url", &servers::mongo_url()].map(str::to_string).to_vec()
}

fn on_external(suite: &Suite, more: &[&str]) -> Ended {
    let external = external();
    let arguments: Vec<&str> = external.iter().map(String::as_str).chain(more.iter().copied()).collect();
    suite.run(&arguments)
}

const KILLS: &str = "  - fault: { kill: pg.a }
  - sql: SELECT 1
    eventually: 1s
    expect: { value: 1 }";

fn faults_are_skipped_on_servers_of_somebody_elses() {
    let suite = Suite::external().scenario("kills", KILLS).headed(
        "needs",
        "needs: [faults]",
        "  - sql: SELECT 1\n    expect: { value: 1 }",
    );
    let ended = on_external(&suite, &[]).exits(4).says("2 skipped");
    ended.says("it injects faults, and these servers are not polyspec's own");
}

fn nothing_of_somebody_elses_is_stopped_or_dropped() {
    let writes = "  - on: [pg.a, pg.b]
    sql: CREATE TABLE t (id int)
  - sql: INSERT INTO t VALUES (1)
    on: pg.a
    expect: { affected: 1 }
  - mongo: { insert: t, documents: [{ _id: 1 }] }
    expect: { reply: { n: 1 } }";
    let suite =
        Suite::external().scenario("writes", writes).scenario("fails", &writes.replace("affected: 1", "affected: 2"));
    let suite = suite.scenario("kills", KILLS);
    let pids =
        || world().cluster().nodes.iter().map(|node| (node.pid, node.pid.is_some_and(is_alive))).collect::<Vec<_>>();
    let before = pids();
    sql_on("pg.a", "CREATE DATABASE shop");
    block_on(async {
        let shop = servers::mongo().await.database("shop").collection::<bson::Document>("orders");
        shop.insert_one(bson::doc! { "_id": 1 }).await.expect("inserted");
    });
    on_external(&suite, &[]).exits(1).says("1 passed, 1 failed, 0 errors, 1 skipped");
    assert_eq!(sql_on("pg.a", "SELECT datname FROM pg_database WHERE datname = 'shop'"), ["shop"]);
    assert_eq!(servers::documents("shop", "orders").len(), 1);
    assert_eq!(pids(), before);
    sql_on("pg.a", "DROP DATABASE shop");
    block_on(async { servers::mongo().await.database("shop").drop().await }).expect("dropped");
}

fn is_alive(pid: i32) -> bool {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok()
}

fn a_fail_point_ends_with_its_scenario_wherever_it_was_set() {
    let set = |order: &str| format!("{order}, mode: alwaysOn, data: {{ failCommands: [distinct], errorCode: 91 }} }}");
    let system = format!(
        "system: S\nbuild:\n  - on: mongo\n    mongo: {{ create: t }}\nsteps:\n  breaks:\n    - mongo: {}\n",
        set("{ $db: admin, configureFailPoint: \"${point}\"")
    );
    let fails = "  - mongo: { distinct: t, key: a }\n    expect: { error: { code: 91 } }";
    let suite = Suite::alone().settings("system: s").file("s/system.yaml", &system);
    let first = set("{ $db: admin, configureFailPoint: failCommand");
    let suite = suite.scenario("own", &format!("  - mongo: {first}\n{fails}"));
    let suite = suite.scenario("list", &format!("  - use: breaks\n    with: {{ point: failCommand }}\n{fails}"));
    let suite = suite.scenario("after", "  - mongo: { distinct: t, key: a }\n    expect: { reply: { ok: 1 } }");
    for name in ["own", "list"] {
        suite.run(&["run", name]).exits(0).says("1 passed");
        suite.run(&["run", "after"]).exits(0).says("1 passed");
    }
}
