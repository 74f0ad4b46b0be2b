//! A session on a PostgreSQL database: statements with a time limit after which the server is told to cancel, results in
//! the server's own text form, types from its own description. A connection that is lost is never replaced here.

use std::pin::pin;
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::time::Instant as Deadline;
use tokio_postgres::Config;

use super::PgNode;
use super::copy::{CopyFormat, command};
use super::losing::{GRACE, cancelled};
use super::parameter::Parameter;
use super::pieces::{Piece, ROLLBACK, State, pieces};
use super::rounding;
use super::types::{Types, is_named_object};
use super::wire::{Collected, Collector, Described, Exchange, Loss, Status, Stdin, Wire};
use crate::backend::{BackendError, RowSink};
use crate::language::sql::statements;
use crate::observation::{Keep, Notice, Notification, Outcome, Output, RowSet, ServerError};

/// What is asked of a session.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// One statement or several.
    pub sql: &'a str,
    /// Values for `$1` and so on. With any, `sql` must be one statement.
    pub parameters: &'a [Parameter],
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
    pub(super) node: String,
    pub(super) config: Config,
    pub(super) wire: Wire,
    pub(super) types: Types,
    /// `extra_float_digits`, once it was asked for.
    pub(super) digits: Option<i32>,
    /// A statement may have changed it, so that it is asked for before each.
    speaks_of_digits: bool,
    /// A statement may have changed types, which others do not see as long as a transaction is open.
    pub(super) speaks_of_types: bool,
    /// An exchange was begun and its end not read.
    pub(super) busy: bool,
    /// How the connection ended when no step was there to be told.
    pub(super) ended: Option<Loss>,
    /// The connection is gone, and a step was told.
    pub(super) lost: bool,
    pub(super) notices: Vec<Notice>,
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
            digits: None,
            speaks_of_digits: false,
            speaks_of_types: false,
            busy: false,
            ended: None,
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
        let parts = statements(request.sql);
        // Only the last of several results is what came, and which that is no one knows before.
        let sink = sink.filter(|_| parts.len() == 1);
        let is_whole = parts.len() > 1 && (request.single || !request.parameters.is_empty());
        if is_whole || sink.is_some() || request.stdin.is_some() {
            return self.run_text(request, sink).await;
        }
        let state = State { idle: self.wire.status() == Status::Idle, rounds: self.rounds() };
        match pieces(request.sql, parts, state) {
            pieces if pieces.is_empty() => self.run_text(request, None).await,
            pieces => self.run_pieces(&pieces, request).await,
        }
    }

    /// Runs statements one by one until one is refused: what the last one gives is the outcome.
    async fn run_pieces(&mut self, pieces: &[Piece<'_>], request: &Request<'_>) -> Result<Outcome, BackendError> {
        let begun = Instant::now();
        let mut notices = vec![];
        let outcome = self.run_each(pieces, request, begun, &mut notices).await;
        let stopped = !matches!(outcome, Ok(Outcome::Output(_)));
        if stopped && pieces.iter().any(|piece| piece.own) && !self.lost {
            let undone = self.run_text(&Request::text(ROLLBACK, GRACE), None).await;
            if outcome.is_ok() {
                undone?;
            }
        }
        self.notices = notices;
        outcome
    }

    async fn run_each(
        &mut self,
        pieces: &[Piece<'_>],
        request: &Request<'_>,
        begun: Instant,
        notices: &mut Vec<Notice>,
    ) -> Result<Outcome, BackendError> {
        let (mut rows, mut affected) = (None, 0);
        for piece in pieces {
            let limit = request.limit.saturating_sub(begun.elapsed());
            let parameters = if piece.own { &[] } else { request.parameters };
            let outcome = self.run_text(&Request { sql: piece.sql, parameters, limit, ..request.clone() }, None).await;
            notices.append(&mut self.notices);
            match outcome? {
                Outcome::Refused(mut refused) => {
                    refused.position = refused.position.map(|at| at + piece.before);
                    return Ok(Outcome::Refused(refused));
                }
                Outcome::Output(Output::Sql { rows: set, affected: count }) if !piece.own => {
                    rows = set.or(rows);
                    affected = count;
                }
                Outcome::Output(_) => {}
            }
        }
        Ok(Outcome::Output(Output::Sql { rows, affected }))
    }

    async fn run_text(
        &mut self,
        request: &Request<'_>,
        sink: Option<&mut (dyn RowSink + '_)>,
    ) -> Result<Outcome, BackendError> {
        let deadline = Deadline::now() + request.limit;
        let answer = match self.prepared(request, deadline, sink.is_some()).await? {
            Ok(Prepared { columns, values, types, binary }) => {
                let streamed = sink.is_some();
                let collector = match sink {
                    Some(sink) => Collector::streaming(sink, self.types.columns(columns)),
                    None => Collector::keeping(request.keep),
                };
                let stdin = request.stdin.clone().map_or(Stdin::Closed, Stdin::Data);
                let single = request.single || binary.contains(&true);
                let (sql, parameters) = (request.sql, &values);
                let exchange = Exchange { sql, parameters, types: &types, single, binary: &binary, stdin };
                self.speaks_of_digits |= rounding::is_about_digits(request.sql);
                self.mind_types(request.sql);
                let answer = self.limited(exchange, request.limit, deadline, collector).await?;
                answer.map(|collected| (collected, binary, streamed))
            }
            Err(refused) => Err(refused),
        };
        match answer {
            Ok((collected, _, true)) => Ok(Outcome::Output(Output::Streamed { count: collected.count })),
            Ok((collected, binary, false)) => self.outcome(request, collected, &binary).await,
            Err(refused) => Ok(Outcome::Refused(refused)),
        }
    }

    /// Whether what is printed of floating point is rounded.
    fn rounds(&self) -> bool {
        self.digits.is_some_and(|digits| digits < 1)
    }

    /// What has to be known before a statement is run: its columns for a sink that wants its header first, and where floating
    /// point is rounded; the types of its parameters for a list.
    async fn prepared(
        &mut self,
        request: &Request<'_>,
        deadline: Deadline,
        streams: bool,
    ) -> Result<Result<Prepared, ServerError>, BackendError> {
        if let Err(refused) = self.begin().await? {
            return Ok(Err(refused));
        }
        if self.speaks_of_digits || (streams && self.digits.is_none()) {
            self.ask_for_digits().await;
        }
        let asks_types = request.parameters.iter().any(Parameter::is_list);
        let described = match streams || self.rounds() || asks_types {
            true => self.described_with_lists(request, deadline).await?,
            false => Ok((Collected::default(), vec![])),
        };
        let (described, types) = match described {
            Ok(described) => described,
            Err(refused) => return Ok(Err(refused)),
        };
        let columns = described.columns.unwrap_or_default();
        let binary = if self.rounds() { self.exactly(&columns).await? } else { vec![] };
        let values = self.values(request.parameters, &described.parameters).await;
        Ok(Ok(Prepared { columns, values, types, binary }))
    }

    /// What a statement takes and returns, before it is run, when its parameters have these types.
    pub(super) async fn described(
        &mut self,
        request: &Request<'_>,
        types: &[u32],
        deadline: Deadline,
    ) -> Result<Result<Collected, ServerError>, BackendError> {
        if let Err(refused) = self.begin().await? {
            return Ok(Err(refused));
        }
        self.busy = true;
        let described = match tokio::time::timeout_at(deadline, self.wire.describe(request.sql, types)).await {
            Ok(described) => described,
            Err(_) => return Err(self.silent(request.limit)),
        };
        self.busy = false;
        match described {
            Ok(Ok(described)) => {
                self.learn(described.columns.iter().flatten().map(|column| column.oid)).await;
                Ok(Ok(described))
            }
            Ok(Err(refused)) => Ok(Err(refused)),
            Err(loss) => self.after_loss(loss).await.map(Err),
        }
    }

    /// One exchange within the limit; after it the server is told to cancel, and has a moment to say what it did.
    async fn limited(
        &mut self,
        exchange: Exchange<'_>,
        limit: Duration,
        deadline: Deadline,
        collector: Collector<'_, '_>,
    ) -> Result<Result<Collected, ServerError>, BackendError> {
        if let Err(refused) = self.begin().await? {
            return Ok(Err(refused));
        }
        self.busy = true;
        let (address, key) = self.wire.cancel_key();
        let (answer, in_time) = {
            let mut work = pin!(self.wire.exchange(exchange, collector));
            match tokio::time::timeout_at(deadline, &mut work).await {
                Ok(answer) => (Some(answer), true),
                Err(_) => (cancelled(&address, key, work).await, false),
            }
        };
        let Some(answer) = answer else { return Err(self.silent(limit)) };
        self.busy = false;
        self.notices = self.wire.take_notices();
        self.notifications.extend(self.wire.take_notifications());
        match answer {
            Ok(Err(refused)) if !in_time => Ok(Err(refused.cancelled_after(limit))),
            Ok(Ok(_)) if !in_time => Ok(Err(ServerError::late(limit))),
            Ok(answer) => Ok(answer),
            Err(loss) => self.after_loss(loss).await.map(Err),
        }
    }

    /// What a step is told of the rows that came; those at a place in `binary` came in binary form.
    async fn outcome(
        &mut self,
        request: &Request<'_>,
        collected: Collected,
        binary: &[bool],
    ) -> Result<Outcome, BackendError> {
        let Some(columns) = collected.columns else {
            return Ok(Outcome::Output(Output::Sql { rows: None, affected: collected.affected }));
        };
        self.learn(columns.iter().map(|column| column.oid)).await;
        if request.keep != Keep::Count && collected.count > 0 {
            self.check_digits(request.sql, &columns, binary.contains(&true)).await?;
        }
        let mut settings = collected.settings;
        let columns = self.types.columns(columns);
        if columns.iter().any(|column| is_named_object(&column.sql_type)) {
            settings.search_path = self.search_path().await;
        }
        let is_own = settings.is_usual() && settings.search_path.is_none();
        let (rows, printed) = match self.in_usual_style(&columns, &collected.rows, &settings).await? {
            Some(usual) => (usual, Some(collected.rows)),
            None => (collected.rows, None),
        };
        let settings = (!is_own).then_some(settings);
        let rows = RowSet { columns, rows, printed, count: collected.count, settings };
        Ok(Outcome::Output(Output::Sql { rows: Some(rows), affected: collected.affected }))
    }

    /// Refuses what was printed rounded before anyone knew: the setting is that of the database, or the statement's own doing.
    async fn check_digits(&mut self, sql: &str, columns: &[Described], exact: bool) -> Result<(), BackendError> {
        let sets = rounding::is_about_digits(sql);
        let is_rounded = |column: &Described| rounding::is_rounded(&self.types.get(column.oid));
        if (self.digits.is_some() && !sets) || !columns.iter().any(is_rounded) {
            return Ok(());
        }
        self.ask_for_digits().await;
        self.refuse_rounded(columns, |oid| exact && rounding::is_exact_in_binary(oid)).await
    }

    /// Asks for the plan of `sql` with execution statistics and rolls back whatever that does.
    pub async fn explain(&mut self, sql: &str, limit: Duration) -> Result<Outcome, BackendError> {
        super::explain::explain(self, sql, limit).await
    }

    /// Copies `data` into columns of a table with COPY FROM STDIN.
    pub async fn copy(
        &mut self,
        table: &str,
        columns: &[String],
        (format, data): (CopyFormat, Vec<u8>),
        limit: Duration,
    ) -> Result<Outcome, BackendError> {
        let command = command(table, columns, format);
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

/// A statement that can be run.
struct Prepared {
    /// Its columns, if they were asked for.
    columns: Vec<Described>,
    values: Vec<Option<String>>,
    /// The types of parameters that the statement itself does not tell.
    types: Vec<u32>,
    /// For each column whether it is asked for in binary form.
    binary: Vec<bool>,
}
