//! Types by their OIDs: the server's own are known, all others are looked up in its catalog with all that they are made of.

use std::collections::BTreeMap;

use tokio_postgres::types::{Kind, Type};

use super::wire::Described;
use crate::observation::{Attribute, CATALOG, Column, Shape, SqlType, delimiter_of};

/// How many types may be inside one another: no value is read deeper.
const DEPTH: usize = 40;

/// Types of the database that were looked up.
#[derive(Debug, Default)]
pub(super) struct Types(BTreeMap<u32, Entry>);

/// A type as the catalog has it; other types are named by their OIDs.
#[derive(Clone, Debug, Default)]
struct Entry {
    name: String,
    schema: String,
    made: Made,
    /// Names and types of fields.
    fields: Vec<(String, u32)>,
    labels: Vec<String>,
}

/// What values are made of.
#[derive(Clone, Copy, Debug, Default)]
enum Made {
    #[default]
    Alone,
    Array {
        element: u32,
        delimiter: char,
    },
    Composite,
    Range {
        bound: u32,
        discrete: bool,
    },
    Multirange {
        bound: u32,
    },
    Domain {
        base: u32,
    },
    Enum,
}

impl Types {
    /// Those of the OIDs that have to be looked up: they are not known, or their fields may have become others.
    pub(super) fn unknown(&self, oids: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let unknown = |oid: &u32| !is_known(*oid) && self.0.get(oid).is_none_or(|_| self.has_fields(*oid, DEPTH));
        let mut oids: Vec<u32> = oids.into_iter().filter(unknown).collect();
        oids.sort_unstable();
        oids.dedup();
        oids
    }

    /// Those of the OIDs that no look-up has found.
    pub(super) fn missing(&self, oids: Vec<u32>) -> Vec<u32> {
        oids.into_iter().filter(|oid| !self.0.contains_key(oid)).collect()
    }

    /// Forgets what was looked up: a statement may have changed it.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }

    /// The query that looks them up with all types that they are made of: OID, what the row is about (`t` a type, `f` a field
    /// of it, `l` a label), the place of that, its name, the schema, the type that it is made of, and of a type its kind and
    /// what parts elements. Everything is qualified: the session's search path is its author's.
    pub(super) fn query(oids: &[u32]) -> String {
        let list: Vec<String> = oids.iter().map(u32::to_string).collect();
        QUERY.replace("$OIDS", &list.join(","))
    }

    /// Keeps what the query gave.
    pub(super) fn learn(&mut self, rows: &[Vec<Option<String>>]) {
        let mut found: BTreeMap<u32, Entry> = BTreeMap::new();
        for row in rows {
            let [Some(oid), Some(what), _, Some(name), schema, of, mark] = row.as_slice() else { continue };
            let Ok(oid) = oid.parse() else { continue };
            let of = of.as_ref().and_then(|of| of.parse().ok()).unwrap_or_default();
            let entry = found.entry(oid).or_default();
            match what.as_str() {
                "f" => entry.fields.push((name.clone(), of)),
                "l" => entry.labels.push(name.clone()),
                _ => {
                    entry.name.clone_from(name);
                    entry.schema = schema.clone().unwrap_or_default();
                    entry.made = made(mark.as_deref().unwrap_or_default(), of);
                }
            }
        }
        self.0.extend(found);
    }

    /// Whether a value of the type has named fields, at any depth.
    fn has_fields(&self, oid: u32, depth: usize) -> bool {
        let Some((entry, depth)) = self.0.get(&oid).zip(depth.checked_sub(1)) else { return false };
        match entry.made {
            Made::Composite => true,
            Made::Array { element: part, .. }
            | Made::Range { bound: part, .. }
            | Made::Multirange { bound: part }
            | Made::Domain { base: part } => self.has_fields(part, depth),
            Made::Alone | Made::Enum => false,
        }
    }

    /// The type; without a name when it is not known.
    pub(super) fn get(&self, oid: u32) -> SqlType {
        self.resolved(oid, DEPTH)
    }

