//! Goldens: a run never changes one, only `bless` and `review` do, and only what two runs agree on.

use std::process::Stdio;

use libtest_mimic::Trial;

use crate::children::{self, Ended};
use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_first_run_writes_a_pending_neighbour_and_fails,
        bless_accepts_what_two_runs_agree_on,
        bless_of_one_name_leaves_the_others_pending,
        bless_refuses_what_differs_between_two_runs_and_names_the_line,
        bless_has_nothing_to_do_when_nothing_is_pending,
        review_accepts_and_rejects_as_it_is_told,
        a_failing_step_writes_nothing_pending,
        a_run_that_agrees_again_takes_its_pending_neighbour_away,
        a_run_of_another_system_and_mutants_leave_nothing_pending,
        in_ci_nothing_is_accepted_and_something_pending_is_a_failure,
        in_ci_a_missing_golden_fails_and_writes_nothing,
        bless_rewrites_only_the_records_of_slt_that_do_not_hold,
        bless_does_not_accept_an_error_of_slt,
        goldens_that_no_scenario_uses_are_reported,
        every_case_has_a_golden_of_its_own,
        what_is_redacted_does_not_differ,
        a_golden_of_many_rows_is_compared_as_it_streams,
        a_mismatch_that_cannot_be_kept_is_a_mismatch,
    ]
}

const ITEMS: &str = "  - sql: SELECT name, price FROM item ORDER BY id\n    golden: items";
const GOLDEN: &str = "golden/items.golden";
const PENDING: &str = "golden/items.golden.pending";

fn suite() -> Suite {
    Suite::shared().kit().scenario("items", ITEMS)
}

fn a_first_run_writes_a_pending_neighbour_and_fails() {
    let suite = suite();
    suite.run(&["run"]).exits(1).says("there is no golden `items` yet").says("polyspec bless items.yaml");
    assert!(suite.has(PENDING) && !suite.has(GOLDEN));
    let expected = "# polyspec golden 1: items.yaml\n== items\nname:text | price:numeric\nLamp | 10.00\nVase | 25.50\nDesk | 120.00\n";
    assert_eq!(suite.read(PENDING), expected);
}

fn bless_accepts_what_two_runs_agree_on() {
    let suite = suite();
    suite.run(&["run"]).exits(1);
    suite.run(&["bless"]).exits(0).prints("accepted golden/items.golden");
    assert!(suite.has(GOLDEN) && !suite.has(PENDING));
    suite.run(&["run"]).exits(0);
    // And the other way: a golden that is not what comes fails.
    suite.write(GOLDEN, &suite.read(GOLDEN).replace("25.50", "26.50"));
    suite.run(&["run"]).exits(1).says("26.50");
    assert!(suite.read(GOLDEN).contains("26.50"), "a run has changed a golden");
}

fn bless_of_one_name_leaves_the_others_pending() {
    let suite = suite().scenario("other", "  - sql: SELECT 1 AS one\n    golden: one");
    suite.run(&["run"]).exits(1);
    suite.run(&["bless", "other"]).exits(0).prints("accepted golden/other.golden");
    assert!(suite.has(PENDING) && !suite.has(GOLDEN) && suite.has("golden/other.golden"));
}

fn bless_refuses_what_differs_between_two_runs_and_names_the_line() {
    let steps = "  - sql: SELECT 'same' AS a, random() AS b\n    golden: chance";
    let suite = Suite::shared().scenario("chance", steps);
    suite.run(&["run"]).exits(1);
    let ended = suite.run(&["bless"]).exits(1).says("is not deterministic: two runs in a row differ");
    ended.says("line 4: `same | 0.");
    assert!(!suite.has("golden/chance.golden"), "what differs between two runs became golden");
}

fn bless_has_nothing_to_do_when_nothing_is_pending() {
    let suite = suite();
    suite.run(&["bless"]).exits(0).prints("nothing is pending");
}

fn told(suite: &Suite, answers: &str) -> Ended {
    let file = suite.path("answers");
    std::fs::write(&file, answers).expect("written");
    let mut command = suite.command(&["review"]);
    command.stdin(Stdio::from(std::fs::File::open(&file).expect("open")));
    children::finish(command)
}

