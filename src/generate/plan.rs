//! What is to be made, with every name resolved and every variable filled in: an error here is one that only the values of
//! variables can show.

use super::random::key;
use super::sequence::Sequence;
use super::value::GeneratedValue;
use crate::model::{
    Datum, Engine, Generate, GeneratedColumn, GeneratedTable, Kind, Locale, LocaleRule, Parent, Pick, Resolved,
    TextPart, Value, Variables,
};
use crate::source::{Diagnostic, Span};
use crate::variables;

/// Everything that a `generate` makes. Shared by threads.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(super) tables: Vec<TablePlan>,
}

/// A sequence of the server's that numbers must be taken from before rows are made.
#[derive(Clone, Debug)]
pub struct Reserve {
    /// The sequence.
    pub sequence: String,
    /// How many numbers.
    pub count: u64,
    table: usize,
    column: usize,
}

#[derive(Clone, Debug)]
pub(super) struct TablePlan {
    pub name: String,
    pub engine: Engine,
    pub rows: u64,
    pub columns: Vec<ColumnPlan>,
    /// The columns that are written.
    pub written: Vec<usize>,
    pub parents: Vec<ParentPlan>,
    pub locale: LocalePlan,
}

#[derive(Clone, Debug)]
pub(super) struct LocalePlan {
    pub key: u64,
    pub by: Option<Resolved>,
    pub choices: Vec<(String, Vec<Locale>)>,
}

#[derive(Clone, Debug)]
pub(super) struct ParentPlan {
    pub table: usize,
    pub pick: Pick,
    pub per: Option<Per>,
    pub key: u64,
}

/// What a draw is made once for, instead of once for each row.
#[derive(Clone, Debug)]
pub(super) enum Per {
    /// Each number of this repeating sequence.
    Sequence(usize),
    /// Each row of this parent.
    Parent(usize),
}

#[derive(Clone, Debug)]
pub(super) struct ColumnPlan {
    pub name: String,
    pub key: u64,
    pub kind: KindPlan,
    pub per: Option<Per>,
    /// Of 2^64 draws, how many are NULL.
    pub nulls: u64,
    sequence_of: Option<String>,
}