    fn resolved(&self, oid: u32, depth: usize) -> SqlType {
        let unknown = SqlType { oid, ..SqlType::default() };
        if let Some(known) = Type::from_oid(oid) {
            return builtin(&known);
        }
        let Some((entry, depth)) = self.0.get(&oid).zip(depth.checked_sub(1)) else { return unknown };
        let part = |oid: u32| Box::new(self.resolved(oid, depth));
        let shape = match entry.made {
            Made::Alone => Shape::Scalar,
            Made::Array { element, delimiter } => Shape::Array { element: part(element), delimiter },
            Made::Range { bound, discrete } => Shape::Range { bound: part(bound), discrete },
            Made::Multirange { bound } => Shape::Multirange { bound: part(bound) },
            Made::Domain { base } => Shape::Domain(part(base)),
            Made::Enum => Shape::Enum(entry.labels.clone()),
            Made::Composite => {
                let field = |(name, of): &(String, u32)| Attribute { name: name.clone(), sql_type: *part(*of) };
                Shape::Composite(entry.fields.iter().map(field).collect())
            }
        };
        SqlType { name: entry.name.clone(), schema: entry.schema.clone(), oid, shape }
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
}

/// Whether a type needs no look-up.
fn is_known(oid: u32) -> bool {
    Type::from_oid(oid).is_some()
}

/// Of a mark such as `a,`: the kind, and what parts elements.
fn made(mark: &str, of: u32) -> Made {
    let mut chars = mark.chars();
    match chars.next() {
        Some('a') => Made::Array { element: of, delimiter: chars.next().unwrap_or(',') },
        Some('c') => Made::Composite,
        Some('r') => Made::Range { bound: of, discrete: false },
        Some('R') => Made::Range { bound: of, discrete: true },
        Some('m') => Made::Multirange { bound: of },
        Some('d') => Made::Domain { base: of },
        Some('e') => Made::Enum,
        _ => Made::Alone,
    }
}

/// Whether it is `json` or `jsonb`, or a domain over one of them.
pub(super) fn is_json(sql_type: &SqlType) -> bool {
    [Type::JSON.oid(), Type::JSONB.oid()].contains(&sql_type.base().oid)
}

/// Whether values are printed as names, with their schema where the search path does not lead to them (manual, 8.19), or hold
/// such.
pub(super) fn is_named_object(sql_type: &SqlType) -> bool {
    sql_type.holds(&|part| part.builtin_name().starts_with("reg"))
}

/// A modifier as `format_type` writes it: of an array it is that of its elements. The encodings are those of the types' own
/// `typmodout` functions.
fn modifier(sql_type: &SqlType, modifier: i32) -> Option<String> {
    /// What is added to a length, and to the encoded precision and scale of `numeric`.
    const HEADER: i32 = 4;
    if modifier < 0 {
        return None;
    }
    match sql_type.element().unwrap_or(sql_type).builtin_name() {
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

/// Types whose values are arrays by the catalog and are not printed as such (manual, 8.19).
const VECTORS: [Type; 2] = [Type::INT2_VECTOR, Type::OID_VECTOR];

fn builtin(known: &Type) -> SqlType {
    let shape = match known.kind() {
        _ if VECTORS.contains(known) => Shape::Scalar,
        _ if *known == Type::RECORD => Shape::Record,
        _ if *known == Type::RECORD_ARRAY => Shape::Array { element: Box::new(builtin(&Type::RECORD)), delimiter: ',' },
        Kind::Array(element) => {
            Shape::Array { element: Box::new(builtin(element)), delimiter: delimiter_of(element.name()) }
        }
        Kind::Range(bound) => Shape::Range { bound: Box::new(builtin(bound)), discrete: is_discrete(bound) },
        Kind::Multirange(bound) => Shape::Multirange { bound: Box::new(builtin(bound)) },
        _ => Shape::Scalar,
    };
    SqlType { name: known.name().to_string(), schema: CATALOG.into(), oid: known.oid(), shape }
}

/// Whether the server's own ranges of the type have one notation for each value (manual, 8.17.7).
fn is_discrete(bound: &Type) -> bool {
    [Type::INT4, Type::INT8, Type::DATE].contains(bound)
}

const QUERY: &str = "\
WITH RECURSIVE part (id) AS ( \
  SELECT t.oid FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) ANY ('{$OIDS}'::pg_catalog.oid[]) \
  UNION SELECT next.id FROM part, LATERAL ( \
    SELECT t.typelem FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) part.id \
      AND t.typcategory OPERATOR(pg_catalog.=) 'A' \
    UNION ALL SELECT t.typbasetype FROM pg_catalog.pg_type t WHERE t.oid OPERATOR(pg_catalog.=) part.id \
    UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r \
      WHERE r.rngtypid OPERATOR(pg_catalog.=) part.id OR r.rngmultitypid OPERATOR(pg_catalog.=) part.id \
    UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t \
      ON t.typrelid OPERATOR(pg_catalog.=) a.attrelid AND t.oid OPERATOR(pg_catalog.=) part.id \
      AND t.typtype OPERATOR(pg_catalog.=) 'c' \
      WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped) AS next (id) \
    WHERE next.id OPERATOR(pg_catalog.<>) 0) \
SELECT t.oid, 't', 0, t.typname::pg_catalog.text, n.nspname::pg_catalog.text, \
    CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'd' THEN t.typbasetype \
      WHEN r.rngsubtype IS NOT NULL THEN r.rngsubtype ELSE t.typelem END, \
    CASE WHEN t.typtype OPERATOR(pg_catalog.=) 'r' AND r.rngcanonical::pg_catalog.oid OPERATOR(pg_catalog.<>) 0 THEN 'R' \
      WHEN t.typtype OPERATOR(pg_catalog.=) 'b' AND t.typcategory OPERATOR(pg_catalog.=) 'A' \
        THEN pg_catalog.concat('a', e.typdelim) \
      ELSE t.typtype::pg_catalog.text END \
  FROM part JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) part.id \
  JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) t.typnamespace \
  LEFT JOIN pg_catalog.pg_type e ON e.oid OPERATOR(pg_catalog.=) t.typelem \
  LEFT JOIN pg_catalog.pg_range r ON r.rngtypid OPERATOR(pg_catalog.=) t.oid OR r.rngmultitypid OPERATOR(pg_catalog.=) t.oid \
UNION ALL SELECT t.oid, 'f', a.attnum, a.attname::pg_catalog.text, NULL, a.atttypid, NULL \
  FROM part JOIN pg_catalog.pg_type t ON t.oid OPERATOR(pg_catalog.=) part.id AND t.typtype OPERATOR(pg_catalog.=) 'c' \
  JOIN pg_catalog.pg_attribute a ON a.attrelid OPERATOR(pg_catalog.=) t.typrelid \
  WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped \
UNION ALL SELECT l.enumtypid, 'l', l.enumsortorder, l.enumlabel::pg_catalog.text, NULL, NULL, NULL \
  FROM part JOIN pg_catalog.pg_enum l ON l.enumtypid OPERATOR(pg_catalog.=) part.id \
ORDER BY 1, 2 DESC, 3";

#[cfg(test)]
mod tests {
    use super::*;

    fn described(oid: u32) -> Described {
        Described { name: "c".into(), oid, modifier: -1 }
    }

    /// A row that the query gives: OID, what, name, schema, type, mark.
    fn row(oid: u32, what: &str, name: &str, schema: &str, of: u32, mark: &str) -> Vec<Option<String>> {
        let texts = [oid.to_string(), what.into(), "0".into(), name.into(), schema.into(), of.to_string(), mark.into()];
        texts.into_iter().map(Some).collect()
    }

    fn learned(rows: &[Vec<Option<String>>]) -> Types {
        let mut types = Types::default();
        types.learn(rows);
        types
    }

    #[test]
    fn types_of_the_server_itself_are_known_and_others_are_asked_for_once() {
        let types = learned(&[row(70_000, "t", "mood", "app", 0, "e")]);
        assert_eq!(types.unknown([23, 70_000, 1009, 70_001, 70_001]), [70_001]);
        assert_eq!(types.missing(vec![70_000, 70_001]), [70_001]);
    }

    #[test]
    fn a_type_with_fields_is_asked_for_each_time_since_they_may_change() {
        let types = learned(&[
            row(70_000, "t", "price", "app", 0, "c"),
            row(70_001, "t", "_price", "app", 70_000, "a,"),
            row(70_002, "t", "cent", "app", 23, "d"),
        ]);
        assert_eq!(types.unknown([70_000, 70_001, 70_002]), [70_000, 70_001]);
    }

    #[test]
    fn a_type_is_known_with_all_that_it_is_made_of() {
        let types = learned(&[
            row(70_000, "t", "price", "app", 0, "c"),
            row(70_000, "f", "amount", "", 70_001, ""),
            row(70_000, "f", "moods", "", 70_002, ""),
            row(70_001, "t", "cent", "app", 1700, "d"),
            row(70_002, "t", "moods", "app", 70_003, "a;"),
            row(70_003, "t", "mood", "app", 0, "e"),
            row(70_003, "l", "sad", "", 0, ""),
            row(70_003, "l", "ok", "", 0, ""),
            row(70_004, "t", "span", "app", 1082, "R"),
        ]);
        let price = types.get(70_000);
        let Shape::Composite(fields) = &price.shape else { panic!("{price:?}") };
        assert_eq!((price.schema.as_str(), fields[0].name.as_str()), ("app", "amount"));
        assert_eq!(fields[0].sql_type.base().name, "numeric");
        let Shape::Array { element, delimiter: ';' } = &fields[1].sql_type.shape else { panic!("{fields:?}") };
        assert_eq!(element.shape, Shape::Enum(vec!["sad".into(), "ok".into()]));
        assert!(matches!(types.get(70_004).shape, Shape::Range { discrete: true, .. }));
    }

    #[test]
    fn the_servers_own_types_have_their_parts() {
        let shape = |known: Type| builtin(&known).shape;
        assert!(matches!(shape(Type::INT4_RANGE), Shape::Range { discrete: true, .. }));
        assert!(matches!(shape(Type::TSTZ_RANGE), Shape::Range { discrete: false, .. }));
        assert!(matches!(shape(Type::NUMMULTI_RANGE), Shape::Multirange { bound } if bound.name == "numeric"));
        assert!(matches!(shape(Type::BOX_ARRAY), Shape::Array { delimiter: ';', .. }));
        assert!(matches!(shape(Type::RECORD_ARRAY), Shape::Array { element, .. } if element.shape == Shape::Record));
        assert_eq!(shape(Type::INT2_VECTOR), Shape::Scalar);
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
    fn a_type_that_nobody_knows_has_no_name() {
        let columns = Types::default().columns(vec![described(99_999), described(1007)]);
        assert_eq!(columns[0].sql_type, SqlType { oid: 99_999, ..SqlType::default() });
        assert_eq!(columns[1].sql_type.element().map(|element| element.oid), Some(23));
    }
}
