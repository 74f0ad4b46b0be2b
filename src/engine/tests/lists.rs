//! `use`: what a list of steps sees, what it leaves, and what stands beside it.

use super::super::testing::*;

const COUNT: &str = "steps:
  count:
    - sql: INSERT INTO t VALUES (${x})
    - sql: SELECT count(*) FROM t
      expect: { value: 1 }
";

#[tokio::test(start_paused = true)]
async fn a_list_sees_its_own_variables_and_the_scenarios_are_there_again_after_it() {
    let bench = Bench::with_system("steps:\n  show:\n    - sql: SELECT ${x}, ${y}\n");
    let steps = "  - sql: SELECT 1
    save: { x: value }
  - use: show
    with: { x: 7, y: 8 }
  - sql: SELECT ${x}
";
    bench.script.on("SELECT 1", [number("1")]);
    let ended = bench.run(steps).await;
    assert_eq!(bench.log.lines(), ["pg.a: SELECT 1", "pg.a: SELECT 7, 8", "pg.a: SELECT 1"]);
    assert_eq!(ended.variable("x").as_deref(), Some("1"));
    assert_eq!(ended.variable("y"), None, "what only the list had is gone");
    assert_eq!(ended.steps, 4, "a use counts, and each step of its list");
}

#[tokio::test(start_paused = true)]
async fn variables_are_restored_after_a_list_that_does_not_hold_too() {
    let bench = Bench::with_system("steps:\n  fails:\n    - sql: SELECT ${x}\n      expect: { value: 0 }\n");
    bench.script.on("SELECT", [number("5")]);
    let steps = "  - sql: SELECT 5\n    save: { x: value }\n  - use: fails\n    with: { x: 7 }\n";
    let ended = bench.run(steps).await;
    assert_eq!(ended.variable("x").as_deref(), Some("5"));
    assert!(ended.said().starts_with("fail: "));
}

#[tokio::test(start_paused = true)]
async fn what_a_list_saves_stays() {
    let bench = Bench::with_system("steps:\n  look:\n    - sql: SELECT 3\n      save: { inside: value }\n");
    bench.script.on("SELECT 3", [number("3")]);
    let ended = bench.run("  - use: look\n    save: { beside: value }\n").await;
    assert_eq!(ended.variable("inside").as_deref(), Some("3"));
    assert_eq!(ended.variable("beside").as_deref(), Some("3"), "`save` beside `use` is the last step's too");
}

#[tokio::test(start_paused = true)]
async fn an_expectation_beside_use_takes_the_place_of_the_last_steps_alone() {
    let bench = Bench::with_system(COUNT);
    bench.script.on("SELECT count", [number("2")]);
    let own = bench.run("  - use: count\n    with: { x: 1 }\n").await;
    assert!(own.said().starts_with("fail: "));
    let beside = bench.run("  - use: count\n    with: { x: 1 }\n    expect: { value: 2 }\n").await;
    assert_eq!(beside.said(), "pass");
}

#[tokio::test(start_paused = true)]
async fn a_golden_beside_use_is_that_of_the_last_step() {
    let mut bench = Bench::with_system("steps:\n  two:\n    - sql: SELECT 1\n    - sql: SELECT 2\n");
    bench.script.on("SELECT 1", [number("1")]);
    bench.script.on("SELECT 2", [number("2")]);
    bench.host.golden = Some("# polyspec golden 1: t\n== numbers\nn:int4\n2\n".into());
    let ended = bench.run("  - use: two\n    golden: numbers\n").await;
    assert_eq!(ended.said(), "pass");
    assert_eq!(bench.log.lines().last().map(String::as_str), Some("no pending t"));
}

#[tokio::test(start_paused = true)]
async fn session_and_on_are_for_steps_that_name_none_and_on_for_those_of_its_engine() {
    let list = "steps:
  mixed:
    - sql: SELECT 1
    - sql: SELECT 2
      on: pg.c
      session: own
    - mongo: { ping: 1 }
";
    let bench = Bench::with_system(list);
    let ended = bench.run("  - use: mixed\n    session: s\n    on: pg.b\n").await;
    assert_eq!(ended.said(), "pass");
    let lines = bench.log.lines();
    assert_eq!(lines[..2], ["pg.b/s: SELECT 1", "pg.c/own: SELECT 2"]);
    assert!(lines[2].starts_with("mongo/s: "), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_a_system_does_not_offer_is_its_failure() {
    let bench = Bench::with_system(COUNT);
    let ended = bench.run("  - use: cuont\n    with: { x: 1 }\n").await;
    assert_eq!(ended.said(), "fail: the system offers no list of steps `cuont`");
    assert_eq!(Bench::new().run("  - use: count\n").await.said(), "fail: the system offers no list of steps `count`");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_uses_itself_is_told_of_and_not_run_for_ever() {
    let bench = Bench::with_system("steps:\n  round:\n    - sql: SELECT 1\n    - use: round\n");
    let ended = bench.run("  - use: round\n").await;
    assert_eq!(ended.said(), "error: this list of steps uses itself");
    assert_eq!(bench.log.count("SELECT 1"), 16);
}

#[tokio::test(start_paused = true)]
async fn a_list_is_retried_from_its_beginning_until_all_of_it_holds() {
    let bench = Bench::with_system(COUNT);
    bench.script.on("SELECT count", [number("0"), number("0"), number("1")]);
    let ended = bench.run("  - use: count\n    with: { x: 1 }\n    eventually: 5s\n").await;
    assert_eq!(ended.said(), "pass");
    assert_eq!((bench.log.count("INSERT"), bench.log.count("SELECT")), (3, 3));
}

#[tokio::test(start_paused = true)]
async fn a_list_that_never_holds_ends_at_its_limit_with_what_came_last() {
    let bench = Bench::with_system(COUNT);
    bench.script.on("SELECT count", [number("0")]);
    let ended = bench.run("  - use: count\n    with: { x: 1 }\n    eventually: 3s\n").await;
    assert!((3.0..3.2).contains(&ended.elapsed.as_secs_f64()), "{:?}", ended.elapsed);
    let evidence = ended.evidence();
    assert_eq!(evidence[0].notes, ["retried for 3s; this is the last result"]);
}

#[tokio::test(start_paused = true)]
async fn a_list_goes_on_after_a_server_that_gave_no_answer_and_not_after_a_mistake() {
    let bench = Bench::with_system(COUNT);
    bench.script.on("SELECT count", [unreachable(), number("1")]);
    assert_eq!(bench.run("  - use: count\n    with: { x: 1 }\n    eventually: 5s\n").await.said(), "pass");
    let bench = Bench::with_system("steps:\n  wrong:\n    - sql: SELECT ${nobody}\n");
    let ended = bench.run("  - use: wrong\n    eventually: 5s\n").await;
    assert_eq!(ended.elapsed, std::time::Duration::ZERO);
    assert_eq!(ended.said(), "error: `nobody` has no value here");
}

#[tokio::test(start_paused = true)]
async fn a_list_that_is_retried_cannot_leave_a_step_waiting() {
    let bench =
        Bench::with_system("steps:\n  waits:\n    - sql: LOCK t\n      session: s\n      blocks: w\n    - await: w\n");
    let ended = bench.run("  - use: waits\n    eventually: 5s\n").await;
    assert_eq!(ended.said(), "error: a list that is retried cannot leave a step waiting");
}