#[derive(Clone, Debug)]
pub(super) enum KindPlan {
    Sequence(Sequence),
    Position(usize),
    Name,
    Email(Option<Resolved>),
    Address,
    Phone,
    Company,
    Word,
    Sentence,
    Bool,
    Uuid,
    ObjectId,
    /// Values, and the sum of weights up to each.
    OneOf(Vec<GeneratedValue<'static>>, Vec<u64>),
    /// Values in order.
    InOrder(Vec<GeneratedValue<'static>>),
    Map(Resolved, Vec<(String, GeneratedValue<'static>)>),
    Number(Vec<(i64, i64)>, u32),
    Date(i64, i64),
    Timestamp(i64, i64),
    After(Resolved, (i64, i64)),
    Ref(Resolved),
    Text(Vec<TextPlan>),
}

#[derive(Clone, Debug)]
pub(super) enum TextPlan {
    Literal(String),
    Row,
    Column(Resolved),
}

impl Plan {
    /// The plan of a specification with these variables.
    ///
    /// # Errors
    /// A count that is not one, numbers that leave 64 bits, rows that belong to a table without any.
    pub fn new(spec: &Generate, variables: &Variables) -> Result<Self, Diagnostic> {
        let seed = match &spec.seed {
            Some(seed) => variables::datum(seed, variables)?.to_text(),
            None => "1".into(),
        };
        let builder = Builder { spec, variables, seed: &seed };
        let tables = (0..spec.tables.len()).map(|at| builder.table(at)).collect::<Result<Vec<_>, _>>()?;
        let plan = Self { tables };
        spec.tables.iter().enumerate().try_for_each(|(at, table)| plan.check(at, table))?;
        Ok(plan)
    }

    /// The indices of its tables.
    pub fn tables(&self) -> std::ops::Range<usize> {
        0..self.tables.len()
    }

    /// The name of a table or a collection.
    pub fn name(&self, table: usize) -> &str {
        &self.tables[table].name
    }

    /// The engine that it is meant for.
    pub fn engine(&self, table: usize) -> Engine {
        self.tables[table].engine
    }

    /// How many rows it gets.
    pub fn rows(&self, table: usize) -> u64 {
        self.tables[table].rows
    }

    /// The rows of all tables.
    pub fn total(&self) -> u64 {
        self.tables.iter().map(|table| table.rows).sum()
    }

    /// The names of the columns that are written.
    pub fn columns(&self, table: usize) -> Vec<String> {
        let plan = &self.tables[table];
        plan.written.iter().map(|at| plan.columns[*at].name.clone()).collect()
    }

    /// Tables by when they can be filled: each refers to tables of earlier groups only.
    pub fn waves(&self) -> Vec<Vec<usize>> {
        let mut level = vec![0; self.tables.len()];
        for (at, table) in self.tables.iter().enumerate() {
            level[at] = table.parents.iter().map(|parent| level[parent.table] + 1).max().unwrap_or(0);
        }
        let last = level.iter().copied().max().unwrap_or(0);
        (0..=last).map(|wave| self.tables().filter(|at| level[*at] == wave).collect()).collect()
    }

    /// What must be reserved on a server first.
    pub fn reserves(&self) -> Vec<Reserve> {
        let mut found = vec![];
        for (table, plan) in self.tables.iter().enumerate().filter(|(_, plan)| plan.rows > 0) {
            for (column, made) in plan.columns.iter().enumerate() {
                if let (Some(sequence), KindPlan::Sequence(numbers)) = (&made.sequence_of, &made.kind) {
                    let count = numbers.index(plan.rows - 1) + 1;
                    found.push(Reserve { sequence: sequence.clone(), count, table, column });
                }
            }
        }
        found
    }

    /// Lets the numbers of a reserved sequence begin at `from`, `step` apart.
    pub fn begin(&mut self, reserve: &Reserve, from: i64, step: i64) {
        if let KindPlan::Sequence(sequence) = &mut self.tables[reserve.table].columns[reserve.column].kind {
            (sequence.from, sequence.step) = (from, step);
        }
    }

    fn check(&self, at: usize, spec: &GeneratedTable) -> Result<(), Diagnostic> {
        let table = &self.tables[at];
        for (made, written) in table.columns.iter().zip(&spec.columns) {
            if let KindPlan::Sequence(sequence) = &made.kind
                && !sequence.fits(table.rows)
            {
                let message = format!("the numbers of `{}` leave the range of 64 bits", made.name);
                return Err(Diagnostic::error(&written.span, message).help("begin lower, or take a smaller step"));
            }
        }
        table.parents.iter().zip(&spec.parents).try_for_each(|(parent, written)| self.enough(table, parent, written))
    }

    /// Whether a parent has the rows that its children need.
    fn enough(&self, table: &TablePlan, parent: &ParentPlan, written: &Parent) -> Result<(), Diagnostic> {
        let (rows, there) = (table.rows, self.tables[parent.table].rows);
        let enough = match (parent.pick, &parent.per) {
            (_, _) if rows == 0 => true,
            (Pick::InOrder { per_parent }, _) => rows.div_ceil(per_parent) <= there,
            (Pick::Distinct, Some(Per::Sequence(column))) => table.group(*column, rows - 1) < there,
            (Pick::Distinct, Some(Per::Parent(_))) | (Pick::Any { .. }, _) => there > 0,
            (Pick::Distinct, None) => rows <= there,
        };
        if enough {
            return Ok(());
        }
        let message =
            format!("{rows} rows of `{}` cannot belong to {there} rows of `{}`", table.name, written.table.value);
        Err(Diagnostic::error(&written.name.span, message).help("make more rows there, or fewer here"))
    }
}

impl TablePlan {
    /// The place of the number that a sequence has in `row` among all its numbers.
    pub fn group(&self, column: usize, row: u64) -> u64 {
        match &self.columns[column].kind {
            KindPlan::Sequence(sequence) => sequence.index(row),
            _ => row,
        }
    }
}

struct Builder<'a> {
    spec: &'a Generate,
    variables: &'a Variables,
    seed: &'a str,
}

impl Builder<'_> {
    fn table(&self, at: usize) -> Result<TablePlan, Diagnostic> {
        let spec = &self.spec.tables[at];
        let columns: Vec<ColumnPlan> =
            spec.columns.iter().map(|column| self.column(at, column)).collect::<Result<_, _>>()?;
        let written = (0..columns.len()).filter(|column| !spec.columns[*column].hidden).collect();
        Ok(TablePlan {
            name: spec.name.value.clone(),
            engine: spec.engine,
            rows: self.count(&spec.rows)?,
            columns,
            written,
            parents: spec.parents.iter().map(|parent| self.parent(at, parent)).collect::<Result<_, _>>()?,
            locale: self.locale(at, &spec.locale)?,
        })
    }

    fn key(&self, table: usize, name: &str) -> u64 {
        key(&[self.seed, &self.spec.tables[table].name.value, name])
    }

    fn locale(&self, at: usize, rule: &LocaleRule) -> Result<LocalePlan, Diagnostic> {
        let by = rule.by.as_ref().map(|name| self.resolve(at, name)).transpose()?;
        Ok(LocalePlan { key: self.key(at, "(locale)"), by, choices: rule.choices.clone() })
    }

    fn parent(&self, at: usize, parent: &Parent) -> Result<ParentPlan, Diagnostic> {
        let table = self.spec.table(&parent.table).ok_or_else(|| unknown(&parent.table))?;
        let per = parent.per.as_ref().map(|per| self.per(at, per)).transpose()?;
        Ok(ParentPlan { table, pick: parent.pick, per, key: self.key(at, &format!("({})", parent.name.value)) })
    }

    fn per(&self, at: usize, name: &crate::source::Spanned<String>) -> Result<Per, Diagnostic> {
        let table = &self.spec.tables[at];
        if let Some(parent) = table.parents.iter().position(|parent| parent.name.value == name.value) {
            return Ok(Per::Parent(parent));
        }
        let column = table.columns.iter().position(|column| column.name.value == name.value);
        column.map(Per::Sequence).ok_or_else(|| unknown(name))
    }

    fn resolve(&self, at: usize, name: &crate::source::Spanned<String>) -> Result<Resolved, Diagnostic> {
        self.spec.resolve(at, name).map_err(|_| unknown(name))
    }

    fn column(&self, at: usize, column: &GeneratedColumn) -> Result<ColumnPlan, Diagnostic> {
        let sequence_of = match &column.kind {
            Kind::Sequence(sequence) => sequence.of.as_ref().map(|name| name.value.clone()),
            _ => None,
        };
        Ok(ColumnPlan {
            name: column.name.value.clone(),
            key: self.key(at, &column.name),
            kind: self.kind(at, column)?,
            per: column.per.as_ref().map(|per| self.per(at, per)).transpose()?,
            // 2^64 as a float is exact; a share of 1 saturates.
            nulls: (column.null_share * 18_446_744_073_709_551_616.0) as u64,
            sequence_of,
        })
    }

    fn kind(&self, at: usize, column: &GeneratedColumn) -> Result<KindPlan, Diagnostic> {
        Ok(match &column.kind {
            Kind::Sequence(sequence) => {
                let from = sequence.from.as_ref().map_or(Ok(1), |from| self.whole(from))?;
                KindPlan::Sequence(Sequence::new(from, sequence.step, &sequence.repeat))
            }
            Kind::Position(name) => KindPlan::Position(self.resolve(at, name)?.column),
            Kind::Name => KindPlan::Name,
            Kind::Email(name) => KindPlan::Email(name.as_ref().map(|name| self.resolve(at, name)).transpose()?),
            Kind::Address => KindPlan::Address,
            Kind::Phone => KindPlan::Phone,
            Kind::Company => KindPlan::Company,
            Kind::Word => KindPlan::Word,
            Kind::Sentence => KindPlan::Sentence,
            Kind::Bool => KindPlan::Bool,
            Kind::Uuid => KindPlan::Uuid,
            Kind::ObjectId => KindPlan::ObjectId,
            Kind::OneOf(values) => one_of(values),
            Kind::InOrder(values) => KindPlan::InOrder(values.iter().map(literal).collect()),
            Kind::Map { by, values } => {
                let values = values.iter().map(|(from, to)| (from.clone(), literal(to))).collect();
                KindPlan::Map(self.resolve(at, by)?, values)
            }
            Kind::Number { ranges, decimals } => KindPlan::Number(ranges.clone(), *decimals),
            Kind::Date(from, to) => KindPlan::Date(*from, *to),
            Kind::Timestamp(from, to) => KindPlan::Timestamp(*from, *to),
            Kind::After { date, days } => KindPlan::After(self.resolve(at, date)?, *days),
            Kind::Ref(path) => KindPlan::Ref(self.resolve(at, path)?),
            Kind::Text(parts) => {
                KindPlan::Text(parts.iter().map(|part| self.text(at, part)).collect::<Result<_, _>>()?)
            }
        })
    }

    fn text(&self, at: usize, part: &TextPart) -> Result<TextPlan, Diagnostic> {
        Ok(match part {
            TextPart::Literal(text) => TextPlan::Literal(text.clone()),
            TextPart::Row => TextPlan::Row,
            TextPart::Seed => TextPlan::Literal(self.seed.into()),
            TextPart::Column(name) => TextPlan::Column(self.resolve(at, name)?),
        })
    }

    fn count(&self, value: &Value) -> Result<u64, Diagnostic> {
        let text = variables::datum(value, self.variables)?.to_text();
        text.parse().map_err(|_| not_whole(&value.span, &text, "how many rows there are"))
    }

    fn whole(&self, value: &Value) -> Result<i64, Diagnostic> {
        let text = variables::datum(value, self.variables)?.to_text();
        text.parse().map_err(|_| not_whole(&value.span, &text, "where the numbers begin"))
    }
}

fn not_whole(span: &Span, text: &str, what: &str) -> Diagnostic {
    Diagnostic::error(span, format!("`{text}` is not a whole number")).help(format!("it says {what}"))
}

fn unknown(name: &crate::source::Spanned<String>) -> Diagnostic {
    Diagnostic::error(&name.span, format!("`{}` is not known here", name.value))
}

fn one_of(values: &[(Datum, u32)]) -> KindPlan {
    let mut sum = 0;
    let sums = values.iter().map(|(_, weight)| {
        sum += u64::from(*weight);
        sum
    });
    let sums = sums.collect();
    KindPlan::OneOf(values.iter().map(|(value, _)| literal(value)).collect(), sums)
}

/// A value as it was written: a number keeps its digits.
fn literal(value: &Datum) -> GeneratedValue<'static> {
    match value {
        Datum::Null => GeneratedValue::Null,
        Datum::Bool(value) => GeneratedValue::Bool(*value),
        Datum::Number(number) => decimal(number).unwrap_or_else(|| GeneratedValue::Text(number.clone().into())),
        Datum::Bson(value) => GeneratedValue::Bson(Box::new(value.clone())),
        other => GeneratedValue::Text(other.to_text().into()),
    }
}

fn decimal(number: &str) -> Option<GeneratedValue<'static>> {
    let Some((whole, fraction)) = number.split_once('.') else { return number.parse().ok().map(GeneratedValue::Int) };
    let decimals = u32::try_from(fraction.len()).ok().filter(|decimals| (1..=18).contains(decimals))?;
    let units = [whole, fraction].concat().parse().ok()?;
    Some(GeneratedValue::Decimal { units, decimals })
}
