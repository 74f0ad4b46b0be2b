//! Rows into the tables of a PostgreSQL server, by COPY. A large table is filled in two halves side by side, since one COPY
//! keeps one core busy with triggers and foreign keys.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::future::{BoxFuture, try_join};
use futures::{FutureExt, StreamExt, stream};
use tokio::sync::Semaphore;

use super::{SIDE_BY_SIDE, Stop, Told, chunks, ended, held};
use crate::backend::BackendError;
use crate::backend::pg::{CopyFormat, PgNode, PgSession, Request};
use crate::generate::{Plan, Reserve};
use crate::observation::{Outcome, Output};
use crate::variables::quote_literal;

/// How many rows one COPY carries. Of each, the server keeps the rows for its statement triggers and the checks of its
/// foreign keys until the end of the statement: so many rows stay in its working memory.
const COPY_ROWS: u64 = 10_000;

/// Chunks that are made while the server has one.
const AHEAD: usize = 2;

/// How long one half of a table waits for a lock that may be the other half's.
const LOCK_LIMIT: &str = "SET LOCAL lock_timeout = '2s'";

/// Checks what is deferred to the commit (manual, SET CONSTRAINTS).
const CHECK_NOW: &str = "SET CONSTRAINTS ALL IMMEDIATE";

/// What says that the halves of a table got in each other's way: lock_not_available, deadlock_detected, serialization_failure,
/// and foreign_key_violation, where a row of one half refers to one of the other (manual, appendix A).
const IN_THE_WAY: [&str; 4] = ["55P03", "40P01", "40001", "23503"];

/// A database of a PostgreSQL server that is filled.
#[derive(Clone)]
pub(in crate::engine) struct PgFill {
    /// The server.
    pub node: PgNode,
    /// The database.
    pub database: String,
    /// The time limit of each statement.
    pub limit: Duration,
}

impl PgFill {
    /// Fills the tables of a plan, each whole or not at all, those that do not refer to one another side by side.
    pub fn run(self, plan: Plan, told: Told) -> BoxFuture<'static, Result<Outcome, BackendError>> {
        async move { ended(self.fill(plan, told).await) }.boxed()
    }

    async fn fill(self, mut plan: Plan, told: Told) -> Result<u64, Stop> {
        let mut session = self.connect().await?;
        for reserve in plan.reserves() {
            let (from, step) = self.reserve(&mut session, &reserve).await?;
            plan.begin(&reserve, from, step);
        }
        let filling = Filling { fill: self, plan: Arc::new(plan), told, copies: Semaphore::new(SIDE_BY_SIDE) };
        for wave in filling.plan.waves() {
            let mut tables = stream::iter(wave.into_iter().map(|table| filling.table(table))).buffered(SIDE_BY_SIDE);
            while let Some(filled) = tables.next().await {
                filled?;
            }
        }
        Ok(filling.plan.total())
    }

    async fn connect(&self) -> Result<PgSession, BackendError> {
        PgSession::connect(&self.node, &self.database, "polyspec").await
    }

    /// Takes a block of numbers from a sequence: the first of them, and the distance to the next. (`setval` is not undone by
    /// a rollback, nor is `nextval`: manual, 9.17.)
    async fn reserve(&self, session: &mut PgSession, reserve: &Reserve) -> Result<(i64, i64), Stop> {
        let name = quote_literal(&reserve.sequence);
        let sql = format!(
            "WITH first AS MATERIALIZED (SELECT nextval({name}) AS value) \
             SELECT value, seqincrement, setval({name}, value + {} * seqincrement) \
             FROM first, pg_sequence WHERE seqrelid = {name}::regclass",
            reserve.count - 1
        );
        let Output::Sql { rows: Some(rows), .. } = self.own(session, &sql).await? else {
            return Err(BackendError::Other(format!("`{}` gave no number", reserve.sequence)).into());
        };
        let cell = |at: usize| rows.rows.first()?.get(at)?.as_deref()?.parse().ok();
        let numbers = cell(0).zip(cell(1));
        numbers.ok_or_else(|| BackendError::Other(format!("`{}` is not a sequence", reserve.sequence)).into())
    }

    async fn own(&self, session: &mut PgSession, sql: &str) -> Result<Output, Stop> {
        let request = Request::text(sql, self.limit);
        match session.run(&request, None).await? {
            Outcome::Output(output) => Ok(output),
            refused => Err(Stop::Refused(Box::new(refused))),
        }
    }
}

/// A plan on its way into a database.
struct Filling {
    fill: PgFill,
    plan: Arc<Plan>,
    told: Told,
    /// Who may copy.
    copies: Semaphore,
}

