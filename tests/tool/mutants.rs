//! Mutants that are made out of the catalogs of a system: what the suite kills, what survives, and what is said about that.

use libtest_mimic::Trial;

use crate::children::Ended;
use crate::servers::{self, assert_no_copies, documents, make_database};
use crate::suite::Suite;
use crate::trials;

/// The trials.
pub fn trials() -> Vec<Trial> {
    trials![
        a_mutant_is_killed_survives_or_is_explained_and_nothing_is_left_behind,
        a_scenario_that_fails_on_the_system_itself_kills_nothing,
        a_scenario_that_passes_the_second_time_kills_nothing,
        a_written_mutant_dies_only_of_what_it_breaks,
        a_written_mutant_is_looked_at_twice,
        a_file_of_survivors_that_is_wrong_is_shown_with_its_place,
        generated_mutants_are_listed_without_a_run,
    ]
}

const SYSTEM: &str = "system: A shelf
build:
  - on: pg.a
    sql: |
      CREATE TABLE item (id int PRIMARY KEY, price int CONSTRAINT price_is_positive CHECK (price > 0));
      CREATE INDEX item_price ON item (price);
      CREATE TABLE tag (id int PRIMARY KEY, name text);
      CREATE VIEW tags AS SELECT id, name FROM tag GROUP BY id;
";

const PRICES: &str = "  - sql: INSERT INTO item VALUES (1, 0)
    expect: { error: { sqlstate: '23514' } }";

const KEYS: &str = "  - sql: INSERT INTO item VALUES (1, 1)
  - sql: INSERT INTO item VALUES (1, 2)
    expect: { error: { sqlstate: '23505' } }";

fn suite() -> Suite {
    // Two peers are declared; the scenarios speak to the first alone, so only that one is built.
    let settings = "system: shelf\nsurvivors: survivors.yaml";
    let suite = Suite::alone().settings(settings).file("shelf/system.yaml", SYSTEM);
    suite.scenario("prices", PRICES).scenario("keys", KEYS)
}

const EXPLAINED: &str = "survivors:
  - { mutant: pg.item.item_price.drop, because: An index changes no answer. }
";

fn a_mutant_is_killed_survives_or_is_explained_and_nothing_is_left_behind() {
    let suite = suite();
    let ended = suite.run(&["mutants", "--generate", ".drop"]).exits(1);
    let ended = ended.prints("killed 2 of 3 (66.7 %); 1 survived, 0 of them explained");
    let ended = ended.prints("survived: pg.item.item_price.drop\n    DROP INDEX item_price\n    NOT EXPLAINED");
    for (name, killer) in [("price_is_positive", "prices"), ("item_pkey", "keys")] {
        let line = ended.stdout.lines().find(|line| line.contains(&format!("pg.item.{name}.drop"))).unwrap_or_default();
        assert!(line.starts_with("killed") && line.contains(&format!("by {killer}.yaml")), "{ended}");
    }
    let ended = ended.prints("1 not applicable").prints("not applicable: pg.tag.tag_pkey.drop: ");
    assert!(ended.stdout.contains("cannot drop constraint tag_pkey"), "{ended}");
    assert_no_copies();
    assert!(!suite.has("golden"), "a mutant writes no golden");

    let gone = "  - { mutant: pg.item.gone.drop, because: It was there once. }\n";
    let killed = "  - { mutant: pg.item.item_pkey.drop, because: Nobody looks. }\n";
    suite.write("survivors.yaml", &format!("{EXPLAINED}{gone}{killed}"));
    let ended = suite.run(&["mutants", "--generate", ".drop"]).exits(1);
    let ended = ended.prints("explained: An index changes no answer.").prints("1 survived, 1 of them explained");
    let ended = ended.says("out of date: there is no such mutant").says("out of date: keys.yaml kills this mutant");
    ended.says("survivors.yaml:3:");

    // With names only those count.
    suite.write("survivors.yaml", EXPLAINED);
    suite
        .run(&["mutants", "--generate", "price_is_positive.drop", "item_pkey.drop"])
        .exits(0)
        .prints("killed 2 of 2 (100.0 %)");
}

fn a_scenario_that_fails_on_the_system_itself_kills_nothing() {
    let suite = suite().scenario("fails", "  - sql: SELECT count(*) FROM item\n    expect: { value: 7 }");
    let ended = suite.run(&["mutants", "--generate", "item_price"]).exits(1);
    ended.prints("left out, since it does not pass on the system itself: fails.yaml").prints("killed 0 of 1");
}

