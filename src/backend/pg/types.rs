//! Types by their OIDs: the server's own are known, all others are looked up in its catalog, once a session.

use std::collections::BTreeMap;

use tokio_postgres::types::{Kind, Type};

use super::wire::Described;
use crate::observation::{Column, SqlType};

/// Types of the database that were looked up.
#[derive(Debug, Default)]
pub(super) struct Types(BTreeMap<u32, SqlType>);

impl Types {
    /// OIDs that have to be looked up.
    pub(super) fn unknown(&self, columns: &[Described]) -> Vec<u32> {
        let unknown = |oid: &u32| Type::from_oid(*oid).is_none() && !self.0.contains_key(oid);
        let mut oids: Vec<u32> = columns.iter().map(|column| column.oid).filter(unknown).collect();
        oids.sort_unstable();
        oids.dedup();
        oids
    }

    /// The query that looks them up: OID, name, and the same of the type of an array's elements. Everything in it is
    /// qualified: the session's search path is its author's.
    pub(super) fn query(oids: &[u32]) -> String {
        let list: Vec<String> = oids.iter().map(u32::to_string).collect();
        format!(
            "SELECT t.oid, t.typname, e.oid, e.typname FROM pg_catalog.pg_type t LEFT JOIN pg_catalog.pg_type e \
             ON e.oid OPERATOR(pg_catalog.=) t.typelem AND t.typcategory OPERATOR(pg_catalog.=) 'A' \
             WHERE t.oid OPERATOR(pg_catalog.=) ANY ('{{{}}}'::pg_catalog.oid[])",
            list.join(",")
        )
    }

    /// The query for the types that domains are over, however many are between: OID, and OID of what it is in the end.
    pub(super) fn bases(oids: &[u32]) -> String {
        let list: Vec<String> = oids.iter().map(u32::to_string).collect();
        format!(
            "WITH RECURSIVE base (root, id, next) AS (SELECT t.oid, t.oid, t.typbasetype FROM pg_catalog.pg_type t \
               WHERE t.oid OPERATOR(pg_catalog.=) ANY ('{{{}}}'::pg_catalog.oid[]) \
             UNION ALL SELECT base.root, t.oid, t.typbasetype FROM base JOIN pg_catalog.pg_type t \
               ON t.oid OPERATOR(pg_catalog.=) base.next) \
             SELECT root, id FROM base WHERE next OPERATOR(pg_catalog.=) 0",
            list.join(",")
        )
    }

    /// Keeps what the query gave.
    pub(super) fn learn(&mut self, rows: &[Vec<Option<String>>]) {
        let oid = |cell: &Option<String>| cell.as_ref()?.parse().ok();
        for row in rows {
            let [number, Some(name), element, element_name] = row.as_slice() else { continue };
            let element = oid(element).zip(element_name.clone());
            let element = element.map(|(oid, name)| Box::new(SqlType { name, oid, element: None }));
            if let Some(number) = oid(number) {
                self.0.insert(number, SqlType { name: name.clone(), oid: number, element });
            }
        }
    }

    /// Columns with their types; one that is not known has no name.
    pub(super) fn columns(&self, described: Vec<Described>) -> Vec<Column> {
        let column = |column: Described| {
            let sql_type = self.get(column.oid);
            let modifier = modifier(&sql_type, column.modifier);
            Column { name: column.name, sql_type, modifier }
        };
        described.into_iter().map(column).collect()
    }

    fn get(&self, oid: u32) -> SqlType {
        match Type::from_oid(oid) {
            Some(known) => builtin(&known),
            None => self.0.get(&oid).cloned().unwrap_or(SqlType { oid, ..SqlType::default() }),
        }
    }
}

/// Whether it is `json` or `jsonb`.
pub(super) fn is_json(oid: u32) -> bool {
    [Type::JSON.oid(), Type::JSONB.oid()].contains(&oid)
}

/// Whether values are printed as names, with their schema where the search path does not lead to them (manual, 8.19), or are
/// arrays of such.
pub(super) fn is_named_object(sql_type: &SqlType) -> bool {
    let is_own = |known: &SqlType| Type::from_oid(known.oid).is_some() && known.name.starts_with("reg");
    is_own(sql_type) || sql_type.element.as_deref().is_some_and(is_own)
}

/// A modifier as `format_type` writes it: of an array it is that of its elements. The encodings are those of the types' own
/// `typmodout` functions.
fn modifier(sql_type: &SqlType, modifier: i32) -> Option<String> {
    /// What is added to a length, and to the encoded precision and scale of `numeric`.
    const HEADER: i32 = 4;
    if modifier < 0 {
        return None;
    }
    let name = sql_type.element.as_ref().map_or(sql_type.name.as_str(), |element| element.name.as_str());
    match name {
        "varchar" | "bpchar" => Some((modifier - HEADER).to_string()),
        "numeric" => {
            let both = modifier - HEADER;
            // The scale has eleven bits with a sign.
            let scale = ((both & 0x7ff) ^ 0x400) - 0x400;
            Some(format!("{},{scale}", (both >> 16) & 0xffff))
        }
        "bit" | "varbit" | "time" | "timetz" | "timestamp" | "timestamptz" => Some(modifier.to_string()),
        _ => None,
    }
}

fn builtin(known: &Type) -> SqlType {
    let element = match known.kind() {
        Kind::Array(element) => Some(Box::new(builtin(element))),
        _ => None,
    };
    SqlType { name: known.name().to_string(), oid: known.oid(), element }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn described(oid: u32) -> Described {
        Described { name: "c".into(), oid, modifier: -1 }
    }

    #[test]
    fn types_of_the_server_itself_are_known_and_others_are_asked_for_once() {
        let mut types = Types::default();
        let columns = [described(23), described(70_000), described(1009), described(70_000), described(70_001)];
        assert_eq!(types.unknown(&columns), [70_000, 70_001]);
        let cell = |text: &str| Some(text.to_string());
        types.learn(&[vec![cell("70000"), cell("_mood"), cell("70001"), cell("mood")]]);
        assert_eq!(types.unknown(&columns), [70_001]);
    }

    #[test]
    fn modifiers_read_as_the_server_writes_them() {
        for (name, number, written) in [
            ("numeric", ((10 << 16) | 2) + 4, Some("10,2")),
            ("numeric", ((3 << 16) | 0x7fe) + 4, Some("3,-2")),
            ("varchar", 24, Some("20")),
            ("_bpchar", 9, Some("5")),
            ("timestamptz", 0, Some("0")),
            ("bit", 3, Some("3")),
            ("int4", -1, None),
            ("numeric", -1, None),
        ] {
            assert_eq!(modifier(&SqlType::named(name), number).as_deref(), written, "{name}");
        }
    }

    #[test]
    fn an_array_names_the_type_of_its_elements_whatever_its_own_name_is() {
        let mut types = Types::default();
        let cell = |text: &str| Some(text.to_string());
        types.learn(&[
            vec![cell("70000"), cell("moods"), cell("70001"), cell("mood")],
            vec![cell("70002"), cell("_odd"), None, None],
        ]);
        let columns = types.columns(vec![described(70_000), described(70_002), described(1007), described(99_999)]);
        assert_eq!(columns[0].sql_type.element.as_ref().map(|element| element.name.as_str()), Some("mood"));
        assert_eq!((columns[1].type_name(), &columns[1].sql_type.element), ("_odd", &None));
        assert_eq!(columns[2].sql_type.element.as_ref().map(|element| element.oid), Some(23));
        assert_eq!(columns[3].sql_type, SqlType { oid: 99_999, ..SqlType::default() });
    }
}
