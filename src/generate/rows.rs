//! The values of rows.

use std::borrow::Cow;
use std::fmt::Write;

use super::people;
use super::plan::{ColumnPlan, KindPlan, Per, Plan, TablePlan, TextPlan};
use super::random::{Draws, permuted};
use super::value::GeneratedValue;
use crate::model::{Locale, Pick, Resolved};

impl Plan {
    /// The value of a column in a row, counted from 0.
    pub(super) fn value(&self, table: usize, column: usize, row: u64) -> GeneratedValue<'_> {
        let made = &self.tables[table].columns[column];
        let number = self.number(table, made.per.as_ref(), row);
        if made.nulls > 0 && Draws::new(!made.key, number).next() <= made.nulls {
            return GeneratedValue::Null;
        }
        let mut draws = Draws::new(made.key, number);
        match &made.kind {
            KindPlan::Name | KindPlan::Address | KindPlan::Phone | KindPlan::Company => {
                GeneratedValue::Text(local(&made.kind, self.locale(table, row), &mut draws).into())
            }
            KindPlan::Email(name) => self.email(table, name.as_ref(), row, &mut draws),
            KindPlan::Position(column) => position(&self.tables[table], *column, row),
            KindPlan::Map(by, values) => self.mapped(table, by, values, row),
            KindPlan::After(date, days) => match self.follow(table, date, row) {
                GeneratedValue::Date(day) => GeneratedValue::Date(day + draws.between(days.0, days.1)),
                _ => GeneratedValue::Null,
            },
            KindPlan::Ref(path) => self.follow(table, path, row),
            KindPlan::Text(parts) => self.text(table, parts, row),
            KindPlan::Sequence(sequence) => GeneratedValue::Int(sequence.value(row)),
            KindPlan::InOrder(values) => borrowed(&values[(number % values.len() as u64) as usize]),
            _ => drawn(made, &mut draws),
        }
    }

    /// The number that a draw is made for: the row's own, or that of what it is made `per`.
    fn number(&self, table: usize, per: Option<&Per>, row: u64) -> u64 {
        match per {
            None => row,
            Some(Per::Sequence(column)) => self.tables[table].group(*column, row),
            Some(Per::Parent(parent)) => self.parent_row(table, *parent, row),
        }
    }

    /// The row of a parent that a row belongs to.
    fn parent_row(&self, table: usize, parent: usize, row: u64) -> u64 {
        let parent = &self.tables[table].parents[parent];
        let number = self.number(table, parent.per.as_ref(), row);
        let count = self.tables[parent.table].rows;
        match parent.pick {
            Pick::Any { skew } => Draws::new(parent.key, number).skewed(count, skew),
            Pick::Distinct => permuted(parent.key, number, count),
            Pick::InOrder { per_parent } => row / per_parent,
        }
    }

    /// The value that a path leads to.
    fn follow(&self, table: usize, path: &Resolved, row: u64) -> GeneratedValue<'_> {
        let (mut table, mut row) = (table, row);
        for parent in &path.parents {
            row = self.parent_row(table, *parent, row);
            table = self.tables[table].parents[*parent].table;
        }
        self.value(table, path.column, row)
    }

    fn locale(&self, table: usize, row: u64) -> Locale {
        let rule = &self.tables[table].locale;
        let choice = match &rule.by {
            None => rule.choices.first(),
            Some(by) => {
                let value = self.follow(table, by, row);
                rule.choices.iter().find(|(name, _)| is(&value, name))
            }
        };
        match choice.map(|(_, locales)| locales.as_slice()) {
            None | Some([]) => Locale::En,
            Some([only]) => *only,
            Some(several) => Draws::new(rule.key, row).one(several),
        }
    }

    fn email(&self, table: usize, name: Option<&Resolved>, row: u64, draws: &mut Draws) -> GeneratedValue<'_> {
        let name = match name {
            Some(path) => self.follow(table, path, row),
            None => GeneratedValue::Text(people::name(self.locale(table, row), draws).into()),
        };
        match name {
            GeneratedValue::Null => GeneratedValue::Null,
            GeneratedValue::Text(name) => GeneratedValue::Text(people::email(&name, row + 1, draws).into()),
            other => GeneratedValue::Text(people::email(&other.to_string(), row + 1, draws).into()),
        }
    }

    fn mapped<'p>(
        &'p self,
        table: usize,
        by: &Resolved,
        values: &'p [(String, GeneratedValue<'static>)],
        row: u64,
    ) -> GeneratedValue<'p> {
        let value = self.follow(table, by, row);
        let found = values.iter().find(|(name, _)| is(&value, name));
        found.map_or(GeneratedValue::Null, |(_, value)| borrowed(value))
    }

    fn text(&self, table: usize, parts: &[TextPlan], row: u64) -> GeneratedValue<'_> {
        let mut text = String::with_capacity(48);
        for part in parts {
            // Writing to a String cannot fail.
            let _ = match part {
                TextPlan::Literal(literal) => text.write_str(literal),
                TextPlan::Row => write!(text, "{}", row + 1),
                TextPlan::Column(path) => write!(text, "{}", self.follow(table, path, row)),
            };
        }
        GeneratedValue::Text(text.into())
    }
}

