//! Mutants of a PostgreSQL catalog: constraints, columns, indexes, triggers and publications, one taken away at a time.

use super::change::Change;
use super::partitions;
use crate::catalog::{Column, Constraint, Index, PgCatalog, Publication, Trigger};
use crate::model::NodeName;
use crate::variables::quote_identifier;

/// Every change to what this peer has.
pub fn changes(peer: &NodeName, catalog: &PgCatalog) -> Vec<Change> {
    let constraints = catalog.constraints.iter().flat_map(|constraint| of_constraint(peer, constraint));
    let columns = catalog.columns.iter().flat_map(|column| of_column(peer, column));
    let indexes = catalog.indexes.iter().flat_map(|index| of_index(peer, index));
    let triggers = catalog.triggers.iter().flat_map(|trigger| of_trigger(peer, trigger));
    let publications = catalog.publications.iter().flat_map(|publication| of_publication(peer, publication, catalog));
    let mut changes: Vec<Change> = constraints.chain(columns).chain(indexes).chain(triggers).collect();
    changes.extend(partitions::changes(peer, &catalog.partitions));
    changes.extend(publications);
    changes
}

fn of_constraint(peer: &NodeName, constraint: &Constraint) -> Vec<Change> {
    let table = &constraint.table;
    let drop = format!("ALTER TABLE {table} DROP CONSTRAINT {}", quote_identifier(&constraint.name));
    let (how, cascade) = if constraint.referenced { ("drop_cascade", " CASCADE") } else { ("drop", "") };
    let change = |how: &str, text: String| {
        let words = constraint.columns.iter().cloned().chain([sqlstate(&constraint.kind).to_string()]);
        Change::sql(peer, table, &constraint.name, how, text).mentioning(words)
    };
    let mut changes = vec![change(how, format!("{drop}{cascade}"))];
    if constraint.kind == "f" {
        changes.extend([Event::Delete, Event::Update].map(|event| {
            let (action, definition) = event.weakened(constraint);
            let add = format!("{drop}, ADD CONSTRAINT {} {definition}", quote_identifier(&constraint.name));
            change(&format!("{}_{action}", event.word()), add)
        }));
    }
    changes
}

/// What a server says when a constraint of this kind is violated (manual, appendix A, class 23).
fn sqlstate(kind: &str) -> &'static str {
    match kind {
        "c" => "23514",
        "f" => "23503",
        "x" => "23P01",
        _ => "23505",
    }
}

/// What a foreign key has an action for.
#[derive(Clone, Copy)]
enum Event {
    Delete,
    Update,
}

impl Event {
    fn word(self) -> &'static str {
        match self {
            Event::Delete => "on_delete",
            Event::Update => "on_update",
        }
    }

    /// The word for another action, and the definition with it: what was refused is carried on, what was carried on is
    /// refused.
    fn weakened(self, constraint: &Constraint) -> (&'static str, String) {
        let (clause, action) = match self {
            Event::Delete => ("ON DELETE", constraint.on_delete.as_str()),
            Event::Update => ("ON UPDATE", constraint.on_update.as_str()),
        };
        let definition = &constraint.definition;
        match action {
            "a" => ("cascade", with_clause(definition, &format!("{clause} CASCADE"))),
            "r" => ("cascade", replaced(definition, &format!("{clause} RESTRICT"), &format!("{clause} CASCADE"))),
            "c" => ("no_action", replaced(definition, &format!(" {clause} CASCADE"), "")),
            "n" => ("no_action", without_list(definition, &format!(" {clause} SET NULL"))),
            _ => ("no_action", without_list(definition, &format!(" {clause} SET DEFAULT"))),
        }
    }
}

/// A clause stands behind the columns that are referred to, or behind those of another action: what follows the last
/// bracket but MATCH (manual, CREATE TABLE: `REFERENCES`).
fn with_clause(definition: &str, clause: &str) -> String {
    let mut at = definition.rfind(')').map_or(definition.len(), |bracket| bracket + 1);
    if definition[at..].starts_with(" MATCH FULL") {
        at += " MATCH FULL".len();
    }
    format!("{} {clause}{}", &definition[..at], &definition[at..])
}

/// The last place is meant: names stand before it.
fn replaced(definition: &str, old: &str, new: &str) -> String {
    match definition.rfind(old) {
        Some(at) => format!("{}{new}{}", &definition[..at], &definition[at + old.len()..]),
        None => definition.to_string(),
    }
}

/// SET NULL and SET DEFAULT may name columns.
fn without_list(definition: &str, clause: &str) -> String {
    let Some(at) = definition.rfind(clause) else { return definition.to_string() };
    let rest = &definition[at + clause.len()..];
    let rest = match rest.strip_prefix(" (") {
        Some(list) => list.split_once(')').map_or("", |(_, rest)| rest),
        None => rest,
    };
    format!("{}{rest}", &definition[..at])
}

