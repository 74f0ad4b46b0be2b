//! A suite as `cargo test`: this very program, started with [`FOLDER`] set, is what a project's `tests/conformance.rs` is.

use std::process::Command;

use libtest_mimic::Trial;

use crate::children::{self, Ended};
use crate::servers::assert_no_copies;
use crate::suite::Suite;
use crate::trials;

/// When it is set, this program is the test harness of the suite in that folder and nothing else.
pub const FOLDER: &str = "POLYSPEC_TOOL_CONFORMANCE";

/// When it is set beside [`FOLDER`], the harness allows programs.
pub const ALLOW_RUN: &str = "POLYSPEC_TOOL_ALLOW_RUN";

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        every_run_is_listed_as_a_test,
        a_filter_is_part_of_a_name_and_exact_is_the_whole,
        skip_leaves_out,
        hidden_scenarios_are_ignored_tests,
        a_failure_shows_what_a_run_shows,
        it_ends_with_the_exit_code_of_a_run,
        in_ci_a_skip_is_a_failed_test_and_nothing_is_recorded,
        one_thread_and_several_give_the_same_verdicts,
        a_suite_that_is_wrong_is_refused,
        nothing_is_started_for_a_list_or_for_no_test,
        nothing_is_left_when_the_last_test_is_done,
    ]
}

const PASSES: &str = "  - sql: SELECT 1\n    expect: { value: 1 }";
const FAILS: &str = "  - sql: SELECT 1\n    expect: { value: 2 }";

fn fill(suite: Suite) -> Suite {
    suite
        .scenario("apples", PASSES)
        .scenario("apples_and_pears", PASSES)
        .headed("many", "cases: [{ n: 1 }, { n: 2 }]", "  - sql: SELECT ${n}::int > 0\n    expect: { value: true }")
        .headed("secret", "hidden: true", PASSES)
        .headed("later", "todo: not yet", FAILS)
}

fn harness(suite: &Suite, arguments: &[&str]) -> Ended {
    children::finish(harness_command(suite, arguments))
}

fn harness_command(suite: &Suite, arguments: &[&str]) -> Command {
    let mut command = children::command(std::env::current_exe().expect("this program"), &suite.path(""));
    command.args(arguments).env("POLYSPEC_RUN_DIR", suite.run_dir()).env(FOLDER, suite.path(""));
    command
}

/// Names of the tests that ran, with their results.
fn results(ended: &Ended) -> Vec<(String, String)> {
    let lines = ended.stdout.lines().filter_map(|line| line.strip_prefix("test ")?.split_once(" ... "));
    let mut results: Vec<_> =
        lines.map(|(name, result)| (name.trim().to_string(), result.trim().to_string())).collect();
    results.sort();
    results
}

fn ran(suite: &Suite, arguments: &[&str]) -> Vec<String> {
    let ended = harness(suite, arguments).exits(0);
    results(&ended).into_iter().filter(|(_, result)| result == "ok").map(|(name, _)| name).collect()
}

fn every_run_is_listed_as_a_test() {
    let suite = fill(Suite::shared());
    let ended = harness(&suite, &["--list"]).exits(0);
    for name in ["apples.yaml", "apples_and_pears.yaml", "many.yaml#1", "many.yaml#2", "secret.yaml", "later.yaml"] {
        assert!(ended.stdout.lines().any(|line| line == format!("{name}: test")), "{name} is not listed\n{ended}");
    }
}

fn a_filter_is_part_of_a_name_and_exact_is_the_whole() {
    let suite = fill(Suite::shared());
    assert_eq!(ran(&suite, &["apples"]), ["apples.yaml", "apples_and_pears.yaml"]);
    assert_eq!(ran(&suite, &["--exact", "apples.yaml"]), ["apples.yaml"]);
    assert!(ran(&suite, &["--exact", "apples"]).is_empty());
    assert_eq!(ran(&suite, &["many.yaml#2"]), ["many.yaml#2"]);
}

fn skip_leaves_out() {
    let suite = fill(Suite::shared());
    assert_eq!(ran(&suite, &["--skip", "apples"]), ["later.yaml", "many.yaml#1", "many.yaml#2"]);
    assert_eq!(ran(&suite, &["apples", "--skip", "pears"]), ["apples.yaml"]);
}

