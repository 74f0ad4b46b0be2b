//! What a run leaves for people and for machines.

use std::collections::BTreeSet;
use std::process::Command;

use libtest_mimic::Trial;

use crate::children::{self, Ended};
use crate::redact::redact;
use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        junit_is_well_formed_and_holds_every_verdict,
        junit_survives_hostile_output,
        a_replay_ends_and_reads_as_its_run_did,
        a_replay_of_half_a_record_is_refused,
        shards_divide_the_selection,
        a_shuffle_repeats_with_its_seed,
        verdicts_do_not_depend_on_the_number_of_workers,
        nothing_but_text_goes_where_there_is_no_terminal,
        no_color_is_obeyed_on_a_terminal,
        a_terminal_shows_what_runs_and_in_colours,
        the_live_line_is_no_longer_than_the_terminal_is_wide,
        list_names_what_run_would_run,
        check_needs_no_server,
        a_reader_who_has_seen_enough_is_no_error,
        the_matrix_in_the_readme_is_that_of_the_suite,
    ]
}

const PASSES: &str = "  - sql: SELECT 1\n    expect: { value: 1 }";
const FAILS: &str = "  - sql: SELECT 'got' AS said\n    expect: { rows: [[wanted]] }";
const BREAKS: &str =
    "  - sql: SELECT NULL\n    save: { x: value }\n  - sql: SELECT ${x:ident}\n    expect: { value: 1 }";

fn mixed() -> Suite {
    Suite::shared()
        .scenario("passes", PASSES)
        .scenario("fails", FAILS)
        .scenario("breaks", BREAKS)
        .headed("waits", "todo: not yet", FAILS)
        .headed("needs", "needs: [pg >= 99]", PASSES)
}

/// The names of the elements of an XML text, if every element is closed in order and every entity is known.
fn elements(xml: &str) -> Vec<String> {
    let (mut open, mut seen, mut rest) = (vec![], vec![], xml);
    while let Some(at) = rest.find('<') {
        for entity in rest[..at].split('&').skip(1) {
            let name = entity.split(';').next().unwrap_or_default();
            assert!(["lt", "gt", "amp", "quot", "apos"].contains(&name) || name.starts_with('#'), "&{name} in {xml}");
        }
        rest = &rest[at..];
        let end = match rest {
            cdata if cdata.starts_with("<![CDATA[") => cdata.find("]]>").expect("the end of a CDATA section") + 3,
            _ => rest.find('>').expect("the end of a tag") + 1,
        };
        let tag = &rest[1..end - 1];
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap_or_default().to_string();
        match tag {
            tag if tag.starts_with(['?', '!']) => {}
            tag if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "an element is closed out of order"),
            tag => {
                seen.push(name.clone());
                if !tag.ends_with('/') {
                    open.push(name);
                }
            }
        }
        rest = &rest[end..];
    }
    assert!(open.is_empty(), "these are not closed: {open:?}");
    assert!(xml.chars().all(|c| c >= ' ' || "\n\r\t".contains(c)), "a character that XML does not know");
    seen
}

fn junit_is_well_formed_and_holds_every_verdict() {
    let suite = mixed();
    suite.run(&["run", "--report", "junit=out.xml"]).exits(3);
    let xml = suite.read("out.xml");
    let count = |name: &str| elements(&xml).iter().filter(|element| *element == name).count();
    assert_eq!((count("testcase"), count("failure"), count("error")), (5, 1, 1), "{xml}");
    assert_eq!(count("skipped"), 2, "one that needs something, and one that fails as expected\n{xml}");
    assert!(xml.contains("expected wanted, got got") || xml.contains("expected &quot;wanted&quot;"), "{xml}");
}

fn junit_survives_hostile_output() {
    let steps = "  - sql: SELECT E'\\x01\\x1b[31m]]>&<tag>' AS a\n    expect: { value: '<b>&]]>' }";
    let suite = Suite::shared().scenario("hostile", steps);
    let ended = suite.run(&["run", "--report", "junit=out.xml"]).exits(1);
    assert!(!ended.stderr.contains('\u{1b}'), "an escape code of a server reaches the terminal");
    assert!(elements(&suite.read("out.xml")).contains(&"failure".to_string()));
}

/// What was said, without what only servers say, and without what differs from run to run.
fn blocks(ended: &Ended) -> String {
    let lines = ended.stderr.lines().filter(|line| !line.starts_with("using the cluster"));
    redact(&lines.collect::<Vec<_>>().join("\n"))
}

fn a_replay_ends_and_reads_as_its_run_did() {
    for (arguments, code) in [(["passes"].as_slice(), 0), (&["fails"], 1), (&["needs"], 4), (&[], 3)] {
        let suite = mixed();
        let ran = suite.run(&[&["run", "--jobs", "1", "--report", "json=out.jsonl"], arguments].concat()).exits(code);
        let replayed = suite.run(&["replay", "out.jsonl", "--report", "junit=out.xml"]).exits(code);
        assert_eq!(blocks(&replayed), blocks(&ran));
        assert!(elements(&suite.read("out.xml")).contains(&"testcase".to_string()));
    }
}

