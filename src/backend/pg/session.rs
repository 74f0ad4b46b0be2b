//! A session on a PostgreSQL database: statements with a time limit after which the server is told to cancel, results in
//! the server's own text form, column types from its own description.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures::TryStreamExt;
use tokio_postgres::{CancelToken, Client, NoTls, SimpleQueryMessage, SimpleQueryRow};

use super::{PgNode, error};
use crate::backend::{BackendError, RowSink};
use crate::observation::{Column, Outcome, Output, RowSet, SqlType};
use crate::variables::quote_literal;

/// How long a server has to answer after it was told to cancel.
const CANCEL_GRACE: Duration = Duration::from_secs(2);

/// What is asked of a session.
pub struct Request<'a> {
    /// One statement or several.
    pub sql: &'a str,
    /// Values for `$1` and so on; `None` is NULL. With any, `sql` must be one statement that PREPARE takes.
    pub parameters: &'a [Option<String>],
    /// Whether the types of the columns are wanted (costs the server one more parse); only for one statement.
    pub types: bool,
    /// The time limit.
    pub limit: Duration,
}

/// A connection to one database as the role of scenarios.
pub struct PgSession {
    node: String,
    client: Client,
    cancel: CancelToken,
    prepared: u32,
}

impl PgSession {
    /// Connects; `name` is the `application_name`.
    pub async fn connect(node: &PgNode, database: &str, name: &str) -> Result<Self, BackendError> {
        let client = node.connect_app(database, name).await?;
        let cancel = client.cancel_token();
        Ok(Self { node: node.name.to_string(), client, cancel, prepared: 0 })
    }

    /// Whether the connection is gone.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// The process id of the server's backend.
    pub async fn backend_pid(&self) -> Result<i32, BackendError> {
        let row = self.client.query_one("SELECT pg_backend_pid()", &[]).await;
        row.map(|row| row.get(0)).map_err(|error| error::of_own(&self.node, "asking for a backend's pid", error))
    }

    /// Runs a request. Rows go to `sink` if there is one, else into the outcome.
    pub async fn run(
        &mut self,
        request: &Request<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        if request.parameters.is_empty() {
            return self.run_text(request.sql, request, sink).await;
        }
        let name = format!("polyspec_{}", self.prepared);
        self.prepared += 1;
        let prepare = format!("PREPARE {name} AS {}", request.sql);
        if let Outcome::Refused(mut refused) = self.run_text(&prepare, request, None).await? {
            let shift = prepare.chars().count() - request.sql.chars().count();
            refused.position = refused.position.and_then(|at| at.checked_sub(shift as u32));
            return Ok(Outcome::Refused(refused));
        }
        let values: Vec<String> =
            request.parameters.iter().map(|value| value.as_deref().map_or("NULL".into(), quote_literal)).collect();
        let outcome = self.run_text(&format!("EXECUTE {name}({})", values.join(", ")), request, sink).await;
        let _ = self.client.batch_execute(&format!("DEALLOCATE {name}")).await;
        outcome
    }

    async fn run_text(
        &self,
        sql: &str,
        request: &Request<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        let deadline = tokio::time::Instant::now() + request.limit;
        let mut reader = Reader::new(sink);
        let (answer, in_time) = {
            let mut work = pin!(self.exchange(sql, request.types, &mut reader));
            match tokio::time::timeout_at(deadline, &mut work).await {
                Ok(answer) => (answer, true),
                Err(_) => (self.cancelled(work, request.limit).await?, false),
            }
        };
        match answer {
            Ok(()) => reader.finish(),
            Err(Failure::Server(error)) if in_time => error::of_statement(&self.node, error).map(Outcome::Refused),
            Err(Failure::Server(error)) => {
                let refused = error::of_statement(&self.node, error)?;
                Ok(Outcome::Refused(refused.cancelled_after(request.limit)))
            }
            Err(Failure::Sink(cause)) => Err(cause),
        }
    }

    /// Tells the server, from another connection, to cancel, and waits for what it then answers.
    async fn cancelled<T>(&self, work: impl Future<Output = T>, limit: Duration) -> Result<T, BackendError> {
        let answer = async {
            let (_, answer) = futures::join!(self.cancel.cancel_query(NoTls), work);
            answer
        };
        tokio::time::timeout(CANCEL_GRACE, answer)
            .await
            .map_err(|_| BackendError::Silent { node: self.node.clone(), limit })
    }

    /// Sends the text. The description of its columns is asked for in the same flight, or before it when rows are streamed
    /// (their header comes first).
    async fn exchange(&self, sql: &str, types: bool, reader: &mut Reader<'_, '_>) -> Result<(), Failure> {
        if !types {
            return self.read(sql, reader).await;
        }
        if reader.sink.is_some() {
            reader.columns = Some(self.describe(sql).await.map_err(Failure::Server)?);
            return self.read(sql, reader).await;
        }
        // The description is sent first: were it second, a statement that ends a transaction would be described outside.
        let (described, answer) = futures::join!(self.describe(sql), self.read(sql, reader));
        match (described, answer) {
            (Ok(columns), Ok(())) => {
                reader.typed(columns);
                Ok(())
            }
            (Err(error), _) if error.as_db_error().is_some() => Err(Failure::Server(error)),
            (_, answer) => answer,
        }
    }