fn of_column(peer: &NodeName, column: &Column) -> Vec<Change> {
    let mut changes = vec![];
    let mut drop = |there: bool, what: &str, how: &str| {
        if there {
            let name = quote_identifier(&column.name);
            let text = format!("ALTER TABLE {} ALTER COLUMN {name} DROP {what}", column.table);
            let words = (what == "NOT NULL").then(|| "23502".to_string());
            changes.push(Change::sql(peer, &column.table, &column.name, how, text).mentioning(words));
        }
    };
    drop(column.not_null, "NOT NULL", "drop_not_null");
    drop(column.default.is_some(), "DEFAULT", "drop_default");
    drop(column.expression.is_some(), "EXPRESSION", "drop_expression");
    drop(column.identity, "IDENTITY", "drop_identity");
    changes
}

fn of_index(peer: &NodeName, index: &Index) -> Vec<Change> {
    let drop = format!("DROP INDEX {}", index.name);
    let name = index.name.replace('"', "");
    let noticed = if index.unique { sqlstate("u") } else { "explain" };
    let mut changes = vec![Change::sql(peer, &index.table, &name, "drop", drop.clone())];
    if index.unique {
        let weak = index.definition.replacen("CREATE UNIQUE INDEX", "CREATE INDEX", 1);
        changes.push(Change::sql(peer, &index.table, &name, "not_unique", format!("{drop}; {weak}")));
    }
    changes.into_iter().map(|change| change.mentioning([noticed.to_string()])).collect()
}

fn of_trigger(peer: &NodeName, trigger: &Trigger) -> Vec<Change> {
    let name = quote_identifier(&trigger.name);
    let mut changes = vec![];
    let mut change =
        |how: &str, text: String| changes.push(Change::sql(peer, &trigger.table, &trigger.name, how, text));
    if trigger.enabled != "D" {
        change("drop", format!("DROP TRIGGER {name} ON {}", trigger.table));
    }
    if matches!(trigger.enabled.as_str(), "R" | "A") {
        change("origin_only", format!("ALTER TABLE {} ENABLE TRIGGER {name}", trigger.table));
    }
    changes
}

fn of_publication(peer: &NodeName, publication: &Publication, catalog: &PgCatalog) -> Vec<Change> {
    let name = quote_identifier(&publication.name);
    let change = |how: &str, text: String| {
        let words = publication.tables.iter().map(|table| table.replace('"', ""));
        let words = words.chain(["pg.*", "eventually", "catch_up"].map(str::to_string));
        Change::sql(peer, &format!("publication.{}", publication.name), "", how, text).mentioning(words)
    };
    let mut changes = vec![change("drop", format!("DROP PUBLICATION {name}"))];
    for table in &publication.tables {
        let how = format!("without_{}", table.replace('"', ""));
        changes.push(change(&how, format!("ALTER PUBLICATION {name} DROP TABLE {table}")));
    }
    for operation in &publication.operations {
        let others: Vec<&str> =
            publication.operations.iter().filter(|other| *other != operation).map(String::as_str).collect();
        let text = format!("ALTER PUBLICATION {name} SET (publish = '{}')", others.join(", "));
        changes.push(change(&format!("without_{operation}"), text));
    }
    for (left_out, tables) in fewer_columns(publication, catalog) {
        changes.push(change(&format!("without_{left_out}"), format!("ALTER PUBLICATION {name} SET TABLE {tables}")));
    }
    changes
}

/// The tables of a publication, one of them without one column that is part of no key: `table.column`, and the list.
fn fewer_columns(publication: &Publication, catalog: &PgCatalog) -> Vec<(String, String)> {
    let mut found = vec![];
    for table in &publication.tables {
        let is_key = |column: &Column| {
            let keys = catalog.constraints.iter().filter(|key| key.table == *table && key.kind == "p");
            keys.into_iter().any(|key| key.columns.contains(&column.name))
        };
        let columns: Vec<&Column> =
            catalog.columns.iter().filter(|column| column.table == *table && !column.generated).collect();
        for left_out in columns.iter().filter(|column| !is_key(column)) {
            let others = columns.iter().filter(|column| column.name != left_out.name);
            let list: Vec<String> = others.map(|column| quote_identifier(&column.name)).collect();
            let listed = |known: &String| match known == table {
                true => format!("{table} ({})", list.join(", ")),
                false => known.clone(),
            };
            let tables: Vec<String> = publication.tables.iter().map(listed).collect();
            found.push((format!("{}.{}", table.replace('"', ""), left_out.name), tables.join(", ")));
        }
    }
    found
}
