//! What only a server knows: what is asked, and what follows from each answer.

use std::cell::RefCell;
use std::cmp::Ordering;

use super::*;
use crate::observation::{Answer, Answers, OutputSettings, Question, Relation};

/// The messages and notes of what is found when the server answers so, and what it was asked.
fn ask(written: &str, type_name: &str, got: &str, answer: Answer) -> (Vec<Evidence>, Vec<Question>) {
    let asked = RefCell::new(vec![]);
    let expect = step(Some(with(|expect| expect.value = Some(value(written)))));
    let observation = returned(&[&format!("x:{type_name}")], &[&[got]]);
    let found = judge_with(&expect, &[observation], &variables(), |question| {
        asked.borrow_mut().push(question.clone());
        answer.clone()
    });
    (found, asked.into_inner())
}

#[test]
fn a_type_that_only_the_server_knows_is_asked_about_once() {
    let (found, asked) = ask("\"36 hours\"", "interval", "1 day 12:00:00", Answer::Equality(true));
    assert!(found.is_empty());
    assert_eq!(asked.len(), 1);
    let question = &asked[0];
    assert_eq!((question.node.as_str(), question.relation), ("pg.apj", Relation::Equality));
    assert_eq!((question.expected.as_str(), question.actual.as_str()), ("36 hours", "1 day 12:00:00"));
    let (found, _) = ask("\"36 hours\"", "interval", "1 day", Answer::Equality(false));
    assert_eq!(found[0].message, "the value is not as expected: expected \"36 hours\", got 1 day");
}

#[test]
fn what_is_certain_is_not_asked() {
    for (written, type_name, got) in [
        ("\"1 day\"", "interval", "1 day"),
        ("10", "numeric", "10.00"),
        ("\"2024-01-31T10:00:00Z\"", "timestamptz", "2024-01-31 11:00:00+01"),
        ("{\"$$lt\": \"2024-01-01\"}", "date", "0044-03-15 BC"),
        ("[1, 2]", "_numeric", "{1.0,2.0}"),
        ("\"a\"", "record", "b"),
    ] {
        assert_eq!(ask(written, type_name, got, Answer::Equality(false)).1, [], "{written}");
    }
}

#[test]
fn notations_that_are_not_read_here_are_for_the_server() {
    for (written, type_name, got) in [
        ("\"2024-01-31 10:00 Europe/Berlin\"", "timestamptz", "2024-01-31 09:00:00+00"),
        ("\"31.01.2024\"", "date", "2024-01-31"),
        ("\"1_000\"", "int4", "1000"),
        ("\"{1_000}\"", "_int4", "{1000}"),
    ] {
        let (found, asked) = ask(written, type_name, got, Answer::Equality(true));
        assert!(found.is_empty() && asked.len() == 1, "{written}");
    }
    let zone =
        ask("\"noon\"", "timestamptz", "2024-01-31 09:00:00+05:30", Answer::Equality(true)).1[0].settings.clone();
    assert_eq!(zone.unwrap().time_zone, "<+05:30>-05:30");
}

#[test]
fn what_the_server_refuses_to_read_is_not_equal_and_the_evidence_says_why() {
    let refusal = Answer::NotAValue("invalid input syntax for type inet: \"abc\"".into());
    let (found, _) = ask("\"abc\"", "inet", "10.0.0.1", refusal);
    assert_eq!(found[0].notes, ["`abc` is not a value of type inet: invalid input syntax for type inet: \"abc\""]);
    let (found, _) = ask("\"ok\"", "mood", "sad", Answer::Unknown("another connection does not see the type".into()));
    assert_eq!(found[0].notes, ["values of type mood were compared as text: another connection does not see the type"]);
    assert!(!found[0].unusable);
}

#[test]
fn bounds_follow_the_order_of_the_server() {
    let less = |answer| ask("{\"$$lt\": \"10 days\"}", "interval", "9 days", answer).0;
    assert!(less(Answer::Order(Ordering::Greater)).is_empty());
    assert_eq!(less(Answer::Order(Ordering::Less)).len(), 1);
    assert_eq!(less(Answer::Order(Ordering::Equal)).len(), 1);
    assert_eq!(less(Answer::NotAValue("no".into())).len(), 1);
}

