//! Transactions of MongoDB that are lost, and what polyspec itself ends: neither is replaced in silence, nor is it what a
//! scenario expects of the system. A deadlock on servers that choose their victim.

use std::time::{Duration, Instant};

use libtest_mimic::Trial;

use crate::children::Ended;
use crate::servers;
use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_killed_transaction_stays_lost,
        an_expired_transaction_stays_lost,
        a_transaction_does_not_outlive_its_primary,
        what_polyspec_killed_is_no_error_of_the_system,
        a_write_on_a_locked_server_ends_with_its_limit,
        whichever_session_is_the_victim_of_a_deadlock_the_scenario_holds_and_knows_it,
    ]
}

const BEGIN: &str = "
- session: a
  transaction: start
  mongo: { insert: t, documents: [{ _id: 1 }] }
";

/// A transaction that `between` takes away: it is refused to its end, and the next one is like the first.
fn loses(before: &str, between: &str) -> Ended {
    let steps = format!(
        "- mongo: {{ create: t }}
{before}
{BEGIN}{between}
- session: a
  mongo: {{ insert: t, documents: [{{ _id: 2 }}] }}
  expect: {{ error: {{ code: 251, labels: [TransientTransactionError] }} }}
- session: a
  mongo: {{ find: t }}
  expect: {{ error: {{ code: 251 }} }}
- session: a
  transaction: commit
  expect: {{ error: {{ code: 251 }} }}
- mongo: {{ find: t }}
  expect: {{ documents: [] }}
{BEGIN}
- session: a
  transaction: commit
- mongo: {{ find: t }}
  expect: {{ documents: [{{ _id: 1 }}] }}"
    );
    Suite::alone().scenario("loses", &steps).run(&["run"])
}

fn a_killed_transaction_stays_lost() {
    loses("", "- mongo: { $db: admin, killAllSessions: [] }").exits(0);
}

fn an_expired_transaction_stays_lost() {
    let open = "[{ $currentOp: { idleSessions: true } }, { $match: { transaction: { $exists: true } } }]";
    let expires = format!(
        "- mongo: {{ $db: admin, aggregate: 1, pipeline: {open} }}
  eventually: 10s
  expect: {{ empty: true }}
- mongo: {{ $db: admin, setParameter: 1, transactionLifetimeLimitSeconds: 60 }}"
    );
    loses("- mongo: { $db: admin, setParameter: 1, transactionLifetimeLimitSeconds: 1 }", &expires).exits(0);
}

fn a_transaction_does_not_outlive_its_primary() {
    loses("", "- fault: { step_down: mongo }\n- catch_up: mongo").exits(0);
}

fn what_polyspec_killed_is_no_error_of_the_system() {
    let steps = "
- mongo: { insert: t, documents: [{ _id: 0 }] }
- session: a
  transaction: start
  mongo: { find: t, filter: { $where: 'sleep(60000) || true' } }
  timeout: 300ms
  expect: { error: { message: interrupted } }";
    let ended = Suite::alone().scenario("killed", steps).run(&["run"]);
    ended.exits(3).says("polyspec cancelled the statement when its time limit was over");
}

fn a_write_on_a_locked_server_ends_with_its_limit() {
    let steps = "
- mongo: { create: t }
- mongo: { $db: admin, fsync: 1, lock: true }
- mongo: { insert: t, documents: [{ _id: 1 }] }
  timeout: 300ms
  expect: { reply: { n: 1 } }
finally:
- mongo: { $db: admin, fsyncUnlock: 1 }";
    let begun = Instant::now();
    Suite::alone().scenario("locked", steps).run(&["run"]).exits(3).says("gave no answer within 300ms");
    assert!(begun.elapsed() < Duration::from_secs(20), "it took {:?}", begun.elapsed());
}

/// Two sessions that close a circle, on a server that looks for a deadlock after each session's own time: the scenario is
/// the same whoever looks first.
fn deadlock(first: &str, second: &str) -> String {
    format!(
        "- sql: CREATE TABLE item AS SELECT id, 0 AS price FROM generate_series(1, 2) AS id
- session: one
  sql: SET deadlock_timeout = '{first}'; BEGIN; UPDATE item SET price = 1 WHERE id = 1
- session: two
  sql: SET deadlock_timeout = '{second}'; BEGIN; UPDATE item SET price = 2 WHERE id = 2
- session: one
  sql: UPDATE item SET price = 1 WHERE id = 2
  blocks: first
- session: two
  sql: UPDATE item SET price = 2 WHERE id = 1
  blocks: second
- await: first
  expect: &either {{ one_of: {{ done: {{ affected: 1 }}, victim: {{ error: {{ sqlstate: 40P01 }} }} }} }}
  save: {{ one: one_of }}
- await: second
  expect: *either
  save: {{ two: one_of }}
- {{ session: one, sql: COMMIT }}
- {{ session: two, sql: COMMIT }}
- sql: SELECT (${{one}} = 'victim')::int + (${{two}} = 'victim')::int
  expect: {{ value: 1 }}
- sql: SELECT DISTINCT price, ${{one}} FROM item"
    )
}

fn whichever_session_is_the_victim_of_a_deadlock_the_scenario_holds_and_knows_it() {
    let url = format!("a={}", servers::url("pg.a"));
    for (first, second, left) in [("2s", "1min", "[[2, victim]]"), ("1min", "2s", "[[1, done]]")] {
        let steps = format!("{}\n  expect: {{ rows: {left} }}", deadlock(first, second));
        Suite::external().scenario("deadlock", &steps).run(&["run", "--pg-url", &url]).exits(0).says("1 passed");
    }
}
