//! What `generate` makes: tables or collections with their columns, as an author described them.

use super::{Datum, Engine, Value};
use crate::source::{Span, Spanned};

/// `generate: { seed: S, into: [...] }`.
#[derive(Clone, Debug)]
pub struct Generate {
    /// The seed; the same seed makes the same rows.
    pub seed: Option<Value>,
    /// The tables or collections; one refers to earlier ones only.
    pub tables: Vec<GeneratedTable>,
}

/// A table or a collection that is filled.
#[derive(Clone, Debug)]
pub struct GeneratedTable {
    /// Its name.
    pub name: Spanned<String>,
    /// PostgreSQL for a table, MongoDB for a collection.
    pub engine: Engine,
    /// How many rows.
    pub rows: Value,
    /// Which locale a row's names, addresses and telephone numbers are of.
    pub locale: LocaleRule,
    /// Rows of earlier tables that each row belongs to.
    pub parents: Vec<Parent>,
    /// The columns; hidden ones too, which others use and which are not written.
    pub columns: Vec<GeneratedColumn>,
}

/// Languages that names, addresses and telephone numbers are made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locale {
    /// German.
    De,
    /// English as in the United States.
    En,
    /// English as in Australia.
    EnAu,
    /// English as in the United Kingdom.
    EnGb,
    /// French.
    Fr,
    /// Italian.
    It,
    /// Japanese.
    Ja,
    /// Portuguese as in Brazil.
    Pt,
}

/// The locale of a row: one of some, which may depend on another column.
#[derive(Clone, Debug)]
pub struct LocaleRule {
    /// The column that decides.
    pub by: Option<Spanned<String>>,
    /// By the decider's value: the locales, one of which is drawn for each row. Without a decider, one entry.
    pub choices: Vec<(String, Vec<Locale>)>,
}

/// A row of an earlier table that each row belongs to.
#[derive(Clone, Debug)]
pub struct Parent {
    /// What columns call it.
    pub name: Spanned<String>,
    /// The table.
    pub table: Spanned<String>,
    /// Which of its rows.
    pub pick: Pick,
    /// Drawn once for each value of this column instead of once for each row.
    pub per: Option<Spanned<String>>,
}

/// Which row of a parent a row belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Any. With a skew above 1 the first rows are drawn more often: the place is `u^skew`, u even between 0 and 1.
    Any {
        /// 1 is even.
        skew: u32,
    },
    /// Any, and none twice.
    Distinct,
    /// In order: the first rows belong to the parent's first, as many to each.
    InOrder {
        /// How many rows belong to each row of the parent.
        per_parent: u64,
    },
}

/// A column.
#[derive(Clone, Debug)]
pub struct GeneratedColumn {
    /// Its name.
    pub name: Spanned<String>,
    /// Whether it only serves others.
    pub hidden: bool,
    /// What it holds.
    pub kind: Kind,
    /// Drawn once for each value of this column, or for each row of this parent, instead of once for each row.
    pub per: Option<Spanned<String>>,
    /// The share of rows, from 0 to 1, in which it is NULL.
    pub null_share: f64,
    /// Where its kind was written.
    pub span: Span,
}

/// What a column holds. Columns that it uses are named as they were written: `name`, or `parent.name`.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Numbers in order.
    Sequence(Sequence),
    /// 1, 2, … within the rows for which a repeating sequence has the same value.
    Position(Spanned<String>),
    /// A person's name.
    Name,
    /// An e-mail address, made from the name in this column, or from one of its own.
    Email(Option<Spanned<String>>),
    /// A postal address in one line.
    Address,
    /// A telephone number.
    Phone,
    /// A company's name.
    Company,
    /// A word.
    Word,
    /// A sentence.
    Sentence,
    /// `true` or `false`.
    Bool,
    /// A UUID, version 4.
    Uuid,
    /// An ObjectId of MongoDB, 24 hexadecimal digits elsewhere.
    ObjectId,
    /// One of these values, each with its weight.
    OneOf(Vec<(Datum, u32)>),
    /// These values in order, and again from the first.
    InOrder(Vec<Datum>),
    /// The value that stands here for the value of another column.
    Map {
        /// The other column.
        by: Spanned<String>,
        /// Its values as text, and what stands for each.
        values: Vec<(String, Datum)>,
    },
    /// A number in one of these ranges, ends included, in units of its last decimal.
    Number {
        /// The ranges; each is as likely as the next.
        ranges: Vec<(i64, i64)>,
        /// Digits after the point.
        decimals: u32,
    },
    /// A day, ends included, in days since 1970-01-01.
    Date(i64, i64),
    /// A moment, the end excluded, in microseconds since 1970-01-01 UTC.
    Timestamp(i64, i64),
    /// A day so many days after another column's, ends included.
    After {
        /// The other column.
        date: Spanned<String>,
        /// The least and the most days.
        days: (i64, i64),
    },
    /// The value of a parent's column.
    Ref(Spanned<String>),
    /// Text with other columns in it.
    Text(Vec<TextPart>),
}

