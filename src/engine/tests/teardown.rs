//! Whole runs of a job: what is done at its end, in which order, and what a teardown that breaks makes of the verdict.

use std::time::Duration;

use super::super::testing::*;
use super::super::{Host, Job};
use crate::event::Event;
use crate::verdict::{Evidence, Verdict};

/// A scenario that disturbs, waits, reaches beyond its database, and has a `finally`.
const ALL: &str = "steps:
  - fault: { kill: pg.b }
  - sql: CREATE ROLE x
  - sql: UPDATE t
    session: b
    blocks: second
  - sql: SELECT n
    expect: { value: 1 }
  - await: second
finally:
  - sql: DROP ROLE x
";

fn bench(n: &str) -> Bench {
    let bench = Bench::new();
    bench.script.on("SELECT n", [number(n)]);
    bench.script.on("UPDATE t", [affected(1).waits(Duration::from_secs(1))]);
    bench
}

fn all() -> Job {
    job(scenario(ALL), None)
}

fn plain(head: &str) -> Job {
    job(scenario(&format!("{head}steps:\n  - sql: SELECT n\n    expect: {{ value: 1 }}\n")), None)
}

fn of(told: &Told) -> String {
    told.verdict.as_ref().map_or("nothing".into(), said)
}

fn messages(told: &Told) -> Vec<String> {
    let evidence = told.verdict.as_ref().map(Verdict::evidence).unwrap_or_default();
    evidence.iter().map(|evidence| evidence.message.clone()).collect()
}

#[tokio::test(start_paused = true)]
async fn everything_is_taken_down_in_its_order_whether_the_steps_held_or_not() {
    for (n, given_up, said) in [("1", 0, "pass"), ("2", 1, "fail")] {
        let told = Case::default().run(bench(n), &all()).await;
        assert!(of(&told).starts_with(said));
        // A step that still waits is given up; when its task ends is the runtime's business.
        let (waited, log): (Vec<&str>, Vec<&str>) =
            told.log.iter().map(String::as_str).partition(|line| line.ends_with("given up"));
        assert_eq!(waited.len(), given_up);
        let steps = ["kill pg.b", "pg.a: CREATE ROLE x", "pg.a/b: UPDATE t", "pg.a: SELECT n"];
        assert_eq!(log[..2], ["make pg.a pg.b", "list pg"]);
        assert_eq!(log[2..6], steps);
        assert_eq!(log[6..], ["pg.a: DROP ROLE x", "close", "restore pg", "remove", "undo pg"]);
    }
}

#[tokio::test(start_paused = true)]
async fn changes_for_all_are_undone_in_mongodb_before_the_copy_is_dropped() {
    let steps = "  - mongo: { fsync: 1, lock: true, $db: admin }\n";
    let told = Case::default().run(Bench::new(), &job(steps_alone(steps), None)).await;
    assert_eq!(told.log[..2], ["make  mongo", "list mongo"]);
    assert_eq!(told.log[3..], ["close", "undo mongo", "remove"]);
}

