//! `.slt` files: nothing vacuous passes, what polyspec itself does meets no expectation, and what is accepted is green.

use libtest_mimic::Trial;

use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_cancel_by_polyspec_meets_no_expected_error,
        a_file_that_sends_nothing_is_inconclusive,
        labels_that_no_system_has_are_warned_of,
        bless_keeps_every_byte_but_rows_and_counts,
        bless_accepts_nothing_after_a_refused_statement,
        bless_refuses_what_the_format_cannot_hold_with_the_fix,
        a_file_that_is_included_twice_is_blessed_once,
        two_inclusions_that_need_different_rows_are_refused,
        scenarios_that_need_one_file_to_differ_are_refused,
        a_file_of_several_scenarios_is_blessed_with_all_of_them,
        bless_accepts_nothing_of_a_scenario_with_a_todo,
        a_hidden_scenario_is_blessed_by_the_command_that_its_run_prints,
        a_run_that_agrees_again_removes_the_pending_file,
    ]
}

const HEAD: &str = "# scenario: Something holds\n# requirements: T1\n";

fn script(records: &str) -> Suite {
    Suite::shared().kit().file("scenarios/s.slt", &format!("{HEAD}\n{records}"))
}

fn a_cancel_by_polyspec_meets_no_expected_error() {
    let sleep = "SELECT pg_sleep(60)";
    let records = format!("statement error\n{sleep}\n\nquery error cancel\n{sleep}\n\nquery I\nSELECT 2\n----\n1\n");
    let text = format!("{HEAD}\n{records}");
    let named = format!("{HEAD}\nstatement error (57014)\n{sleep}\n");
    let suite = Suite::shared()
        .settings("statement_timeout: 300ms")
        .file("scenarios/bare.slt", &text)
        .file("scenarios/named.slt", &named);
    let ended =
        suite.run(&["run", "bare.slt"]).exits(3).says("bare.slt:4:1").says("bare.slt:7:1").says("bare.slt:10:1");
    ended.says("the error received is not the system's answer").says("57014 query_canceled");
    assert!(!suite.has("scenarios/bare.slt.pending"), "a record that broke lets others be accepted");
    suite.run(&["run", "named.slt"]).exits(1).says("polyspec cancelled the statement");
}

fn a_file_that_sends_nothing_is_inconclusive() {
    let record = "query I\nSELECT 1\n----\n1\n";
    let file = |records: &str| format!("{HEAD}\n{records}");
    let suite = Suite::shared()
        .file("scenarios/halt.slt", &file(&format!("halt\n\n{record}")))
        .file("scenarios/left_out.slt", &file(&format!("onlyif mysql\n{record}\nskipif postgres\n{record}")))
        .file("scenarios/both.slt", &file(&format!("onlyif mysql\n{record}\nhalt\n\n{record}")));
    let says = |name: &str, reason: &str| {
        let ended = suite.run(&["run", name]);
        assert!(ended.stderr.contains("inconclusive"), "{ended}");
        ended.says(reason);
    };
    says("halt.slt", "`halt` in line 4 comes before every record");
    says("left_out.slt", "`onlyif` and `skipif` leave out every record");
    says("both.slt", "`onlyif` and `skipif` leave out every record before `halt` in line 10");
}

fn labels_that_no_system_has_are_warned_of() {
    let suite = script("skipif postgrs\nquery I\nSELECT 1\n----\n1\n\nonlyif duckdb\nquery I\nSELECT 2\n----\n1\n");
    suite.run(&["check"]).exits(0).says("no system is known as `postgrs`").says("did you mean `postgres`?");
}

const ODD: &str = "# c\r\n\r\nstatement  count  7 retry 2  backoff 1000ms\r
UPDATE item SET price = price WHERE id < 3\r
\r
query  TR  rowsort  a_label retry 1 backoff 2m\r
SELECT name, price FROM item\r
----\r
Desk    120.00\r
Lamp 11.00\r
Vase\t25.50\r
\r
\r
query TR rowsort\r
SELECT name, price FROM item WHERE id < 3\r
----\r
Lamp 11.00\r
<slt:ignore>25.50\r
\r
control resultmode valuewise\r
\r
query IT\r
SELECT 1, 'x  y'\r
----\r
1\r
z\r
\r
# the end";

fn bless_keeps_every_byte_but_rows_and_counts() {
    let text = format!("{HEAD}\n{ODD}");
    let suite = Suite::shared().kit().file("scenarios/s.slt", &text);
    suite.run(&["run"]).exits(1).says("accept with: polyspec bless s.slt");
    suite.run(&["bless", "s.slt"]).exits(0).prints("accepted scenarios/s.slt");
    let expected =
        text.replace("count  7", "count  2").replace("Lamp 11.00", "Lamp 10.00").replace("\nz\r", "\nx  y\r");
    assert_eq!(suite.read("scenarios/s.slt"), expected);
    suite.run(&["run"]).exits(0);
}

fn bless_accepts_nothing_after_a_refused_statement() {
    let records = "statement ok\nDELETE FROM item WHERE id = 'x'\n\nquery I\nSELECT count(*) FROM item\n----\n0\n";
    let suite = script(records);
    suite.run(&["run"]).exits(1).says("s.slt:4:1").says("s.slt:7:1");
    assert!(!suite.has("scenarios/s.slt.pending"));
    suite.run(&["bless", "s.slt"]).exits(1).prints("nothing to accept");
    assert!(suite.read("scenarios/s.slt").ends_with("----\n0\n"));
}