/// Numbers in order.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The first; 1 if absent.
    pub from: Option<Value>,
    /// The distance to the next.
    pub step: i64,
    /// How often each number is repeated, in turn: `[1, 1, 2]` makes 1, 2, 3, 3, 4, 5, 6, 6, …
    pub repeat: Vec<u64>,
    /// PostgreSQL: the sequence that the numbers are taken from; its own start and step count.
    pub of: Option<Spanned<String>>,
}

/// A part of a text.
#[derive(Clone, Debug)]
pub enum TextPart {
    /// Text as it is.
    Literal(String),
    /// The number of the row, from 1.
    Row,
    /// The seed.
    Seed,
    /// The value of a column.
    Column(Spanned<String>),
}

/// What a name of a column leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Parents to go through, each an index into the parents of the table reached so far.
    pub parents: Vec<usize>,
    /// The table that is reached, an index into the tables.
    pub table: usize,
    /// The column, an index into its columns.
    pub column: usize,
}

/// A name that leads nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The part of the path that is not known.
    pub part: String,
    /// The table in which it was looked for.
    pub table: usize,
    /// Whether it should have been a column: otherwise it should have been a parent.
    pub column: bool,
}

impl Generate {
    /// The table of this name.
    pub fn table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|table| table.name.value == name)
    }

    /// Follows `path` (`column`, `parent.column`, `parent.parent.column`) from a table.
    ///
    /// # Errors
    /// The first part that is not known.
    pub fn resolve(&self, table: usize, path: &str) -> Result<Resolved, Unresolved> {
        let mut parts: Vec<&str> = path.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        let mut reached = Resolved { parents: vec![], table, column: 0 };
        for part in parts {
            let unknown = || Unresolved { part: part.into(), table: reached.table, column: false };
            let parents = &self.tables[reached.table].parents;
            let at = parents.iter().position(|parent| parent.name.value == part).ok_or_else(unknown)?;
            let next = self.table(&parents[at].table).ok_or_else(unknown)?;
            reached.parents.push(at);
            reached.table = next;
        }
        let columns = &self.tables[reached.table].columns;
        let unknown = || Unresolved { part: last.into(), table: reached.table, column: true };
        reached.column = columns.iter().position(|column| column.name.value == last).ok_or_else(unknown)?;
        Ok(reached)
    }
}

impl GeneratedColumn {
    /// The columns that it uses, as they were written.
    pub fn uses(&self) -> Vec<&Spanned<String>> {
        match &self.kind {
            Kind::Position(name) | Kind::Ref(name) | Kind::Email(Some(name)) => vec![name],
            Kind::Map { by: name, .. } | Kind::After { date: name, .. } => vec![name],
            Kind::Text(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    TextPart::Column(name) => Some(name),
                    _ => None,
                })
                .collect(),
            _ => vec![],
        }
    }

    /// Whether it speaks a language: then the locale of its row counts.
    pub fn has_locale(&self) -> bool {
        matches!(self.kind, Kind::Name | Kind::Email(None) | Kind::Address | Kind::Phone | Kind::Company)
    }
}

impl Locale {
    /// All, with the words that name them.
    pub const WORDS: [(&'static str, Locale); 8] = [
        ("de", Locale::De),
        ("en", Locale::En),
        ("en_au", Locale::EnAu),
        ("en_gb", Locale::EnGb),
        ("fr", Locale::Fr),
        ("it", Locale::It),
        ("ja", Locale::Ja),
        ("pt", Locale::Pt),
    ];
}
