//! A session on a PostgreSQL database: statements with a time limit after which the server is told to cancel, results in
//! the server's own text form, types from its own description. A connection that is lost is never replaced here.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio_postgres::Config;

use super::PgNode;
use super::pieces::{Piece, ROLLBACK, pieces};
use super::types::Types;
use super::wire::{Address, CancelKey, Collected, Collector, Described, Exchange, Loss, Status, Stdin, Wire};
use crate::backend::{BackendError, RowSink};
use crate::observation::{Keep, Notice, Notification, Outcome, Output, RowSet, ServerError};

/// How long a server has to answer after it was told to cancel, or to a look at its catalog.
const GRACE: Duration = Duration::from_secs(2);

/// SQLSTATE admin_shutdown: a session was terminated, or the whole server is going down.
const ADMIN_SHUTDOWN: &str = "57P01";

/// What is to be known about a session whose server has closed it.
const LOST: &str = "the session is gone with all that it held; the next step gets a new connection";

/// The setting that a session may round its floating point by; the server does not report its changes.
const DIGITS: &str = "extra_float_digits";

/// The OIDs of `real` and `double precision`.
const FLOATS: [u32; 2] = [700, 701];

/// What is asked of a session.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// One statement or several.
    pub sql: &'a str,
    /// Values for `$1` and so on in text form; `None` is NULL. With any, `sql` must be one statement.
    pub parameters: &'a [Option<String>],
    /// What the first `COPY … FROM STDIN` reads; without it such a statement is refused.
    pub stdin: Option<Bytes>,
    /// Whether it must be one statement, as it must be with parameters.
    pub single: bool,
    /// What is kept of the rows; all are counted.
    pub keep: Keep,
    /// The time limit.
    pub limit: Duration,
}

impl<'a> Request<'a> {
    /// Text without parameters, of which everything is kept.
    pub fn text(sql: &'a str, limit: Duration) -> Self {
        Self { sql, parameters: &[], stdin: None, single: false, keep: Keep::All, limit }
    }
}

/// A connection to one database as the role of scenarios.
pub struct PgSession {
    node: String,
    config: Config,
    wire: Wire,
    types: Types,
    /// What is printed of floating point is rounded, so that it is asked for in binary form.
    rounds: bool,
    /// An exchange was begun and its end not read.
    busy: bool,
    /// The connection is gone, and a step was told.
    lost: bool,
    notices: Vec<Notice>,
    notifications: Vec<Notification>,
}

impl PgSession {
    /// Connects; `name` is the `application_name`.
    pub async fn connect(node: &PgNode, database: &str, name: &str) -> Result<Self, BackendError> {
        let config = node.app_config(database, name);
        let wire = node.open(&config).await?;
        Ok(Self {
            node: node.name.to_string(),
            config,
            wire,
            types: Types::default(),
            rounds: false,
            busy: false,
            lost: false,
            notices: vec![],
            notifications: vec![],
        })
    }

    /// Whether the connection is gone and a step was told so.
    pub fn is_lost(&self) -> bool {
        self.lost
    }

    /// The process id of the server's backend.
    pub fn backend_pid(&self) -> i32 {
        self.wire.pid()
    }

    /// What the server said beside the answer to the last request.
    pub fn take_notices(&mut self) -> Vec<Notice> {
        std::mem::take(&mut self.notices)
    }

    /// Notifications that have come and were not forgotten.
    pub fn notifications(&self) -> &[Notification] {
        &self.notifications
    }

    /// Forgets the notifications that have come so far: a step has looked at them.
    pub fn forget_notifications(&mut self) {
        self.notifications.clear();
    }

    /// Runs a request. Rows of a single statement go to `sink` if there is one, else into the outcome.
    pub async fn run(
        &mut self,
        request: &Request<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        let pieces = pieces(request.sql, self.wire.status() == Status::Idle);
        if pieces.is_empty() || request.stdin.is_some() || request.single || !request.parameters.is_empty() {
            return self.run_text(request, sink).await;
        }
        self.run_pieces(&pieces, request).await
    }

