//! Sessions against a scripted server: what is read of an answer, what of it cannot be used and is no one's fault but the
//! form's, and what is asked beside.

use super::fake::{self, Act, bound, copies, message, ready, result, result_of, said, setting, takes};
use super::*;
use crate::backend::pg::{Parameter, answer};
use crate::observation::{Answer, Question, Relation, SqlType};

/// The OIDs of `date`, `double precision`, `point`, `jsonb`, `regclass`, `integer[]`, `text`.
const DATE: u32 = 1082;
const DOUBLE: u32 = 701;
const POINT: u32 = 600;
const JSONB: u32 = 3802;
const REGCLASS: u32 = 2205;
const INTEGERS: u32 = 1007;
const TEXT: u32 = 25;

fn trouble(outcome: Result<Outcome, BackendError>) -> String {
    match outcome {
        Err(BackendError::Other(cause)) => cause,
        other => panic!("{other:?}"),
    }
}

/// Bytes of a server without its being ready after them.
fn unready(bytes: Vec<u8>) -> Vec<u8> {
    bytes[..bytes.len() - ready(b'I').len()].to_vec()
}

#[tokio::test]
async fn binary_copies_are_an_error_wherever_they_are_in_a_text() {
    let copied = [copies(1), message(b'd', b"PGCOPY\n\xff"), message(b'c', &[]), message(b'C', b"COPY 1\0")].concat();
    let both = [copied.clone(), result(23, &["1"], b'I')].concat();
    let alone = [copied, ready(b'I')].concat();
    let script = vec![Act::Answer(both), Act::Answer(alone), Act::Answer(result(23, &["1"], b'I'))];
    let (_node, mut session) = session(vec![script]).await;
    for sql in ["COPY t TO STDOUT (FORMAT binary); SELECT 1", "COPY t TO STDOUT WITH BINARY"] {
        let cause = trouble(run(&mut session, sql, LONG).await);
        assert!(cause.contains("leave out `FORMAT binary`"), "{cause}");
    }
    assert_eq!(rows(run(&mut session, "SELECT 1", LONG).await).count, 1);
}

#[tokio::test]
async fn values_that_a_statement_does_not_take_are_no_refusal_of_the_statement() {
    let refused = said(b'E', "ERROR", "08P01", "bind message supplies 1 parameters, but prepared statement requires 0");
    let unbound = [message(b'1', &[]), refused.clone(), ready(b'I')].concat();
    let raised = [bound(), refused, ready(b'I')].concat();
    let (_node, mut session) = session(vec![vec![Act::Answer(unbound), Act::Answer(raised)]]).await;
    let parameters = [Parameter { text: Some("1".into()), ..Parameter::default() }];
    let request = Request { parameters: &parameters, ..Request::text("CREATE TABLE t (a int DEFAULT $1)", LONG) };
    let cause = trouble(session.run(&request, None).await);
    assert!(cause.contains("does not take the values of `params`"), "{cause}");
    assert_eq!(refusal(session.run(&request, None).await).sqlstate.as_deref(), Some("08P01"));
}

#[tokio::test]
async fn a_list_is_json_where_json_is_asked_for_and_an_array_elsewhere() {
    for (oid, sent) in [(JSONB, "[1,2]"), (INTEGERS, "{1,2}")] {
        let done = [bound(), result(23, &["1"], b'I')].concat();
        let (node, heard) = fake::listening(vec![vec![Act::Answer(takes(oid)), Act::Answer(done)]]).await;
        let mut session = PgSession::connect(&node, "copy", "polyspec").await.expect("a session");
        let parameters = [Parameter { text: Some("{1,2}".into()), json: Some("[1,2]".into()), items: Some("int4") }];
        let request = Request { parameters: &parameters, ..Request::text("SELECT f($1)", LONG) };
        assert_eq!(rows(session.run(&request, None).await).count, 1);
        assert!(heard.has(sent), "{oid}");
    }
}

