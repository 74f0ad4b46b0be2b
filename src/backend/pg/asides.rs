//! What a session asks its server beside the statements of steps: types, settings that are not reported. Nothing of it may
//! make a transaction fail, and nothing is asked of one that has failed.

use super::PgSession;
use super::losing::GRACE;
use super::rounding;
use super::types::Types;
use super::wire::{Collector, Described, Exchange, Loss, Status, Stdin, Wire};
use crate::backend::BackendError;
use crate::observation::{Keep, ServerError};

type Rows = Vec<Vec<Option<String>>>;

impl PgSession {
    /// The rows of a query that the server refuses to no one; `None` when there are none in time, or in a transaction that
    /// has failed.
    async fn ask(&mut self, query: &str) -> Option<Rows> {
        if self.wire.status() == Status::Failed || self.lost || self.busy {
            return None;
        }
        self.run_aside(query).await
    }

    /// The same, also in a transaction that has failed.
    pub(super) async fn run_aside(&mut self, query: &str) -> Option<Rows> {
        self.busy = true;
        let answer = tokio::time::timeout(GRACE, asked(&mut self.wire, query)).await.ok()?;
        self.busy = false;
        match answer {
            Ok(answer) => answer.ok(),
            Err(loss) => {
                self.ended = Some(loss);
                None
            }
        }
    }

    async fn ask_for_setting(&mut self, query: &str) -> Option<String> {
        self.ask(query).await?.into_iter().next()?.into_iter().next()?
    }

    /// Looks up types that are not known: in the session itself when no transaction is open, else from another connection,
    /// so that nothing that is asked can make the transaction fail; a type that the transaction itself has made, or changed,
    /// is seen by no one else.
    pub(super) async fn learn(&mut self, oids: impl IntoIterator<Item = u32>) {
        let unknown = self.types.unknown(oids);
        if unknown.is_empty() {
            return;
        }
        if self.wire.status() == Status::Open && !self.speaks_of_types {
            let rows = tokio::time::timeout(GRACE, beside(&self.config, &Types::query(&unknown))).await;
            self.types.learn(&rows.ok().flatten().unwrap_or_default());
            let missing = self.types.missing(unknown);
            return self.look_up(&missing).await;
        }
        self.look_up(&unknown).await;
    }

    async fn look_up(&mut self, oids: &[u32]) {
        if !oids.is_empty()
            && let Some(rows) = self.ask(&Types::query(oids)).await
        {
            self.types.learn(&rows);
        }
    }

    /// What is known of types may be wrong from here on, to others as long as the transaction is open.
    pub(super) fn mind_types(&mut self, sql: &str) {
        let changes = sql.to_ascii_lowercase().contains("alter");
        self.speaks_of_types = changes || self.speaks_of_types && self.wire.status() != Status::Idle;
        if changes {
            self.types.forget();
        }
    }

    /// The search path, which shapes how `regclass` and the like are printed. Servers report it since version 18.
    pub(super) async fn search_path(&mut self) -> Option<String> {
        match self.wire.setting("search_path") {
            Some(path) => Some(path.to_string()),
            None => self.ask_for_setting("SHOW search_path").await,
        }
    }

    /// Learns whether the session rounds what it prints of floating point, which no server reports.
    pub(super) async fn ask_for_digits(&mut self) {
        if let Some(digits) = self.ask_for_setting(rounding::QUERY).await {
            self.digits = digits.parse().ok();
        }
    }

    /// For each column whether it is asked for in binary form, because its text would be rounded.
    ///
    /// # Errors
    /// A column whose values hold floating point inside, where its text alone is known.
    pub(super) async fn exactly(&mut self, columns: &[Described]) -> Result<Vec<bool>, BackendError> {
        self.refuse_rounded(columns, rounding::is_exact_in_binary).await?;
        Ok(columns.iter().map(|column| rounding::is_exact_in_binary(column.oid)).collect())
    }

    /// Refuses columns that are printed rounded, but for those that are `exact`.
    pub(super) async fn refuse_rounded(
        &mut self,
        columns: &[Described],
        exact: impl Fn(u32) -> bool,
    ) -> Result<(), BackendError> {
        let Some(digits) = self.digits.filter(|digits| *digits < 1) else { return Ok(()) };
        self.learn(columns.iter().map(|column| column.oid)).await;
        let mut inexact = columns.iter().filter(|column| !exact(column.oid));
        match inexact.find(|column| rounding::is_rounded(&self.types.get(column.oid))) {
            Some(column) => Err(self.trouble(&rounding::refused(&column.name, digits))),
            None => Ok(()),
        }
    }
}

/// The rows of each text of statements on a connection that no one sees afterwards; `None` when one of them is refused.
pub(super) async fn run_beside(config: &tokio_postgres::Config, texts: &[String]) -> Option<Vec<Rows>> {
    let mut side = Wire::connect(config).await.ok()?;
    let answers = side.pipeline(texts).await;
    side.close(GRACE).await;
    answers.ok()?.into_iter().map(|answer| answer.ok().map(|collected| collected.rows)).collect()
}

/// The rows of a query on a connection that no one sees afterwards.
async fn beside(config: &tokio_postgres::Config, query: &str) -> Option<Rows> {
    let mut side = Wire::connect(config).await.ok()?;
    let answer = asked(&mut side, query).await;
    side.close(GRACE).await;
    answer.ok()?.ok()
}

async fn asked(wire: &mut Wire, query: &str) -> Result<Result<Rows, ServerError>, Loss> {
    let exchange =
        Exchange { sql: query, parameters: &[], types: &[], single: false, binary: &[], stdin: Stdin::Closed };
    let answer = wire.exchange(exchange, Collector::keeping(Keep::All)).await?;
    Ok(answer.map(|collected| collected.rows))
}
