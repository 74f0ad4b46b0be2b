//! Sessions against a scripted server: what a step is told when a connection is lost, hangs or says more than it was asked.

mod fake;
mod reading;

use std::time::Duration;

use futures::FutureExt;

use fake::{Act, message, ready, result, said};

use super::{PgNode, PgSession, Request};
use crate::backend::BackendError;
use crate::observation::{Keep, Outcome, Output, OwnDoing, RowSet, ServerError};

/// Longer than anything that answers.
const LONG: Duration = Duration::from_secs(60);

async fn session(scripts: Vec<Vec<Act>>) -> (PgNode, PgSession) {
    let node = fake::node(scripts).await;
    let session = PgSession::connect(&node, "copy", "polyspec").await.expect("a session");
    (node, session)
}

async fn run(session: &mut PgSession, sql: &str, limit: Duration) -> Result<Outcome, BackendError> {
    session.run(&Request::text(sql, limit), None).await
}

fn rows(outcome: Result<Outcome, BackendError>) -> RowSet {
    match outcome {
        Ok(Outcome::Output(Output::Sql { rows: Some(rows), .. })) => rows,
        other => panic!("{other:?}"),
    }
}

fn refusal(outcome: Result<Outcome, BackendError>) -> ServerError {
    match outcome {
        Ok(Outcome::Refused(error)) => error,
        other => panic!("{other:?}"),
    }
}

fn terminated() -> Vec<u8> {
    said(b'E', "FATAL", "57P01", "terminating connection due to administrator command")
}

/// Waits until the session sees that something has come: a look is all that it takes.
async fn until_lost(session: &mut PgSession) -> Result<Outcome, BackendError> {
    loop {
        match run(session, "SELECT 1", LONG).await {
            Ok(Outcome::Output(_)) => tokio::task::yield_now().await,
            other => return other,
        }
    }
}

#[tokio::test]
async fn last_words_are_told_to_the_next_step_and_nothing_is_sent() {
    let (_node, mut session) = session(vec![vec![Act::Say(terminated()), Act::Close], vec![]]).await;
    let error = refusal(until_lost(&mut session).await);
    assert_eq!((error.sqlstate.as_deref(), error.own), (Some("57P01"), Some(OwnDoing::Disconnected)));
    assert!(session.is_lost());
}

#[tokio::test]
async fn a_server_that_goes_down_breaks_the_step_and_is_no_refusal() {
    let down = said(b'E', "FATAL", "57P03", "the database system is shutting down");
    let scripts = vec![vec![Act::Say(terminated()), Act::Close], vec![Act::Turn(down)]];
    let (_node, mut session) = session(scripts).await;
    let lost = until_lost(&mut session).await;
    assert!(matches!(lost, Err(BackendError::Lost { .. })), "{lost:?}");
    assert!(session.is_lost());
}

#[tokio::test]
async fn a_connection_that_ends_without_a_word_is_a_breakage() {
    let (_node, mut session) = session(vec![vec![Act::Close]]).await;
    let lost = run(&mut session, "SELECT 1", LONG).await;
    assert!(matches!(lost, Err(BackendError::Lost { .. })), "{lost:?}");
    assert!(session.is_lost());
}

