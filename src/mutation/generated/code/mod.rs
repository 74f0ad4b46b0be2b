//! Mutants of the code of a database: functions, triggers, views, rules and checks, each with one word, condition or statement
//! otherwise. Only what its words say is known of it; what the server refuses is not applicable.

mod columns;
mod expressions;
mod rewrite;
mod statements;
mod tokens;
mod triggers;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use self::columns::Columns;
use self::rewrite::Rewrite;
use self::tokens::Code;
use super::change::Change;
use crate::catalog::{Constraint, PgCatalog, Routine, Rule, Trigger, View};
use crate::language::sql::{TokenKind, tokens};
use crate::model::NodeName;
use crate::variables::quote_identifier;

/// Every change to the code that this peer has.
pub fn changes(peer: &NodeName, catalog: &PgCatalog) -> Vec<Change> {
    let maker = Maker { peer, catalog, columns: Columns::of(catalog) };
    let mut changes: Vec<Change> = catalog.routines.iter().flat_map(|routine| maker.of_routine(routine)).collect();
    changes.extend(catalog.triggers.iter().flat_map(|trigger| maker.of_trigger(trigger)));
    changes.extend(catalog.views.iter().flat_map(|view| maker.of_view(view)));
    changes.extend(catalog.rules.iter().flat_map(|rule| maker.of_rule(rule)));
    changes.extend(catalog.constraints.iter().flat_map(|constraint| maker.of_check(constraint)));
    numbered(changes)
}

/// The same fault twice in a line gets a number.
fn numbered(mut changes: Vec<Change>) -> Vec<Change> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for change in &mut changes {
        let times = seen.entry(change.name.clone()).or_default();
        *times += 1;
        if *times > 1 {
            change.name = format!("{} ({times})", change.name);
        }
    }
    changes
}

struct Maker<'a> {
    peer: &'a NodeName,
    catalog: &'a PgCatalog,
    columns: Columns,
}

