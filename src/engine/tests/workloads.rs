//! Workloads: how operations end, what is tried again, when faults have their time, and what proves nothing.

use std::time::Duration;

use super::super::testing::*;

/// A workload of one operation, with more keys of the workload and of the operation, and what its step has beside `sql`.
fn workload(limit: &str, operation: &str, step: &str, more: &str) -> String {
    format!(
        "  - workload:
      clients: 1
      {limit}
      seed: 7
      mix:
        - name: write
{operation}          steps:
            - sql: INSERT INTO t VALUES (${{operation}})
{step}{more}"
    )
}

/// Six operations, of which the counts are saved.
fn six(operation: &str, step: &str) -> String {
    workload(
        "operations: 6",
        operation,
        step,
        "    save: { ok: ok, failed: failed, unknown: unknown, retried: retried }\n",
    )
}

fn counts(ended: &Ended) -> String {
    ["ok", "failed", "unknown", "retried"].map(|name| ended.variable(name).unwrap_or_default()).join(" ")
}

/// Servers that say this to the third operation.
fn third(replies: impl IntoIterator<Item = Reply>) -> Bench {
    let bench = Bench::new();
    let replies = [affected(1), affected(1)].into_iter().chain(replies).chain([affected(1)]);
    bench.script.on("INSERT", replies.collect::<Vec<_>>());
    bench
}

#[tokio::test(start_paused = true)]
async fn how_an_operation_ends_follows_from_what_the_server_said() {
    for (reply, ended) in [
        (affected(1), "6 0 0 0"),
        (refused("23505"), "5 1 0 0"),
        (refused("57P01"), "5 0 1 0"),
        (refused("40001"), "5 1 0 0"),
        (lost(), "5 0 1 0"),
        (silent(), "5 0 1 0"),
        (unreachable(), "5 1 0 0"),
    ] {
        let got = third([reply]).run(&six("", "")).await;
        assert_eq!(counts(&got), ended);
        assert_eq!(got.said(), "pass", "the outcomes of operations are counted, not judged");
    }
}

#[tokio::test(start_paused = true)]
async fn transient_conflicts_are_tried_again_as_often_as_the_operation_says_in_fresh_sessions() {
    let again = || [refused("40001"), refused("40P01")];
    let bench = third(again());
    assert_eq!(counts(&bench.run(&six("          retry: 2\n", "")).await), "6 0 0 1");
    assert_eq!(bench.log.count("VALUES (3)"), 3);
    assert_eq!(bench.log.count("reset"), 2, "after each try that did not hold");
    let bench = third(again());
    assert_eq!(counts(&bench.run(&six("          retry: 1\n", "")).await), "5 1 0 1");
    assert_eq!(bench.log.count("VALUES (3)"), 2);
    let bench = third([refused("23505")]);
    bench.run(&six("          retry: 9\n", "")).await;
    assert_eq!(bench.log.count("VALUES (3)"), 1, "what is not transient is not tried again");
}

#[tokio::test(start_paused = true)]
async fn what_an_operation_expects_fails_it_and_what_an_invariant_expects_fails_the_scenario() {
    let step = "              expect: { affected: 1 }\n";
    let got = third([affected(0)]).run(&six("", step)).await;
    assert_eq!(counts(&got), "5 1 0 0");
    let bench = third([affected(0)]);
    let got = bench.run(&six("          invariant: true\n", step)).await;
    assert_eq!(bench.log.count("INSERT"), 3, "no operation begins after that");
    let evidence = got.evidence();
    assert_eq!(evidence[0].notes.last().map(String::as_str), Some("in operation 3 (write) of client 1, seed 7"));
}

#[tokio::test(start_paused = true)]
async fn a_mistake_in_an_operation_ends_the_workload_as_an_error() {
    let bench = Bench::with_system("steps:\n  wrong:\n    - sql: SELECT ${nobody}\n");
    let steps = workload("operations: 6", "", "            - use: wrong\n", "");
    let got = bench.run(&steps).await;
    assert_eq!(bench.log.count("INSERT"), 1);
    assert_eq!(got.said(), "error: `nobody` has no value here");
}

#[tokio::test(start_paused = true)]
async fn reads_of_a_client_that_go_back_are_the_systems_failure() {
    let steps = |clients: usize| {
        format!(
            "  - workload:
      clients: {clients}
      operations: 4
      seed: 1
      mix:
        - name: look
          steps:
            - sql: SELECT n
              save: {{ n: value }}
          monotonic: '${{n}}'
"
        )
    };
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("4"), number("9"), number("9"), number("10")]);
    assert_eq!(bench.run(&steps(1)).await.said(), "pass");
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("9"), number("10"), number("9"), number("9")]);
    assert_eq!(bench.run(&steps(1)).await.said(), "fail: client 1 read 9 after it had read 10");
    let bench = Bench::new();
    bench.script.on("2> ", [number("9")]);
    bench.script.on("3> ", [number("4")]);
    assert_eq!(bench.run(&steps(2)).await.said(), "pass", "each client has its own order");
}