fn review_accepts_and_rejects_as_it_is_told() {
    let suite = suite()
        .scenario("other", "  - sql: SELECT 1 AS one\n    golden: one")
        .scenario("third", "  - sql: SELECT 3 AS three\n    golden: three");
    suite.run(&["run"]).exits(1);
    // What is not understood is asked again; the end of the input leaves the rest pending.
    let ended = told(&suite, "what\na\nreject\n").exits(0);
    let ended =
        ended.prints("Lamp | 10.00").prints("accepted golden/items.golden").prints("rejected golden/other.golden");
    ended.prints("left pending golden/third.golden");
    assert!(suite.has(GOLDEN) && !suite.has("golden/other.golden") && !suite.has("golden/other.golden.pending"));
    assert!(suite.has("golden/third.golden.pending"));
}

fn a_failing_step_writes_nothing_pending() {
    let fails = format!("{ITEMS}\n  - sql: SELECT 1\n    expect: {{ value: 2 }}");
    let suite = Suite::shared().kit().scenario("items", &fails);
    let ended = suite.run(&["run"]).exits(1);
    assert!(!suite.has(PENDING), "something pending got of a run that failed otherwise\n{ended}");
    suite.run(&["bless", "items"]).exits(1).prints("nothing to accept");
    assert!(!suite.has(GOLDEN));
}

fn a_run_that_agrees_again_takes_its_pending_neighbour_away() {
    let suite = suite();
    suite.run(&["run"]).exits(1);
    let golden = suite.read(PENDING);
    suite.write(GOLDEN, &golden);
    suite.run(&["run"]).exits(0);
    assert!(!suite.has(PENDING));
}

fn in_ci(suite: &Suite, arguments: &[&str]) -> Ended {
    let mut command = suite.command(arguments);
    command.env("CI", "1");
    children::finish(command)
}

fn in_ci_nothing_is_accepted_and_something_pending_is_a_failure() {
    let suite = suite().scenario("other", "  - sql: SELECT 1\n    expect: { value: 1 }");
    suite.run(&["run"]).exits(1);
    in_ci(&suite, &["bless"]).exits(2).says("nothing is accepted in CI");
    in_ci(&suite, &["review"]).exits(2).says("nothing is accepted in CI");
    in_ci(&suite, &["run", "other"]).exits(1).says("`golden/items.golden.pending` is pending");
    assert!(suite.has(PENDING) && !suite.has(GOLDEN));
}

fn in_ci_a_missing_golden_fails_and_writes_nothing() {
    let suite = suite();
    in_ci(&suite, &["run"]).exits(1).says("there is no golden `items` yet");
    assert!(!suite.has(PENDING));
}

const SLT: &str = "# scenario: Prices
# requirements: T1

# This one holds, and is written in its author's way.
query  I
SELECT   count(*)   FROM item
----
3

# This one does not.
query TR rowsort
SELECT name, price FROM item WHERE id < 3
----
Lamp 11.00
Vase 25.50

statement count 5
UPDATE item SET price = price WHERE id < 3
";

fn bless_rewrites_only_the_records_of_slt_that_do_not_hold() {
    let suite = Suite::shared().kit().file("scenarios/prices.slt", SLT);
    suite.run(&["run"]).exits(1).says("scenarios/prices.slt.pending");
    assert_eq!(suite.read("scenarios/prices.slt"), SLT, "a run has changed a file");
    suite.run(&["bless"]).exits(0).prints("accepted scenarios/prices.slt");
    let expected = SLT.replace("Lamp 11.00", "Lamp 10.00").replace("count 5", "count 2");
    assert_eq!(suite.read("scenarios/prices.slt"), expected);
    assert!(!suite.has("scenarios/prices.slt.pending"));
    suite.run(&["run"]).exits(0);
}

fn bless_does_not_accept_an_error_of_slt() {
    let text = "# scenario: Prices\n# requirements: T1\n\nstatement ok\nUPDATE item SET price = -1\n";
    let suite = Suite::shared().kit().file("scenarios/prices.slt", text);
    suite.run(&["bless", "prices"]).exits(1).prints("nothing to accept");
    assert_eq!(suite.read("scenarios/prices.slt"), text);
}

fn goldens_that_no_scenario_uses_are_reported() {
    let suite = suite();
    suite.run(&["bless", "items"]).exits(0);
    suite.write("golden/gone.golden", "# polyspec golden 1: gone.yaml\n== x\nok\n");
    suite.run(&["run"]).exits(0).says("golden/gone.golden");
    assert!(suite.has("golden/gone.golden"), "a report must not remove anything");
}

