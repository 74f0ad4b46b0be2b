//! Nobody sees what another scenario wrote, and nothing stays on the servers, however a scenario ends.

use std::time::Duration;

use libtest_mimic::Trial;
use nix::sys::signal::Signal;

use crate::children::eventually;
use crate::servers::{self, assert_no_copies, assert_nothing_runs, copies, documents, drop_copies, sql};
use crate::suite::Suite;
use crate::trials;

const SOON: Duration = Duration::from_secs(30);

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        no_scenario_sees_what_another_wrote,
        no_case_sees_what_another_wrote,
        scenarios_that_only_read_cannot_tell_that_others_run,
        no_copy_remains_after_a_pass_a_failure_an_error_and_a_time_out,
        no_copy_remains_after_an_interruption,
        no_copy_remains_after_a_termination,
        a_wait_that_never_ends_is_over_at_the_limit_and_leaves_nothing_running,
        a_statement_beyond_its_limit_is_cancelled_on_the_server_itself,
        a_statement_that_swallows_its_cancellation_is_an_error_and_ends_with_its_copy,
        keep_keeps_the_copies_of_failed_scenarios_and_says_how_to_reach_them,
        keep_on_own_servers_waits_until_somebody_has_looked,
        what_a_scenario_changes_for_every_database_is_undone,
        a_lock_by_fsync_ends_with_its_scenario,
        what_cannot_be_undone_is_an_error_and_nothing_runs_there_any_more,
        nothing_reaches_beyond_its_databases_on_external_servers_unless_it_is_allowed,
        a_system_that_cannot_be_built_breaks_its_scenarios_and_leaves_nothing,
    ]
}

const WRITES: &str = "  - sql: INSERT INTO item VALUES (4, 'Sofa', 1)
  - sql: SELECT count(*) FROM item
    expect: { value: 4 }
  - mongo: { insert: stock, documents: [{ _id: 4, sku: sofa }] }
  - mongo: { count: stock }
    expect: { reply: { n: 4 } }";

const HANGS: &str = "  - mongo: { insert: stock, documents: [{ _id: 4, sku: sofa }] }
  - sql: CREATE TABLE hangs (); SELECT pg_sleep(300)::text
    timeout: 5min
    expect: { value: '' }";

fn no_scenario_sees_what_another_wrote() {
    let mut suite = Suite::shared().kit();
    for name in ["one", "two", "three", "four"] {
        suite = suite.scenario(name, WRITES);
    }
    suite.run(&["run", "--jobs", "4"]).exits(0).says("4 passed");
}

fn no_case_sees_what_another_wrote() {
    let cases = "cases: [{ name: a }, { name: b }, { name: c }]";
    let steps = format!("{WRITES}\n  - sql: INSERT INTO item VALUES (5, ${{name}}, 1)");
    Suite::shared().kit().headed("cases", cases, &steps).run(&["run"]).exits(0).says("3 passed");
}

/// A function that reports a refused write by its result, and a view that counts up.
const SWALLOWS: &str = "system: Orders
build:
  - sql: |
      CREATE TABLE placed (id int PRIMARY KEY);
      CREATE SEQUENCE turns;
      CREATE VIEW turn AS SELECT nextval('turns') AS n;
      CREATE FUNCTION place(id int) RETURNS text LANGUAGE plpgsql AS $f$
      BEGIN
        INSERT INTO placed VALUES (id);
        RETURN 'placed';
      EXCEPTION WHEN OTHERS THEN
        RETURN 'refused';
      END $f$
";

const ONLY_READS: &str = "  - sql: SELECT pg_try_advisory_lock(99)
    expect: { value: true }
  - sql: SELECT place(1)
    expect: { value: placed }
  - sql: SELECT n FROM turn
    expect: { value: 1 }
  - sql: SELECT lo_create(4711)
    expect: { value: 4711 }
  - sql: SELECT current_setting('default_transaction_read' || '_only')
    expect: { value: 'off' }
  - sql: SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
    expect: { value: 1 }
  - sql: SELECT nextval('turns'), pg_sleep(0.2)
    expect: { rows: [[2, '']] }";