    /// Runs statements one by one until one is refused: what the last one gives is the outcome.
    async fn run_pieces(&mut self, pieces: &[Piece<'_>], request: &Request<'_>) -> Result<Outcome, BackendError> {
        let begun = Instant::now();
        let (mut notices, mut outcome) = (vec![], Outcome::Output(Output::Nothing));
        let (mut rows, mut affected) = (None, 0);
        for piece in pieces {
            let limit = request.limit.saturating_sub(begun.elapsed());
            outcome = self.run_text(&Request { sql: piece.sql, limit, ..request.clone() }, None).await?;
            notices.append(&mut self.notices);
            match &mut outcome {
                Outcome::Refused(refused) => {
                    refused.position = refused.position.map(|at| at + piece.before);
                    break;
                }
                Outcome::Output(Output::Sql { rows: set, affected: count }) if !piece.own => {
                    rows = set.take().or(rows);
                    affected = *count;
                }
                Outcome::Output(_) => {}
            }
        }
        if matches!(outcome, Outcome::Refused(_)) && pieces.iter().any(|piece| piece.own) && !self.lost {
            self.run_text(&Request::text(ROLLBACK, GRACE), None).await?;
        }
        self.notices = notices;
        Ok(match outcome {
            Outcome::Output(_) => Outcome::Output(Output::Sql { rows, affected }),
            refused => refused,
        })
    }

    async fn run_text(
        &mut self,
        request: &Request<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        let deadline = tokio::time::Instant::now() + request.limit;
        let exact = self.rounds && crate::language::sql::statements(request.sql).len() == 1;
        let columns = match sink.is_some() || exact {
            true => self.described(request, deadline).await?,
            false => Ok(vec![]),
        };
        let columns = match columns {
            Ok(columns) => columns,
            Err(refused) => return Ok(Outcome::Refused(refused)),
        };
        let is_float = |column: &Described| exact && FLOATS.contains(&column.oid);
        let binary: Vec<bool> = columns.iter().map(is_float).collect();
        let streamed = sink.is_some();
        let collector = match sink {
            Some(sink) => Collector::streaming(sink, self.types.columns(columns)),
            None => Collector::keeping(request.keep),
        };
        let answer = self.limited(request, &binary, deadline, collector).await?;
        if request.sql.to_ascii_lowercase().contains(DIGITS) {
            self.ask_for_digits().await;
        }
        self.outcome(answer, streamed).await
    }

    /// Learns whether the session rounds what it prints of floating point (manual, 19.11.2, `extra_float_digits`).
    async fn ask_for_digits(&mut self) {
        if self.wire.status() == Status::Failed || self.lost {
            return;
        }
        self.busy = true;
        if let Some(rows) = asked(&mut self.wire, "SHOW extra_float_digits").await {
            self.busy = false;
            let digits = rows.first().and_then(|row| row.first()?.as_ref()?.parse::<i32>().ok());
            self.rounds = digits.is_some_and(|digits| digits < 1);
        }
    }

    /// The columns of a statement before it is run: a sink wants its header first.
    async fn described(
        &mut self,
        request: &Request<'_>,
        deadline: tokio::time::Instant,
    ) -> Result<Result<Vec<Described>, ServerError>, BackendError> {
        if let Err(refused) = self.begin().await? {
            return Ok(Err(refused));
        }
        self.busy = true;
        let described = match tokio::time::timeout_at(deadline, self.wire.describe(request.sql)).await {
            Ok(described) => described,
            Err(_) => return Err(self.silent(request.limit)),
        };
        self.busy = false;
        match described {
            Ok(Ok(columns)) => {
                self.learn(&columns).await;
                Ok(Ok(columns))
            }
            Ok(Err(refused)) => Ok(Err(refused)),
            Err(loss) => self.after_loss(loss).await.map(Err),
        }
    }

    /// One exchange within the limit; after it the server is told to cancel, and has a moment to say what it did.
    async fn limited(
        &mut self,
        request: &Request<'_>,
        binary: &[bool],
        deadline: tokio::time::Instant,
        collector: Collector<'_, '_>,
    ) -> Result<Result<Collected, ServerError>, BackendError> {
        if let Err(refused) = self.begin().await? {
            return Ok(Err(refused));
        }
        self.busy = true;
        let (address, key) = self.wire.cancel_key();
        let stdin = request.stdin.clone().map_or(Stdin::Closed, Stdin::Data);
        let single = request.single || binary.contains(&true);
        let exchange = Exchange { sql: request.sql, parameters: request.parameters, single, binary, stdin };
        let (answer, in_time) = {
            let mut work = pin!(self.wire.exchange(exchange, collector));
            match tokio::time::timeout_at(deadline, &mut work).await {
                Ok(answer) => (Some(answer), true),
                Err(_) => (cancelled(&address, key, work).await, false),
            }
        };
        let Some(answer) = answer else { return Err(self.silent(request.limit)) };
        self.busy = false;
        self.notices = self.wire.take_notices();
        self.notifications.extend(self.wire.take_notifications());
        match answer {
            Ok(Err(refused)) if !in_time => Ok(Err(refused.cancelled_after(request.limit))),
            Ok(Ok(_)) if !in_time => Ok(Err(ServerError::late(request.limit))),
            Ok(answer) => Ok(answer),
            Err(loss) => self.after_loss(loss).await.map(Err),
        }
    }

    /// Makes sure that the connection is there and free: a loss is told before anything is sent that would never be run.
    async fn begin(&mut self) -> Result<Result<(), ServerError>, BackendError> {
        if self.busy && !self.recovered().await {
            self.lost = true;
            return Err(self.gone("an earlier statement was given up and the server did not end it".into()));
        }
        match self.wire.look() {
            Ok(()) => Ok(Ok(())),
            Err(loss) => self.after_loss(loss).await.map(Err),
        }
    }

    /// Ends an exchange that nobody waited for.
    async fn recovered(&mut self) -> bool {
        let (address, key) = self.wire.cancel_key();
        let work = pin!(self.wire.drain());
        let ended = cancelled(&address, key, work).await;
        self.busy = false;
        matches!(ended, Some(Ok(())))
    }

    /// What a step is told of a loss. Last words are the server's answer, unless they are those of a server that goes down.
    async fn after_loss(&mut self, loss: Loss) -> Result<ServerError, BackendError> {
        self.notices.extend(self.wire.take_notices());
        match loss {
            Loss::Unsent(cause) => Err(BackendError::Other(format!("{}: {cause}", self.node))),
            Loss::Protocol(cause) => {
                self.lost = true;
                Err(BackendError::Other(format!("{}: {cause}", self.node)))
            }
            Loss::Silent(cause) => {
                self.lost = true;
                let last = self.notices.last().map(|notice| format!("{cause}: {}", notice.message));
                Err(self.gone(last.unwrap_or(cause)))
            }
            Loss::Told(error) => {
                self.lost = true;
                let goes_down = error.sqlstate.as_deref() == Some(ADMIN_SHUTDOWN) && !self.accepts().await;
                if goes_down {
                    return Err(self.gone(error.message));
                }
                Ok(ServerError { hint: error.hint.clone().or(Some(LOST.into())), ..*error })
            }
        }
    }

    /// Whether the server takes connections.
    async fn accepts(&self) -> bool {
        matches!(tokio::time::timeout(GRACE, Wire::connect(&self.config)).await, Ok(Ok(_)))
    }

    fn gone(&self, cause: String) -> BackendError {
        BackendError::Lost { node: self.node.clone(), cause, labels: vec![] }
    }

    fn silent(&mut self, limit: Duration) -> BackendError {
        self.lost = true;
        BackendError::Silent { node: self.node.clone(), limit }
    }

    async fn outcome(
        &mut self,
        answer: Result<Collected, ServerError>,
        streamed: bool,
    ) -> Result<Outcome, BackendError> {
        let collected = match answer {
            Ok(collected) => collected,
            Err(refused) => return Ok(Outcome::Refused(refused)),
        };
        let Some(columns) = collected.columns else {
            return Ok(Outcome::Output(Output::Sql { rows: None, affected: collected.affected }));
        };
        if streamed {
            return Ok(Outcome::Output(Output::Streamed { count: collected.count }));
        }
        self.learn(&columns).await;
        let rows = RowSet {
            columns: self.types.columns(columns),
            rows: collected.rows,
            count: collected.count,
            settings: (!collected.settings.is_usual()).then_some(collected.settings),
        };
        Ok(Outcome::Output(Output::Sql { rows: Some(rows), affected: collected.affected }))
    }

    /// Looks up types that are not known: in the session itself when no transaction is open, else from another connection,
    /// so that nothing that is asked can make the transaction fail; a type that the transaction itself has made is seen by
    /// nobody else.
    async fn learn(&mut self, columns: &[Described]) {
        if self.types.unknown(columns).is_empty() {
            return;
        }
        if self.wire.status() == Status::Open
            && let Ok(Ok(mut side)) = tokio::time::timeout(GRACE, Wire::connect(&self.config)).await
        {
            let query = Types::query(&self.types.unknown(columns));
            if let Some(rows) = asked(&mut side, &query).await {
                self.types.learn(&rows);
            }
        }
        let unknown = self.types.unknown(columns);
        if unknown.is_empty() || self.wire.status() == Status::Failed {
            return;
        }
        self.busy = true;
        if let Some(rows) = asked(&mut self.wire, &Types::query(&unknown)).await {
            self.busy = false;
            self.types.learn(&rows);
        }
    }

    /// Asks for the plan of `sql` with execution statistics and rolls back whatever that does.
    pub async fn explain(&mut self, sql: &str, limit: Duration) -> Result<Outcome, BackendError> {
        super::explain::explain(self, sql, limit).await
    }

    /// Copies `data` (CSV with a header) into a table with COPY FROM STDIN.
    pub async fn copy_csv(
        &mut self,
        table: &str,
        columns: &[String],
        data: Vec<u8>,
        limit: Duration,
    ) -> Result<Outcome, BackendError> {
        self.copy(super::copy::command(table, columns, " WITH (FORMAT csv, HEADER)"), data, limit).await
    }

    /// Copies rows in COPY's own text format into a table.
    pub async fn copy_text(
        &mut self,
        table: &str,
        columns: &[String],
        data: Vec<u8>,
        limit: Duration,
    ) -> Result<Outcome, BackendError> {
        self.copy(super::copy::command(table, columns, ""), data, limit).await
    }

    async fn copy(&mut self, command: String, data: Vec<u8>, limit: Duration) -> Result<Outcome, BackendError> {
        let request = Request { stdin: Some(data.into()), ..Request::text(&command, limit) };
        self.run(&request, None).await
    }

    pub(super) fn node(&self) -> &str {
        &self.node
    }

    pub(super) fn status(&self) -> Status {
        self.wire.status()
    }
}

/// Has the statement cancelled from another connection, and waits for what the server then does; `None` when it does
/// nothing in time.
async fn cancelled<T>(address: &Address, key: CancelKey, work: impl Future<Output = T>) -> Option<T> {
    let answer = async {
        let (_, answer) = futures::join!(key.cancel(address), work);
        answer
    };
    tokio::time::timeout(GRACE, answer).await.ok()
}

/// The rows of a query of polyspec's own; `None` when there are none in time.
async fn asked(wire: &mut Wire, query: &str) -> Option<Vec<Vec<Option<String>>>> {
    let exchange = Exchange { sql: query, parameters: &[], single: false, binary: &[], stdin: Stdin::Closed };
    let answer = tokio::time::timeout(GRACE, wire.exchange(exchange, Collector::keeping(Keep::All))).await;
    Some(answer.ok()?.ok()?.ok()?.rows)
}
