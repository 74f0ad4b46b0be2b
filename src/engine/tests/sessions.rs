//! Sessions that are lost, and what a step gets to know of it; faults, after which that is its author's will.

use super::super::testing::*;

const TWICE: &str = "  - sql: SELECT n
    expect: { value: 1 }
    eventually: 5s
";

#[tokio::test(start_paused = true)]
async fn a_session_that_the_server_closes_is_not_tried_again_in_a_new_one() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [closed("57P01"), number("1")]);
    let ended = bench.run(TWICE).await;
    assert_eq!(ended.elapsed, std::time::Duration::ZERO);
    let evidence = ended.evidence();
    assert_eq!(evidence[0].code.as_deref(), Some("57P01"), "{evidence:?}");
    assert_eq!(bench.log.count("SELECT n"), 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_fault_a_retry_goes_on_in_a_new_session() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [closed("57P01"), number("1")]);
    let ended = bench.run(&format!("  - fault: {{ kill: pg.b }}\n{TWICE}")).await;
    assert_eq!(ended.said(), "pass");
    assert_eq!(bench.log.lines(), ["kill pg.b", "pg.a: SELECT n", "pg.a: SELECT n"]);
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_a_breakage_to_a_step_that_expects_no_error() {
    for (reply, cause) in [
        (lost(), "pg.a closed the connection: end of file"),
        (unreachable(), "pg.a cannot be reached: connection refused"),
        (silent(), "pg.a gave no answer within 1s, nor after a request to cancel"),
        (broken("no port"), "no port"),
    ] {
        let bench = Bench::new();
        bench.script.on("SELECT n", [reply]);
        let ended = bench.run("  - sql: SELECT n\n    expect: { value: 1 }\n").await;
        assert_eq!(ended.said(), format!("error: {cause}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_connection_is_an_answer_to_a_step_that_names_it() {
    for (reply, state) in [(lost(), "08006"), (unreachable(), "08001"), (silent(), "08006")] {
        let bench = Bench::new();
        bench.script.on("SELECT n", [reply]);
        let ended =
            bench.run(&format!("  - sql: SELECT n\n    expect: {{ error: {{ sqlstate: '{state}' }} }}\n")).await;
        assert_eq!(ended.said(), "pass", "{state}");
    }
    let bench = Bench::new();
    bench.script.on("SELECT n", [broken("no port")]);
    let ended = bench.run("  - sql: SELECT n\n    expect: { error: { sqlstate: '08006' } }\n").await;
    assert_eq!(ended.said(), "error: no port", "the machinery's trouble is never an answer");
}

#[tokio::test(start_paused = true)]
async fn what_was_looked_at_of_notifications_is_forgotten_in_its_session() {
    let bench = Bench::new();
    bench.script.on("SELECT n", [number("1")]);
    bench.run("  - sql: SELECT n\n    session: ear\n    expect: { notifications: [] }\n").await;
    assert_eq!(bench.log.lines(), ["pg.a/ear: SELECT n", "forget notifications of ear"]);
}

#[tokio::test(start_paused = true)]
async fn a_step_goes_to_all_nodes_that_it_names_with_the_name_of_each() {
    let bench = Bench::new();
    bench.run("  - sql: SELECT ${node}\n    on: [pg.c, pg.a]\n  - mongo: { ping: 1 }\n    on: mongo.*\n").await;
    let lines = bench.log.lines();
    assert_eq!(lines[..2], ["pg.c: SELECT 'c'", "pg.a: SELECT 'a'"]);
    let nodes: Vec<&str> = lines[2..].iter().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(nodes, ["mongo.m1", "mongo.m2", "mongo.m3"]);
    let ended = bench.run("  - sql: SELECT 1\n    on: pg.z\n").await;
    assert_eq!(ended.said(), "error: there is no node `pg.z` in this topology");
}

#[tokio::test(start_paused = true)]
async fn faults_are_injected_where_their_selectors_point_and_nodes_that_come_back_settle() {
    for (fault, done) in [
        ("stop: pg.b", "stop pg.b"),
        ("restart: pg.b", "stop pg.b, start pg.b, settle pg.b"),
        ("kill: mongo.primary", "kill mongo.m2"),
        ("pause: mongo.secondary", "pause mongo.m1"),
        ("resume: [mongo.m3]", "resume mongo.m3, settle mongo.m3"),
        (
            "start: mongo.*",
            "start mongo.m1, settle mongo.m1, start mongo.m2, settle mongo.m2, start mongo.m3, settle mongo.m3",
        ),
        ("step_down: mongo", "step down"),
        ("cut: [pg.a, pg.b]", "cut pg.a | pg.b"),
        ("cut: [mongo.primary]", "cut mongo.m2"),
        ("cut: pg.*", "cut pg.a | pg.b | pg.c"),
        ("heal: pg.a", "heal pg.a"),
        ("heal: all", "heal pg.a pg.b pg.c mongo.m1 mongo.m2 mongo.m3"),
    ] {
        let bench = Bench::new();
        let ended = bench.run(&format!("  - fault: {{ {fault} }}\n")).await;
        assert_eq!((ended.said().as_str(), bench.log.lines().join(", ").as_str()), ("pass", done), "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_cannot_be_injected_is_the_machinerys_trouble() {
    let mut bench = Bench::new();
    bench.host.breaks = vec!["kill"];
    let ended = bench.run("  - fault: { kill: pg.b }\n").await;
    assert_eq!(ended.said(), "error: the script says so");
    let ended = Bench::new().run("  - fault: { cut: [mongo.primary, mongo.m2] }\n").await;
    assert_eq!(ended.said(), "error: `mongo.m2` is `mongo.m2` now, which is named already");
}