fn every_case_has_a_golden_of_its_own() {
    let cases = "cases: [{ case: small, n: 1 }, { case: large, n: 2 }]";
    let suite = Suite::shared().headed("many", cases, "  - sql: SELECT ${n}::int AS n\n    golden: number");
    suite.run(&["run"]).exits(1);
    suite.run(&["bless"]).exits(0);
    assert!(suite.read("golden/many#small.golden").ends_with("n:int4\n1\n"));
    assert!(suite.read("golden/many#large.golden").ends_with("n:int4\n2\n"));
    suite.run(&["run"]).exits(0).says("2 passed");
}

fn what_is_redacted_does_not_differ() {
    let steps =
        "  - sql: SELECT 'run ' || floor(random() * 1e9)::text AS a, current_database() AS b\n    golden: chance";
    let redact = "redact: [{ pattern: 'run \\d+', name: number }]";
    let suite = Suite::shared().settings(redact).scenario("chance", steps);
    suite.run(&["run"]).exits(1);
    suite.run(&["bless"]).exits(0);
    assert!(
        suite.read("golden/chance.golden").contains("<number> | <database>"),
        "{}",
        suite.read("golden/chance.golden")
    );
    suite.run(&["run"]).exits(0);
}

fn a_golden_of_many_rows_is_compared_as_it_streams() {
    let steps = "  - sql: SELECT n, repeat('x', 100) FROM generate_series(1, 50000) AS n\n    golden: rows";
    let suite = Suite::shared().scenario("many", steps);
    suite.run(&["bless", "many"]).exits(0);
    suite.run(&["run"]).exits(0);
    let golden = suite.read("golden/many.golden");
    suite.write("golden/many.golden", &golden.replace("\n49999 | x", "\n49999 | y"));
    suite.run(&["run"]).exits(1).says("49999  | y");
}

fn a_mismatch_that_cannot_be_kept_is_a_mismatch() {
    let suite = suite().file("scenarios/rows.slt", "# scenario: s\n# requirements: T1\nquery I\nSELECT 1\n----\n2\n");
    suite.run(&["bless", "items"]).exits(0);
    suite.write(GOLDEN, &suite.read(GOLDEN).replace("25.50", "26.50"));
    // A folder with the name of the pending file is what a disk that takes no file is to whoever runs as root.
    std::fs::create_dir(suite.path(PENDING)).expect("made");
    std::fs::create_dir(suite.path("scenarios/rows.slt.pending")).expect("made");
    let ended = suite.run(&["run"]).exits(1).says("2 failed").says("26.50");
    ended.says("the pending golden could not be written").says("the result could not be kept");
    suite.run(&["bless", "items", "rows"]).exits(1);
    assert!(suite.read(GOLDEN).contains("26.50"));
}

fn a_run_of_another_system_and_mutants_leave_nothing_pending() {
    let system =
        |value: &str, more: &str| format!("system: S\n{more}build:\n  - sql: CREATE TABLE t AS SELECT {value} AS a\n");
    let slt = "# scenario: s\n# requirements: T1\nquery I\nSELECT a FROM t\n----\n1\n";
    let suite = Suite::shared()
        .settings("system: own")
        .file("own/system.yaml", &system("1", ""))
        .file("other/system.yaml", &system("2", ""))
        .file("mutants/m/system.yaml", &system("3", "breaks: [T1]\n"))
        .file("scenarios/rows.slt", slt)
        .scenario("golden", "  - sql: SELECT a FROM t\n    golden: a");
    suite.run(&["run"]).exits(1);
    suite.run(&["bless"]).exits(0);
    suite.run(&["run"]).exits(0).says("2 passed");
    let nothing_pending = || !suite.has("golden/golden.golden.pending") && !suite.has("scenarios/rows.slt.pending");
    let ended = suite.run(&["run", "--system", "other"]).exits(1).says("2 failed");
    assert!(nothing_pending(), "something is pending\n{ended}");
    assert!(!ended.stderr.contains("bless"), "{ended}");
    let ended = suite.run(&["mutants", "--mutants", "mutants", "--all"]).exits(0);
    assert!(nothing_pending(), "something is pending\n{ended}");
    suite.run(&["run"]).exits(0).says("2 passed");
}
