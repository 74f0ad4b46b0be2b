//! Documents into the collections of a replica set: inserts side by side, a collection after the other.

use std::sync::Arc;
use std::time::Duration;

use bson::RawDocumentBuf;
use futures::future::BoxFuture;
use futures::stream;
use futures::{FutureExt, StreamExt};

use super::{Made, SIDE_BY_SIDE, Stop, Told, chunks, ended, held};
use crate::backend::BackendError;
use crate::backend::mongo::{self, Bulk, MongoClients, Target};
use crate::generate::Plan;
use crate::observation::Outcome;

/// How many documents one insert carries.
const INSERT_DOCUMENTS: u64 = 2_000;

/// A database of a replica set that is filled.
#[derive(Clone)]
pub(in crate::engine) struct MongoFill {
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
        let chunks = chunks(&plan, table, 0..plan.rows(table), INSERT_DOCUMENTS, Plan::documents);
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