#[tokio::test]
async fn the_warning_before_a_crash_is_the_cause_of_the_loss() {
    let crash = said(b'N', "WARNING", "57P02", "terminating connection because of crash of another server process");
    let (_node, mut session) = session(vec![vec![Act::Answer(crash), Act::Close]]).await;
    match run(&mut session, "SELECT 1", LONG).await {
        Err(BackendError::Lost { cause, .. }) => assert!(cause.contains("crash of another server process"), "{cause}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_that_does_not_answer_costs_the_limit_and_a_moment_and_is_given_up() {
    let (_node, mut session) = session(vec![vec![Act::Hang]]).await;
    let silent = run(&mut session, "SELECT 1", Duration::from_millis(20)).await;
    assert!(matches!(silent, Err(BackendError::Silent { .. })), "{silent:?}");
    assert!(session.is_lost());
}

#[tokio::test]
async fn a_step_that_was_given_up_leaves_a_session_that_reads_its_rest_first() {
    let slow = [said(b'E', "ERROR", "57014", "canceling statement due to user request"), ready(b'I')].concat();
    let scripts = vec![vec![Act::Answer(vec![]), Act::Say(slow), Act::Answer(result(23, &["2"], b'I'))], vec![]];
    let (_node, mut session) = session(scripts).await;
    // Polled once and dropped, before the server, which is on the same thread, has had its turn.
    assert!(run(&mut session, "SELECT 1", LONG).now_or_never().is_none());
    assert_eq!(rows(run(&mut session, "SELECT 2", LONG).await).rows, [[Some("2".to_string())]]);
}

#[tokio::test]
async fn text_that_no_message_can_hold_is_not_sent_and_leaves_the_session_well() {
    let (_node, mut session) = session(vec![vec![Act::Answer(result(23, &["1"], b'I'))]]).await;
    let unsent = run(&mut session, "SELECT '\0'", LONG).await;
    assert!(matches!(unsent, Err(BackendError::Other(_))), "{unsent:?}");
    assert!(!session.is_lost());
    assert_eq!(rows(run(&mut session, "SELECT 1", LONG).await).rows, [[Some("1".to_string())]]);
}

#[tokio::test]
async fn notices_and_notifications_come_beside_an_answer() {
    let notified = message(b'A', b"\0\0\0\x07news\0hello\0");
    let answer = [said(b'N', "NOTICE", "00000", "careful"), notified, result(23, &["1"], b'I')].concat();
    let (_node, mut session) = session(vec![vec![Act::Answer(answer), Act::Answer(result(23, &["1"], b'I'))]]).await;
    rows(run(&mut session, "SELECT 1", LONG).await);
    let notices = session.take_notices();
    assert_eq!((notices[0].severity.as_str(), notices[0].message.as_str()), ("NOTICE", "careful"));
    assert_eq!(session.notifications()[0].payload, "hello");
    rows(run(&mut session, "SELECT 1", LONG).await);
    assert!(session.take_notices().is_empty());
    assert_eq!(session.notifications().len(), 1);
    session.forget_notifications();
    assert!(session.notifications().is_empty());
}

#[tokio::test]
async fn a_row_may_follow_a_notice_that_came_amid_a_result() {
    let set = result(23, &["1", "2"], b'I');
    let header = set.iter().position(|byte| *byte == b'D').expect("a row");
    let amid = [&set[..header], &said(b'N', "NOTICE", "00000", "careful"), &set[header..]].concat();
    let (_node, mut session) = session(vec![vec![Act::Answer(amid)]]).await;
    assert_eq!(rows(run(&mut session, "SELECT 1", LONG).await).rows.len(), 2);
    assert_eq!(session.take_notices().len(), 1);
}

#[tokio::test]
async fn rows_that_nobody_asked_for_are_counted_and_not_kept() {
    let (_node, mut session) = session(vec![vec![Act::Answer(result(23, &["1", "2", "3"], b'I'))]]).await;
    let set = rows(session.run(&Request { keep: Keep::Count, ..Request::text("SELECT 1", LONG) }, None).await);
    assert_eq!((set.rows.len(), set.count), (0, 3));
}

#[tokio::test]
async fn a_cell_that_is_larger_than_memory_should_hold_is_kept_by_its_beginning() {
    let huge = "x".repeat(17 * 1024 * 1024);
    let (_node, mut session) = session(vec![vec![Act::Answer(result(25, &[&huge, "y"], b'I'))]]).await;
    let set = rows(run(&mut session, "SELECT 1", LONG).await);
    let cell = set.rows[0][0].as_deref().unwrap_or_default();
    assert!(cell.len() < 5_000 && cell.starts_with("xxx"), "{}", cell.len());
    assert!(cell.contains(&format!("({} bytes in all, SHA-256 ", huge.len())), "{}", &cell[4_000..]);
    assert_eq!(set.rows[1][0].as_deref(), Some("y"));
}

#[tokio::test]
async fn the_types_of_the_last_of_several_results_are_known() {
    let first = result(25, &["a"], b'I');
    let both = [&first[..first.len() - ready(b'I').len()], &result(1700, &["1.0"], b'I')].concat();
    let (_node, mut session) = session(vec![vec![Act::Answer(both)]]).await;
    let set = rows(run(&mut session, "SELECT 'a'; SELECT 1.0", LONG).await);
    assert_eq!((set.columns[0].type_name(), set.rows.len()), ("numeric", 1));
}
