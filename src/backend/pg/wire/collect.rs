//! What an exchange gives: the last result set, the count of the last command, rows of COPY. Rows go to a sink, or are kept
//! as far as they are asked for.

use std::collections::BTreeMap;
use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{Field, RowDescriptionBody};

use super::Loss;
use crate::backend::RowSink;
use crate::observation::{Column, Keep, Keeper, OutputSettings};

/// The name of the one column that the lines of `COPY … TO STDOUT` have.
const COPY_COLUMN: &str = "copy";

/// The OID of `text`.
const TEXT: u32 = 25;

/// A column as the protocol describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::backend::pg) struct Described {
    /// The name.
    pub(in crate::backend::pg) name: String,
    /// The OID of its type.
    pub(in crate::backend::pg) oid: u32,
    /// Its modifier as the catalog has it (`atttypmod`); -1 when it has none.
    pub(in crate::backend::pg) modifier: i32,
}

/// Everything that came.
#[derive(Debug, Default)]
pub(in crate::backend::pg) struct Collected {
    /// The columns of the last result set; `None` when no statement returned rows.
    pub(in crate::backend::pg) columns: Option<Vec<Described>>,
    /// Its rows, as far as they were kept.
    pub(in crate::backend::pg) rows: Vec<Vec<Option<String>>>,
    /// How many rows came.
    pub(in crate::backend::pg) count: u64,
    /// The count of the last command's tag.
    pub(in crate::backend::pg) affected: u64,
    /// Settings that shaped the text of the rows.
    pub(in crate::backend::pg) settings: OutputSettings,
}

/// The columns of a description.
pub(super) fn described(body: &RowDescriptionBody) -> io::Result<Vec<Described>> {
    let field = |field: Field<'_>| {
        Ok(Described { name: field.name().to_string(), oid: field.type_oid(), modifier: field.type_modifier() })
    };
    body.fields().map(field).collect()
}

/// Gathers it.
pub(in crate::backend::pg) struct Collector<'a, 'b> {
    sink: Option<&'a mut (dyn RowSink + 'b)>,
    /// The columns for the sink, when they are known beforehand.
    columns: Vec<Column>,
    keep: Keep,
    keeper: Keeper,
    collected: Collected,
}

impl<'a, 'b> Collector<'a, 'b> {
    /// Keeps what is asked for of the last result set.
    pub(in crate::backend::pg) fn keeping(keep: Keep) -> Self {
        Self { sink: None, columns: vec![], keep, keeper: Keeper::new(keep), collected: Collected::default() }
    }

    /// Hands all rows, of these columns, to a sink and keeps none.
    pub(in crate::backend::pg) fn streaming(sink: &'a mut (dyn RowSink + 'b), columns: Vec<Column>) -> Self {
        Self { sink: Some(sink), columns, ..Self::keeping(Keep::Count) }
    }

    /// A result set begins; what came before it is of no interest any more.
    pub(super) fn begin(&mut self, body: &RowDescriptionBody, settings: &BTreeMap<String, String>) -> Result<(), Loss> {
        let setting = |name: &str| settings.get(name).cloned().unwrap_or_default();
        self.collected.settings = OutputSettings {
            date_style: setting("DateStyle"),
            interval_style: setting("IntervalStyle"),
            time_zone: setting("TimeZone"),
        };
        self.start(described(body)?)
    }

    /// Lines of a COPY begin.
    pub(super) fn begin_copy(&mut self) -> Result<(), Loss> {
        self.start(vec![Described { name: COPY_COLUMN.into(), oid: TEXT, modifier: -1 }])
    }

    fn start(&mut self, columns: Vec<Described>) -> Result<(), Loss> {
        if let Some(sink) = &mut self.sink {
            sink.columns(&self.columns)?;
        }
        (self.collected.rows, self.keeper) = (vec![], Keeper::new(self.keep));
        self.collected.columns = Some(columns);
        Ok(())
    }

    /// Counts a row of so many bytes; whether its content is of any use.
    pub(super) fn takes(&mut self, bytes: usize) -> bool {
        self.keeper.takes(bytes) || self.sink.is_some()
    }

    /// The content of a row that was counted.
    pub(super) fn row(&mut self, cells: Vec<Option<String>>) -> Result<(), Loss> {
        match &mut self.sink {
            Some(sink) => {
                let cells: Vec<Option<&str>> = cells.iter().map(Option::as_deref).collect();
                sink.row(&cells)?;
            }
            None => self.collected.rows.push(cells),
        }
        Ok(())
    }

    /// A line of a COPY, without its end.
    pub(super) fn copied(&mut self, data: &[u8]) -> Result<(), Loss> {
        if !self.takes(data.len()) {
            return Ok(());
        }
        let line = data.strip_suffix(b"\n").unwrap_or(data);
        self.row(vec![Some(String::from_utf8_lossy(line).into_owned())])
    }

    /// The tag of a command that is done: `INSERT 0 3`, `SELECT 2`, `CREATE TABLE`.
    pub(super) fn complete(&mut self, tag: &str) {
        self.collected.affected = tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
    }

    /// Everything.
    pub(super) fn finish(self) -> Collected {
        Collected { count: self.keeper.count(), ..self.collected }
    }
}