fn a_replay_of_half_a_record_is_refused() {
    let suite = mixed();
    suite.run(&["run", "passes", "--report", "json=out.jsonl"]).exits(0);
    let text = suite.read("out.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    suite.write("half.jsonl", &lines[..lines.len() - 1].join("\n"));
    suite.run(&["replay", "half.jsonl"]).exits(3).says("ends before the run did");
    suite.write("none.jsonl", "not json\n");
    suite.run(&["replay", "none.jsonl"]).exits(2);
    suite.run(&["replay", "missing.jsonl"]).exits(2).says("missing.jsonl");
}

/// Names of runs, in order.
fn listed(suite: &Suite, arguments: &[&str]) -> Vec<String> {
    let ended = suite.run(&[&["list"], arguments].concat()).exits(0);
    ended.stdout.lines().filter_map(|line| line.split("  ").next()).map(str::to_string).collect()
}

fn nine() -> Suite {
    (1..10).fold(Suite::shared(), |suite, number| suite.scenario(&format!("s{number}"), PASSES))
}

fn shards_divide_the_selection() {
    let suite = nine();
    let all: BTreeSet<String> = listed(&suite, &[]).into_iter().collect();
    for n in [2, 4] {
        let shard = |k: usize| format!("{k}/{n}");
        let parts: Vec<Vec<String>> = (1..=n).map(|k| listed(&suite, &["--shard", &shard(k)])).collect();
        let together: Vec<String> = parts.into_iter().flatten().collect();
        assert_eq!(together.len(), 9, "in {n} parts, none twice: {together:?}");
        assert_eq!(together.into_iter().collect::<BTreeSet<_>>(), all);
    }
    let half = listed(&suite, &["--shard", "1/2"]).len();
    suite.run(&["run", "--shard", "1/2"]).exits(0).says(&format!("{half} passed"));
    // A shard without a run is an error: it would have proven nothing.
    let alone = ["1/2", "2/2"].map(|shard| suite.run(&["list", "--exact", "s1.yaml", "--shard", shard]).code);
    assert!(alone == [Some(0), Some(2)] || alone == [Some(2), Some(0)], "{alone:?}");
}

fn a_shuffle_repeats_with_its_seed() {
    let suite = nine();
    let shuffled = listed(&suite, &["--shuffle=7"]);
    assert_eq!(shuffled, listed(&suite, &["--shuffle=7"]));
    assert_ne!(shuffled, listed(&suite, &[]));
    assert_ne!(shuffled, listed(&suite, &["--shuffle=8"]));
    suite.run(&["run", "--shuffle=7"]).exits(0).says("shuffled with --shuffle=7");
    suite.run(&["run", "--shuffle"]).exits(0).says("shuffled with --shuffle=");
}

fn verdicts(suite: &Suite, jobs: &str) -> Vec<(String, String)> {
    let report = format!("json=jobs{jobs}.jsonl");
    suite.run(&["run", "--jobs", jobs, "--report", &report]).exits(3);
    let text = suite.read(&format!("jobs{jobs}.jsonl"));
    let events = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON"));
    let finished = events.filter(|event| event["event"] == "scenario_finished");
    let mut verdicts: Vec<_> =
        finished.map(|event| (event["name"].to_string(), event["verdict"].to_string())).collect();
    verdicts.sort();
    verdicts
}

fn verdicts_do_not_depend_on_the_number_of_workers() {
    let suite = mixed();
    let one = verdicts(&suite, "1");
    assert_eq!(one.len(), 5);
    assert_eq!(verdicts(&suite, "4"), one);
}

fn nothing_but_text_goes_where_there_is_no_terminal() {
    let ended = mixed().run(&["run", "--verbose", "--timings"]);
    for text in [&ended.stdout, &ended.stderr] {
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "a control character\n{ended}");
    }
}

/// The program on a terminal of 100 columns; `None` where there is no `script` to make one.
fn on_terminal(suite: &Suite, environment: &[(&str, &str)]) -> Option<Ended> {
    Command::new("script").arg("--version").output().ok()?;
    let mut command = Command::new("script");
    let run = format!("stty rows 30 cols 100; exec {} run passes fails", crate::world::PROGRAM);
    command.args(["-qec", &run, "/dev/null"]).current_dir(suite.path(""));
    command.env("POLYSPEC_RUN_DIR", suite.run_dir()).env("TERM", "xterm").env_remove("CI").env_remove("NO_COLOR");
    command.envs(environment.iter().copied()).stdin(std::process::Stdio::null());
    Some(children::finish(command))
}

