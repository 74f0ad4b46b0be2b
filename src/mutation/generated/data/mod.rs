//! Mutants of data on its way in: a trigger, the last of its table, changes a value before it is stored, or drops a row. What
//! is written to a view gets to a table in the end, so that views need none.

mod faults;

use self::faults::{Fault, faults};
use super::change::Change;
use crate::catalog::{Column, PgCatalog};
use crate::model::NodeName;
use crate::variables::quote_identifier;

/// What the trigger, its function and its sequence are called. Triggers fire by name, and `~` sorts after every letter.
const NAME: &str = "\"~mutant\"";

/// Every change to the data of this peer's tables.
pub fn changes(peer: &NodeName, catalog: &PgCatalog) -> Vec<Change> {
    let tables = tables(catalog);
    let columns = tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, *column)));
    let mut changes: Vec<Change> =
        columns.flat_map(|(table, column)| of_column(peer, table, column, catalog)).collect();
    changes.extend(tables.iter().flat_map(|table| of_rows(peer, table.name)));
    changes
}

/// The same faults at this peer alone, one of each column: whether the suite looks at every peer.
pub fn at_one_peer(peer: &NodeName, catalog: &PgCatalog) -> Vec<Change> {
    let of_table = |table: &Table<'_>| {
        let made = |column: &Column| {
            let fault = faults(column, table.neighbour(column), catalog).into_iter().next()?;
            let text = trigger(table.name, "INSERT OR UPDATE", &fault.assignment(column), "");
            let says = format!("{} at {}", fault.says, peer.name);
            Some(change(peer, table.name, column, &says, "at one peer", text))
        };
        table.columns.iter().filter_map(|column| made(column)).collect::<Vec<_>>()
    };
    tables(catalog).iter().flat_map(of_table).collect()
}

/// A table that holds rows, with the columns that are written to.
struct Table<'a> {
    name: &'a str,
    columns: Vec<&'a Column>,
}

impl<'a> Table<'a> {
    /// The column after this one, in a circle, that has the same type.
    fn neighbour(&self, column: &Column) -> Option<&'a Column> {
        let at = self.columns.iter().position(|other| other.name == column.name)?;
        let others = self.columns[at + 1..].iter().chain(&self.columns[..at]);
        others.copied().find(|other| other.kind == column.kind)
    }
}

fn tables(catalog: &PgCatalog) -> Vec<Table<'_>> {
    let mut tables: Vec<Table<'_>> = vec![];
    for column in catalog.columns.iter().filter(|column| !column.of_partition && !column.generated) {
        match tables.iter_mut().find(|table| table.name == column.table) {
            Some(table) => table.columns.push(column),
            None => tables.push(Table { name: &column.table, columns: vec![column] }),
        }
    }
    tables
}

fn of_column(peer: &NodeName, table: &Table<'_>, column: &Column, catalog: &PgCatalog) -> Vec<Change> {
    let all = faults(column, table.neighbour(column), catalog);
    let change = |says: &str, kind: &str, text: String| change(peer, table.name, column, says, kind, text);
    let whole = |fault: &Fault| {
        change(&fault.says, fault.kind, trigger(table.name, "INSERT OR UPDATE", &fault.assignment(column), ""))
    };
    let mut changes: Vec<Change> = all.iter().map(whole).collect();
    let name = quote_identifier(&column.name);
    let kept = trigger(table.name, "UPDATE", &format!("NEW.{name} := OLD.{name};"), "");
    changes.push(change("keeps its old value", "keeps its old value", kept));
    let Some(first) = all.first() else { return changes };
    let assignment = first.assignment(column);
    let (third, update) = ("in every third row", "on UPDATE");
    changes.push(change(&format!("{} {third}", first.says), third, every_third(table.name, &assignment)));
    changes.push(change(&format!("{} {update}", first.says), update, trigger(table.name, "UPDATE", &assignment, "")));
    let published = catalog.publications.iter().any(|publication| publication.tables.contains(&column.table));
    if published {
        let arrives = trigger(table.name, "INSERT OR UPDATE", &assignment, "REPLICA");
        changes.push(change(&format!("{} where it arrives", first.says), "where it arrives", arrives));
    }
    changes
}

/// Faults of whole rows.
fn of_rows(peer: &NodeName, table: &str) -> Vec<Change> {
    let lost = format!("IF nextval('{NAME}') % 3 = 0 THEN RETURN NULL; END IF;");
    let rows = [
        ("loses every third row", format!("{}{}", sequence(), trigger(table, "INSERT", &lost, ""))),
        ("ignores updates", trigger(table, "UPDATE", "NEW := OLD;", "")),
        ("ignores deletes", trigger(table, "DELETE", "RETURN NULL;", "")),
        ("ignores every third update", format!("{}{}", sequence(), trigger(table, "UPDATE", &lost, ""))),
    ];
    rows.into_iter().map(|(fault, text)| Change::fault(peer, table, "", (fault, fault), text)).collect()
}

fn change(peer: &NodeName, table: &str, column: &Column, says: &str, kind: &str, text: String) -> Change {
    Change::fault(peer, table, &column.name, (says, kind), text)
}

