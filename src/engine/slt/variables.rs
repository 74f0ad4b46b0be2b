//! Variables of a `.slt` scenario: what `let` has bound, those that every scenario has, and the crate's own.

use std::time::{SystemTime, UNIX_EPOCH};

use sqllogictest::{Control, Record};
use tempfile::TempDir;

use super::substitution::{Dialect, fill};
use crate::backend::slt::SltRecordKind;
use crate::judge;
use crate::model::{Datum, Variables};
use crate::observation::{Observation, Outcome, Output, RowSet};

/// The variables of one run.
pub(super) struct Bound {
    known: Variables,
    /// `control substitution on`.
    on: bool,
    folder: Option<TempDir>,
}

impl Bound {
    /// Those that every scenario has; the crate calls the database `__DATABASE__`.
    pub fn new(mut known: Variables) -> Self {
        if let Some(database) = known.get("database").cloned() {
            known.insert("__DATABASE__".into(), database);
        }
        Self { known, on: false, folder: None }
    }

    /// `control substitution`.
    pub fn control(&mut self, record: &SltRecordKind) {
        if let Record::Control(Control::Substitution(on)) = record {
            self.on = *on;
        }
    }

    /// The record with its variables filled in.
    ///
    /// # Errors
    /// A variable has no value, or none that can stand there; in one sentence with the fix.
    pub fn filled(&mut self, record: &SltRecordKind, dialect: Dialect) -> Result<SltRecordKind, String> {
        let mut record = record.clone();
        if self.on
            && let Record::Statement { sql, .. } | Record::Query { sql, .. } | Record::Let { sql, .. } = &mut record
        {
            if sql.contains("__TEST_DIR__") && self.folder.is_none() {
                self.folder = Some(TempDir::new().map_err(|error| format!("no folder can be made: {error}"))?);
            }
            *sql = fill(sql, dialect, &|name| self.value(name))?;
        }
        Ok(record)
    }

    /// Never a variable of the environment.
    fn value(&self, name: &str) -> Option<Datum> {
        match name {
            "__TEST_DIR__" => Some(Datum::Text(self.folder.as_ref()?.path().to_string_lossy().into_owned())),
            "__NOW__" => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                Some(Datum::Number(now.as_nanos().to_string()))
            }
            _ => self.known.get(name).cloned(),
        }
    }

    /// Binds what a `let` returned: one row with a column a name. Where it returned something else, the names are unbound.
    ///
    /// # Errors
    /// It is not one such row, in one sentence.
    pub fn bind(&mut self, names: &[String], got: Option<&Observation>) -> Result<(), String> {
        names.iter().for_each(|name| drop(self.known.remove(name)));
        let values = values(got)?;
        if values.len() != names.len() {
            return Err(format!("expected {} columns, got {}", names.len(), values.len()));
        }
        self.known.extend(names.iter().cloned().zip(values));
        Ok(())
    }
}

/// The values of the only row, each of its type.
fn values(got: Option<&Observation>) -> Result<Vec<Datum>, String> {
    let Some(got) = got else { return Err("nothing was returned".into()) };
    match &got.outcome {
        Outcome::Output(Output::Sql { rows: Some(set), .. }) => {
            let ([row], 1) = (set.rows.as_slice(), set.count) else {
                return Err(format!("expected 1 row, got {}", set.count));
            };
            row.iter().zip(&set.columns).map(|(cell, column)| one(set, column, cell, got)).collect()
        }
        Outcome::Output(Output::Documents(set)) => match set.documents.as_slice() {
            [document] if set.count == 1 => Ok(vec![Datum::Bson(document.clone().into())]),
            _ => Err(format!("expected 1 document, got {}", set.count)),
        },
        Outcome::Refused(error) => Err(error.message.clone()),
        Outcome::Output(_) => Err("it returned no rows".into()),
    }
}

/// A cell, as `save` would keep it.
fn one(
    set: &RowSet,
    column: &crate::observation::Column,
    cell: &Option<String>,
    got: &Observation,
) -> Result<Datum, String> {
    let alone = RowSet { columns: vec![column.clone()], rows: vec![vec![cell.clone()]], count: 1, ..set.clone() };
    let output = Output::Sql { rows: Some(alone), affected: 1 };
    judge::save("value", &Observation::new(&got.node, Outcome::Output(output), got.elapsed))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::observation::{Column, SqlType};

    fn got(types: &[&str], rows: &[&[Option<&str>]]) -> Observation {
        let column = |name: &&str| Column { name: "1".into(), sql_type: SqlType::named(name), modifier: None };
        let row = |row: &&[Option<&str>]| row.iter().map(|cell| cell.map(str::to_string)).collect();
        let rows = RowSet::new(types.iter().map(column).collect(), rows.iter().map(row).collect());
        let output = Output::Sql { rows: Some(rows), affected: 0 };
        Observation::new("pg", Outcome::Output(output), Duration::ZERO)
    }

    fn filled(bound: &mut Bound, sql: &str) -> Result<String, String> {
        let text = format!("statement ok\n{sql}\n");
        let records = sqllogictest::parse(&text).unwrap();
        match bound.filled(&records[0], Dialect::Sql)? {
            Record::Statement { sql, .. } => Ok(sql),
            other => panic!("{other:?}"),
        }
    }

    fn on() -> Bound {
        let mut bound = Bound::new([("database".to_string(), Datum::Text("copy_1".into()))].into());
        bound.control(&Record::Control(Control::Substitution(true)));
        bound
    }

    #[test]
    fn a_bound_value_keeps_its_type() {
        let mut bound = on();
        let names = ["n".to_string(), "t".to_string(), "z".to_string()];
        bound.bind(&names, Some(&got(&["int4", "text", "text"], &[&[Some("7"), Some("7"), None]]))).unwrap();
        assert_eq!(filled(&mut bound, "SELECT $n, $t, $z").unwrap(), "SELECT 7, '7', NULL");
    }

    #[test]
    fn only_variables_of_the_scenario_are_read() {
        let mut bound = on();
        assert_eq!(filled(&mut bound, "$database $__DATABASE__").unwrap(), "'copy_1' 'copy_1'");
        assert!(filled(&mut bound, "$__NOW__").unwrap().parse::<u128>().is_ok());
        assert!(std::path::Path::new(filled(&mut bound, "$__TEST_DIR__").unwrap().trim_matches('\'')).is_dir());
        for name in ["PATH", "HOME", "CARGO_MANIFEST_DIR"] {
            assert!(filled(&mut bound, &format!("${name}")).unwrap_err().contains("has no value"));
        }
    }

    #[test]
    fn a_let_that_binds_nothing_unbinds_its_names() {
        let mut bound = on();
        let name = ["n".to_string()];
        bound.bind(&name, Some(&got(&["int4"], &[&[Some("7")]]))).unwrap();
        for (got, cause) in [
            (got(&["int4"], &[]), "expected 1 row, got 0"),
            (got(&["int4", "int4"], &[&[Some("1"), Some("2")]]), "expected 1 columns, got 2"),
        ] {
            assert_eq!(bound.bind(&name, Some(&got)).unwrap_err(), cause);
        }
        assert!(filled(&mut bound, "$n").is_err());
    }

    #[test]
    fn without_substitution_a_text_is_sent_as_it_is() {
        let mut bound = Bound::new(Variables::new());
        assert_eq!(filled(&mut bound, "DO $$ $n $$").unwrap(), "DO $$ $n $$");
    }
}
