//! Plans of either engine.

use super::*;

fn plan() -> Outcome {
    let scan = |relation: &str, executed| PlanNode {
        kind: "Index Scan".into(),
        relation: Some(relation.into()),
        index: Some(format!("{relation}_index")),
        executed,
        ..PlanNode::default()
    };
    let root = PlanNode {
        kind: "Aggregate".into(),
        conditions: vec![("Strategy".into(), "Hashed".into())],
        executed: true,
        children: vec![scan("products_1", true), scan("products_2", false)],
        ..PlanNode::default()
    };
    Outcome::Output(Output::Plan(Plan { root, returned: 4, examined: 10, keys_examined: 0, buffers: Some(7) }))
}

/// A plan judged with one part of `plan`: a list of names for the lists, a value for the bounds.
fn plan_part(part: &str, json: &str) -> Vec<Evidence> {
    let mut expect = plan_expectation();
    let values = || match value_at(json, 9).kind {
        crate::model::ValueKind::Sequence(items) => items,
        _ => panic!("a list"),
    };
    let words = || values().iter().map(|v| spanned(crate::judge::show::cell(v, &variables()), 9)).collect();
    match part {
        "reads" => expect.reads = Some(spanned(values(), 9)),
        "never_reads" => expect.never_reads = Some(spanned(values(), 9)),
        "indexes" => expect.indexes = Some(spanned(values(), 9)),
        "forbid" => expect.forbid = Some(spanned(words(), 9)),
        "require" => expect.require = Some(spanned(words(), 9)),
        "examined" => expect.examined_per_returned = Some(value_at(json, 9)),
        "buffers" => expect.buffers = Some(value_at(json, 9)),
        other => panic!("{other}"),
    }
    judged(with(|e| e.plan = Some(expect)), plan())
}

#[test]
fn what_may_be_read_does_not_stand_for_what_must_be() {
    let holds = |reads: &str, may: &str| {
        let list = |json: &str| match value_at(json, 9).kind {
            crate::model::ValueKind::Sequence(items) => Some(spanned(items, 9)),
            _ => None,
        };
        let expect = crate::model::PlanExpectation { reads: list(reads), may_read: list(may), ..plan_expectation() };
        judged(with(|e| e.plan = Some(expect)), plan()).is_empty()
    };
    assert!(holds(r#"["products_1"]"#, r#"["products"]"#));
    assert!(holds("[]", r#"["products_1"]"#));
    assert!(holds(r#"["products_1"]"#, r#"["products_1"]"#));
    assert!(!holds(r#"["products"]"#, r#"["products_1"]"#));
    assert!(!holds("[]", r#"["products_2"]"#));
}

#[test]
fn every_part_of_a_plan_holds_or_fails_at_its_place_with_the_shape() {
    for (part, holds, fails) in [
        ("reads", r#"["products_1"]"#, r#"["products_1", "products_2"]"#),
        ("reads", r#"["products_1", "products_1"]"#, "[]"),
        ("reads", r#"[{"$$regex": "^products"}]"#, r#"[{"$$regex": "^orders"}]"#),
        ("never_reads", r#"["products", "products_2"]"#, r#"["products_1"]"#),
        ("never_reads", r#"[{"$$regex": "_2$"}]"#, r#"[{"$$regex": "^products"}]"#),
        ("indexes", r#"["products_1_index"]"#, r#"["products_2_index"]"#),
        ("indexes", "[]", r#"["products_1_index", "other"]"#),
        ("forbid", r#"["Seq Scan"]"#, r#"["Index Scan"]"#),
        ("forbid", r#"["GroupAggregate"]"#, r#"["HashAggregate"]"#),
        ("require", r#"["IndexScan", "Aggregate"]"#, r#"["Sort"]"#),
        ("examined", "2.5", "2.4"),
        ("examined", r#"{"max": 2.5, "min": 2.5}"#, r#"{"min": 2.6}"#),
        ("examined", r#"{"max": 3, "min": 1}"#, r#"{"max": 2, "min": 1}"#),
        ("examined", r#"{"$$lt": 3}"#, r#"{"$$lt": 2}"#),
        ("buffers", r#"{"max": 7}"#, "6"),
    ] {
        assert!(plan_part(part, holds).is_empty(), "{part} {holds}: {:?}", plan_part(part, holds));
        let found = plan_part(part, fails);
        assert_eq!((found.len(), line(&found[0])), (1, 9), "{part} {fails}");
        assert!(
            found[0].actual.as_ref().unwrap().contains("Index Scan using products_1_index on products_1"),
            "{part}"
        );
    }
}

#[test]
fn what_a_plan_read_is_said_in_words() {
    let found = &plan_part("reads", r#"["orders"]"#)[0];
    assert_eq!(found.expected.as_deref(), Some("reads orders"));
    assert!(found.actual.as_ref().unwrap().starts_with("reads products_1\n"));
}

#[test]
fn a_bound_that_cannot_be_used_is_no_bound() {
    for json in ["true", "{}", r#"{"maximum": 3}"#, r#"{"max": "x"}"#, "\"x\""] {
        assert!(plan_part("examined", json)[0].message.contains("cannot be used"), "{json}");
    }
}

#[test]
fn a_plan_that_returned_nothing_divides_by_one_and_buffers_need_postgresql() {
    let mongo = || Outcome::Output(Output::Plan(Plan { examined: 3, ..Plan::default() }));
    let mut expect = plan_expectation();
    expect.examined_per_returned = Some(value("3"));
    assert!(judged(with(|e| e.plan = Some(expect.clone())), mongo()).is_empty());
    expect.examined_per_returned = Some(value("2.9"));
    assert_eq!(judged(with(|e| e.plan = Some(expect.clone())), mongo()).len(), 1);
    expect.examined_per_returned = None;
    expect.buffers = Some(value("3"));
    assert!(judged(with(|e| e.plan = Some(expect)), mongo())[0].message.contains("PostgreSQL only"));
}
