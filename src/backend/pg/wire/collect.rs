//! What an exchange gives: the last result set, the count of the last command, rows of COPY. Rows go to a sink, or are kept
//! as far as they are asked for.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;

use fallible_iterator::FallibleIterator;
use postgres_protocol::message::backend::{Field, ParameterDescriptionBody, RowDescriptionBody};

use super::row::Cells;
use super::{Loss, encoding};
use crate::backend::RowSink;
use crate::observation::{Column, Keep, Keeper, Notice, OutputSettings, ServerError};

/// The name of the one column that the lines of `COPY … TO STDOUT` have.
const COPY_COLUMN: &str = "copy";

/// The OID of `text`.
const TEXT: u32 = 25;

/// The OIDs of types that are printed alike whatever the style of dates and intervals is: `bool`, `bytea`, `name`, `int8`,
/// `int2`, `int4`, `text`, `oid`, `json`, `float4`, `float8`, `bpchar`, `varchar`, `numeric`, `void`, `uuid`, `jsonb`.
const PLAIN: [u32; 17] = [16, 17, 19, 20, 21, 23, 25, 26, 114, 700, 701, 1042, 1043, 1700, 2278, 2950, 3802];

/// SQLSTATE protocol_violation.
const PROTOCOL_VIOLATION: &str = "08P01";

const UNBOUND: &str = "the statement does not take the values of `params`: in what defines something (CREATE, ALTER, DO) `$1` is \
                       no parameter; write the value, or `${a_variable}`";

const BINARY_COPY: &str =
    "COPY … TO STDOUT in binary form has no lines that could be compared: leave out `FORMAT binary`";

const NOT_UTF8: &str = "a value is not in UTF-8; look at its bytes: `convert_to`, or a cast to `bytea`";

const MIXED: &str = "DateStyle, IntervalStyle or TimeZone changed while rows were returned, so that no one can tell how each was \
                     printed: change it in a step of its own";

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
    /// The OIDs of the types of `$1` and so on, of a statement that was described.
    pub(in crate::backend::pg) parameters: Vec<u32>,
}

fn described(body: &RowDescriptionBody) -> io::Result<Vec<Described>> {
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
    /// How many commands are done.
    commands: usize,
    /// A statement was parsed, and its parameters are not bound yet.
    unbound: bool,
    /// The encoding of what comes, when it is not UTF-8.
    encoding: Option<String>,
    ascii: bool,
    utf8: bool,
    /// Why nothing of it can be used.
    unusable: Option<String>,
}

impl<'a, 'b> Collector<'a, 'b> {
    /// Keeps what is asked for of the last result set.
    pub(in crate::backend::pg) fn keeping(keep: Keep) -> Self {
        Self {
            sink: None,
            columns: vec![],
            keep,
            keeper: Keeper::new(keep),
            collected: Collected::default(),
            commands: 0,
            unbound: false,
            encoding: None,
            ascii: true,
            utf8: true,
            unusable: None,
        }
    }