#[tokio::test]
async fn text_beyond_ascii_in_another_encoding_is_neither_sent_nor_read() {
    let set = [message(b'C', b"SET\0"), setting("client_encoding", "LATIN1"), ready(b'I')].concat();
    let script = vec![
        Act::Answer(set),
        Act::Answer(result_of(TEXT, &[b"\xc3\xa9"], &[], b'I')),
        Act::Answer(result_of(TEXT, &[b"\xe9"], &[], b'I')),
        Act::Answer([said(b'E', "ERROR", "P0001", "\u{e9}"), ready(b'I')].concat()),
        Act::Answer(result(TEXT, &["e"], b'I')),
    ];
    let (_node, mut session) = session(vec![script]).await;
    run(&mut session, "SET client_encoding = 'LATIN1'", LONG).await.expect("done");
    let unsent = trouble(run(&mut session, "SELECT '\u{e9}'", LONG).await);
    assert!(unsent.contains("the statement has characters beyond ASCII") && unsent.contains("LATIN1"), "{unsent}");
    for sql in ["SELECT chr(195) || chr(169)", "SELECT chr(233)", "SELECT f()"] {
        let unread = trouble(run(&mut session, sql, LONG).await);
        assert!(unread.contains("the answer has characters beyond ASCII") && unread.contains("LATIN1"), "{unread}");
    }
    assert_eq!(rows(run(&mut session, "SELECT 'e'", LONG).await).rows, [[Some("e".to_string())]]);
}

#[tokio::test]
async fn an_encoding_that_the_row_itself_sets_is_seen_at_its_end() {
    let answer = result_of(TEXT, &[b"\xc3\xa9"], &setting("client_encoding", "LATIN1"), b'I');
    let (_node, mut session) = session(vec![vec![Act::Answer(answer)]]).await;
    assert!(trouble(run(&mut session, "SELECT f()", LONG).await).contains("LATIN1"));
}

#[tokio::test]
async fn a_style_that_one_row_sets_is_its_own_and_that_of_several_is_unknown() {
    let german = setting("DateStyle", "German, DMY");
    let one = result_of(DATE, &[b"01.02.2024"], &german, b'I');
    let two = result_of(DATE, &[b"2024-02-01", b"02/01/2024"], &setting("DateStyle", "SQL, MDY"), b'I');
    let beside = reads_again("01.02.2024", "2024-02-01");
    let (_node, mut session) = session(vec![vec![Act::Answer(one), Act::Answer(two)], beside]).await;
    let set = rows(run(&mut session, "SELECT f()", LONG).await);
    assert_eq!(set.settings.as_ref().map(|settings| settings.date_style.as_str()), Some("German, DMY"));
    assert_eq!(set.rows, [[Some("2024-02-01".to_string())]]);
    assert_eq!(set.printed(), [[Some("01.02.2024".to_string())]]);
    assert!(trouble(run(&mut session, "SELECT f()", LONG).await).contains("changed while rows were returned"));
}

/// A connection on which the server reads a text that it printed in a style: how it prints that again, and in polyspec's style.
fn reads_again(again: &str, usual: &str) -> Vec<Act> {
    let done = || Act::Answer([message(b'C', b"SET\0"), ready(b'T')].concat());
    let fetched = |text: &str| Act::Answer(result(DATE, &[text], b'T'));
    vec![done(), fetched(again), done(), fetched(usual), done()]
}

#[tokio::test]
async fn what_the_server_does_not_read_as_it_printed_it_is_an_error() {
    let odd = result_of(DATE, &[b"01.02.2024"], &setting("DateStyle", "German, DMY"), b'I');
    let scripts = vec![vec![Act::Answer(odd)], reads_again("02.01.2024", "2024-01-02")];
    let (_node, mut session) = session(scripts).await;
    let cause = trouble(run(&mut session, "SELECT f()", LONG).await);
    assert!(cause.contains("`01.02.2024` of type date") && cause.contains("SET DateStyle = 'ISO'"), "{cause}");
}

#[tokio::test]
async fn a_list_has_a_type_of_its_own_where_the_statement_asks_for_none() {
    let undetermined =
        || Act::Answer([said(b'E', "ERROR", "42804", "could not determine polymorphic type"), ready(b'I')].concat());
    let done = Act::Answer([bound(), result(23, &["2"], b'I')].concat());
    let script = vec![undetermined(), Act::Answer(takes(INTEGERS)), done];
    let (node, heard) = fake::listening(vec![script]).await;
    let mut session = PgSession::connect(&node, "copy", "polyspec").await.expect("a session");
    let parameters = [Parameter { text: Some("{1,2}".into()), json: Some("[1,2]".into()), items: Some("int4") }];
    let request = Request { parameters: &parameters, ..Request::text("SELECT cardinality($1)", LONG) };
    assert_eq!(rows(session.run(&request, None).await).count, 1);
    assert!(heard.has("cardinality($1)\0\0\u{1}\0\0\u{3}\u{fffd}") && heard.has("{1,2}"));
}