#[test]
fn a_bound_on_what_has_no_order_cannot_be_used() {
    for answer in [Answer::NoOrder, Answer::Unknown("unseen".into())] {
        let (found, _) = ask("{\"$$lt\": \"(1,1)\"}", "point", "(0,0)", answer);
        assert!(found[0].unusable);
        assert_eq!(found[0].message, "this expectation cannot be used: values of type `point` have no order");
    }
    for type_name in ["json", "xid", "record"] {
        let (found, asked) = ask("{\"$$gt\": \"a\"}", type_name, "\"b\"", Answer::NoOrder);
        assert!(found[0].unusable && asked.is_empty(), "{type_name}");
    }
}

#[test]
fn all_open_questions_of_a_list_come_in_one_round() {
    let expect = step(Some(rows_of(r#"[["24 hours"], ["48 hours"], ["60 s"]]"#, true)));
    let observation = returned(&["x:interval"], &[&["1 day"], &["2 days"], &["1 min"]]);
    let open = crate::judge::judge(&expect, &[observation], &variables(), &Answers::new()).unwrap_err();
    assert_eq!(open.len(), 3);
}

#[test]
fn rows_in_any_order_find_their_partners_by_the_servers_equality() {
    let hours =
        |text: &str| text.replace(" days", "").parse::<u32>().map_or(24, |days| days * 24).to_string() + " hours";
    let server = |question: &Question| Answer::Equality(question.expected == hours(&question.actual));
    let got = returned(&["x:interval"], &[&["1 day"], &["2 days"], &["3 days"]]);
    let expect = |json| step(Some(rows_of(json, false)));
    let held = expect(r#"[["72 hours"], ["24 hours"], ["48 hours"]]"#);
    assert!(judge_with(&held, std::slice::from_ref(&got), &variables(), server).is_empty());
    let missing = expect(r#"[["72 hours"], ["24 hours"], ["24 hours"]]"#);
    assert_eq!(judge_with(&missing, &[got], &variables(), server).len(), 1);
}

#[test]
fn a_notation_of_the_session_is_read_by_the_server_under_its_settings() {
    let german = OutputSettings { date_style: "German, DMY".into(), time_zone: "UTC".into(), ..Default::default() };
    let mut observation = returned(&["d:date", "t:time", "i:date"], &[&["2024-01-31", "10:00:00", "2024-01-31"]]);
    if let Outcome::Output(Output::Sql { rows: Some(set), .. }) = &mut observation.outcome {
        set.settings = Some(german.clone());
        set.printed = Some(vec![["31.01.2024", "10:00:00", "31.01.2024"].map(|text| Some(text.into())).to_vec()]);
    }
    let expect = step(Some(rows_of(r#"[["31.01.2024", "10:00", "2024-01-31"]]"#, true)));
    let open = crate::judge::judge(&expect, &[observation.clone()], &variables(), &Answers::new()).unwrap_err();
    let asked: Vec<_> = open.iter().map(|question| (question.expected.as_str(), &question.settings)).collect();
    assert_eq!(asked, [("31.01.2024", &Some(german))]);
    let printed = step(Some(rows_of(r#"[[{"$$regex": "^31"}, "10:00", {"$$regex": "2024$"}]]"#, true)));
    assert!(crate::judge::judge(&printed, &[observation], &variables(), &Answers::new()).unwrap().is_empty());
}

#[test]
fn nodes_agree_when_their_values_are_equal() {
    let agree = step(Some(with(|expect| expect.agree = Some(spanned(true, 1)))));
    let node = |name: &str, cells: &[&str]| {
        let mut observation = returned(&["n:numeric", "d:jsonb", "i:interval"], &[cells]);
        observation.node = name.into();
        observation
    };
    let first = node("pg.apj", &["10.0", r#"{"a":1,"b":2}"#, "1 day"]);
    let other = node("pg.emea", &["10.00", r#"{"b":2,"a":1}"#, "24:00:00"]);
    let answered = |equal| {
        judge_with(&agree, &[first.clone(), other.clone()], &variables(), |question| {
            assert_eq!(question.node, "pg.emea");
            Answer::Equality(equal)
        })
    };
    assert!(answered(true).is_empty());
    assert_eq!(answered(false).len(), 1);
}