impl Filling {
    /// Fills a table: all of it, or nothing if the server refuses a row. Halves whose triggers or keys get in each other's
    /// way give up, and the table is filled from one end to the other.
    async fn table(&self, table: usize) -> Result<(), Stop> {
        let rows = self.plan.rows(table);
        // At the end of a chunk, so that what repeats in the rows is seldom cut in two.
        let middle = rows.div_ceil(COPY_ROWS) / 2 * COPY_ROWS;
        if middle > 0 && self.halves(table, middle).await? {
            return Ok(());
        }
        let mut whole = self.begin().await?;
        self.copy(&mut whole, table, 0..rows, &AtomicU64::new(0)).await?;
        self.end(whole).await
    }

    /// Whether the halves of a table went in. Both are there, their deferred constraints checked, before one is committed:
    /// then a commit has nothing left to refuse, and if the second is lost all the same (its server dies between the two),
    /// what the first has committed is deleted again.
    async fn halves(&self, table: usize, middle: u64) -> Result<bool, Stop> {
        let (mut one, mut two) = (self.begin().await?, self.begin().await?);
        self.fill.own(&mut one, LOCK_LIMIT).await?;
        self.fill.own(&mut two, LOCK_LIMIT).await?;
        let rows = self.plan.rows(table);
        let copied = AtomicU64::new(0);
        let both = async {
            let (first, second) = (0..middle, middle..rows);
            try_join(self.copy(&mut one, table, first, &copied), self.copy(&mut two, table, second, &copied)).await?;
            self.fill.own(&mut one, CHECK_NOW).await?;
            self.fill.own(&mut two, CHECK_NOW).await
        };
        let both = both.await;
        match both {
            Ok(_) => self.commit(table, one, two).await.map(|()| true),
            // What they had copied goes with their connections. Of a row that one refuses because it does not see those of
            // the other (a key of the table on itself), only the whole can tell.
            Err(Stop::Refused(refused)) if may_be_in_the_way(&refused) => {
                self.told.less(copied.into_inner());
                Ok(false)
            }
            Err(stop) => Err(stop),
        }
    }

    /// Commits both halves. Nothing is left that could be refused; when the second is lost with its server all the same, the
    /// rows of the first are deleted again.
    async fn commit(&self, table: usize, mut one: PgSession, two: PgSession) -> Result<(), Stop> {
        let id = self.fill.own(&mut one, "SELECT pg_current_xact_id()::xid").await?;
        let Output::Sql { rows: Some(rows), .. } = id else {
            return Err(BackendError::Other("a transaction has no number".into()).into());
        };
        let id = rows.rows.first().and_then(|row| row.first()?.clone()).unwrap_or_default();
        self.end(one).await?;
        let Err(lost) = self.end(two).await else { return Ok(()) };
        let name = self.plan.name(table);
        let delete = format!("DELETE FROM {name} WHERE xmin = {}::xid", quote_literal(&id));
        let taken_back = async {
            let mut session = self.fill.connect().await?;
            self.fill.own(&mut session, &delete).await
        };
        match taken_back.await {
            Ok(_) => Err(lost),
            Err(_) => Err(BackendError::Other(format!(
                "half of the rows of {name} are committed and the other half is lost, and they could not be deleted \
                 again: empty the table with `{delete}`"
            ))
            .into()),
        }
    }

    async fn begin(&self) -> Result<PgSession, Stop> {
        let mut session = self.fill.connect().await?;
        self.fill.own(&mut session, "BEGIN").await?;
        Ok(session)
    }

    async fn end(&self, mut session: PgSession) -> Result<(), Stop> {
        self.fill.own(&mut session, "COMMIT").await.map(drop)
    }

    /// Copies a range of a table's rows, and adds to `copied` what the server has.
    async fn copy(
        &self,
        session: &mut PgSession,
        table: usize,
        rows: Range<u64>,
        copied: &AtomicU64,
    ) -> Result<(), Stop> {
        let _turn = self.copies.acquire().await;
        let (name, columns) = (self.plan.name(table), self.plan.columns(table));
        let made = chunks(&self.plan, table, rows, COPY_ROWS, Plan::copy_text);
        let mut made = stream::iter(made).buffered(AHEAD);
        while let Some(chunk) = made.next().await {
            let (rows, data) = chunk?;
            held(session.copy(name, &columns, (CopyFormat::Text, data), self.fill.limit).await?)?;
            copied.fetch_add(rows, Ordering::Relaxed);
            self.told.more(rows);
        }
        Ok(())
    }
}

fn may_be_in_the_way(refused: &Outcome) -> bool {
    let Outcome::Refused(error) = refused else { return false };
    error.sqlstate.as_deref().is_some_and(|state| IN_THE_WAY.contains(&state))
}