#[tokio::test]
async fn what_a_list_may_be_is_tried_inside_a_savepoint_of_an_open_transaction() {
    let command =
        |tag: &str, status: u8| Act::Answer([message(b'C', format!("{tag}\0").as_bytes()), ready(status)].concat());
    let undetermined = Act::Answer([said(b'E', "ERROR", "42804", "no polymorphic type"), ready(b'E')].concat());
    let described = [&takes(INTEGERS)[..takes(INTEGERS).len() - ready(b'I').len()], &ready(b'T')].concat();
    let done = Act::Answer([bound(), result(23, &["2"], b'T')].concat());
    let script = vec![
        command("BEGIN", b'T'),
        command("SAVEPOINT", b'T'),
        undetermined,
        command("ROLLBACK", b'T'),
        Act::Answer(described),
        command("RELEASE", b'T'),
        done,
    ];
    let (node, heard) = fake::listening(vec![script]).await;
    let mut session = PgSession::connect(&node, "copy", "polyspec").await.expect("a session");
    run(&mut session, "BEGIN", LONG).await.expect("done");
    let parameters = [Parameter { text: Some("{1,2}".into()), json: Some("[1,2]".into()), items: Some("int4") }];
    let request = Request { parameters: &parameters, ..Request::text("SELECT cardinality($1)", LONG) };
    assert_eq!(rows(session.run(&request, None).await).count, 1);
    assert!(heard.has("SAVEPOINT polyspec") && heard.has("ROLLBACK TO SAVEPOINT polyspec"));
}

#[tokio::test]
async fn names_of_objects_come_with_the_search_path() {
    let reported = [setting("search_path", "s"), ready(b'I')].concat();
    let asked = vec![Act::Answer(result(REGCLASS, &["t"], b'I')), Act::Answer(result(TEXT, &["r, s"], b'I'))];
    let told = vec![Act::Answer([result(REGCLASS, &["t"], b'I')[..].to_vec(), vec![]].concat())];
    for (script, path) in [(asked, "r, s"), ([vec![Act::Answer(reported)], told].concat(), "s")] {
        let (_node, mut session) = session(vec![script]).await;
        if path == "s" {
            run(&mut session, "SET search_path = s", LONG).await.expect("done");
        }
        let settings = rows(run(&mut session, "SELECT 't'::regclass", LONG).await).settings.expect("a path");
        assert_eq!(settings.search_path.as_deref(), Some(path));
    }
}

#[tokio::test]
async fn floating_point_that_was_printed_rounded_is_refused() {
    let digits = || Act::Answer(result(TEXT, &["-10"], b'I'));
    let (_node, mut session) = session(vec![vec![
        Act::Answer(result(DOUBLE, &["0.3"], b'I')),
        digits(),
        Act::Answer(result(23, &["1"], b'I')),
    ]])
    .await;
    let cause = trouble(run(&mut session, "SELECT 0.1::float8 + 0.2::float8", LONG).await);
    assert!(cause.contains("column `c` is rounded by extra_float_digits = -10"), "{cause}");
}

#[tokio::test]
async fn rounded_floating_point_is_read_in_binary_form_and_refused_where_it_has_none() {
    let digits = || Act::Answer(result(TEXT, &["-10"], b'I'));
    let set = Act::Answer([message(b'C', b"SET\0"), ready(b'I')].concat());
    let described = |oid: u32| {
        let set = unready(result(oid, &[], b'I'));
        let header = [message(b'1', &[]), message(b't', &[0, 0]), set[..set.len() - 14].to_vec()].concat();
        Act::Answer([header, ready(b'I')].concat())
    };
    let value = (0.1_f64 + 0.2).to_be_bytes();
    let exact = Act::Answer([bound(), result_of(DOUBLE, &[&value], &[], b'I')].concat());
    let script = vec![set, digits(), described(DOUBLE), exact, digits(), described(POINT)];
    let (_node, mut session) = session(vec![script]).await;
    run(&mut session, "SET extra_float_digits = -10", LONG).await.expect("done");
    let set = rows(run(&mut session, "SELECT 0.1::float8 + 0.2::float8", LONG).await);
    assert_eq!(set.rows, [[Some("0.30000000000000004".to_string())]]);
    let cause = trouble(run(&mut session, "SELECT point(0.1, 0.2)", LONG).await);
    assert!(cause.contains("SET extra_float_digits = 1"), "{cause}");
}

