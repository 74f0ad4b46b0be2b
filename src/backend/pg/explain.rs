//! EXPLAIN of a statement, with execution statistics and without its effects.

use std::time::Duration;

use super::{PgSession, Request};
use crate::backend::BackendError;
use crate::explain::from_postgres_text;
use crate::observation::{Outcome, Output};

/// Explains `sql`. The statement is executed (ANALYZE), so it runs inside a savepoint that is rolled back (manual, EXPLAIN:
/// "to use EXPLAIN ANALYZE on an INSERT … without letting the command affect your data").
pub(super) async fn explain(session: &mut PgSession, sql: &str, limit: Duration) -> Result<Outcome, BackendError> {
    let plain = |sql| Request { sql, parameters: &[], types: false, limit };
    let explained = format!("EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}");
    if crate::language::sql::is_read_only(sql) {
        return plan(session.node().to_string(), session.run(&plain(&explained), None).await?);
    }
    let own = matches!(
        session.run(&plain("SAVEPOINT polyspec_explain"), None).await?,
        Outcome::Refused(refused) if refused.sqlstate.as_deref() == Some("25P01")
    );
    if own {
        session.run(&plain("BEGIN"), None).await?;
    }
    let outcome = session.run(&plain(&explained), None).await;
    session.run(&plain(if own { "ROLLBACK" } else { "ROLLBACK TO polyspec_explain" }), None).await?;
    plan(session.node().to_string(), outcome?)
}

fn plan(node: String, outcome: Outcome) -> Result<Outcome, BackendError> {
    let rows = match outcome {
        Outcome::Output(Output::Sql { rows: Some(rows), .. }) => rows,
        other => return Ok(other),
    };
    let text: String = rows.rows.iter().filter_map(|row| row.first()?.as_deref()).collect();
    let plan = from_postgres_text(&text)
        .map_err(|error| BackendError::Other(format!("the plan of {node} could not be read: {error}")))?;
    Ok(Outcome::Output(Output::Plan(plan)))
}
