//! The exit code says what kind of end it was, and nothing vacuous is a success.

use libtest_mimic::Trial;

use crate::children;
use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        zero_is_for_a_run_in_which_everything_passed,
        one_is_for_a_failure_and_three_for_an_error_beside_it,
        two_is_for_a_selection_that_selects_nothing,
        two_is_for_a_key_that_nobody_knows,
        two_is_for_a_scenario_that_is_empty,
        two_is_for_a_suite_without_scenarios,
        two_is_for_a_folder_without_a_suite,
        two_is_for_a_command_line_that_is_wrong,
        a_system_is_not_held_to_the_design_of_another,
        three_is_for_a_server_that_cannot_be_reached,
        three_is_for_a_report_that_cannot_be_written,
        four_is_for_a_run_in_which_everything_was_skipped,
        four_is_for_a_skip_where_that_is_strict,
        four_is_for_a_workload_in_which_nothing_succeeded,
        four_is_for_a_workload_that_is_over_before_its_fault,
        a_todo_that_fails_is_fine,
        a_todo_that_passes_is_a_failure,
        a_todo_that_breaks_is_an_error,
        fail_fast_begins_nothing_after_the_first_failure,
        a_broken_file_stops_only_a_run_that_wants_it,
    ]
}

const PASSES: &str = "  - sql: SELECT 1\n    expect: { value: 1 }";
const FAILS: &str = "  - sql: SELECT 1\n    expect: { value: 2 }";
const BREAKS: &str =
    "  - sql: SELECT NULL\n    save: { x: value }\n  - sql: SELECT ${x:ident}\n    expect: { value: 1 }";

fn zero_is_for_a_run_in_which_everything_passed() {
    Suite::shared().scenario("a", PASSES).scenario("b", PASSES).run(&["run"]).exits(0).says("2 passed, 0 failed");
}

fn one_is_for_a_failure_and_three_for_an_error_beside_it() {
    let suite = Suite::shared().scenario("passes", PASSES).scenario("fails", FAILS).scenario("breaks", BREAKS);
    suite.run(&["run", "passes", "fails"]).exits(1).says("1 passed, 1 failed, 0 errors");
    suite.run(&["run"]).exits(3).says("1 passed, 1 failed, 1 error");
}

fn two_is_for_a_selection_that_selects_nothing() {
    let suite = Suite::shared().scenario("prices", PASSES);
    suite.run(&["run", "nothing_like_it"]).exits(2);
    suite.run(&["run", "--tag", "nobody"]).exits(2);
    suite.run(&["run", "-r", "Z9"]).exits(2);
    suite.run(&["run", "--exclude", "prices"]).exits(2);
    suite.run(&["run", "--exact", "price"]).exits(2);
}

fn two_is_for_a_key_that_nobody_knows() {
    let suite = Suite::shared().headed("a", "timeuot: 3s", PASSES);
    suite.run(&["run"]).exits(2).says("timeout");
    suite.run(&["check"]).exits(2).says("timeuot");
}

fn two_is_for_a_scenario_that_is_empty() {
    for text in ["", "scenario: Nothing\nrequirements: [T1]\nsteps: []\n", "# only a comment\n"] {
        Suite::shared().file("scenarios/a.yaml", text).run(&["run"]).exits(2);
    }
    Suite::shared().file("scenarios/a.slt", "# scenario: Nothing\n# requirements: T1\n").run(&["run"]).exits(2);
    Suite::shared().scenario("a", "  - sql: SELECT 1").run(&["run"]).exits(2);
}

fn two_is_for_a_suite_without_scenarios() {
    let suite = Suite::shared().file("scenarios/README.md", "none yet");
    suite.run(&["run"]).exits(2).says("there are no scenarios");
}

fn two_is_for_a_folder_without_a_suite() {
    let suite = Suite::shared();
    std::fs::remove_file(suite.path("polyspec.yaml")).expect("removed");
    suite.run(&["run"]).exits(2).says("polyspec.yaml");
}

fn two_is_for_a_command_line_that_is_wrong() {
    let suite = Suite::shared().scenario("a", PASSES);
    for arguments in [
        ["run", "--jobs", "0"].as_slice(),
        &["run", "--shard", "3/2"],
        &["run", "--shard", "0/2"],
        &["run", "--repot", "x"],
        &["run", "--report", "junit"],
        &["run", "--report", "pdf=x"],
        &["run", "--profile", "nobody"],
        &["run", "--system", "nowhere"],
        &["rnu"],
        &[],
    ] {
        let ended = suite.run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}\n{ended}");
        assert!(!ended.stderr.is_empty(), "{arguments:?} is refused without a word");
    }
}