#[tokio::test]
async fn last_words_that_are_heard_beside_a_step_are_told_to_the_next() {
    let script = vec![Act::Answer(result(REGCLASS, &["t"], b'I')), Act::Answer(terminated()), Act::Close];
    let (_node, mut session) = session(vec![script, vec![]]).await;
    assert_eq!(rows(run(&mut session, "SELECT 't'::regclass", LONG).await).count, 1);
    assert_eq!(refusal(run(&mut session, "SELECT 1", LONG).await).sqlstate.as_deref(), Some("57P01"));
}

#[tokio::test]
async fn a_row_that_was_given_up_amid_its_cells_is_passed_over() {
    let whole = result(TEXT, &["abcdefgh"], b'I');
    let (first, rest) = whole.split_at(whole.len() - 25);
    let script = vec![Act::Answer(first.to_vec()), Act::Say(rest.to_vec()), Act::Answer(result(23, &["2"], b'I'))];
    let (_node, mut session) = session(vec![script, vec![]]).await;
    let _ = tokio::time::timeout(Duration::from_millis(1), run(&mut session, "SELECT 1", LONG)).await;
    assert_eq!(rows(run(&mut session, "SELECT 2", LONG).await).rows, [[Some("2".to_string())]]);
}

#[tokio::test]
async fn questions_are_asked_in_transactions_that_are_rolled_back_and_the_connection_has_ended_before_the_answer() {
    let cell = |text: &str| Act::Answer(result(TEXT, &[text], b'T'));
    let done = || Act::Answer([message(b'C', b"ROLLBACK\0"), ready(b'I')].concat());
    let mut script = vec![done()];
    for text in ["app.mood", "t", "a", "a"] {
        script.extend([cell(text), done()]);
    }
    let (node, heard) = fake::listening(vec![script]).await;
    let question = Question {
        node: "pg.a".into(),
        sql_type: SqlType::named("mood"),
        relation: Relation::Equality,
        expected: "a".into(),
        actual: "a".into(),
        settings: None,
    };
    let answers = answer(&node, "copy", vec![question.clone()]).await.expect("an answer");
    assert_eq!(answers[&question], Answer::Equality(true));
    assert!(heard.has("BEGIN; SELECT pg_catalog.record_eq(") && heard.has("ROLLBACK") && heard.has("(end)"));
}

#[tokio::test]
async fn a_question_that_would_write_or_finds_no_connection_left_is_an_error_that_says_so() {
    let done = || Act::Answer([message(b'C', b"ROLLBACK\0"), ready(b'I')].concat());
    let writes = || {
        let refused = said(b'E', "ERROR", "25006", "cannot execute INSERT in a read-only transaction");
        Act::Answer([refused, ready(b'E')].concat())
    };
    let mut script = vec![done(), Act::Answer(result(TEXT, &["app.mood"], b'T')), done()];
    (0..3).for_each(|_| script.extend([writes(), done()]));
    let full = said(b'E', "FATAL", "53300", "too many connections for database \"copy\"");
    let node = fake::node(vec![script, vec![Act::Turn(full)]]).await;
    let question = Question {
        node: "pg.a".into(),
        sql_type: SqlType::named("mood"),
        relation: Relation::Order,
        expected: "a".into(),
        actual: "b".into(),
        settings: None,
    };
    for words in ["a check of theirs writes (25006", "allow one more (CONNECTION LIMIT)"] {
        match answer(&node, "copy", vec![question.clone()]).await {
            Err(BackendError::Other(cause)) => assert!(cause.contains(words), "{cause}"),
            other => panic!("{other:?}"),
        }
    }
}