fn scenarios_that_only_read_cannot_tell_that_others_run() {
    let mut suite = Suite::shared().settings("system: orders").file("orders/system.yaml", SWALLOWS);
    for name in ["one", "two", "three", "four"] {
        suite = suite.scenario(name, ONLY_READS);
    }
    let refused = "scenario: A write that is expected to be refused\nrequirements: [T1]\nsteps:
  - sql: SELECT nextval('turns')\n    expect: { error: { message: cannot } }\n";
    let slt = "# scenario: The same as a record\n# requirements: [T1]\n\nstatement error\nSELECT nextval('turns')\n";
    let suite = suite.file("scenarios/refused.yaml", refused).file("scenarios/record.slt", slt);
    suite.run(&["run", "--jobs", "4"]).exits(1).says("4 passed, 2 failed");
}

fn no_copy_remains_after_a_pass_a_failure_an_error_and_a_time_out() {
    let suite = Suite::alone()
        .kit()
        .scenario("passes", WRITES)
        .scenario("fails", &WRITES.replace("value: 4", "value: 5"))
        .scenario("breaks", &format!("{WRITES}\n  - sql: SELECT NULL AS x\n    save: {{ x: value }}\n  - on: pg.b\n    sql: SELECT ${{x:ident}}"))
        .headed("hangs", "timeout: 500ms", HANGS)
        .scenario("reads", "  - sql: SELECT count(*) FROM item\n    expect: { value: 3 }");
    let ended = suite.run(&["run"]).exits(3);
    ended.says("2 passed, 2 failed, 1 error").says("the scenario was not done after 500ms");
    assert_no_copies();
    assert_nothing_runs();
}

fn no_copy_remains_after_an_interruption() {
    leaves_nothing_after(Signal::SIGINT);
}

fn no_copy_remains_after_a_termination() {
    leaves_nothing_after(Signal::SIGTERM);
}

fn leaves_nothing_after(signal: Signal) {
    let suite = Suite::alone().kit().headed("hangs", "timeout: 5min", HANGS).scenario("next", WRITES);
    let running = suite.start(&["run", "--jobs", "1"]);
    assert!(eventually(SOON, || servers::is_asleep("pg.a")), "it does not hang: {}", running.stderr());
    assert!(copies().len() >= 2, "a scenario that runs has its copies: {:?}", copies());
    running.signal(signal);
    running.wait().exits(3).says("0 passed, 0 failed, 0 errors, 2 not run").says("interrupted");
    assert_no_copies();
    assert_nothing_runs();
}

fn a_wait_that_never_ends_is_over_at_the_limit_and_leaves_nothing_running() {
    let steps = "  - session: one
    sql: BEGIN; UPDATE item SET price = 1 WHERE id = 1
  - session: two
    sql: UPDATE item SET price = 2 WHERE id = 1
    blocks: second
    timeout: 5min
  - await: second
    expect: { affected: 1 }";
    let suite = Suite::alone().kit().headed("waits", "timeout: 1s", steps);
    suite.run(&["run"]).exits(1).says("the scenario was not done after 1s");
    assert_no_copies();
    assert_nothing_runs();
}

/// The copies are kept: were they dropped, that alone would end what runs on them.
fn a_statement_beyond_its_limit_is_cancelled_on_the_server_itself() {
    let pg = "  - sql: SELECT pg_sleep(300)::text\n    timeout: 300ms\n    expect: { value: '' }";
    let mongo = "  - mongo: { insert: t, documents: [{ _id: 1 }] }
  - mongo: { find: t, filter: { $where: 'sleep(300000) || true' } }
    timeout: 300ms
    expect: { documents: [] }";
    let on = |node: &str| {
        mongo.replace("  - mongo: { find", &format!("  - catch_up: mongo\n  - on: {node}\n    mongo: {{ find"))
    };
    let suite = Suite::alone().scenario("pg", pg).scenario("mongo", mongo);
    let suite = suite.scenario("secondary", &on("mongo.secondary")).scenario("member", &on("mongo.m2"));
    let ended = suite.run(&["run", "--keep"]).exits(1).says("4 failed");
    ended.says("polyspec cancelled the statement: its timeout of 300ms was reached");
    assert_nothing_runs();
    assert!(eventually(SOON, || servers::operations_on_copies() == 0), "a command of MongoDB still runs");
    drop_copies();
}

