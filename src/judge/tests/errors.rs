//! Refusals: expected, unexpected, missing.

use super::*;
use crate::observation::OwnDoing;

#[test]
fn without_expect_a_step_must_merely_succeed() {
    assert!(judge(&step(None), &[observed(Outcome::Output(Output::Nothing))], &variables()).is_empty());
    let found = judge(&step(None), &[observed(Outcome::Refused(refusal()))], &variables());
    let [evidence] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(line(evidence), 60);
    assert_eq!(evidence.code.as_deref(), Some("23505 unique_violation"));
    assert_eq!(evidence.node.as_deref(), Some("pg.apj"));
    assert!(evidence.message.contains("duplicate key value"));
    assert_eq!(
        evidence.notes,
        ["DETAIL: Key (id)=(1) already exists.", "HINT: Use another.", "at character 10 of the SQL: `FORM t`"]
    );
}

#[test]
fn an_expectation_without_an_error_fails_when_the_server_refuses() {
    assert_eq!(judged(with(|e| e.affected = Some(value("1"))), Outcome::Refused(refusal())).len(), 1);
}

#[test]
fn an_expected_error_must_come() {
    let expect = with(|e| {
        let mut error = awaited();
        error.sqlstate = Some(value("23505"));
        e.error = Some(error);
    });
    assert!(judged(expect.clone(), Outcome::Refused(refusal())).is_empty());
    let found = &judged(expect, table())[0];
    assert_eq!((line(found), found.expected.as_deref()), (3, Some("an error with sqlstate 23505")));
    assert!(judged(with(|e| e.error = Some(awaited())), Outcome::Refused(refusal())).is_empty());
}

/// A refusal judged with one part of `error`, on line 9.
fn error_part(part: &str, json: &str, error: ServerError) -> Vec<Evidence> {
    let mut awaited = awaited();
    let place = match part {
        "sqlstate" => &mut awaited.sqlstate,
        "message" => &mut awaited.message,
        "constraint" => &mut awaited.constraint,
        "table" => &mut awaited.table,
        "column" => &mut awaited.column,
        "code" => &mut awaited.code,
        "name" => &mut awaited.name,
        other => panic!("{other}"),
    };
    *place = Some(value_at(json, 9));
    judged(with(|e| e.error = Some(awaited)), Outcome::Refused(error))
}

#[test]
fn every_part_of_an_error_holds_or_is_named_at_its_place() {
    for (part, holds, fails) in [
        ("sqlstate", "\"23505\"", "\"23503\""),
        ("sqlstate", "23", "42"),
        ("sqlstate", r#"{"$$regex": "^23"}"#, r#"{"$$regex": "^42"}"#),
        ("message", "\"duplicate key\"", "\"deadlock\""),
        ("message", r#"{"$$regex": "^duplicate .*pkey\"$"}"#, r#"{"$$regex": "^key"}"#),
        ("constraint", "\"customer_pkey\"", "\"customer\""),
        ("table", "\"customer\"", "\"orders\""),
        ("column", "\"id\"", "\"name\""),
        ("name", "\"unique_violation\"", "\"unique\""),
        ("code", r#"{"$$exists": false}"#, "11000"),
    ] {
        assert!(error_part(part, holds, refusal()).is_empty(), "{part} {holds}");
        let found = error_part(part, fails, refusal());
        assert_eq!((found.len(), line(&found[0])), (1, 9), "{part} {fails}");
        assert_eq!(found[0].code.as_deref(), Some("23505 unique_violation"));
    }
    assert!(!error_part("constraint", "\"x\"", ServerError::default()).is_empty());
    assert!(!error_part("sqlstate", "\"2350\"", refusal()).is_empty());
}

#[test]
fn errors_of_mongodb_have_codes_and_labels() {
    let error = || ServerError {
        code: Some(112),
        name: Some("WriteConflict".into()),
        labels: vec!["TransientTransactionError".into()],
        ..ServerError::default()
    };
    assert!(error_part("code", "112", error()).is_empty());
    assert!(error_part("code", r#"{"$$gte": 100}"#, error()).is_empty());
    assert_eq!(error_part("code", r#"{"$$gte": 113}"#, error()).len(), 1);
    assert_eq!(error_part("code", "11", error())[0].code.as_deref(), Some("112 WriteConflict"));
    let labelled = |label: &str| {
        let mut awaited = awaited();
        awaited.labels = Some(spanned(vec![spanned(label.to_string(), 12)], 11));
        judged(with(|e| e.error = Some(awaited)), Outcome::Refused(error()))
    };
    assert!(labelled("TransientTransactionError").is_empty());
    assert_eq!(line(&labelled("RetryableWriteError")[0]), 12);
}

fn own(doing: OwnDoing) -> ServerError {
    let (sqlstate, name) = match doing {
        OwnDoing::Cancelled => ("57014", "query_canceled"),
        OwnDoing::Disconnected => ("57P01", "admin_shutdown"),
    };
    let labels = vec!["RetryableWriteError".into()];
    ServerError { sqlstate: Some(sqlstate.into()), name: Some(name.into()), labels, own: Some(doing), ..refusal() }
}

#[test]
fn an_error_of_polyspecs_own_doing_meets_no_expectation_that_does_not_name_it() {
    for doing in [OwnDoing::Cancelled, OwnDoing::Disconnected] {
        let bare = judged(with(|e| e.error = Some(awaited())), Outcome::Refused(own(doing.clone())));
        assert!(bare.len() == 1 && bare[0].unusable, "{bare:?}");
        for (part, json) in [("message", "\"duplicate\""), ("sqlstate", "\"23505\""), ("table", "\"customer\"")] {
            let found = error_part(part, json, own(doing.clone()));
            assert!(found.len() == 1 && found[0].unusable, "{part}: {found:?}");
        }
    }
}

#[test]
fn a_lost_connection_is_expected_by_its_code_its_class_or_a_label() {
    for (part, json) in [
        ("sqlstate", "\"57P01\""),
        ("sqlstate", "\"57\""),
        ("sqlstate", "\"08\""),
        ("sqlstate", r#"{"$$regex": "^57"}"#),
        ("name", "\"admin_shutdown\""),
    ] {
        assert!(error_part(part, json, own(OwnDoing::Disconnected)).is_empty(), "{part} {json}");
    }
    let mut labelled = awaited();
    labelled.labels = Some(spanned(vec![spanned("RetryableWriteError".to_string(), 12)], 11));
    assert!(judged(with(|e| e.error = Some(labelled)), Outcome::Refused(own(OwnDoing::Disconnected))).is_empty());
}

#[test]
fn a_cancel_that_the_system_did_not_do_in_time_fails_an_expectation_of_one() {
    let found = error_part("sqlstate", "\"57014\"", own(OwnDoing::Cancelled));
    assert!(found.len() == 1 && !found[0].unusable, "{found:?}");
    assert!(error_part("sqlstate", "\"57014\"", ServerError { own: None, ..own(OwnDoing::Cancelled) }).is_empty());
}
