//! Names that a scenario or a system writes and that do not exist: found before anything runs, with their places.

use super::Selection;
use super::test_suite::{Folder, told};

/// What is said of a scenario with these steps; its head is two lines long.
fn refused(steps: &str) -> String {
    let folder = Folder::new();
    folder.scenario("x.yaml", &format!("requirements: [P1.1]\nsteps:\n{steps}\n"));
    folder.refused(Selection { names: vec!["x.yaml".into()], ..Selection::default() })
}

const HOLDS: &str = "- { sql: SELECT 1, expect: { value: 1 } }";

#[test]
fn a_node_that_the_suite_does_not_have_is_refused_wherever_it_is_named() {
    let slip = "the suite has no node `pg.ajp`";
    for step in [
        "- { on: pg.ajp, sql: SELECT 1, expect: { value: 1 } }",
        "- { fault: { kill: pg.ajp } }",
        "- { fault: { cut: [pg.apj, pg.ajp] } }",
        "- { fault: { heal: pg.ajp } }",
        "- workload: { clients: 1, operations: 1, on: pg.ajp, mix: [{ name: a, steps: [{ sql: SELECT 1 }] }] }",
        "- workload: { clients: 1, operations: 1, mix: [{ name: a, steps: [{ sql: SELECT 1, on: pg.ajp }] }] }",
        "- workload:\n    { clients: 1, operations: 1, mix: [{ name: a, steps: [{ sql: SELECT 1 }] }], faults: [{ after: 1, fault: { kill: pg.ajp } }] }",
    ] {
        let said = refused(&format!("{step}\n{HOLDS}"));
        assert!(said.starts_with("scenarios/x.yaml:") && said.contains(slip), "{step}: {said}");
    }
    let needing =
        "scenario: S\nrequirements: [P1.1]\nneeds: [pg.ajp]\nsteps: [{ sql: SELECT 1, expect: { value: 1 } }]";
    let folder = Folder::new();
    folder.write("scenarios/x.yaml", needing);
    let said = folder.refused(Selection::default());
    assert!(said.contains("scenarios/x.yaml:3:9: the suite has no node `pg.ajp`; did you mean `pg.apj`?"), "{said}");
}

#[test]
fn a_record_of_slt_is_held_to_the_nodes_too() {
    let folder = Folder::new();
    let text = "# scenario: S\n# requirements: P1.1\n\nconnection pg.ajp\nquery I\nSELECT 1\n----\n1\n";
    folder.write("scenarios/x.slt", text);
    assert!(folder.refused(Selection::default()).contains("the suite has no node `pg.ajp`"));
}

#[test]
fn an_engine_that_the_suite_does_not_have_is_no_reason_to_skip() {
    for step in ["- { mongo: { ping: 1 } }", "- catch_up: mongo", "- { on: mongo.primary, mongo: { ping: 1 } }"] {
        let said = refused(&format!("{step}\n{HOLDS}"));
        assert!(said.contains("the suite has no MongoDB"), "{step}: {said}");
    }
}

#[test]
fn nodes_of_endpoints_of_profiles_and_of_the_command_line_are_the_suites_own() {
    let folder = Folder::new();
    folder.write(
        "polyspec.yaml",
        "suite: shop\nendpoints: { pg.main: postgresql://h }\nprofiles: { far: { endpoints: { mongo: mongodb://h1 } } }\n",
    );
    let steps = "steps: [{ on: pg.main, sql: SELECT 1, expect: { value: 1 } }, { on: mongo.m1, mongo: { ping: 1 } }]";
    folder.scenario("x.yaml", &format!("requirements: [P1.1]\n{steps}"));
    assert!(folder.load(&Selection::default()).is_ok());
    folder.scenario("x.yaml", "requirements: [P1.1]\nsteps: [{ on: pg.far, sql: SELECT 1, expect: { value: 1 } }]");
    assert!(folder.refused(Selection::default()).contains("the suite has no node `pg.far`"));
    let mut suite = folder.open().unwrap();
    suite.also_at([(&"pg.far".to_string(), &"postgresql://h".to_string())]);
    assert!(suite.load(&Selection::default()).is_ok());
}