fn a_system_is_not_held_to_the_design_of_another() {
    let decided = "scenario: Keys grow\ndesign: A key is a number.\nsteps:\n  - sql: INSERT INTO t VALUES (1)\n    expect: { affected: 1 }\n  - sql: INSERT INTO t VALUES ('a')\n    expect: { error: { sqlstate: 22P02 } }\n";
    let suite = Suite::shared()
        .settings("system: ours")
        .file("ours/system.yaml", "system: Ours\nbuild:\n  - sql: CREATE TABLE t (id int)\n")
        .file("theirs/system.yaml", "system: Theirs\nbuild:\n  - sql: CREATE TABLE t (id text)\n")
        .scenario("asked", "  - sql: SELECT count(*) FROM t\n    expect: { value: 0 }")
        .file("scenarios/decided.yaml", decided);
    for ours in [&["run"][..], &["run", "--system", "ours"]] {
        suite.run(ours).exits(0).says("2 passed, 0 failed");
    }
    suite.run(&["run", "--system", "theirs"]).exits(0).says("1 scenario, 1 left out").says("1 passed, 0 failed");
    suite.run(&["run", "decided", "--system", "theirs"]).exits(2).says("of the design of the suite's own system");
    let listed = suite.run(&["list"]).exits(0);
    listed.prints("asked.yaml  asked  [T1]").prints("decided.yaml  Keys grow  [design]");
}

fn three_is_for_a_server_that_cannot_be_reached() {
    let mongo = "  - mongo: { ping: 1 }\n    expect: { reply: { ok: 1 } }";
    let pg = ["--pg-url", "a=postgresql://nobody:nothing@127.0.0.1:1/postgres"];
    let set = ["--mongo-url", "mongodb://nobody:nothing@127.0.0.1:1/?replicaSet=rs0"];
    for (steps, server) in [(PASSES, pg), (mongo, set)] {
        let suite = Suite::owning().scenario("a", steps).scenario("b", steps).scenario("c", steps);
        let ended = suite.run(&["run", server[0], server[1]]).exits(3);
        let told = ended.stderr.matches("127.0.0.1:1").count() + ended.stderr.matches("cannot be reached").count();
        assert!((1..=2).contains(&told), "it is told once, not for each scenario\n{ended}");
        assert!(!ended.stderr.contains("nothing@"), "a password is shown\n{ended}");
    }
}

fn three_is_for_a_report_that_cannot_be_written() {
    let suite = Suite::shared().scenario("a", PASSES);
    suite.run(&["run", "--report", "junit=polyspec.yaml/x.xml"]).exits(3).says("could not be written");
}

fn four_is_for_a_run_in_which_everything_was_skipped() {
    let suite = Suite::shared().headed("needs", "needs: [pg >= 99]", PASSES).scenario("passes", PASSES);
    suite.run(&["run", "needs"]).exits(4).says("it needs pg 99").says("1 skipped");
    suite.run(&["run"]).exits(0).says("1 passed, 0 failed, 0 errors, 1 skipped");
}

fn four_is_for_a_skip_where_that_is_strict() {
    let suite = Suite::shared().headed("needs", "needs: [pg >= 99]", PASSES).scenario("passes", PASSES);
    suite.run(&["run", "--strict"]).exits(4).says("1 passed, 0 failed, 0 errors, 1 skipped").says("strict");
    suite.run(&["run", "--strict", "passes"]).exits(0);
    let in_ci = |arguments: &[&str]| {
        let mut command = suite.command(arguments);
        command.env("CI", "1");
        children::finish(command)
    };
    in_ci(&["run"]).exits(4).says("strict");
    in_ci(&["run", "passes"]).exits(0);
    in_ci(&["run", "--strict=false"]).exits(0);
}

fn four_is_for_a_workload_in_which_nothing_succeeded() {
    let load = "  - workload:\n      clients: 2\n      operations: 6\n      mix:\n        - name: write\n          steps:\n            - sql: INSERT INTO nowhere VALUES (1)\n    expect: { reply: { ok: 6 } }";
    Suite::shared().scenario("a", load).run(&["run"]).exits(4).says("6 × 42P01");
}

fn four_is_for_a_workload_that_is_over_before_its_fault() {
    let load = "  - workload:\n      clients: 1\n      operations: 2\n      mix:\n        - name: read\n          steps:\n            - sql: SELECT 1\n      faults:\n        - { after: 50, fault: { pause: pg.a } }\n    expect: { reply: { ok: 2 } }";
    Suite::shared().scenario("a", load).run(&["run"]).exits(4).says("were done before fault 1");
}

fn a_todo_that_fails_is_fine() {
    let suite = Suite::shared().headed("a", "todo: the fence is not painted", FAILS);
    suite.run(&["run"]).exits(0).says("1 failed as expected").says("the fence is not painted");
}

fn a_todo_that_passes_is_a_failure() {
    let suite = Suite::shared().headed("a", "todo: the fence is not painted", PASSES);
    suite.run(&["run"]).exits(1).says("1 failed").says("the fence is not painted");
}

fn a_todo_that_breaks_is_an_error() {
    Suite::shared().headed("a", "todo: later", BREAKS).run(&["run"]).exits(3).says("1 error");
}

fn fail_fast_begins_nothing_after_the_first_failure() {
    let suite = Suite::shared().scenario("a", FAILS).scenario("b", PASSES).scenario("c", PASSES);
    suite.run(&["run", "--fail-fast", "--jobs", "1"]).exits(1).says("0 passed, 1 failed, 0 errors, 2 not run");
}

fn a_broken_file_stops_only_a_run_that_wants_it() {
    let suite = Suite::shared().scenario("good", PASSES).file("scenarios/half.yaml", "scenario: Half\nsteps:\n");
    suite.run(&["run"]).exits(2).says("half.yaml");
    suite.run(&["run", "good"]).exits(0).says("1 passed");
    suite.run(&["run", "half"]).exits(2);
}