fn local(kind: &KindPlan, locale: Locale, draws: &mut Draws) -> String {
    match kind {
        KindPlan::Name => people::name(locale, draws),
        KindPlan::Address => people::address(locale, draws),
        KindPlan::Phone => people::phone(locale, draws),
        _ => people::company(locale, draws),
    }
}

fn position(table: &TablePlan, column: usize, row: u64) -> GeneratedValue<'static> {
    match &table.columns[column].kind {
        KindPlan::Sequence(sequence) => GeneratedValue::Int(sequence.position(row) as i64),
        _ => GeneratedValue::Null,
    }
}

/// A value that depends on its draws alone.
fn drawn<'p>(made: &'p ColumnPlan, draws: &mut Draws) -> GeneratedValue<'p> {
    match &made.kind {
        KindPlan::Word => GeneratedValue::Text(people::word(draws).into()),
        KindPlan::Sentence => GeneratedValue::Text(people::sentence(draws).into()),
        KindPlan::Bool => GeneratedValue::Bool(draws.next() >> 63 == 1),
        KindPlan::Uuid => GeneratedValue::Uuid(uuid(draws)),
        KindPlan::ObjectId => {
            let (one, other) = (draws.next().to_be_bytes(), draws.next().to_be_bytes());
            GeneratedValue::ObjectId(std::array::from_fn(|at| if at < 8 { one[at] } else { other[at - 8] }))
        }
        KindPlan::OneOf(values, sums) => {
            let place = draws.below(sums.last().copied().unwrap_or(0));
            borrowed(&values[sums.partition_point(|sum| *sum <= place)])
        }
        KindPlan::Number(ranges, decimals) => {
            let (from, to) = draws.one(ranges);
            match draws.between(from, to) {
                value if *decimals == 0 => GeneratedValue::Int(value),
                units => GeneratedValue::Decimal { units, decimals: *decimals },
            }
        }
        KindPlan::Date(from, to) => GeneratedValue::Date(draws.between(*from, *to)),
        KindPlan::Timestamp(from, to) => GeneratedValue::Timestamp(draws.between(*from, *to - 1)),
        _ => GeneratedValue::Null,
    }
}

/// Version 4, the variant of RFC 9562.
fn uuid(draws: &mut Draws) -> [u8; 16] {
    let (one, other) = (draws.next(), draws.next());
    let mut bytes = ((u128::from(one) << 64) | u128::from(other)).to_be_bytes();
    bytes[6] = (bytes[6] & 0x0F) | 0x40;
    bytes[8] = (bytes[8] & 0x3F) | 0x80;
    bytes
}

/// The value without a copy of its text.
fn borrowed<'p>(value: &'p GeneratedValue<'static>) -> GeneratedValue<'p> {
    match value {
        GeneratedValue::Text(text) => GeneratedValue::Text(Cow::Borrowed(text)),
        other => other.clone(),
    }
}

/// Whether a value is written as `text`.
fn is(value: &GeneratedValue<'_>, text: &str) -> bool {
    match value {
        GeneratedValue::Text(value) => value == text,
        other => other.to_string() == text,
    }
}