fn sequence() -> String {
    format!("CREATE SEQUENCE {NAME}; ")
}

fn every_third(table: &str, assignment: &str) -> String {
    let body = format!("IF nextval('{NAME}') % 3 = 0 THEN {assignment} END IF;");
    format!("{}{}", sequence(), trigger(table, "INSERT OR UPDATE", &body, ""))
}

/// A trigger that does this before each row; `enabled` is ALWAYS or REPLICA, or empty for the default.
fn trigger(table: &str, events: &str, body: &str, enabled: &str) -> String {
    let enable = match enabled {
        "" => String::new(),
        how => format!("; ALTER TABLE {table} ENABLE {how} TRIGGER {NAME}"),
    };
    format!(
        "CREATE FUNCTION {NAME}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS \
         $mutant$ BEGIN {body} RETURN NEW; END $mutant$; \
         CREATE TRIGGER {NAME} BEFORE {events} ON {table} FOR EACH ROW EXECUTE FUNCTION {NAME}(){enable}"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Engine;

    fn column(name: &str, kind: &str) -> Column {
        Column { table: "t".into(), name: name.into(), kind: kind.into(), ..Column::default() }
    }

    fn derived(columns: Vec<Column>) -> Vec<Change> {
        let catalog = PgCatalog { columns, ..PgCatalog::default() };
        changes(&NodeName::new(Engine::Pg, "a"), &catalog)
    }

    fn text(changes: &[Change], name: &str) -> String {
        let found = changes.iter().find(|change| change.name == name);
        let names = || changes.iter().map(|change| change.name.as_str()).collect::<Vec<_>>().join("\n");
        found.unwrap_or_else(|| panic!("no {name} among\n{}", names())).text()
    }

    #[test]
    fn a_value_is_changed_by_the_last_trigger_of_its_table() {
        let changes = derived(vec![column("Name", "text")]);
        assert_eq!(
            text(&changes, "pg.t.Name is trimmed"),
            "CREATE FUNCTION \"~mutant\"() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS \
             $mutant$ BEGIN NEW.\"Name\" := btrim(NEW.\"Name\"); RETURN NEW; END $mutant$; \
             CREATE TRIGGER \"~mutant\" BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION \"~mutant\"()"
        );
    }

    #[test]
    fn one_fault_of_a_column_is_made_in_some_rows_and_on_update_alone() {
        let changes = derived(vec![column("n", "integer")]);
        let third = text(&changes, "pg.t.n is one more in every third row");
        assert!(third.starts_with("CREATE SEQUENCE \"~mutant\"; CREATE FUNCTION"), "{third}");
        assert!(
            third.contains("IF nextval('\"~mutant\"') % 3 = 0 THEN NEW.\"n\" := NEW.\"n\" + 1; END IF;"),
            "{third}"
        );
        assert!(text(&changes, "pg.t.n is one more on UPDATE").contains("BEFORE UPDATE ON t"));
        assert!(text(&changes, "pg.t.n keeps its old value").contains("NEW.\"n\" := OLD.\"n\";"));
    }

    #[test]
    fn a_neighbour_has_the_same_type_and_partitions_and_generated_columns_have_no_faults() {
        let partition = Column { table: "p".into(), of_partition: true, ..column("a", "text") };
        let generated = Column { generated: true, ..column("g", "text") };
        let changes =
            derived(vec![column("a", "text"), column("n", "integer"), column("b", "text"), partition, generated]);
        assert!(text(&changes, "pg.t.a is b").contains("NEW.\"a\" := coalesce(NEW.\"b\", NEW.\"a\");"));
        text(&changes, "pg.t.b is a");
        assert!(!changes.iter().any(|change| change.name == "pg.t.n is a" || change.object == "p"));
        assert!(!changes.iter().any(|change| change.name.contains(".g")), "it cannot be written to");
    }

    #[test]
    fn rows_are_lost_and_changes_ignored() {
        let changes = derived(vec![column("a", "jsonb")]);
        assert!(text(&changes, "pg.t ignores deletes").contains("BEGIN RETURN NULL; RETURN NEW; END"));
        assert!(text(&changes, "pg.t loses every third row").contains("BEFORE INSERT ON t"));
    }

    #[test]
    fn what_is_published_goes_wrong_where_it_arrives_too() {
        let publication = crate::catalog::Publication { tables: vec!["t".into()], ..Default::default() };
        let catalog =
            PgCatalog { columns: vec![column("d", "date")], publications: vec![publication], ..PgCatalog::default() };
        let peer = NodeName::new(Engine::Pg, "c");
        let arrives = text(&changes(&peer, &catalog), "pg.t.d is a day late where it arrives");
        assert!(arrives.ends_with("; ALTER TABLE t ENABLE REPLICA TRIGGER \"~mutant\""), "{arrives}");
        let at_one = at_one_peer(&peer, &catalog);
        assert_eq!(at_one.iter().map(|change| change.name.as_str()).collect::<Vec<_>>(), ["pg.t.d is a day late at c"]);
    }
}
