//! What can go wrong with a value, by its type: only what the column could hold, and what differs from the value.

use crate::catalog::{Column, Constraint, PgCatalog};
use crate::language::sql::{TokenKind, tokens};
use crate::variables::{quote_identifier, quote_literal};

/// A wrong value.
pub(super) struct Fault {
    /// What kind of fault it is.
    pub kind: &'static str,
    /// The fault in words that go on after the column's name.
    pub says: String,
    /// The value, an expression over `{}`, the right one.
    value: String,
}

impl Fault {
    fn of(says: &'static str, value: &str) -> Self {
        Self { kind: says, says: says.into(), value: value.into() }
    }

    /// The statement that makes it.
    pub fn assignment(&self, column: &Column) -> String {
        let name = format!("NEW.{}", quote_identifier(&column.name));
        format!("{name} := {};", self.value.replace("{}", &name))
    }
}

/// The faults of a column, the one first that is hardest to miss.
pub(super) fn faults(column: &Column, neighbour: Option<&Column>, catalog: &PgCatalog) -> Vec<Fault> {
    let facts = Facts::of(column, catalog);
    let mut found = match kind_of(&column.kind) {
        _ if facts.listed.len() > 1 => always(&facts.listed),
        _ if facts.is_key => of_key(&column.kind),
        Kind::Text => of_text(column.nullable),
        Kind::Whole => of_whole(facts.is_positive),
        Kind::Decimal => of_decimal(facts.is_positive),
        Kind::Date => of_date(),
        Kind::Time => of_time(&column.kind),
        Kind::Truth => of_truth(),
        Kind::Other => vec![],
    };
    if column.nullable {
        found.push(Fault::of("is NULL", "NULL"));
    }
    if let Some(default) = column.default.as_deref().filter(|default| !default.contains("nextval(")) {
        // The same said by its type is enough.
        let known = found.iter().any(|fault| fault.value.eq_ignore_ascii_case(default));
        found.extend((!known).then(|| Fault::of("is its default", default)));
    }
    if let Some(other) = neighbour {
        let value = format!("coalesce(NEW.{}, {{}})", quote_identifier(&other.name));
        found.push(Fault { kind: "is its neighbour", says: format!("is {}", other.name), value });
    }
    found
}

enum Kind {
    Text,
    Whole,
    Decimal,
    Date,
    Time,
    Truth,
    Other,
}

/// By the type's name as format_type prints it.
fn kind_of(kind: &str) -> Kind {
    let begins = |names: &[&str]| names.iter().any(|name| kind == *name || kind.starts_with(&format!("{name}(")));
    match kind {
        "smallint" | "integer" | "bigint" => Kind::Whole,
        "date" => Kind::Date,
        "boolean" => Kind::Truth,
        "real" | "double precision" => Kind::Decimal,
        _ if begins(&["numeric"]) && !kind.ends_with(",0)") => Kind::Decimal,
        _ if begins(&["numeric"]) => Kind::Whole,
        _ if begins(&["text", "character varying", "character", "citext"]) => Kind::Text,
        _ if kind.starts_with("timestamp") => Kind::Time,
        _ => Kind::Other,
    }
}

/// What constraints and partitions say of a column.
struct Facts {
    /// The values of which it must be one.
    listed: Vec<String>,
    /// It is part of a key.
    is_key: bool,
    /// A check refuses what is below zero.
    is_positive: bool,
}

impl Facts {
    fn of(column: &Column, catalog: &PgCatalog) -> Self {
        let own =
            |constraint: &&Constraint| constraint.table == column.table && constraint.columns.contains(&column.name);
        let of_kind = |kinds: &'static str| {
            catalog.constraints.iter().filter(own).filter(move |constraint| kinds.contains(&constraint.kind))
        };
        let checks = || of_kind("c").map(|check| check.definition.as_str());
        let alone = || of_kind("c").filter(|check| check.columns.len() == 1).map(|check| check.definition.as_str());
        let lists = alone().find(|check| check.contains("ANY (ARRAY[")).map(literals);
        let of_partitions = catalog
            .partitions
            .iter()
            .filter(|part| part.parent == column.table && part.key.as_ref() == Some(&column.name))
            .filter(|part| part.bound.starts_with("FOR VALUES IN"))
            .flat_map(|part| literals(&part.bound));
        Self {
            listed: lists.unwrap_or_else(|| of_partitions.collect()),
            is_key: of_kind("puf").next().is_some(),
            is_positive: checks().any(|check| check.contains(" > ") || check.contains(" >= ")),
        }
    }
}

