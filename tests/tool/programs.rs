//! Programs that steps start: only where the command line allows it, with nothing of the user's, and gone afterwards.

use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use libtest_mimic::Trial;
use nix::sys::signal::Signal;

use crate::children::{self, eventually};
use crate::conformance;
use crate::suite::Suite;
use crate::trials;

const SOON: Duration = Duration::from_secs(30);

const NEED: &str = "`run` starts programs; allow it with --allow-run";

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_scenario_that_starts_programs_is_skipped_unless_that_is_allowed,
        a_program_in_a_list_and_in_finally_counts,
        nothing_is_started_for_scenarios_that_are_skipped,
        a_build_that_starts_programs_is_refused_unless_that_is_allowed,
        cargo_test_skips_programs_unless_its_author_allows_them,
        a_program_finds_the_copy_and_nothing_of_the_users,
        a_program_beside_the_scenario_is_found,
        a_programs_processes_end_with_its_time_limit,
        a_programs_processes_end_with_the_scenario,
        a_programs_processes_end_with_an_interruption,
        a_program_that_says_too_much_is_an_error,
    ]
}

const TRUE: &str = "  - run: ['true']\n    expect: { reply: { exit: 0 } }";
const PASSES: &str = "  - sql: SELECT 1\n    expect: { value: 1 }";

fn a_scenario_that_starts_programs_is_skipped_unless_that_is_allowed() {
    let suite = Suite::shared().scenario("runs", TRUE).scenario("other", PASSES);
    suite.run(&["run"]).exits(0).says("1 passed").says("1 skipped").says(NEED);
    suite.run(&["run", "--allow-run"]).exits(0).says("2 passed");
    suite.run(&["check"]).exits(0);
}

fn a_program_in_a_list_and_in_finally_counts() {
    let system = "system: S\nbuild:\n  - sql: CREATE TABLE t ()\nsteps:\n  inner:\n    - run: ['true']\n  outer:\n    - use: inner\n";
    let last = format!("{PASSES}\nfinally:\n  - run: ['true']");
    let suite = Suite::shared().settings("system: s").file("s/system.yaml", system);
    let suite = suite.scenario("lists", "  - use: outer\n    expect: { reply: { exit: 0 } }").scenario("last", &last);
    suite.run(&["run"]).exits(4).says("0 passed").says("2 skipped").says(NEED);
    suite.run(&["run", "--allow-run"]).exits(0).says("2 passed");
}

fn nothing_is_started_for_scenarios_that_are_skipped() {
    let ended = Suite::owning().scenario("runs", &format!("{PASSES}\n{TRUE}")).run(&["run"]).exits(4).says(NEED);
    assert!(!ended.stderr.contains("servers started"), "{ended}");
}

fn a_build_that_starts_programs_is_refused_unless_that_is_allowed() {
    let build = "system: S\nbuild:\n  - sql: CREATE TABLE t (a text)\n  - on: pg.*\n    run: { program: [sh, -c, 'test -n \"$POLYSPEC_PG_A_URL\"'] }\n";
    let suite = Suite::shared().settings("system: s").file("s/system.yaml", build).scenario("reads", PASSES);
    let ended = suite.run(&["run"]).exits(2).says("the build of this system starts programs").says("--allow-run");
    assert!(ended.stderr.contains("s/system.yaml:5:5"), "{ended}");
    suite.run(&["check"]).exits(0);
    suite.run(&["run", "--allow-run"]).exits(0).says("1 passed");
    let failing = build.replace("test -n", "echo broken >&2; test -z");
    let suite = suite.file("s/system.yaml", &failing);
    suite.run(&["run", "--allow-run"]).says("the program ended with 1").says("standard error: broken");
}

fn cargo_test_skips_programs_unless_its_author_allows_them() {
    // What the program cannot do is not seen where it is skipped.
    let suite = Suite::shared().scenario("runs", "  - run: ['false']\n    expect: { reply: { stdout: '' } }");
    let harness = |allow: bool| {
        let mut command = children::command(std::env::current_exe().expect("this program"), &suite.path(""));
        command.env("POLYSPEC_RUN_DIR", suite.run_dir()).env(conformance::FOLDER, suite.path(""));
        if allow {
            command.env(conformance::ALLOW_RUN, "1");
        }
        children::finish(command)
    };
    // All is skipped: nothing was proven, as `run` says, too.
    harness(false).exits(4);
    harness(true).exits(1).prints("the program ended with 1");
}

