//! Rows of another design are the same answer when their values are: a `varchar` where the golden has `text`, more digits behind
//! the point, a timestamp at midnight where it has a date. Columns are compared by the family of their types, cells by value.

use crate::judge::Values;
use crate::observation::{Answers, SqlType};

/// What stands between two cells, and two columns.
const BETWEEN: &str = " | ";

/// The families of the columns of a section.
#[derive(Debug)]
pub(super) struct Families(Vec<Family>);

/// Types whose values are compared with one another.
#[derive(Debug, PartialEq, Eq)]
enum Family {
    /// Texts, and types that users made: an enum prints its label.
    Text,
    /// Whole and decimal numbers.
    Exact,
    /// Numbers of binary floating point.
    Floating,
    /// Days, and points in time.
    DateAndTime,
    /// A type that is like no other.
    Own(String),
}

/// Types of PostgreSQL that are their own family (manual, 8).
#[rustfmt::skip]
const OWN: &[&str] = &[
    "bit", "bool", "box", "bytea", "cidr", "circle", "inet", "interval", "json", "jsonb", "jsonpath", "line", "lseg", "macaddr",
    "macaddr8", "money", "oid", "path", "pg_lsn", "point", "polygon", "time", "timetz", "tsquery", "tsvector", "uuid", "varbit",
    "xid", "xml",
];

impl Families {
    /// Those of two headers with the same names in the same order, and like types; `None` when they differ in more.
    pub(super) fn of(expected: &str, actual: &str) -> Option<Self> {
        let (expected, actual) = (columns(expected)?, columns(actual)?);
        let alike = |((name, family), (other_name, other)): (&(&str, Family), &(&str, Family))| {
            name == other_name && family == other
        };
        let same = expected.len() == actual.len() && expected.iter().zip(&actual).all(alike);
        same.then(|| Self(actual.into_iter().map(|(_, family)| family).collect()))
    }

    /// Whether two lines hold equal rows.
    pub(super) fn equal(&self, expected: &str, actual: &str) -> bool {
        let (expected, actual): (Vec<_>, Vec<_>) = (expected.split(BETWEEN).collect(), actual.split(BETWEEN).collect());
        let whole = expected.len() == self.0.len() && actual.len() == self.0.len();
        whole && self.0.iter().zip(expected.iter().zip(&actual)).all(|(family, (a, b))| a == b || family.equal(a, b))
    }
}

/// The name and the family of each column of a header.
fn columns(header: &str) -> Option<Vec<(&str, Family)>> {
    header.split(BETWEEN).map(|column| column.rsplit_once(':').map(|(name, of)| (name, Family::of(of)))).collect()
}

impl Family {
    fn of(name: &str) -> Self {
        match name {
            "int2" | "int4" | "int8" | "numeric" => Self::Exact,
            "float4" | "float8" => Self::Floating,
            "date" | "timestamp" | "timestamptz" => Self::DateAndTime,
            name if OWN.contains(&name) || name.ends_with("range") || name.starts_with('_') => Self::Own(name.into()),
            _ => Self::Text,
        }
    }

    /// Whether two cells that are spelled differently are equal.
    fn equal(&self, expected: &str, actual: &str) -> bool {
        let (of, expected, actual) = match self {
            Self::Exact => ("numeric", expected, actual),
            Self::Floating => ("float8", expected, actual),
            Self::DateAndTime => ("timestamp", local(expected), local(actual)),
            Self::Text | Self::Own(_) => return false,
        };
        let sql_type = SqlType::named(of);
        let values = Values { node: "", sql_type: &sql_type, settings: None, expected, actual };
        expected != "NULL" && actual != "NULL" && values.are_equal(&Answers::new()) == Ok(true)
    }
}

/// A point in time without the offset that the session shows it in.
fn local(text: &str) -> &str {
    let Some(time) = text.find(' ') else { return text };
    text[time..].find(['+', '-']).map_or(text, |offset| &text[..time + offset])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equal(header: (&str, &str), lines: (&str, &str)) -> bool {
        Families::of(header.0, header.1).is_some_and(|families| families.equal(lines.0, lines.1))
    }

    #[test]
    fn values_of_one_family_are_equal_however_their_types_print_them() {
        assert!(equal(("a:text | n:int8", "a:varchar | n:numeric"), ("x | 3", "x | 3.00")));
        assert!(equal(("n:numeric", "n:numeric"), ("720.50", "720.5000")));
        assert!(equal(("d:date", "d:timestamp"), ("2024-05-01", "2024-05-01 00:00:00")));
        assert!(equal(("d:date", "d:timestamptz"), ("2024-05-01", "2024-05-01 00:00:00+02")));
        assert!(equal(("r:text", "r:region"), ("APJ", "APJ")));
        assert!(equal(("x:float8", "x:float4"), ("0.5", "5e-1")));
    }

    #[test]
    fn other_values_families_names_and_numbers_of_columns_differ() {
        assert!(!equal(("n:numeric", "n:numeric"), ("720.50", "720.51")));
        assert!(!equal(("n:numeric", "n:numeric"), ("NULL", "0")));
        assert!(!equal(("d:date", "d:timestamp"), ("2024-05-01", "2024-05-01 08:00:00")));
        assert!(!equal(("a:text", "a:varchar"), ("x", "X")));
        for (expected, actual) in [
            ("n:numeric", "n:text"),
            ("n:numeric", "n:float8"),
            ("d:date", "d:text"),
            ("b:text", "b:bool"),
            ("u:uuid", "u:text"),
            ("a:text", "b:text"),
            ("a:text | b:text", "a:text"),
            ("a:_int4", "a:_int8"),
        ] {
            assert!(Families::of(expected, actual).is_none(), "{expected} {actual}");
        }
    }
}