fn a_statement_that_swallows_its_cancellation_is_an_error_and_ends_with_its_copy() {
    let steps = "  - sql: |
      DO $$ BEGIN
        LOOP
          BEGIN
            PERFORM pg_sleep(300);
          EXCEPTION WHEN query_canceled THEN NULL;
          END;
        END LOOP;
      END $$
    timeout: 300ms
  - sql: SELECT 1
    expect: { value: 1 }";
    let suite =
        Suite::alone().scenario("swallows", steps).scenario("next", "  - sql: SELECT 1\n    expect: { value: 1 }");
    suite.run(&["run", "--jobs", "1"]).exits(3).says("gave no answer within 300ms").says("1 passed, 0 failed, 1 error");
    assert_no_copies();
    assert_nothing_runs();
}

/// The URLs of the lines `pg.a: psql 'URL'` and `mongo: mongosh 'URL'`.
fn urls(said: &str, program: &str) -> Vec<String> {
    let url = |line: &str| line.split_once(&format!("{program} '"))?.1.split('\'').next().map(str::to_string);
    said.lines().filter_map(url).collect()
}

fn keep_keeps_the_copies_of_failed_scenarios_and_says_how_to_reach_them() {
    let suite = Suite::alone()
        .kit()
        .scenario("passes", WRITES)
        .scenario("fails", &format!("{WRITES}\n  - sql: SELECT 1\n    expect: {{ value: 2 }}"));
    let ended = suite.run(&["run", "--keep"]).exits(1);
    let (pg, mongo) = (urls(&ended.stderr, "psql"), urls(&ended.stderr, "mongosh"));
    let ([pg], [mongo]) = (pg.as_slice(), mongo.as_slice()) else { panic!("a copy on each engine\n{ended}") };
    assert_eq!(sql(pg, "SELECT name FROM item WHERE id = 4"), ["Sofa"]);
    let database = mongo.rsplit('/').next().and_then(|end| end.split('?').next()).expect("a database");
    assert_eq!(documents(database, "stock").len(), 4);
    assert_eq!(copies().len(), 2, "only the failed scenario's copies are kept: {:?}", copies());
    drop_copies();
}

fn keep_on_own_servers_waits_until_somebody_has_looked() {
    let suite = Suite::owning()
        .scenario("fails", "  - sql: CREATE TABLE t AS SELECT 7 AS n\n  - sql: SELECT 1\n    expect: { value: 2 }");
    let mut running = suite.start(&["run", "--keep"]);
    running.says("until you press Ctrl-C");
    let urls = urls(&running.stderr(), "psql");
    assert_eq!(sql(&urls[0], "SELECT n FROM t"), ["7"], "{}", running.stderr());
    running.signal(Signal::SIGINT);
    running.wait().exits(1).says("0 passed, 1 failed");
}

fn a_system_that_cannot_be_built_breaks_its_scenarios_and_leaves_nothing() {
    let system = "system: Broken\nbuild:\n  - sql: CREATE TABLE t (id int)\n  - sql: CREATE TABLE t (id int)\n";
    let suite = Suite::alone()
        .settings("system: broken")
        .file("broken/system.yaml", system)
        .scenario("one", "  - sql: SELECT 1\n    expect: { value: 1 }")
        .scenario("two", "  - sql: SELECT 2\n    expect: { value: 2 }");
    suite.run(&["run"]).exits(3).says("relation \"t\" already exists").says("2 errors");
    suite.write("broken/system.yaml", &system.replacen("TABLE t (id int)", "TABLE u (id int)", 1));
    suite.run(&["run"]).exits(0).says("2 passed");
    assert_no_copies();
}

const CHANGES_ROLE: &str = "  - sql: ALTER ROLE CURRENT_USER SET work_mem = '1234kB'
  - sql: CREATE DATABASE inner_one
  - sql: CREATE TABLE t (a int)
  - sql: BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'one'
  - session: another
    sql: SHOW work_mem
    expect: { value: 1234kB }";

const CHANGES_SET: &str = "  - mongo: { $db: warehouse, insert: t, documents: [{ _id: 1 }] }
  - mongo: { createUser: guest, pwd: secret, roles: [] }
  - mongo: { createRole: guests, privileges: [], roles: [] }
  - on: mongo.*
    mongo: { $db: admin, setParameter: 1, cursorTimeoutMillis: 4711 }
  - on: mongo.*
    mongo: { $db: admin, profile: 0, slowms: 4711 }
  - mongo: { $db: admin, setDefaultRWConcern: 1, defaultWriteConcern: { w: 1 } }
    expect: { reply: { ok: 1 } }";