#[tokio::test(start_paused = true)]
async fn clients_share_the_operations_and_each_has_sessions_and_a_node_of_its_own() {
    let bench = Bench::new();
    let steps = workload("operations: 5", "", "", "").replace("clients: 1", "clients: 2\n      on: pg.*");
    assert_eq!(bench.run(&steps).await.said(), "pass");
    for line in
        ["2> pg.a: INSERT INTO t VALUES (1)", "3> pg.b: INSERT INTO t VALUES (2)", "2> pg.a: INSERT INTO t VALUES (5)"]
    {
        assert_eq!(bench.log.count(line), 1, "{line}: {:?}", bench.log.lines());
    }
    assert_eq!(bench.log.count("INSERT"), 5);
    assert_eq!(bench.log.count("close"), 3, "the sessions of both clients, and those beside which faults are injected");
}

#[tokio::test(start_paused = true)]
async fn a_workload_with_a_time_limit_finishes_what_has_begun() {
    let bench = Bench::new();
    bench.script.on("INSERT", [affected(1).after(Duration::from_millis(400))]);
    let got = bench.run(&workload("time: 1s", "", "", "")).await;
    assert_eq!(got.elapsed, Duration::from_millis(1200));
    assert_eq!((bench.log.count("INSERT"), got.said().as_str()), (3, "pass"));
}

#[tokio::test(start_paused = true)]
async fn a_fault_has_its_time_by_the_count_of_operations_or_by_the_clock() {
    let bench = Bench::new();
    bench.script.on("INSERT", [affected(1).after(Duration::from_millis(100))]);
    let faults = "      faults:
        - { after: 2, fault: { kill: pg.b } }
        - { after: 350ms, fault: { start: pg.b } }
";
    let got = bench.run(&workload("operations: 6", "", "", faults)).await;
    assert_eq!(got.said(), "pass");
    let lines = bench.log.lines();
    let before = |line: &str| {
        let at = lines.iter().position(|each| each == line).unwrap_or_else(|| panic!("no {line}: {lines:?}"));
        lines[..at].iter().filter(|line| line.contains("INSERT")).count()
    };
    // At two operations done the third has begun; after 350 ms the fourth runs.
    assert!((2..=3).contains(&before("kill pg.b")), "{lines:?}");
    assert_eq!(before("start pg.b"), 4, "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_fault_whose_time_never_came_proves_nothing() {
    let faults = "      faults:\n        - { after: 1h, fault: { kill: pg.b } }\n";
    let bench = Bench::new();
    let got = bench.run(&workload("operations: 6", "", "", faults)).await;
    assert_eq!(got.said(), "inconclusive: the clients of the workload in line 4 were done before fault 1");
    assert_eq!(bench.log.count("kill"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_cannot_be_injected_stops_the_clients() {
    let mut bench = Bench::new();
    bench.host.breaks = vec!["kill"];
    bench.script.on("INSERT", [affected(1).after(Duration::from_millis(100))]);
    let faults = "      faults:\n        - { after: 2, fault: { kill: pg.b } }\n";
    let got = bench.run(&workload("operations: 100", "", "", faults)).await;
    assert_eq!(got.said(), "error: the script says so");
    assert!(bench.log.count("INSERT") < 5);
}

#[tokio::test(start_paused = true)]
async fn a_workload_of_which_nothing_succeeds_proves_nothing() {
    let bench = Bench::new();
    bench.script.on("INSERT", [refused("42P01"), unreachable()]);
    let got = bench.run(&six("", "")).await;
    let said = "inconclusive: no operation of the workload in line 4 succeeded: \
                5 × the node could not be reached; 1 × 42P01 refused with 42P01";
    assert_eq!(got.said(), said);
}

#[tokio::test(start_paused = true)]
async fn what_was_acknowledged_must_be_there_what_is_unknown_may_be_and_what_failed_must_not() {
    let steps =
        six("          record: '${operation}'\n", "") + "  - sql: SELECT id\n    expect: { recorded: exactly }\n";
    let ids = |ids: &[&'static str]| {
        let cells: Vec<Vec<&str>> = ids.iter().map(|id| vec![*id]).collect();
        let lines: Vec<&[&str]> = cells.iter().map(Vec::as_slice).collect();
        rows(&["id:int4"], &lines)
    };
    for (reply, there, said) in [
        (lost(), &["1", "2", "4", "5", "6"][..], "pass"),
        (lost(), &["1", "2", "3", "4", "5", "6"], "pass"),
        (refused("23505"), &["1", "2", "4", "5", "6"], "pass"),
        (refused("23505"), &["1", "2", "3", "4", "5", "6"], "fail"),
        (affected(1), &["1", "2", "4", "5", "6"], "fail"),
    ] {
        let bench = third([reply]);
        bench.script.on("SELECT id", [ids(there)]);
        let got = bench.run(&steps).await.said();
        assert!(got.starts_with(said), "{there:?}: {got}");
    }
}