/// The string constants of a definition.
fn literals(definition: &str) -> Vec<String> {
    let quoted = tokens(definition).into_iter().filter(|token| token.kind == TokenKind::Quoted);
    quoted.map(|token| definition[token.range].trim_matches('\'').replace("''", "'")).collect()
}

/// One of a list: the first and the last of it are enough.
fn always(listed: &[String]) -> Vec<Fault> {
    let ends = listed.first().into_iter().chain(listed.last());
    ends.map(|value| Fault { kind: "is always", says: format!("is always {value}"), value: quote_literal(value) })
        .collect()
}

/// A key points elsewhere.
fn of_key(kind: &str) -> Vec<Fault> {
    match kind_of(kind) {
        Kind::Whole => vec![Fault::of("is one more", "{} + 1")],
        Kind::Text => vec![Fault::of("is in lower case", "lower({})"), Fault::of("is trimmed", "btrim({})")],
        Kind::Time => of_time(kind),
        _ => vec![],
    }
}

fn of_text(nullable: bool) -> Vec<Fault> {
    let mut faults = vec![
        Fault::of("loses its last character", "left({}, -1)"),
        Fault::of("is cut at 20 characters", "left({}, 20)"),
        Fault::of("is trimmed", "btrim({})"),
        Fault::of("is in lower case", "lower({})"),
        Fault::of("is in upper case", "upper({})"),
        Fault::of("has its quotes doubled", "replace({}, '''', '''''')"),
        Fault::of("has ? for what is not ASCII", "regexp_replace({}, '[^\\x01-\\x7f]', '?', 'g')"),
        Fault::of("has its spaces collapsed", "regexp_replace({}, '\\s+', ' ', 'g')"),
    ];
    if nullable {
        faults.push(Fault::of("is NULL when it is empty", "nullif({}, '')"));
        faults.push(Fault::of("is empty when it is NULL", "coalesce({}, '')"));
    }
    faults
}

fn of_whole(positive: bool) -> Vec<Fault> {
    let mut faults = vec![
        Fault::of("is one more", "{} + 1"),
        Fault::of("is one less", "{} - 1"),
        Fault::of("is at most 99", "least({}, 99)"),
    ];
    faults.extend((!positive).then(|| Fault::of("loses its sign", "abs({})")));
    faults
}

fn of_decimal(positive: bool) -> Vec<Fault> {
    let mut faults = vec![
        Fault::of("is a hundredth more", "{} + 0.01"),
        Fault::of("is rounded", "round({})"),
        Fault::of("is truncated", "trunc({})"),
        Fault::of("is rounded to tenths", "round({}::numeric, 1)"),
        Fault::of("is at most 99.99", "least({}, 99.99)"),
    ];
    faults.extend((!positive).then(|| Fault::of("loses its sign", "abs({})")));
    faults
}

fn of_date() -> Vec<Fault> {
    let exchanged = "CASE WHEN date_part('day', {}) <= 12 THEN \
        make_date(date_part('year', {})::int, date_part('day', {})::int, date_part('month', {})::int) ELSE {} END";
    vec![
        Fault::of("is a day late", "{} + 1"),
        Fault::of("is a day early", "{} - 1"),
        Fault::of("is the first of its month", "date_trunc('month', {})::date"),
        Fault::of("has day and month exchanged", exchanged),
        Fault::of("is today", "CURRENT_DATE"),
    ]
}

