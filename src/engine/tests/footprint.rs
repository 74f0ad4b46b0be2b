//! What a scenario asks of the servers, read from its text, and what follows: who has a copy, and who runs beside whom.

use std::collections::BTreeSet;

use super::super::testing::*;
use super::super::{Claim, Footprint, Lanes};
use crate::model::{Engine, NodeName, NodeSelector};

fn on(steps: &str, lists: &str) -> Footprint {
    Footprint::of(&steps_alone(steps), Some(&system(lists)))
}

fn of(steps: &str) -> Footprint {
    on(steps, "")
}

fn selectors(footprint: &Footprint) -> String {
    footprint.selectors.iter().map(NodeSelector::to_string).collect::<Vec<_>>().join(" ")
}

fn engines(engines: &BTreeSet<Engine>) -> String {
    engines.iter().map(|engine| engine.as_str()).collect::<Vec<_>>().join(" ")
}

const WORKLOAD: &str = "  - workload:
      clients: 1
      operations: 1
      seed: 1
      on: pg.c
      mix:
        - name: look
          steps:
            - mongo: { configureFailPoint: x, mode: off }
              on: mongo.m1
      faults:
        - { after: 1, fault: { pause: mongo.m2 } }
";

#[test]
fn a_scenario_speaks_to_the_nodes_that_its_steps_name_or_mean() {
    for (steps, named) in [
        ("  - sql: SELECT 1\n", "pg"),
        ("  - mongo: { ping: 1 }\n", "mongo"),
        ("  - sql: SELECT 1\n    on: [pg.a, pg.b]\n", "pg.a pg.b"),
        ("  - mongo: { ping: 1 }\n    on: mongo.secondary\n", "mongo.secondary"),
        ("  - catch_up: pg\n", "pg.*"),
        ("  - fault: { kill: [pg.b, mongo.m1] }\n", "mongo.m1 pg.b"),
        ("  - fault: { step_down: mongo }\n", "mongo"),
        ("  - fault: { cut: [pg.a, pg.b] }\n", "pg.a pg.b"),
        ("  - fault: { cut: mongo.m1 }\n", "mongo.* mongo.m1"),
        ("  - fault: { heal: pg.b }\n", "pg.b"),
        ("  - use: look\n", "mongo pg.c"),
        ("  - use: look\n    on: pg.a\n", "mongo pg.c"),
        ("  - use: deep\n    on: pg.a\n", "mongo pg.a pg.c"),
        ("  - use: deep\n", "mongo pg pg.c"),
        (WORKLOAD, "mongo.m1 mongo.m2 pg.c"),
    ] {
        let lists = "steps:
  look:
    - sql: SELECT 1
      on: pg.c
    - use: more
  more:
    - mongo: { ping: 1 }
  deep:
    - use: look
    - sql: SELECT 1
";
        let mut found: Vec<String> = on(steps, lists).selectors.iter().map(NodeSelector::to_string).collect();
        found.sort();
        assert_eq!(found.join(" "), named, "{steps}");
    }
}

#[test]
fn steps_that_stand_under_finally_and_lists_that_are_used_count_too() {
    let text = "steps:\n  - sql: SELECT 1\n    expect: { value: 1 }\nfinally:\n  - fault: { start: mongo.m1 }\n";
    let footprint = Footprint::of(&scenario(text), None);
    assert_eq!((selectors(&footprint).as_str(), footprint.faults), ("pg mongo.m1", true));
    let lists = "steps:\n  quiet:\n    - fault: { pause: pg.b }\n  round:\n    - use: round\n    - sql: SELECT 1\n";
    let footprint = on("  - use: quiet\n", lists);
    assert!(footprint.faults && footprint.disturbs.contains(&Engine::Pg));
    assert_eq!(selectors(&on("  - use: round\n", lists)), "pg", "a list that uses itself ends too");
    assert_eq!(selectors(&on("  - use: nobody\n", lists)), "");
}

