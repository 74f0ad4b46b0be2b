//! An order: one thing to be sent to one node, with everything it needs filled in, so that it can also run in a task of its
//! own while later steps go on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bson::Document;

use super::Reporting;
use super::generate::{MongoFill, PgFill, Told};
use super::sessions::{MongoSlot, PgSlot};
use crate::backend::mongo::{Command, Target, Until};
use crate::backend::pg::Request;
use crate::backend::{BackendError, RowSink};
use crate::generate::Plan;
use crate::observation::{Keep, Observation, Outcome, Output};

/// Something to be sent to a node.
#[derive(Clone)]
pub struct Order {
    /// The node, as it is shown.
    pub node: String,
    /// What is sent.
    pub work: Work,
    /// The time limit of the statement.
    pub limit: Duration,
    /// What of the result somebody can use.
    pub keep: Keep,
}

/// What is sent, and over which session.
#[derive(Clone)]
pub enum Work {
    /// SQL.
    Sql {
        /// The session.
        slot: Arc<PgSlot>,
        /// The texts, one after the other: only a script with data for COPY has more than one.
        texts: Vec<SqlText>,
        /// Values of `$1` and so on.
        parameters: Vec<Option<String>>,
    },
    /// SQL to be explained.
    ExplainSql {
        /// The session.
        slot: Arc<PgSlot>,
        /// The statement.
        text: String,
    },
    /// CSV to be copied into a table.
    CopyCsv {
        /// The session.
        slot: Arc<PgSlot>,
        /// The table.
        table: String,
        /// Its columns, in the order of the data.
        columns: Vec<String>,
        /// The data, with a header line.
        data: Vec<u8>,
    },
    /// A command.
    Mongo {
        /// The session.
        slot: MongoSlot,
        /// Where it goes.
        target: Target,
        /// The database.
        database: String,
        /// The command.
        document: Document,
        /// A transaction to be started first, with its options.
        start: Option<Option<Document>>,
        /// Whether the reply is an answer also when it holds errors of single writes.
        whole_reply: bool,
        /// The name of the cursor that stays open.
        stream: Option<String>,
    },
    /// Documents to be inserted, all or none.
    LoadDocuments {
        /// The session.
        slot: MongoSlot,
        /// Where they go.
        target: Target,
        /// The database.
        database: String,
        /// The collection.
        collection: String,
        /// The documents.
        documents: Vec<Document>,
    },
    /// Rows to be made and copied into tables.
    GeneratePg {
        /// The database.
        fill: Box<PgFill>,
        /// The rows.
        plan: Plan,
        /// Where progress is told.
        reporting: Reporting,
    },
    /// Documents to be made and inserted.
    GenerateMongo {
        /// The database.
        fill: MongoFill,
        /// The documents.
        plan: Plan,
        /// Where progress is told.
        reporting: Reporting,
    },
    /// A command to be explained.
    ExplainMongo {
        /// The session.
        slot: MongoSlot,
        /// Where it goes.
        target: Target,
        /// The database.
        database: String,
        /// The command.
        document: Document,
    },
    /// What comes from a cursor that stays open.
    ReadStream {
        /// The session.
        slot: MongoSlot,
        /// The name of the cursor.
        stream: String,
        /// Until when it is read.
        until: Until,
    },
    /// The beginning of a transaction and nothing else.
    Start(MongoSlot, Target, Option<Document>),
    /// The commit of a transaction.
    Commit(MongoSlot),
    /// The abort of a transaction.
    Abort(MongoSlot),
}

/// SQL that is sent in one message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SqlText {
    /// One statement or several.
    pub sql: String,
    /// What its `COPY … FROM STDIN` reads.
    pub stdin: Option<bytes::Bytes>,
}

impl SqlText {
    /// Text without data.
    pub fn new(sql: impl Into<String>) -> Self {
        Self { sql: sql.into(), stdin: None }
    }
}

impl Order {
    /// Sends it. Rows go to `sink` if there is one.
    pub async fn run(&self, sink: Option<&mut (dyn RowSink + '_)>) -> Result<Observation, BackendError> {
        let begun = Instant::now();
        // On the heap, as every state that is large: whoever waits for it would carry all of it.
        let outcome = Box::pin(self.outcome(sink)).await?;
        let mut observation = Observation::new(&self.node, outcome, begun.elapsed());
        if let Work::Sql { slot, .. } = &self.work {
            slot.told(&mut observation).await;
        }
        Ok(observation)
    }

    /// Sends texts one after the other until one is refused; the answer to the last is what came.
    async fn sql(
        &self,
        slot: &PgSlot,
        texts: &[SqlText],
        parameters: &[Option<String>],
        mut sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        let mut connected = slot.connected().await?;
        let begun = Instant::now();
        let mut outcome = Outcome::Output(Output::Nothing);
        for (at, text) in texts.iter().enumerate() {
            let limit = if at == 0 { self.limit } else { self.limit.saturating_sub(begun.elapsed()) };
            let stdin = text.stdin.clone();
            let request = Request { parameters, stdin, keep: self.keep, ..Request::text(&text.sql, limit) };
            // Only the last of several results is what came, and which that is nobody knows before.
            let alone = texts.len() == 1 && crate::language::sql::statements(&text.sql).len() == 1;
            outcome = connected.session().run(&request, sink.take().filter(|_| alone)).await?;
            if matches!(outcome, Outcome::Refused(_)) {
                break;
            }
        }
        Ok(outcome)
    }

    async fn outcome(&self, sink: Option<&mut (dyn RowSink + '_)>) -> Result<Outcome, BackendError> {
        let (limit, keep) = (self.limit, self.keep);
        match &self.work {
            Work::Sql { slot, texts, parameters } => self.sql(slot, texts, parameters, sink).await,
            Work::ExplainSql { slot, text } => slot.connected().await?.session().explain(text, limit).await,
            Work::CopyCsv { slot, table, columns, data } => {
                slot.connected().await?.session().copy_csv(table, columns, data.clone(), limit).await
            }
            Work::Mongo { slot, target, database, document, start, whole_reply, stream } => {
                let mut session = slot.lock().await;
                if let Some(options) = start
                    && let refused @ Outcome::Refused(_) =
                        session.start_transaction(target, options.clone(), limit).await?
                {
                    return Ok(refused);
                }
                let (document, whole_reply) = (document.clone(), *whole_reply);
                let command = Command { target, database, document, limit, keep, whole_reply };
                match stream {
                    Some(name) => session.open(name, command).await,
                    None => session.run(command, sink).await,
                }
            }
            Work::LoadDocuments { slot, target, database, collection, documents } => {
                slot.lock().await.load(target, database, collection, documents, limit).await
            }
            Work::GeneratePg { fill, plan, reporting } => {
                PgFill::clone(fill).run(plan.clone(), Told::new(reporting, &self.node, plan)).await
            }
            Work::GenerateMongo { fill, plan, reporting } => {
                fill.clone().run(plan.clone(), Told::new(reporting, &self.node, plan)).await
            }
            Work::ExplainMongo { slot, target, database, document } => {
                let command = Command { document: document.clone(), keep, ..Command::of(target, database, limit) };
                slot.lock().await.explain(command).await
            }
            Work::ReadStream { slot, stream, until } => slot.lock().await.read(stream, *until, limit).await,
            Work::Start(slot, target, options) => {
                slot.lock().await.start_transaction(target, options.clone(), limit).await
            }
            Work::Commit(slot) => slot.lock().await.commit(limit).await,
            Work::Abort(slot) => slot.lock().await.abort(limit).await,
        }
    }
}