/// With the shared cluster's servers as external ones: there a scenario may write to a database that outlives its copy.
fn on_external(suite: &Suite, arguments: &[&str]) -> Ended {
    let pg = |node: &str| format!("{node}={}", servers::url(&format!("pg.{node}")));
    let (a, b, mongo) = (pg("a"), pg("b"), servers::mongo_url());
    let external = ["--pg-url", &a, "--pg-url", &b, "--mongo-url", &mongo, "--allow-cluster-changes"];
    suite.run(&[arguments, &external].concat())
}

/// Counts its runs where no copy reaches: the first is on the system itself, the second on the mutant fails, the third is
/// the second look.
fn a_scenario_that_passes_the_second_time_kills_nothing() {
    let steps = "  - sql: SELECT 1
    expect: { value: 1 }
  - mongo: { $db: flaky, findAndModify: runs, query: { _id: 1 }, update: { $inc: { n: 1 } }, upsert: true, new: true }
    expect: { reply: { value: { _id: 1, n: { $$ne: 2 } } } }";
    make_database("flaky");
    let suite = Suite::external_alone().settings("system: shelf").file("shelf/system.yaml", SYSTEM);
    let suite = suite.scenario("flaky", steps);
    let ended = on_external(&suite, &["mutants", "--generate", "item_price", "--jobs", "1"]).exits(1);
    ended.prints("survived: pg.item.item_price.drop").prints("killed 0 of 1");
    assert_eq!(documents("flaky", "runs")[0].get_i32("n").ok(), Some(3), "it was not run a second time");
}

/// A mutant that somebody wrote: prices are not checked.
const WRITTEN: &str = "system: Prices are not checked
extends: ../../../shelf
breaks: [T1]
build:
  - sql: ALTER TABLE item DROP CONSTRAINT price_is_positive
";

fn written() -> Suite {
    suite().file("fixtures/mutants/unchecked/system.yaml", WRITTEN)
}

fn a_written_mutant_dies_only_of_what_it_breaks() {
    written().run(&["mutants"]).exits(0).prints("killed   unchecked").prints("T1 by prices.yaml");

    // Alone, a scenario that fails on the system itself too kills nothing.
    let settings = "system: shelf";
    let suite = Suite::alone().settings(settings).file("shelf/system.yaml", SYSTEM);
    let suite = suite.file("fixtures/mutants/unchecked/system.yaml", WRITTEN);
    let suite = suite.scenario("fails", "  - sql: SELECT count(*) FROM item\n    expect: { value: 7 }");
    let ended = suite.run(&["mutants"]).exits(1);
    ended.prints("left out, since it does not pass on the system itself: fails.yaml").prints("SURVIVED unchecked");
}

/// As above, after a run on an empty database and one on the system: the third run fails, the fourth is the second look.
fn a_written_mutant_is_looked_at_twice() {
    let steps = "  - sql: SELECT 1
    expect: { value: 1 }
  - mongo: { $db: flaky_written, findAndModify: runs, query: { _id: 1 }, update: { $inc: { n: 1 } }, upsert: true, new: true }
    expect: { reply: { value: { _id: 1, n: { $$ne: 3 } } } }";
    let suite = Suite::external_alone().settings("system: shelf").file("shelf/system.yaml", SYSTEM);
    let suite = suite.file("fixtures/mutants/unchecked/system.yaml", WRITTEN).scenario("flaky", steps);
    make_database("flaky_written");
    on_external(&suite, &["mutants", "--jobs", "1"]).exits(1).prints("SURVIVED unchecked");
    assert_eq!(documents("flaky_written", "runs")[0].get_i32("n").ok(), Some(4), "it was not run a second time");
}

fn a_file_of_survivors_that_is_wrong_is_shown_with_its_place() {
    let suite = suite().file("survivors.yaml", "survivors:\n  - { mutant: pg.item.item_price.drop, becuase: no }\n");
    for arguments in [&["mutants", "--generate"][..], &["check"]] {
        suite.run(arguments).exits(2).says("survivors.yaml:2:").says("did you mean `because`?");
    }
}

fn generated_mutants_are_listed_without_a_run() {
    let ended = suite().run(&["mutants", "--generate", "--list"]).exits(0);
    let ended =
        ended.prints("pg.item.price_is_positive.drop\n    ALTER TABLE item DROP CONSTRAINT \"price_is_positive\"");
    assert!(!ended.stdout.contains("killed"), "{ended}");
}