#[test]
fn files_that_are_not_there_and_scripts_that_cannot_be_read_are_refused() {
    for (step, file) in [
        ("- { sql: { file: none.sql } }", "none.sql"),
        ("- { load: { file: none.csv, into: t } }", "none.csv"),
        ("- { run: [./none.sh] }", "none.sh"),
    ] {
        let said = refused(&format!("{step}\n{HOLDS}"));
        assert!(said.starts_with("scenarios/x.yaml:4:") && said.contains(&format!("{file}`")), "{step}: {said}");
    }
    let folder = Folder::new();
    folder.write("scenarios/dump.sql", "\u{FEFF}SELECT 1;\n\\connect shop\n");
    let steps = format!("steps:\n- {{ sql: {{ file: dump.sql }} }}\n- {{ run: [sort, ./not/a/program] }}\n{HOLDS}");
    folder.scenario("x.yaml", &format!("requirements: [P1.1]\n{steps}"));
    let slips = || told(&folder.load(&Selection::default()).unwrap().slips);
    assert!(slips().starts_with("scenarios/dump.sql:2:1: `\\connect` is a command of psql"), "{}", slips());
    folder.write("scenarios/dump.sql", "\u{FEFF}SELECT 1;\n");
    assert_eq!(slips(), "");
}

#[test]
fn what_a_system_names_is_looked_for_too() {
    let system = |steps: &str| {
        let folder = Folder::new();
        folder.write(
            "systems/base/system.yaml",
            &format!("system: Base\nbuild: [{{ sql: SELECT 1 }}]\nsteps: {{ greet: [{steps}] }}\n"),
        );
        let suite = folder.open().unwrap();
        suite.system("systems/base", None).map(drop).map_err(|errors| told(&errors))
    };
    let said = system("{ on: pg.ajp, sql: SELECT 2 }").unwrap_err();
    assert!(said.starts_with("systems/base/system.yaml:3:") && said.contains("no node `pg.ajp`"), "{said}");
    assert!(system("{ sql: { file: none.sql } }").unwrap_err().contains("there is no `systems/base/none.sql`"));
    assert_eq!(system("{ mongo: { ping: 1 } }"), Ok(()), "a suite may do without one half of a system");
}

#[test]
fn what_the_last_step_of_a_list_cannot_give_is_not_saved_beside_its_use() {
    let said = refused("- { use: greet, save: { x: vlaue } }\n- { sql: \"SELECT ${x}\", expect: { value: 1 } }");
    assert!(said.contains("scenarios/x.yaml:4:28: `vlaue` is not a path into rows; did you mean `value`?"), "{said}");
}

#[test]
fn a_session_of_one_step_is_warned_of_where_two_were_probably_meant() {
    let warned = |steps: &str| {
        let folder = Folder::new();
        folder.scenario("x.yaml", &format!("requirements: [P1.1]\nsteps:\n{steps}\n{HOLDS}\n"));
        told(&folder.load(&Selection { names: vec!["x.yaml".into()], ..Selection::default() }).unwrap().warnings)
    };
    let step = |session: &str, sql: &str| format!("- {{ session: {session}, sql: \"{sql}\" }}\n");
    let said = warned(&[step("writer", "BEGIN"), step("writer", "SELECT 1"), step("writr", "COMMIT")].concat());
    assert!(
        said.contains("scenarios/x.yaml:6:14: only this step uses the session `writr`; did you mean `writer`?"),
        "{said}"
    );
    for (steps, warns) in [
        (step("a", "BEGIN; SELECT 1; COMMIT"), false),
        (step("a", "SELECT 1"), false),
        (step("a", "BEGIN; UPDATE t SET a = 1"), true),
        (step("a", "ROLLBACK"), true),
        (step("a", "BEGIN; SAVEPOINT s; ROLLBACK TO s; COMMIT"), false),
        (step("a", "SET work_mem = '1MB'"), true),
        (step("a", "SET work_mem = '1MB'; SELECT 1"), false),
        ([step("a", "LISTEN c"), step("a", "SELECT 1")].concat(), false),
        ("- { session: a, use: greet }\n".to_string(), false),
    ] {
        assert_eq!(warned(&steps).contains("only this step uses"), warns, "{steps}");
    }
}
