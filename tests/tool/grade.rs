//! Grading: what a submission earns, what is said of it, and what stays behind.

use std::path::Path;

use libtest_mimic::Trial;

use crate::children::{self, Ended};
use crate::servers::assert_no_copies;
use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_right_submission_has_all_points_and_an_empty_one_none,
        what_stands_on_a_failed_probe_is_not_examined,
        a_missing_list_is_the_failure_of_the_submission,
        a_build_goes_on_behind_what_is_refused,
        what_is_wrong_with_a_file_of_a_submission_is_shown_and_earns_nothing,
        nothing_of_a_hidden_scenario_but_its_title_reaches_the_student,
        a_course_goes_on_where_it_was_and_grades_what_has_changed,
        a_submission_below_the_minimum_ends_with_1,
        mistakes_of_the_grader_are_shown_and_nothing_is_run,
    ]
}

const REGISTER: &str = "parts:
  - { part: 1, title: Items, points: 10 }
requirements:
  - { id: T1, part: 1, title: Items are stored, points: 1, source: Store items }
  - { id: T2, part: 1, title: Prices are positive, points: 2, source: Prices, stands_on: [T1] }
  - { id: T3, part: 1, title: Items are counted, points: 1, source: Count items }
  - { id: T4, part: 1, title: The server answers, points: 1, source: None }
";

const RIGHT: &str = "system: Items
build:
  - on: pg.a
    sql: CREATE TABLE item (id int PRIMARY KEY, price int CHECK (price > 0))
steps:
  count_items:
    - on: pg.a
      sql: SELECT count(*) FROM item
";

fn suite() -> Suite {
    let scenario = |title: &str, id: &str, head: &str, steps: &str| {
        format!("scenario: {title}\nrequirements: [{id}]\n{head}steps:\n{steps}")
    };
    let refused = "  - sql: INSERT INTO item VALUES (1, -5)\n    expect: { error: { sqlstate: '23514' } }\n";
    let stored =
        "  - sql: INSERT INTO item VALUES (4711, 1)\n  - sql: SELECT id FROM item\n    expect: { value: 4711 }\n";
    let counted = "  - use: count_items\n    expect: { value: 0 }\n";
    let suite = Suite::alone().settings("system: reference").file("reference/system.yaml", RIGHT);
    let suite = suite.file("scenarios/requirements.yaml", REGISTER);
    let probe = scenario(
        "An item can be stored",
        "T1",
        "points: 0\nprobe: true\n",
        "  - sql: INSERT INTO item VALUES (1, 1)\n    expect: { affected: 1 }\n",
    );
    let suite = suite.file("scenarios/probe.yaml", &probe);
    let suite = suite.file("scenarios/stored.yaml", &scenario("An item is read back", "T1", "hidden: true\n", stored));
    let suite = suite.file("scenarios/refused.yaml", &scenario("A negative price is refused", "T2", "", refused));
    let suite = suite.file("scenarios/counted.yaml", &scenario("No item is counted", "T3", "", counted));
    // Whatever the system is, this passes.
    let answers = scenario("The server answers", "T4", "", "  - sql: SELECT 1\n    expect: { value: 1 }\n");
    suite.file("scenarios/answers.yaml", &answers).file("subs/right/system.yaml", RIGHT)
}

/// Grades with a cache of its own for what the empty system passes: the servers run already.
fn grade(suite: &Suite, arguments: &[&str]) -> Ended {
    let mut command = suite.command(&[&["grade"], arguments].concat());
    command.env("POLYSPEC_CACHE", suite.path("cache"));
    children::finish(command)
}

fn a_right_submission_has_all_points_and_an_empty_one_none() {
    let suite = suite().file("subs/empty/system.yaml", "system: Nothing\nbuild: []\n");
    let ended = grade(&suite, &["subs/right"]).exits(0).prints("right: 10 of 10 points (100.0 %)");
    ended
        .says("running the suite on an empty system")
        .says("earns nothing, since an empty system passes it: answers.yaml");
    let ended = grade(&suite, &["subs/empty"]).exits(0).prints("empty: 0 of 10 points (0.0 %)");
    assert!(!ended.stderr.contains("running the suite on an empty system"), "it is known from the run before\n{ended}");
    assert_no_copies();
}

fn what_stands_on_a_failed_probe_is_not_examined() {
    let suite = suite().file(
        "subs/lost/system.yaml",
        &RIGHT.replace("TABLE item", "TABLE things").replace("FROM item", "FROM things"),
    );
    let ended = grade(&suite, &["subs/lost"]).exits(0);
    let ended =
        ended.prints("T2     1 not examined, because of T1").prints("T1     1 failed, 1 not examined, because of T1");
    // T3 stands on nothing: a quarter of what counts.
    ended.prints("lost: 2.5 of 10 points");
    // What is scaled leaves its points to the rest; the probe's own requirement has lost.
    grade(&suite, &["subs/lost", "--blocked", "scaled"]).exits(0).prints("lost: 5 of 10 points");
}

fn a_missing_list_is_the_failure_of_the_submission() {
    let suite = suite().file("subs/silent/system.yaml", &RIGHT[..RIGHT.find("steps:").expect("lists")]);
    let ended = grade(&suite, &["subs/silent"]).exits(0).prints("the system offers no list of steps `count_items`");
    ended.prints("T3     1 failed").prints("silent: 7.5 of 10 points");
}

