//! Documents, replies and goldens.

use super::*;

#[test]
fn empty_speaks_of_rows_and_of_documents() {
    let expect = |flag| with(|e| e.empty = Some(spanned(flag, 8)));
    let documents = |documents| Outcome::Output(Output::Documents(DocumentSet::new(documents)));
    assert!(judged(expect(true), returned(&["a:int4"], &[]).outcome).is_empty());
    assert!(judged(expect(true), documents(vec![])).is_empty());
    assert!(judged(expect(false), table()).is_empty());
    assert_eq!(judged(expect(true), table())[0].message, "expected no rows, got 2 rows");
    assert_eq!(judged(expect(false), documents(vec![]))[0].message, "expected at least one document, got 0 documents");
    assert_eq!(judged(expect(true), Outcome::Output(Output::Streamed { count: 4 })).len(), 1);
    let nothing = judged(expect(true), Outcome::Output(Output::Sql { rows: None, affected: 0 }));
    assert!(nothing[0].message.contains("no result set"), "a statement without rows is not proven to be empty");
}

#[test]
fn documents_hold_in_order_or_in_any_order() {
    let got = || {
        Outcome::Output(Output::Documents(DocumentSet::new(vec![doc! { "_id": 1, "n": 5 }, doc! { "_id": 2, "n": 6 }])))
    };
    let documents =
        |json: &str, ordered| judged(with(|e| e.documents = Some(documents_expectation(json, ordered))), got());
    assert!(documents(r#"[{"_id": 1, "n": 5}, {"n": 6, "_id": 2}]"#, true).is_empty());
    assert_eq!(documents(r#"[{"_id": 2, "n": 6}, {"_id": 1, "n": 5}]"#, true).len(), 1);
    assert!(documents(r#"[{"_id": 2, "n": 6}, {"_id": 1, "n": 5}]"#, false).is_empty());
    assert_eq!(documents(r#"[{"_id": 1, "n": 5}, {"_id": 1, "n": 5}]"#, false).len(), 1);
    assert_eq!(documents(r#"[{"_id": 1, "n": 5}]"#, true)[0].message, "expected 1 document, got 2 documents");
    assert_eq!(documents("[]", true).len(), 1);
}

#[test]
fn a_document_is_shown_in_the_notation_of_what_came_so_that_only_the_change_is_marked() {
    let got = Outcome::Output(Output::Documents(DocumentSet::new(vec![
        doc! { "b": 5_i64, "a": { "y": 1, "x": 2 }, "c": [1] },
    ])));
    let expect = with(|e| {
        e.documents = Some(documents_expectation(
            r#"[{"a": {"x": 3, "y": 1}, "b": 5, "c": [1], "d": {"$$exists": false}}]"#,
            true,
        ));
    });
    let found = judged(expect, got);
    assert_eq!(found[0].message, "the documents are not as expected: document 1, at `a.x`: expected 3, got 2");
    let diff = found[0].diff.as_ref().unwrap();
    assert_eq!(diff.lines[0].text, r#"{"b":{"$numberLong":"5"},"a":{"y":1,"x":3},"c":[1]}"#);
    assert_eq!(diff.lines[1].text, r#"{"b":{"$numberLong":"5"},"a":{"y":1,"x":2},"c":[1]}"#);
    assert_eq!(diff.lines[0].marks.len(), 1);
}

#[test]
fn a_reply_needs_the_fields_that_are_written() {
    let got = || Outcome::Output(Output::Reply(doc! { "n": 1, "ok": 1.0 }));
    let reply = |json: &str| judged(with(|e| e.reply = Some(value_at(json, 6))), got());
    assert!(reply(r#"{"n": 1}"#).is_empty());
    let found = reply(r#"{"n": 2}"#);
    assert_eq!(
        (line(&found[0]), found[0].message.as_str()),
        (6, "the reply is not as expected: at `n`: expected 2, got 1")
    );
}

#[test]
fn what_was_counted_and_not_kept_is_counted_in_every_message() {
    let set = DocumentSet { documents: vec![doc! { "_id": 1 }, doc! { "_id": 2 }], count: 1_000_000 };
    let got = || Outcome::Output(Output::Documents(set.clone()));
    let message = |expect| judged(expect, got())[0].message.clone();
    let documents = |ordered| with(|e| e.documents = Some(documents_expectation(r#"[{"_id": 1}]"#, ordered)));
    assert_eq!(message(documents(true)), "expected 1 document, got 1000000 documents");
    assert_eq!(message(documents(false)), "expected 1 document, got 1000000 documents");
    let empty = with(|e| e.empty = Some(spanned(true, 8)));
    assert_eq!(message(empty), "expected no documents, got 1000000 documents");
    let saved = crate::judge::save("count", &observed(got()));
    assert_eq!(saved.unwrap().to_text(), "1000000");
}