fn bless_refuses_what_the_format_cannot_hold_with_the_fix() {
    for (value, cause) in [
        ("E'a\\nb'", "a line break"),
        ("E'a\\tb'", "a tab"),
        ("'a '", "blanks at an end"),
        ("'   '", "blanks at an end"),
        ("'NULL'", "reads as if there were none"),
        ("'(empty)'", "reads as if there were none"),
        ("'----'", "would read as a record of its own"),
        ("'statement ok'", "would read as a record of its own"),
    ] {
        let record = |value: &str| format!("query T\nSELECT {value}\n----\nold\n");
        let suite = script(&record(value));
        let before = suite.read("scenarios/s.slt");
        let ended = suite.run(&["bless", "s.slt"]).exits(1).prints("nothing to accept");
        ended.says(cause).says("to_json(…)");
        assert_eq!(suite.read("scenarios/s.slt"), before, "{value}");
        suite.write("scenarios/s.slt", &format!("{HEAD}\n{}", record(&format!("to_json({value}::text)"))));
        suite.run(&["bless", "s.slt"]).exits(0);
        suite.run(&["run"]).exits(0);
    }
}

fn a_file_that_is_included_twice_is_blessed_once() {
    let suite = script("include _part.slt\n\ninclude _part.slt\n")
        .file("scenarios/_part.slt", "query I\nSELECT count(*) FROM item\n----\n4\n\n# kept\n");
    suite.run(&["run"]).exits(1).says("scenarios/_part.slt.pending");
    let main = suite.read("scenarios/s.slt");
    suite.run(&["bless", "s.slt"]).exits(0).prints("accepted scenarios/_part.slt");
    assert_eq!(suite.read("scenarios/_part.slt"), "query I\nSELECT count(*) FROM item\n----\n3\n\n# kept\n");
    assert_eq!(suite.read("scenarios/s.slt"), main);
    suite.run(&["run"]).exits(0);
}

fn two_inclusions_that_need_different_rows_are_refused() {
    let part = "query I\nSELECT count(*) FROM item\n----\n3\n";
    let suite = script("include _part.slt\n\nstatement count 3\nDELETE FROM item\n\ninclude _part.slt\n")
        .file("scenarios/_part.slt", part);
    let ended = suite.run(&["bless", "s.slt"]).exits(1).prints("nothing to accept");
    ended.says("is included more than once and would have to read differently each time");
    assert_eq!(suite.read("scenarios/_part.slt"), part);
}

fn scenarios_that_need_one_file_to_differ_are_refused() {
    let part = "query I\nSELECT count(*) FROM item\n----\n3\n";
    let suite = script("include _part.slt\n")
        .file("scenarios/t.slt", &format!("{HEAD}\nstatement count 3\nDELETE FROM item\n\ninclude _part.slt\n"))
        .file("scenarios/_part.slt", part);
    suite.run(&["bless", "s.slt", "t.slt"]).exits(1);
    assert_eq!(suite.read("scenarios/_part.slt"), part);
    suite.run(&["bless", "t.slt"]).exits(1).says("s.slt includes it too").says("polyspec bless t.slt s.slt");
    assert_eq!(suite.read("scenarios/_part.slt"), part);
}

fn a_file_of_several_scenarios_is_blessed_with_all_of_them() {
    let suite = script("include _part.slt\n")
        .file("scenarios/t.slt", &format!("{HEAD}\ninclude _part.slt\n"))
        .file("scenarios/_part.slt", "query I\nSELECT count(*) FROM item\n----\n4\n");
    suite.run(&["run", "s.slt"]).exits(1);
    suite.run(&["bless"]).exits(0).prints("accepted scenarios/_part.slt");
    suite.run(&["run"]).exits(0).says("2 passed");
}

fn bless_accepts_nothing_of_a_scenario_with_a_todo() {
    let text = format!("# todo: later\n{HEAD}\nquery I\nSELECT 1\n----\n2\n");
    let suite = Suite::shared().kit().file("scenarios/s.slt", &text);
    suite.run(&["bless", "s.slt"]).exits(1).says("has a `todo`").says("Remove the `todo` first.");
    assert_eq!(suite.read("scenarios/s.slt"), text);
}

fn a_hidden_scenario_is_blessed_by_the_command_that_its_run_prints() {
    let text = format!("# hidden: true\n{HEAD}\nquery I\nSELECT 1\n----\n2\n");
    let suite = Suite::shared().kit().file("scenarios/it's one.slt", &text);
    let ended = suite.run(&["run", "--hidden"]).exits(1);
    ended.says("accept with: polyspec bless 'it'\\''s one.slt'");
    suite.run(&["bless", "it's one.slt"]).exits(0).prints("accepted scenarios/it's one.slt");
    suite.run(&["run", "--hidden"]).exits(0);
}

fn a_run_that_agrees_again_removes_the_pending_file() {
    let suite = script("query I\nSELECT 1\n----\n2\n");
    suite.run(&["run"]).exits(1);
    assert!(suite.has("scenarios/s.slt.pending"));
    suite.write("scenarios/s.slt", &suite.read("scenarios/s.slt.pending"));
    suite.run(&["run"]).exits(0);
    assert!(!suite.has("scenarios/s.slt.pending"));
}
