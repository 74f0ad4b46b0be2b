//! `generate`: rows are made by blocking threads, in chunks, and streamed to the server in order. What is in memory is the
//! chunks in flight, however many rows there are.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bson::RawDocumentBuf;
use futures::future::BoxFuture;
use futures::stream;
use futures::{FutureExt, StreamExt};

use super::Reporting;
use crate::backend::BackendError;
use crate::backend::mongo::{self, Bulk, MongoClients, Target};
use crate::backend::pg::{PgNode, PgSession, Request};
use crate::event::Event;
use crate::generate::{Plan, Reserve};
use crate::observation::{Outcome, Output};
use crate::variables::quote_literal;

/// How many rows one COPY carries. Of each, the server keeps the rows for its statement triggers and the checks of its
/// foreign keys until the end of the statement: so many rows stay in its working memory.
const COPY_ROWS: u64 = 20_000;

/// How many documents one insert carries.
const INSERT_DOCUMENTS: u64 = 2_000;

/// Chunks that are made while the server has one.
const AHEAD: usize = 2;

/// Connections that fill tables side by side; inserts that are under way at one time.
const SIDE_BY_SIDE: usize = 2;

/// From so many rows on, somebody wants to see how far it is.
const WORTH_TELLING: u64 = 50_000;

/// Tells how far it is.
#[derive(Clone)]
pub(super) struct Told {
    reporting: Reporting,
    what: String,
    done: Arc<AtomicU64>,
    total: u64,
}

impl Told {
    /// Nothing is done yet of `plan`.
    pub fn new(reporting: &Reporting, node: &str, plan: &Plan) -> Self {
        let told = Self { reporting: reporting.clone(), what: node.into(), done: Arc::default(), total: plan.total() };
        told.more(0);
        told
    }

    fn more(&self, rows: u64) {
        let done = self.done.fetch_add(rows, Ordering::Relaxed) + rows;
        if self.total < WORTH_TELLING {
            return;
        }
        self.reporting.send(Event::Progress { what: self.what.clone(), done, total: self.total });
    }
}

/// A server's refusal, or no answer.
enum Stop {
    Refused(Box<Outcome>),
    Breaks(BackendError),
}

impl From<BackendError> for Stop {
    fn from(error: BackendError) -> Self {
        Stop::Breaks(error)
    }
}

fn ended(done: Result<u64, Stop>) -> Result<Outcome, BackendError> {
    match done {
        Ok(affected) => Ok(Outcome::Output(Output::Sql { rows: None, affected })),
        Err(Stop::Refused(refused)) => Ok(*refused),
        Err(Stop::Breaks(error)) => Err(error),
    }
}

/// A database of a PostgreSQL server that is filled.
#[derive(Clone)]
pub(super) struct PgFill {
    /// The server.
    pub node: PgNode,
    /// The database.
    pub database: String,
    /// The time limit of each statement.
    pub limit: Duration,
}

impl PgFill {
    /// Fills the tables of a plan, each in a transaction of its own, those that do not refer to one another side by side.
    pub fn run(self, plan: Plan, told: Told) -> BoxFuture<'static, Result<Outcome, BackendError>> {
        async move { ended(self.fill(plan, told).await) }.boxed()
    }

    async fn fill(self, mut plan: Plan, told: Told) -> Result<u64, Stop> {
        let mut session = self.connect().await?;
        for reserve in plan.reserves() {
            let (from, step) = self.reserve(&mut session, &reserve).await?;
            plan.begin(&reserve, from, step);
        }
        let plan = Arc::new(plan);
        for wave in plan.waves() {
            let tables = wave.into_iter().map(|table| self.clone().table(plan.clone(), table, told.clone()).boxed());
            let mut done = stream::iter(tables).buffer_unordered(SIDE_BY_SIDE);
            while let Some(filled) = done.next().await {
                filled?;
            }
        }
        Ok(plan.total())
    }

    async fn connect(&self) -> Result<PgSession, BackendError> {
        PgSession::connect(&self.node, &self.database, "polyspec", false).await
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
        let request = Request { sql, parameters: &[], types: false, limit: self.limit };
        match session.run(&request, None).await? {
            Outcome::Output(output) => Ok(output),
            refused => Err(Stop::Refused(Box::new(refused))),
        }
    }

    async fn table(self, plan: Arc<Plan>, table: usize, told: Told) -> Result<(), Stop> {
        let (name, columns) = (plan.name(table).to_string(), plan.columns(table));
        let mut session = self.connect().await?;
        self.own(&mut session, "BEGIN").await?;
        let mut made = stream::iter(chunks(&plan, table, COPY_ROWS, Plan::copy_text)).buffered(AHEAD);
        while let Some(chunk) = made.next().await {
            let (rows, data) = chunk?;
            held(session.copy_text(&name, &columns, data, self.limit).await?)?;
            told.more(rows);
        }
        self.own(&mut session, "COMMIT").await.map(drop)
    }
}