fn hidden_scenarios_are_ignored_tests() {
    let suite = fill(Suite::shared());
    let ended = harness(&suite, &[]).exits(0).prints("5 passed").prints("1 ignored");
    assert!(results(&ended).contains(&("secret.yaml".into(), "ignored".into())), "{ended}");
    // What fails as its `todo` says is fine here, too.
    assert!(results(&ended).contains(&("later.yaml".into(), "ok".into())), "{ended}");
    assert_eq!(ran(&suite, &["--ignored"]), ["secret.yaml"]);
    assert_eq!(ran(&suite, &["--include-ignored"]).len(), 6);
}

fn a_failure_shows_what_a_run_shows() {
    let suite = fill(Suite::shared()).scenario("fails", FAILS);
    let ended =
        harness(&suite, &[]).prints("fails.yaml").prints("expected 2, got 1").prints("scenarios/fails.yaml:6:22");
    assert_eq!(ended.code, Some(1), "as a run ends");
    ended.prints("polyspec run --exact fails.yaml");
}

const SKIPPED: (&str, &str) = ("needs", "needs: [pg >= 99]");
const BREAKS: &str =
    "  - sql: SELECT NULL\n    save: { x: value }\n  - sql: SELECT ${x:ident}\n    expect: { value: 1 }";

fn it_ends_with_the_exit_code_of_a_run() {
    let skips = || Suite::shared().headed(SKIPPED.0, SKIPPED.1, PASSES);
    for (suite, code) in [
        (skips(), 4),
        (skips().scenario("passes", PASSES), 0),
        (skips().scenario("fails", FAILS), 1),
        (Suite::shared().scenario("fails", FAILS).scenario("breaks", BREAKS), 3),
        (Suite::shared().headed("passes", "todo: not yet", PASSES), 1),
        (Suite::shared().headed("fails", "todo: not yet", FAILS), 0),
        (Suite::shared().headed("secret", "hidden: true", PASSES), 2),
        (Suite::shared().file("scenarios/README.md", "none yet"), 2),
    ] {
        suite.run(&["run"]).exits(code);
        harness(&suite, &[]).exits(code);
    }
}

fn in_ci_a_skip_is_a_failed_test_and_nothing_is_recorded() {
    let in_ci = |suite: &Suite| {
        let mut command = harness_command(suite, &[]);
        command.env("CI", "1");
        children::finish(command)
    };
    let suite = Suite::shared().headed(SKIPPED.0, SKIPPED.1, PASSES).scenario("passes", PASSES);
    let ended = in_ci(&suite).exits(4);
    assert!(results(&ended).contains(&("needs.yaml".into(), "FAILED".into())), "{ended}");
    assert!(results(&ended).contains(&("passes.yaml".into(), "ok".into())), "{ended}");
    let suite = Suite::shared().scenario("records", "  - sql: SELECT 1\n    golden: one");
    in_ci(&suite).exits(1);
    assert!(!suite.has("golden/records.golden.pending"));
    harness(&suite, &[]).exits(1);
    in_ci(&suite).exits(1).says("golden/records.golden.pending` is pending");
}

fn one_thread_and_several_give_the_same_verdicts() {
    let suite = fill(Suite::shared()).scenario("fails", FAILS);
    let one = results(&harness(&suite, &["--test-threads=1"]));
    assert_eq!(one.len(), 7);
    assert_eq!(results(&harness(&suite, &["--test-threads=4"])), one);
}

fn a_suite_that_is_wrong_is_refused() {
    let suite = fill(Suite::shared()).file("scenarios/wrong.yaml", "scenaro: x\n");
    harness(&suite, &[]).exits(2).says("wrong.yaml");
}

fn nothing_is_started_for_a_list_or_for_no_test() {
    let suite = fill(Suite::owning());
    harness(&suite, &["--list"]).exits(0);
    harness(&suite, &["no_such_test"]).exits(0);
    assert!(!suite.has(&format!("polyspec-{}", nix::unistd::Uid::effective())), "a folder for servers was made");
}

fn nothing_is_left_when_the_last_test_is_done() {
    let suite = fill(Suite::alone());
    harness(&suite, &[]).exits(0);
    assert_no_copies();
}