#[tokio::test(start_paused = true)]
async fn a_scenario_is_told_with_all_that_is_known_of_it() {
    let told = Case::default().run(bench("1"), &plain("tags: [quick]\n")).await;
    assert_eq!(told.log, ["make pg.a", "pg.a: SELECT n", "close", "remove"]);
    let Some(Event::ScenarioFinished { name, title, requirements, tags, verdict, steps, .. }) =
        told.events.iter().rev().nth(1)
    else {
        panic!("{:?}", told.events)
    };
    assert_eq!((name.as_str(), title.as_str(), *steps), ("t", "What the test says holds", 1));
    assert_eq!((requirements.as_slice(), tags.as_slice()), (&["R1".to_string()][..], &["quick".to_string()][..]));
    assert_eq!(verdict, &Verdict::Pass);
    assert!(matches!(told.events[0], Event::ScenarioStarted { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_todo_turns_a_failure_into_an_expected_one_and_a_pass_into_an_unexpected_one() {
    for (n, said) in [("2", "expected failure: not yet"), ("1", "unexpected pass: not yet")] {
        assert_eq!(of(&Case::default().run(bench(n), &plain("todo: not yet\n")).await), said);
    }
    let bench = Bench::new();
    bench.script.on("SELECT n", [lost()]);
    let told = Case::default().run(bench, &plain("todo: not yet\n")).await;
    assert!(of(&told).starts_with("error: "), "no breakage is expected");
}

#[tokio::test(start_paused = true)]
async fn a_scenario_has_one_time_limit_and_finally_has_its_own_time() {
    let late = Duration::from_secs(60);
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("1").after(late)]);
    bench.script.on("SELECT m", [number("1").after(Duration::from_secs(4))]);
    let text = "timeout: 6s\nsteps:\n  - sql: SELECT n\n    timeout: 50s\n    expect: { value: 1 }\nfinally:\n  - sql: SELECT m\n    timeout: 50s\n";
    let told = Case::default().run(bench, &job(scenario(text), None)).await;
    assert_eq!(of(&told), "fail: the scenario was not done after 6s");
    assert_eq!(told.elapsed, Duration::from_secs(10), "`finally` has five seconds, and took four");
    assert_eq!(told.log[1..3], ["pg.a: SELECT n", "pg.a: SELECT m"]);
}

#[tokio::test(start_paused = true)]
async fn a_finally_that_hangs_does_not_have_the_scenarios_time_twice() {
    let bench = Bench::new();
    bench.script.on("SELECT", [number("1").after(Duration::from_secs(600))]);
    let text = "timeout: 20s\nsteps:\n  - sql: SELECT n\n    timeout: 500s\n    expect: { value: 1 }\nfinally:\n  - sql: SELECT m\n    timeout: 500s\n";
    let told = Case::default().run(bench, &job(scenario(text), None)).await;
    assert_eq!(told.elapsed, Duration::from_secs(25));
    assert_eq!(messages(&told), ["the scenario was not done after 20s"], "the first reason is told");
}

#[tokio::test(start_paused = true)]
async fn a_teardown_that_breaks_makes_an_error_of_every_verdict_and_keeps_what_was_seen() {
    for (n, seen) in [("1", 0), ("2", 1)] {
        let case = Case::default();
        case.breaks.lock().expect("whole").push(("remove", 9));
        let told = case.run(bench(n), &plain("")).await;
        assert!(matches!(told.verdict, Some(Verdict::Error { .. })), "{:?}", told.verdict);
        assert_eq!(messages(&told)[seen..], ["its copy could not be dropped: the script says so"]);
        assert_eq!(told.log.iter().filter(|line| *line == "remove").count(), 2, "dropping is said twice");
    }
    let mut bench = bench("1");
    bench.host.breaks = vec!["restore"];
    let told = Case::default().run(bench, &all()).await;
    assert_eq!(messages(&told)[0], "the nodes did not recover: the script says so");
    assert!(!told.log.contains(&"remove".to_string()), "nothing is begun on what is lost");
    assert!(
        told.log.contains(&"say the nodes did not recover: the script says so: nothing runs on pg any more".into())
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_undone_closes_the_engine_for_all_that_follow() {
    let case = Case { left: vec!["role x".into()], ..Case::default() };
    let told = case.run(bench("1"), &all()).await;
    let cause = "it changed what every database sees, and that cannot be undone: role x";
    assert_eq!(of(&told), format!("error: {cause}"));
    let closed = format!("say a scenario has changed the servers of pg for all: {cause}: nothing runs on pg any more");
    assert!(told.log.contains(&closed), "{:?}", told.log);
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_cannot_be_made_and_a_list_that_cannot_be_read_are_errors_without_steps() {
    let case = Case::default();
    case.breaks.lock().expect("whole").push(("make", 1));
    let told = case.run(bench("1"), &plain("")).await;
    assert_eq!(of(&told), "error: no copy of the system could be made: the script says so");
    assert_eq!(told.log, ["make pg.a"]);
    let case = Case::default();
    case.breaks.lock().expect("whole").push(("list", 1));
    let told = case.run(bench("1"), &all()).await;
    assert_eq!(of(&told), "error: what databases share could not be listed: the script says so");
    assert_eq!(told.log, ["make pg.a pg.b", "list pg", "remove"]);
}

#[tokio::test(start_paused = true)]
async fn a_system_that_could_not_be_built_is_told_by_each_that_runs_on_it() {
    let evidence = Evidence { message: "the build does not hold".into(), ..Evidence::default() };
    let case = Case { built: [("f".to_string(), Err(vec![evidence]))].into(), ..Case::default() };
    let on = job(scenario("steps:\n  - sql: SELECT n\n    expect: { value: 1 }\n"), Some(system("")));
    let told = case.run(bench("1"), &on).await;
    assert_eq!((of(&told).as_str(), told.log.len()), ("error: the build does not hold", 0));
}

#[tokio::test(start_paused = true)]
async fn copies_of_what_is_not_fine_are_kept_when_that_is_asked_for() {
    for (n, kept) in [("2", true), ("1", false)] {
        let mut bench = bench(n);
        bench.options.keep = true;
        let told = Case::default().run(bench, &all()).await;
        assert_eq!(!told.log.contains(&"remove".to_string()), kept);
        assert!(told.log.contains(&"undo pg".to_string()), "what all see is undone in any case");
        let lines = told.events.iter().find_map(|event| match event {
            Event::ScenarioFinished { kept, .. } => Some(kept.clone()),
            _ => None,
        });
        let expected: &[&str] = if kept { &["db_1 on pg.a pg.b"] } else { &[] };
        assert_eq!(lines.expect("it is told"), expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_stopped_tells_nothing_and_takes_down_what_it_has() {
    let waiting = || {
        let bench = Bench::new();
        bench.script.on("SELECT n", [number("1").after(Duration::from_secs(2))]);
        bench
    };
    let stopped = || Case { stopped_after: Some(Duration::from_secs(1)), ..Case::default() };
    let told = stopped().run(waiting(), &plain("")).await;
    assert_eq!(of(&told), "nothing");
    assert_eq!(told.log, ["make pg.a", "pg.a: SELECT n", "close", "remove"]);
    assert!(!told.events.iter().any(|event| matches!(event, Event::ScenarioFinished { .. })));
    let mut bench = waiting();
    bench.host.servers_end_with_run = true;
    assert!(bench.host.servers_end_with_run());
    let told = stopped().run(bench, &plain("")).await;
    assert_eq!(told.log, ["make pg.a", "pg.a: SELECT n", "close"], "what ends with the run need not be dropped");
}

#[tokio::test(start_paused = true)]
async fn whoever_comes_when_the_run_is_over_is_not_run() {
    let case = Case { over: true, ..Case::default() };
    let told = case.run(bench("1"), &plain("")).await;
    assert_eq!((of(&told).as_str(), told.log), ("nothing", vec!["make pg.a".to_string(), "remove".into()]));
}

#[tokio::test(start_paused = true)]
async fn a_crash_that_the_scenario_did_not_cause_is_no_failure_of_the_system() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [closed("57P02")]);
    let told = Case::default().run(bench, &plain("")).await;
    assert_eq!(messages(&told)[0], "a process of the server crashed");
    assert!(of(&told).starts_with("error: "));
    let bench = Bench::new();
    bench.script.on("SELECT n", [closed("57P02")]);
    let steps = "  - fault: { kill: pg.b }\n  - sql: SELECT n\n    expect: { value: 1 }\n";
    let told = Case::default().run(bench, &job(steps_alone(steps), None)).await;
    assert!(of(&told).starts_with("fail: "), "its own fault explains it: {:?}", told.verdict);
}

#[tokio::test(start_paused = true)]
async fn what_no_report_may_show_is_taken_out_of_evidence() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [rows(&["n:text"], &[&["hunter2 in db_1"]])]);
    let told = Case::default().run(bench, &plain("")).await;
    let shown = format!("{:?}", told.verdict);
    assert!(!shown.contains("hunter2") && !shown.contains("db_1 "), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn variables_of_the_scenario_and_of_its_case_are_filled_in_and_shown_in_the_title() {
    let text = "vars: { a: 1 }\ncases:\n  - { b: '${a}' }\n  - { b: 7 }\nsteps:\n  - sql: SELECT ${a}, ${b}, ${database}, ${app_name}\n    expect: { affected: 0 }\n";
    let job = Job { case: Some(1), ..job(scenario(text), None) };
    let told = Case::default().run(Bench::new(), &job).await;
    assert_eq!(told.log[1], "pg.a: SELECT 1, 7, 'db_1', 'worker_1'");
    let title = told.events.iter().find_map(|event| match event {
        Event::ScenarioFinished { title, .. } => Some(title.clone()),
        _ => None,
    });
    assert_eq!(title.as_deref(), Some("What the test says holds [b=7]"));
}