impl Maker<'_> {
    fn of_routine(&self, routine: &Routine) -> Vec<Change> {
        let definition = &routine.definition;
        let code = Code::read(definition, body(definition));
        let mut rewrites = expressions::rewrites(&code, &self.columns);
        if routine.language == "plpgsql" {
            rewrites.extend(statements::rewrites(&code, &routine.returns));
        }
        let fires = self.catalog.triggers.iter().find(|trigger| trigger.function == routine.name);
        let object = fires.map_or(routine.name.as_str(), |trigger| &trigger.table);
        let tables = self.mentioned(definition);
        let change = |rewrite: Rewrite| {
            let Rewrite { line, says, text } = rewrite;
            let name = format!("{}() line {line}: {}", routine.name, says.says);
            Change::named(self.peer, object, (&name, says.kind), text).mentioning(tables.iter().cloned())
        };
        rewrites.into_iter().map(change).collect()
    }

    /// Tables that a text names.
    fn mentioned(&self, text: &str) -> Vec<String> {
        let words: BTreeSet<&str> = tokens(text).into_iter().map(|token| &text[token.range]).collect();
        let body: BTreeSet<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let tables: BTreeSet<&String> = self.catalog.columns.iter().map(|column| &column.table).collect();
        let named = |table: &&&String| words.contains(table.as_str()) || body.contains(table.as_str());
        tables.iter().filter(named).map(|table| table.to_string()).collect()
    }

    fn of_trigger(&self, trigger: &Trigger) -> Vec<Change> {
        let name = quote_identifier(&trigger.name);
        let enable = match trigger.enabled.as_str() {
            "D" => return vec![],
            "R" => format!("; ALTER TABLE {} ENABLE REPLICA TRIGGER {name}", trigger.table),
            "A" => format!("; ALTER TABLE {} ENABLE ALWAYS TRIGGER {name}", trigger.table),
            _ => String::new(),
        };
        let change = |rewrite: Rewrite| {
            let text = format!("DROP TRIGGER {name} ON {}; {}{enable}", trigger.table, rewrite.text);
            Change::fault(self.peer, &trigger.table, &trigger.name, (&rewrite.says.says, rewrite.says.kind), text)
        };
        let condition = Code::read(&trigger.definition, condition(&trigger.definition));
        let within = expressions::rewrites(&condition, &self.columns);
        triggers::rewrites(&trigger.definition).into_iter().chain(within).map(change).collect()
    }

    fn of_view(&self, view: &View) -> Vec<Change> {
        let definition = &view.definition;
        let code = Code::read(definition, 0..definition.len());
        let change = |rewrite: Rewrite| {
            let query = rewrite.text.trim_end().trim_end_matches(';');
            let text = match view.materialized {
                true => format!("DROP MATERIALIZED VIEW {0}; CREATE MATERIALIZED VIEW {0} AS {query}", view.name),
                false => format!("CREATE OR REPLACE VIEW {} AS {query}", view.name),
            };
            let says = format!("line {}: {}", rewrite.line, rewrite.says.says);
            Change::fault(self.peer, &view.name, "", (&says, rewrite.says.kind), text)
        };
        expressions::rewrites(&code, &self.columns).into_iter().map(change).collect()
    }

    fn of_rule(&self, rule: &Rule) -> Vec<Change> {
        let definition = &rule.definition;
        let begin = tokens(definition)
            .into_iter()
            .find(|token| token.kind == TokenKind::Word && definition[token.range.clone()].eq_ignore_ascii_case("do"));
        let code = Code::read(definition, begin.map_or(0, |token| token.range.end)..definition.len());
        let drop = format!("DROP RULE {} ON {}", quote_identifier(&rule.name), rule.table);
        let mut changes = vec![Change::sql(self.peer, &rule.table, &rule.name, "drop", drop)];
        changes.extend(expressions::rewrites(&code, &self.columns).into_iter().map(|rewrite| {
            let text = rewrite.text.replacen("CREATE RULE", "CREATE OR REPLACE RULE", 1);
            let says = format!("line {}: {}", rewrite.line, rewrite.says.says);
            Change::fault(self.peer, &rule.table, &rule.name, (&says, rewrite.says.kind), text)
        }));
        changes
    }

    fn of_check(&self, constraint: &Constraint) -> Vec<Change> {
        if constraint.kind != "c" {
            return vec![];
        }
        let (table, name) = (&constraint.table, quote_identifier(&constraint.name));
        let code = Code::read(&constraint.definition, 0..constraint.definition.len());
        let change = |rewrite: Rewrite| {
            let text = format!("ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} {}", rewrite.text);
            Change::fault(self.peer, table, &constraint.name, (&rewrite.says.says, rewrite.says.kind), text)
                .mentioning(constraint.columns.iter().cloned())
        };
        expressions::rewrites(&code, &self.columns).into_iter().map(change).collect()
    }
}

/// The body of a function in its definition: what is in dollar quotes, or what follows its head (manual, CREATE FUNCTION:
/// `sql_body`).
fn body(definition: &str) -> Range<usize> {
    let tokens = tokens(definition);
    if let Some(quoted) = tokens.iter().rev().find(|token| token.kind == TokenKind::DollarQuoted) {
        let text = &definition[quoted.range.clone()];
        let tag = text[1..].find('$').map_or(1, |at| at + 2);
        return quoted.range.start + tag..quoted.range.end - tag;
    }
    let begins = |word: &str| ["return", "begin"].iter().any(|known| word.eq_ignore_ascii_case(known));
    let words = tokens.iter().filter(|token| token.kind == TokenKind::Word);
    let begin = words.map(|token| token.range.clone()).find(|range| begins(&definition[range.clone()]));
    begin.map_or(0, |range| range.start)..definition.len()
}

