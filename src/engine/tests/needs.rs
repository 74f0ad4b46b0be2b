//! What makes a scenario skipped: all that it needs and these servers do not have.

use super::super::testing::*;
use crate::event::Event;
use crate::verdict::Verdict;

async fn told(bench: Bench, head: &str, steps: &str) -> String {
    let rest = format!("{head}steps:\n{steps}  - sql: SELECT 0\n    expect: {{ affected: 0 }}\n");
    let case = Case { version: Some((17, 2)), ..Case::default() };
    let told = case.run(bench, &job(scenario(&rest), None)).await;
    let verdict = told.verdict.expect("it is told");
    if matches!(verdict, Verdict::Skip { .. }) {
        assert_eq!(told.log, Vec::<String>::new(), "nothing is made for what is skipped");
        assert!(told.events.iter().any(|event| matches!(event, Event::ScenarioFinished { .. })));
    }
    said(&verdict)
}

#[tokio::test(start_paused = true)]
async fn each_need_is_looked_for() {
    for (need, said) in [
        ("faults", "pass"),
        ("pg >= 17", "pass"),
        ("pg >= 17.2", "pass"),
        ("pg >= 17.3", "skip: it needs pg 17.3, and this is 17.2"),
        ("mongo >= 18", "skip: it needs mongo 18.0, and this is 17.2"),
        ("pg members >= 3", "pass"),
        ("pg members >= 4", "skip: it needs 4 nodes of pg, and there are 3"),
        ("mongo members >= 4", "skip: it needs 4 nodes of mongo, and there are 3"),
        ("pg.c", "pass"),
        ("pg.z", "skip: there is no `pg.z` among the servers of this run"),
        ("mongo.m3", "pass"),
        ("mongo.m4", "skip: there is no `mongo.m4` among the servers of this run"),
    ] {
        assert_eq!(told(Bench::new(), &format!("needs: ['{need}']\n"), "").await, said, "{need}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_not_there_skips_whoever_speaks_to_it() {
    for (steps, node) in [
        ("  - sql: SELECT 1\n    on: pg.z\n", "pg.z"),
        ("  - mongo: { ping: 1 }\n    on: mongo.m9\n", "mongo.m9"),
        ("  - fault: { heal: pg.z }\n", "pg.z"),
    ] {
        let said = told(Bench::new(), "", steps).await;
        assert_eq!(said, format!("skip: there is no `{node}` among the servers of this run"));
    }
    for selector in ["mongo", "mongo.primary", "mongo.secondary", "mongo.*"] {
        let mut bench = Bench::new();
        bench.servers.mongo = None;
        let said = told(bench, "", &format!("  - mongo: {{ ping: 1 }}\n    on: '{selector}'\n")).await;
        assert_eq!(said, format!("skip: there is no `{selector}` among the servers of this run"));
    }
    let mut bench = Bench::new();
    bench.servers.pg.clear();
    assert_eq!(told(bench, "", "").await, "skip: there is no `pg` among the servers of this run");
}

#[tokio::test(start_paused = true)]
async fn faults_cuts_and_programs_need_servers_and_leave_for_them() {
    let mut bench = Bench::new();
    bench.host.owns_nodes = false;
    let said = told(bench, "", "  - fault: { kill: pg.b }\n").await;
    assert_eq!(said, "skip: it injects faults, and these servers are not polyspec's own");
    let mut bench = Bench::new();
    bench.host.owns_nodes = false;
    assert_eq!(told(bench, "needs: [faults]\n", "").await, "skip: these servers are not polyspec's own");
    let mut bench = Bench::new();
    bench.host.can_cut = false;
    assert!(told(bench, "", "  - fault: { cut: [pg.a, pg.b] }\n").await.starts_with("skip: it cuts links"));
    let mut bench = Bench::new();
    bench.options.allow_run = false;
    let said = told(bench, "", "  - run: { program: [date] }\n").await;
    assert_eq!(said, "skip: `run` starts programs; allow it with --allow-run");
}

#[tokio::test(start_paused = true)]
async fn what_changes_someone_elses_servers_for_all_is_an_error_unless_it_is_allowed() {
    let external = || {
        let mut bench = Bench::new();
        bench.servers.pg = peers(&["a"], false);
        bench
    };
    let role = "  - sql: CREATE ROLE x\n";
    let said = told(external(), "", role).await;
    assert!(said.starts_with("error: `CREATE ROLE` changes what every database sees"), "{said}");
    let mut allowed = external();
    allowed.options.allow_cluster_changes = true;
    assert_eq!(told(allowed, "", role).await, "pass");
    let mut file = external();
    file.host.files.insert("x.sql".into(), "SELECT 1; DROP ROLE x".into());
    let said = told(file, "", "  - sql: { file: x.sql }\n").await;
    assert!(said.starts_with("error: `DROP ROLE` changes what every database sees"), "{said}");
}