fn of_time(kind: &str) -> Vec<Fault> {
    let now =
        if kind.ends_with("with time zone") { "clock_timestamp()" } else { "clock_timestamp() AT TIME ZONE 'UTC'" };
    vec![
        Fault::of("is an hour late", "{} + interval '1 hour'"),
        Fault::of("loses its fraction", "date_trunc('second', {})"),
        Fault::of("loses its time", "date_trunc('day', {})"),
        Fault::of("is now", now),
    ]
}

fn of_truth() -> Vec<Fault> {
    vec![Fault::of("is negated", "NOT {}"), Fault::of("is always true", "true"), Fault::of("is always false", "false")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Partition;

    fn column(kind: &str) -> Column {
        Column { table: "t".into(), name: "c".into(), kind: kind.into(), ..Column::default() }
    }

    fn constraint(kind: &str, definition: &str) -> PgCatalog {
        let constraint = Constraint {
            table: "t".into(),
            kind: kind.into(),
            definition: definition.into(),
            columns: vec!["c".into()],
            ..Constraint::default()
        };
        PgCatalog { constraints: vec![constraint], ..PgCatalog::default() }
    }

    fn says(column: &Column, catalog: &PgCatalog) -> Vec<String> {
        faults(column, None, catalog).into_iter().map(|fault| fault.says).collect()
    }

    #[test]
    fn every_type_has_faults_of_its_own() {
        let none = PgCatalog::default();
        assert!(says(&column("character varying(20)"), &none).contains(&"is trimmed".to_string()));
        assert!(says(&column("numeric(10,2)"), &none).contains(&"is rounded".to_string()));
        assert!(!says(&column("numeric(10,0)"), &none).contains(&"is rounded".to_string()));
        assert!(says(&column("timestamp with time zone"), &none).contains(&"is an hour late".to_string()));
        assert!(says(&column("boolean"), &none).contains(&"is negated".to_string()));
        assert!(says(&column("point"), &none).is_empty());
    }

    #[test]
    fn only_a_column_that_takes_null_loses_its_value() {
        let nullable = Column { nullable: true, ..column("text") };
        assert!(says(&nullable, &PgCatalog::default()).contains(&"is NULL".to_string()));
        assert!(!says(&column("text"), &PgCatalog::default()).iter().any(|fault| fault.contains("NULL")));
    }

    #[test]
    fn one_of_a_list_is_always_the_first_or_the_last_of_it() {
        let check = constraint("c", "CHECK ((c = ANY (ARRAY['A'::text, 'it''s'::text, 'Z'::text])))");
        assert_eq!(says(&column("text"), &check), ["is always A", "is always Z"]);
        let part = |bound: &str| Partition {
            parent: "t".into(),
            key: Some("c".into()),
            bound: bound.into(),
            ..Partition::default()
        };
        let partitions = vec![part("FOR VALUES IN ('N')"), part("FOR VALUES IN ('S')")];
        let catalog = PgCatalog { partitions, ..PgCatalog::default() };
        assert_eq!(says(&column("text"), &catalog), ["is always N", "is always S"]);
    }

    #[test]
    fn a_key_points_elsewhere_and_what_cannot_be_negative_keeps_its_sign() {
        assert_eq!(says(&column("bigint"), &constraint("p", "PRIMARY KEY (c)")), ["is one more"]);
        let positive = constraint("c", "CHECK ((c > 0))");
        assert!(!says(&column("integer"), &positive).contains(&"loses its sign".to_string()));
        assert!(says(&column("integer"), &PgCatalog::default()).contains(&"loses its sign".to_string()));
    }

    #[test]
    fn a_default_is_a_fault_unless_it_counts_or_is_one_already() {
        let with = |kind: &str, default: &str| Column { default: Some(default.into()), ..column(kind) };
        let none = PgCatalog::default();
        assert!(says(&with("integer", "1"), &none).contains(&"is its default".to_string()));
        assert!(!says(&with("date", "CURRENT_DATE"), &none).contains(&"is its default".to_string()));
        assert!(!says(&with("bigint", "nextval('s'::regclass)"), &none).contains(&"is its default".to_string()));
    }
}