    async fn describe(&self, sql: &str) -> Result<Vec<Column>, tokio_postgres::Error> {
        let statement = self.client.prepare(sql).await?;
        let column = |column: &tokio_postgres::Column| Column {
            name: column.name().to_string(),
            sql_type: SqlType::named(column.type_().name()),
        };
        Ok(statement.columns().iter().map(column).collect())
    }

    async fn read(&self, sql: &str, reader: &mut Reader<'_, '_>) -> Result<(), Failure> {
        let stream = self.client.simple_query_raw(sql).await.map_err(Failure::Server)?;
        let mut stream = pin!(stream);
        while let Some(message) = stream.try_next().await.map_err(Failure::Server)? {
            match message {
                SimpleQueryMessage::RowDescription(columns) => {
                    reader.begin(columns.iter().map(|column| column.name().to_string()).collect())?
                }
                SimpleQueryMessage::Row(row) => reader.row(&row)?,
                SimpleQueryMessage::CommandComplete(affected) => reader.affected = affected,
                _ => {}
            }
        }
        Ok(())
    }

    /// Asks for the plan of `sql` with execution statistics, in a transaction that is rolled back when the session is in
    /// none: explaining a change must not make it.
    pub async fn explain(&mut self, sql: &str, limit: Duration) -> Result<Outcome, BackendError> {
        super::explain::explain(self, sql, limit).await
    }

    /// Copies `data` (CSV with a header) into a table with COPY FROM STDIN.
    pub async fn copy_csv(&mut self, table: &str, columns: &[String], data: Vec<u8>) -> Result<Outcome, BackendError> {
        super::copy::copy_csv(&self.client, &self.node, table, columns, data).await
    }

    /// Copies rows in COPY's own text format into a table; after `limit` the server is told to cancel.
    pub async fn copy_text(
        &mut self,
        table: &str,
        columns: &[String],
        data: Vec<u8>,
        limit: Duration,
    ) -> Result<Outcome, BackendError> {
        let mut work = pin!(super::copy::copy_text(&self.client, table, columns, data));
        let answer = match tokio::time::timeout(limit, &mut work).await {
            Ok(answer) => answer,
            Err(_) => self.cancelled(work, limit).await?,
        };
        match answer {
            Ok(affected) => Ok(Outcome::Output(Output::Sql { rows: None, affected })),
            Err(error) => error::of_statement(&self.node, error).map(Outcome::Refused),
        }
    }

    pub(super) fn node(&self) -> &str {
        &self.node
    }
}

enum Failure {
    Server(tokio_postgres::Error),
    Sink(BackendError),
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Failure::Sink(BackendError::Other(format!("the output could not be written: {error}")))
    }
}

/// Gathers what a text of SQL answers.
struct Reader<'a, 'b> {
    sink: Option<&'a mut (dyn RowSink + 'b)>,
    columns: Option<Vec<Column>>,
    rows: Option<RowSet>,
    streamed: bool,
    count: u64,
    affected: u64,
}

impl<'a, 'b> Reader<'a, 'b> {
    fn new(sink: Option<&'a mut (dyn RowSink + 'b)>) -> Self {
        Self { sink, columns: None, rows: None, streamed: false, count: 0, affected: 0 }
    }

    fn begin(&mut self, names: Vec<String>) -> std::io::Result<()> {
        let untyped = || names.into_iter().map(|name| Column { name, sql_type: SqlType::default() }).collect();
        let columns = self.columns.take().unwrap_or_else(untyped);
        match &mut self.sink {
            Some(sink) => {
                self.streamed = true;
                sink.columns(&columns)?;
            }
            None => self.rows = Some(RowSet::new(columns, vec![])),
        }
        Ok(())
    }

    fn row(&mut self, row: &SimpleQueryRow) -> std::io::Result<()> {
        self.count += 1;
        if let Some(sink) = &mut self.sink {
            let cells: Vec<Option<&str>> = (0..row.len()).map(|at| row.get(at)).collect();
            return sink.row(&cells);
        }
        if let Some(rows) = &mut self.rows {
            rows.count += 1;
            rows.rows.push((0..row.len()).map(|at| row.get(at).map(str::to_string)).collect());
        }
        Ok(())
    }

    fn typed(&mut self, columns: Vec<Column>) {
        if let Some(rows) = &mut self.rows
            && rows.columns.len() == columns.len()
        {
            rows.columns = columns;
        }
    }

    fn finish(self) -> Result<Outcome, BackendError> {
        Ok(Outcome::Output(match self.streamed {
            true => Output::Streamed { count: self.count },
            false => Output::Sql { rows: self.rows, affected: self.affected },
        }))
    }
}

/// Runs `work` and reports how long it took.
pub(super) async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    let begun = Instant::now();
    (work.await, begun.elapsed())
}