fn a_terminal_shows_what_runs_and_in_colours() {
    let suite = mixed().scenario("passes", "  - sql: SELECT pg_sleep(1)::text\n    expect: { value: '' }");
    let Some(ended) = on_terminal(&suite, &[]) else { return };
    let ended = ended.exits(1);
    assert!(ended.stdout.contains("\u{1b}[3") || ended.stdout.contains("\u{1b}[1"), "no colour\n{ended}");
    assert!(ended.stdout.contains("passes.yaml"), "nothing says what runs\n{ended}");
    assert!(ended.stdout.contains("1 passed") && ended.stdout.contains("1 failed"), "{ended}");
}

fn the_live_line_is_no_longer_than_the_terminal_is_wide() {
    let suite = mixed().scenario(
        &format!("passes-{}", "long-".repeat(30)),
        "  - sql: SELECT pg_sleep(1)::text\n    expect: { value: '' }",
    );
    let Some(ended) = on_terminal(&suite, &[]) else { return };
    let ended = ended.exits(1);
    // A line that went on in the next could not be taken away again.
    let drawn: Vec<&str> = ended.stdout.split(['\r', '\n']).map(|line| line.trim_start_matches("\u{1b}[2K")).collect();
    let live: Vec<&&str> =
        drawn.iter().filter(|line| line.starts_with(|c| ('\u{2800}'..='\u{28ff}').contains(&c))).collect();
    assert!(live.iter().any(|line| line.contains("long-long") && line.contains('…')), "{live:?}\n{ended}");
    assert!(live.iter().all(|line| line.chars().count() <= 100), "{live:?}");
}

fn no_color_is_obeyed_on_a_terminal() {
    let Some(ended) = on_terminal(&mixed(), &[("NO_COLOR", "1")]) else { return };
    let ended = ended.exits(1);
    let colours = ended.stdout.match_indices("\u{1b}[").filter(|(at, _)| {
        let code = &ended.stdout[at + 2..];
        code.find(|c: char| !c.is_ascii_digit() && c != ';').is_some_and(|end| code[end..].starts_with('m'))
    });
    assert_eq!(colours.count(), 0, "colours in spite of NO_COLOR\n{ended}");
}

fn list_names_what_run_would_run() {
    let suite = mixed();
    assert_eq!(listed(&suite, &[]), ["breaks.yaml", "fails.yaml", "needs.yaml", "passes.yaml", "waits.yaml"]);
    assert_eq!(listed(&suite, &["--exact", "fails.yaml"]), ["fails.yaml"]);
    let json = suite.run(&["list", "--json", "fails"]).exits(0).stdout;
    let line: serde_json::Value = serde_json::from_str(json.trim()).expect("a line of JSON");
    assert_eq!((&line["name"], &line["requirements"][0]), (&"fails.yaml".into(), &"T1".into()));
}

fn check_needs_no_server() {
    let suite = Suite::owning().scenario("a", PASSES);
    let ended = suite.run(&["check"]).exits(0);
    assert!(!ended.stderr.contains("ready"), "{ended}");
    assert!(!suite.has(&format!("polyspec-{}", nix::unistd::Uid::effective())), "a folder for servers was made");
}

fn a_reader_who_has_seen_enough_is_no_error() {
    let mut command = children::command("bash", std::path::Path::new(env!("CARGO_MANIFEST_DIR")));
    command.args(["-c", &format!("set -o pipefail; {} list | head -1", crate::world::PROGRAM)]);
    let ended = children::finish(command).exits(0);
    assert_eq!(ended.stdout.lines().count(), 1, "{ended}");
    assert!(ended.stderr.is_empty(), "{ended}");
}

/// The rows of the table: part, requirements that are cited, runs.
fn the_matrix_in_the_readme_is_that_of_the_suite() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("README.md")).expect("the README");
    let mut command = children::program(root);
    command.args(["list", "--json"]);
    let listed = children::finish(command).exits(0).stdout;
    let jobs: Vec<serde_json::Value> = listed.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    for part in 1..=5 {
        let of_part = |name: &str| name.starts_with(&format!("part{part}/"));
        let runs = jobs.iter().filter(|job| of_part(job["name"].as_str().unwrap_or_default())).count();
        let cited = jobs.iter().flat_map(|job| job["requirements"].as_array().into_iter().flatten());
        let mut cited: Vec<&str> =
            cited.filter_map(|id| id.as_str()).filter(|id| id.starts_with(&format!("P{part}."))).collect();
        cited.sort_unstable();
        cited.dedup();
        let row = readme
            .lines()
            .find(|line| line.starts_with(&format!("| {part} ")) && line.contains(&format!("| P{part}.1 ")))
            .expect("a row");
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert_eq!(
            (cells[3].split(' ').next(), cells[4]),
            (Some(&*cited.len().to_string()), &*runs.to_string()),
            "{row}"
        );
    }
}
