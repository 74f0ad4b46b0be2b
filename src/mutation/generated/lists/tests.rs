//! Lists as their authors write them in, lists with one fault out.

use super::changes;
use crate::language;
use crate::mutation::generated::change::Change;
use crate::source::SourceFile;

fn derived(steps: &str) -> Vec<Change> {
    let text = format!("system: s\nbuild:\n  - sql: SELECT 1\nsteps:\n  l:\n{steps}");
    let parsed = language::system(&SourceFile::new("system.yaml", &text), "s");
    changes(&parsed.unwrap_or_else(|errors| panic!("{errors:?}")).value.system.steps)
}

fn names(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.name.as_str()).collect()
}

#[track_caller]
fn has(steps: &str, name: &str, text: &str) {
    let found = derived(steps);
    let hit = found.iter().find(|change| change.name == name);
    assert_eq!(hit.map(Change::text).as_deref(), Some(text), "{name} among {:#?}", names(&found));
}

const TRANSACTION: &str = "    - session: s
      transaction: { start: { readConcern: { level: snapshot }, writeConcern: { w: majority } } }
      mongo: { insert: c, documents: [{ _id: 1 }] }
    - session: s
      transaction: commit
";

#[test]
fn a_transaction_is_not_started_or_weaker_or_ended_otherwise() {
    let found = derived(TRANSACTION);
    let expected = [
        "steps.l step 1: insert is left out",
        "steps.l step 1: insert follows commit",
        "steps.l step 1: is sent without its session",
        "steps.l step 1: starts no transaction",
        "steps.l step 1: its transaction has read concern local",
        "steps.l step 1: its transaction has write concern 1",
        "steps.l step 2: commit is left out",
        "steps.l step 2: commit is sent twice",
        "steps.l step 2: commit is abort",
    ];
    assert_eq!(names(&found), expected);
}

#[test]
fn a_filter_is_loosened_and_a_comparison_moved() {
    let update =
        "    - mongo: { update: c, updates: [{ q: { _id: \"${id}\", n: { $gte: 1 } }, u: { $inc: { n: -1 } } }] }\n";
    has(
        update,
        "steps.l n is left out of the filter",
        "{ update: \"c\", updates: [{ q: { _id: \"${id}\" }, u: { $inc: { n: -1 } } }] }",
    );
    has(
        update,
        "steps.l $gte is $gt",
        "{ update: \"c\", updates: [{ q: { _id: \"${id}\", n: { $gt: 1 } }, u: { $inc: { n: -1 } } }] }",
    );
    has(
        update,
        "steps.l $inc is $set",
        "{ update: \"c\", updates: [{ q: { _id: \"${id}\", n: { $gte: 1 } }, u: { $set: { n: -1 } } }] }",
    );
    let found = derived(update);
    for name in [
        "steps.l multi is on",
        "steps.l upsert is on",
        "steps.l is sent with write concern 1",
        "steps.l update is sent twice",
    ] {
        assert!(names(&found).contains(&name), "{name} among {:#?}", names(&found));
    }
}

#[test]
fn what_is_stored_is_changed_on_its_way() {
    let insert = "    - mongo: { insert: c, documents: [{ _id: 1, a: \"${a}\", b: \"${b}\" }] }\n";
    has(insert, "steps.l a is left out", "{ insert: \"c\", documents: [{ _id: 1, b: \"${b}\" }] }");
    has(insert, "steps.l a is b", "{ insert: \"c\", documents: [{ _id: 1, a: \"${b}\", b: \"${b}\" }] }");
    has(
        insert,
        "steps.l b has a blank at its end",
        "{ insert: \"c\", documents: [{ _id: 1, a: \"${a}\", b: \"${b} \" }] }",
    );
    let set = "    - mongo: { update: c, updates: [{ q: {}, u: { $set: { a: \"${a}\" } } }] }\n";
    has(
        set,
        "steps.l a is in upper case",
        "{ update: \"c\", updates: [{ q: {  }, u: [{ $set: { a: { $toUpper: { $literal: \"${a}\" } } } }] }] }",
    );
    has(set, "steps.l replaces the document", "{ update: \"c\", updates: [{ q: {  }, u: { a: \"${a}\" } }] }");
}

#[test]
fn a_pipeline_loses_moves_and_turns_round_its_stages() {
    let pipeline = "    - mongo:
        aggregate: c
        pipeline:
          - $match: { a: 1 }
          - $group: { _id: $a, n: { $sum: 1 } }
          - $sort: { n: -1, _id: 1 }
          - $limit: 3
          - $project: { _id: 0, n: 1, a: $_id }
        cursor: {}
";
    let found = derived(pipeline);
    for name in [
        "steps.l stage 1 $match is left out",
        "steps.l stage 1 $match follows $group",
        "steps.l $group makes one group of all",
        "steps.l n sums 2",
        "steps.l $sort by n is turned round",
        "steps.l $sort by _id is left out",
        "steps.l $limit is 4",
        "steps.l $limit is 2",
        "steps.l _id is shown",
        "steps.l a is n",
    ] {
        assert!(names(&found).contains(&name), "{name} among {:#?}", names(&found));
    }
    assert!(!names(&found).iter().any(|name| name.contains("sent twice")), "a read changes nothing");
}

#[test]
fn a_delete_takes_all_and_a_collation_heeds_less_or_more() {
    let delete = "    - mongo: { delete: c, deletes: [{ q: { _id: 1 }, limit: 1 }] }\n";
    has(delete, "steps.l limit is 0", "{ delete: \"c\", deletes: [{ q: { _id: 1 }, limit: 0 }] }");
    let find = "    - mongo: { find: c, filter: { a: 1 }, collation: { locale: en, strength: 2 } }\n";
    has(find, "steps.l collation is left out", "{ find: \"c\", filter: { a: 1 } }");
    has(find, "steps.l strength is 3", "{ find: \"c\", filter: { a: 1 }, collation: { locale: \"en\", strength: 3 } }");
}

#[test]
fn lists_of_postgresql_and_plans_are_left_alone() {
    assert!(derived("    - sql: SELECT 1\n    - explain: { find: c, filter: { a: 1 } }\n").is_empty());
}
