//! What a session asks its server beside the statements of steps: types, settings that are not reported. Nothing of it may
//! make a transaction fail, and nothing is asked of one that has failed.

use super::PgSession;
use super::losing::GRACE;
use super::rounding;
use super::session::Parameter;
use super::types::{Types, is_json};
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
    /// so that nothing that is asked can make the transaction fail; a type that the transaction itself has made is seen by
    /// no one else.
    pub(super) async fn learn(&mut self, columns: &[Described]) {
        let unknown = self.types.unknown(columns);
        if !unknown.is_empty() && self.wire.status() == Status::Open {
            let rows = tokio::time::timeout(GRACE, beside(&self.config, &Types::query(&unknown))).await;
            self.types.learn(&rows.ok().flatten().unwrap_or_default());
        }
        let unknown = self.types.unknown(columns);
        if !unknown.is_empty()
            && let Some(rows) = self.ask(&Types::query(&unknown)).await
        {
            self.types.learn(&rows);
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
        let inexact = || columns.iter().filter(|column| !exact(column.oid));
        let unknown: Vec<u32> =
            inexact().map(|column| column.oid).filter(|oid| rounding::must_be_asked(*oid)).collect();
        let holders = match unknown.as_slice() {
            [] => vec![],
            unknown => self.ask(&rounding::holders(unknown)).await.unwrap_or_default(),
        };
        let held = |column: &Described| holders.iter().any(|row| row.first() == Some(&Some(column.oid.to_string())));
        match inexact().find(|column| rounding::is_rounded(column.oid) || held(column)) {
            Some(column) => Err(self.trouble(&rounding::refused(&column.name, digits))),
            None => Ok(()),
        }
    }

    /// The values of parameters, each as its place asks for it; `types` are those of the places.
    pub(super) async fn values(&mut self, parameters: &[Parameter], types: &[u32]) -> Vec<Option<String>> {
        let unknown: Vec<u32> = types.iter().copied().filter(|oid| rounding::must_be_asked(*oid)).collect();
        let bases = match unknown.as_slice() {
            [] => vec![],
            unknown => self.ask(&Types::bases(unknown)).await.unwrap_or_default(),
        };
        let base = |oid: u32| {
            let found = bases.iter().find(|row| row.first() == Some(&Some(oid.to_string())));
            found.and_then(|row| row.get(1)?.as_ref()?.parse().ok()).unwrap_or(oid)
        };
        let value = |(at, parameter): (usize, &Parameter)| match types.get(at).is_some_and(|oid| is_json(base(*oid))) {
            true => parameter.json.clone().or_else(|| parameter.text.clone()),
            false => parameter.text.clone(),
        };
        parameters.iter().enumerate().map(value).collect()
    }
}

/// The rows of a query on a connection that no one sees afterwards.
async fn beside(config: &tokio_postgres::Config, query: &str) -> Option<Rows> {
    let mut side = Wire::connect(config).await.ok()?;
    let answer = asked(&mut side, query).await;
    side.close(GRACE).await;
    answer.ok()?.ok()
}

async fn asked(wire: &mut Wire, query: &str) -> Result<Result<Rows, ServerError>, Loss> {
    let exchange = Exchange { sql: query, parameters: &[], single: false, binary: &[], stdin: Stdin::Closed };
    let answer = wire.exchange(exchange, Collector::keeping(Keep::All)).await?;
    Ok(answer.map(|collected| collected.rows))
}