fn a_program_finds_the_copy_and_nothing_of_the_users() {
    let steps = "  - on: [pg.*, mongo]
    run: [sh, -c, 'env | grep -v ^PWD= | cut -d= -f1 | sort | tr \"\\n\" \" \"; ls -A | wc -l; pwd >&2']
    expect: { reply: { stdout: { $$regex: '^HOME LANG PATH POLYSPEC_DATABASE POLYSPEC_MONGO_URL POLYSPEC_PG_A_URL POLYSPEC_PG_B_URL *0\\s$' } } }
    save: { folder: stderr }
  - on: [pg.b, mongo]
    run: [sh, -c, 'echo $POLYSPEC_DATABASE; echo $POLYSPEC_PG_B_URL; echo $POLYSPEC_MONGO_URL; touch left; id -u']
    expect: { reply: { stdout: { $$regex: '^${database}\\npostgresql://[^@]+@[^/]+/${database}\\nmongodb://.*/${database}\\?.*authSource=admin\\n' } } }
    save: { said: stdout }
  - run: [sh, -c, 'test ! -e \"$(printf %s \"$1\")\"', sh, \"${folder}\"]
    expect: { reply: { exit: 0 } }";
    let suite = Suite::shared().scenario("runs", steps);
    let mut command = suite.command(&["run", "--allow-run"]);
    command.env("PGPASSWORD", "secret").env("AWS_SECRET", "secret").env("POLYSPEC_PG_Z_URL", "x");
    children::finish(command).exits(0).says("1 passed");
}

fn a_program_beside_the_scenario_is_found() {
    let suite =
        Suite::shared().scenario("runs", "  - run: [./tool.sh, a b]\n    expect: { reply: { stdout: \"<a b>\\n\" } }");
    let suite = suite.file("scenarios/tool.sh", "#!/bin/sh\necho \"<$1>\"\n");
    suite.run(&["run", "--allow-run"]).exits(3).says("`./tool.sh` may not be run").says("chmod +x");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(suite.path("scenarios/tool.sh"), mode).expect("set");
    suite.run(&["run", "--allow-run"]).exits(0).says("1 passed");
    let suite = suite.scenario("runs", "  - run: [../../../bin/true]\n    expect: { reply: { exit: 0 } }");
    suite.run(&["run", "--allow-run"]).exits(2).says("leads out of");
}

/// A program that starts others which outlive it, with a word in their command lines.
fn hangs(word: &str) -> String {
    format!(
        "  - run: [sh, -c, '(sleep 301; : {word}) & sh -c \"sleep 302; : {word}\"; : {word}']\n    expect: {{ reply: {{ exit: 0 }} }}"
    )
}

/// Processes with a word in their command lines, other than polyspec itself.
fn processes(word: &str) -> usize {
    let names = |entry: std::fs::DirEntry| {
        let command = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&command).contains(word)
    };
    std::fs::read_dir("/proc")
        .expect("a table of processes")
        .flatten()
        .filter_map(|entry| names(entry).then_some(()))
        .count()
}

#[track_caller]
fn assert_gone(word: &str) {
    assert!(eventually(SOON, || processes(word) == 0), "{} processes of the program are left", processes(word));
}

fn a_programs_processes_end_with_its_time_limit() {
    let steps = format!("{}\n    timeout: 500ms", hangs("word-of-limit"));
    let ended = Suite::shared().scenario("hangs", &steps).run(&["run", "--allow-run"]).exits(1);
    ended.says("the program did not end within 500ms");
    assert_gone("word-of-limit");
}

fn a_programs_processes_end_with_the_scenario() {
    let steps = format!("{}\n    timeout: 5min", hangs("word-of-scenario"));
    let suite = Suite::shared().headed("hangs", "timeout: 1s", &steps);
    suite.run(&["run", "--allow-run"]).exits(1).says("the scenario was not done after 1s");
    assert_gone("word-of-scenario");
}

fn a_programs_processes_end_with_an_interruption() {
    let steps = format!("{}\n    timeout: 5min", hangs("word-of-interruption"));
    let suite = Suite::shared().headed("hangs", "timeout: 5min", &steps);
    let running = suite.start(&["run", "--allow-run"]);
    assert!(eventually(SOON, || processes("word-of-interruption") >= 2), "it runs: {}", running.stderr());
    running.signal(Signal::SIGINT);
    running.wait().exits(3).says("interrupted");
    assert_gone("word-of-interruption");
}

fn a_program_that_says_too_much_is_an_error() {
    let suite = Suite::shared().scenario("says", "  - run: ['yes']\n    expect: { reply: { exit: 0 } }");
    suite.run(&["run", "--allow-run"]).exits(3).says("wrote more than 1 MiB to its standard output");
}