/// A database of a replica set that is filled.
#[derive(Clone)]
pub(super) struct MongoFill {
    /// The clients.
    pub clients: Arc<MongoClients>,
    /// Where the documents go.
    pub target: Target,
    /// The database.
    pub database: String,
    /// The time limit of each insert.
    pub limit: Duration,
}

impl MongoFill {
    /// Fills the collections of a plan, and waits until a majority has everything.
    pub fn run(self, plan: Plan, told: Told) -> BoxFuture<'static, Result<Outcome, BackendError>> {
        async move { ended(self.fill(Arc::new(plan), told).await) }.boxed()
    }

    async fn fill(self, plan: Arc<Plan>, told: Told) -> Result<u64, Stop> {
        for table in plan.tables() {
            let mut done = stream::iter(self.inserts(&plan, table, &told)).buffer_unordered(SIDE_BY_SIDE);
            while let Some(inserted) = done.next().await {
                inserted?;
            }
        }
        if let Some(last) = plan.tables().last() {
            held(mongo::settle(&self.clients, self.bulk(plan.name(last))).await?)?;
        }
        Ok(plan.total())
    }

    /// The inserts of a collection, each to be begun when it is asked for.
    fn inserts(
        &self,
        plan: &Arc<Plan>,
        table: usize,
        told: &Told,
    ) -> Box<dyn Iterator<Item = BoxFuture<'static, Result<(), Stop>>> + Send> {
        let (fill, plan, told) = (self.clone(), plan.clone(), told.clone());
        let chunks = chunks(&plan, table, INSERT_DOCUMENTS, Plan::documents);
        Box::new(chunks.map(move |made| fill.clone().insert(plan.clone(), table, made, told.clone()).boxed()))
    }

    async fn insert(
        self,
        plan: Arc<Plan>,
        table: usize,
        made: Made<Vec<RawDocumentBuf>>,
        told: Told,
    ) -> Result<(), Stop> {
        let (rows, documents) = made.await?;
        held(mongo::insert(&self.clients, self.bulk(plan.name(table)), documents).await?)?;
        told.more(rows);
        Ok(())
    }

    fn bulk<'a>(&'a self, collection: &'a str) -> Bulk<'a> {
        Bulk { target: &self.target, database: &self.database, collection, limit: self.limit }
    }
}

fn held(outcome: Outcome) -> Result<(), Stop> {
    match outcome {
        Outcome::Output(_) => Ok(()),
        refused => Err(Stop::Refused(Box::new(refused))),
    }
}

/// A chunk that is being made: how many rows it has, and the rows.
pub type Made<T> = BoxFuture<'static, Result<(u64, T), BackendError>>;

/// The chunks of a table in order; each is made, once it is asked for, by a thread that may block.
pub fn chunks<T: Send + 'static>(
    plan: &Arc<Plan>,
    table: usize,
    size: u64,
    make: fn(&Plan, usize, Range<u64>) -> T,
) -> impl Iterator<Item = Made<T>> + Send + use<T> {
    let (plan, rows) = (plan.clone(), plan.rows(table));
    let ranges = (0..rows.div_ceil(size)).map(move |chunk| chunk * size..rows.min((chunk + 1) * size));
    ranges.map(move |range| {
        let plan = plan.clone();
        async move {
            let count = range.end - range.start;
            let made = tokio::task::spawn_blocking(move || make(&plan, table, range)).await;
            made.map(|made| (count, made)).map_err(|_| BackendError::Other("a thread that makes rows gave up".into()))
        }
        .boxed()
    })
}
