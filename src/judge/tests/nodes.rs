//! Several nodes, and the lag.

use super::*;

#[test]
fn all_nodes_must_agree() {
    let expect = |flag| step(Some(with(|e| e.agree = Some(spanned(flag, 14)))));
    let node = |name: &str, text: &str| {
        let mut observation = returned(&["n:int4"], &[&["1"], &[text]]);
        observation.node = name.into();
        observation
    };
    let same = [node("pg.apj", "2"), node("pg.emea", "2"), node("pg.latam", "2")];
    let other = [node("pg.apj", "2"), node("pg.emea", "2"), node("pg.latam", "3")];
    assert!(judge(&expect(true), &same, &variables()).is_empty());
    let found = judge(&expect(true), &other, &variables());
    assert_eq!((found.len(), found[0].message.as_str()), (1, "pg.latam does not agree with pg.apj"));
    assert_eq!((found[0].node.as_deref(), line(&found[0])), (Some("pg.latam"), 14));
    assert!(judge(&expect(false), &other, &variables()).is_empty());
    assert_eq!(judge(&expect(false), &same, &variables()).len(), 1);
    assert!(judge(&expect(true), &same[..1], &variables())[0].message.contains("only one answered"));
    assert!(!judge(&expect(true), &[], &variables()).is_empty());
}

#[test]
fn nodes_agree_in_any_order_where_the_order_does_not_count() {
    let orders = [returned(&["n:int4"], &[&["1"], &["2"]]), returned(&["n:int4"], &[&["2"], &["1"]])];
    let agree = |rows| with(|e| (e.agree, e.rows) = (Some(spanned(true, 1)), rows));
    let in_any_order = agree(Some(rows_expectation("[[1], [2]]", false)));
    assert!(judge(&step(Some(in_any_order)), &orders, &variables()).is_empty());
    assert_eq!(judge(&step(Some(agree(None))), &orders, &variables()).len(), 1);
}

#[test]
fn nodes_agree_only_when_columns_and_refusals_are_the_same_too() {
    let agree = step(Some(with(|e| e.agree = Some(spanned(true, 1)))));
    let named = [returned(&["a:int4"], &[&["1"]]), returned(&["b:int4"], &[&["1"]])];
    assert_eq!(judge(&agree, &named, &variables())[0].expected.as_deref(), Some("a:int4"));
    let affected = |affected| observed(Outcome::Output(Output::Sql { rows: None, affected }));
    assert_eq!(judge(&agree, &[affected(1), affected(2)], &variables()).len(), 1);
}

#[test]
fn nodes_agree_only_when_their_values_have_the_same_types() {
    let agree = step(Some(with(|e| e.agree = Some(spanned(true, 1)))));
    let typed = |types: [&str; 2]| types.map(|sql_type| returned(&[&format!("n:{sql_type}")], &[&["1"]]));
    assert!(judge(&agree, &typed(["int4", "int4"]), &variables()).is_empty());
    for other in ["text", "int8", "numeric"] {
        let found = judge(&agree, &typed(["int4", other]), &variables());
        assert_eq!(found[0].actual, Some(format!("n:{other}")), "{other}");
    }
    let mut moods = typed(["mood", "mood"]);
    for (observation, schema) in moods.iter_mut().zip(["app", "other"]) {
        if let Outcome::Output(Output::Sql { rows: Some(set), .. }) = &mut observation.outcome {
            set.columns[0].sql_type.schema = schema.into();
        }
    }
    assert_eq!(judge(&agree, &moods, &variables())[0].actual.as_deref(), Some("n:other.mood"));
}

#[test]
fn nodes_agree_on_documents_whatever_type_of_number_they_hold_but_for_decimal128() {
    let agree = step(Some(with(|e| e.agree = Some(spanned(true, 1)))));
    let document =
        |n: bson::Bson| observed(Outcome::Output(Output::Documents(DocumentSet::new(vec![doc! { "n": n }]))));
    let numbers = [bson::Bson::Int32(1), bson::Bson::Int64(1), bson::Bson::Double(1.0)].map(document);
    assert!(judge(&agree, &numbers, &variables()).is_empty());
    for odd in [bson::Bson::Decimal128("1".parse().unwrap()), bson::Bson::String("1".into()), bson::Bson::Boolean(true)]
    {
        assert_eq!(judge(&agree, &[document(bson::Bson::Int32(1)), document(odd)], &variables()).len(), 1);
    }
}

#[test]
fn an_expectation_holds_on_each_node() {
    let mut other = returned(&["n:int4"], &[&["2"]]);
    other.node = "pg.emea".into();
    let expect = step(Some(with(|e| e.value = Some(value("1")))));
    let found = judge(&expect, &[returned(&["n:int4"], &[&["1"]]), other], &variables());
    assert_eq!((found.len(), found[0].node.as_deref()), (1, Some("pg.emea")));
}

#[test]
fn within_bounds_the_lag_and_needs_one() {
    let lagged = |lag| {
        let mut observation = observed(Outcome::Output(Output::Nothing));
        observation.lag = lag;
        judge(&step(Some(with(|e| e.within = Some(spanned(Duration::from_secs(1), 15))))), &[observation], &variables())
    };
    assert!(lagged(Some(Duration::from_secs(1))).is_empty());
    let found = lagged(Some(Duration::from_millis(1001)));
    assert_eq!((line(&found[0]), found[0].actual.as_deref()), (15, Some("1.001s")));
    assert!(lagged(None)[0].message.contains("none was measured"));
}
