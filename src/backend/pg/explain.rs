//! EXPLAIN of a statement, with execution statistics and without its effects.

use std::time::Duration;

use super::wire::Status;
use super::{PgSession, Request};
use crate::backend::BackendError;
use crate::explain::from_postgres_text;
use crate::observation::{Outcome, Output};

/// What stands before a statement that is explained.
const EXPLAIN: &str = "EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) ";

/// How a statement is undone: what begins before it, and what ends after it.
const ALONE: (&str, &str) = ("BEGIN", "ROLLBACK");
const INSIDE: (&str, &str) =
    ("SAVEPOINT polyspec_explain", "ROLLBACK TO SAVEPOINT polyspec_explain; RELEASE SAVEPOINT polyspec_explain");

/// Explains `sql`. The statement is executed (ANALYZE), so it runs in a transaction, or inside a savepoint of the one that
/// is open, that is rolled back (manual, EXPLAIN: "If you wish to use EXPLAIN ANALYZE on an INSERT … without letting the
/// command affect your data"): what a function that it calls does cannot be seen from its text.
pub(super) async fn explain(session: &mut PgSession, sql: &str, limit: Duration) -> Result<Outcome, BackendError> {
    let explained = format!("{EXPLAIN}{sql}");
    let (before, after) = match session.status() {
        Status::Idle => ALONE,
        // In a transaction that has failed the server refuses a savepoint and a statement in the same way.
        Status::Open | Status::Failed => INSIDE,
    };
    if let refused @ Outcome::Refused(_) = session.run(&Request::text(before, limit), None).await? {
        return Ok(refused);
    }
    let outcome = session.run(&Request { single: true, ..Request::text(&explained, limit) }, None).await;
    if !session.is_lost()
        && let refused @ Outcome::Refused(_) = session.run(&Request::text(after, limit), None).await?
    {
        return Ok(refused);
    }
    plan(session.node(), outcome?)
}

fn plan(node: &str, outcome: Outcome) -> Result<Outcome, BackendError> {
    let rows = match outcome {
        Outcome::Output(Output::Sql { rows: Some(rows), .. }) => rows,
        Outcome::Refused(mut refused) => {
            refused.position = refused.position.and_then(|at| at.checked_sub(EXPLAIN.len() as u32));
            return Ok(Outcome::Refused(refused));
        }
        other => return Ok(other),
    };
    let text: String = rows.rows.iter().filter_map(|row| row.first()?.as_deref()).collect();
    let plan = from_postgres_text(&text)
        .map_err(|error| BackendError::Other(format!("the plan of {node} could not be read: {error}")))?;
    Ok(Outcome::Output(Output::Plan(plan)))
}