#[test]
fn faults_cuts_fail_points_and_programs_are_seen_wherever_they_stand() {
    for (steps, disturbs, flags) in [
        ("  - sql: SELECT 1\n", "", ""),
        ("  - fault: { stop: pg.a }\n", "pg", "faults"),
        ("  - fault: { step_down: mongo }\n", "mongo", "faults"),
        ("  - fault: { cut: [pg.a, pg.b] }\n", "pg", "faults cuts"),
        ("  - fault: { kill: [pg.b, mongo.m1] }\n", "pg mongo", "faults"),
        ("  - mongo: { $db: admin, configureFailPoint: failCommand, mode: off }\n", "", "fail_points"),
        ("  - mongo: { killAllSessions: [] }\n", "", "server_wide"),
        ("  - run: { program: [date] }\n", "", "runs"),
        (WORKLOAD, "mongo", "faults fail_points"),
    ] {
        let footprint = of(steps);
        let flag = |is: bool, name: &'static str| is.then_some(name);
        let found: Vec<&str> = [
            flag(footprint.faults, "faults"),
            flag(footprint.cuts, "cuts"),
            flag(footprint.fail_points, "fail_points"),
            flag(footprint.server_wide, "server_wide"),
            flag(footprint.runs, "runs"),
        ]
        .into_iter()
        .flatten()
        .collect();
        assert_eq!((engines(&footprint.disturbs).as_str(), found.join(" ").as_str()), (disturbs, flags), "{steps}");
    }
}

#[test]
fn records_of_slt_are_read_as_steps_are() {
    let records = "statement ok\nCREATE ROLE x\n\nconnection mongo.m1\nstatement ok\n{ \"configureFailPoint\": \"x\", \"mode\": \"off\" }\n";
    let footprint = Footprint::of(&slt(records), None);
    assert_eq!(selectors(&footprint), "pg mongo.m1");
    assert!(footprint.fail_points);
    assert_eq!(footprint.reaches.get(&Engine::Pg).map(String::as_str), Some("CREATE ROLE"));
}

#[test]
fn a_copy_is_where_the_scenario_speaks_to_or_everywhere_when_rows_may_go_round() {
    let names: Vec<NodeName> = ["a", "b", "c"].map(|name| NodeName::new(Engine::Pg, name)).into();
    let copied = |steps: &str, replicates| {
        of(steps).copied(&names, replicates).iter().map(|node| node.name.clone()).collect::<Vec<_>>().join(" ")
    };
    for (steps, alone, replicating) in [
        ("  - sql: SELECT 1\n", "a", "a"),
        ("  - sql: SELECT 1\n    on: pg.c\n", "c", "c"),
        ("  - sql: SELECT 1\n    on: [pg.c, pg.a]\n", "a c", "a b c"),
        ("  - sql: SELECT 1\n    on: pg.*\n", "a b c", "a b c"),
        ("  - mongo: { ping: 1 }\n", "", ""),
    ] {
        assert_eq!((copied(steps, false).as_str(), copied(steps, true).as_str()), (alone, replicating), "{steps}");
    }
}

#[test]
fn a_claim_disturbs_what_others_would_notice() {
    for (steps, uses, disturbs) in [
        ("  - sql: SELECT 1\n", "pg", ""),
        ("  - fault: { kill: mongo.m1 }\n", "mongo", "mongo"),
        ("  - mongo: { configureFailPoint: x, mode: off }\n", "mongo", "mongo"),
        ("  - mongo: { killAllSessions: [] }\n", "mongo", "mongo"),
        ("  - sql: CREATE ROLE x\n", "pg", "pg"),
        ("  - sql: SELECT 1\n  - fault: { step_down: mongo }\n", "pg mongo", "mongo"),
    ] {
        let claim = Claim::of(&job(steps_alone(steps), None));
        assert_eq!((engines(&claim.uses).as_str(), engines(&claim.disturbs).as_str()), (uses, disturbs), "{steps}");
    }
}

#[tokio::test(start_paused = true)]
async fn jobs_begin_in_their_order_as_far_as_they_fit_beside_one_another() {
    let claim = |uses: &[Engine], disturbs: &[Engine]| Claim {
        uses: uses.iter().copied().collect(),
        disturbs: disturbs.iter().copied().collect(),
    };
    let mongo = [Engine::Mongo];
    let lanes = Lanes::new(vec![
        ("first", claim(&mongo, &[])),
        ("kill", claim(&mongo, &mongo)),
        ("sql", claim(&[Engine::Pg], &[])),
        ("last", claim(&mongo, &[])),
    ]);
    let mut begun = vec![];
    let first = lanes.next().await.expect("one");
    let second = lanes.next().await.expect("one");
    let third = lanes.next().await.expect("one");
    begun.extend([first.0, second.0, third.0]);
    assert_eq!(begun, ["first", "sql", "last"]);
    drop((first, second));
    let waits = tokio::time::timeout(std::time::Duration::from_secs(1), lanes.next()).await;
    assert!(waits.is_err(), "`last` still uses what `kill` disturbs");
    drop(third);
    assert_eq!(lanes.next().await.map(|(name, _)| name), Some("kill"));
}
