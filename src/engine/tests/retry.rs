//! `eventually`: until when a step is tried again, what is not tried again, and what time limits end.

use std::time::Duration;

use super::super::testing::*;
use crate::event::Event;

/// A step that expects `1`, with more keys.
fn expects_one(more: &str) -> String {
    format!("  - sql: SELECT n\n    expect: {{ value: 1 }}\n{more}")
}

fn seconds(ended: &Ended) -> f64 {
    ended.elapsed.as_secs_f64()
}

#[tokio::test(start_paused = true)]
async fn a_step_is_tried_again_until_it_holds_and_its_lag_is_told() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("0"), refused("42P01"), number("1")]);
    assert_eq!(bench.run(&expects_one("    eventually: 5s\n")).await.said(), "pass");
    assert_eq!(bench.log.count("SELECT n"), 3);
    let lags = bench.events().await.into_iter().filter(|event| matches!(event, Event::LagMeasured { .. }));
    assert_eq!(lags.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_without_eventually_is_tried_once() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("0"), number("1")]);
    assert!(bench.run(&expects_one("")).await.said().starts_with("fail: "));
    assert_eq!(bench.log.count("SELECT n"), 1);
}

#[tokio::test(start_paused = true)]
async fn a_step_that_never_holds_ends_at_its_limit_with_what_came_last() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("0")]);
    let ended = bench.run(&expects_one("    eventually: 3s\n")).await;
    assert!((3.0..3.1).contains(&seconds(&ended)), "{}", seconds(&ended));
    assert_eq!(ended.evidence()[0].notes, ["retried for 3s; this is the last result"]);
    assert!((50..80).contains(&bench.log.count("SELECT n")), "pauses grow to 50 ms: {}", bench.log.count("SELECT n"));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_came_too_late_is_not_tried_again() {
    let bench = Bench::new();
    let late = Duration::from_millis(700);
    bench.script.on("SELECT n", [number("0"), number("1").after(late)]);
    let step = "  - sql: SELECT n\n    expect: { value: 1, within: 500ms }\n    eventually: 60s\n";
    let ended = bench.run(step).await;
    assert!(seconds(&ended) < 1.0, "a lag only grows: {}", seconds(&ended));
    let evidence = ended.evidence();
    assert!(evidence[0].message.contains("late") || evidence[0].expected.is_some(), "{evidence:?}");
}

#[tokio::test(start_paused = true)]
async fn a_value_within_its_bound_holds() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("0"), number("1").after(Duration::from_millis(300))]);
    let step = "  - sql: SELECT n\n    expect: { value: 1, within: 500ms }\n    eventually: 60s\n";
    assert_eq!(bench.run(step).await.said(), "pass");
}

#[tokio::test(start_paused = true)]
async fn the_lag_of_a_retried_list_counts_from_its_first_try() {
    let bench = Bench::with_system("steps:\n  look:\n    - sql: SELECT n\n");
    bench
        .script
        .on("SELECT n", [number("0").after(Duration::from_millis(450)), number("1").after(Duration::from_millis(100))]);
    let ended = bench.run("  - use: look\n    expect: { value: 1, within: 500ms }\n    eventually: 60s\n").await;
    assert!(seconds(&ended) < 1.0, "a lag only grows: {}", seconds(&ended));
    assert!(ended.said().starts_with("fail: "));
}

#[tokio::test(start_paused = true)]
async fn an_expectation_that_cannot_be_used_is_not_tried_again() {
    let bench = Bench::new();
    bench.script.on("SELECT p", [rows(&["p:text"], &[&["["]])]);
    bench.script.on("SELECT n", [rows(&["n:text"], &[&["x"]])]);
    let steps = "  - sql: SELECT p\n    save: { p: value }
  - sql: SELECT n\n    expect: { value: { $$regex: '${p}' } }\n    eventually: 60s\n";
    let ended = bench.run(steps).await;
    assert_eq!(seconds(&ended), 0.0);
    assert!(ended.said().starts_with("error: "));
}

#[tokio::test(start_paused = true)]
async fn a_step_goes_on_after_a_server_that_cannot_be_reached() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [unreachable(), lost(), number("1")]);
    assert_eq!(bench.run(&expects_one("    eventually: 5s\n")).await.said(), "pass");
    let bench = Bench::new();
    bench.script.on("SELECT n", [unreachable()]);
    let ended = bench.run(&expects_one("    eventually: 2s\n")).await;
    assert!(seconds(&ended) >= 2.0);
    assert_eq!(ended.said(), "error: pg.a cannot be reached: connection refused");
}

#[tokio::test(start_paused = true)]
async fn what_is_saved_is_of_the_try_that_held() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("0"), number("1")]);
    let ended = bench.run(&expects_one("    eventually: 5s\n    save: { n: value }\n")).await;
    assert_eq!(ended.variable("n").as_deref(), Some("1"));
    let nothing = Bench::new().run("  - sql: DELETE FROM t\n    save: { n: value }\n").await;
    assert!(nothing.said().starts_with("fail: nothing to save"));
}

#[tokio::test(start_paused = true)]
async fn a_golden_is_waited_for_as_an_expectation_is() {
    let mut bench = Bench::new();
    bench.host.golden = Some("# polyspec golden 1: t\n== n\nn:int4\n1\n".into());
    bench.script.on("SELECT n", [number("0"), number("1")]);
    let ended = bench.run("  - sql: SELECT n\n    golden: n\n    eventually: 5s\n").await;
    assert_eq!(ended.said(), "pass");
    assert_eq!(bench.log.count("pending t: "), 0);
}

#[tokio::test(start_paused = true)]
async fn a_statement_has_the_limit_of_its_step_or_of_the_run() {
    for (more, limit) in [("", 2.0), ("    timeout: 500ms\n", 0.5)] {
        let bench = Bench::new();
        bench.script.on("SELECT n", [number("1").after(Duration::from_secs(60))]);
        let ended = bench.run(&expects_one(more)).await;
        assert_eq!(seconds(&ended), limit);
        let evidence = ended.evidence();
        assert_eq!(evidence[0].code.as_deref(), Some("57014"), "{evidence:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn no_error_that_a_step_expects_is_met_by_what_polyspec_did() {
    for (reply, error, holds) in [
        (cancelled(), "message: refused with 57014", false),
        (cancelled(), "sqlstate: '57014'", false),
        (closed("57P01"), "message: refused with 57P01", false),
        (closed("57P01"), "sqlstate: '57P01'", true),
        (refused("57014"), "sqlstate: '57014'", true),
    ] {
        let bench = Bench::new();
        bench.script.on("SELECT n", [reply]);
        let ended = bench.run(&format!("  - sql: SELECT n\n    expect: {{ error: {{ {error} }} }}\n")).await;
        let said = ended.said();
        assert_eq!(said == "pass", holds, "{error}: {said}");
    }
}

#[tokio::test(start_paused = true)]
async fn members_that_do_not_catch_up_in_time_are_the_systems_failure() {
    let bench = Bench::new();
    bench.script.on("catch up pg", [number("1").after(Duration::from_secs(9))]);
    let ended = bench.run("  - catch_up: pg\n    timeout: 3s\n").await;
    assert_eq!(seconds(&ended), 3.0);
    assert_eq!(ended.said(), "fail: not every member of pg had caught up after 3s");
}