/// The condition of a trigger in its definition; empty when it has none.
fn condition(definition: &str) -> Range<usize> {
    let code = Code::read(definition, 0..definition.len());
    let when = (0..code.parts.len()).find(|at| code.at(*at) == "WHEN" && code.at(at + 1) == "(");
    let Some(when) = when else { return 0..0 };
    let end = code.next(when + 2, &[]).min(code.parts.len() - 1);
    code.bytes(when + 1, end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Engine;

    fn derived(catalog: &PgCatalog) -> Vec<(String, String)> {
        let peer = NodeName::new(Engine::Pg, "a");
        changes(&peer, catalog).into_iter().map(|change| (change.name.clone(), change.text())).collect()
    }

    #[track_caller]
    fn has(catalog: &PgCatalog, name: &str, ends: &str) {
        let found = derived(catalog);
        let text = found.iter().find(|(known, _)| known == name).map(|(_, text)| text.as_str());
        assert!(text.is_some_and(|text| text.ends_with(ends)), "{name}: {found:#?}");
    }

    fn routine(language: &str, definition: &str) -> PgCatalog {
        let routine = Routine {
            name: "f".into(),
            definition: definition.into(),
            language: language.into(),
            returns: "void".into(),
        };
        PgCatalog { routines: vec![routine], ..PgCatalog::default() }
    }

    #[test]
    fn a_function_is_defined_anew_with_a_fault_in_its_body_alone() {
        let definition = "CREATE OR REPLACE FUNCTION f(a integer DEFAULT 1 - 1)\n RETURNS void\n LANGUAGE plpgsql\nAS $function$\nBEGIN\n  UPDATE t SET x = 1 WHERE y > 2;\nEND\n$function$\n";
        let catalog = routine("plpgsql", definition);
        has(&catalog, "pg.f() line 2: > is >=", "WHERE y >= 2;\nEND\n$function$\n");
        has(&catalog, "pg.f() line 2: UPDATE t is left out", "BEGIN\n  NULL;\nEND\n$function$\n");
        has(&catalog, "pg.f() line 1: errors are swallowed", "THEN RETURN;\nEND\n$function$\n");
        assert!(!derived(&catalog).iter().any(|(name, _)| name.contains("- is +")), "its head is as it was");
    }

    #[test]
    fn a_body_that_is_not_quoted_follows_the_head() {
        let definition = "CREATE OR REPLACE FUNCTION f()\n RETURNS integer\n LANGUAGE sql\nRETURN (1 + 2)\n";
        has(&routine("sql", definition), "pg.f() line 1: + is -", "RETURN (1 - 2)\n");
    }

    #[test]
    fn a_trigger_is_made_anew_and_stays_enabled_as_it_was() {
        let trigger = Trigger {
            table: "t".into(),
            name: "g".into(),
            enabled: "A".into(),
            definition: "CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW WHEN ((NEW.a > 0)) EXECUTE FUNCTION f()"
                .into(),
            function: "f".into(),
        };
        let catalog = PgCatalog { triggers: vec![trigger], ..PgCatalog::default() };
        has(
            &catalog,
            "pg.t.g > is >=",
            "WHEN ((NEW.a >= 0)) EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER \"g\"",
        );
        has(
            &catalog,
            "pg.t.g WHEN is left out",
            "FOR EACH ROW  EXECUTE FUNCTION f(); ALTER TABLE t ENABLE ALWAYS TRIGGER \"g\"",
        );
    }

    #[test]
    fn views_rules_and_checks_are_replaced() {
        let view =
            View { name: "v".into(), definition: " SELECT a\n   FROM t\n  WHERE b;".into(), materialized: false };
        let rule = Rule {
            table: "t".into(),
            name: "r".into(),
            definition: "CREATE RULE r AS\n    ON INSERT TO t WHERE a DO INSTEAD DELETE FROM t WHERE (a = 1);".into(),
        };
        let check = Constraint {
            table: "t".into(),
            name: "k".into(),
            kind: "c".into(),
            definition: "CHECK (a > 0 AND b > 0)".into(),
            ..Constraint::default()
        };
        let catalog =
            PgCatalog { views: vec![view], rules: vec![rule], constraints: vec![check], ..PgCatalog::default() };
        has(&catalog, "pg.v line 3: WHERE is always true", "AS  SELECT a\n   FROM t\n  WHERE true");
        has(&catalog, "pg.t.r line 1: = is <>", "WHERE a DO INSTEAD DELETE FROM t WHERE (a <> 1);");
        has(&catalog, "pg.t.r.drop", "DROP RULE \"r\" ON t");
        has(&catalog, "pg.t.k > is >= (2)", "ADD CONSTRAINT \"k\" CHECK (a > 0 AND b >= 0)");
    }
}
