//! Steps that wait on a lock, steps that should and do not, and cursors that stay open.

use std::time::Duration;

use bson::doc;

use super::super::testing::*;

fn waits(await_more: &str) -> String {
    format!(
        "  - sql: UPDATE t
    session: b
    blocks: second
  - sql: COMMIT
    session: a
  - await: second
{await_more}"
    )
}

fn bench(reply: Reply) -> Bench {
    let bench = Bench::new();
    bench.script.on("UPDATE t", [reply]);
    bench
}

#[tokio::test(start_paused = true)]
async fn the_steps_that_follow_run_while_one_waits_and_await_judges_what_came() {
    let second = Duration::from_secs(1);
    for (more, said) in
        [("", "pass"), ("    expect: { affected: 1 }\n", "pass"), ("    expect: { affected: 2 }\n", "fail")]
    {
        let bench = bench(affected(1).waits(second));
        let ended = bench.run(&waits(more)).await;
        assert_eq!(ended.elapsed, second);
        assert!(ended.said().starts_with(said), "{more}");
        assert_eq!(bench.log.lines(), ["pg.a/b: UPDATE t", "pg.a/a: COMMIT"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_step_that_returns_at_once_did_not_wait() {
    for (reply, actual) in
        [(affected(1), "it returned (1 rows affected)"), (refused("23505"), "it was refused: refused with 23505")]
    {
        let ended = bench(reply).run(&waits("")).await;
        let evidence = ended.evidence();
        assert_eq!(evidence[0].message, "the step did not wait");
        assert_eq!(evidence[0].actual.as_deref(), Some(actual));
    }
    assert_eq!(bench(lost()).run(&waits("")).await.said(), "error: pg.a closed the connection: end of file");
}

#[tokio::test(start_paused = true)]
async fn a_step_that_ends_in_an_error_holds_only_if_its_await_or_itself_says_so() {
    let second = Duration::from_secs(1);
    for (reply, more, said) in [
        (refused("40001"), "", "fail"),
        (refused("40001"), "    expect: { error: { sqlstate: '40001' } }\n", "pass"),
        (lost(), "", "error"),
        (lost(), "    expect: { error: { sqlstate: '08006' } }\n", "pass"),
    ] {
        let ended = bench(reply.waits(second)).run(&waits(more)).await;
        let got = ended.said();
        assert!(got.starts_with(said), "{more}: {got}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_step_or_its_await_saves_is_of_what_came() {
    let reply = rows(&["n:int4"], &[&["4"]]).waits(Duration::from_secs(1));
    let ended = bench(reply).run(&waits("    save: { n: value }\n")).await;
    assert_eq!(ended.variable("n").as_deref(), Some("4"));
}

#[tokio::test(start_paused = true)]
async fn a_step_that_is_never_awaited_does_not_outlive_the_scenario() {
    let bench = bench(affected(1).waits(Duration::from_secs(60)));
    bench.script.on("COMMIT", [refused("40001")]);
    let ended = bench.run(&waits("")).await;
    assert_eq!(ended.elapsed, Duration::ZERO);
    assert_eq!(bench.log.lines(), ["pg.a/b: UPDATE t", "pg.a/a: COMMIT", "pg.a given up"]);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_waits_has_its_own_time_limit() {
    let ended = bench(affected(1).waits(Duration::from_secs(60))).run(&waits("")).await;
    assert_eq!(ended.elapsed, Duration::from_secs(2));
    assert_eq!(ended.evidence()[0].code.as_deref(), Some("57014"));
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_stays_open_is_read_on_where_it_was_opened() {
    let bench = Bench::new();
    bench.script.on("read changes", [documents(vec![doc! { "n": 1 }]), documents(vec![])]);
    let steps = "  - mongo: { aggregate: t, pipeline: [{ $changeStream: {} }], cursor: {} }
    session: ear
    stream: changes
  - await: changes
    expect: { documents: [{ n: 1 }] }
  - await: changes
    expect: { empty: true }
  - await: changes
    expect: { empty: false }
";
    let ended = bench.run(steps).await;
    assert!(ended.said().starts_with("fail"));
    let lines = bench.log.lines();
    assert_eq!(
        lines[1..],
        ["mongo/ear: read changes Count(1)", "mongo/ear: read changes Now", "mongo/ear: read changes Count(1)"]
    );
}