fn a_build_goes_on_behind_what_is_refused() {
    let broken = RIGHT.replace("build:\n", "build:\n  - on: pg.a\n    sql: CREATE TABLE oops (id integerr)\n");
    let suite = suite().file("subs/half/system.yaml", &broken);
    let ended = grade(&suite, &["subs/half", "--report", "markdown=feedback.md"]).exits(0);
    ended
        .prints("subs/half/system.yaml:4: ")
        .prints("type \"integerr\" does not exist")
        .prints("half: 10 of 10 points");
    let feedback = suite.read("feedback.md");
    assert!(feedback.contains("subs/half/system.yaml:4") && feedback.contains("integerr"), "{feedback}");
}

fn what_is_wrong_with_a_file_of_a_submission_is_shown_and_earns_nothing() {
    let suite = suite().file("subs/typo/system.yaml", "system: Items\nbuild:\n  - sqk: SELECT 1\n");
    let ended = grade(&suite, &["subs/typo", "subs/right", "--out", "grades"]).exits(0);
    ended.says("a step has no key `sqk`").prints("typo: 0 of 10 points").prints("right: 10 of 10 points");
    let outside = RIGHT.replace(
        "sql: CREATE TABLE item (id int PRIMARY KEY, price int CHECK (price > 0))",
        "sql: { file: /etc/passwd }",
    );
    suite.write("subs/typo/system.yaml", &outside);
    grade(&suite, &["subs/typo"]).exits(0).says("leads out of the suite").prints("typo: 0 of 10 points");
}

fn nothing_of_a_hidden_scenario_but_its_title_reaches_the_student() {
    let wrong = RIGHT
        .replace("build:\n", "build:\n  - on: pg.a\n    sql: SELECT 1\n")
        .replace("id int PRIMARY KEY", "id int PRIMARY KEY CHECK (id < 100)");
    let suite = suite().file("subs/wrong/system.yaml", &wrong);
    let reports =
        ["gradescope=r/results.json", "markdown=r/feedback.md", "classroom=r/classroom.json", "json=r/all.json"];
    let mut arguments = vec!["subs/wrong"];
    arguments.extend(reports.iter().flat_map(|report| ["--report", report]));
    grade(&suite, &arguments).exits(0).prints("wrong: 7.5 of 10 points");
    for file in ["r/results.json", "r/feedback.md", "r/classroom.json"] {
        let text = suite.read(file);
        assert!(text.contains("An item is read back"), "{file}: {text}");
        assert!(!text.contains("4711"), "{file}: {text}");
    }
    assert!(suite.read("r/all.json").contains("4711"), "the grader sees all");
}

fn a_course_goes_on_where_it_was_and_grades_what_has_changed() {
    let suite =
        suite().file("subs/ada/system.yaml", RIGHT).file("subs/bob/system.yaml", "system: Nothing\nbuild: []\n");
    grade(&suite, &["subs/ada", "subs/bob", "--out", "grades"]).exits(0).prints("2 submissions: ");
    let table = suite.read("grades/grades.csv");
    assert_eq!(
        table,
        "submission,earned,points,percent,part 1,complete\nada,10,10,100.0,10,true\nbob,0,10,0.0,0,true\n"
    );
    assert!(suite.read("grades/requirements.csv").contains("T2,Prices are positive,2,1,0,1,50.0"));
    suite.write("subs/bob/system.yaml", RIGHT);
    let ended = grade(&suite, &["subs/ada", "subs/bob", "--out", "grades"]).exits(0).prints("ada: kept from before");
    let ended = ended.prints("bob: 10 of 10 points");
    assert!(!ended.stdout.contains("bob: kept"), "{ended}");
    // Half a file is none.
    suite.write("grades/ada/grading.json", &suite.read("grades/ada/grading.json")[..100]);
    let ended = grade(&suite, &["subs/ada", "subs/bob", "--out", "grades", "--regrade=bob"]).exits(0);
    assert!(!ended.stdout.contains("kept from before"), "{ended}");
}

fn a_submission_below_the_minimum_ends_with_1() {
    let suite = suite().file("subs/empty/system.yaml", "system: Nothing\nbuild: []\n");
    grade(&suite, &["subs/empty", "--min", "50"]).exits(1);
    grade(&suite, &["subs/right", "--min", "50"]).exits(0);
}

fn mistakes_of_the_grader_are_shown_and_nothing_is_run() {
    let suite = suite();
    grade(&suite, &["subs/right", "--report", "pdf=x"]).exits(2).says("grading has no report of the kind `pdf`");
    grade(&suite, &["subs/right", "subs/right", "--report", "csv=x"])
        .exits(2)
        .says("`--report` is about one submission");
    grade(&suite, &["subs/nothing"]).exits(2).says("subs/nothing");
    std::fs::remove_file(suite.path("scenarios/requirements.yaml")).expect("removed");
    grade(&suite, &["subs/right"]).exits(2).says("has no register of requirements");
    assert!(!Path::new(&suite.path("x")).exists());
}
