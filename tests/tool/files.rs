//! Files beside scenarios, as other programs write them.

use libtest_mimic::Trial;

use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_byte_order_mark_is_not_part_of_any_file,
        a_dump_is_sent_with_its_data,
        a_command_of_psql_is_an_error_at_its_line,
        a_csv_file_may_have_any_names_of_columns,
        a_golden_with_a_section_that_no_step_names_is_refused_by_check,
        a_list_that_another_system_does_not_offer_is_its_failure,
    ]
}

const MARK: &str = "\u{FEFF}";

fn a_byte_order_mark_is_not_part_of_any_file() {
    let steps = "steps:\n  - sql: { file: t.sql }\n  - load: { file: rows.csv, into: t }\n    expect: { affected: 2 }\n  - sql: SELECT id FROM t ORDER BY id\n    expect: { rows: [[1], [2], [3]] }\n  - sql: SELECT 1 AS one\n    golden: one\n";
    let marked = |text: &str| format!("{MARK}{text}");
    let suite = Suite::shared()
        .file("scenarios/a.yaml", &marked(&format!("scenario: A mark is no content\nrequirements: [T1]\n{steps}")))
        .file(
            "scenarios/b.slt",
            &marked("# scenario: A mark is no content\n# requirements: T1\nquery I\nSELECT 1\n----\n1\n"),
        )
        .file("scenarios/t.sql", &marked("CREATE TABLE t (id int);\nINSERT INTO t VALUES (3);\n"))
        .file("scenarios/rows.csv", &marked("id\n1\n2\n"))
        .file("golden/a.golden", &marked("# polyspec golden 1: a.yaml\n== one\none:int4\n1\n"));
    suite.write("polyspec.yaml", &marked(&suite.read("polyspec.yaml")));
    suite.run(&["run"]).exits(0).says("2 passed, 0 failed");
    suite.write("scenarios/b.slt", &suite.read("scenarios/b.slt").replace("\n1\n", "\n2\n"));
    suite.run(&["run", "b.slt"]).exits(1);
    suite.run(&["bless", "b.slt"]).exits(0);
    assert!(suite.read("scenarios/b.slt").starts_with(MARK), "bless has removed the mark");
    suite.run(&["run", "b.slt"]).exits(0);
}

fn a_dump_is_sent_with_its_data() {
    let dump = "\\restrict x\nCREATE TABLE t (a int, b text);\nCOPY t (a, b) FROM stdin;\n1\tone; two\n2\t\\N\n\\.\n\nCREATE INDEX ON t (a);\n\\unrestrict x\n";
    let steps = "  - sql: { file: dump.sql }\n  - sql: SELECT a, b FROM t ORDER BY a\n    expect: { rows: [[1, one; two], [2, null]] }";
    Suite::shared().scenario("a", steps).file("scenarios/dump.sql", dump).run(&["run"]).exits(0);
}

fn a_command_of_psql_is_an_error_at_its_line() {
    let steps = "  - sql: { file: dump.sql }\n  - sql: SELECT 1\n    expect: { value: 1 }";
    let suite = Suite::shared().scenario("a", steps).file("scenarios/dump.sql", "SELECT 1;\n\\connect shop\n");
    suite.run(&["check"]).exits(2).says("scenarios/dump.sql:2:1").says("`\\connect` is a command of psql");
    suite.run(&["run"]).exits(3).says("`\\connect` is a command of psql");
}

fn a_csv_file_may_have_any_names_of_columns() {
    let steps = "  - sql: CREATE TABLE t (\"Order Id\" int, \"price, net\" numeric, \"Select\" text)\n  - load: { file: t.csv, into: t }\n    expect: { affected: 1 }";
    let data = "\"Order Id\",\"price, net\",Select\n1,2.50,x\n";
    Suite::shared().scenario("a", steps).file("scenarios/t.csv", data).run(&["run"]).exits(0);
}

fn a_golden_with_a_section_that_no_step_names_is_refused_by_check() {
    let suite = Suite::shared()
        .scenario("a", "  - sql: SELECT 1 AS one\n    golden: ones")
        .file("golden/a.golden", "# polyspec golden 1: a.yaml\n== one\none:int4\n1\n");
    let ended = suite.run(&["check"]).exits(2).says("`golden/a.golden` has no section `ones`").says("a.yaml:6:13");
    ended.says("no step of the scenario has the golden `one`").says("golden/a.golden:2:1");
    suite.run(&["run"]).exits(1);
    suite.run(&["bless"]).exits(0);
    suite.run(&["check"]).exits(0);
}

fn a_list_that_another_system_does_not_offer_is_its_failure() {
    let system = |lists: &str| format!("system: S\nbuild:\n  - sql: CREATE TABLE t (id int)\n{lists}");
    let suite = Suite::shared()
        .settings("system: ours")
        .file("ours/system.yaml", &system("steps:\n  look:\n    - sql: SELECT 1\n"))
        .file("theirs/system.yaml", &system(""))
        .scenario("a", "  - use: look\n    expect: { value: 1 }");
    suite.run(&["run"]).exits(0);
    suite.run(&["run", "--system", "theirs"]).exits(1).says("the system offers no list of steps `look`");
}
