//! Columns of one type beside one another in a list: each could be the other by mistake, and no server refuses it.

use super::rewrite::{Rewrite, Says};
use super::tokens::Code;
use crate::catalog::PgCatalog;
use crate::language::sql::TokenKind;

/// The columns of all tables: table, name in upper case, type.
#[derive(Default)]
pub(super) struct Columns(Vec<(String, String, String)>);

impl Columns {
    /// Those of a catalog.
    pub fn of(catalog: &PgCatalog) -> Self {
        let columns = catalog.columns.iter().filter(|column| !column.of_partition);
        let row = |column: &crate::catalog::Column| {
            (column.table.clone(), column.name.to_ascii_uppercase(), column.kind.clone())
        };
        Self(columns.map(row).collect())
    }

    fn are_alike(&self, one: &str, other: &str) -> bool {
        let of = |name: &str| self.0.iter().filter(move |(_, column, _)| *column == name).collect::<Vec<_>>();
        let others = of(other);
        one != other && of(one).iter().any(|(table, _, kind)| others.iter().any(|(t, _, k)| t == table && k == kind))
    }

    /// The column at a place and the next of the list in the other order.
    pub fn exchanged(&self, code: &Code<'_>, at: usize) -> Option<Rewrite> {
        if code.at(at + 1) != "," {
            return None;
        }
        // `a, b` or `x.a, x.b`.
        let other = if code.at(at + 3) == "." { at + 4 } else { at + 2 };
        let is_word = |at: usize| code.parts.get(at).is_some_and(|part| part.kind == TokenKind::Word);
        if !is_word(other) || code.at(other + 1) == "(" || !self.are_alike(code.at(at), code.at(other)) {
            return None;
        }
        let (one, two) = (code.parts[at].range.clone(), code.parts[other].range.clone());
        let (first, second) = (&code.text[one.clone()], &code.text[two.clone()]);
        let says = format!("{first} and {second} are exchanged");
        let places = [(one, second), (two, first)];
        Some(Rewrite::new(code, at, Says { kind: "columns are exchanged", says }, &places))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Column;

    fn columns() -> Columns {
        let column = |table: &str, name: &str, kind: &str| Column {
            table: table.into(),
            name: name.into(),
            kind: kind.into(),
            ..Column::default()
        };
        let columns =
            vec![column("t", "a", "text"), column("t", "b", "text"), column("t", "n", "int"), column("u", "c", "text")];
        Columns::of(&PgCatalog { columns, ..PgCatalog::default() })
    }

    fn exchanged(text: &str) -> Vec<String> {
        let code = Code::read(text, 0..text.len());
        (0..code.parts.len()).filter_map(|at| columns().exchanged(&code, at)).map(|each| each.text).collect()
    }

    #[test]
    fn columns_of_one_table_and_one_type_are_exchanged() {
        assert_eq!(exchanged("SELECT n, a, b FROM t"), ["SELECT n, b, a FROM t"]);
        assert_eq!(exchanged("VALUES (NEW.a, NEW.b)"), ["VALUES (NEW.b, NEW.a)"]);
        assert!(exchanged("SELECT a, n, c").is_empty(), "another type, another table");
        assert!(exchanged("SELECT a, b(1)").is_empty(), "a function");
    }
}
