//! Systems that go on from a built one: what is done to each copy before its scenario.

use std::sync::Arc;

use super::super::testing::*;
use super::super::{Job, SystemUnderTest};
use crate::system::Template;

const STEPS: &str = "  - on: [pg.a, pg.b]\n    sql: SELECT n\n";

fn template() -> Template {
    Template { database: "built".into(), pg: peers(&["a", "b", "c"], true), mongo: true, shared: true }
}

/// A scenario on two of three linked peers, on a system that drops something on the last two.
fn variant() -> Job {
    let links = "replication:\n  - publication: p\n    between: [pg.a, pg.b, pg.c]\n";
    let system = system(&format!("build:\n  - on: [pg.b, pg.c]\n    sql: DROP TABLE t\n{links}"));
    let under = SystemUnderTest { system, fingerprint: "f".into(), base: Some(template()) };
    Job::new("t", Arc::new(steps_alone(STEPS)), None, Some(Arc::new(under)))
}

fn case() -> Case {
    Case { built: [("f".to_string(), Ok(template()))].into(), ..Case::default() }
}

#[tokio::test(start_paused = true)]
async fn its_steps_run_in_the_copy_before_the_peers_are_linked() {
    let told = case().run(Bench::new(), &variant()).await;
    let log = told.log.join("; ");
    let begins = "make pg.a pg.b pg.c; pg.b: DROP TABLE t; pg.c: DROP TABLE t; close; link 1; ";
    assert!(log.starts_with(begins) && log.ends_with("remove"), "{log}");
}

#[tokio::test(start_paused = true)]
async fn a_copy_that_cannot_be_changed_is_dropped_and_its_scenario_is_an_error() {
    let bench = Bench::new();
    bench.script.on("DROP TABLE t", [refused("42P01")]);
    let told = case().run(bench, &variant()).await;
    assert!(matches!(told.verdict, Some(crate::verdict::Verdict::Error { .. })), "{:?}", told.verdict);
    assert!(!told.log.iter().any(|line| line.contains("SELECT n")), "{:?}", told.log);
    assert_eq!(told.log.last().map(String::as_str), Some("remove"));
}
