//! `generate`: rows are made by blocking threads, in chunks, and streamed to the server in order. What is in memory is the
//! chunks in flight, however many rows there are.

mod mongo;
mod pg;

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt;
use futures::future::BoxFuture;

pub(super) use mongo::MongoFill;
pub(super) use pg::PgFill;

use super::Reporting;
use crate::backend::BackendError;
use crate::event::Event;
use crate::generate::Plan;
use crate::observation::{Outcome, Output};

/// What fills a server side by side: copies of PostgreSQL, inserts of MongoDB.
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

    /// Rows that were rolled back.
    fn less(&self, rows: u64) {
        self.done.fetch_sub(rows, Ordering::Relaxed);
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

fn held(outcome: Outcome) -> Result<(), Stop> {
    match outcome {
        Outcome::Output(_) => Ok(()),
        refused => Err(Stop::Refused(Box::new(refused))),
    }
}

/// A chunk that is being made: how many rows it has, and the rows.
pub type Made<T> = BoxFuture<'static, Result<(u64, T), BackendError>>;

/// The chunks of a table's rows in order; each is made, once it is asked for, by a thread that may block.
pub fn chunks<T: Send + 'static>(
    plan: &Arc<Plan>,
    table: usize,
    rows: Range<u64>,
    size: u64,
    make: fn(&Plan, usize, Range<u64>) -> T,
) -> impl Iterator<Item = Made<T>> + Send + use<T> {
    let plan = plan.clone();
    let count = (rows.end - rows.start).div_ceil(size);
    let begin = move |chunk: u64| rows.start + chunk * size;
    let ranges = (0..count).map(move |chunk| begin(chunk)..rows.end.min(begin(chunk + 1)));
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