fn what_a_scenario_changes_for_every_database_is_undone() {
    let seen = "  - sql: SHOW work_mem
    expect: { value: { $$ne: 1234kB } }
  - sql: SELECT count(*) FROM pg_database WHERE datname = 'inner_one'
    expect: { value: 0 }
  - on: mongo.*
    mongo: { $db: admin, getParameter: 1, cursorTimeoutMillis: 1 }
    expect: { reply: { cursorTimeoutMillis: { $$ne: 4711 } } }
  - on: mongo.*
    mongo: { $db: admin, profile: -1 }
    expect: { reply: { slowms: { $$ne: 4711 } } }
  - mongo: { $db: admin, getDefaultRWConcern: 1 }
    expect: { reply: { defaultWriteConcern: { w: majority, wtimeout: 0 } } }
  - mongo: { $db: warehouse, count: t }
    expect: { reply: { n: 0 } }";
    let suite = Suite::alone().scenario("a", CHANGES_ROLE).scenario("b", CHANGES_SET).scenario("c", seen);
    // Runs that a test has killed leave theirs.
    let accounts = servers::accounts();
    suite.run(&["run", "--jobs", "1"]).exits(0).says("3 passed");
    assert_no_copies();
    assert_eq!(servers::accounts(), accounts);
    let beside = suite.scenario("d", CHANGES_ROLE).scenario("e", CHANGES_SET);
    beside.run(&["run", "--jobs", "4"]).exits(0).says("5 passed");
    assert_no_copies();
}

fn a_lock_by_fsync_ends_with_its_scenario() {
    let locks = "  - mongo: { insert: t, documents: [{ _id: 1 }] }
  - mongo: { $db: admin, fsync: 1, lock: true }
    expect: { reply: { ok: 1 } }";
    let writes = "  - mongo: { insert: t, documents: [{ _id: 1 }] }\n    expect: { reply: { n: 1 } }";
    let suite = Suite::alone().scenario("a", locks).scenario("b", writes).scenario("c", writes);
    suite.run(&["run"]).exits(0).says("3 passed");
    assert_no_copies();
}

/// What cannot be undone is done by someone else here, while a scenario that may change all has the set to itself.
fn what_cannot_be_undone_is_an_error_and_nothing_runs_there_any_more() {
    let waits = "  - mongo: { $db: admin, setParameter: 1, cursorTimeoutMillis: 4711 }
  - mongo: { $db: admin, getParameter: 1, cursorTimeoutMillis: 1 }
    eventually: 30s
    expect: { reply: { cursorTimeoutMillis: 4712 } }";
    let reads = "  - mongo: { count: t }\n    expect: { reply: { n: 0 } }";
    let pg = "  - sql: SELECT 1\n    expect: { value: 1 }";
    let suite = Suite::alone().scenario("a", waits).scenario("b", reads).scenario("c", pg);
    servers::block_on(async {
        servers::mongo().await.database("keepsake").create_collection("t").await.expect("made");
    });
    let dropping = std::thread::spawn(|| servers::block_on(servers::answer_4711_by_dropping("keepsake")));
    let ended = suite.run(&["run", "--jobs", "2"]).exits(3).says("database keepsake (removed)");
    dropping.join().expect("dropped");
    ended.says("nothing runs on mongo any more").says("1 passed, 0 failed, 2 errors");
    assert_no_copies();
}

fn nothing_reaches_beyond_its_databases_on_external_servers_unless_it_is_allowed() {
    let suite = Suite::external_alone()
        .scenario("database", "  - sql: CREATE DATABASE polyspec_test_inner\n    expect: { affected: 0 }")
        .scenario(
            "elsewhere",
            "  - mongo: { $db: polyspec_elsewhere, insert: t, documents: [{}] }\n    expect: { reply: { n: 1 } }",
        )
        .scenario("stays", "  - sql: SELECT 1\n    expect: { value: 1 }");
    let url = format!("a={}", servers::url("pg.a"));
    let mongo = servers::mongo_url();
    let arguments = ["run", "--pg-url", &url, "--mongo-url", &mongo];
    let ended = suite.run(&arguments).exits(3).says("1 passed, 0 failed, 2 errors").says("--allow-cluster-changes");
    let ended = ended.says("`CREATE DATABASE` changes").says("`insert with $db` changes");
    let ended = if copies().iter().any(|copy| copy.contains("elsewhere")) { panic!("sent: {ended}") } else { ended };
    drop(ended);
    suite.run(&[&arguments[..], &["--allow-cluster-changes"]].concat()).exits(0).says("3 passed");
    drop_copies();
}