    /// Hands all rows, of these columns, to a sink and keeps none.
    pub(in crate::backend::pg) fn streaming(sink: &'a mut (dyn RowSink + 'b), columns: Vec<Column>) -> Self {
        Self { sink: Some(sink), columns, ..Self::keeping(Keep::Count) }
    }

    /// What comes may be in this encoding.
    pub(super) fn foreign(&mut self, encoding: Option<&str>) {
        self.encoding = self.encoding.take().or(encoding.map(str::to_string));
    }

    /// A statement was parsed, and is yet to be bound to its parameters; or is bound.
    pub(super) fn parsed(&mut self, unbound: bool) {
        self.unbound = unbound;
    }

    /// The parameters that a statement takes.
    pub(super) fn takes_parameters(&mut self, body: &ParameterDescriptionBody) -> io::Result<()> {
        self.collected.parameters = body.parameters().collect()?;
        Ok(())
    }

    /// A refusal that is due to how polyspec asks is none of the statement's: values for parameters that it does not take.
    pub(super) fn refused(&mut self, refusal: &ServerError) {
        if self.unbound && refusal.sqlstate.as_deref() == Some(PROTOCOL_VIOLATION) {
            self.unusable.get_or_insert(format!("{UNBOUND} (the server: {})", refusal.message));
        }
    }

    /// A result set begins; what came before it is of no interest any more.
    pub(super) fn begin(&mut self, body: &RowDescriptionBody, settings: &BTreeMap<String, String>) -> Result<(), Loss> {
        self.start(described(body)?, settings)
    }

    /// Lines of a COPY begin, or data in another form.
    pub(super) fn begin_copy(&mut self, format: u8, settings: &BTreeMap<String, String>) -> Result<(), Loss> {
        if format != 0 {
            self.unusable.get_or_insert(BINARY_COPY.into());
        }
        self.start(vec![Described { name: COPY_COLUMN.into(), oid: TEXT, modifier: -1 }], settings)
    }

    fn start(&mut self, columns: Vec<Described>, settings: &BTreeMap<String, String>) -> Result<(), Loss> {
        if let Some(sink) = &mut self.sink {
            sink.columns(&self.columns)?;
        }
        (self.collected.rows, self.keeper) = (vec![], Keeper::new(self.keep));
        self.collected.columns = Some(columns);
        self.collected.settings = output_settings(settings);
        Ok(())
    }

    /// Counts a row of so many bytes; whether its content is of any use.
    pub(super) fn takes(&mut self, bytes: usize) -> bool {
        self.keeper.takes(bytes) || self.sink.is_some()
    }

    /// The content of a row that was counted.
    pub(super) fn row(&mut self, cells: Cells) -> Result<(), Loss> {
        self.utf8 &= cells.utf8;
        self.ascii &= cells.texts.iter().flatten().all(|text| text.is_ascii());
        match &mut self.sink {
            Some(sink) => {
                let texts: Vec<Option<&str>> = cells.texts.iter().map(Option::as_deref).collect();
                sink.row(&texts)?;
            }
            None => self.collected.rows.push(cells.texts),
        }
        Ok(())
    }

    /// A line of a COPY, without its end.
    pub(super) fn copied(&mut self, data: &[u8]) -> Result<(), Loss> {
        if self.unusable.is_some() || !self.takes(data.len()) {
            return Ok(());
        }
        let line = String::from_utf8_lossy(data.strip_suffix(b"\n").unwrap_or(data));
        let utf8 = matches!(line, Cow::Borrowed(_));
        self.row(Cells { texts: vec![Some(line.into_owned())], utf8 })
    }

    /// The tag of a command that is done: `INSERT 0 3`, `SELECT 2`, `CREATE TABLE`.
    pub(super) fn complete(&mut self, tag: &str) {
        self.commands += 1;
        self.collected.affected = tag.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or_default();
    }

    /// Everything, when the server is ready: with the first refusal, what was said beside, and the settings as they are now.
    pub(super) fn finish(
        mut self,
        refused: Option<ServerError>,
        said: &[Notice],
        settings: &BTreeMap<String, String>,
    ) -> Result<Result<Collected, ServerError>, Loss> {
        self.ascii &= refused.iter().all(|refusal| refusal.message.is_ascii());
        self.ascii &= said.iter().all(|notice| notice.message.is_ascii());
        let unreadable = || self.encoding.as_deref().filter(|_| !self.ascii).map(encoding::unreadable);
        let unusable = self.unusable.clone().or_else(unreadable);
        let unusable = unusable.or_else(|| (!self.utf8).then(|| NOT_UTF8.into()));
        match (unusable, refused) {
            (Some(why), _) => Err(Loss::Unusable(why)),
            (None, Some(refusal)) => Ok(Err(refusal)),
            (None, None) => {
                self.collected.count = self.keeper.count();
                self.settle(output_settings(settings))?;
                Ok(Ok(self.collected))
            }
        }
    }

    /// The settings under which the rows were printed, when they are others now. A row is printed after all that is in it was
    /// computed, so a single one has the new settings; of several nobody can tell.
    fn settle(&mut self, now: OutputSettings) -> Result<(), Loss> {
        let shaped = |column: &Described| !PLAIN.contains(&column.oid);
        let collected = &mut self.collected;
        if collected.settings == now || !collected.columns.iter().flatten().any(shaped) {
            return Ok(());
        }
        match (self.commands, collected.count) {
            (_, 0) | (1, 1) => collected.settings = now,
            _ => return Err(Loss::Unusable(MIXED.into())),
        }
        Ok(())
    }
}

fn output_settings(settings: &BTreeMap<String, String>) -> OutputSettings {
    let setting = |name: &str| settings.get(name).cloned().unwrap_or_default();
    OutputSettings {
        date_style: setting("DateStyle"),
        interval_style: setting("IntervalStyle"),
        time_zone: setting("TimeZone"),
        search_path: None,
    }
}
